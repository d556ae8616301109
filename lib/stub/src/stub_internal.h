/* The parts of the stub.
 *
 *   stub.c     life; the services, as the server wants them
 *   index.c    finding the contract of a request
 *   ready.c    a contract that may be the one
 *   answer.c   one call
 *   script.c   one call that streams, following contracts by follow.c
 *   refuse.c   what is said where there is no contract
 *   rest.c     one call over REST
 *   turn.c     other contracts for a server that serves
 *   verified.c what verifications have found
 *   way.c      who may be called how
 *   journal.c  what was called
 *   redact.c   what of it is not shown
 */
#ifndef PARLEY_STUB_INTERNAL_H
#define PARLEY_STUB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "parley/contract/literals.h"
#include "parley/contract/match.h"
#include "parley/stub/rest.h"

/* Bytes of the method and the path of a request by REST that the journal keeps. */
#define STUB_VERB_MAX 16
#define STUB_PATH_MAX 256

/* Answers that change with the calls; guarded by the stub's mu. */
typedef struct stub_scenario {
    const pl_contract_file *file;
    pl_str name;
    pl_str now; /* empty: its beginning */
    struct stub_scenario *next;
} stub_scenario;

/* A contract, ready to be found. */
typedef struct stub_entry stub_entry;
typedef struct stub_ready stub_ready;
typedef struct stub_shape stub_shape;
struct stub_entry {
    const pl_contract *contract;
    const char *label; /* "NAME, FILE:LINE", printable ASCII; NULL until it is looked at */
    uint32_t rank;     /* of two that match, the lower one answers */
    uint64_t hash;     /* of the values its request fixes */
    stub_entry *next;  /* in its slot, by rank */
    stub_shape *shape;
    stub_scenario *scenario;
    /* guarded by the stub's mu */
    uint64_t calls;
    stub_ready *ready; /* NULL: it has not been looked at yet */
};

/* What is made of a contract when a call may be about it. */
struct stub_ready {
    const char *verified; /* of x-contract-verified */
    pl_str request;       /* who asks with these bytes is answered; NULL: its matcher tells */
    pl_str answer;        /* where it is fixed; NULL: not made yet */
    bool fixed;           /* its answer is always the same */
    bool loaded;          /* its matchers are there */
    bool broken;          /* the bundle is damaged here: it matches nothing */
};

/* Where a value that a request fixes is. */
typedef struct stub_literal {
    const pl_field *path[PL_LITERAL_DEPTH_MAX];
    size_t depth;
} stub_literal;

/* The contracts whose requests fix the same fields. */
struct stub_shape {
    stub_literal literals[PL_LITERALS_MAX];
    size_t literal_count;
    uint32_t rank; /* of its first */
    size_t entry_count;
    stub_entry **slots; /* a power of two */
    size_t slot_count;
    stub_shape *next; /* by rank */
};

typedef struct stub_method {
    const pl_method_type *type;
    stub_entry *entries; /* by rank */
    size_t entry_count;
    stub_shape *shapes;
    bool any_order; /* a script begins with messages in any order: the index does not know them */
} stub_method;

typedef struct stub_report stub_report;

/* How a call came. */
typedef struct stub_way {
    uint32_t access;            /* PL_ACCESS_GRPC or PL_ACCESS_REST */
    const pl_rest_route *route; /* of REST; NULL: none fits, or gRPC */
    pl_str verb, path;          /* the same: "GET", "/items/7" */
    int status;                 /* with which REST was answered without a call; else 0 */
} stub_way;

/* A call that was. */
typedef struct stub_record {
    int64_t at_us;
    const stub_method *method; /* NULL: REST found none, or an event */
    const stub_entry *entry;   /* NULL: refused */
    pl_code code;
    char *request;
    size_t request_size, request_room;
    bool request_kept;
    char message[PL_ERROR_MESSAGE_MAX];
    /* of REST */
    char verb[STUB_VERB_MAX], path[STUB_PATH_MAX]; /* cut */
    const pl_rest_route *route;
    int status;
} stub_record;

/* What a server is given as the implementation of a service. */
typedef struct stub_service {
    pl_stub *stub;
    pl_service_desc desc;
    stub_method *methods; /* in the order of desc.methods */
} stub_service;

struct pl_stub {
    pl_stub_opts opts;
    const pl_contract_set *set;
    pl_arena arena;
    stub_service *services;
    size_t service_count;
    pl_file_desc *files; /* of the pool, in its order */
    stub_entry *events;  /* by rank: the contracts about events, where there is a publisher */
    size_t event_count;
    stub_report *reports; /* read-only once it is bound */
    size_t contract_count, silent_count;
    _Atomic size_t calls;     /* in progress */
    pthread_mutex_t turn;     /* guards what follows */
    pl_stub *now;             /* answers in its place; NULL: itself */
    _Atomic int64_t clock_ms; /* 0: the machine's */
    pthread_mutex_t mu;
    /* guarded by mu */
    pl_buf scratch;  /* for what is about to be kept */
    pl_error broken; /* the first contract that could not be read */
    pl_rest *rest;   /* made with the first request */
    bool rest_tried;
    pl_error rest_error; /* why there is none */
    stub_scenario *scenarios;
    stub_record *journal; /* a ring of PL_STUB_JOURNAL_MAX */
    uint64_t journaled;
};

/* verified.c: what x-contract-verified says of CONTRACT. */
const char *stub_verified(const pl_stub *stub, const pl_contract *contract);

/* ready.c: whether ENTRY is a plain call that is asked for by MESSAGE, which came as the bytes
 * REQUEST: then it is ready to be answered with. False: its matcher tells. With mu held. */
bool stub_entry_takes(pl_stub *stub, stub_entry *entry, const pl_dynamic *message, pl_str request);
/* Makes ENTRY ready to be matched, and answered with; false: it is broken. With mu held. */
bool stub_entry_ready(pl_stub *stub, stub_entry *entry);

/* index.c: makes METHOD's shapes of its entries. */
PL_NODISCARD pl_code stub_index_build(stub_method *method, pl_arena *arena, pl_error *err);
/* Whether SELF takes ENTRY for REQUEST. */
typedef bool stub_accept_fn(void *self, stub_entry *entry, const pl_dynamic *request);
/* The entry of the lowest rank that is accepted, or NULL. */
stub_entry *stub_index_find(const stub_method *method, const pl_dynamic *request,
                            stub_accept_fn *accept, void *self);
/* How many of the values that ENTRY's request fixes REQUEST does not have; PL_LITERALS_MAX at most.
 */
size_t stub_index_misses(const stub_entry *entry, const pl_dynamic *request);

/* turn.c: what answers in place of BOUND, which the server knows; until it is left it stays. */
stub_service *stub_enter(const stub_service *bound);
void stub_leave(stub_service *service);

/* answer.c: answers a unary call. */
pl_bytes_fn stub_answer;
pl_code stub_answer_by(const stub_way *way, stub_service *service, const stub_method *method,
                       pl_call *call, pl_str request, pl_buf *response);
/* script.c: plays a call that streams. */
pl_stream_fn stub_stream;
/* Fails, as the stub was asked to. */
pl_code stub_disturb(const pl_stub *stub, const stub_method *method, pl_call *call);
/* Waits, but not beyond the deadline or a cancellation. Not on the poller. */
void stub_wait(const pl_call *call, uint64_t ms);
/* ENTRY has answered, and the call ends as it says: trailers, counts, scenario, status. With mu
 * held. */
pl_code stub_end(stub_entry *entry, pl_call *call, int64_t now_ms);
/* Whether the call's metadata are what CONTRACT asks for; VERDICT may be NULL. */
bool stub_match_metadata(const pl_contract *contract, pl_call *call, int64_t now_ms,
                         pl_verdict *verdict);
bool stub_scenario_allows(const stub_entry *entry);

/* way.c: a call that came by WAY may be answered by ENTRY: its consumer reaches the provider so,
 * and where it has pinned a binding, by that. */
bool stub_way_fits(const stub_way *way, const stub_entry *entry);
/* The difference in words. */
typedef struct stub_difference {
    const char *path;
    char expected[STUB_PATH_MAX], actual[STUB_PATH_MAX];
} stub_difference;
/* Whether it does not, and why. */
bool stub_way_differs(const stub_way *way, const stub_entry *entry, stub_difference *out);
extern const stub_way stub_by_grpc;

/* refuse.c: the closest of METHOD's entries, with what differs; NULL: there is none. */
stub_entry *stub_closest(pl_stub *stub, const stub_way *way, const stub_method *method,
                         pl_call *call, const pl_dynamic *request, pl_verdict *out_verdict);
/* Refuses the call, with the closest contract (NULL: none). WAY is NULL where the call follows that
 * contract already: then it is what came that differs, alone. Else with mu held. */
pl_code stub_refuse(const stub_way *way, const stub_method *method, pl_call *call,
                    const stub_entry *closest, const pl_verdict *verdict);

/* The same with TEXT for what differs. */
pl_code stub_refuse_step(pl_call *call, const stub_entry *closest, const char *text);

/* redact.c: sensitive texts of MESSAGE become "(redacted)", other sensitive values vanish; whether
 * there were any. What an Any holds is made anew in ARENA. */
bool stub_redact(pl_dynamic *message, pl_arena *arena);

/* journal.c: with mu held. */
void stub_journal_add(pl_stub *stub, const stub_way *way, const stub_method *method,
                      const stub_entry *entry, pl_code code, pl_str request, const char *message);
/* The same of an event that was triggered. */
void stub_journal_event(pl_stub *stub, const stub_entry *entry, pl_code code, pl_str payload,
                        const char *message);
void stub_journal_free(pl_stub *stub);

#endif

/* Contracts, compiled: what every consumer relies on, as plain read-only structs.
 *
 * A set is made by the compiler (compile.h) or read from a bundle (bundle.h) and never
 * changes; any thread may read it. All structs and texts belong to the set; every
 * pl_str is NUL-terminated too. Methods and types point into the pool, which outlives
 * the set (a bundle's set owns its pool).
 *
 * A call is a list of steps, whatever its kind: a unary contract is RECV, CLOSE, SEND and
 * STATUS, in that order, so that stub and verifier need to know steps alone. The steps are
 * the provider's view; a verifier mirrors them.
 */
#ifndef PARLEY_CONTRACT_CONTRACT_H
#define PARLEY_CONTRACT_CONTRACT_H

#include "parley/contract/matcher.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a consumer reaches a provider; a set of them. */
#define PL_ACCESS_GRPC   1u
#define PL_ACCESS_REST   2u
#define PL_ACCESS_EVENTS 4u

typedef struct pl_contract_set pl_contract_set;
typedef struct pl_contract_file pl_contract_file;
typedef struct pl_contract pl_contract;
typedef struct pl_contract_step pl_contract_step;

/* A named value; JSON text. */
typedef struct pl_contract_parameter {
    pl_str name;
    pl_str json;
    pl_contract_at at;
} pl_contract_parameter;

/* A state of the provider. */
typedef struct pl_contract_state {
    pl_str name;
    const pl_contract_parameter *parameters; /* by name */
    size_t parameter_count;
    pl_contract_at at;
} pl_contract_state;

/* A metadata entry that is matched or set. */
typedef struct pl_contract_header {
    pl_str name;  /* lower case */
    uint32_t nth; /* of the values under this name, from 0; they are in their order */
    const pl_matcher *matcher;
    const pl_message_type *type; /* of a "-bin" value that is a message; NULL: text or bytes */
    pl_contract_at at;
} pl_contract_header;

/* How a call ends. */
typedef struct pl_contract_status {
    int code;                         /* pl_code */
    const pl_matcher *message;        /* NULL: whatever it is */
    const pl_matcher *const *details; /* TYPED each; among the status' */
    size_t detail_count;
} pl_contract_status;

/* The numbers of parley.contract.v1.StepKind. */
typedef enum pl_step_kind {
    PL_STEP_RECV = 1,
    PL_STEP_SEND = 2,
    PL_STEP_CLOSE = 3,
    PL_STEP_STATUS = 4,
    PL_STEP_DELAY = 5,
    PL_STEP_ANY_ORDER = 6
} pl_step_kind;

struct pl_contract_step {
    pl_step_kind kind;
    const pl_matcher *message; /* RECV, SEND: a MESSAGE */
    uint32_t min, max;         /* RECV, SEND: how often; an example has min, at least 1 */
    pl_contract_status status;
    uint64_t delay_ms;
    const pl_contract_step *steps; /* ANY_ORDER: RECV or SEND */
    size_t step_count;
    pl_contract_at at;
};

/* Why a contract does not count, and until when; empty: it counts. */
typedef struct pl_contract_exemption {
    pl_str until; /* YYYY-MM-DD */
    pl_str because;
} pl_contract_exemption;

struct pl_contract {
    pl_str name;
    const pl_contract_file *file;
    uint32_t index; /* in the file */
    pl_contract_at at;
    const pl_contract_state *given;
    size_t given_count;
    /* a call; NULL: an event */
    const pl_method_type *method;
    const pl_http_rule *http; /* NULL: not said */
    const pl_contract_step *steps;
    size_t step_count;
    const pl_contract_header *metadata;
    size_t metadata_count;
    const pl_contract_header *trailers;
    size_t trailer_count;
    /* an event; NULL: a call */
    const pl_message_type *event;
    pl_str trigger;
    pl_str stream;
    const pl_matcher *payload;

    const pl_str *must_not_contain;
    size_t must_not_contain_count;
    uint64_t within_ms;       /* 0: not said */
    pl_contract_at within_at; /* line 0: not known, as of bundles that are older than it */
    bool idempotent;
    int32_t priority;
    pl_str scenario, scenario_when, scenario_then; /* empty: none, its beginning, unchanged */
    const pl_str *tags;
    size_t tag_count;
    pl_contract_exemption ignored;
    pl_contract_exemption in_progress;
    /* Of a set that was opened (bundle.h): what pl_contract_load has yet to read. Until then steps,
     * states, metadata and trailers are missing, and what follows them here, but for the priority
     * and the scenario. Empty: nothing. */
    pl_str unread;
};

struct pl_contract_file {
    pl_str path; /* as it was given */
    pl_str consumer;
    pl_str provider;
    uint32_t access;
    bool complete;
    bool source;
    const pl_contract *const *contracts;
    size_t contract_count;
    pl_contract_set *set;
};

/* NULL is allowed. */
void pl_contract_set_free(pl_contract_set *set);

const pl_pool *pl_contract_set_pool(const pl_contract_set *set);
size_t pl_contract_set_file_count(const pl_contract_set *set);
/* By path. */
const pl_contract_file *pl_contract_set_file(const pl_contract_set *set, size_t index);
/* Contracts of all files. */
size_t pl_contract_set_count(const pl_contract_set *set);

/* Reads what is unread of CONTRACT. One thread at a time for a set, while nobody reads the same
 * contract. PL_INVALID_ARGUMENT: it is damaged, and stays unread; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_contract_load(const pl_contract *contract, pl_error *err);
/* The same without the messages of its steps, which are most of a contract: they are NULL, and it
 * is still unread. */
PL_NODISCARD pl_code pl_contract_load_outline(const pl_contract *contract, pl_error *err);

/* The contract NAME of a file, or NULL. */
const pl_contract *pl_contract_find(const pl_contract_file *file, pl_str name);

/* The first message a unary or server streaming call receives, and the first one it sends;
 * NULL where there is none. */
const pl_matcher *pl_contract_request(const pl_contract *contract);
const pl_matcher *pl_contract_response(const pl_contract *contract);
/* How the call ends; NULL for an event. */
const pl_contract_status *pl_contract_status_of(const pl_contract *contract);

#ifdef __cplusplus
}
#endif
#endif

/* Recording: a real server's answers as a contract file.
 *
 *   record.c         the program: from a signal back to a file
 *   record_proxy.c   a server that passes every call on
 *   record_calls.c   the calls that go on
 *   record_seen.c    what was seen, each request once
 *   record_write.c   messages as people write them
 */
#ifndef PARLEY_STUB_VERB_RECORD_H
#define PARLEY_STUB_VERB_RECORD_H

#include <pthread.h>

#include "parley/rpc/channel.h"
#include "parley/rpc/server.h"
#include "parley/rpc/stream.h"
#include "parley/schema/pool.h"
#include "stub/stub.h"

/* Contracts of one recording, and steps of a call; more are not written down. */
#define RECORD_CONTRACTS_MAX 10000
#define RECORD_STEPS_MAX     1000
/* Bytes of one call as text, and of a whole file. */
#define RECORD_CALL_MAX (256u << 10)
#define RECORD_FILE_MAX (64u << 20)

/* record.c: returns the exit code. */
int stub_record(stub_line *line);

/* ---- record_write.c ---- */

/* How a message is written. */
typedef enum record_side {
    RECORD_REQUEST, /* plain values */
    RECORD_ANSWER,  /* times and uuids by their matchers */
    RECORD_COMPARED /* the same without the values of those: what makes answers equal */
} record_side;

/* Appends MESSAGE, of TYPE, as the value of a key at INDENT levels: in one line where that is
 * short, else in lines below. Sensitive fields are redacted. False: it cannot be said in JSON. */
bool record_put_message(const pl_message_type *type, pl_str message, record_side side, int indent,
                        pl_buf *out);

/* ---- record_seen.c ---- */

typedef struct record_seen record_seen;

record_seen *record_seen_new(const char *consumer, const char *provider);
void record_seen_free(record_seen *seen);

/* One call, while it goes on. One thread at a time. */
typedef struct record_call {
    const pl_method_type *method;
    pl_buf metadata;           /* lines below metadata: */
    pl_buf asked;              /* what the client did, by which calls are told apart */
    pl_buf answered, compared; /* what the server did */
    pl_buf details;            /* of the status: a line each */
    pl_buf steps;              /* both, as steps */
    size_t step_count;
    bool partial; /* something did not fit, or has no JSON: not written down */
} record_call;

void record_call_init(record_call *call, const pl_method_type *method);
void record_call_done(record_call *call);
void record_call_metadata(record_call *call, pl_str key, pl_str value);
void record_call_asked(record_call *call, pl_str message);
void record_call_closed(record_call *call);
void record_call_answered(record_call *call, pl_str message);

/* MESSAGE, of TYPE, is one of the details of the status. */
void record_call_detail(record_call *call, const pl_message_type *type, pl_str message);

/* The call is over with CODE. Any thread. */
void record_seen_add(record_seen *seen, record_call *call, pl_code code, const char *message);
/* Whether something was added since the last record_seen_put. */
bool record_seen_changed(record_seen *seen);
/* Appends the contract file; how many contracts it has. */
size_t record_seen_put(record_seen *seen, pl_buf *out);

/* ---- record_calls.c ---- */

/* A thread that cancels calls of the real server whose client has gone: one without a deadline
 * would wait for good. */
typedef struct record_calls record_calls;

/* A call that goes on; UP may be cancelled until it is removed. */
typedef struct record_open record_open;
struct record_open {
    const pl_call *call;
    pl_stream *up;
    record_open *next, **at; /* of its list */
};

/* NULL without memory. */
record_calls *record_calls_new(void);
/* None goes on. NULL is allowed. */
void record_calls_free(record_calls *calls);
void record_calls_add(record_calls *calls, record_open *one);
void record_calls_remove(record_calls *calls, record_open *one);

/* ---- record_proxy.c ---- */

typedef struct record_proxy record_proxy;

/* Adds the services of PROVIDER's package to SERVER; calls go to CHANNEL. */
PL_NODISCARD pl_code record_proxy_new(const pl_pool *pool, const char *provider, pl_server *server,
                                      pl_channel *channel, record_seen *seen,
                                      record_proxy **out_proxy, pl_error *err);
/* After the server. NULL is allowed. */
void record_proxy_free(record_proxy *proxy);

#endif

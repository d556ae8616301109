/* The parts of pl_channel.
 *
 *   channel.c        life, admission, the outcome of attempts
 *   channel_wait.c   blocking exchanges, with retries
 *   channel_call.c   calls with messages
 *   channel_bytes.c  calls in bytes
 *   channel_async.c  exchanges without waiting; async.c: their thread
 *   upstream.c       the core channel; target.c, breaker.c, retry.c
 */
#ifndef PARLEY_RPC_CHANNEL_INTERNAL_H
#define PARLEY_RPC_CHANNEL_INTERNAL_H

#include <pthread.h>

#include "async.h"
#include "attempt.h"
#include "breaker.h"
#include "parley/rpc/channel.h"
#include "retry.h"
#include "spares.h"
#include "upstream.h"

/* When a call refused by the bulkhead may be repeated, in milliseconds. */
#define PL_BULKHEAD_RETRY_AFTER_MS 100

struct pl_channel {
    pl_channel_opts opts;
    char *name;
    pl_upstream *upstream;
    pl_span_fn *observer; /* NULL: none */
    void *observer_self;
    pthread_mutex_t mu;
    pthread_cond_t place_free; /* in the bulkhead */
    /* guarded by mu */
    pl_breaker breaker;
    pl_retry_budget budget;
    pl_channel_stats stats;
    pl_async *async;      /* NULL until the first asynchronous call */
    pl_spares *async_ops; /* the same */
};

/* Bytes of a request: who takes large answers may send as much. */
static inline size_t pl_channel_max_send(const pl_channel *channel) {
    return channel->opts.max_message > PL_CHANNEL_MAX_MESSAGE ? channel->opts.max_message
                                                              : PL_CHANNEL_MAX_MESSAGE;
}

/* One call's way through the channel. Zeroed before pl_channel_enter. */
typedef struct pl_passage {
    unsigned attempts; /* made so far */
    bool trial;        /* the one on its way is the breaker's trial */
    bool in_doubt;     /* one that failed may have had its effect */
} pl_passage;

/* Takes a place in the bulkhead, for which it waits until UNTIL_NS (0: not at all): a burst is
 * smoothed, a slow upstream still gets no more than its share of threads for long. PL_UNAVAILABLE:
 * it is full. */
pl_code pl_channel_enter(pl_channel *channel, const char *path, int64_t until_ns, pl_error *err);
void pl_channel_leave(pl_channel *channel);

/* Asks breaker and upstream for one attempt. PL_UNAVAILABLE: not now. */
pl_code pl_channel_admit(pl_channel *channel, pl_passage *passage, const char *path,
                         pl_core_channel **out_core, pl_error *err);
/* The outcome of ATTEMPT, which was admitted. */
void pl_channel_settle(pl_channel *channel, pl_passage *passage, const pl_attempt *attempt);
/* The upstream has begun to answer. */
void pl_channel_lives(pl_channel *channel, const pl_passage *passage);
/* Tells the observer that EXCHANGE ended. */
void pl_channel_observed(const pl_channel *channel, const pl_exchange *exchange, pl_code code,
                         const char *error);
/* Gives ERR the reason PL_REASON_OUTCOME_UNKNOWN where it is PL_UNAVAILABLE, but an attempt may
 * have had its effect: not even a later attempt that was refused says that it had none. */
void pl_passage_tell_doubt(const pl_passage *passage, pl_error *err);
/* Whether ATTEMPT is followed by another one, and when. */
bool pl_channel_retry(pl_channel *channel, const pl_passage *passage, const pl_exchange *exchange,
                      const pl_attempt *attempt, int64_t *out_at_ns);

/* channel_wait.c: makes attempts until one succeeds or no more is due. PL_OK: ATTEMPT
 * holds the answer; else ERR and VIOLATIONS say why not. ATTEMPT, zeroed by the caller, is done by
 * the caller. */
pl_code pl_exchange_run(pl_channel *channel, const pl_exchange *exchange, pl_attempt *attempt,
                        pl_error *err, pl_violations *violations);

/* channel_call.c: when a call of METHOD made with CALL is over; PL_NEVER: a stream that has no
 * deadline. */
int64_t pl_call_method_deadline(const pl_call *call, const pl_method_desc *method);
/* Keeps what ATTEMPT brought as metadata, for pl_call_received. */
void pl_call_keep_received(pl_call *call, const pl_attempt *attempt);
/* Fills EXCHANGE for METHOD as CALL has it made over CHANNEL; REQUEST NULL: without a body. */
pl_code pl_exchange_prepare(pl_exchange *exchange, const pl_channel *channel, pl_call *call,
                            const pl_method_desc *method, const ProtobufCMessage *request);
/* Unpacks the answer of ATTEMPT into CALL's arena. */
pl_code pl_exchange_unpack(pl_call *call, const pl_method_desc *method, pl_attempt *attempt,
                           ProtobufCMessage **out_response);

/* channel_bytes.c: fills EXCHANGE, whose body is the caller's to unref.
 * PL_INVALID_ARGUMENT: what is no metadata. */
pl_code pl_exchange_prepare_bytes(pl_exchange *exchange, const pl_bytes_request *request,
                                  pl_error *err);

/* Copies what EXCHANGE borrows into TEXTS; false without memory. */
bool pl_exchange_keep(pl_exchange *exchange, pl_arena *texts);

/* channel_async.c */
/* The queue whose completions are taken on the channel's own thread. PL_RESOURCE_EXHAUSTED: there
 * can be no thread. */
pl_code pl_channel_async_queue(pl_channel *channel, grpc_completion_queue **out_queue,
                               pl_error *err);

#endif

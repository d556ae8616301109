/* A publisher whose log is the memory of one process, for stubs and tests of consumers.
 *
 * It keeps the protocol of a relay: a position is taken first and then used as the stream entry
 * id, entries are chained, and what the stream has lost (a tail, everything) is sent again with the
 * next event. Its only store is the stream: at its first event it takes over what an earlier log
 * with the same source has left there, and begins a generation. So a consumer cannot tell it from a
 * service that was started again.
 *
 * It writes to no stream in which somebody else's entries are, and after another log of the same
 * source has taken the stream over, it publishes nothing any more.
 *
 *     pl_memory_log_new(&opts, &log, &err);
 *     pl_memory_log_publish(log, &event, &place, &err);
 *     consumer_opts.log = pl_memory_log_reader(log);
 *     pl_memory_log_free(log);
 *
 * Any thread; publications wait for one another, reading does not wait for Redis.
 */
#ifndef PARLEY_EVENT_MEMORY_LOG_H
#define PARLEY_EVENT_MEMORY_LOG_H

#include "parley/event/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Entries of a log, and bytes of their envelopes. */
#define PL_MEMORY_LOG_ENTRIES 100000u
#define PL_MEMORY_LOG_BYTES   ((size_t)256 << 20)

typedef struct pl_memory_log pl_memory_log;

/* Texts are copied. */
typedef struct pl_memory_log_opts {
    const char *redis_url;
    const char *source; /* of its envelopes: who writes here */
    const char *stream;
    /* Events of types A and B are about the same aggregates, so that versions count over both.
     * NULL: those of one type are. */
    bool (*same_aggregate)(void *self, pl_str a, pl_str b);
    void *self;
} pl_memory_log_opts;

/* What is published; all borrowed. */
typedef struct pl_memory_event {
    pl_str type;
    pl_str subject; /* the aggregate's id; empty: about none */
    pl_str payload;
    pl_event_context context;
} pl_memory_event;

/* Where an event went. */
typedef struct pl_memory_place {
    pl_event_pos at;
    uint8_t id[PL_EVENT_ID_SIZE];
    int64_t version; /* of its aggregate; 0: about none */
} pl_memory_place;

/* Makes a log; nothing is connected yet. PL_INVALID_ARGUMENT: an option is missing or malformed;
 * PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_memory_log_new(const pl_memory_log_opts *opts, pl_memory_log **out_log,
                          pl_error *err) PL_NODISCARD;
/* NULL is allowed. */
void pl_memory_log_free(pl_memory_log *log);

/* Publishes one event and waits until it is in the stream; some seconds at most.
 * PL_INVALID_ARGUMENT: a text is over its limit. PL_FAILED_PRECONDITION: the stream is somebody
 * else's, or its chain has gaps that nobody could fill. PL_RESOURCE_EXHAUSTED: the log is full, or
 * no memory. Else the code of Redis, whose address is in the message; where it went away while it
 * was written to, the message says that the event is kept and goes out with the next one. */
pl_code pl_memory_log_publish(pl_memory_log *log, const pl_memory_event *event,
                              pl_memory_place *out_place, pl_error *err) PL_NODISCARD;

/* Reads the log; the reader's codes: PL_NOT_FOUND for another stream or part. */
pl_log_reader pl_memory_log_reader(pl_memory_log *log);

#ifdef __cplusplus
}
#endif
#endif

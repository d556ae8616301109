/* The Redis side: a stream as a publisher and a consumer use it. One thread. */
#ifndef PARLEY_EVENT_STREAM_H
#define PARLEY_EVENT_STREAM_H

#include "parley/event/store.h"
#include "parley/redis/redis.h"

/* An entry id as Redis counts: any two unsigned 64-bit numbers. */
typedef struct pl_event_stream_id {
    uint64_t ms;
    uint64_t seq;
} pl_event_stream_id;

#define PL_STREAM_ID_SIZE 48

/* Deadline of a command; of a blocking read BLOCK_MS more. */
#define PL_STREAM_COMMAND_MS 2000
#define PL_STREAM_BLOCK_MS   1000
#define PL_STREAM_READ_COUNT "200"

typedef struct pl_event_stream {
    pl_redis *redis;
    char key[PL_EVENT_STREAM_MAX + 1];
    uint64_t checked; /* the session whose settings were found good */
} pl_event_stream;

typedef struct pl_event_stream_state {
    pl_event_stream_id last;  /* last-generated-id; 0-0 without a key */
    pl_event_stream_id first; /* of the first entry; 0-0 without one */
    int64_t length;
} pl_event_stream_state;

/* One entry as it was read; borrowed from the reply. */
typedef struct pl_event_stream_entry {
    pl_event_stream_id id;
    pl_str id_text;
    bool ours; /* `at` is its id, and `prev` and `e` are there */
    pl_event_pos at;
    pl_event_pos prev;
    pl_str envelope;
} pl_event_stream_entry;

static inline int pl_event_stream_id_cmp(pl_event_stream_id a, pl_event_stream_id b) {
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}
static inline pl_event_stream_id pl_event_stream_id_of(pl_event_pos pos) {
    pl_event_stream_id id = {(uint64_t)pos.gen, (uint64_t)pos.pos};
    return id;
}
/* The position ID would be; what a position cannot hold becomes the greatest. */
pl_event_pos pl_event_stream_id_pos(pl_event_stream_id id);
bool pl_event_stream_id_parse(pl_str text, pl_event_stream_id *out);
void pl_event_stream_id_text(pl_event_stream_id id, char out[PL_STREAM_ID_SIZE]);

pl_code pl_event_stream_init(pl_event_stream *stream, const char *url, const char *name,
                             const char *key, pl_error *err) PL_NODISCARD;
void pl_event_stream_done(pl_event_stream *stream);

/* Refuses a server that would throw entries away (maxmemory-policy); asks once a connection.
 * PL_FAILED_PRECONDITION. */
pl_code pl_event_stream_check(pl_event_stream *stream, pl_error *err) PL_NODISCARD;

pl_code pl_event_stream_read_state(pl_event_stream *stream, pl_event_stream_state *out,
                                   pl_error *err) PL_NODISCARD;

/* Appends ENTRIES in one transaction where the last id is still KNOWN. PL_ABORTED: it is not, or
 * an id was refused: reconcile. */
pl_code pl_event_stream_append(pl_event_stream *stream, pl_event_stream_id known,
                               const pl_log_entry *entries, size_t count,
                               pl_error *err) PL_NODISCARD;

/* Sets the stream aside as "<key>.foreign.<ms>". */
pl_code pl_event_stream_set_aside(pl_event_stream *stream, int64_t ms, pl_error *err) PL_NODISCARD;

/* Removes the entries below FIRST. */
pl_code pl_event_stream_trim(pl_event_stream *stream, pl_event_pos first, int64_t *out_removed,
                             pl_error *err) PL_NODISCARD;

/* Waits up to BLOCK_MS for entries above AFTER. *out_reply is NULL where there was none; the
 * entries are pl_event_stream_entry_at(pl_event_stream_entries(reply), i). */
pl_code pl_event_stream_read(pl_event_stream *stream, pl_event_stream_id after,
                             pl_redis_reply **out_reply, pl_error *err) PL_NODISCARD;
const pl_redis_reply *pl_event_stream_entries(const pl_redis_reply *reply);
/* False: the reply is not what XREAD answers. */
bool pl_event_stream_entry_at(const pl_redis_reply *entries, size_t index,
                              pl_event_stream_entry *out);

#endif

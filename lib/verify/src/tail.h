/* The end of a Redis stream: where it is, and what is added behind it. */
#ifndef PARLEY_VERIFY_TAIL_H
#define PARLEY_VERIFY_TAIL_H

#include "parley/base/arena.h"
#include "parley/redis/redis.h"

/* Partitions of one stream that are read. */
#define TAIL_PARTS_MAX 64

/* One entry; texts in the arena of the tail. */
typedef struct tail_entry {
    pl_str id;   /* "<gen>-<pos>" */
    pl_str at;   /* the publisher's word for the same; empty: not there */
    pl_str prev; /* the publisher's word for the entry before it; empty: not there */
    /* The publisher's last entry before it in its partition; empty: none is known. */
    pl_str before;
    bool has_event;
    /* of the envelope */
    pl_str event_id;
    pl_str source, type, subject;
    int64_t version, time_us;
    pl_str payload;
} tail_entry;

typedef struct tail_part {
    char *key;
    pl_str after;  /* the id that is read behind */
    pl_str before; /* the publisher's last entry; empty: not known */
    bool there;    /* the key is: its first entry makes it */
} tail_part;

typedef struct tail {
    pl_redis *redis;
    pl_arena *arena;
    tail_part parts[1 + TAIL_PARTS_MAX]; /* the stream that has one, then those of several */
    size_t part_count;
} tail;

/* Notes where STREAM, of one or several partitions, ends; of those that are not there yet
 * everything is read. Codes of the redis. */
PL_NODISCARD pl_code tail_begin(tail *t, pl_redis *redis, pl_str stream, pl_arena *arena,
                                pl_error *err);
/* Waits up to BLOCK_MS for entries of any partition; adds them to ENTRIES (room for MAX, *COUNT
 * there). PL_RESOURCE_EXHAUSTED: the arena is full; codes of the redis. */
PL_NODISCARD pl_code tail_read(tail *t, unsigned block_ms, tail_entry *entries, size_t max,
                               size_t *count, pl_error *err);

#endif

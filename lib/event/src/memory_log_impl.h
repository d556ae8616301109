/* A log in memory. memory_log.c keeps it, memory_publish.c brings it to the stream. */
#ifndef PARLEY_EVENT_MEMORY_LOG_IMPL_H
#define PARLEY_EVENT_MEMORY_LOG_IMPL_H

#include <pthread.h>

#include "parley/event/memory_log.h"
#include "stream.h"

struct pl_memory_log {
    char source[PL_EVENT_SOURCE_MAX + 1];
    char address[256]; /* of Redis, without password */
    bool (*same_aggregate)(void *self, pl_str a, pl_str b);
    void *self;
    pthread_mutex_t publishing;
    /* guarded by publishing */
    pl_event_stream stream;
    bool owned; /* its generation is in the stream */
    /* guarded by mu for those who read; written by who publishes */
    pthread_mutex_t mu;
    pl_arena arena;
    pl_log_entry *entries; /* by position, a chain from 0-0 on */
    size_t count, room;
};

/* The last position; 0-0: none. */
pl_event_pos memory_log_head(const pl_memory_log *log);
/* The index of the first entry above AFTER. */
size_t memory_log_after(const pl_memory_log *log, pl_event_pos after);
/* Appends a copy. PL_RESOURCE_EXHAUSTED. */
pl_code memory_log_add(pl_memory_log *log, pl_event_pos at, pl_event_pos prev, pl_str envelope,
                       pl_error *err) PL_NODISCARD;
/* Empties it. */
void memory_log_forget(pl_memory_log *log);

#endif

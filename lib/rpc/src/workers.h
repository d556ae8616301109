/* pl_workers: a bounded pool of threads for jobs that may block.
 *
 * Threads are started when a job waits and no thread is free, up to the maximum,
 * and end after a while without work, so an idle process has none. A thread takes
 * its fair share of a long queue at once, and at most one wake-up is pending:
 * whoever wakes passes it on where more is waiting. Thread-safe.
 */
#ifndef PARLEY_RPC_WORKERS_H
#define PARLEY_RPC_WORKERS_H

#include <stdbool.h>

#include "parley/base/error.h"

/* Stack of a worker; a request's depth is bounded by PL_MESSAGE_DEPTH_MAX. */
#define PL_WORKERS_STACK (256 * 1024)
/* Most jobs a thread takes at once. */
#define PL_WORKERS_SHARE_MAX 16
/* A thread without work for this long ends. */
#define PL_WORKERS_IDLE_MS 10000

typedef struct pl_workers pl_workers;

typedef struct pl_job pl_job;
struct pl_job {
    void (*run)(pl_job *job);
    pl_job *next; /* the pool's own */
};

typedef struct pl_workers_stats {
    unsigned threads, busy, queued;
} pl_workers_stats;

/* At most THREADS threads and QUEUE waiting jobs; starts none. PL_RESOURCE_EXHAUSTED. */
pl_code pl_workers_new(unsigned threads, unsigned queue, pl_workers **out_workers);
/* Runs what waits, joins the threads, frees. NULL is allowed. */
void pl_workers_free(pl_workers *workers);
/* Hands JOB over, which waits only where all threads there may be are busy; false where the queue
 * is full, or it lacks a thread and none can be started. */
bool pl_workers_submit(pl_workers *workers, pl_job *job);
/* In two steps, for many jobs in a row: pl_workers_put wakes nobody, which pl_workers_wake makes
 * good. With one thread at least, jobs wait where no more can be started. */
bool pl_workers_put(pl_workers *workers, pl_job *job);
void pl_workers_wake(pl_workers *workers);
void pl_workers_read_stats(pl_workers *workers, pl_workers_stats *out_stats);

#endif

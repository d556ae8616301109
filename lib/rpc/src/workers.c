#include "workers.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "parley/base/clock.h"

struct pl_workers {
    unsigned max_threads, max_queued;
    pthread_attr_t attr;
    pthread_mutex_t mu;
    pthread_cond_t work; /* a job waits, or stopping */
    pthread_cond_t gone; /* a thread has ended */
    pthread_t *ended;    /* those to be joined; room for max_threads; guarded by mu */
    unsigned ended_count;
    /* guarded by mu */
    pl_job *head, **tail;
    unsigned queued, threads, idle;
    bool wake_pending; /* a thread was signalled and has not woken yet */
    bool stopping;
};

static void *worker_main(void *arg);

pl_code pl_workers_new(unsigned threads, unsigned queue, pl_workers **out_workers) {
    pl_workers *workers = calloc(1, sizeof *workers);
    pthread_condattr_t attr;

    if (!workers)
        return PL_RESOURCE_EXHAUSTED;
    workers->ended = calloc(threads, sizeof *workers->ended);
    if (!workers->ended || pthread_condattr_init(&attr) != 0 ||
        pthread_attr_init(&workers->attr) != 0) {
        free(workers->ended);
        free(workers);
        return PL_RESOURCE_EXHAUSTED;
    }
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_attr_setstacksize(&workers->attr, PL_WORKERS_STACK);
    pthread_mutex_init(&workers->mu, NULL);
    pthread_cond_init(&workers->work, &attr);
    pthread_cond_init(&workers->gone, &attr);
    pthread_condattr_destroy(&attr);
    workers->max_threads = threads;
    workers->max_queued = queue;
    workers->tail = &workers->head;
    *out_workers = workers;
    return PL_OK;
}

/* Joins the threads that have ended, under mu, which they need no more. */
static void join_ended(pl_workers *workers) {
    while (workers->ended_count)
        pthread_join(workers->ended[--workers->ended_count], NULL);
}

/* Sees to it that a waiting job is taken: under mu. False where no thread exists and
 * none can be started. */
static bool ensure_taker(pl_workers *workers) {
    pthread_t thread;

    if (!workers->head || workers->wake_pending)
        return true;
    if (workers->idle) {
        workers->wake_pending = true;
        pthread_cond_signal(&workers->work);
        return true;
    }
    if (workers->threads == workers->max_threads)
        return true;
    join_ended(workers);
    if (pthread_create(&thread, &workers->attr, worker_main, workers) != 0)
        return workers->threads > 0;
    workers->threads++;
    /* The new thread counts as idle and woken until it runs. */
    workers->idle++;
    workers->wake_pending = true;
    return true;
}

bool pl_workers_submit(pl_workers *workers, pl_job *job) {
    pl_job **before;
    bool taken = false;

    pthread_mutex_lock(&workers->mu);
    if (workers->queued < workers->max_queued && !workers->stopping) {
        job->next = NULL;
        before = workers->tail;
        *workers->tail = job;
        workers->tail = &job->next;
        workers->queued++;
        taken = ensure_taker(workers);
        if (!taken) {
            *before = NULL;
            workers->tail = before;
            workers->queued--;
        }
    }
    pthread_mutex_unlock(&workers->mu);
    return taken;
}

/* Waits for work, under mu; false where the thread is to end. */
static bool wait_for_work(pl_workers *workers) {
    int64_t end = pl_deadline_ms(PL_WORKERS_IDLE_MS);
    struct timespec until = {.tv_sec = end / PL_NS_PER_S, .tv_nsec = end % PL_NS_PER_S};
    int rc = 0;

    while (!workers->head && !workers->stopping && rc == 0)
        rc = pthread_cond_timedwait(&workers->work, &workers->mu, &until);
    workers->idle--;
    workers->wake_pending = false;
    return workers->head != NULL;
}

/* Takes the thread's fair share of the queue, under mu: with the queue shorter than
 * the pool one job, so that none waits behind a slow one while a thread is free. */
static pl_job *take_share(pl_workers *workers) {
    unsigned share = (workers->queued + workers->max_threads - 1) / workers->max_threads;
    pl_job *first = workers->head, *last = first;
    unsigned taken = 1;

    if (share > PL_WORKERS_SHARE_MAX)
        share = PL_WORKERS_SHARE_MAX;
    for (; taken < share && last->next; taken++)
        last = last->next;
    workers->head = last->next;
    if (!workers->head)
        workers->tail = &workers->head;
    last->next = NULL;
    workers->queued -= taken;
    return first;
}

static void *worker_main(void *arg) {
    pl_workers *workers = arg;

    pthread_mutex_lock(&workers->mu);
    while (wait_for_work(workers)) {
        pl_job *job = take_share(workers);
        ensure_taker(workers);
        pthread_mutex_unlock(&workers->mu);
        while (job) {
            pl_job *next = job->next; /* the job may be gone when it has run */
            job->run(job);
            job = next;
        }
        pthread_mutex_lock(&workers->mu);
        workers->idle++;
    }
    workers->threads--;
    workers->ended[workers->ended_count++] = pthread_self();
    pthread_cond_signal(&workers->gone);
    pthread_mutex_unlock(&workers->mu);
    return NULL;
}

void pl_workers_read_stats(pl_workers *workers, pl_workers_stats *out_stats) {
    pthread_mutex_lock(&workers->mu);
    out_stats->threads = workers->threads;
    out_stats->busy = workers->threads - workers->idle;
    out_stats->queued = workers->queued;
    pthread_mutex_unlock(&workers->mu);
}

void pl_workers_free(pl_workers *workers) {
    if (!workers)
        return;
    pthread_mutex_lock(&workers->mu);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->work);
    while (workers->threads)
        pthread_cond_wait(&workers->gone, &workers->mu);
    join_ended(workers);
    pthread_mutex_unlock(&workers->mu);
    pthread_cond_destroy(&workers->gone);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->mu);
    pthread_attr_destroy(&workers->attr);
    free(workers->ended);
    free(workers);
}

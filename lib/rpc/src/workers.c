#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/base/cond.h"

typedef enum slot_state { SLOT_FREE, SLOT_RUNNING, SLOT_ENDED } slot_state;

/* One thread. Slots outlive their threads, so a signal sent late harms nobody. */
typedef struct worker {
    pl_workers *pool;
    pthread_t thread;
    pthread_cond_t wake;
    /* guarded by the pool's mu */
    slot_state state;
    bool woken;           /* was chosen to take what waits */
    struct worker *below; /* in the stack of idle workers */
} worker;

struct pl_workers {
    unsigned max_threads, max_queued;
    pthread_attr_t attr;
    pthread_mutex_t mu;
    pthread_cond_t gone; /* a thread has ended */
    /* guarded by mu */
    pl_job *head, **tail;
    unsigned queued, threads, idle;
    unsigned running;  /* threads that run what they took */
    worker *idle_top;  /* the last to become idle is woken first: it is warm, others may end */
    bool wake_pending; /* a worker was chosen and has not woken yet */
    bool stopping;
    worker slots[];
};

static void *worker_main(void *arg);

pl_code pl_workers_new(unsigned threads, unsigned queue, pl_workers **out_workers) {
    pl_workers *workers = calloc(1, sizeof *workers + threads * sizeof workers->slots[0]);

    if (!workers || pthread_attr_init(&workers->attr) != 0) {
        free(workers);
        return PL_RESOURCE_EXHAUSTED;
    }
    pthread_attr_setstacksize(&workers->attr, PL_WORKERS_STACK);
    pthread_mutex_init(&workers->mu, NULL);
    pl_cond_init(&workers->gone);
    for (unsigned i = 0; i < threads; i++) {
        workers->slots[i].pool = workers;
        pl_cond_init(&workers->slots[i].wake);
    }
    workers->max_threads = threads;
    workers->max_queued = queue;
    workers->tail = &workers->head;
    *out_workers = workers;
    return PL_OK;
}

/* Joins SLOT's thread where it has ended; it needs mu no more. */
static void join_ended(worker *slot) {
    if (slot->state == SLOT_ENDED)
        pthread_join(slot->thread, NULL);
    slot->state = SLOT_FREE;
}

/* Starts one more thread, under mu. */
static bool start_thread(pl_workers *workers) {
    worker *slot = workers->slots;

    while (slot->state == SLOT_RUNNING)
        slot++;
    join_ended(slot);
    if (pthread_create(&slot->thread, &workers->attr, worker_main, slot) != 0)
        return false;
    slot->state = SLOT_RUNNING;
    slot->woken = workers->wake_pending = true;
    workers->threads++;
    return true;
}

/* Whether QUEUED jobs are more than there are threads for, and there may be one more: under mu. */
static bool lacks_thread(const pl_workers *workers, unsigned queued) {
    return workers->threads < workers->running + queued && workers->threads < workers->max_threads;
}

/* Sees to it that a waiting job is taken: under mu. *out_wake (NULL: nobody) is to be
 * signalled after mu has been left, for which it would only wait. */
static void ensure_taker(pl_workers *workers, worker **out_wake) {
    worker *top = workers->idle_top;

    *out_wake = NULL;
    if (!workers->head || workers->wake_pending)
        return;
    if (top) {
        workers->idle_top = top->below;
        workers->idle--;
        top->woken = workers->wake_pending = true;
        *out_wake = top;
        return;
    }
    /* One that cannot be started is done without: there is at least one, see append(). */
    if (lacks_thread(workers, workers->queued))
        (void)start_thread(workers);
}

/* Appends JOB where there is room and somebody to take it, under mu. */
static bool append(pl_workers *workers, pl_job *job) {
    bool first = !workers->threads;

    if (workers->queued == workers->max_queued || workers->stopping ||
        (first && !start_thread(workers)))
        return false;
    job->next = NULL;
    *workers->tail = job;
    workers->tail = &job->next;
    workers->queued++;
    return true;
}

bool pl_workers_put(pl_workers *workers, pl_job *job) {
    bool taken;

    pthread_mutex_lock(&workers->mu);
    taken = append(workers, job);
    pthread_mutex_unlock(&workers->mu);
    return taken;
}

void pl_workers_wake(pl_workers *workers) {
    worker *wake;

    pthread_mutex_lock(&workers->mu);
    ensure_taker(workers, &wake);
    pthread_mutex_unlock(&workers->mu);
    if (wake)
        pthread_cond_signal(&wake->wake);
}

bool pl_workers_submit(pl_workers *workers, pl_job *job) {
    worker *wake = NULL;
    bool taken;

    pthread_mutex_lock(&workers->mu);
    taken = !lacks_thread(workers, workers->queued + 1) || start_thread(workers);
    taken = taken && append(workers, job);
    if (taken)
        ensure_taker(workers, &wake);
    pthread_mutex_unlock(&workers->mu);
    if (wake)
        pthread_cond_signal(&wake->wake);
    return taken;
}

static void leave_idle(pl_workers *workers, worker *self) {
    worker **at = &workers->idle_top;

    while (*at != self)
        at = &(*at)->below;
    *at = self->below;
    workers->idle--;
}

/* Idle until chosen, under mu; false where that took too long or the pool is stopping. */
static bool park(worker *self) {
    pl_workers *workers = self->pool;
    int64_t end = pl_deadline_ms(PL_WORKERS_IDLE_MS);
    bool early = true;

    self->below = workers->idle_top;
    workers->idle_top = self;
    workers->idle++;
    while (!self->woken && !workers->stopping && early)
        early = pl_cond_wait(&self->wake, &workers->mu, end);
    if (!self->woken)
        leave_idle(workers, self);
    return self->woken;
}

/* Waits for work, under mu; false where the thread is to end. */
static bool wait_for_work(worker *self) {
    pl_workers *workers = self->pool;
    bool chosen = true;

    for (;;) {
        if (self->woken)
            self->woken = workers->wake_pending = false;
        if (workers->head)
            return true;
        if (!chosen || workers->stopping)
            return false;
        chosen = park(self);
    }
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
    worker *self = arg, *wake;
    pl_workers *workers = self->pool;

    pthread_mutex_lock(&workers->mu);
    while (wait_for_work(self)) {
        pl_job *job = take_share(workers);
        workers->running++;
        ensure_taker(workers, &wake);
        pthread_mutex_unlock(&workers->mu);
        if (wake)
            pthread_cond_signal(&wake->wake);
        while (job) {
            pl_job *next = job->next; /* the job may be gone when it has run */
            job->run(job);
            job = next;
        }
        pthread_mutex_lock(&workers->mu);
        workers->running--;
    }
    workers->threads--;
    self->state = SLOT_ENDED;
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
    for (worker *idle = workers->idle_top; idle; idle = idle->below)
        pthread_cond_signal(&idle->wake);
    while (workers->threads)
        pthread_cond_wait(&workers->gone, &workers->mu);
    pthread_mutex_unlock(&workers->mu);
    for (unsigned i = 0; i < workers->max_threads; i++) {
        join_ended(&workers->slots[i]);
        pthread_cond_destroy(&workers->slots[i].wake);
    }
    pthread_cond_destroy(&workers->gone);
    pthread_mutex_destroy(&workers->mu);
    pthread_attr_destroy(&workers->attr);
    free(workers);
}

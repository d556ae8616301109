#include "otlp.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/base/cond.h"
#include "parley/base/log.h"
#include "parley/http/client.h"

enum { STACK_SIZE = 256 * 1024, TARGET_SIZE = 512, ANSWER_MAX = 64 * 1024 };

/* Vyukov's bounded queue: TURN says whether the cell is to be written (= its position) or
 * read (= its position + 1).
 * https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue */
typedef struct cell {
    atomic_size_t turn;
    pl_otlp_record record;
} cell;

struct pl_otlp {
    pl_otlp_opts opts;
    char *endpoint;
    char address[PL_HTTP_ADDRESS_MAX];
    char target[TARGET_SIZE]; /* "/v1/traces" */
    pthread_t thread;
    bool started;
    cell *cells;
    atomic_size_t written;
    size_t read; /* the thread's */
    atomic_size_t waiting;
    atomic_uint_fast64_t sent, dropped;
    int64_t logged_ns; /* the thread's: when a failure was logged; 0: never */
    pl_otlp_record batch[PL_OTLP_BATCH];

    pthread_mutex_t mu;
    pthread_cond_t wake;
    /* guarded by mu */
    bool stopping;
    int64_t deadline_ns; /* once stopping */
};

/* ---- the queue ---- */

void pl_otlp_add(pl_otlp *otlp, const pl_span *span) {
    if (!pl_trace_sampled(span->trace))
        return;
    size_t at = atomic_load_explicit(&otlp->written, memory_order_relaxed);
    cell *c;
    for (;;) {
        c = &otlp->cells[at % PL_OTLP_QUEUE];
        size_t turn = atomic_load_explicit(&c->turn, memory_order_acquire);
        if (turn == at) {
            if (atomic_compare_exchange_weak_explicit(&otlp->written, &at, at + 1,
                                                      memory_order_relaxed, memory_order_relaxed))
                break;
        } else if (turn < at) { /* full: not yet read one round ago */
            atomic_fetch_add_explicit(&otlp->dropped, 1, memory_order_relaxed);
            return;
        } else {
            at = atomic_load_explicit(&otlp->written, memory_order_relaxed);
        }
    }
    pl_otlp_record_of(span, &c->record);
    atomic_store_explicit(&c->turn, at + 1, memory_order_release);
    /* Without the lock a signal may be lost: the thread looks once a second anyway. */
    if (atomic_fetch_add_explicit(&otlp->waiting, 1, memory_order_relaxed) + 1 == PL_OTLP_BATCH)
        pthread_cond_signal(&otlp->wake);
}

static size_t take_batch(pl_otlp *otlp) {
    size_t count = 0;
    while (count < PL_OTLP_BATCH) {
        cell *c = &otlp->cells[otlp->read % PL_OTLP_QUEUE];
        if (atomic_load_explicit(&c->turn, memory_order_acquire) != otlp->read + 1)
            break;
        otlp->batch[count++] = c->record;
        atomic_store_explicit(&c->turn, otlp->read + PL_OTLP_QUEUE, memory_order_release);
        otlp->read++;
    }
    atomic_fetch_sub_explicit(&otlp->waiting, count, memory_order_relaxed);
    return count;
}

/* ---- sending ---- */

static void log_failure(pl_otlp *otlp, const char *why) {
    int64_t now = pl_now_ns();
    if (otlp->logged_ns && now - otlp->logged_ns < PL_OTLP_LOG_EVERY_MS * PL_NS_PER_MS)
        return;
    otlp->logged_ns = now;
    pl_log(PL_LOG_WARN, "otlp_failed", PL_LOG_STR("endpoint", otlp->opts.endpoint),
           PL_LOG_STR("error", why), PL_LOG_I64("dropped", (int64_t)atomic_load(&otlp->dropped)));
}

/* What the specification says of a failure: whether the same batch may be sent again. */
static bool may_repeat(int status) {
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

static int64_t retry_after_ms(const pl_http_head *head) {
    pl_str value;
    int64_t seconds;
    if (!pl_http_head_find(head, "retry-after", &value) || !pl_str_i64(value, &seconds) ||
        seconds < 0)
        return 0;
    return seconds < PL_OTLP_RETRY_LAST_MS / 1000 ? seconds * 1000 : PL_OTLP_RETRY_LAST_MS;
}

/* One attempt: the HTTP status, 0 where there was no answer. */
static int post(pl_otlp *otlp, pl_str body, int64_t timeout_ms, int64_t *out_after_ms) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_http_answer *answer = NULL;
    pl_error err = PL_ERROR_INIT;
    call.address = otlp->address;
    call.method = pl_str_c("POST");
    call.target = pl_str_c(otlp->target);
    call.content_type = pl_str_c("application/x-protobuf");
    call.body = body;
    call.timeout_ms = timeout_ms;
    call.max_body = ANSWER_MAX;
    *out_after_ms = 0;
    if (pl_http_fetch(&call, &answer, &err)) {
        log_failure(otlp, err.message);
        return 0;
    }
    int status = answer->head->status;
    if (status / 100 != 2) {
        (void)pl_error_set(&err, PL_UNKNOWN, "HTTP status %d", status);
        log_failure(otlp, err.message);
        *out_after_ms = retry_after_ms(answer->head);
    }
    pl_http_answer_free(answer);
    return status;
}

/* Waits for MS milliseconds, or until it is to stop; how long there is still to send. */
static int64_t pause_for(pl_otlp *otlp, int64_t ms) {
    int64_t left = INT64_MAX;
    pthread_mutex_lock(&otlp->mu);
    if (!otlp->stopping && ms > 0)
        (void)pl_cond_wait(&otlp->wake, &otlp->mu, pl_deadline_ms(ms));
    if (otlp->stopping)
        left = (otlp->deadline_ns - pl_now_ns()) / PL_NS_PER_MS;
    pthread_mutex_unlock(&otlp->mu);
    return left;
}

/* Waits the whole of MS, or until it is to stop. */
static int64_t back_off(pl_otlp *otlp, int64_t ms) {
    int64_t until = pl_deadline_ms(ms);
    int64_t left = INT64_MAX;
    while (left == INT64_MAX && pl_now_ns() < until)
        left = pause_for(otlp, (until - pl_now_ns()) / PL_NS_PER_MS + 1);
    return left;
}

static bool deliver(pl_otlp *otlp, pl_str body) {
    int64_t delay = PL_OTLP_RETRY_FIRST_MS, after;
    for (int attempt = 1;; attempt++) {
        int64_t left = pause_for(otlp, 0);
        if (left <= 0)
            return false;
        int status = post(otlp, body, left < PL_OTLP_TIMEOUT_MS ? left : PL_OTLP_TIMEOUT_MS,
                          &after);
        if (status / 100 == 2)
            return true;
        if (!may_repeat(status) || attempt == PL_OTLP_ATTEMPTS)
            return false;
        /* Once it is to stop there is no time to be polite. */
        if (back_off(otlp, after > delay ? after : delay) != INT64_MAX && attempt > 1)
            return false;
        delay = delay * 2 < PL_OTLP_RETRY_LAST_MS ? delay * 2 : PL_OTLP_RETRY_LAST_MS;
    }
}

/* False where nothing waits. */
static bool send_batch(pl_otlp *otlp) {
    size_t count = take_batch(otlp);
    if (count == 0)
        return false;
    pl_buf body = pl_buf_make(PL_OTLP_BATCH_MAX);
    pl_otlp_encode(&otlp->opts, otlp->batch, count, &body);
    bool sent = !body.failed && deliver(otlp, pl_buf_view(&body));
    atomic_fetch_add(sent ? &otlp->sent : &otlp->dropped, count);
    pl_buf_done(&body);
    return true;
}

static void *run(void *self) {
    pl_otlp *otlp = self;
    int64_t left;
    do {
        left = pause_for(otlp, PL_OTLP_EVERY_MS);
        while (send_batch(otlp))
            continue;
    } while (left == INT64_MAX);
    return NULL;
}

/* ---- life ---- */

/* "http://host:port/base" into the address and the path of the traces. */
static pl_code set_endpoint(pl_otlp *otlp, const char *endpoint, pl_error *err) {
    pl_str rest = pl_str_c(endpoint);
    pl_str scheme = pl_str_c("http://");
    if (!pl_str_starts(rest, scheme))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "OTLP_ENDPOINT: '%.64s': expected http://HOST:PORT, such as "
                            "http://127.0.0.1:4318; for TLS use a collector on this machine",
                            endpoint);
    rest = pl_str_make(rest.p + scheme.n, rest.n - scheme.n);
    size_t host = pl_str_index(rest, '/');
    pl_str base = pl_str_make(rest.p + host, rest.n - host);
    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    static const char path[] = "/v1/traces";
    if (host == 0 || host >= sizeof otlp->address || base.n + sizeof path > sizeof otlp->target)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "OTLP_ENDPOINT: '%.64s': no host, or too long", endpoint);
    memcpy(otlp->address, rest.p, host);
    memcpy(otlp->target, base.p, base.n);
    memcpy(otlp->target + base.n, path, sizeof path);
    return PL_OK;
}

static pl_code start_thread(pl_otlp *otlp, pl_error *err) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int failed = pthread_create(&otlp->thread, &attr, run, otlp);
    pthread_attr_destroy(&attr);
    otlp->started = failed == 0;
    return failed ? pl_error_errno(err, failed, "OTLP thread") : PL_OK;
}

pl_code pl_otlp_new(const pl_otlp_opts *opts, pl_otlp **out_otlp, pl_error *err) {
    pl_otlp *otlp = calloc(1, sizeof *otlp);
    if (!otlp)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "OTLP: no memory");
    otlp->opts = *opts;
    pthread_mutex_init(&otlp->mu, NULL);
    pl_cond_init(&otlp->wake);
    otlp->cells = calloc(PL_OTLP_QUEUE, sizeof *otlp->cells);
    otlp->opts.endpoint = otlp->endpoint = strdup(opts->endpoint);
    pl_code code = set_endpoint(otlp, opts->endpoint, err);
    if (!otlp->cells || !otlp->endpoint)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "OTLP: no memory");
    for (size_t i = 0; otlp->cells && i < PL_OTLP_QUEUE; i++)
        atomic_store(&otlp->cells[i].turn, i);
    if (!code)
        code = start_thread(otlp, err);
    if (code) {
        pl_otlp_free(otlp, 0);
        return code;
    }
    *out_otlp = otlp;
    return PL_OK;
}

void pl_otlp_free(pl_otlp *otlp, int64_t deadline_ns) {
    if (!otlp)
        return;
    if (otlp->started) {
        pthread_mutex_lock(&otlp->mu);
        otlp->stopping = true;
        otlp->deadline_ns = deadline_ns;
        pthread_cond_signal(&otlp->wake);
        pthread_mutex_unlock(&otlp->mu);
        pthread_join(otlp->thread, NULL);
    }
    pthread_cond_destroy(&otlp->wake);
    pthread_mutex_destroy(&otlp->mu);
    free(otlp->endpoint);
    free(otlp->cells);
    free(otlp);
}

pl_otlp_stats pl_otlp_read_stats(const pl_otlp *otlp) {
    return (pl_otlp_stats){.sent = atomic_load(&otlp->sent),
                           .dropped = atomic_load(&otlp->dropped)};
}

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/http/client.h"
#include "parley/loop/loop.h"

enum { BODY_MAX = 512, STATUS_CREATED = 201 };

typedef struct load load;

/* A client of its own each, so that the number of connections is exact. */
typedef struct connection {
    load *run;
    pl_http_client *client;
    pl_task next;   /* sends the next order when the answer before it was taken */
    int64_t due_ns; /* of the order in progress */
    bool busy;
} connection;

struct load {
    const load_opts *opts;
    load_result *result;
    pl_loop *loop;
    connection *connections;
    size_t busy;
    uint64_t random;
    int64_t begun_ns;
    int64_t end_ns;      /* nothing is due from here on */
    int64_t interval_ns; /* open loop; 0: closed */
    int64_t due_count;   /* open loop: orders taken from the schedule */
    int clock_fd;        /* open loop: a timer finer than the loop's milliseconds */
    pl_watch clock;
    pl_timer grace;
    bool late;
};

/* xorshift64*: repeatable, and as quick as nothing. */
static int64_t pick(load *run, int64_t count) {
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return (int64_t)((run->random * UINT64_C(0x2545F4914F6CDD1D) >> 33) % (uint64_t)count) + 1;
}

static void note_fault(load_result *result, const pl_http_answer *answer, const pl_error *error) {
    if (result->first_fault[0])
        return;
    if (answer)
        (void)snprintf(result->first_fault, sizeof result->first_fault, "%d %.*s",
                       answer->head->status, (int)(answer->body.n < 200 ? answer->body.n : 200),
                       answer->body.p);
    else
        (void)snprintf(result->first_fault, sizeof result->first_fault, "%.200s", error->message);
}

/* Between two orders of a schedule nothing may be in progress; that is not the end. */
static void finish_if_idle(load *run, int64_t now) {
    bool over = run->interval_ns == 0 || now >= run->end_ns;
    if (run->busy == 0 && over)
        pl_loop_stop(run->loop);
}

static void on_answer(void *self, const pl_http_answer *answer, const pl_error *error) {
    connection *c = self;
    load *run = c->run;
    load_result *result = run->result;
    int64_t now = pl_now_ns();
    c->busy = false;
    run->busy--;
    result->elapsed_ns = now - run->begun_ns;
    samples_add(&result->latency, now - c->due_ns);
    if (answer && answer->head->status < 600)
        result->status[answer->head->status]++;
    else
        result->failed++;
    if (answer && answer->head->status == STATUS_CREATED)
        result->created++;
    else
        note_fault(result, answer, error);
    pl_loop_defer(run->loop, &c->next);
}

/* A connection that cannot send counts as an order that failed. */
static void send_order(connection *c, int64_t due_ns) {
    load *run = c->run;
    char body[BODY_MAX];
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_error err = PL_ERROR_INIT;
    (void)snprintf(body, sizeof body,
                   "{\"productId\":%lld,\"quantity\":1,\"customerId\":\"bench-%lld\","
                   "\"customerName\":\"홍길동\",\"customerAddr\":\"서울시 강남구 테헤란로 1\","
                   "\"customerPhone\":\"010-1234-5678\"}",
                   (long long)pick(run, run->opts->products),
                   (long long)pick(run, run->opts->customers));
    call.address = run->opts->address;
    call.method = pl_str_c("POST");
    call.target = pl_str_c("/orders");
    call.content_type = pl_str_c("application/json");
    call.body = pl_str_c(body);
    c->due_ns = due_ns;
    run->result->sent++;
    if (pl_http_client_start(c->client, &call, on_answer, c, NULL, &err) != PL_OK) {
        run->result->failed++;
        note_fault(run->result, NULL, &err);
        return;
    }
    c->busy = true;
    run->busy++;
}

static bool may_send(const load *run, int64_t due_ns) {
    return due_ns < run->end_ns && run->result->sent < LOAD_MAX_ORDERS;
}

/* The moment the next order is due. */
static int64_t next_due(const load *run) {
    return run->begun_ns + run->due_count * run->interval_ns;
}

static void on_next(pl_task *task) {
    connection *c = PL_CONTAINER_OF(task, connection, next);
    load *run = c->run;
    int64_t now = pl_now_ns();
    int64_t due = run->interval_ns ? next_due(run) : now;
    if (due <= now && may_send(run, due)) {
        run->due_count++;
        send_order(c, due);
    }
    finish_if_idle(run, now);
}

/* Open loop: hands what is due to connections that are free. */
static void on_clock(void *self, uint32_t events) {
    load *run = self;
    uint64_t ticks;
    (void)events;
    if (read(run->clock_fd, &ticks, sizeof ticks) < 0)
        return;
    int64_t now = pl_now_ns();
    for (size_t i = 0; i < run->opts->connections; i++) {
        int64_t due = next_due(run);
        if (due > now || !may_send(run, due))
            break;
        if (run->connections[i].busy)
            continue;
        run->due_count++;
        send_order(&run->connections[i], due);
    }
    finish_if_idle(run, now);
}

static void on_grace(void *self) {
    load *run = self;
    run->late = true;
    pl_loop_stop(run->loop);
}

static pl_code open_clock(load *run, pl_error *err) {
    int64_t ns = run->interval_ns;
    struct timespec interval = {.tv_sec = ns / PL_NS_PER_S, .tv_nsec = ns % PL_NS_PER_S};
    struct itimerspec every = {.it_interval = interval, .it_value = {.tv_nsec = 1}};
    run->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (run->clock_fd < 0)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no timer");
    pl_code code = pl_watch_start(run->loop, &run->clock, run->clock_fd, PL_LOOP_READ, on_clock,
                                  run, err);
    if (code == PL_OK && timerfd_settime(run->clock_fd, 0, &every, NULL) != 0)
        code = pl_error_set(err, PL_INVALID_ARGUMENT, "--rate: no timer of %lld ns", (long long)ns);
    return code;
}

static pl_code open_connections(load *run, pl_error *err) {
    run->connections = calloc(run->opts->connections, sizeof *run->connections);
    if (!run->connections)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < run->opts->connections; i++) {
        connection *c = &run->connections[i];
        c->run = run;
        c->next.run = on_next;
        code = pl_http_client_new(run->loop, &c->client, err);
    }
    return code;
}

static pl_code run_loop(load *run, pl_error *err) {
    int64_t span = (int64_t)(run->opts->seconds * 1e9);
    run->begun_ns = pl_now_ns();
    run->end_ns = run->begun_ns + span;
    pl_timer_start(run->loop, &run->grace, run->end_ns + LOAD_GRACE_MS * PL_NS_PER_MS, on_grace,
                   run);
    if (run->interval_ns) {
        pl_code code = open_clock(run, err);
        if (code != PL_OK)
            return code;
    } else {
        for (size_t i = 0; i < run->opts->connections; i++)
            send_order(&run->connections[i], pl_now_ns());
    }
    pl_code code = pl_loop_run(run->loop, err);
    if (run->interval_ns)
        run->result->behind = (span + run->interval_ns - 1) / run->interval_ns - run->due_count;
    if (code == PL_OK && run->late)
        code = pl_error_set(err, PL_DEADLINE_EXCEEDED, "%zu orders without an answer after %d ms",
                            run->busy, LOAD_GRACE_MS);
    return code;
}

static void close_all(load *run) {
    pl_watch_stop(&run->clock);
    pl_timer_stop(&run->grace);
    if (run->clock_fd >= 0)
        close(run->clock_fd);
    for (size_t i = 0; run->connections && i < run->opts->connections; i++) {
        pl_loop_defer_cancel(run->loop, &run->connections[i].next);
        pl_http_client_free(run->connections[i].client);
    }
    free(run->connections);
    pl_loop_free(run->loop);
}

pl_code load_run(const load_opts *opts, load_result *out_result, pl_error *err) {
    load_result result = {0};
    load run = {.opts = opts, .result = &result, .clock_fd = -1};
    run.random = opts->seed ? opts->seed : 1;
    run.interval_ns = opts->rate > 0 ? (int64_t)(1e9 / opts->rate) : 0;
    if (!samples_init(&result.latency, LOAD_MAX_ORDERS))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    pl_code code = pl_loop_new(&run.loop, err);
    if (code == PL_OK)
        code = open_connections(&run, err);
    if (code == PL_OK)
        code = run_loop(&run, err);
    close_all(&run);
    if (code != PL_OK) {
        samples_done(&result.latency);
        return code;
    }
    samples_sort(&result.latency);
    *out_result = result;
    return PL_OK;
}

void load_result_done(load_result *result) {
    samples_done(&result->latency);
}

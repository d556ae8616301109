/* The server under more work than it can do, and at its end. */
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "workers.h"

/* The linker's --wrap gives these names their meaning. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);

static atomic_bool no_more_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg) {
    if (atomic_load(&no_more_threads))
        return EAGAIN;
    return __real_pthread_create(thread, attr, run, arg);
}

typedef struct caller {
    pthread_t thread;
    pl_channel *channel;
    int method;
    pl_code code;
} caller;

static void *caller_main(void *arg) {
    caller *self = arg;

    self->code = echo_once(self->channel, self->method, "", 0);
    return NULL;
}

static void start_caller(caller *self, pl_channel *channel, int method) {
    self->channel = channel;
    self->method = method;
    assert_int_equal(pthread_create(&self->thread, NULL, caller_main, self), 0);
}

static pl_code join_caller(caller *self) {
    pthread_join(self->thread, NULL);
    return self->code;
}

static bool await_stats(pl_server *server, unsigned busy, unsigned queued) {
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_server_stats stats;

    do {
        pl_server_read_stats(server, &stats);
        if (stats.workers_busy == busy && stats.queued == queued)
            return true;
        sched_yield();
    } while (pl_now_ns() < end);
    return false;
}

static void request_beyond_workers_and_queue_is_resource_exhausted(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(0);
    caller running, waiting;
    pl_channel *channel;
    echo_server echo;
    char address[32];

    (void)state;
    opts.workers = opts.queue = 1;
    echo_server_start(&echo, &opts);
    channel = echo_channel(echo_server_address(&echo, address));
    start_caller(&running, channel, ECHO_BLOCK);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    start_caller(&waiting, channel, ECHO_BLOCK);
    assert_true(await_stats(echo.server, 1, 1));
    assert_int_equal(echo_call(channel, call, ECHO_PLAIN, "", 0, NULL), PL_RESOURCE_EXHAUSTED);
    assert_string_equal(pl_call_error(call)->reason, "QUEUE_FULL");
    assert_true(pl_call_error(call)->retry_after_ms > 0);
    /* Methods on the poller need no worker. */
    assert_int_equal(echo_call(channel, call, ECHO_INLINE, "", 0, NULL), PL_OK);
    echo_server_open_gate(&echo);
    assert_int_equal(join_caller(&running), PL_OK);
    assert_int_equal(join_caller(&waiting), PL_OK);
    pl_call_free(call);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void request_given_up_while_it_waits_never_reaches_its_handler(void **state) {
    enum { IMPATIENT_MS = 200 };
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *impatient = echo_new_call(IMPATIENT_MS);
    pl_channel *channel;
    echo_server echo;
    caller running;
    char address[32];

    (void)state;
    opts.workers = 1;
    echo_server_start(&echo, &opts);
    channel = echo_channel(echo_server_address(&echo, address));
    start_caller(&running, channel, ECHO_BLOCK);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    assert_int_equal(echo_call(channel, impatient, ECHO_PLAIN, "", 0, NULL), PL_DEADLINE_EXCEEDED);
    /* An answer on the same connection: the call has arrived by now, and its deadline counts from
     * its arrival. */
    assert_int_equal(echo_once(channel, ECHO_INLINE, "", 0), PL_OK);
    for (int64_t over = pl_deadline_ms(IMPATIENT_MS); pl_now_ns() < over;)
        (void)poll(NULL, 0, 10);
    echo_server_open_gate(&echo);
    assert_int_equal(join_caller(&running), PL_OK);
    assert_true(echo_server_await(&echo, &echo.finished, 3));
    assert_int_equal(echo_server_calls(&echo), 2);
    pl_call_free(impatient);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void give_up_on_a_handler(pl_str body) {
    pl_metadata none[1];
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Block", .metadata = none, .body = body};
    pl_bytes_reply *reply = NULL;
    pl_channel *channel;
    echo_server echo;
    char address[32];

    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    request.deadline_ns = pl_deadline_ms(1000); /* for the handler to begin */
    assert_int_equal(pl_channel_call_bytes(channel, &request, &reply), PL_DEADLINE_EXCEEDED);
    assert_true(echo_server_await(&echo, &echo.cancellations, 1));
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void cancellation_reaches_the_handler_of_the_upstream(void **state) {
    (void)state;
    give_up_on_a_handler(pl_str_c(""));
}

static void call_that_works_for_long_is_cancelled_unasked(void **state) {
    (void)state;
    give_up_on_a_handler(pl_str_c("\x10\x01"));
}

typedef struct drainer {
    pthread_t thread;
    pl_server *server;
    int64_t grace_ms;
    pl_code code;
} drainer;

static void *drainer_main(void *arg) {
    drainer *self = arg;

    self->code = pl_server_drain(self->server, self->grace_ms);
    return NULL;
}

static void drain_lets_a_call_in_flight_finish(void **state) {
    drainer drain = {.grace_ms = FIXTURE_PATIENCE_MS};
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_channel *channel, *other;
    echo_server echo;
    caller running;
    char address[32];

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    other = echo_channel(address);
    start_caller(&running, channel, ECHO_BLOCK);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    drain.server = echo.server;
    assert_int_equal(pthread_create(&drain.thread, NULL, drainer_main, &drain), 0);
    while (echo_once(other, ECHO_ONCE, "x", PL_ABORTED) != PL_UNAVAILABLE && pl_now_ns() < end)
        continue;
    assert_int_equal(echo_once(other, ECHO_ONCE, "x", PL_ABORTED), PL_UNAVAILABLE);
    echo_server_open_gate(&echo);
    assert_int_equal(join_caller(&running), PL_OK);
    pthread_join(drain.thread, NULL);
    assert_int_equal(drain.code, PL_OK);
    pl_channel_free(other);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void drain_cancels_what_is_left_after_the_grace(void **state) {
    pl_channel *channel;
    echo_server echo;
    caller running;
    char address[32];

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    start_caller(&running, channel, ECHO_BLOCK);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    assert_int_equal(pl_server_drain(echo.server, 20), PL_DEADLINE_EXCEEDED);
    assert_int_equal(echo.cancellations, 1);
    assert_int_not_equal(join_caller(&running), PL_OK);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void *hammer_main(void *arg) {
    caller *self = arg;

    self->code = PL_OK;
    for (int i = 0; i < 100 && self->code == PL_OK; i++)
        self->code = echo_once(self->channel, i % 2 ? ECHO_PLAIN : ECHO_INLINE, "hammer", i);
    return NULL;
}

static void many_callers_at_once_all_get_their_answers(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    caller callers[16];
    pl_channel *channel;
    echo_server echo;
    char address[32];

    (void)state;
    echo_server_start(&echo, NULL);
    opts.target = echo_server_address(&echo, address);
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    for (size_t i = 0; i < PL_COUNT(callers); i++) {
        callers[i].channel = channel;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, hammer_main, &callers[i]), 0);
    }
    for (size_t i = 0; i < PL_COUNT(callers); i++)
        assert_int_equal(join_caller(&callers[i]), PL_OK);
    assert_int_equal(echo_server_calls(&echo), 1600);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

/* ---- the pool by itself ---- */

typedef struct counted_job {
    pl_job job;
    atomic_uint *ran;
} counted_job;

static void count_job(pl_job *job) {
    atomic_fetch_add(PL_CONTAINER_OF(job, counted_job, job)->ran, 1);
}

static void pool_runs_every_job_it_took(void **state) {
    counted_job jobs[1000];
    atomic_uint ran = 0;
    unsigned taken = 0;
    pl_workers *workers = NULL;

    (void)state;
    assert_int_equal(pl_workers_new(4, 100, &workers), PL_OK);
    for (size_t i = 0; i < PL_COUNT(jobs); i++) {
        jobs[i].job.run = count_job;
        jobs[i].ran = &ran;
        taken += pl_workers_submit(workers, &jobs[i].job);
    }
    assert_true(taken >= 100);
    pl_workers_free(workers);
    assert_int_equal(atomic_load(&ran), taken);
}

typedef struct gate_job {
    pl_job job;
    sem_t *gate;
} gate_job;

static void wait_at_the_gate(pl_job *job) {
    while (sem_wait(PL_CONTAINER_OF(job, gate_job, job)->gate) != 0) {
    }
}

static void a_job_does_not_wait_for_one_that_runs_when_no_thread_can_be_started(void **state) {
    sem_t gate;
    gate_job first = {{wait_at_the_gate, NULL}, &gate}, second = first;
    pl_workers *workers = NULL;

    (void)state;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(pl_workers_new(4, 4, &workers), PL_OK);
    assert_true(pl_workers_submit(workers, &first.job));
    atomic_store(&no_more_threads, true);
    assert_false(pl_workers_submit(workers, &second.job));
    atomic_store(&no_more_threads, false);
    assert_true(pl_workers_submit(workers, &second.job));
    sem_post(&gate);
    sem_post(&gate);
    pl_workers_free(workers);
    sem_destroy(&gate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_beyond_workers_and_queue_is_resource_exhausted),
        cmocka_unit_test(request_given_up_while_it_waits_never_reaches_its_handler),
        cmocka_unit_test(cancellation_reaches_the_handler_of_the_upstream),
        cmocka_unit_test(call_that_works_for_long_is_cancelled_unasked),
        cmocka_unit_test(drain_lets_a_call_in_flight_finish),
        cmocka_unit_test(drain_cancels_what_is_left_after_the_grace),
        cmocka_unit_test(many_callers_at_once_all_get_their_answers),
        cmocka_unit_test(pool_runs_every_job_it_took),
        cmocka_unit_test(a_job_does_not_wait_for_one_that_runs_when_no_thread_can_be_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/redis/redis.h"
#include "parley/test/servers.h"

#define SOON pl_deadline_ms(10000)
#define assert_ok(code_, err_)                                                                     \
    do {                                                                                           \
        pl_code assert_ok_code_ = (code_);                                                         \
        if (assert_ok_code_ != PL_OK)                                                              \
            fail_msg("%s: %s", pl_code_name(assert_ok_code_), (err_).message);                     \
    } while (0)

static pl_test_redis *server;
static pl_redis *redis;

static int start(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_test_redis_start(NULL, &server, &err);
    if (code)
        print_error("%s\n", err.message);
    return code ? -1 : 0;
}

static int stop(void **state) {
    (void)state;
    pl_test_redis_free(server);
    return 0;
}

static pl_redis *open_with(size_t max_reply) {
    pl_error err = PL_ERROR_INIT;
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = pl_test_redis_url(server);
    opts.name = "redis-test";
    opts.max_reply = max_reply;
    pl_redis *made = NULL;
    assert_ok(pl_redis_new(&opts, &made, &err), err);
    return made;
}

static int connect_one(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    redis = open_with((size_t)1 << 20);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "FLUSHALL"), err);
    return 0;
}

static int close_one(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_redis_free(redis);
    if (pl_test_redis_pid(server)) {
        pl_test_redis_signal(server, SIGCONT);
        return 0;
    }
    return pl_test_redis_run(server, &err) || pl_test_redis_ready(server, SOON, &err);
}

static void queue(const char *a, const char *b) {
    pl_error err = PL_ERROR_INIT;
    pl_str argv[] = {pl_str_c(a), pl_str_c(b)};
    assert_ok(pl_redis_queue(redis, argv, b ? 2 : 1, &err), err);
}

static void bytes_come_back_whole(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_str value = pl_str_make("a\0\r\n%s", 6);
    pl_str set[] = {PL_STR("SET"), PL_STR("k"), value};
    assert_ok(pl_redis_call(redis, SOON, set, 3, NULL, &err), err);
    pl_redis_reply *reply = NULL;
    assert_ok(PL_REDIS_CALL(redis, SOON, &reply, &err, "GET", "k"), err);
    assert_int_equal(pl_redis_reply_type(reply), PL_REDIS_STRING);
    assert_true(pl_str_eq(pl_redis_reply_str(reply), value));
    pl_redis_reply_free(reply);
}

static void a_missing_key_is_nil(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    assert_ok(PL_REDIS_CALL(redis, SOON, &reply, &err, "GET", "nothing"), err);
    assert_int_equal(pl_redis_reply_type(reply), PL_REDIS_NIL);
    pl_redis_reply_free(reply);
}

static void an_error_reply_is_a_code_with_its_word_as_reason(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "SET", "k", "v"), err);
    pl_redis_reply *reply = NULL;
    assert_int_equal(PL_REDIS_CALL(redis, SOON, &reply, &err, "LPUSH", "k", "v"),
                     PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "WRONGTYPE");
    assert_string_equal(err.domain, "redis");
    assert_null(reply);
    assert_int_not_equal(pl_redis_session(redis), 0);
}

static void a_missing_stream_is_not_found(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(PL_REDIS_CALL(redis, SOON, NULL, &err, "XINFO", "STREAM", "nothing"),
                     PL_NOT_FOUND);
}

static void replies_of_a_batch_come_in_order(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    for (int i = 0; i < 500; i++)
        queue("INCR", "n");
    assert_int_equal(pl_redis_pending(redis), 500);
    for (int i = 0; i < 500; i++) {
        pl_redis_reply *reply = NULL;
        assert_ok(pl_redis_next(redis, SOON, &reply, &err), err);
        assert_int_equal(pl_redis_reply_int(reply), i + 1);
        pl_redis_reply_free(reply);
    }
    assert_int_equal(pl_redis_pending(redis), 0);
}

static void an_error_inside_exec_is_read_from_its_element(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "SET", "k", "v"), err);
    queue("MULTI", NULL);
    queue("INCR", "n");
    queue("INCR", "k");
    queue("EXEC", NULL);
    for (int i = 0; i < 3; i++)
        assert_ok(pl_redis_next(redis, SOON, NULL, &err), err);
    pl_redis_reply *reply = NULL;
    assert_ok(pl_redis_next(redis, SOON, &reply, &err), err);
    assert_int_equal(pl_redis_reply_count(reply), 2);
    assert_int_equal(pl_redis_reply_code(pl_redis_reply_at(reply, 0), &err), PL_OK);
    assert_int_equal(pl_redis_reply_code(pl_redis_reply_at(reply, 1), &err),
                     PL_FAILED_PRECONDITION);
    assert_null(pl_redis_reply_at(reply, 2));
    pl_redis_reply_free(reply);
}

static void a_stream_entry_is_reached_through_its_elements(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "XADD", "s", "5-1", "at", "5-1", "e", "x"),
              err);
    pl_redis_reply *reply = NULL;
    assert_ok(PL_REDIS_CALL(redis, SOON, &reply, &err, "XREAD", "COUNT", "10", "STREAMS", "s", "0"),
              err);
    const pl_redis_reply *entries = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    const pl_redis_reply *entry = pl_redis_reply_at(entries, 0);
    assert_true(pl_str_eqc(pl_redis_reply_str(pl_redis_reply_at(entry, 0)), "5-1"));
    const pl_redis_reply *fields = pl_redis_reply_at(entry, 1);
    assert_true(pl_str_eqc(pl_redis_reply_str(pl_redis_reply_find(fields, "e")), "x"));
    assert_null(pl_redis_reply_find(fields, "other"));
    pl_redis_reply_free(reply);
}

static void info_has_the_servers_run_id_and_policy(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    assert_ok(PL_REDIS_CALL(redis, SOON, &reply, &err, "INFO"), err);
    pl_str value;
    assert_true(pl_redis_info_find(pl_redis_reply_str(reply), "run_id", &value));
    assert_int_equal(value.n, 40);
    assert_true(pl_redis_info_find(pl_redis_reply_str(reply), "maxmemory_policy", &value));
    assert_true(pl_str_eqc(value, "noeviction"));
    assert_false(pl_redis_info_find(pl_redis_reply_str(reply), "nothing", &value));
    pl_redis_reply_free(reply);
}

static void a_lost_connection_is_reported_once_and_then_replaced(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    uint64_t session = pl_redis_session(redis);
    pl_test_redis_signal(server, SIGKILL);
    assert_ok(pl_test_redis_run(server, &err), err);
    assert_ok(pl_test_redis_ready(server, SOON, &err), err);
    assert_int_equal(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), PL_UNAVAILABLE);
    assert_int_equal(pl_redis_session(redis), 0);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), err);
    assert_true(pl_redis_session(redis) > session);
}

static void a_server_that_is_down_is_unavailable_at_once(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_redis_signal(server, SIGKILL);
    int64_t since = pl_now_ns();
    for (int i = 0; i < 3; i++)
        assert_int_equal(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), PL_UNAVAILABLE);
    assert_true(pl_now_ns() - since < PL_NS_PER_S);
}

static void a_stopped_server_costs_no_more_than_the_deadline(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_redis_signal(server, SIGSTOP);
    assert_int_equal(PL_REDIS_CALL(redis, pl_deadline_ms(50), NULL, &err, "PING"),
                     PL_DEADLINE_EXCEEDED);
    assert_int_equal(pl_redis_session(redis), 0);
    /* The handshake gets no answer either, and then the server is simply not there. */
    assert_int_equal(PL_REDIS_CALL(redis, pl_deadline_ms(50), NULL, &err, "PING"), PL_UNAVAILABLE);
    pl_test_redis_signal(server, SIGCONT);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), err);
}

static void *wake(void *arg) {
    pl_redis_wake(arg);
    return NULL;
}

static void a_blocked_read_is_woken_from_another_thread(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pthread_t thread;
    int64_t since = pl_now_ns();
    assert_int_equal(pthread_create(&thread, NULL, wake, redis), 0);
    assert_int_equal(
        PL_REDIS_CALL(redis, SOON, NULL, &err, "XREAD", "BLOCK", "5000", "STREAMS", "quiet", "$"),
        PL_CANCELLED);
    pthread_join(thread, NULL);
    assert_true(pl_now_ns() - since < 2 * PL_NS_PER_S);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), err);
}

static void a_reply_over_its_limit_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "SETRANGE", "big", "200000", "x"), err);
    pl_redis *small = open_with(65536);
    assert_int_equal(PL_REDIS_CALL(small, SOON, NULL, &err, "GET", "big"), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(pl_redis_session(small), 0);
    assert_ok(PL_REDIS_CALL(small, SOON, NULL, &err, "PING"), err);
    pl_redis_free(small);
}

static void a_command_over_the_queues_limit_changes_nothing(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    queue("SET", "k");
    char *big = calloc(1, PL_REDIS_QUEUE_BYTES_MAX);
    assert_non_null(big);
    pl_str argv[] = {PL_STR("ECHO"), pl_str_make(big, PL_REDIS_QUEUE_BYTES_MAX)};
    assert_int_equal(pl_redis_queue(redis, argv, 2, &err), PL_RESOURCE_EXHAUSTED);
    free(big);
    assert_int_equal(pl_redis_pending(redis), 1);
    assert_int_equal(pl_redis_next(redis, SOON, NULL, &err), PL_FAILED_PRECONDITION);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), err);
}

#define T(name) cmocka_unit_test_setup_teardown(name, connect_one, close_one)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(bytes_come_back_whole),
        T(a_missing_key_is_nil),
        T(an_error_reply_is_a_code_with_its_word_as_reason),
        T(a_missing_stream_is_not_found),
        T(replies_of_a_batch_come_in_order),
        T(an_error_inside_exec_is_read_from_its_element),
        T(a_stream_entry_is_reached_through_its_elements),
        T(info_has_the_servers_run_id_and_policy),
        T(a_lost_connection_is_reported_once_and_then_replaced),
        T(a_server_that_is_down_is_unavailable_at_once),
        T(a_stopped_server_costs_no_more_than_the_deadline),
        T(a_blocked_read_is_woken_from_another_thread),
        T(a_reply_over_its_limit_is_refused),
        T(a_command_over_the_queues_limit_changes_nothing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* The stream as publisher and consumer use it, against a real Redis. */
#include "stream.h"

#include <pthread.h>
#include <sched.h>

#include "check.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"
#include "parley/test/servers.h"

#define KEY "test.made"

static pl_test_redis *server;

static int start_server(void **state) {
    (void)state;
    return pl_test_redis_start(NULL, &server, NULL) == PL_OK ? 0 : -1;
}

static int stop_server(void **state) {
    (void)state;
    pl_test_redis_free(server);
    return 0;
}

static int set_up(void **state) {
    static pl_event_stream stream;
    assert_int_equal(pl_event_stream_init(&stream, pl_test_redis_url(server), "test", KEY, NULL),
                     PL_OK);
    assert_int_equal(PL_REDIS_CALL(stream.redis, pl_deadline_ms(5000), NULL, NULL, "FLUSHALL"),
                     PL_OK);
    *state = &stream;
    return 0;
}

static int tear_down(void **state) {
    pl_event_stream_done(*state);
    return 0;
}

/* Appends the entries FIRST to LAST of generation 1 after KNOWN. */
static pl_code append(pl_event_stream *stream, pl_event_stream_id known, int64_t first,
                      int64_t last) {
    pl_log_entry entries[8];
    size_t count = 0;
    for (int64_t pos = first; pos <= last; pos++)
        entries[count++] = (pl_log_entry){
            .at = {1, pos}, .prev = {pos > 1, pos - 1}, .envelope = pl_str_c("envelope")};
    return pl_event_stream_append(stream, known, entries, count, NULL);
}

static void check_state(pl_event_stream *stream, uint64_t last_pos, int64_t length) {
    pl_event_stream_state state;
    assert_int_equal(pl_event_stream_read_state(stream, &state, NULL), PL_OK);
    assert_int_equal(state.last.seq, last_pos);
    assert_int_equal(state.length, length);
}

static const pl_event_stream_id nothing = {0, 0};

static void entries_follow_the_id_that_is_known(void **state) {
    const pl_event_stream_id second = {1, 2};
    assert_int_equal(append(*state, nothing, 1, 2), PL_OK);
    assert_int_equal(append(*state, second, 3, 4), PL_OK);
    check_state(*state, 4, 4);
}

static void nothing_follows_another_id_than_the_known_one(void **state) {
    const pl_event_stream_id first = {1, 1};
    assert_int_equal(append(*state, nothing, 1, 2), PL_OK);
    assert_int_equal(append(*state, first, 3, 4), PL_ABORTED);
    assert_int_equal(append(*state, nothing, 3, 4), PL_ABORTED);
    check_state(*state, 2, 2);
}

/* "Equal or smaller" is never taken for "already there". */
static void an_entry_that_is_refused_is_not_counted_as_sent(void **state) {
    const pl_event_stream_id third = {1, 3};
    assert_int_equal(append(*state, nothing, 1, 3), PL_OK);
    assert_int_equal(append(*state, third, 3, 3), PL_ABORTED);
    assert_int_equal(append(*state, third, 1, 2), PL_ABORTED);
    check_state(*state, 3, 3);
}

static void an_append_that_was_refused_leaves_nothing_for_the_next(void **state) {
    const pl_event_stream_id first = {1, 1}, second = {1, 2};
    assert_int_equal(append(*state, nothing, 1, 2), PL_OK);
    assert_int_equal(append(*state, first, 3, 3), PL_ABORTED);
    assert_int_equal(append(*state, second, 3, 3), PL_OK);
    check_state(*state, 3, 3);
}

typedef struct appending {
    pl_event_stream *stream;
    pl_code code;
} appending;

static void *append_third(void *arg) {
    const pl_event_stream_id second = {1, 2};
    appending *job = arg;
    job->code = append(job->stream, second, 3, 3);
    return NULL;
}

/* The stream vanishes after its last id was read and before EXEC. */
static void nothing_is_appended_to_a_stream_that_changes_meanwhile(void **state) {
    appending job = {.stream = *state};
    pl_event_stream other;
    pthread_t thread;
    if (!PL_FAILPOINTS_ON)
        skip();
    assert_int_equal(pl_event_stream_init(&other, pl_test_redis_url(server), "other", KEY, NULL),
                     PL_OK);
    assert_int_equal(append(*state, nothing, 1, 2), PL_OK);
    assert_int_equal(pl_failpoint_set("relay.mid_pipeline=stall:500*1", NULL), PL_OK);
    assert_int_equal(pthread_create(&thread, NULL, append_third, &job), 0);
    while (pl_failpoint_hits("relay.mid_pipeline") == 0)
        sched_yield();
    assert_int_equal(PL_REDIS_CALL(other.redis, pl_deadline_ms(5000), NULL, NULL, "DEL", KEY),
                     PL_OK);
    pthread_join(thread, NULL);
    assert_int_equal(pl_failpoint_set("", NULL), PL_OK);
    assert_int_equal(job.code, PL_ABORTED);
    check_state(*state, 0, 0);
    pl_event_stream_done(&other);
}

/* Adds an entry by hand and says whether it is read as one of the publisher's. */
static bool is_ours(pl_event_stream *stream, const char *id, const char *at, const char *prev) {
    pl_event_stream_entry entry = {.ours = false};
    pl_redis_reply *reply = NULL;
    assert_int_equal(PL_REDIS_CALL(stream->redis, pl_deadline_ms(5000), NULL, NULL, "XADD", KEY, id,
                                   "at", at, "prev", prev, "e", "envelope"),
                     PL_OK);
    assert_int_equal(pl_event_stream_read(stream, nothing, &reply, NULL), PL_OK);
    assert_int_equal(pl_redis_reply_count(pl_event_stream_entries(reply)), 1);
    assert_true(pl_event_stream_entry_at(pl_event_stream_entries(reply), 0, &entry));
    pl_redis_reply_free(reply);
    return entry.ours;
}

static void an_entry_whose_at_is_its_id_is_the_publishers(void **state) {
    assert_true(is_ours(*state, "7-1", "7-1", "0-0"));
}

static void an_entry_whose_at_is_another_id_is_foreign(void **state) {
    assert_false(is_ours(*state, "7-2", "7-1", "0-0"));
}

static void an_entry_beyond_every_position_is_foreign(void **state) {
    assert_false(is_ours(*state, "9223372036854775808-1", "9223372036854775808-1", "0-0"));
}

static void a_stream_that_is_not_there_has_nothing(void **state) {
    check_state(*state, 0, 0);
    assert_int_equal(pl_event_stream_set_aside(*state, 5, NULL), PL_OK);
}

#define STREAM_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STREAM_TEST(entries_follow_the_id_that_is_known),
        STREAM_TEST(nothing_follows_another_id_than_the_known_one),
        STREAM_TEST(an_entry_that_is_refused_is_not_counted_as_sent),
        STREAM_TEST(an_append_that_was_refused_leaves_nothing_for_the_next),
        STREAM_TEST(nothing_is_appended_to_a_stream_that_changes_meanwhile),
        STREAM_TEST(an_entry_whose_at_is_its_id_is_the_publishers),
        STREAM_TEST(an_entry_whose_at_is_another_id_is_foreign),
        STREAM_TEST(an_entry_beyond_every_position_is_foreign),
        STREAM_TEST(a_stream_that_is_not_there_has_nothing),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}

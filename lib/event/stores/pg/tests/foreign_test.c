/* Streams that others wrote to, lost, trimmed or that are older or newer than the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static bool a_generation_began(world *w) {
    return world_relay_stats(w).generations >= 1;
}
static bool a_foreign_entry_was_seen(world *w) {
    return world_consumer_stats(w).foreign >= 1;
}

/* Events before, FOREIGN by hand, events after: nothing lost, the foreign entry parked. */
static void survive(world *w, const char *const *argv, size_t argc, bool generation) {
    world_redis_do(w, argv, argc);
    world_wait(w, a_foreign_entry_was_seen, "the foreign entry");
    world_publish_many(w, "a", 5);
    world_check(w, 10);
    if (generation)
        world_wait(w, a_generation_began, "a new generation");
    assert_true(
        world_number(w->consumer_pg, "SELECT count(*) FROM parked WHERE reason = 'foreign'") >= 1);
    assert_true(atomic_load(&w->reports) >= 1);
    world_publish_many(w, "a", 5);
    world_check(w, 15);
}

static void five_events(world *w) {
    world_start(w);
    world_publish_many(w, "a", 5);
    world_check(w, 5);
}

static void an_entry_with_the_clock_as_its_id(void **state) {
    world *w = *state;
    const char *const argv[] = {"XADD", "test.made", "*", "hello", "world"};
    five_events(w);
    survive(w, argv, PL_COUNT(argv), true);
}

static void an_entry_with_the_greatest_id(void **state) {
    world *w = *state;
    const char *const argv[] = {"XADD", "test.made", "18446744073709551615-18446744073709551615",
                                "hello", "world"};
    five_events(w);
    survive(w, argv, PL_COUNT(argv), true);
    pl_redis_reply *reply = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(PL_REDIS_CALL(w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, &err, "KEYS",
                                   "test.made.foreign.*"),
                     PL_OK);
    assert_int_equal(pl_redis_reply_count(reply), 1);
    pl_redis_reply_free(reply);
}

static void next_id(world *w, char out[64]) {
    char last[64];
    int64_t pos = 0;
    world_last_id(w, last);
    char *dash = strchr(last, '-');
    assert_non_null(dash);
    assert_true(pl_str_i64(pl_str_c(dash + 1), &pos));
    *dash = '\0';
    (void)snprintf(out, 64, "%s-%lld", last, (long long)pos + 1);
}

static void an_entry_with_the_next_id(void **state) {
    world *w = *state;
    char id[64];
    five_events(w);
    next_id(w, id);
    const char *const argv[] = {"XADD", "test.made", id, "hello", "world"};
    /* Whether a generation begins depends on who comes first, the check or the next event. */
    survive(w, argv, PL_COUNT(argv), false);
}

/* The foreign entry takes the id that the log gives to the next event, before it is sent. */
static void an_entry_with_the_id_of_an_event_that_is_on_its_way(void **state) {
    world *w = *state;
    char id[64];
    if (!PL_FAILPOINTS_ON)
        skip();
    five_events(w);
    next_id(w, id);
    world_stop_relay(w);
    world_failpoint("relay.after_assign=stall:400*1");
    w->relay = world_relay_start(w);
    world_publish(w, "a", "ok");
    world_wait_number(w->publisher_pg, "SELECT pos FROM log_head", 6);
    WORLD_REDIS(w, "XADD", "test.made", id, "hello", "world");
    world_check(w, 6);
    world_publish_many(w, "a", 4);
    world_check(w, 10);
}

static void a_copied_entry(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    five_events(w);
    assert_int_equal(PL_REDIS_CALL(w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, &err, "XRANGE",
                                   "test.made", "-", "+", "COUNT", "1"),
                     PL_OK);
    const pl_redis_reply *fields = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    const pl_str argv[] = {PL_STR("XADD"),
                           PL_STR("test.made"),
                           PL_STR("*"),
                           PL_STR("at"),
                           pl_redis_reply_str(pl_redis_reply_find(fields, "at")),
                           PL_STR("prev"),
                           pl_redis_reply_str(pl_redis_reply_find(fields, "prev")),
                           PL_STR("e"),
                           pl_redis_reply_str(pl_redis_reply_find(fields, "e"))};
    assert_int_equal(
        pl_redis_call(w->redis, pl_deadline_ms(WORLD_WAIT_MS), argv, PL_COUNT(argv), NULL, &err),
        PL_OK);
    pl_redis_reply_free(reply);
    world_wait(w, a_foreign_entry_was_seen, "the copy");
    world_publish_many(w, "a", 5);
    world_check(w, 10);
}

/* Everything is as it would be of the next event, but for `at`, which is not its id. */
static void a_forged_next_entry(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    char last[64];
    five_events(w);
    world_last_id(w, last);
    assert_int_equal(PL_REDIS_CALL(w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, &err, "XRANGE",
                                   "test.made", last, last),
                     PL_OK);
    const pl_redis_reply *fields = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    const pl_str argv[] = {PL_STR("XADD"),
                           PL_STR("test.made"),
                           PL_STR("*"),
                           PL_STR("at"),
                           PL_STR("9000000000000000-9"),
                           PL_STR("prev"),
                           pl_str_c(last),
                           PL_STR("e"),
                           pl_redis_reply_str(pl_redis_reply_find(fields, "e"))};
    assert_int_equal(
        pl_redis_call(w->redis, pl_deadline_ms(WORLD_WAIT_MS), argv, PL_COUNT(argv), NULL, &err),
        PL_OK);
    pl_redis_reply_free(reply);
    world_wait(w, a_foreign_entry_was_seen, "the forged entry");
    world_publish_many(w, "a", 5);
    world_check(w, 10);
}

static bool the_sixth_was_sent(world *w) {
    return world_relay_stats(w).position.pos == 6;
}

static void a_damaged_entry_is_taken_from_the_log(void **state) {
    world *w = *state;
    char last[64];
    five_events(w);
    world_stop_consumer(w);
    world_publish(w, "a", "ok");
    world_wait(w, the_sixth_was_sent, "the sixth event in the stream");
    world_last_id(w, last);
    world_stop_relay(w);
    WORLD_REDIS(w, "DEL", "test.made");
    WORLD_REDIS(w, "XADD", "test.made", last, "at", last, "prev", "0-0", "e", "damaged");
    w->relay = world_relay_start(w);
    w->consumer = world_consumer_start(w);
    world_check(w, 6);
    WORLD_AWAIT(world_consumer_stats(w).from_log >= 1);
    assert_int_equal(world_consumer_stats(w).foreign, 0);
}

static bool trimmed(world *w) {
    return world_relay_stats(w).trimmed >= 20;
}

static void a_late_joiner_reads_what_was_trimmed_from_the_log(void **state) {
    world *w = *state;
    w->keep_ms = 0;
    w->keep_entries = 10;
    w->relay = world_relay_start(w);
    world_publish_many(w, "a", 30);
    world_wait(w, trimmed, "twenty entries trimmed");
    w->consumer = world_consumer_start(w);
    world_check(w, 30);
    WORLD_AWAIT(world_consumer_stats(w).gaps == 1);
    WORLD_AWAIT(world_consumer_stats(w).from_log >= 20);
}

static void a_gap_waits_for_a_publisher_that_is_down(void **state) {
    world *w = *state;
    w->keep_ms = 0;
    w->keep_entries = 10;
    w->relay = world_relay_start(w);
    world_publish_many(w, "a", 30);
    world_wait(w, trimmed, "twenty entries trimmed");
    atomic_store(&w->log_down, true);
    w->consumer = world_consumer_start(w);
    int64_t deadline = pl_deadline_ms(WORLD_WAIT_MS);
    while (atomic_load(&w->log_reads) < 3 && pl_now_ns() < deadline)
        (void)world_number(w->consumer_pg, "SELECT 1::bigint");
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM effect"), 0);
    atomic_store(&w->log_down, false);
    world_check(w, 30);
}

static void after_a_total_loss_only_the_hot_window_is_rebuilt(void **state) {
    world *w = *state;
    w->keep_ms = 0;
    w->keep_entries = 10;
    world_publish_many(w, "a", 30);
    world_start(w);
    world_check(w, 30);
    world_stop_relay(w);
    WORLD_REDIS(w, "FLUSHALL");
    w->relay = world_relay_start(w);
    world_publish(w, "a", "ok");
    world_check(w, 31);
    WORLD_AWAIT(world_relay_stats(w).resent == 10);
}

/* A publisher's database that was set back to an earlier state, as a restore does it. */
static void an_older_database_begins_a_generation_and_reports_what_is_lost(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    five_events(w);
    world_publish_many(w, "a", 3);
    world_check(w, 8);
    world_stop_relay(w);
    assert_int_equal(pl_pg_once(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS),
                                "WITH h AS (UPDATE log_head SET pos = 5),"
                                " a AS (UPDATE aggregate SET ver = 5)"
                                " DELETE FROM event_log WHERE pos > 5",
                                PL_PG_NO_ARGS, NULL, &err),
                     PL_OK);
    w->relay = world_relay_start(w);
    world_publish_many(w, "b", 4);
    world_wait_effects(w, 12);
    WORLD_AWAIT(world_relay_stats(w).generations == 1);
    WORLD_AWAIT(world_consumer_stats(w).lost_ranges == 1);
    assert_int_equal(
        world_number(w->consumer_pg, "SELECT count(*) FROM effect WHERE subject = 'b'"), 4);
}

static void a_promoted_database_begins_a_generation(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    five_events(w);
    world_stop_relay(w);
    assert_int_equal(pl_pg_once(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS),
                                "UPDATE log_head SET timeline = timeline - 1", PL_PG_NO_ARGS, NULL,
                                &err),
                     PL_OK);
    w->relay = world_relay_start(w);
    world_publish_many(w, "a", 5);
    world_check(w, 10);
    WORLD_AWAIT(world_relay_stats(w).generations == 1);
    assert_int_equal(world_consumer_stats(w).lost_ranges, 0);
}

static void a_row_that_cannot_be_moved_is_set_aside(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    five_events(w);
    world_stop_relay(w);
    world_publish(w, "a", "ok"); /* a good one before it in its batch */
    /* The writer forgot the aggregate's lock: version 3 is in the log already. */
    assert_int_equal(
        pl_pg_once(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS),
                   "INSERT INTO outbox (part, event_id, agg_type, agg_id, agg_ver, type,"
                   " envelope) SELECT part, gen_random_uuid(), agg_type, agg_id,"
                   " agg_ver, type, envelope FROM event_log WHERE agg_ver = 3",
                   PL_PG_NO_ARGS, NULL, &err),
        PL_OK);
    world_publish_many(w, "a", 4);
    w->relay = world_relay_start(w);
    world_check(w, 10);
    assert_int_equal(world_number(w->publisher_pg, "SELECT count(*) FROM outbox_rejected"), 1);
    WORLD_AWAIT(world_relay_stats(w).rejected == 1);
}

static bool five_were_sent(world *w) {
    return world_relay_stats(w).position.pos == 5;
}

/* No later entry tells of the gap, and no relay mends the stream. */
static void what_a_stream_lost_for_good_is_read_from_the_log(void **state) {
    world *w = *state;
    w->relay = world_relay_start(w);
    world_publish_many(w, "a", 5);
    world_wait(w, five_were_sent, "five events in the stream");
    world_stop_relay(w);
    WORLD_REDIS(w, "DEL", "test.made");
    w->consumer = world_consumer_start(w);
    world_check(w, 5);
}

static bool policy_refused(world *w) {
    return strstr(world_relay_stats(w).last_error, "noeviction") != NULL;
}

static void a_redis_that_evicts_is_refused(void **state) {
    world *w = *state;
    WORLD_REDIS(w, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    w->relay = world_relay_start(w);
    world_wait(w, policy_refused, "the policy's refusal");
    WORLD_REDIS(w, "CONFIG", "SET", "maxmemory-policy", "noeviction");
    w->consumer = world_consumer_start(w);
    world_publish(w, "a", "ok");
    world_check(w, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_entry_with_the_clock_as_its_id),
        WORLD_TEST(an_entry_with_the_greatest_id),
        WORLD_TEST(an_entry_with_the_next_id),
        WORLD_TEST(an_entry_with_the_id_of_an_event_that_is_on_its_way),
        WORLD_TEST(a_copied_entry),
        WORLD_TEST(a_forged_next_entry),
        WORLD_TEST(a_damaged_entry_is_taken_from_the_log),
        WORLD_TEST(a_late_joiner_reads_what_was_trimmed_from_the_log),
        WORLD_TEST(a_gap_waits_for_a_publisher_that_is_down),
        WORLD_TEST(after_a_total_loss_only_the_hot_window_is_rebuilt),
        WORLD_TEST(an_older_database_begins_a_generation_and_reports_what_is_lost),
        WORLD_TEST(a_promoted_database_begins_a_generation),
        WORLD_TEST(a_row_that_cannot_be_moved_is_set_aside),
        WORLD_TEST(what_a_stream_lost_for_good_is_read_from_the_log),
        WORLD_TEST(a_redis_that_evicts_is_refused),
    };
    return WORLD_RUN(tests);
}

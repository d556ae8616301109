/* The protocol where something fails between two durable steps. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

static const char *const relay_points[] = {
    "relay.before_assign", "relay.after_assign", "relay.mid_pipeline",
    "relay.after_append",  "relay.after_own",    "relay.before_resend",
};
static const char *const consumer_points[] = {
    "consumer.after_read",
    "consumer.after_cursor",
    "consumer.before_commit",
    "consumer.after_commit",
};

/* Fails at POINT for some tries while events flow, with no later event at the end. */
static void survive_error_at(world *w, const char *point, bool restart_consumer) {
    char spec[128];
    (void)snprintf(spec, sizeof spec, "%s=error*2", point);
    world_failpoint(spec);
    world_start(w);
    world_publish_many(w, "a", 5);
    if (restart_consumer) {
        world_stop_consumer(w);
        w->consumer = world_consumer_start(w);
    }
    world_publish_many(w, "a", 5);
    world_check(w, 10);
}

#define ERROR_TEST(name, points, index)                                                            \
    static void name(void **state) {                                                               \
        survive_error_at(*state, (points)[index], (index) % 2);                                    \
    }
ERROR_TEST(an_error_before_assigning_loses_nothing, relay_points, 0)
ERROR_TEST(an_error_after_assigning_is_reconciled, relay_points, 1)
ERROR_TEST(an_error_between_watch_and_exec_is_reconciled, relay_points, 2)
ERROR_TEST(an_error_after_appending_sends_nothing_twice, relay_points, 3)
ERROR_TEST(an_error_after_taking_the_log_is_repeated, relay_points, 4)
ERROR_TEST(an_error_after_reading_is_delivered_again, consumer_points, 0)
ERROR_TEST(an_error_after_the_cursor_is_rolled_back, consumer_points, 1)
ERROR_TEST(an_error_before_the_commit_is_rolled_back, consumer_points, 2)
ERROR_TEST(a_commit_of_unknown_outcome_is_asked_for, consumer_points, 3)

static void an_error_while_resending_goes_on(void **state) {
    world *w = *state;
    world_failpoint("relay.after_assign=error*1;relay.before_resend=error*2");
    world_start(w);
    world_publish_many(w, "a", 10);
    world_check(w, 10);
    assert_true(pl_failpoint_hits("relay.before_resend") >= 3);
}

static int64_t wanted_resent;

static bool was_resent(world *w) {
    return world_relay_stats(w).resent == wanted_resent;
}

/* The relay counts what it sent when the consumer may have it already. */
static void wait_resent(world *w, int64_t count) {
    wanted_resent = count;
    world_wait(w, was_resent, "entries that are sent again");
}

static void a_relay_that_died_after_assigning_is_completed_by_the_next(void **state) {
    world *w = *state;
    world_failpoint("relay.after_assign=error;relay.before_resend=error");
    w->consumer = world_consumer_start(w);
    world_publish_many(w, "a", 3); /* before the relay: it assigns one batch, and then never more */
    w->relay = world_relay_start(w);
    world_wait_number(w->publisher_pg, "SELECT count(*) FROM event_log", 3);
    world_stop_relay(w);
    world_failpoint("");
    w->relay = world_relay_start(w);
    world_check(w, 3);
    wait_resent(w, 3);
}

static bool nobody_published(world *w) {
    return pl_failpoint_hits("relay.after_assign") > 0 && w;
}

static void a_relay_stalled_beyond_its_lease_is_fenced(void **state) {
    world *w = *state;
    world_failpoint("relay.after_assign=stall:4500*1;lease.renew=error*4");
    world_start(w);
    world_publish_many(w, "a", 3);
    world_wait(w, nobody_published, "the first relay stalls");
    pl_relay *second = world_relay_start(w);
    world_publish_many(w, "a", 3);
    world_check(w, 6);
    pl_relay_free(second);
    world_publish_many(w, "a", 3);
    world_check(w, 9);
}

static bool leases_were_taken_anew(world *w) {
    return world_relay_stats(w).lease_epoch >= 2 && world_consumer_stats(w).lease_epoch >= 2;
}

static void an_owner_that_could_not_renew_its_lease_gives_up_its_work(void **state) {
    world *w = *state;
    world_failpoint("lease.renew=error");
    world_start(w);
    world_publish_many(w, "a", 3);
    world_wait(w, leases_were_taken_anew, "other epochs");
    world_publish_many(w, "a", 3);
    world_check(w, 6);
}

static bool consumer_stalls(world *w) {
    return pl_failpoint_hits("consumer.before_commit") > 0 && w;
}

static void a_consumer_stalled_beyond_its_lease_is_fenced_by_the_cursor(void **state) {
    world *w = *state;
    world_failpoint("consumer.before_commit=stall:4500*1;lease.renew=error*4");
    world_start(w);
    world_publish_many(w, "a", 3);
    world_wait(w, consumer_stalls, "the first consumer stalls");
    pl_consumer *second = world_consumer_start(w);
    world_check(w, 3);
    world_publish_many(w, "a", 3);
    world_check(w, 6);
    pl_consumer_free(second);
    world_publish_many(w, "a", 3);
    world_check(w, 9);
}

static void a_cursor_moved_by_another_aborts_the_transaction(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    world_start(w);
    world_publish_many(w, "a", 2);
    world_wait_effects(w, 2);
    world_stop_relay(w);
    /* The relay sends both at once: the third alone would count as applied by this consumer. */
    world_publish_many(w, "a", 2);
    /* As if another consumer had applied the third event, beside this one. */
    assert_int_equal(pl_pg_once(w->consumer_pg, pl_deadline_ms(WORLD_WAIT_MS),
                                "UPDATE cursor SET pos = pos + 1", PL_PG_NO_ARGS, NULL, &err),
                     PL_OK);
    w->relay = world_relay_start(w);
    world_wait_number(w->consumer_pg, "SELECT pos FROM cursor", 4);
    world_wait_effects(w, 3);
    WORLD_AWAIT(world_consumer_stats(w).aborted >= 1);
    assert_int_equal(world_number(w->consumer_pg, "SELECT max(version) FROM effect"), 4);
}

static void a_flushed_redis_is_rebuilt(void **state) {
    world *w = *state;
    world_start(w);
    world_publish_many(w, "a", 10);
    world_check(w, 10);
    WORLD_REDIS(w, "FLUSHALL");
    world_publish_many(w, "a", 10);
    world_check(w, 20);
    WORLD_REDIS(w, "FLUSHALL");
    world_stop_consumer(w);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pg_once(w->consumer_pg, pl_deadline_ms(WORLD_WAIT_MS),
                                "WITH c AS (UPDATE cursor SET gen = 0, pos = 0) DELETE FROM effect",
                                PL_PG_NO_ARGS, NULL, &err),
                     PL_OK);
    w->consumer = world_consumer_start(w);
    world_check(w, 20);
    assert_int_equal(world_relay_stats(w).generations, 0);
}

static void a_flush_without_a_later_event_is_noticed(void **state) {
    world *w = *state;
    world_start(w);
    world_publish_many(w, "a", 10);
    world_check(w, 10);
    WORLD_REDIS(w, "FLUSHALL");
    wait_resent(w, 10);
}

static void a_lost_tail_is_sent_again(void **state) {
    world *w = *state;
    char last[64];
    world_start(w);
    world_publish_many(w, "a", 5);
    world_check(w, 5);
    world_last_id(w, last);
    world_stop_consumer(w);
    world_publish_many(w, "a", 5);
    world_wait_number(w->publisher_pg, "SELECT pos FROM log_head", 10);
    world_stop_relay(w);
    /* As Redis does that lost what it had not yet written to its file. */
    WORLD_REDIS(w, "DEL", "test.made");
    WORLD_REDIS(w, "XADD", "test.made", last, "at", last, "prev", "0-0", "e", "x");
    w->relay = world_relay_start(w);
    w->consumer = world_consumer_start(w);
    world_check(w, 10);
    wait_resent(w, 5);
    assert_int_equal(world_relay_stats(w).generations, 0);
}

static void must(pl_code code, const pl_error *err) {
    if (code != PL_OK)
        fail_msg("%s", err->message);
}

static void redis_may_be_down_and_come_back(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    world_start(w);
    world_publish_many(w, "a", 3);
    world_check(w, 3);
    pl_test_redis_signal(world_redis, SIGKILL);
    world_publish_many(w, "a", 20);
    must(pl_test_redis_run(world_redis, &err), &err);
    must(pl_test_redis_ready(world_redis, pl_deadline_ms(10000), &err), &err);
    world_check(w, 23);
}

/* The first use after a loss tells of it. */
static void reconnect(pl_pg *pg) {
    int64_t deadline = pl_deadline_ms(WORLD_WAIT_MS);
    while (pl_pg_ping(pg, deadline, NULL) != PL_OK)
        assert_true(pl_now_ns() < deadline);
}

static void the_database_may_be_down_and_come_back(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    world_start(w);
    world_publish_many(w, "a", 3);
    world_check(w, 3);
    pl_test_postgres_signal(world_postgres, SIGKILL);
    must(pl_test_postgres_run(world_postgres, &err), &err);
    must(pl_test_postgres_ready(world_postgres, pl_deadline_ms(20000), &err), &err);
    reconnect(w->publisher_pg);
    reconnect(w->consumer_pg);
    world_publish_many(w, "a", 20);
    world_check(w, 23);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_error_before_assigning_loses_nothing),
        WORLD_TEST(an_error_after_assigning_is_reconciled),
        WORLD_TEST(an_error_between_watch_and_exec_is_reconciled),
        WORLD_TEST(an_error_after_appending_sends_nothing_twice),
        WORLD_TEST(an_error_after_taking_the_log_is_repeated),
        WORLD_TEST(an_error_while_resending_goes_on),
        WORLD_TEST(an_error_after_reading_is_delivered_again),
        WORLD_TEST(an_error_after_the_cursor_is_rolled_back),
        WORLD_TEST(an_error_before_the_commit_is_rolled_back),
        WORLD_TEST(a_commit_of_unknown_outcome_is_asked_for),
        WORLD_TEST(a_relay_that_died_after_assigning_is_completed_by_the_next),
        WORLD_TEST(a_relay_stalled_beyond_its_lease_is_fenced),
        WORLD_TEST(an_owner_that_could_not_renew_its_lease_gives_up_its_work),
        WORLD_TEST(a_consumer_stalled_beyond_its_lease_is_fenced_by_the_cursor),
        WORLD_TEST(a_cursor_moved_by_another_aborts_the_transaction),
        WORLD_TEST(a_flushed_redis_is_rebuilt),
        WORLD_TEST(a_flush_without_a_later_event_is_noticed),
        WORLD_TEST(a_lost_tail_is_sent_again),
        WORLD_TEST(redis_may_be_down_and_come_back),
        WORLD_TEST(the_database_may_be_down_and_come_back),
    };
    if (!PL_FAILPOINTS_ON) {
        print_message("failpoints are not compiled in: skipped\n");
        return 0;
    }
    return WORLD_RUN(tests);
}

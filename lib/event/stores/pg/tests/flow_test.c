/* Events flow from a publisher's transaction to a consumer's effect. */
#include <stdio.h>

#include "world.h"

static void an_event_has_its_effect_once(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "ok");
    world_check(w, 1);
    assert_int_equal(world_number(w->publisher_pg, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(world_number(w->publisher_pg, "SELECT count(*) FROM event_log"), 1);
}

static void events_of_an_aggregate_keep_their_order(void **state) {
    world *w = *state;
    char subject[16];
    world_start(w);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(subject, sizeof subject, "s%d", i % 7);
        world_publish(w, subject, "ok");
    }
    world_check(w, 300);
}

static void an_event_rolled_back_is_never_seen(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *pg_tx = NULL;
    world_start(w);
    assert_int_equal(pl_pg_begin(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS), &pg_tx, &err),
                     PL_OK);
    pl_event_tx tx = pl_event_pg_tx(w->publisher, pg_tx, NULL);
    assert_int_equal(pl_event_publish(&tx, &world_made, pl_str_c("x"), 1, "ok", 2, &err), PL_OK);
    pl_pg_rollback(pg_tx);
    world_publish(w, "a", "ok");
    world_check(w, 1);
}

static void what_was_published_while_nobody_ran_is_delivered(void **state) {
    world *w = *state;
    world_publish_many(w, "a", 20);
    world_start(w);
    world_check(w, 20);
}

static void a_consumer_that_comes_back_goes_on_where_it_was(void **state) {
    world *w = *state;
    world_start(w);
    world_publish_many(w, "a", 5);
    world_wait_effects(w, 5);
    world_stop_consumer(w);
    world_publish_many(w, "a", 5);
    w->consumer = world_consumer_start(w);
    world_check(w, 10);
    assert_int_equal(world_consumer_stats(w).duplicates, 0);
}

static void a_type_without_handler_is_skipped_and_counted(void **state) {
    world *w = *state;
    world_start(w);
    world_publish_as(w, &world_unknown, "a", "ok");
    world_publish(w, "a", "ok");
    world_check(w, 1);
    WORLD_AWAIT(world_consumer_stats(w).skipped == 1);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM parked"), 0);
}

static void a_type_without_handler_is_told_of_once(void **state) {
    world *w = *state;
    world_start(w);
    world_publish_as(w, &world_unknown, "a", "ok");
    world_publish_as(w, &world_unknown, "a", "ok");
    world_publish(w, "a", "ok");
    world_check(w, 1);
    WORLD_AWAIT(world_consumer_stats(w).skipped == 2);
    assert_int_equal(atomic_load(&w->skips), 1);
}

static void an_undecodable_event_is_parked_and_the_next_goes_on(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "undecodable");
    world_publish(w, "a", "ok");
    world_check(w, 1);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM parked"
                                                  " WHERE reason = 'permanent'"
                                                  " AND type = 'test.v1.Made'"),
                     1);
}

static void a_permanent_error_parks_one_event_of_a_batch(void **state) {
    world *w = *state;
    world_publish_many(w, "a", 3);
    world_publish(w, "b", "permanent");
    world_publish_many(w, "a", 3);
    world_start(w);
    world_check(w, 6);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM parked"), 1);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM attempts"), 0);
}

static void a_failing_event_is_tried_again_without_double_effects(void **state) {
    world *w = *state;
    atomic_store(&w->flaky, 3);
    world_publish_many(w, "a", 3);
    world_publish(w, "b", "flaky");
    world_publish_many(w, "a", 3);
    world_start(w);
    world_check(w, 7);
    assert_true(world_consumer_stats(w).retries >= 2);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM attempts"), 0);
}

static bool was_tried_twice(world *w) {
    return atomic_load(&w->calls) >= 2;
}

static void a_second_try_leaves_a_mark_until_it_succeeds(void **state) {
    world *w = *state;
    atomic_store(&w->flaky, 1000000);
    world_publish(w, "a", "flaky");
    world_start(w);
    world_wait(w, was_tried_twice, "the second try");
    assert_int_equal(world_number(w->consumer_pg, "SELECT tries FROM attempts"), 1);
    atomic_store(&w->flaky, 0);
    world_check(w, 1);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM attempts"), 0);
}

static void an_event_that_crashed_three_processes_is_parked(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    world_start(w);
    world_publish(w, "a", "ok");
    world_wait_effects(w, 1);
    world_stop_consumer(w);
    /* As three processes leave it that died while they handled the next event. */
    assert_int_equal(pl_pg_once(w->consumer_pg, pl_deadline_ms(WORLD_WAIT_MS),
                                "WITH l AS (UPDATE lease SET holder = 'died') INSERT INTO attempts"
                                " SELECT sub, stream, part, gen, pos + 1, 3 FROM cursor",
                                PL_PG_NO_ARGS, NULL, &err),
                     PL_OK);
    world_publish(w, "a", "ok");
    world_publish(w, "a", "ok");
    w->consumer = world_consumer_start(w);
    world_check(w, 2);
    assert_int_equal(
        world_number(w->consumer_pg, "SELECT count(*) FROM parked WHERE reason = 'crashed'"), 1);
}

static bool has_lag_zero(world *w) {
    pl_consumer_stats stats = world_consumer_stats(w);
    return stats.head.pos == 4 && stats.lag_events == 0;
}

static void figures_tell_head_and_lag(void **state) {
    world *w = *state;
    world_publish_many(w, "a", 4);
    world_start(w);
    world_check(w, 4);
    world_wait(w, has_lag_zero, "head 4, lag 0");
    WORLD_AWAIT(world_consumer_stats(w).handled == 4);
    WORLD_AWAIT(world_relay_stats(w).published == 4);
}

static void stopping_waits_for_nothing(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "ok");
    world_wait_effects(w, 1);
    int64_t before = pl_now_ns();
    world_stop_consumer(w);
    world_stop_relay(w);
    assert_true(pl_now_ns() - before < 5 * PL_NS_PER_S);
}

static void a_lease_handed_over_is_taken_at_once(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "ok");
    world_wait_effects(w, 1);
    pl_consumer *first = w->consumer;
    w->consumer = world_consumer_start(w);
    int64_t before = pl_now_ns();
    pl_consumer_free(first);
    world_publish(w, "a", "ok");
    world_check(w, 2);
    assert_true(pl_now_ns() - before < PL_EVENT_LEASE_MS * PL_NS_PER_MS);
}

static void publishing_on_another_stream_is_refused(void **state) {
    world *w = *state;
    static const pl_event_desc other = {"test.v1.Made", "test.v1/id", "test.other", 7};
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *pg_tx = NULL;
    assert_int_equal(pl_pg_begin(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS), &pg_tx, &err),
                     PL_OK);
    pl_event_tx tx = pl_event_pg_tx(w->publisher, pg_tx, NULL);
    assert_int_equal(pl_event_publish(&tx, &other, pl_str_c("x"), 1, "ok", 2, &err),
                     PL_INVALID_ARGUMENT);
    assert_int_equal(pl_event_publish(&tx, &world_made, pl_str_c("x"), 0, "ok", 2, &err),
                     PL_INVALID_ARGUMENT);
    pl_pg_rollback(pg_tx);
}

static void a_version_published_twice_is_the_writers_error(void **state) {
    world *w = *state;
    pl_error err = PL_ERROR_INIT;
    for (int i = 0; i < 2; i++) {
        pl_pg_tx *pg_tx = NULL;
        assert_int_equal(pl_pg_begin(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS), &pg_tx, &err),
                         PL_OK);
        pl_event_tx tx = pl_event_pg_tx(w->publisher, pg_tx, NULL);
        assert_int_equal(pl_event_publish(&tx, &world_made, pl_str_c("x"), 1, "ok", 2, &err),
                         PL_OK);
        assert_int_equal(pl_event_pg_commit(&tx, &err), i == 0 ? PL_OK : PL_ALREADY_EXISTS);
    }
    assert_non_null(strstr(err.message, "an event repeats a version of its aggregate"));
}

static void await(const atomic_int *counter, int wanted) {
    int64_t until = pl_deadline_ms(WORLD_WAIT_MS);
    while (atomic_load(counter) < wanted)
        assert_true(pl_now_ns() < until);
}

static void a_handler_is_a_span_below_that_of_its_event(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "ok");
    world_check(w, 1);
    await(&w->published, 1);
    await(&w->handled, 1);
    assert_true(pl_str_eq(pl_trace_id(&w->last_handled), pl_trace_id(&w->last_published)));
    assert_true(pl_str_eqc(pl_trace_span_id(&w->last_published), w->last_handled.parent));
}

/* Its statements are on their way when it returns: they belong to it. */
static void a_handlers_span_ends_with_its_transaction(void **state) {
    world *w = *state;
    world_start(w);
    world_publish(w, "a", "ok");
    world_check(w, 1);
    await(&w->handled, 1);
    assert_true(w->last_handled_ns / 1000 > world_consumer_stats(w).handler_us);
}

static void each_event_is_told_once_although_its_batch_is_tried_again(void **state) {
    world *w = *state;
    atomic_store(&w->flaky, 3);
    world_publish_many(w, "a", 3);
    world_publish(w, "b", "flaky");
    world_publish_many(w, "a", 3);
    world_start(w);
    world_check(w, 7);
    await(&w->handled, 7);
    assert_int_equal(atomic_load(&w->handled), 7);
    assert_in_range(atomic_load(&w->failed), 2, 3); /* the first try may be that of the batch */
    assert_int_equal(atomic_load(&w->published), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_event_has_its_effect_once),
        WORLD_TEST(events_of_an_aggregate_keep_their_order),
        WORLD_TEST(an_event_rolled_back_is_never_seen),
        WORLD_TEST(what_was_published_while_nobody_ran_is_delivered),
        WORLD_TEST(a_consumer_that_comes_back_goes_on_where_it_was),
        WORLD_TEST(a_type_without_handler_is_skipped_and_counted),
        WORLD_TEST(a_type_without_handler_is_told_of_once),
        WORLD_TEST(an_undecodable_event_is_parked_and_the_next_goes_on),
        WORLD_TEST(a_permanent_error_parks_one_event_of_a_batch),
        WORLD_TEST(a_failing_event_is_tried_again_without_double_effects),
        WORLD_TEST(a_second_try_leaves_a_mark_until_it_succeeds),
        WORLD_TEST(an_event_that_crashed_three_processes_is_parked),
        WORLD_TEST(figures_tell_head_and_lag),
        WORLD_TEST(stopping_waits_for_nothing),
        WORLD_TEST(a_lease_handed_over_is_taken_at_once),
        WORLD_TEST(publishing_on_another_stream_is_refused),
        WORLD_TEST(a_version_published_twice_is_the_writers_error),
        WORLD_TEST(a_handler_is_a_span_below_that_of_its_event),
        WORLD_TEST(a_handlers_span_ends_with_its_transaction),
        WORLD_TEST(each_event_is_told_once_although_its_batch_is_tried_again),
    };
    return WORLD_RUN(tests);
}

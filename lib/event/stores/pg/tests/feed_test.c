/* A consumer that is fed: what becomes of an event is told, and is in its store. */
#include <string.h>

#include "parley/event/feed.h"
#include "world.h"

/* The payload is the code that the handler answers. */
static pl_code answer(pl_event_fn fn, void *self, pl_event_tx *tx, const pl_event_meta *meta,
                      const uint8_t *payload, size_t size, pl_error *err) {
    pl_code code = PL_OK;
    char name[32] = "";
    (void)fn;
    (void)tx;
    (void)meta;
    (*(int *)self)++;
    memcpy(name, payload, size < sizeof name ? size : 0);
    assert_true(pl_code_find(name, &code));
    return code == PL_OK ? PL_OK : pl_error_set(err, code, "the handler says %s", name);
}

static void nothing(void) {}

static int calls;

static pl_consumer *fed(world *w) {
    pl_consumer_opts opts = PL_CONSUMER_OPTS_INIT;
    pl_consumer *consumer = NULL;
    opts.store = pl_event_pg_store(w->consumer_store);
    opts.subscription = "test.fed";
    opts.stream = "test.made";
    opts.redis_url = "redis://127.0.0.1:1";
    assert_int_equal(pl_consumer_new(&opts, &consumer, NULL), PL_OK);
    calls = 0;
    pl_consumer_on(consumer, &world_made, answer, nothing, &calls);
    return consumer;
}

static pl_code feed(pl_consumer *consumer, const char *type, const char *payload,
                    pl_feed_outcome *out_outcome, pl_error *err) {
    const pl_feed_event event = {.id = {1},
                                 .type = pl_str_c(type),
                                 .subject = PL_STR("7"),
                                 .version = 1,
                                 .payload = pl_str_c(payload)};
    return pl_consumer_feed(consumer, &event, out_outcome, err);
}

static void an_event_is_handled_each_time_it_is_fed(void **state) {
    pl_consumer *consumer = fed(*state);
    pl_feed_outcome outcome = PL_FEED_PARKED;
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(feed(consumer, world_made.type, "OK", &outcome, NULL), PL_OK);
        assert_int_equal(outcome, PL_FEED_HANDLED);
        assert_int_equal(calls, i);
    }
    pl_consumer_free(consumer);
}

static void an_event_nobody_handles_is_skipped(void **state) {
    pl_consumer *consumer = fed(*state);
    pl_feed_outcome outcome = PL_FEED_PARKED;
    assert_int_equal(feed(consumer, world_unknown.type, "OK", &outcome, NULL), PL_OK);
    assert_int_equal(outcome, PL_FEED_SKIPPED);
    assert_int_equal(calls, 0);
    pl_consumer_free(consumer);
}

static void what_is_refused_for_good_is_parked(void **state) {
    world *w = *state;
    pl_consumer *consumer = fed(w);
    pl_feed_outcome outcome = PL_FEED_HANDLED;
    assert_int_equal(feed(consumer, world_made.type, "INVALID_ARGUMENT", &outcome, NULL), PL_OK);
    assert_int_equal(outcome, PL_FEED_PARKED);
    assert_int_equal(pl_consumer_feed_bytes(consumer, pl_str_c("?"), &outcome, NULL), PL_OK);
    assert_int_equal(outcome, PL_FEED_PARKED);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(*) FROM parked"), 2);
    pl_consumer_free(consumer);
}

static void what_would_be_tried_again_is_told_after_one_try(void **state) {
    pl_consumer *consumer = fed(*state);
    pl_feed_outcome outcome = PL_FEED_SKIPPED;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(feed(consumer, world_made.type, "UNAVAILABLE", &outcome, &err),
                     PL_UNAVAILABLE);
    assert_non_null(strstr(err.message, "the handler says UNAVAILABLE"));
    assert_int_equal(calls, 1);
    /* nothing has happened: the next one takes its place */
    assert_int_equal(feed(consumer, world_made.type, "OK", &outcome, NULL), PL_OK);
    assert_int_equal(outcome, PL_FEED_HANDLED);
    pl_consumer_free(consumer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_event_is_handled_each_time_it_is_fed),
        WORLD_TEST(an_event_nobody_handles_is_skipped),
        WORLD_TEST(what_is_refused_for_good_is_parked),
        WORLD_TEST(what_would_be_tried_again_is_told_after_one_try),
    };
    return WORLD_RUN(tests);
}

/* A log in memory as the publisher, a real consumer behind it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/event/memory_log.h"
#include "world.h"

#define STREAM "test.made"

typedef struct scene {
    world *w;
    pl_memory_log *log;
} scene;

static pl_memory_log *open_log(const char *source) {
    pl_memory_log_opts opts = {
        .redis_url = pl_test_redis_url(world_redis), .source = source, .stream = STREAM};
    pl_memory_log *log = NULL;
    pl_error err = PL_ERROR_INIT;

    if (pl_memory_log_new(&opts, &log, &err) != PL_OK)
        fail_msg("%s", err.message);
    return log;
}

static int scene_setup(void **state) {
    scene *s = calloc(1, sizeof *s);
    void *w = NULL;

    assert_non_null(s);
    assert_int_equal(world_setup(&w), 0);
    s->w = w;
    s->log = open_log("test.stub");
    s->w->log_channel = pl_memory_log_reader(s->log);
    *state = s;
    return 0;
}

static int scene_teardown(void **state) {
    scene *s = *state;
    void *w = s->w;

    world_stop_consumer(s->w);
    pl_memory_log_free(s->log);
    int failed = world_teardown(&w);
    free(s);
    return failed;
}

static pl_code try_publish(pl_memory_log *log, const char *subject, pl_memory_place *place,
                           pl_error *err) {
    pl_memory_event event = {
        .type = pl_str_c(world_made.type), .subject = pl_str_c(subject), .payload = pl_str_c("ok")};

    return pl_memory_log_publish(log, &event, place, err);
}

static pl_memory_place publish(scene *s, const char *subject) {
    pl_memory_place place;
    pl_error err = PL_ERROR_INIT;

    if (try_publish(s->log, subject, &place, &err) != PL_OK)
        fail_msg("%s", err.message);
    return place;
}

static void id_of(pl_memory_place place, char out[64]) {
    (void)snprintf(out, 64, "%lld-%lld", (long long)place.at.gen, (long long)place.at.pos);
}

/* The stub is started again. */
static void restart(scene *s) {
    world_stop_consumer(s->w);
    pl_memory_log_free(s->log);
    s->log = open_log("test.stub");
    s->w->log_channel = pl_memory_log_reader(s->log);
}

static void refused(scene *s, pl_memory_log *log, const char *why) {
    pl_memory_place place;
    pl_error err = PL_ERROR_INIT;

    (void)s;
    assert_int_equal(try_publish(log, "a", &place, &err), PL_FAILED_PRECONDITION);
    if (!strstr(err.message, why))
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

/* ---- what is waited for: counts follow the effects ------------------------------------------- */

static bool has_gap(world *w) {
    return world_consumer_stats(w).gaps == 1;
}

static bool has_generation(world *w) {
    return world_consumer_stats(w).generations == 1;
}

static bool has_lost_range(world *w) {
    return world_consumer_stats(w).lost_ranges == 1;
}

static bool has_entry(world *w) {
    pl_redis_reply *reply = NULL;
    pl_error err = PL_ERROR_INIT;
    bool there = PL_REDIS_CALL(w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, &err, "XLEN",
                               STREAM) == PL_OK &&
                 pl_redis_reply_int(reply) > 0;

    pl_redis_reply_free(reply);
    return there;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_consumer_takes_its_events_as_a_services(void **state) {
    scene *s = *state;

    s->w->consumer = world_consumer_start(s->w);
    for (int i = 0; i < 20; i++)
        assert_int_equal(publish(s, i % 2 ? "a" : "b").version, i / 2 + 1);
    world_wait_effects(s->w, 20);
    assert_int_equal(world_consumer_stats(s->w).gaps, 0);
    assert_int_equal(world_consumer_stats(s->w).parked, 0);
}

static void a_gap_is_filled_from_its_log(void **state) {
    scene *s = *state;
    char id[64];

    (void)publish(s, "a");
    id_of(publish(s, "a"), id);
    (void)publish(s, "a");
    WORLD_REDIS(s->w, "XDEL", STREAM, id);
    s->w->consumer = world_consumer_start(s->w);
    world_wait_effects(s->w, 3);
    world_wait(s->w, has_gap, "a gap");
}

static void what_the_stream_has_lost_is_sent_again_with_the_next_event(void **state) {
    scene *s = *state;

    (void)publish(s, "a");
    (void)publish(s, "a");
    WORLD_REDIS(s->w, "DEL", STREAM);
    (void)publish(s, "a");
    s->w->consumer = world_consumer_start(s->w);
    world_wait_effects(s->w, 3);
    assert_int_equal(world_consumer_stats(s->w).from_log, 0);
}

static void redis_refuses_a_second_copy_of_an_entry(void **state) {
    scene *s = *state;
    char id[64];
    pl_error err = PL_ERROR_INIT;

    id_of(publish(s, "a"), id);
    assert_int_equal(PL_REDIS_CALL(s->w->redis, pl_deadline_ms(WORLD_WAIT_MS), NULL, &err, "XADD",
                                   STREAM, id, "at", id),
                     PL_FAILED_PRECONDITION);
}

static void after_a_restart_a_generation_begins_and_versions_go_on(void **state) {
    scene *s = *state;

    s->w->consumer = world_consumer_start(s->w);
    pl_memory_place first = publish(s, "a");
    world_wait_effects(s->w, 1);
    restart(s);
    s->w->consumer = world_consumer_start(s->w);
    pl_memory_place second = publish(s, "a");
    world_wait_effects(s->w, 2);
    assert_true(second.at.gen > first.at.gen);
    assert_int_equal(second.version, 2);
    assert_int_equal(world_consumer_stats(s->w).lost_ranges, 0);
    world_wait(s->w, has_generation, "a generation");
}

static void a_consumer_that_remembers_a_stream_that_is_gone_goes_on(void **state) {
    scene *s = *state;

    s->w->consumer = world_consumer_start(s->w);
    (void)publish(s, "a");
    world_wait_effects(s->w, 1);
    restart(s);
    WORLD_REDIS(s->w, "DEL", STREAM);
    s->w->consumer = world_consumer_start(s->w);
    (void)publish(s, "b");
    world_wait_effects(s->w, 2);
    world_wait(s->w, has_lost_range, "a lost range");
}

static void a_stream_of_a_service_is_refused(void **state) {
    scene *s = *state;

    s->w->relay = world_relay_start(s->w);
    world_publish(s->w, "a", "ok");
    world_wait(s->w, has_entry, "an entry in the stream");
    refused(s, s->log, "was written by test.made, not by test.stub");
}

static void a_stream_with_an_entry_by_hand_is_refused(void **state) {
    scene *s = *state;

    WORLD_REDIS(s->w, "XADD", STREAM, "*", "hello", "world");
    refused(s, s->log, "was written by no publisher");
}

/* Adds the envelope of the stream's last entry once more, as the entry ID that says it is AT. */
static void add_copy(scene *s, const char *id, const char *at, const char *prev) {
    pl_redis_reply *reply = NULL;

    assert_int_equal(PL_REDIS_CALL(s->w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, NULL,
                                   "XREVRANGE", STREAM, "+", "-", "COUNT", "1"),
                     PL_OK);
    const pl_redis_reply *fields = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    const pl_str argv[] = {
        PL_STR("XADD"), PL_STR(STREAM), pl_str_c(id),
        PL_STR("at"),   pl_str_c(at),   PL_STR("prev"),
        pl_str_c(prev), PL_STR("e"),    pl_redis_reply_str(pl_redis_reply_find(fields, "e"))};
    assert_int_equal(
        pl_redis_call(s->w->redis, pl_deadline_ms(WORLD_WAIT_MS), argv, PL_COUNT(argv), NULL, NULL),
        PL_OK);
    pl_redis_reply_free(reply);
}

static void a_copy_of_an_entry_is_nobodys(void **state) {
    scene *s = *state;
    char last[64];

    id_of(publish(s, "a"), last);
    restart(s);
    add_copy(s, "9000000000000-1", last, last);
    refused(s, s->log, "entry 9000000000000-1 was written by no publisher");
}

static void a_generation_is_above_a_stream_whose_clock_was_ahead(void **state) {
    scene *s = *state;
    char last[64];

    id_of(publish(s, "a"), last);
    restart(s);
    add_copy(s, "9000000000000-9", "9000000000000-9", last);
    assert_int_equal(publish(s, "a").at.gen, 9000000000001);
}

static void a_stream_that_was_emptied_is_refused(void **state) {
    scene *s = *state;

    (void)publish(s, "a");
    restart(s);
    WORLD_REDIS(s->w, "XTRIM", STREAM, "MAXLEN", "0");
    refused(s, s->log, "DEL " STREAM);
}

static void a_stream_whose_chain_is_broken_is_refused(void **state) {
    scene *s = *state;
    char id[64];

    id_of(publish(s, "a"), id);
    (void)publish(s, "a");
    restart(s);
    WORLD_REDIS(s->w, "XDEL", STREAM, id);
    refused(s, s->log, "are gone");
}

static void of_two_logs_the_later_one_publishes(void **state) {
    scene *s = *state;
    pl_memory_log *later = open_log("test.stub");
    pl_memory_place place;

    s->w->consumer = world_consumer_start(s->w);
    (void)publish(s, "a");
    assert_int_equal(try_publish(later, "a", &place, NULL), PL_OK);
    refused(s, s->log, "another test.stub publishes there now");
    assert_int_equal(try_publish(later, "a", &place, NULL), PL_OK);
    world_wait_effects(s->w, 3);
    pl_memory_log_free(later);
}

static void an_event_that_is_too_large_changes_nothing(void **state) {
    scene *s = *state;
    static char payload[PL_EVENT_PAYLOAD_MAX + 1];
    pl_memory_event event = {.type = pl_str_c(world_made.type),
                             .subject = pl_str_c("a"),
                             .payload = pl_str_make(payload, sizeof payload)};
    pl_memory_place place, first = publish(s, "a");

    assert_int_equal(pl_memory_log_publish(s->log, &event, &place, NULL), PL_INVALID_ARGUMENT);
    assert_int_equal(publish(s, "a").at.pos, first.at.pos + 1);
}

static void what_is_read_at_once_is_bounded_in_bytes(void **state) {
    enum { PAYLOAD = 60000, COUNT = 30 };
    scene *s = *state;
    char *payload = calloc(1, PAYLOAD);
    pl_memory_event event = {.type = pl_str_c(world_made.type), .subject = pl_str_c("a")};
    pl_log_reader reader = pl_memory_log_reader(s->log);
    pl_log_batch batch;
    pl_memory_place place;
    pl_error err = PL_ERROR_INIT;

    pl_log_batch_init(&batch);
    assert_non_null(payload);
    event.payload = pl_str_make(payload, PAYLOAD);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(pl_memory_log_publish(s->log, &event, &place, &err), PL_OK);
    free(payload);
    assert_int_equal(
        reader.read(reader.self, STREAM, 0, (pl_event_pos){0, 0}, COUNT + 1, &batch, &err), PL_OK);
    assert_in_range(batch.count, 2, PL_EVENT_BATCH_BYTES / PAYLOAD + 1);
    assert_int_equal(pl_event_pos_cmp(batch.head, place.at), 0);
    pl_log_batch_done(&batch);
}

static void without_redis_its_address_is_named_and_not_its_password(void **state) {
    pl_memory_log_opts opts = {.redis_url = "redis://somebody:secret@127.0.0.1:1/0",
                               .source = "test.stub",
                               .stream = STREAM};
    pl_memory_log *log = NULL;
    pl_memory_place place;
    pl_error err = PL_ERROR_INIT;

    (void)state;
    assert_int_equal(pl_memory_log_new(&opts, &log, NULL), PL_OK);
    assert_int_equal(try_publish(log, "a", &place, &err), PL_UNAVAILABLE);
    assert_non_null(strstr(err.message, "redis://127.0.0.1:1/0"));
    assert_null(strstr(err.message, "secret"));
    pl_memory_log_free(log);
}

#define SCENE(fn) cmocka_unit_test_setup_teardown(fn, scene_setup, scene_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(a_consumer_takes_its_events_as_a_services),
        SCENE(a_gap_is_filled_from_its_log),
        SCENE(what_the_stream_has_lost_is_sent_again_with_the_next_event),
        SCENE(redis_refuses_a_second_copy_of_an_entry),
        SCENE(after_a_restart_a_generation_begins_and_versions_go_on),
        SCENE(a_consumer_that_remembers_a_stream_that_is_gone_goes_on),
        SCENE(a_stream_of_a_service_is_refused),
        SCENE(a_stream_with_an_entry_by_hand_is_refused),
        SCENE(a_copy_of_an_entry_is_nobodys),
        SCENE(a_generation_is_above_a_stream_whose_clock_was_ahead),
        SCENE(a_stream_that_was_emptied_is_refused),
        SCENE(a_stream_whose_chain_is_broken_is_refused),
        SCENE(of_two_logs_the_later_one_publishes),
        SCENE(an_event_that_is_too_large_changes_nothing),
        SCENE(what_is_read_at_once_is_bounded_in_bytes),
        cmocka_unit_test(without_redis_its_address_is_named_and_not_its_password),
    };
    return WORLD_RUN(tests);
}

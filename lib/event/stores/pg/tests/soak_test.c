/* Random sequences of everything that can happen; each must end with every event applied once, in
 * order. SOAK_SEEDS and SOAK_FIRST choose how many and which. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define STEPS_A_SEED 14
#define SEEDS        6

typedef struct soak {
    world *w;
    uint64_t random;
    int published;
} soak;

/* xorshift64*: the same sequence for the same seed, everywhere. */
static uint32_t draw(soak *s, uint32_t below) {
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (uint32_t)((s->random * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void do_publish(soak *s) {
    char subject[8];
    for (uint32_t n = draw(s, 40); n > 0; n--) {
        (void)snprintf(subject, sizeof subject, "s%u", draw(s, 5));
        world_publish(s->w, subject, "ok");
        s->published++;
    }
}

static void do_restart_relay(soak *s) {
    world_stop_relay(s->w);
    s->w->relay = world_relay_start(s->w);
}

static void do_restart_consumer(soak *s) {
    world_stop_consumer(s->w);
    s->w->consumer = world_consumer_start(s->w);
}

static void do_flush(soak *s) {
    WORLD_REDIS(s->w, "FLUSHALL");
}

static void do_empty(soak *s) {
    WORLD_REDIS(s->w, "XTRIM", "test.made", "MAXLEN", "0");
}

/* Refused where the greatest id is there already. */
static void add_foreign(soak *s, const char *id) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = PL_REDIS_CALL(s->w->redis, pl_deadline_ms(5000), NULL, &err, "XADD", "test.made",
                                 id, "hello", "world");
    if (code != PL_OK && code != PL_FAILED_PRECONDITION)
        fail_msg("XADD: %s", err.message);
}

static void do_foreign(soak *s) {
    add_foreign(s, "*");
}

static void do_greatest(soak *s) {
    add_foreign(s, "18446744073709551615-18446744073709551615");
}

static void do_fail(soak *s) {
    static const char *const points[] = {
        "relay.before_assign",   "relay.after_assign",    "relay.mid_pipeline",
        "relay.after_append",    "relay.after_own",       "relay.before_resend",
        "consumer.after_read",   "consumer.after_cursor", "consumer.before_commit",
        "consumer.after_commit",
    };
    char spec[128];
    uint32_t point = draw(s, PL_COUNT(points));
    if (draw(s, 2))
        (void)snprintf(spec, sizeof spec, "%s=error*%u", points[point], 1 + draw(s, 3));
    else
        (void)snprintf(spec, sizeof spec, "%s=stall:%u*%u", points[point], draw(s, 200),
                       1 + draw(s, 3));
    world_failpoint(spec);
}

/* Who has a lease does not notice; another may take over beside it. */
static void do_second_owners(soak *s) {
    pl_relay *relay = world_relay_start(s->w);
    pl_consumer *consumer = world_consumer_start(s->w);
    pl_pg *const pgs[] = {s->w->publisher_pg, s->w->consumer_pg};
    for (size_t i = 0; i < PL_COUNT(pgs); i++)
        assert_int_equal(pl_pg_once(pgs[i], pl_deadline_ms(5000),
                                    "UPDATE lease SET until = now() - interval '1 s'",
                                    PL_PG_NO_ARGS, NULL, NULL),
                         PL_OK);
    do_publish(s);
    pl_relay_free(relay);
    pl_consumer_free(consumer);
}

static void do_restore(soak *s) {
    assert_int_equal(pl_pg_once(s->w->publisher_pg, pl_deadline_ms(5000),
                                "UPDATE log_head SET timeline = 0", PL_PG_NO_ARGS, NULL, NULL),
                     PL_OK);
    do_restart_relay(s);
}

static void run_seed(world *w, uint64_t seed) {
    static void (*const steps[])(soak *) = {
        do_publish, do_publish,       do_publish, do_restart_relay, do_restart_consumer,
        do_flush,   do_empty,         do_foreign, do_greatest,      do_fail,
        do_fail,    do_second_owners, do_restore,
    };
    soak s = {.w = w, .random = seed * 2654435761u + 1};
    world_start(w);
    for (int i = 0; i < STEPS_A_SEED; i++)
        steps[draw(&s, PL_COUNT(steps))](&s);
    world_failpoint("");
    print_message("seed %" PRIu64 ": %d events\n", seed, s.published);
    world_check(w, s.published);
}

static uint64_t setting(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    uint64_t value = otherwise;
    if (text && !pl_str_u64(pl_str_c(text), &value))
        fail_msg("%s: expected a number", name);
    return value;
}

static void random_sequences_lose_double_and_reorder_nothing(void **state) {
    uint64_t first = setting("SOAK_FIRST", 1);
    uint64_t seeds = setting("SOAK_SEEDS", SEEDS);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        void *w = NULL;
        assert_int_equal(world_setup(&w), 0);
        run_seed(w, seed);
        assert_int_equal(world_teardown(&w), 0);
    }
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_lose_double_and_reorder_nothing),
    };
    if (!PL_FAILPOINTS_ON) {
        print_message("failpoints are not compiled in: skipped\n");
        return 0;
    }
    return WORLD_RUN(tests);
}

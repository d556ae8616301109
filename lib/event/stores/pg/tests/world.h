/* A publisher and a consumer with databases of their own and one Redis: what every test
 * of the protocol needs. The servers are shared by the tests of a program; databases and
 * stream are new for each. */
#ifndef PARLEY_EVENT_TESTS_WORLD_H
#define PARLEY_EVENT_TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "parley/base/clock.h"
#include "parley/base/failpoint.h"
#include "parley/event/consumer.h"
#include "parley/event/event_pg.h"
#include "parley/event/relay.h"
#include "parley/redis/redis.h"
#include "parley/test/servers.h"

/* How long a test waits for an effect. */
#define WORLD_WAIT_MS 20000

typedef struct world {
    char publisher_db[96];
    char consumer_db[96];
    char publisher_conninfo[256];
    char consumer_conninfo[256];
    pl_pg *publisher_pg;
    pl_pg *consumer_pg;
    pl_event_pg *publisher;
    pl_event_pg *consumer_store;
    pl_relay *relay;
    pl_consumer *consumer;
    pl_redis *redis;
    int64_t keep_ms; /* the hot window of relays started after it is set */
    int64_t keep_entries;
    atomic_int reports;   /* reports of level error */
    atomic_int skips;     /* reports of a type without a handler */
    atomic_int flaky;     /* tries the handler still fails with PL_UNAVAILABLE */
    atomic_int calls;     /* of the handler */
    atomic_int log_reads; /* of the publisher's log */
    atomic_bool log_down;
    bool may_crash;
    /* The spans told; a trace is there once its counter counts it. */
    atomic_int published, handled, failed;
    pl_trace last_published, last_handled;
    int64_t last_handled_ns;   /* how long it took */
    pl_log_reader log_channel; /* set: the consumer reads the log through it */
} world;

extern pl_test_postgres *world_postgres;
extern pl_test_redis *world_redis;

extern const pl_event_desc world_made;    /* handled */
extern const pl_event_desc world_unknown; /* nobody handles it */

int world_group_setup(void **state);
int world_group_teardown(void **state);
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(fn)   cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
#define WORLD_RUN(tests) cmocka_run_group_tests(tests, world_group_setup, world_group_teardown)

/* Replaces both stores by new ones on the same databases: for a process that was forked. */
void world_reopen(world *w);
pl_relay *world_relay_start(world *w);
pl_consumer *world_consumer_start(world *w);
/* Both, kept in the world. */
void world_start(world *w);
void world_stop_relay(world *w);
void world_stop_consumer(world *w);

/* Publishes the next event of SUBJECT; the payload says what the handler does with it:
 * "ok", "undecodable", "permanent", "flaky" (fails while w->flaky > 0), "crash" (ends a process
 * that may crash). */
void world_publish(world *w, const char *subject, const char *payload);
void world_publish_as(world *w, const pl_event_desc *desc, const char *subject,
                      const char *payload);
void world_publish_many(world *w, const char *subject, int count);

/* One number from a query; 0 where it has no row. */
int64_t world_number(pl_pg *pg, const char *sql);
/* Waits until SQL answers WANTED; fails the test after WORLD_WAIT_MS. */
void world_wait_number(pl_pg *pg, const char *sql, int64_t wanted);
void world_wait_effects(world *w, int64_t wanted);
/* Waits until CONDITION(w) holds. */
void world_wait(world *w, bool (*condition)(world *), const char *what);
/* The same in one expression: figures are counted a moment after the effect they count. */
#define WORLD_AWAIT(condition)                                                                     \
    do {                                                                                           \
        int64_t until_ = pl_deadline_ms(WORLD_WAIT_MS);                                            \
        while (!(condition)) {                                                                     \
            if (pl_now_ns() >= until_)                                                             \
                fail_msg("waited in vain for %s", #condition);                                     \
            world_breathe();                                                                       \
        }                                                                                          \
    } while (0)
void world_breathe(void);
pl_relay_stats world_relay_stats(world *w);
pl_consumer_stats world_consumer_stats(world *w);

/* The promises: WANTED effects, each event once, versions in order for each subject; the log
 * without a gap. */
void world_check(world *w, int64_t wanted);

/* A Redis command that must succeed. */
void world_redis_do(world *w, const char *const *argv, size_t argc);
#define WORLD_REDIS(w, ...)                                                                        \
    world_redis_do((w), (const char *const[]){__VA_ARGS__},                                        \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
void world_last_id(world *w, char out[64]);

void world_failpoint(const char *spec);

#endif

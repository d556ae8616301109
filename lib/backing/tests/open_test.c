/* A service on its backing, as a process: migrating, opening, subscribing, figures. */
#include "bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

enum { ENV_SIZE = 512 };

static pl_test_redis *redis;
static int databases;

/* One database and the processes that use it, one after the other. */
typedef struct world {
    char data[ENV_SIZE];  /* DATABASE_URL=... */
    char owner[ENV_SIZE]; /* MIGRATE_DATABASE_URL=... */
    char redis[ENV_SIZE];
    struct child *child;
} world;

static int group_setup(void **state) {
    pl_error err = PL_ERROR_INIT;
    if (bed_group_setup(state))
        return -1;
    if (pl_test_redis_start(NULL, &redis, &err) == PL_OK)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int group_teardown(void **state) {
    pl_test_redis_free(redis);
    return bed_group_teardown(state);
}

static int setup(void **state) {
    pl_error err = PL_ERROR_INIT;
    char name[32];
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    (void)snprintf(name, sizeof name, "sample_%d", ++databases);
    if (pl_test_postgres_database(bed_server(), name, "owner", "service", &err) != PL_OK)
        fail_msg("%s", err.message);
    (void)snprintf(w->data, sizeof w->data, "DATABASE_URL=%s",
                   pl_test_postgres_conninfo(bed_server(), name, "service"));
    (void)snprintf(w->owner, sizeof w->owner, "MIGRATE_DATABASE_URL=%s",
                   pl_test_postgres_conninfo(bed_server(), name, "owner"));
    (void)snprintf(w->redis, sizeof w->redis, "REDIS_URL=%s", pl_test_redis_url(redis));
    *state = w;
    return 0;
}

static void end_child(world *w) {
    void *child = w->child;
    if (child)
        (void)child_teardown(&child);
    w->child = NULL;
}

static int teardown(void **state) {
    world *w = *state;
    end_child(w);
    free(w);
    return 0;
}

/* Starts the sample with FLAG (NULL: none) and two more settings. */
static struct child *begin(world *w, const char *flag, const char *setting, const char *another) {
    void *child = NULL;
    const char *args[] = {flag, NULL};
    const char *env[] = {w->data,     w->owner,
                         w->redis,    "LISTEN=127.0.0.1:0",
                         "DEMO=true", "ADMIN_LISTEN=127.0.0.1:0",
                         setting,     setting ? another : NULL,
                         NULL};
    end_child(w);
    (void)child_setup(&child);
    w->child = child;
    child_spawn(w->child, args, env);
    return w->child;
}

/* Runs it to its end; the exit code. */
static int run(world *w, const char *flag, const char *setting) {
    return child_wait_end(begin(w, flag, setting, NULL));
}

static void said(const world *w, const char *text) {
    if (!strstr(w->child->err.p, text))
        fail_msg("it did not say '%s': %s", text, w->child->err.p);
}

static void migrated(world *w) {
    if (run(w, "--migrate", NULL) != 0)
        fail_msg("%s", w->child->err.p);
}

static void stops(world *w) {
    assert_int_equal(kill(w->child->pid, SIGTERM), 0);
    assert_int_equal(child_wait_end(w->child), 0);
}

static void a_migrated_database_is_opened(void **state) {
    world *w = *state;
    migrated(w);
    migrated(w); /* a second time there is nothing to do */
    child_wait_ready(begin(w, NULL, NULL, NULL));
    assert_int_equal(child_ask(w->child, "GET", "/readyz", NULL, NULL), 200);
    stops(w);
}

static void a_database_without_the_schema_is_refused(void **state) {
    world *w = *state;
    assert_int_equal(run(w, NULL, NULL), 1);
    said(w, "--migrate");
}

static void a_database_of_an_older_release_is_refused(void **state) {
    world *w = *state;
    migrated(w);
    assert_int_equal(run(w, NULL, "NEWER=true"), 1);
    said(w, "--migrate");
}

static void a_database_of_a_newer_release_is_refused(void **state) {
    world *w = *state;
    assert_int_equal(run(w, "--migrate", "NEWER=true"), 0);
    assert_int_equal(run(w, NULL, NULL), 1);
    said(w, "0002_text");
}

static void a_migration_needs_the_owner(void **state) {
    world *w = *state;
    (void)snprintf(w->owner, sizeof w->owner, "MIGRATE_DATABASE_URL=");
    assert_int_not_equal(run(w, "--migrate", NULL), 0);
    said(w, "MIGRATE_DATABASE_URL");
}

static void rights_are_granted_to_the_user_of_a_url(void **state) {
    world *w = *state;
    (void)snprintf(w->data, sizeof w->data, "DATABASE_URL=postgresql://service@/sample_%d?host=%s",
                   databases, pl_test_postgres_socket_dir(bed_server()));
    migrated(w);
    child_wait_ready(begin(w, NULL, NULL, NULL));
    stops(w);
}

static void a_database_that_is_down_is_told(void **state) {
    world *w = *state;
    (void)snprintf(w->data, sizeof w->data, "DATABASE_URL=host=/nonexistent dbname=x user=x");
    assert_int_equal(run(w, NULL, NULL), 1);
    said(w, "/nonexistent");
}

static void subscriptions_have_a_limit(void **state) {
    world *w = *state;
    migrated(w);
    assert_int_equal(run(w, NULL, "SUBSCRIPTIONS=17"), 1);
    said(w, "test.stream16: more than 16 subscriptions");
}

static void upstreams_have_a_limit(void **state) {
    world *w = *state;
    migrated(w);
    assert_int_equal(run(w, NULL, "CHANNELS=16"), 1); /* the subscription's is one more */
    said(w, "up15: more than 16 upstreams");
}

/* A line of /metrics that begins with TEXT. */
static void shows(const pl_buf *metrics, const char *text) {
    for (const char *at = metrics->p; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, text, strlen(text)) == 0)
            return;
    }
    fail_msg("no '%s' in %s", text, metrics->p);
}

static void the_figures_of_all_parts_are_shown(void **state) {
    world *w = *state;
    pl_buf metrics = pl_buf_make(1 << 20);
    migrated(w);
    child_wait_ready(begin(w, NULL, "SUBSCRIPTIONS=2", "CHANNELS=1"));
    assert_int_equal(child_ask(w->child, "GET", "/metrics", &metrics, NULL), 200);
    shows(&metrics, "parley_pg_connections ");
    shows(&metrics, "parley_pg_transactions_total ");
    shows(&metrics, "parley_relay_active{stream=\"test.sample\"}");
    shows(&metrics, "parley_outbox_rows{stream=\"test.sample\"}");
    shows(&metrics, "parley_consumer_lag_events{stream=\"test.stream0\"}");
    shows(&metrics, "parley_consumer_parked_total{stream=\"test.stream1\"}");
    shows(&metrics, "parley_channel_breaker{upstream=\"upstream\"}");
    shows(&metrics, "parley_channel_calls_total{upstream=\"up0\"}");
    pl_buf_done(&metrics);
    stops(w);
}

#define OPEN_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        OPEN_TEST(a_migrated_database_is_opened),
        OPEN_TEST(a_database_without_the_schema_is_refused),
        OPEN_TEST(a_database_of_an_older_release_is_refused),
        OPEN_TEST(a_database_of_a_newer_release_is_refused),
        OPEN_TEST(a_migration_needs_the_owner),
        OPEN_TEST(rights_are_granted_to_the_user_of_a_url),
        OPEN_TEST(a_database_that_is_down_is_told),
        OPEN_TEST(subscriptions_have_a_limit),
        OPEN_TEST(upstreams_have_a_limit),
        OPEN_TEST(the_figures_of_all_parts_are_shown),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

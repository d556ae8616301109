#include "bed.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BUDGET = 16 << 20, THREADS_MAX = 64, POLL_MS = 2 };

static pl_test_postgres *server;

pl_test_postgres *bed_server(void) {
    return server;
}

int bed_group_setup(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres_opts opts = PL_TEST_POSTGRES_OPTS_INIT;
    opts.no_fsync = true;
    if (pl_test_postgres_start(&opts, &server, &err) == PL_OK)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

int bed_group_teardown(void **state) {
    (void)state;
    pl_test_postgres_free(server);
    return 0;
}

void bed_must_at(bed *b, pl_code code, const char *file, int line) {
    if (code == PL_OK)
        return;
    print_error("%s: %s\n", pl_code_name(code), b->err.message);
    _fail(file, line);
}

int64_t bed_deadline(void) {
    return pl_deadline_ms(BED_WAIT_MS);
}

static pl_pg *open_pool(bed *b, const char *conninfo) {
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    pl_pg *pg = NULL;
    opts.conninfo = conninfo;
    opts.lock_timeout_ms = BED_WAIT_MS;
    bed_must(b, pl_pg_new(&opts, &pg, &b->err));
    return pg;
}

/* Migrates what is not migrated yet, and empties it. */
static void make_database(bed *b, const pl_pg_migration_set *own) {
    pl_pg_migration_set sets[2] = {pl_event_pg_migrations};
    if (own)
        sets[1] = *own;
    pl_pg *owner = open_pool(b, b->owner);
    bed_must(b, pl_pg_migrate(owner, sets, own ? 2 : 1, "service", bed_deadline(), NULL, &b->err));
    bed_must(b,
             pl_pg_once(owner, bed_deadline(),
                        "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || "
                        "string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY CASCADE' "
                        "FROM pg_tables WHERE schemaname = 'public' "
                        "AND tablename <> 'parley_migration'); END $$",
                        PL_PG_NO_ARGS, NULL, &b->err));
    pl_pg_free(owner);
}

bed *bed_new(const char *source, const pl_pg_migration_set *own) {
    pl_event_pg_opts opts = PL_EVENT_PG_OPTS_INIT;
    bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->arena = pl_arena_make(ARENA_BUDGET);
    bed_must(b, pl_test_postgres_database(server, "bed", "owner", "service", &b->err));
    (void)snprintf(b->owner, sizeof b->owner, "%s",
                   pl_test_postgres_conninfo(server, "bed", "owner"));
    (void)snprintf(b->conninfo, sizeof b->conninfo, "%s",
                   pl_test_postgres_conninfo(server, "bed", "service"));
    make_database(b, own);
    b->pg = open_pool(b, b->conninfo);
    opts.conninfo = b->conninfo;
    opts.source = source;
    opts.stream = source;
    bed_must(b, pl_event_pg_new(&opts, &b->events, &b->err));
    return b;
}

int bed_teardown(void **state) {
    bed *b = *state;
    pl_event_pg_free(b->events);
    pl_pg_free(b->pg);
    pl_arena_done(&b->arena);
    free(b);
    return 0;
}

pl_event_tx bed_begin(bed *b) {
    pl_pg_tx *tx = NULL;
    bed_must(b, pl_pg_begin(b->pg, bed_deadline(), &tx, &b->err));
    return pl_event_pg_tx(b->events, tx, NULL);
}

pl_code bed_end(bed *b, pl_event_tx *tx, pl_code code) {
    if (code == PL_OK)
        return pl_event_pg_commit(tx, &b->err);
    pl_pg_rollback(pl_event_tx_pg(tx));
    return code;
}

void bed_exec(bed *b, const char *sql) {
    bed_must(b, pl_pg_once(b->pg, bed_deadline(), sql, PL_PG_NO_ARGS, NULL, &b->err));
}

int64_t bed_number(bed *b, const char *sql) {
    pl_pg_rows *rows = NULL;
    bed_must(b, pl_pg_once(b->pg, bed_deadline(), sql, PL_PG_NO_ARGS, &rows, &b->err));
    assert_int_equal(pl_pg_count(rows), 1);
    int64_t number = pl_pg_get_i64(rows, 0, 0);
    pl_pg_rows_free(rows);
    return number;
}

const char *bed_text(bed *b, const char *sql) {
    pl_pg_rows *rows = NULL;
    bed_must(b, pl_pg_once(b->pg, bed_deadline(), sql, PL_PG_NO_ARGS, &rows, &b->err));
    assert_int_equal(pl_pg_count(rows), 1);
    const char *text = pl_arena_cstr(&b->arena, pl_pg_get_str(rows, 0, 0));
    pl_pg_rows_free(rows);
    return text;
}

void bed_wait_number(bed *b, const char *sql, int64_t wanted) {
    int64_t deadline = bed_deadline();
    int64_t seen = bed_number(b, sql);
    while (seen != wanted) {
        if (pl_now_ns() > deadline)
            fail_msg("%s: %lld, wanted %lld", sql, (long long)seen, (long long)wanted);
        (void)poll(NULL, 0, POLL_MS);
        seen = bed_number(b, sql);
    }
}

const char *bed_events(bed *b) {
    return bed_text(b, "SELECT coalesce(string_agg(regexp_replace(type, '^.*[.]', '') || ' ' || "
                       "agg_id || '@' || agg_ver, ', ' ORDER BY id), '') FROM outbox");
}

void bed_check_versions(bed *b) {
    assert_int_equal(
        bed_number(b, "SELECT count(*) FROM (SELECT agg_ver, row_number() OVER (PARTITION BY "
                      "agg_type, agg_id ORDER BY id) AS n FROM outbox) v WHERE agg_ver <> n"),
        0);
}

typedef struct runner {
    pthread_barrier_t *start;
    void (*fn)(void *arg, int index);
    void *arg;
    int index;
} runner;

static void *run(void *self) {
    runner *r = self;
    (void)pthread_barrier_wait(r->start);
    r->fn(r->arg, r->index);
    return NULL;
}

void bed_together(int count, void (*fn)(void *arg, int index), void *arg) {
    pthread_t threads[THREADS_MAX];
    runner runners[THREADS_MAX];
    pthread_barrier_t start;
    assert_in_range(count, 1, THREADS_MAX);
    (void)pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        runners[i] = (runner){&start, fn, arg, i};
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runners[i]), 0);
    }
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_barrier_destroy(&start);
}

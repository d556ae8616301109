#include "world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pl_test_postgres *world_postgres;
pl_test_redis *world_redis;

const pl_event_desc world_made = {"test.v1.Made", "test.v1/id", "test.made", 7};
const pl_event_desc world_unknown = {"test.v1.Unknown", "test.v1/id", "test.made", 8};

static int databases;

#define MUST(code, err)                                                                            \
    do {                                                                                           \
        if ((code) != PL_OK)                                                                       \
            fail_msg("%s:%d: %s", __FILE__, __LINE__, (err).message);                              \
    } while (0)

/* Between two looks at an effect. */
void world_breathe(void) {
    (void)poll(NULL, 0, 5);
}

int world_group_setup(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres_opts opts = PL_TEST_POSTGRES_OPTS_INIT;
    opts.no_fsync = true;
    if (pl_test_postgres_start(&opts, &world_postgres, &err) != PL_OK ||
        pl_test_redis_start(NULL, &world_redis, &err) != PL_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

int world_group_teardown(void **state) {
    (void)state;
    pl_test_redis_free(world_redis);
    pl_test_postgres_free(world_postgres);
    return 0;
}

static void report(void *self, pl_log_level level, const char *event, const char *detail) {
    world *w = self;
    if (level == PL_LOG_ERROR)
        atomic_fetch_add(&w->reports, 1);
    if (strcmp(event, "consumer.skipped") == 0)
        atomic_fetch_add(&w->skips, 1);
    if (getenv("WORLD_TALK"))
        print_message("%s: %s\n", event, detail);
}

static void hear(void *self, const pl_span *span) {
    world *w = self;
    if (span->kind == PL_SPAN_PRODUCER) {
        w->last_published = *span->trace;
        atomic_fetch_add(&w->published, 1);
    } else if (span->code) {
        atomic_fetch_add(&w->failed, 1);
    } else {
        w->last_handled = *span->trace;
        w->last_handled_ns = span->duration_ns;
        atomic_fetch_add(&w->handled, 1);
    }
}

static pl_pg *open_pool(const char *conninfo) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    pl_pg *pg = NULL;
    opts.conninfo = conninfo;
    MUST(pl_pg_new(&opts, &pg, &err), err);
    return pg;
}

/* A migrated database with TABLES, opened with the rights a service has at run time. */
static pl_pg *open_database(const char *name, const char *tables, char *conninfo, size_t size) {
    pl_error err = PL_ERROR_INIT;
    int64_t deadline = pl_deadline_ms(WORLD_WAIT_MS);
    MUST(pl_test_postgres_database(world_postgres, name, "owner", "service", &err), err);
    pl_pg *owner = open_pool(pl_test_postgres_conninfo(world_postgres, name, "owner"));
    MUST(pl_pg_migrate(owner, &pl_event_pg_migrations, 1, "service", deadline, NULL, &err), err);
    MUST(pl_pg_once(owner, deadline, tables, PL_PG_NO_ARGS, NULL, &err), err);
    pl_pg_free(owner);
    (void)snprintf(conninfo, size, "%s",
                   pl_test_postgres_conninfo(world_postgres, name, "service"));
    return open_pool(conninfo);
}

static pl_event_pg *open_store(const char *conninfo, const char *source, const char *stream) {
    pl_error err = PL_ERROR_INIT;
    pl_event_pg_opts opts = PL_EVENT_PG_OPTS_INIT;
    pl_event_pg *store = NULL;
    opts.conninfo = conninfo;
    opts.source = source;
    opts.stream = stream;
    MUST(pl_event_pg_new(&opts, &store, &err), err);
    return store;
}

void world_reopen(world *w) {
    w->publisher = open_store(w->publisher_conninfo, "test.made", "test.made");
    w->consumer_store = open_store(w->consumer_conninfo, "test.seen", "");
}

int world_setup(void **state) {
    pl_error err = PL_ERROR_INIT;
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->keep_ms = PL_RELAY_KEEP_MS;
    w->keep_entries = PL_RELAY_KEEP_ENTRIES;
    databases++;
    (void)snprintf(w->publisher_db, sizeof w->publisher_db, "publisher_%d", databases);
    (void)snprintf(w->consumer_db, sizeof w->consumer_db, "consumer_%d", databases);
    w->publisher_pg = open_database(
        w->publisher_db, "CREATE TABLE aggregate (id text PRIMARY KEY, ver bigint NOT NULL)",
        w->publisher_conninfo, sizeof w->publisher_conninfo);
    w->consumer_pg = open_database(
        w->consumer_db,
        "CREATE TABLE effect (n bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL,"
        " subject text NOT NULL, version bigint NOT NULL, payload text NOT NULL)",
        w->consumer_conninfo, sizeof w->consumer_conninfo);
    world_reopen(w);
    opts.url = pl_test_redis_url(world_redis);
    MUST(pl_redis_new(&opts, &w->redis, &err), err);
    WORLD_REDIS(w, "FLUSHALL");
    world_failpoint("");
    *state = w;
    return 0;
}

int world_teardown(void **state) {
    world *w = *state;
    world_failpoint("");
    pl_consumer_free(w->consumer);
    pl_relay_free(w->relay);
    pl_event_pg_free(w->publisher);
    pl_event_pg_free(w->consumer_store);
    pl_pg_free(w->publisher_pg);
    pl_pg_free(w->consumer_pg);
    pl_redis_free(w->redis);
    free(w);
    return 0;
}

static pl_code handle(world *w, pl_event_tx *tx, const pl_event_meta *meta, pl_str payload,
                      pl_error *err) {
    atomic_fetch_add(&w->calls, 1);
    if (w->may_crash && pl_str_eqc(payload, "crash"))
        _exit(PL_FAILPOINT_STATUS);
    if (pl_str_eqc(payload, "permanent"))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "it can never be done");
    pl_code code = pl_pg_exec(
        pl_event_tx_pg(tx),
        "INSERT INTO effect (event_id, subject, version, payload) VALUES ($1, $2, $3, $4)",
        PL_PG_ARGS(pl_pg_uuid(meta->id), pl_pg_text(meta->subject), pl_pg_i64(meta->version),
                   pl_pg_text(payload)),
        err);
    if (code == PL_OK && pl_str_eqc(payload, "flaky") && atomic_fetch_sub(&w->flaky, 1) > 0)
        return pl_error_set(err, PL_UNAVAILABLE, "not now");
    return code;
}

/* As generated code would: decodes, then calls the handler. */
static pl_code thunk(pl_event_fn fn, void *self, pl_event_tx *tx, const pl_event_meta *meta,
                     const uint8_t *payload, size_t size, pl_error *err) {
    (void)fn;
    pl_str text = pl_str_make((const char *)payload, size);
    if (pl_str_eqc(text, "undecodable"))
        return pl_error_set(err, PL_DATA_LOSS, "payload: malformed");
    return handle(self, tx, meta, text, err);
}

static void unused(void) {}

static pl_code read_publisher(void *self, const char *stream, int32_t part, pl_event_pos after,
                              int32_t max, pl_log_batch *out, pl_error *err) {
    world *w = self;
    atomic_fetch_add(&w->log_reads, 1);
    if (atomic_load(&w->log_down))
        return pl_error_set(err, PL_UNAVAILABLE, "the publisher is down");
    pl_log_reader reader = pl_log_reader_store(pl_event_pg_store(w->publisher));
    return reader.read(reader.self, stream, part, after, max, out, err);
}

pl_relay *world_relay_start(world *w) {
    pl_error err = PL_ERROR_INIT;
    pl_relay *relay = NULL;
    pl_relay_opts opts = PL_RELAY_OPTS_INIT;
    opts.store = pl_event_pg_store(w->publisher);
    opts.redis_url = pl_test_redis_url(world_redis);
    opts.keep_ms = w->keep_ms;
    opts.keep_entries = w->keep_entries;
    opts.report = report;
    opts.report_self = w;
    opts.observer = hear;
    opts.observer_self = w;
    MUST(pl_relay_new(&opts, &relay, &err), err);
    MUST(pl_relay_start(relay, &err), err);
    return relay;
}

pl_consumer *world_consumer_start(world *w) {
    pl_error err = PL_ERROR_INIT;
    pl_consumer *consumer = NULL;
    pl_consumer_opts opts = PL_CONSUMER_OPTS_INIT;
    opts.store = pl_event_pg_store(w->consumer_store);
    opts.subscription = "test.seen";
    opts.stream = "test.made";
    opts.redis_url = pl_test_redis_url(world_redis);
    opts.log = w->log_channel.read ? w->log_channel
                                   : (pl_log_reader){.self = w, .read = read_publisher};
    opts.report = report;
    opts.report_self = w;
    opts.observer = hear;
    opts.observer_self = w;
    MUST(pl_consumer_new(&opts, &consumer, &err), err);
    pl_consumer_on(consumer, &world_made, thunk, unused, w);
    MUST(pl_consumer_start(consumer, &err), err);
    return consumer;
}

void world_start(world *w) {
    w->relay = world_relay_start(w);
    w->consumer = world_consumer_start(w);
}

void world_stop_relay(world *w) {
    pl_relay_free(w->relay);
    w->relay = NULL;
}

void world_stop_consumer(world *w) {
    pl_consumer_free(w->consumer);
    w->consumer = NULL;
}

void world_publish_as(world *w, const pl_event_desc *desc, const char *subject,
                      const char *payload) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *pg_tx = NULL;
    pl_pg_rows *rows = NULL;
    MUST(pl_pg_begin(w->publisher_pg, pl_deadline_ms(WORLD_WAIT_MS), &pg_tx, &err), err);
    MUST(pl_pg_query(pg_tx,
                     "INSERT INTO aggregate AS a (id, ver) VALUES ($1, 1)"
                     " ON CONFLICT (id) DO UPDATE SET ver = a.ver + 1 RETURNING ver",
                     PL_PG_ARGS(pl_pg_cstr(subject)), &rows, &err),
         err);
    pl_event_tx tx = pl_event_pg_tx(w->publisher, pg_tx, NULL);
    MUST(pl_event_publish(&tx, desc, pl_str_c(subject), pl_pg_get_i64(rows, 0, 0), payload,
                          strlen(payload), &err),
         err);
    MUST(pl_event_pg_commit(&tx, &err), err);
}

void world_publish(world *w, const char *subject, const char *payload) {
    world_publish_as(w, &world_made, subject, payload);
}

void world_publish_many(world *w, const char *subject, int count) {
    for (int i = 0; i < count; i++)
        world_publish(w, subject, "ok");
}

int64_t world_number(pl_pg *pg, const char *sql) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    MUST(pl_pg_once(pg, pl_deadline_ms(WORLD_WAIT_MS), sql, PL_PG_NO_ARGS, &rows, &err), err);
    int64_t number = pl_pg_count(rows) > 0 ? pl_pg_get_i64(rows, 0, 0) : 0;
    pl_pg_rows_free(rows);
    return number;
}

void world_wait_number(pl_pg *pg, const char *sql, int64_t wanted) {
    int64_t deadline = pl_deadline_ms(WORLD_WAIT_MS);
    int64_t number = world_number(pg, sql);
    while (number != wanted && pl_now_ns() < deadline) {
        world_breathe();
        number = world_number(pg, sql);
    }
    if (number != wanted)
        fail_msg("%s: %lld, expected %lld", sql, (long long)number, (long long)wanted);
}

void world_wait_effects(world *w, int64_t wanted) {
    world_wait_number(w->consumer_pg, "SELECT count(*) FROM effect", wanted);
}

void world_wait(world *w, bool (*condition)(world *), const char *what) {
    int64_t deadline = pl_deadline_ms(WORLD_WAIT_MS);
    while (!condition(w)) {
        if (pl_now_ns() >= deadline)
            fail_msg("waited in vain: %s", what);
        world_breathe();
    }
}

pl_relay_stats world_relay_stats(world *w) {
    pl_relay_stats stats;
    pl_relay_stats_get(w->relay, &stats);
    return stats;
}

pl_consumer_stats world_consumer_stats(world *w) {
    pl_consumer_stats stats;
    pl_consumer_stats_get(w->consumer, &stats);
    return stats;
}

void world_check(world *w, int64_t wanted) {
    world_wait_effects(w, wanted);
    assert_int_equal(world_number(w->consumer_pg, "SELECT count(DISTINCT event_id) FROM effect"),
                     wanted);
    assert_int_equal(world_number(w->consumer_pg,
                                  "SELECT count(*) FROM (SELECT version, lag(version) OVER"
                                  " (PARTITION BY subject ORDER BY n) AS before FROM effect) e"
                                  " WHERE version <= before"),
                     0);
    assert_int_equal(
        world_number(w->publisher_pg,
                     "SELECT count(*) FROM (SELECT prev_gen, prev_pos,"
                     " lag(gen, 1, 0::bigint) OVER w AS g, lag(pos, 1, 0::bigint) OVER w AS p,"
                     " row_number() OVER w AS n, pos FROM event_log"
                     " WINDOW w AS (ORDER BY gen, pos)) l"
                     " WHERE (prev_gen, prev_pos) <> (g, p) OR pos <> n"),
        0);
}

void world_redis_do(world *w, const char *const *argv, size_t argc) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_redis_call_cstr(w->redis, pl_deadline_ms(WORLD_WAIT_MS), argv, argc, NULL,
                                      &err);
    if (code == PL_UNAVAILABLE)
        code = pl_redis_call_cstr(w->redis, pl_deadline_ms(WORLD_WAIT_MS), argv, argc, NULL, &err);
    MUST(code, err);
}

void world_last_id(world *w, char out[64]) {
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    MUST(PL_REDIS_CALL(w->redis, pl_deadline_ms(WORLD_WAIT_MS), &reply, &err, "XINFO", "STREAM",
                       "test.made"),
         err);
    pl_str id = pl_redis_reply_str(pl_redis_reply_find(reply, "last-generated-id"));
    (void)snprintf(out, 64, "%.*s", PL_FMT(id));
    pl_redis_reply_free(reply);
}

void world_failpoint(const char *spec) {
    pl_error err = PL_ERROR_INIT;
    MUST(pl_failpoint_set(spec, &err), err);
}

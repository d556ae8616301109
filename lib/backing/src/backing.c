#include "parley/backing/backing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing_internal.h"
#include "parley/base/clock.h"

enum {
    SETS_MAX = 2,
    OPEN_TIMEOUT_MS = 5000,
    READY_TIMEOUT_MS = 500,
    MIGRATE_TIMEOUT_MS = 60000,
    ROLE_SIZE = 64, /* NAMEDATALEN of PostgreSQL */
};

static size_t migration_sets(const pl_backing_opts *opts, pl_pg_migration_set sets[SETS_MAX]) {
    size_t count = 0;
    sets[count++] = pl_event_pg_migrations;
    if (opts->migrations)
        sets[count++] = *opts->migrations;
    return count;
}

static pl_code check_database(void *self, pl_error *err) {
    pl_backing *backing = self;
    return pl_pg_ping(backing->pg, pl_deadline_ms(READY_TIMEOUT_MS), err);
}

static pl_code open_database(pl_backing *backing, pl_error *err) {
    pl_pg_migration_set sets[SETS_MAX];
    pl_pg_opts pg = PL_PG_OPTS_INIT;
    pl_event_pg_opts events = PL_EVENT_PG_OPTS_INIT;
    const pl_backing_opts *opts = backing->opts;
    pg.conninfo = opts->settings->database_url;
    pg.name = opts->source;
    pg.max_connections = (uint32_t)opts->settings->connections;
    pl_code code = pl_pg_new(&pg, &backing->pg, err);
    size_t count = migration_sets(opts, sets);
    if (code == PL_OK)
        code = pl_pg_check_schema(backing->pg, sets, count, pl_deadline_ms(OPEN_TIMEOUT_MS), err);
    events.conninfo = opts->settings->database_url;
    events.source = opts->source;
    events.stream = opts->source;
    if (code == PL_OK)
        code = pl_event_pg_new(&events, &backing->events, err);
    return code;
}

static pl_code serve_log(pl_backing *backing, pl_error *err) {
    pl_code code = pl_event_log_service_new(pl_event_pg_store(backing->events),
                                            &backing->log_service, err);
    if (code == PL_OK)
        code = pl_service_add(backing->service, pl_event_log_service_binding(backing->log_service));
    if (code == PL_OK && pl_service_demo(backing->service))
        code = pl_service_add(backing->service,
                              pl_event_admin_service_binding(backing->log_service));
    return code;
}

static pl_code make_relay(pl_backing *backing, pl_error *err) {
    pl_relay_opts opts = PL_RELAY_OPTS_INIT;
    opts.store = pl_event_pg_store(backing->events);
    opts.redis_url = backing->opts->settings->redis_url;
    opts.holder = pl_service_instance(backing->service);
    opts.observer = pl_service_span;
    opts.observer_self = backing->service;
    return pl_relay_new(&opts, &backing->relay, err);
}

pl_code pl_backing_open(pl_service *service, const pl_backing_opts *opts, pl_backing **out_backing,
                        pl_error *err) {
    pl_backing *backing = calloc(1, sizeof *backing);
    if (!backing)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the stores");
    backing->service = service;
    backing->opts = opts;
    pl_code code = open_database(backing, err);
    if (code == PL_OK)
        code = serve_log(backing, err);
    if (code == PL_OK)
        code = make_relay(backing, err);
    if (code == PL_OK)
        code = pl_metrics_on_scrape(pl_service_metrics(service), backing_sample, backing);
    if (code != PL_OK) {
        pl_backing_close(backing);
        return code;
    }
    pl_service_ready_check(service, "postgres", check_database, backing);
    *out_backing = backing;
    return PL_OK;
}

void pl_backing_close(pl_backing *backing) {
    if (!backing)
        return;
    pl_metrics_forget(pl_service_metrics(backing->service), backing);
    for (size_t i = 0; i < backing->consumer_count; i++)
        pl_consumer_free(backing->consumers[i].consumer);
    pl_relay_free(backing->relay);
    for (size_t i = 0; i < backing->channel_count; i++) {
        pl_metrics_forget(pl_service_metrics(backing->service), backing->channels[i].channel);
        pl_channel_free(backing->channels[i].channel);
    }
    pl_event_log_service_free(backing->log_service);
    pl_event_pg_free(backing->events);
    pl_pg_free(backing->pg);
    free(backing);
}

pl_pg *pl_backing_pg(pl_backing *backing) {
    return backing->pg;
}

pl_event_pg *pl_backing_events(pl_backing *backing) {
    return backing->events;
}

pl_code pl_backing_channel(pl_backing *backing, const char *name, const char *address,
                           pl_channel **out_channel, pl_error *err) {
    for (size_t i = 0; i < backing->channel_count; i++) {
        if (strcmp(backing->channels[i].name, name) == 0) {
            *out_channel = backing->channels[i].channel;
            return PL_OK;
        }
    }
    if (backing->channel_count == PL_BACKING_CHANNELS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d upstreams", name,
                            PL_BACKING_CHANNELS_MAX);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.name = name;
    opts.target = address;
    pl_service_channel_opts(backing->service, &opts);
    pl_channel *channel = NULL;
    pl_code code = pl_channel_new(&opts, &channel, err);
    if (code == PL_OK)
        code = pl_service_watch_channel(backing->service, channel);
    if (code != PL_OK) {
        pl_channel_free(channel);
        return code;
    }
    backing->channels[backing->channel_count].name = name;
    backing->channels[backing->channel_count++].channel = channel;
    *out_channel = channel;
    return PL_OK;
}

pl_code pl_backing_subscribe(pl_backing *backing, const char *name, const char *address,
                             const char *stream, pl_consumer **out_consumer, pl_error *err) {
    if (backing->consumer_count == PL_BACKING_CONSUMERS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d subscriptions", stream,
                            PL_BACKING_CONSUMERS_MAX);
    pl_channel *channel = NULL;
    pl_code code = pl_backing_channel(backing, name, address, &channel, err);
    if (code != PL_OK)
        return code;
    pl_consumer_opts opts = PL_CONSUMER_OPTS_INIT;
    opts.store = pl_event_pg_store(backing->events);
    opts.subscription = backing->opts->source;
    opts.stream = stream;
    opts.redis_url = backing->opts->settings->redis_url;
    opts.log = pl_log_reader_channel(channel);
    opts.holder = pl_service_instance(backing->service);
    opts.observer = pl_service_span;
    opts.observer_self = backing->service;
    pl_consumer *consumer = NULL;
    code = pl_consumer_new(&opts, &consumer, err);
    if (code != PL_OK)
        return code;
    size_t at = backing->consumer_count++;
    backing->consumers[at].consumer = consumer;
    (void)snprintf(backing->consumers[at].subscription, sizeof backing->consumers[at].subscription,
                   "%s", backing->opts->source);
    (void)snprintf(backing->consumers[at].stream, sizeof backing->consumers[at].stream, "%s",
                   stream);
    *out_consumer = consumer;
    return PL_OK;
}

pl_code pl_backing_run(pl_backing *backing, pl_error *err) {
    pl_code code = pl_relay_start(backing->relay, err);
    for (size_t i = 0; code == PL_OK && i < backing->consumer_count; i++)
        code = pl_consumer_start(backing->consumers[i].consumer, err);
    return code;
}

static pl_code open_for_migration(const char *conninfo, const char *name, pl_pg **out_pg,
                                  pl_error *err) {
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = conninfo;
    opts.name = name;
    opts.max_connections = 1;
    opts.statement_timeout_ms = MIGRATE_TIMEOUT_MS;
    opts.lock_timeout_ms = MIGRATE_TIMEOUT_MS;
    return pl_pg_new(&opts, out_pg, err);
}

/* Who DATABASE_URL logs in as: asked, since a URL names its user in several ways or not at all.
 * "" where there is no DATABASE_URL. */
static pl_code find_data_role(const pl_backing_opts *opts, char out[ROLE_SIZE], pl_error *err) {
    pl_pg *pg = NULL;
    pl_pg_rows *rows = NULL;
    const char *conninfo = opts->settings->database_url;
    out[0] = '\0';
    if (!conninfo || !*conninfo)
        return PL_OK;
    pl_code code = open_for_migration(conninfo, opts->source, &pg, err);
    if (code == PL_OK)
        code = pl_pg_once(pg, pl_deadline_ms(OPEN_TIMEOUT_MS), "SELECT current_user::text",
                          PL_PG_NO_ARGS, &rows, err);
    if (code == PL_OK)
        (void)snprintf(out, ROLE_SIZE, "%.*s", PL_FMT(pl_pg_get_str(rows, 0, 0)));
    pl_pg_rows_free(rows);
    pl_pg_free(pg);
    return code;
}

pl_code pl_backing_migrate(const pl_backing_opts *opts, pl_error *err) {
    pl_pg_migration_set sets[SETS_MAX];
    char role[ROLE_SIZE];
    pl_pg *pg = NULL;
    const char *owner = opts->settings->migrate_database_url;
    if (!owner || !*owner)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "--migrate needs MIGRATE_DATABASE_URL, the owner's connection");
    pl_code code = find_data_role(opts, role, err);
    if (code == PL_OK)
        code = open_for_migration(owner, opts->source, &pg, err);
    size_t count = migration_sets(opts, sets);
    if (code == PL_OK)
        code = pl_pg_migrate(pg, sets, count, *role ? role : NULL,
                             pl_deadline_ms(MIGRATE_TIMEOUT_MS), NULL, err);
    pl_pg_free(pg);
    return code;
}

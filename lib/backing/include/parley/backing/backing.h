/* Backing: what a service that keeps its data in PostgreSQL and speaks in events has
 * in common with every other such service.
 *
 * Opens the pool and the event store, checks the schema, serves EventLogService,
 * relays the service's stream, consumes the streams it subscribes to, answers
 * /readyz for the database, and shows all of it in /metrics. It knows no table of
 * the service. It is the only library that brings the chassis, PostgreSQL and the
 * events together; a service with another store does without it.
 *
 *     typedef struct state { pl_backing_state base; ... } state;
 *     static const pl_setting settings[] = { PL_BACKING_SETTINGS(state, base.settings), ... };
 *
 *     static pl_code start(pl_service *service, void *self, pl_error *err) {
 *         state *s = self;
 *         ... pl_service_add(service, orders_api_bind(pl_backing_pg(s->base.backing), ...));
 *         ... pl_backing_subscribe(s->base.backing, "products", s->products_addr,
 *                                  "mall.products", &consumer, err);
 *         return mall_products_v1_on_product_changed(consumer, when_product_changed, s);
 *     }
 *     int main(int argc, char **argv) {
 *         static const pl_backing_def def = {.service = {.system = "mall", .name = "orders",
 *             ..., .start = start}, .migrations = &pl_service_migrations};
 *         return pl_backing_main(argc, argv, &def);
 *     }
 *
 * A program that is made otherwise calls open, subscribe, run, close and migrate itself.
 * Called on the service's main thread; the pool and the stores are thread-safe.
 */
#ifndef PARLEY_BACKING_BACKING_H
#define PARLEY_BACKING_BACKING_H

#include "parley/base/error.h"
#include "parley/event/consumer.h"
#include "parley/event/event_pg.h"
#include "parley/pg/migrate.h"
#include "parley/pg/pg.h"
#include "parley/rpc/channel.h"
#include "parley/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Streams one service may subscribe to, and upstreams it may call. */
#define PL_BACKING_CONSUMERS_MAX 16
#define PL_BACKING_CHANNELS_MAX  16

typedef struct pl_backing pl_backing;

/* Filled by the settings below; a member of the service's state. */
typedef struct pl_backing_settings {
    const char *database_url;
    const char *migrate_database_url;
    const char *redis_url;
    int64_t connections;
} pl_backing_settings;

/* Rows for the service's table of settings. */
#define PL_BACKING_SETTINGS(type, member)                                                          \
    PL_SETTING_SECRET("DATABASE_URL", type, member.database_url, PL_REQUIRED,                      \
                      "The service's PostgreSQL database, with the rights of a user of data."),    \
        PL_SETTING_SECRET("MIGRATE_DATABASE_URL", type, member.migrate_database_url, "",           \
                          "The same database with its owner's rights; for --migrate only."),       \
        PL_SETTING_SECRET("REDIS_URL", type, member.redis_url, PL_REQUIRED,                        \
                          "The Redis of the streams."),                                            \
        PL_SETTING_INT("DATABASE_CONNECTIONS", type, member.connections, "8", 1, 64,               \
                       "Greatest number of connections to the database.")

typedef struct pl_backing_opts {
    const pl_backing_settings *settings;   /* borrowed until close */
    const char *source;                    /* "mall.orders": the service, and its stream */
    const pl_pg_migration_set *migrations; /* the service's own; NULL: none */
} pl_backing_opts;

/* What a state begins with. */
typedef struct pl_backing_state {
    pl_backing_settings settings;
    pl_backing *backing;  /* open from start to stop */
    pl_backing_opts opts; /* what it was opened with */
} pl_backing_state;

/* A service with a backing. Its state begins with a pl_backing_state; start is called with the
 * backing open and before the relay and the consumers run, stop (may be NULL) before it is
 * closed; migrate is not used. The source of its events is "system.name". */
typedef struct pl_backing_def {
    pl_service_def service;
    const pl_pg_migration_set *migrations;
} pl_backing_def;

/* pl_service_main with a backing; DEF lives as long as the process. */
int pl_backing_main(int argc, char **argv, const pl_backing_def *def);

/* Opens everything and adds EventLogService (and EventAdminService in demonstrations) to
 * SERVICE. PL_FAILED_PRECONDITION: the schema is older or newer than the program;
 * PL_UNAVAILABLE: no database; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_backing_open(pl_service *service, const pl_backing_opts *opts,
                                     pl_backing **out_backing, pl_error *err);

/* Stops relay and consumers, then closes the rest. NULL and a half-opened one are allowed. */
void pl_backing_close(pl_backing *backing);

/* Borrowed until close. */
pl_pg *pl_backing_pg(pl_backing *backing);
pl_event_pg *pl_backing_events(pl_backing *backing);

/* The channel to the upstream NAME at ADDRESS; one each, shared by calls and consumers.
 * Borrowed until close. */
PL_NODISCARD pl_code pl_backing_channel(pl_backing *backing, const char *name, const char *address,
                                        pl_channel **out_channel, pl_error *err);

/* Subscribes to STREAM, whose publisher NAME at ADDRESS is asked for what the stream no longer
 * has. Register handlers on *out_consumer (borrowed) before pl_backing_run. */
PL_NODISCARD pl_code pl_backing_subscribe(pl_backing *backing, const char *name,
                                          const char *address, const char *stream,
                                          pl_consumer **out_consumer, pl_error *err);

/* ERR as a caller may see it. What a database said (domain "pg") is logged, and told in words that
 * name no table, constraint or host; a constraint or right that refused is PL_INTERNAL, a commit
 * without an answer PL_DEADLINE_EXCEEDED. Every other error stays what it is. Any thread. */
void pl_backing_public_error(const pl_error *err, pl_error *out_public);
/* Makes it the error of CALL, and returns its code. */
pl_code pl_backing_fail(pl_call *call, const pl_error *err);

/* Starts the relay and the consumers. */
PL_NODISCARD pl_code pl_backing_run(pl_backing *backing, pl_error *err);

/* Brings the database to this program's schema: the tables of events, then the service's. */
PL_NODISCARD pl_code pl_backing_migrate(const pl_backing_opts *opts, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

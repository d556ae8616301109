#include "parley/event/event_pg.h"

#include <stdlib.h>
#include <string.h>

#include "event_pg_impl.h"
#include "parley/base/clock.h"

static pl_code begin(pl_event_store *store, int64_t deadline_ns, void **out_tx, pl_error *err) {
    pl_pg_tx *tx = NULL;
    pl_code code = pl_pg_begin(pl_event_pg_of(store)->work, deadline_ns, &tx, err);
    if (code == PL_OK)
        *out_tx = tx;
    return code;
}

static pl_code commit(pl_event_store *store, void *tx, pl_error *err) {
    (void)store;
    return pl_pg_commit(tx, err);
}

static void rollback(pl_event_store *store, void *tx) {
    (void)store;
    pl_pg_rollback(tx);
}

static const pl_event_store_ops ops = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .publish = pl_event_pg_publish,
    .log_own = pl_event_pg_log_own,
    .log_generation = pl_event_pg_log_generation,
    .log_assign = pl_event_pg_log_assign,
    .log_first = pl_event_pg_log_first,
    .log_reject = pl_event_pg_log_reject,
    .log_read = pl_event_pg_log_read,
    .log_window = pl_event_pg_log_window,
    .log_trim = pl_event_pg_log_trim,
    .outbox_state = pl_event_pg_outbox_state,
    .cursor_read = pl_event_pg_cursor_read,
    .cursor_advance = pl_event_pg_cursor_advance,
    .park = pl_event_pg_park,
    .attempt_mark = pl_event_pg_attempt_mark,
    .attempt_unmark = pl_event_pg_attempt_unmark,
    .attempt_clear = pl_event_pg_attempt_clear,
    .lease_take = pl_event_pg_lease_take,
    .lease_renew = pl_event_pg_lease_renew,
    .lease_release = pl_event_pg_lease_release,
};

static pl_code open_pools(pl_event_pg *store, const pl_event_pg_opts *opts, pl_error *err) {
    pl_pg_opts pool = PL_PG_OPTS_INIT;
    pool.conninfo = opts->conninfo;
    pool.name = "parley-event";
    pool.max_connections = opts->max_connections;
    pl_code code = pl_pg_new(&pool, &store->work, err);
    if (code)
        return code;
    pool.name = "parley-lease";
    pool.max_connections = 1;
    return pl_pg_new(&pool, &store->lease, err);
}

pl_code pl_event_pg_new(const pl_event_pg_opts *opts, pl_event_pg **out_store, pl_error *err) {
    const char *stream = opts->stream ? opts->stream : "";
    if (!opts->conninfo || !opts->source || !opts->source[0] ||
        strlen(opts->source) > PL_EVENT_SOURCE_MAX || strlen(stream) > PL_EVENT_STREAM_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "event store: conninfo and source are required, source and stream have "
                            "at most %d and %d bytes",
                            PL_EVENT_SOURCE_MAX, PL_EVENT_STREAM_MAX);
    pl_event_pg *store = calloc(1, sizeof *store);
    if (!store)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event store: no memory");
    store->source = strdup(opts->source);
    store->stream = strdup(stream);
    pl_code code = PL_OK;
    if (!store->source || !store->stream)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event store: no memory");
    if (code == PL_OK)
        code = open_pools(store, opts, err);
    if (code == PL_OK)
        code = pl_event_store_init(&store->base, &ops, store->source, store->stream, err);
    if (code) {
        pl_event_pg_free(store);
        return code;
    }
    *out_store = store;
    return PL_OK;
}

void pl_event_pg_free(pl_event_pg *store) {
    if (!store)
        return;
    pl_event_store_done(&store->base);
    pl_pg_free(store->work);
    pl_pg_free(store->lease);
    free(store->source);
    free(store->stream);
    free(store);
}

pl_event_store *pl_event_pg_store(pl_event_pg *store) {
    return &store->base;
}

pl_event_tx pl_event_pg_tx(pl_event_pg *store, pl_pg_tx *tx, const pl_event_context *context) {
    pl_event_tx result = {.store = &store->base, .tx = tx};
    if (context)
        result.context = *context;
    return result;
}

/* The name of a constraint says nothing to who forgot to count. */
static void explain(pl_error *err) {
    if (err && strcmp(err->reason, "outbox_agg_type_agg_id_agg_ver_key") == 0)
        (void)pl_error_wrap(err, err,
                            "an event repeats a version of its aggregate; each takes the next one");
}

pl_code pl_event_pg_commit(pl_event_tx *tx, pl_error *err) {
    pl_code code = pl_pg_commit(tx->tx, err);
    if (code == PL_ALREADY_EXISTS)
        explain(err);
    tx->tx = NULL;
    /* A commit whose answer was lost may have happened. */
    if (tx->published > 0 && (code == PL_OK || code == PL_UNKNOWN))
        pl_event_store_committed(tx->store);
    return code;
}

pl_code pl_event_pg_begin(pl_event_pg *store, pl_pg *pg, int64_t deadline_ns,
                          const pl_event_context *context, pl_event_tx *out_tx, pl_error *err) {
    pl_pg_tx *tx = NULL;
    pl_code code = pl_pg_begin(pg, deadline_ns, &tx, err);
    if (code == PL_OK)
        *out_tx = pl_event_pg_tx(store, tx, context);
    return code;
}

pl_code pl_event_pg_end(pl_event_tx *tx, pl_code code, pl_error *err) {
    if (code == PL_OK)
        return pl_event_pg_commit(tx, err);
    pl_pg_rollback(tx->tx);
    tx->tx = NULL;
    return code;
}

pl_pg_tx *pl_event_tx_pg(pl_event_tx *tx) {
    return tx->tx;
}

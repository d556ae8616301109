#include "event_pg_impl.h"
#include "parley/base/clock.h"

static pl_code once(pl_event_store *store, const char *sql, pl_pg_args args, pl_pg_rows **out_rows,
                    pl_error *err) {
    return pl_pg_once(pl_event_pg_of(store)->lease, pl_deadline_ms(PL_EVENT_PG_LEASE_MS), sql, args,
                      out_rows, err);
}

pl_code pl_event_pg_lease_take(pl_event_store *store, const char *name, const char *holder,
                               pl_lease_grant *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = once(
        store,
        "WITH old AS (SELECT holder FROM lease WHERE name = $1)"
        " INSERT INTO lease AS l (name, epoch, holder, until)"
        " VALUES ($1, 1, $2, clock_timestamp() + $3 * interval '1 ms')"
        " ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1,"
        "   holder = excluded.holder, until = excluded.until"
        "   WHERE l.until < clock_timestamp()"
        " RETURNING epoch, coalesce((SELECT holder FROM old), '') <> ''",
        PL_PG_ARGS(pl_pg_cstr(name), pl_pg_cstr(holder), pl_pg_f64(PL_EVENT_LEASE_MS)), &rows, err);
    if (code)
        return code;
    *out = (pl_lease_grant){.granted = pl_pg_count(rows) == 1};
    if (out->granted) {
        out->epoch = pl_pg_get_i64(rows, 0, 0);
        out->crashed = pl_pg_get_bool(rows, 0, 1);
    }
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code pl_event_pg_lease_renew(pl_event_store *store, const char *name, int64_t epoch,
                                pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = once(
        store,
        "UPDATE lease SET until = clock_timestamp() + $3 * interval '1 ms'"
        " WHERE name = $1 AND epoch = $2 AND holder <> '' RETURNING epoch",
        PL_PG_ARGS(pl_pg_cstr(name), pl_pg_i64(epoch), pl_pg_f64(PL_EVENT_LEASE_MS)), &rows, err);
    if (code)
        return code;
    if (pl_pg_count(rows) == 0)
        code = pl_error_set(err, PL_ABORTED, "lease %s: epoch %lld was overtaken", name,
                            (long long)epoch);
    pl_pg_rows_free(rows);
    return code;
}

pl_code pl_event_pg_lease_release(pl_event_store *store, const char *name, int64_t epoch,
                                  pl_error *err) {
    return once(store,
                "UPDATE lease SET holder = '', until = clock_timestamp() - interval '1 ms'"
                " WHERE name = $1 AND epoch = $2",
                PL_PG_ARGS(pl_pg_cstr(name), pl_pg_i64(epoch)), NULL, err);
}

#include "event_pg_impl.h"
#include "parley/base/clock.h"

pl_code pl_event_pg_take_rows(const pl_pg_rows *rows, size_t first, pl_log_batch *out,
                              pl_error *err) {
    size_t count = pl_pg_count(rows);
    bool ok = pl_log_batch_reset(out, count);
    for (size_t i = 0; ok && i < count; i++) {
        if (pl_pg_is_null(rows, i, first))
            continue;
        pl_event_pos at = {pl_pg_get_i64(rows, i, first), pl_pg_get_i64(rows, i, first + 1)};
        pl_event_pos prev = {pl_pg_get_i64(rows, i, first + 2), pl_pg_get_i64(rows, i, first + 3)};
        ok = pl_log_batch_add(out, at, prev, pl_pg_get_bytes(rows, i, first + 4));
    }
    return ok ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event log: no memory");
}

static pl_code query(pl_event_store *store, const char *sql, pl_pg_args args, pl_pg_rows **out_rows,
                     pl_error *err) {
    return pl_pg_once(pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS), sql, args,
                      out_rows, err);
}

static pl_code query_pos(pl_event_store *store, const char *sql, pl_pg_args args, pl_event_pos *out,
                         pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = query(store, sql, args, &rows, err);
    if (code)
        return code;
    *out = (pl_event_pos){0, 0};
    if (pl_pg_count(rows) > 0)
        *out = (pl_event_pos){pl_pg_get_i64(rows, 0, 0), pl_pg_get_i64(rows, 0, 1)};
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code pl_event_pg_log_read(pl_event_store *store, int32_t part, pl_event_pos after, int32_t max,
                             pl_log_batch *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = query(
        store,
        "SELECT h.gen, h.pos, e.gen, e.pos, e.prev_gen, e.prev_pos, e.envelope FROM log_head h"
        " LEFT JOIN (SELECT l.*, row_number() OVER w AS n,"
        "     sum(octet_length(envelope) + 64) OVER w AS total"
        "   FROM (SELECT gen, pos, prev_gen, prev_pos, envelope FROM event_log"
        "     WHERE part = $1 AND (gen, pos) > ($2, $3) ORDER BY gen, pos LIMIT $4) l"
        "   WINDOW w AS (ORDER BY gen, pos)) e ON e.n = 1 OR e.total <= $5"
        " WHERE h.part = $1 ORDER BY e.gen, e.pos",
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(after.gen), pl_pg_i64(after.pos), pl_pg_i64(max),
                   pl_pg_i64((int64_t)PL_EVENT_BATCH_BYTES)),
        &rows, err);
    if (code)
        return code;
    code = pl_event_pg_take_rows(rows, 2, out, err);
    if (code == PL_OK && pl_pg_count(rows) > 0 && pl_pg_get_i64(rows, 0, 1) > 0)
        out->head = (pl_event_pos){pl_pg_get_i64(rows, 0, 0), pl_pg_get_i64(rows, 0, 1)};
    pl_pg_rows_free(rows);
    return code;
}

pl_code pl_event_pg_log_window(pl_event_store *store, int32_t part, int64_t keep_ms,
                               int64_t keep_entries, pl_event_pos *out_after, pl_error *err) {
    return query_pos(
        store,
        "SELECT gen, pos FROM (SELECT gen, pos, created FROM event_log"
        "   WHERE part = $1 ORDER BY gen DESC, pos DESC OFFSET $3) l"
        " WHERE created < now() - $2 * interval '1 ms'"
        " ORDER BY gen DESC, pos DESC LIMIT 1",
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_f64((double)keep_ms), pl_pg_i64(keep_entries)), out_after,
        err);
}

pl_code pl_event_pg_log_trim(pl_event_store *store, int32_t part, pl_event_pos first, int32_t step,
                             int64_t keep_ms, int64_t keep_entries, pl_event_pos *out,
                             pl_error *err) {
    return query_pos(store,
                     "SELECT e.gen, e.pos FROM log_head h, (SELECT gen, pos, created FROM event_log"
                     "   WHERE part = $1 AND (gen, pos) >= ($2, $3) ORDER BY gen, pos"
                     "   OFFSET $4 LIMIT 1) e"
                     " WHERE h.part = $1 AND e.created < now() - $5 * interval '1 ms'"
                     " AND e.pos <= h.pos - $6 + 1",
                     PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(first.gen), pl_pg_i64(first.pos),
                                pl_pg_i64(step), pl_pg_f64((double)keep_ms),
                                pl_pg_i64(keep_entries)),
                     out, err);
}

pl_code pl_event_pg_outbox_state(pl_event_store *store, int32_t part, pl_outbox_state *out,
                                 pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = query(
        store,
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE part = $1 LIMIT $2) o),"
        " coalesce((SELECT (extract(epoch FROM clock_timestamp() - created) * 1000)::bigint"
        "   FROM outbox WHERE part = $1 ORDER BY id LIMIT 1), 0),"
        " (SELECT count(*) FROM (SELECT 1 FROM outbox_rejected WHERE part = $1 LIMIT $2) r)",
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(PL_OUTBOX_COUNT_MAX)), &rows, err);
    if (code)
        return code;
    *out = (pl_outbox_state){
        .rows = pl_pg_get_i64(rows, 0, 0),
        .oldest_ms = pl_pg_get_i64(rows, 0, 1),
        .rejected = pl_pg_get_i64(rows, 0, 2),
    };
    pl_pg_rows_free(rows);
    return PL_OK;
}

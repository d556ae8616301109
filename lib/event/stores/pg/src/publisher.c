#include "event_pg_impl.h"
#include "parley/base/clock.h"

pl_code pl_event_pg_publish(pl_event_store *store, void *tx, const pl_outbox_row *row,
                            pl_error *err) {
    (void)store;
    bool aggregate = row->agg_type.n > 0;
    return pl_pg_exec(
        tx,
        "INSERT INTO outbox (part, event_id, agg_type, agg_id, agg_ver, type, envelope)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        PL_PG_ARGS(pl_pg_i32(row->part), pl_pg_uuid(row->event_id),
                   aggregate ? pl_pg_text(row->agg_type) : pl_pg_null(),
                   aggregate ? pl_pg_text(row->agg_id) : pl_pg_null(),
                   aggregate ? pl_pg_i64(row->agg_ver) : pl_pg_null(), pl_pg_text(row->type),
                   pl_pg_bytes(row->envelope.p, row->envelope.n)),
        err);
}

static pl_code own(pl_event_store *store, pl_pg_tx *tx, int32_t part, int64_t epoch,
                   pl_log_head *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_exec(
        tx,
        "INSERT INTO log_head (part, parts, gen, pos, epoch, system_id, timeline)"
        " SELECT $1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0, 0,"
        " s.system_identifier, c.timeline_id FROM pg_control_system() s, pg_control_checkpoint() c"
        " WHERE NOT EXISTS (SELECT 1 FROM log_head WHERE part = $1)"
        " ON CONFLICT (part) DO NOTHING",
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_i32(store->parts)), err);
    if (code == PL_OK)
        code = pl_pg_query(tx,
                           "UPDATE log_head SET epoch = $2 WHERE part = $1 AND epoch <= $2"
                           " RETURNING gen, pos, parts,"
                           " system_id <> (SELECT system_identifier FROM pg_control_system()) OR"
                           " timeline <> (SELECT timeline_id FROM pg_control_checkpoint())",
                           PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(epoch)), &rows, err);
    if (code)
        return code;
    if (pl_pg_count(rows) == 0)
        return pl_error_set(err, PL_ABORTED, "log of part %d: epoch %lld is no longer the owner",
                            (int)part, (long long)epoch);
    if (pl_pg_get_i64(rows, 0, 2) != store->parts)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "log of part %d was made with %lld parts, this program has %d",
                            (int)part, (long long)pl_pg_get_i64(rows, 0, 2), (int)store->parts);
    *out = (pl_log_head){
        .pos = {pl_pg_get_i64(rows, 0, 0), pl_pg_get_i64(rows, 0, 1)},
        .identity_changed = pl_pg_get_bool(rows, 0, 3),
    };
    return PL_OK;
}

pl_code pl_event_pg_log_own(pl_event_store *store, int32_t part, int64_t epoch, pl_log_head *out,
                            pl_error *err) {
    pl_pg_tx *tx = NULL;
    pl_log_head head;
    pl_code code = pl_pg_begin(pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS),
                               &tx, err);
    if (code)
        return code;
    code = own(store, tx, part, epoch, &head, err);
    if (code) {
        pl_pg_rollback(tx);
        return code;
    }
    code = pl_pg_commit(tx, err);
    if (code == PL_OK)
        *out = head;
    return code;
}

pl_code pl_event_pg_log_generation(pl_event_store *store, int64_t epoch, int64_t at_least_ms,
                                   const pl_outbox_row *row, pl_event_pos *out_head,
                                   pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(
        pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS),
        "WITH old AS (SELECT gen, pos FROM log_head WHERE part = $1 AND epoch = $2 FOR UPDATE),"
        " head AS (UPDATE log_head SET pos = old.pos + 1, gen = greatest(old.gen + 1, $3,"
        "   (extract(epoch FROM clock_timestamp()) * 1000)::bigint),"
        "   system_id = (SELECT system_identifier FROM pg_control_system()),"
        "   timeline = (SELECT timeline_id FROM pg_control_checkpoint())"
        "   FROM old WHERE part = $1 AND epoch = $2"
        "   RETURNING log_head.gen, log_head.pos, old.gen AS old_gen, old.pos AS old_pos)"
        " INSERT INTO event_log (part, gen, pos, prev_gen, prev_pos, event_id, type, envelope)"
        " SELECT $1, gen, pos, CASE WHEN old_pos = 0 THEN 0 ELSE old_gen END, old_pos,"
        "   $4, $5, $6 FROM head RETURNING gen, pos",
        PL_PG_ARGS(pl_pg_i32(row->part), pl_pg_i64(epoch), pl_pg_i64(at_least_ms),
                   pl_pg_uuid(row->event_id), pl_pg_text(row->type),
                   pl_pg_bytes(row->envelope.p, row->envelope.n)),
        &rows, err);
    if (code)
        return code;
    if (pl_pg_count(rows) == 1)
        *out_head = (pl_event_pos){pl_pg_get_i64(rows, 0, 0), pl_pg_get_i64(rows, 0, 1)};
    else
        code = pl_error_set(err, PL_ABORTED, "log of part %d: epoch %lld is no longer the owner",
                            (int)row->part, (long long)epoch);
    pl_pg_rows_free(rows);
    return code;
}

/* One row at least: without rows of the log in it, it says whether there was something to move.
 * The head's row is locked before anything is deleted: a relay that was overtaken while it
 * waited for the lock deletes and inserts nothing. */
static const char assign_sql[] =
    "WITH batch AS (SELECT o.*, row_number() OVER (ORDER BY id) AS n"
    "   FROM (SELECT * FROM outbox WHERE part = $1 AND ($4 = 0 OR id = $4) ORDER BY id LIMIT $3) "
    "o),"
    " head AS (UPDATE log_head SET pos = pos + (SELECT count(*) FROM batch)"
    "   WHERE part = $1 AND epoch = $2 AND EXISTS (SELECT 1 FROM batch)"
    "   RETURNING gen, pos - (SELECT count(*) FROM batch) AS base),"
    " gone AS (DELETE FROM outbox USING batch, head WHERE outbox.id = batch.id),"
    " moved AS (INSERT INTO event_log (part, gen, pos, prev_gen, prev_pos, event_id, agg_type,"
    "     agg_id, agg_ver, type, envelope, created)"
    "   SELECT $1, h.gen, h.base + b.n, CASE WHEN h.base + b.n = 1 THEN 0 ELSE h.gen END,"
    "     h.base + b.n - 1, b.event_id, b.agg_type, b.agg_id, b.agg_ver, b.type, b.envelope,"
    "     now() FROM batch b, head h"
    "   RETURNING gen, pos, prev_gen, prev_pos, envelope)"
    " SELECT EXISTS (SELECT 1 FROM batch), m.gen, m.pos, m.prev_gen, m.prev_pos, m.envelope"
    " FROM (SELECT 1) one LEFT JOIN moved m ON true ORDER BY m.gen, m.pos";

pl_code pl_event_pg_log_assign(pl_event_store *store, int32_t part, int64_t epoch, int32_t max,
                               int64_t row, pl_log_batch *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(
        pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS), assign_sql,
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(epoch), pl_pg_i64(max), pl_pg_i64(row)), &rows, err);
    if (code)
        return code;
    code = pl_event_pg_take_rows(rows, 1, out, err);
    if (code == PL_OK)
        out->fenced = out->count == 0 && pl_pg_get_bool(rows, 0, 0);
    pl_pg_rows_free(rows);
    return code;
}

pl_code pl_event_pg_log_first(pl_event_store *store, int32_t part, int64_t *out_row,
                              pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS),
                              "SELECT id FROM outbox WHERE part = $1 ORDER BY id LIMIT 1",
                              PL_PG_ARGS(pl_pg_i32(part)), &rows, err);
    if (code)
        return code;
    *out_row = pl_pg_count(rows) > 0 ? pl_pg_get_i64(rows, 0, 0) : 0;
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code pl_event_pg_log_reject(pl_event_store *store, int32_t part, int64_t epoch, int64_t row,
                               const char *reason, pl_error *err) {
    return pl_pg_once(
        pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS),
        "WITH head AS (SELECT 1 FROM log_head WHERE part = $1 AND epoch = $2 FOR UPDATE),"
        " gone AS (DELETE FROM outbox USING head WHERE id = $3"
        "   RETURNING id, part, event_id, agg_type, agg_id, agg_ver, type, envelope, created)"
        " INSERT INTO outbox_rejected (id, part, event_id, agg_type, agg_id, agg_ver, type,"
        "   envelope, created, reason) SELECT gone.*, $4 FROM gone",
        PL_PG_ARGS(pl_pg_i32(part), pl_pg_i64(epoch), pl_pg_i64(row), pl_pg_cstr(reason)), NULL,
        err);
}

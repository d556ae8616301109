#include "event_pg_impl.h"
#include "parley/base/clock.h"

#define SUBSCRIPTION(sub) pl_pg_cstr((sub)->name), pl_pg_cstr((sub)->stream), pl_pg_i32((sub)->part)

static pl_code once(pl_event_store *store, const char *sql, pl_pg_args args, pl_pg_rows **out_rows,
                    pl_error *err) {
    return pl_pg_once(pl_event_pg_of(store)->work, pl_deadline_ms(PL_EVENT_PG_WORK_MS), sql, args,
                      out_rows, err);
}

pl_code pl_event_pg_cursor_read(pl_event_store *store, const pl_subscription *sub,
                                pl_event_pos *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = once(store,
                        "WITH made AS (INSERT INTO cursor (sub, stream, part, gen, pos)"
                        "   SELECT $1, $2, $3, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM cursor"
                        "     WHERE sub = $1 AND stream = $2 AND part = $3)"
                        "   ON CONFLICT DO NOTHING)"
                        " SELECT gen, pos FROM cursor WHERE sub = $1 AND stream = $2 AND part = $3",
                        PL_PG_ARGS(SUBSCRIPTION(sub)), &rows, err);
    if (code)
        return code;
    *out = (pl_event_pos){0, 0};
    if (pl_pg_count(rows) > 0)
        *out = (pl_event_pos){pl_pg_get_i64(rows, 0, 0), pl_pg_get_i64(rows, 0, 1)};
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code pl_event_pg_cursor_advance(pl_event_store *store, void *tx, const pl_subscription *sub,
                                   pl_event_pos from, pl_event_pos to, pl_error *err) {
    (void)store;
    return pl_pg_exec(tx,
                      "WITH u AS (UPDATE cursor SET gen = $6, pos = $7"
                      "   WHERE sub = $1 AND stream = $2 AND part = $3 AND gen = $4 AND pos = $5"
                      "   RETURNING 1)"
                      " SELECT parley_expect(count(*), 1) FROM u",
                      PL_PG_ARGS(SUBSCRIPTION(sub), pl_pg_i64(from.gen), pl_pg_i64(from.pos),
                                 pl_pg_i64(to.gen), pl_pg_i64(to.pos)),
                      err);
}

pl_code pl_event_pg_park(pl_event_store *store, void *tx, const pl_subscription *sub,
                         const pl_parked_row *row, pl_error *err) {
    static const char sql[] =
        "INSERT INTO parked (sub, stream, part, entry_id, reason, type, detail, bytes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    pl_pg_args args = PL_PG_ARGS(SUBSCRIPTION(sub), pl_pg_text(row->entry_id),
                                 pl_pg_cstr(row->reason), pl_pg_text(row->type),
                                 pl_pg_text(row->detail), pl_pg_bytes(row->bytes.p, row->bytes.n));
    return tx ? pl_pg_exec(tx, sql, args, err) : once(store, sql, args, NULL, err);
}

pl_code pl_event_pg_attempt_mark(pl_event_store *store, const pl_subscription *sub, pl_event_pos at,
                                 int64_t *out_tries, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = once(store,
                        "INSERT INTO attempts AS a (sub, stream, part, gen, pos, tries)"
                        " VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT (sub, stream, part, gen, pos)"
                        " DO UPDATE SET tries = a.tries + 1, last = now() RETURNING tries",
                        PL_PG_ARGS(SUBSCRIPTION(sub), pl_pg_i64(at.gen), pl_pg_i64(at.pos)), &rows,
                        err);
    if (code)
        return code;
    *out_tries = pl_pg_get_i64(rows, 0, 0);
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code pl_event_pg_attempt_unmark(pl_event_store *store, const pl_subscription *sub,
                                   pl_event_pos at, pl_error *err) {
    return once(store,
                "WITH gone AS (DELETE FROM attempts WHERE sub = $1 AND stream = $2 AND part = $3"
                "   AND gen = $4 AND pos = $5 AND tries <= 1)"
                " UPDATE attempts SET tries = tries - 1"
                " WHERE sub = $1 AND stream = $2 AND part = $3 AND gen = $4 AND pos = $5"
                "   AND tries > 1",
                PL_PG_ARGS(SUBSCRIPTION(sub), pl_pg_i64(at.gen), pl_pg_i64(at.pos)), NULL, err);
}

pl_code pl_event_pg_attempt_clear(pl_event_store *store, void *tx, const pl_subscription *sub,
                                  pl_event_pos at, pl_error *err) {
    (void)store;
    return pl_pg_exec(tx,
                      "DELETE FROM attempts"
                      " WHERE sub = $1 AND stream = $2 AND part = $3 AND gen = $4 AND pos = $5",
                      PL_PG_ARGS(SUBSCRIPTION(sub), pl_pg_i64(at.gen), pl_pg_i64(at.pos)), err);
}

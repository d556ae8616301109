#include "parley/verify/states_pg.h"

#include "parley/base/clock.h"

enum { CONNECTIONS = 2 };

pl_code pl_states_pg_open(pl_states_pg *base, const char *const *settings, const char *source,
                          pl_error *err) {
    pl_pg_opts pg = PL_PG_OPTS_INIT;
    pl_event_pg_opts events = PL_EVENT_PG_OPTS_INIT;
    base->arena = pl_arena_make(PL_STATES_PG_ARENA);
    pl_code code = pl_states_setting(settings, "DATABASE_URL", &pg.conninfo, err);
    pg.name = "states";
    pg.max_connections = CONNECTIONS;
    if (code == PL_OK)
        code = pl_pg_new(&pg, &base->pg, err);
    events.conninfo = pg.conninfo;
    events.source = source;
    events.stream = source;
    return code == PL_OK ? pl_event_pg_new(&events, &base->events, err) : code;
}

void pl_states_pg_close(pl_states_pg *base) {
    pl_event_pg_free(base->events);
    pl_pg_free(base->pg);
    pl_arena_done(&base->arena);
}

int64_t pl_states_pg_deadline(pl_states_pg *base) {
    pl_arena_clear(&base->arena);
    return pl_deadline_ms(PL_STATES_PG_TIMEOUT_MS);
}

pl_code pl_states_pg_exec(pl_states_pg *base, const char *sql, pl_pg_args args, pl_error *err) {
    return pl_pg_once(base->pg, pl_deadline_ms(PL_STATES_PG_TIMEOUT_MS), sql, args, NULL, err);
}

pl_code pl_states_pg_begin(pl_states_pg *base, pl_event_tx *out_tx, pl_error *err) {
    const pl_event_context context = PL_EVENT_CONTEXT_INIT;
    return pl_event_pg_begin(base->events, base->pg, pl_deadline_ms(PL_STATES_PG_TIMEOUT_MS),
                             &context, out_tx, err);
}

pl_code pl_states_pg_end(pl_event_tx *tx, pl_code code, pl_error *err) {
    return pl_event_pg_end(tx, code, err);
}

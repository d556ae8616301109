/* What the states of a service stand on that keeps its data in PostgreSQL and speaks in events: its
 * database, opened with the settings of the service, and its outbox. What a state or trigger
 * publishes there the running service relays to its stream.
 *
 *     typedef struct world { pl_states_pg base; products_store store; } world;
 *
 *     static pl_code open_world(void *self, const char *const *settings, pl_error *err) {
 *         world *w = self;
 *         pl_code code = pl_states_pg_open(&w->base, settings, "mall.products", err);
 *         w->store = (products_store){w->base.pg, w->base.events};
 *         return code;
 *     }
 *
 * One thread at a time.
 */
#ifndef PARLEY_VERIFY_STATES_PG_H
#define PARLEY_VERIFY_STATES_PG_H

#include "parley/base/arena.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"
#include "parley/verify/states.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How long one state or trigger may take. */
#define PL_STATES_PG_TIMEOUT_MS 10000
/* Bytes of memory of one. */
#define PL_STATES_PG_ARENA (4u << 20)

typedef struct pl_states_pg {
    pl_pg *pg;
    pl_event_pg *events;
    pl_arena arena; /* cleared by pl_states_pg_deadline */
} pl_states_pg;

/* Opens the database at DATABASE_URL of SETTINGS; SOURCE is the service, and its stream
 * ("mall.products"). PL_FAILED_PRECONDITION: no such setting; PL_INVALID_ARGUMENT;
 * PL_RESOURCE_EXHAUSTED. Close it in any case. */
PL_NODISCARD pl_code pl_states_pg_open(pl_states_pg *base, const char *const *settings,
                                       const char *source, pl_error *err);
/* A zeroed and a half-opened one are allowed. */
void pl_states_pg_close(pl_states_pg *base);

/* The deadline of one more state or trigger, which begins with an empty arena. */
int64_t pl_states_pg_deadline(pl_states_pg *base);

/* Runs one statement of the service's own. */
PL_NODISCARD pl_code pl_states_pg_exec(pl_states_pg *base, const char *sql, pl_pg_args args,
                                       pl_error *err);

/* A transaction that may publish, and its end: committed where CODE is PL_OK, else rolled back. */
PL_NODISCARD pl_code pl_states_pg_begin(pl_states_pg *base, pl_event_tx *out_tx, pl_error *err);
PL_NODISCARD pl_code pl_states_pg_end(pl_event_tx *tx, pl_code code, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

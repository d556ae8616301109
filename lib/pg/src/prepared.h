/* The statements prepared on one connection, found by SQL text and parameter types.
 *
 * A statement counts as prepared from the moment it was queued, so that the rest
 * of the pipeline can use it, and is forgotten where its preparation fails.
 */
#ifndef PARLEY_PG_PREPARED_H
#define PARLEY_PG_PREPARED_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/pg/pg.h"

#define PG_PREPARED_SLOTS (2 * PL_PG_PREPARED_MAX) /* a power of two */

typedef struct pg_statement {
    char *sql; /* NULL: free slot */
    Oid *types;
    uint64_t hash;
    int type_count;
    bool ready; /* prepared, or queued for it */
} pg_statement;

typedef struct pg_prepared {
    pg_statement slots[PG_PREPARED_SLOTS];
    uint32_t count;
} pg_prepared;

/* The name of the statement in SLOT: "s12". */
#define PG_STATEMENT_NAME_SIZE 16
void pg_statement_name(uint32_t slot, char out[PG_STATEMENT_NAME_SIZE]);

/* The slot of a statement, made where it is missing; -1 where the table is full or there is no
 * memory: the statement is sent without preparing it. */
int32_t pg_prepared_slot(pg_prepared *prepared, const char *sql, const Oid *types, int type_count);

void pg_prepared_done(pg_prepared *prepared);

#endif

/* A result and its place in its transaction's list. */
#ifndef PARLEY_PG_ROWS_H
#define PARLEY_PG_ROWS_H

#include <libpq-fe.h>

#include "parley/pg/pg.h"

struct pl_pg_rows {
    PGresult *result;
    pl_pg_rows *next;
};

/* Wraps RESULT, which it takes also on failure (NULL: no memory). */
pl_pg_rows *pg_rows_new(PGresult *result);

/* Frees the whole list. */
void pg_rows_free_all(pl_pg_rows *first);

#endif

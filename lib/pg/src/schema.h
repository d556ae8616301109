/* Compares the migrations a program carries with those a database has. */
#ifndef PARLEY_PG_SCHEMA_H
#define PARLEY_PG_SCHEMA_H

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/pg/migrate.h"

#define PG_REASON_SCHEMA_OLDER   "SCHEMA_OLDER"
#define PG_REASON_SCHEMA_NEWER   "SCHEMA_NEWER"
#define PG_REASON_SCHEMA_CHANGED "SCHEMA_CHANGED"

/* One migration of the flat list: the built-in ones, then those of the sets in order. */
typedef struct pg_step {
    const char *module;
    const char *name;
    const char *sql;
} pg_step;

/* The flat list in the three arrays that the comparison takes, too. */
typedef struct pg_plan {
    pg_step *steps;
    pl_str *modules, *names, *sqls;
    size_t count;
} pg_plan;

/* Checks the names and makes the list. After PL_OK pg_plan_done must follow. */
pl_code pg_plan_init(pg_plan *plan, const pl_pg_migration_set *sets, size_t set_count,
                     pl_error *err);
void pg_plan_done(pg_plan *plan);

/* Gives rows (ordinal int8 from 1 or NULL, module, name, state text) for every migration that is
 * not the same on both sides: state "missing", "changed" or "unknown", missing ones in order. */
extern const char pg_schema_compare_sql[];
pl_pg_args pg_schema_compare_args(const pg_plan *plan, pl_pg_value values[3]);

/* The refusal that ROWS contain: unknown or changed migrations, also missing ones where
 * MISSING_TOO. PL_OK: none. */
pl_code pg_schema_judge(const pl_pg_rows *rows, bool missing_too, pl_error *err);

#endif

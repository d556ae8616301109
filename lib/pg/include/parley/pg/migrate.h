/* Migrations: the one way a schema changes.
 *
 * A program carries its migrations: sets of named SQL scripts, one set a module.
 * The runner applies what is missing, in the order of the list, under a lock of
 * the database, each script in a transaction of its own; a script that fails
 * leaves nothing of itself, and those before it stay. The table
 * parley_migration says what was applied, with the script's checksum.
 *
 * A program that starts only checks. It refuses a database that lacks one of its
 * migrations, one that has a migration it does not know (made by a newer
 * release), and one whose scripts were different.
 *
 * The built-in set "parley" comes first. It makes parley_migration and
 *     parley_expect(actual bigint, wanted bigint) returns bigint
 * which raises SQLSTATE PL001 (PL_ABORTED, reason "FENCED") where they differ: a fence
 * inside a pipeline, without a round trip to look at a count:
 *     WITH u AS (UPDATE head SET pos = $2 WHERE epoch = $1 RETURNING 1)
 *     SELECT parley_expect(count(*), 1) FROM u
 */
#ifndef PARLEY_PG_MIGRATE_H
#define PARLEY_PG_MIGRATE_H

#include <stddef.h>

#include "parley/base/error.h"
#include "parley/pg/pg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a module's or migration's name. */
#define PL_PG_MIGRATION_NAME_MAX 63
/* Migrations a database may have. */
#define PL_PG_MIGRATIONS_MAX 1000

/* One script; it may hold several statements, none of them BEGIN or COMMIT. */
typedef struct pl_pg_migration {
    const char *name; /* "0001_orders": sorted within its set, never renamed */
    const char *sql;
} pl_pg_migration;

/* The migrations of one module: "event", "orders". */
typedef struct pl_pg_migration_set {
    const char *module;
    const pl_pg_migration *list;
    size_t count;
} pl_pg_migration_set;

/* Brings the database up to date, with PG connected as the owner. DATA_ROLE (NULL: none) gets
 * SELECT, INSERT, UPDATE, DELETE on the tables and USAGE on the sequences of schema public, the
 * present and the future ones, and no right to change the schema. OUT_APPLIED (NULL is allowed)
 * is the number of scripts applied. Waits for another runner until DEADLINE_NS.
 * PL_FAILED_PRECONDITION with reason SCHEMA_NEWER or SCHEMA_CHANGED as for pl_pg_check_schema;
 * PL_INVALID_ARGUMENT: names empty, too long, not sorted; else the script's error, with its
 * module and name. */
PL_NODISCARD pl_code pl_pg_migrate(pl_pg *pg, const pl_pg_migration_set *sets, size_t set_count,
                                   const char *data_role, int64_t deadline_ns, size_t *out_applied,
                                   pl_error *err);

/* PL_OK where the database has exactly these migrations; else PL_FAILED_PRECONDITION with reason
 * SCHEMA_OLDER (run the program with --migrate), SCHEMA_NEWER (run a newer release) or
 * SCHEMA_CHANGED (a script was edited after it had been applied). */
PL_NODISCARD pl_code pl_pg_check_schema(pl_pg *pg, const pl_pg_migration_set *sets,
                                        size_t set_count, int64_t deadline_ns, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "parley/base/macros.h"
#include "sqlstate.h"

/* undefined_table: nothing was ever migrated. */
#define SQLSTATE_UNDEFINED_TABLE "42P01"

static const pl_pg_migration builtin_list[] = {
    {"0001_expect",
     "CREATE FUNCTION parley_expect(actual bigint, wanted bigint) RETURNS bigint\n"
     "LANGUAGE plpgsql AS $$\n"
     "BEGIN\n"
     "    IF actual IS DISTINCT FROM wanted THEN\n"
     "        RAISE EXCEPTION 'expected %, found %', wanted, actual USING ERRCODE = 'PL001';\n"
     "    END IF;\n"
     "    RETURN actual;\n"
     "END $$;"},
};
static const pl_pg_migration_set builtin = {"parley", builtin_list, PL_COUNT(builtin_list)};

/* The checksum is the server's: it has the hash. */
const char pg_schema_compare_sql[] =
    "SELECT w.ord::int8, coalesce(w.module, m.module), coalesce(w.name, m.name),"
    "       CASE WHEN m.name IS NULL THEN 'missing' WHEN w.name IS NULL THEN 'unknown'"
    "            ELSE 'changed' END "
    "FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w(module, name, sql, ord)"
    "     FULL JOIN parley_migration m ON m.module = w.module AND m.name = w.name "
    "WHERE m.checksum IS DISTINCT FROM sha256(convert_to(w.sql, 'UTF8')) "
    "ORDER BY w.ord, 2, 3 LIMIT 1000";

/* ---- the flat list --------------------------------------------------------------- */

static bool valid_name(const char *name) {
    size_t length = name ? strlen(name) : 0;
    return length > 0 && length <= PL_PG_MIGRATION_NAME_MAX;
}

static pl_code check_set(const pl_pg_migration_set *set, pl_error *err) {
    if (!valid_name(set->module))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "migrations: the module's name must have 1 to %d bytes: %s",
                            PL_PG_MIGRATION_NAME_MAX, set->module ? set->module : "(none)");
    for (size_t i = 0; i < set->count; i++) {
        const pl_pg_migration *m = &set->list[i];
        if (!valid_name(m->name) || !m->sql)
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "migrations of %s: number %zu needs a name of 1 to %d bytes and a "
                                "script: %.64s",
                                set->module, i + 1, PL_PG_MIGRATION_NAME_MAX,
                                m->name ? m->name : "(none)");
        if (i > 0 && strcmp(set->list[i - 1].name, m->name) >= 0)
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "migrations of %s: %s stands after %s; sort them, each once",
                                set->module, m->name, set->list[i - 1].name);
    }
    return PL_OK;
}

static void add_set(pg_plan *plan, const pl_pg_migration_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        size_t n = plan->count++;
        plan->steps[n] = (pg_step){set->module, set->list[i].name, set->list[i].sql};
        plan->modules[n] = pl_str_c(set->module);
        plan->names[n] = pl_str_c(set->list[i].name);
        plan->sqls[n] = pl_str_c(set->list[i].sql);
    }
}

pl_code pg_plan_init(pg_plan *plan, const pl_pg_migration_set *sets, size_t set_count,
                     pl_error *err) {
    *plan = (pg_plan){0};
    size_t total = builtin.count;
    for (size_t i = 0; i < set_count; i++) {
        pl_code code = check_set(&sets[i], err);
        if (code)
            return code;
        total += sets[i].count;
    }
    if (total > PL_PG_MIGRATIONS_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%zu migrations, at most %d are allowed",
                            total, PL_PG_MIGRATIONS_MAX);
    plan->steps = calloc(total, sizeof *plan->steps);
    plan->modules = calloc(total, sizeof *plan->modules);
    plan->names = calloc(total, sizeof *plan->names);
    plan->sqls = calloc(total, sizeof *plan->sqls);
    if (!plan->steps || !plan->modules || !plan->names || !plan->sqls) {
        pg_plan_done(plan);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "migrations: no memory");
    }
    add_set(plan, &builtin);
    for (size_t i = 0; i < set_count; i++)
        add_set(plan, &sets[i]);
    return PL_OK;
}

void pg_plan_done(pg_plan *plan) {
    free(plan->steps);
    free(plan->modules);
    free(plan->names);
    free(plan->sqls);
    *plan = (pg_plan){0};
}

/* ---- the comparison -------------------------------------------------------------- */

pl_pg_args pg_schema_compare_args(const pg_plan *plan, pl_pg_value values[3]) {
    values[0] = pl_pg_texts(plan->modules, plan->count);
    values[1] = pl_pg_texts(plan->names, plan->count);
    values[2] = pl_pg_texts(plan->sqls, plan->count);
    return (pl_pg_args){values, 3};
}

static pl_code refuse(pl_error *err, const char *reason, const char *format, pl_str module,
                      pl_str name) {
    pl_error_set(err, PL_FAILED_PRECONDITION, format, PL_FMT(module), PL_FMT(name));
    pl_error_info(err, PG_DOMAIN, reason);
    return PL_FAILED_PRECONDITION;
}

/* The first row of this state, or the number of rows. */
static size_t find_state(const pl_pg_rows *rows, const char *state) {
    size_t row = 0;
    while (row < pl_pg_count(rows) && !pl_str_eqc(pl_pg_get_str(rows, row, 3), state))
        row++;
    return row;
}

pl_code pg_schema_judge(const pl_pg_rows *rows, bool missing_too, pl_error *err) {
    static const struct {
        const char *state, *reason, *format;
    } refusals[] = {
        {"unknown", PG_REASON_SCHEMA_NEWER,
         "the database has the migration %.*s/%.*s, which this program does not know: it was "
         "migrated by a newer release; run that or a later one"},
        {"changed", PG_REASON_SCHEMA_CHANGED,
         "the migration %.*s/%.*s differs from the one the database was migrated with; restore the "
         "script and write a further migration instead"},
        {"missing", PG_REASON_SCHEMA_OLDER,
         "the database lacks the migration %.*s/%.*s; run this program with --migrate first"},
    };
    for (size_t i = 0; i < PL_COUNT(refusals); i++) {
        size_t row = find_state(rows, refusals[i].state);
        bool counts = missing_too || strcmp(refusals[i].state, "missing") != 0;
        if (counts && row < pl_pg_count(rows))
            return refuse(err, refusals[i].reason, refusals[i].format, pl_pg_get_str(rows, row, 1),
                          pl_pg_get_str(rows, row, 2));
    }
    return PL_OK;
}

pl_code pl_pg_check_schema(pl_pg *pg, const pl_pg_migration_set *sets, size_t set_count,
                           int64_t deadline_ns, pl_error *err) {
    pg_plan plan;
    pl_code code = pg_plan_init(&plan, sets, set_count, err);
    if (code)
        return code;
    pl_pg_value values[3];
    pl_pg_rows *rows = NULL;
    pl_error own = PL_ERROR_INIT;
    code = pl_pg_once(pg, deadline_ns, pg_schema_compare_sql, pg_schema_compare_args(&plan, values),
                      &rows, &own);
    if (code && strcmp(own.reason, SQLSTATE_UNDEFINED_TABLE) == 0)
        code = refuse(&own, PG_REASON_SCHEMA_OLDER,
                      "the database was never migrated%.*s%.*s; run this program with --migrate "
                      "first",
                      pl_str_c(""), pl_str_c(""));
    if (code) {
        if (err)
            *err = own;
    } else {
        code = pg_schema_judge(rows, true, err);
    }
    pl_pg_rows_free(rows);
    pg_plan_done(&plan);
    return code;
}

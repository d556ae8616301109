#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/assert.h"
#include "value.h"

pl_pg_rows *pg_rows_new(PGresult *result) {
    pl_pg_rows *rows = malloc(sizeof *rows);
    if (!rows) {
        PQclear(result);
        return NULL;
    }
    *rows = (pl_pg_rows){.result = result};
    return rows;
}

void pg_rows_free_all(pl_pg_rows *first) {
    while (first) {
        pl_pg_rows *next = first->next;
        PQclear(first->result);
        free(first);
        first = next;
    }
}

void pl_pg_rows_free(pl_pg_rows *rows) {
    if (!rows)
        return;
    PL_ASSERT(!rows->next);
    PQclear(rows->result);
    free(rows);
}

size_t pl_pg_count(const pl_pg_rows *rows) {
    return (size_t)PQntuples(rows->result);
}
size_t pl_pg_columns(const pl_pg_rows *rows) {
    return (size_t)PQnfields(rows->result);
}

int64_t pl_pg_affected(const pl_pg_rows *rows) {
    /* PQcmdTuples wants a PGresult that is not const, and changes nothing. */
    int64_t count;
    return pl_str_i64(pl_str_c(PQcmdTuples(rows->result)), &count) ? count : 0;
}

/* The program reads what its statement does not give: says which value that is, and ends it. */
static PL_NORETURN void misread(const pl_pg_rows *rows, size_t row, size_t column,
                                const char *what) {
    const char *name = PQfname(rows->result, (int)column); /* NULL: no such column */
    (void)fprintf(stderr, "pg: row %zu, column %zu (%s) of %zu rows of", row, column,
                  name ? name : "there is none", pl_pg_count(rows));
    for (size_t i = 0; i < pl_pg_columns(rows); i++)
        (void)fprintf(stderr, "%s %s", i > 0 ? "," : "", PQfname(rows->result, (int)i));
    (void)fprintf(stderr, ": %s\n", what);
    abort();
}

static void check_place(const pl_pg_rows *rows, size_t row, size_t column) {
    if (row >= pl_pg_count(rows))
        misread(rows, row, column, "there is no such row; rows and columns count from 0");
    if (column >= pl_pg_columns(rows))
        misread(rows, row, column, "there is no such column; rows and columns count from 0");
}

bool pl_pg_is_null(const pl_pg_rows *rows, size_t row, size_t column) {
    check_place(rows, row, column);
    return PQgetisnull(rows->result, (int)row, (int)column) != 0;
}

static Oid type_of(const pl_pg_rows *rows, size_t column) {
    return PQftype(rows->result, (int)column);
}

static pl_str raw(const pl_pg_rows *rows, size_t row, size_t column) {
    return pl_str_make(PQgetvalue(rows->result, (int)row, (int)column),
                       (size_t)PQgetlength(rows->result, (int)row, (int)column));
}

/* The bytes of a value that must be there, be of TYPE and have this length. */
static const uint8_t *fixed(const pl_pg_rows *rows, size_t row, size_t column, Oid type,
                            size_t length) {
    if (pl_pg_is_null(rows, row, column))
        misread(rows, row, column, "it is NULL; ask pl_pg_is_null first");
    if (type_of(rows, column) != type)
        misread(rows, row, column,
                "it is of another type than it is read as; a cast in the SQL mends that");
    pl_str value = raw(rows, row, column);
    PL_ASSERT(value.n == length);
    return (const uint8_t *)value.p;
}

bool pl_pg_get_bool(const pl_pg_rows *rows, size_t row, size_t column) {
    return fixed(rows, row, column, PG_OID_BOOL, 1)[0] != 0;
}

int64_t pl_pg_get_i64(const pl_pg_rows *rows, size_t row, size_t column) {
    check_place(rows, row, column);
    switch (type_of(rows, column)) {
    case PG_OID_INT2: {
        const uint8_t *p = fixed(rows, row, column, PG_OID_INT2, 2);
        return (int16_t)(p[0] << 8 | p[1]);
    }
    case PG_OID_INT4:
        return (int32_t)pg_get32(fixed(rows, row, column, PG_OID_INT4, 4));
    case PG_OID_INT8:
        return (int64_t)pg_get64(fixed(rows, row, column, PG_OID_INT8, 8));
    default:
        return pg_get32(fixed(rows, row, column, PG_OID_OID, 4));
    }
}

double pl_pg_get_f64(const pl_pg_rows *rows, size_t row, size_t column) {
    check_place(rows, row, column);
    if (type_of(rows, column) == PG_OID_FLOAT4) {
        uint32_t bits = pg_get32(fixed(rows, row, column, PG_OID_FLOAT4, 4));
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    uint64_t bits = pg_get64(fixed(rows, row, column, PG_OID_FLOAT8, 8));
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The types whose binary form is not their text. Others may be enums and domains, whose OIDs differ
 * from database to database. */
static bool is_text(Oid type) {
    switch (type) {
    case PG_OID_BOOL:
    case PG_OID_INT2:
    case PG_OID_INT4:
    case PG_OID_INT8:
    case PG_OID_OID:
    case PG_OID_FLOAT4:
    case PG_OID_FLOAT8:
    case PG_OID_TIMESTAMPTZ:
    case PG_OID_UUID:
        return false;
    default:
        return true;
    }
}

pl_str pl_pg_get_str(const pl_pg_rows *rows, size_t row, size_t column) {
    if (pl_pg_is_null(rows, row, column))
        return pl_str_make("", 0);
    if (!is_text(type_of(rows, column)))
        misread(rows, row, column, "it is not of a type that is read as text");
    pl_str value = raw(rows, row, column);
    if (type_of(rows, column) == PG_OID_JSONB) {
        /* One byte of version stands before the text. */
        PL_ASSERT(value.n > 0 && value.p[0] == 1);
        return pl_str_make(value.p + 1, value.n - 1);
    }
    return value;
}

pl_str pl_pg_get_bytes(const pl_pg_rows *rows, size_t row, size_t column) {
    if (pl_pg_is_null(rows, row, column))
        return pl_str_make("", 0);
    if (type_of(rows, column) != PG_OID_BYTEA)
        misread(rows, row, column, "it is not bytea");
    return raw(rows, row, column);
}

void pl_pg_get_uuid(const pl_pg_rows *rows, size_t row, size_t column, uint8_t out[16]) {
    memcpy(out, fixed(rows, row, column, PG_OID_UUID, 16), 16);
}

int64_t pl_pg_get_time_us(const pl_pg_rows *rows, size_t row, size_t column) {
    int64_t value = (int64_t)pg_get64(fixed(rows, row, column, PG_OID_TIMESTAMPTZ, 8));
    /* 'infinity' stays the greatest time. */
    return value > INT64_MAX - PG_EPOCH_US ? INT64_MAX : value + PG_EPOCH_US;
}

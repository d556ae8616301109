#include "rows.h"

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

static void check_place(const pl_pg_rows *rows, size_t row, size_t column) {
    PL_ASSERT(row < pl_pg_count(rows));
    PL_ASSERT(column < pl_pg_columns(rows));
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

/* The bytes of a value that must be there and have this length. */
static const uint8_t *fixed(const pl_pg_rows *rows, size_t row, size_t column, size_t length) {
    PL_ASSERT(!pl_pg_is_null(rows, row, column));
    pl_str value = raw(rows, row, column);
    PL_ASSERT(value.n == length);
    return (const uint8_t *)value.p;
}

bool pl_pg_get_bool(const pl_pg_rows *rows, size_t row, size_t column) {
    const uint8_t *p = fixed(rows, row, column, 1);
    PL_ASSERT(type_of(rows, column) == PG_OID_BOOL);
    return p[0] != 0;
}

int64_t pl_pg_get_i64(const pl_pg_rows *rows, size_t row, size_t column) {
    check_place(rows, row, column);
    switch (type_of(rows, column)) {
    case PG_OID_INT2: {
        const uint8_t *p = fixed(rows, row, column, 2);
        return (int16_t)(p[0] << 8 | p[1]);
    }
    case PG_OID_INT4:
        return (int32_t)pg_get32(fixed(rows, row, column, 4));
    case PG_OID_INT8:
        return (int64_t)pg_get64(fixed(rows, row, column, 8));
    default:
        PL_ASSERT(type_of(rows, column) == PG_OID_OID);
        return pg_get32(fixed(rows, row, column, 4));
    }
}

double pl_pg_get_f64(const pl_pg_rows *rows, size_t row, size_t column) {
    check_place(rows, row, column);
    if (type_of(rows, column) == PG_OID_FLOAT4) {
        uint32_t bits = pg_get32(fixed(rows, row, column, 4));
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    PL_ASSERT(type_of(rows, column) == PG_OID_FLOAT8);
    uint64_t bits = pg_get64(fixed(rows, row, column, 8));
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
    PL_ASSERT(is_text(type_of(rows, column)));
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
    PL_ASSERT(type_of(rows, column) == PG_OID_BYTEA);
    return raw(rows, row, column);
}

void pl_pg_get_uuid(const pl_pg_rows *rows, size_t row, size_t column, uint8_t out[16]) {
    const uint8_t *p = fixed(rows, row, column, 16);
    PL_ASSERT(type_of(rows, column) == PG_OID_UUID);
    memcpy(out, p, 16);
}

int64_t pl_pg_get_time_us(const pl_pg_rows *rows, size_t row, size_t column) {
    const uint8_t *p = fixed(rows, row, column, 8);
    PL_ASSERT(type_of(rows, column) == PG_OID_TIMESTAMPTZ);
    int64_t value = (int64_t)pg_get64(p);
    /* 'infinity' stays the greatest time. */
    return value > INT64_MAX - PG_EPOCH_US ? INT64_MAX : value + PG_EPOCH_US;
}

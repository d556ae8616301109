/* Parameters in PostgreSQL's binary formats. */
#ifndef PARLEY_PG_VALUE_H
#define PARLEY_PG_VALUE_H

#include <libpq-fe.h>

#include "parley/base/str.h"
#include "parley/pg/pg.h"

/* OIDs of the built-in types (src/include/catalog/pg_type.dat), fixed for ever. */
enum {
    PG_OID_BOOL = 16,
    PG_OID_BYTEA = 17,
    PG_OID_NAME = 19,
    PG_OID_INT8 = 20,
    PG_OID_INT2 = 21,
    PG_OID_INT4 = 23,
    PG_OID_TEXT = 25,
    PG_OID_OID = 26,
    PG_OID_JSON = 114,
    PG_OID_FLOAT4 = 700,
    PG_OID_FLOAT8 = 701,
    PG_OID_BYTEA_ARRAY = 1001,
    PG_OID_TEXT_ARRAY = 1009,
    PG_OID_INT8_ARRAY = 1016,
    PG_OID_TIMESTAMPTZ = 1184,
    PG_OID_UUID = 2950,
    PG_OID_JSONB = 3802,
};

/* Microseconds from 1970 to 2000, PostgreSQL's epoch. */
#define PG_EPOCH_US INT64_C(946684800000000)
/* Bytes of all array parameters of one statement. */
#define PG_ARRAYS_MAX ((size_t)64 << 20)

/* The arguments of one statement as libpq takes them. It points into itself: do not copy. */
typedef struct pg_params {
    int count;
    Oid types[PL_PG_ARGS_MAX];
    const char *values[PL_PG_ARGS_MAX];
    int lengths[PL_PG_ARGS_MAX];
    int formats[PL_PG_ARGS_MAX];
    uint8_t scalars[PL_PG_ARGS_MAX][8];
    pl_buf arrays;
} pg_params;

/* Encodes ARGS. PL_INVALID_ARGUMENT: too many, or one is too large; PL_RESOURCE_EXHAUSTED. After
 * either nothing needs to be released; after PL_OK pg_params_done. */
pl_code pg_params_init(pg_params *params, pl_pg_args args, pl_error *err);
void pg_params_done(pg_params *params);

/* Big-endian numbers of the wire. */
void pg_put32(uint8_t *out, uint32_t value);
void pg_put64(uint8_t *out, uint64_t value);
uint32_t pg_get32(const uint8_t *p);
uint64_t pg_get64(const uint8_t *p);

#endif

#include "value.h"

#include <limits.h>
#include <string.h>

#include "parley/base/assert.h"

void pg_put32(uint8_t *out, uint32_t value) {
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

void pg_put64(uint8_t *out, uint64_t value) {
    pg_put32(out, (uint32_t)(value >> 32));
    pg_put32(out + 4, (uint32_t)value);
}

uint32_t pg_get32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t pg_get64(const uint8_t *p) {
    return (uint64_t)pg_get32(p) << 32 | pg_get32(p + 4);
}

static pl_pg_value number(uint32_t type, int64_t value) {
    return (pl_pg_value){.type = type, .number = value};
}

static pl_pg_value bytes(uint32_t type, const void *data, size_t size) {
    return (pl_pg_value){.type = type, .data = data, .size = size};
}

pl_pg_value pl_pg_null(void) {
    return (pl_pg_value){.is_null = true};
}
pl_pg_value pl_pg_bool(bool value) {
    return number(PG_OID_BOOL, value);
}
pl_pg_value pl_pg_i32(int32_t value) {
    return number(PG_OID_INT4, value);
}
pl_pg_value pl_pg_i64(int64_t value) {
    return number(PG_OID_INT8, value);
}
pl_pg_value pl_pg_time_us(int64_t time_us) {
    return number(PG_OID_TIMESTAMPTZ, time_us);
}

pl_pg_value pl_pg_f64(double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return number(PG_OID_FLOAT8, bits);
}

pl_pg_value pl_pg_text(pl_str value) {
    return bytes(PG_OID_TEXT, value.p, value.n);
}

pl_pg_value pl_pg_cstr(const char *value) {
    pl_pg_value v = pl_pg_text(pl_str_c(value));
    v.is_null = !value;
    return v;
}

pl_pg_value pl_pg_bytes(const void *data, size_t size) {
    return bytes(PG_OID_BYTEA, data, size);
}
pl_pg_value pl_pg_uuid(const uint8_t uuid[16]) {
    return bytes(PG_OID_UUID, uuid, 16);
}

pl_pg_value pl_pg_i64s(const int64_t *values, size_t count) {
    return bytes(PG_OID_INT8_ARRAY, values, count);
}
pl_pg_value pl_pg_texts(const pl_str *values, size_t count) {
    return bytes(PG_OID_TEXT_ARRAY, values, count);
}
pl_pg_value pl_pg_blobs(const pl_str *values, size_t count) {
    return bytes(PG_OID_BYTEA_ARRAY, values, count);
}

static void put_buf32(pl_buf *buf, uint32_t value) {
    uint8_t raw[4];
    pg_put32(raw, value);
    pl_buf_append(buf, raw, sizeof raw);
}

static void array_head(pl_buf *buf, uint32_t element_type, size_t count) {
    put_buf32(buf, count ? 1 : 0); /* dimensions */
    put_buf32(buf, 0);             /* no NULL in it */
    put_buf32(buf, element_type);
    if (count) {
        put_buf32(buf, (uint32_t)count);
        put_buf32(buf, 1); /* lower bound */
    }
}

static void array_i64(pl_buf *buf, const pl_pg_value *value) {
    const int64_t *elements = value->data;
    array_head(buf, PG_OID_INT8, value->size);
    for (size_t i = 0; i < value->size; i++) {
        uint8_t raw[12];
        pg_put32(raw, 8);
        pg_put64(raw + 4, (uint64_t)elements[i]);
        pl_buf_append(buf, raw, sizeof raw);
    }
}

static void array_strs(pl_buf *buf, const pl_pg_value *value, uint32_t element_type) {
    const pl_str *elements = value->data;
    array_head(buf, element_type, value->size);
    for (size_t i = 0; i < value->size; i++) {
        put_buf32(buf, (uint32_t)elements[i].n);
        pl_buf_str(buf, elements[i]);
    }
}

/* Appends an array parameter; false where it is none. */
static bool encode_array(pl_buf *buf, const pl_pg_value *value) {
    switch (value->type) {
    case PG_OID_INT8_ARRAY:
        array_i64(buf, value);
        return true;
    case PG_OID_TEXT_ARRAY:
        array_strs(buf, value, PG_OID_TEXT);
        return true;
    case PG_OID_BYTEA_ARRAY:
        array_strs(buf, value, PG_OID_BYTEA);
        return true;
    default:
        return false;
    }
}

/* Writes a number's bytes and returns how many; 0 where the type is not one of a number. */
static int encode_scalar(const pl_pg_value *value, uint8_t out[8]) {
    switch (value->type) {
    case PG_OID_BOOL:
        out[0] = value->number != 0;
        return 1;
    case PG_OID_INT4:
        pg_put32(out, (uint32_t)value->number);
        return 4;
    case PG_OID_INT8:
    case PG_OID_FLOAT8:
        pg_put64(out, (uint64_t)value->number);
        return 8;
    case PG_OID_TIMESTAMPTZ:
        pg_put64(out, (uint64_t)value->number - PG_EPOCH_US);
        return 8;
    default:
        return 0;
    }
}

static pl_code encode(pg_params *params, int i, const pl_pg_value *value, pl_error *err) {
    params->types[i] = value->type;
    params->formats[i] = 1;
    params->values[i] = NULL;
    params->lengths[i] = 0;
    if (value->is_null)
        return PL_OK;
    if (value->type == PG_OID_TIMESTAMPTZ && value->number < INT64_MIN + PG_EPOCH_US)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "parameter $%d: time out of range", i + 1);
    int length = encode_scalar(value, params->scalars[i]);
    if (length) {
        params->values[i] = (const char *)params->scalars[i];
        params->lengths[i] = length;
        return PL_OK;
    }
    size_t before = params->arrays.n;
    if (encode_array(&params->arrays, value)) {
        /* The buffer may still move: the pointer is set when all arrays are in it. */
        params->lengths[i] = (int)(params->arrays.n - before);
        return PL_OK;
    }
    if (value->size > INT_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "parameter $%d: %zu bytes are too many",
                            i + 1, value->size);
    params->values[i] = value->data ? value->data : "";
    params->lengths[i] = (int)value->size;
    return PL_OK;
}

/* Points the array parameters to their places in the finished buffer. */
static void place_arrays(pg_params *params, pl_pg_args args) {
    const char *p = params->arrays.p;
    for (int i = 0; i < params->count; i++) {
        if (params->values[i] || args.values[i].is_null)
            continue;
        params->values[i] = p;
        p += params->lengths[i];
    }
}

pl_code pg_params_init(pg_params *params, pl_pg_args args, pl_error *err) {
    if (args.count > PL_PG_ARGS_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%zu parameters, at most %d are allowed",
                            args.count, PL_PG_ARGS_MAX);
    params->count = (int)args.count;
    params->arrays = pl_buf_make(PG_ARRAYS_MAX);
    for (int i = 0; i < params->count; i++) {
        pl_code code = encode(params, i, &args.values[i], err);
        if (code) {
            pg_params_done(params);
            return code;
        }
    }
    if (params->arrays.failed) {
        pg_params_done(params);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "array parameters need more than %zu bytes, or no memory is left",
                            PG_ARRAYS_MAX);
    }
    place_arrays(params, args);
    return PL_OK;
}

void pg_params_done(pg_params *params) {
    pl_buf_done(&params->arrays);
}

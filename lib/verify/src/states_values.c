#include "states_values.h"

#include <math.h>
#include <string.h>

#include "parley/base/assert.h"

/* The greatest integer up to which a double holds every one. */
#define EXACT_MAX 9007199254740992.0
/* Bytes of a text that a message quotes. */
enum { QUOTED_MAX = 64 };

static const char *const type_names[] = {"string", "bool",   "double", "int32",
                                         "int64",  "uint32", "uint64"};

const char *pl_state_type_name(pl_state_type type) {
    return type_names[type];
}

/* ---- what a state's function sees ---- */

static size_t index_of(const pl_state_values *values, const char *name) {
    size_t i = 0;
    while (i < values->count && strcmp(values->fields[i].name, name) != 0)
        i++;
    PL_ASSERT(i < values->count);
    return i;
}

static const state_value *get(const pl_state_values *values, const char *name, pl_state_type type,
                              pl_state_type another) {
    size_t i = index_of(values, name);
    PL_ASSERT(values->fields[i].type == type || values->fields[i].type == another);
    return &values->values[i];
}

bool pl_state_has(const pl_state_values *values, const char *name) {
    return values->values[index_of(values, name)].set;
}

pl_str pl_state_str(const pl_state_values *values, const char *name) {
    const state_value *value = get(values, name, PL_STATE_STRING, PL_STATE_STRING);
    return value->set ? value->text : pl_str_c("");
}

bool pl_state_bool(const pl_state_values *values, const char *name) {
    return get(values, name, PL_STATE_BOOL, PL_STATE_BOOL)->bits != 0;
}

double pl_state_double(const pl_state_values *values, const char *name) {
    return get(values, name, PL_STATE_DOUBLE, PL_STATE_DOUBLE)->number;
}

int64_t pl_state_i64(const pl_state_values *values, const char *name) {
    return (int64_t)get(values, name, PL_STATE_INT64, PL_STATE_INT32)->bits;
}

uint64_t pl_state_u64(const pl_state_values *values, const char *name) {
    return get(values, name, PL_STATE_UINT64, PL_STATE_UINT32)->bits;
}

int64_t pl_state_i64_or(const pl_state_values *values, const char *name, int64_t otherwise) {
    return pl_state_has(values, name) ? pl_state_i64(values, name) : otherwise;
}

static state_value *put(pl_state_values *values, const char *name, pl_state_type type,
                        pl_state_type another) {
    size_t i = index_of(values, name);
    PL_ASSERT(values->fields[i].type == type || values->fields[i].type == another);
    values->values[i].set = true;
    return &values->values[i];
}

void pl_state_return_str(pl_state_values *values, const char *name, pl_str text) {
    state_value *value = put(values, name, PL_STATE_STRING, PL_STATE_STRING);
    value->text = pl_str_c(pl_arena_cstr(values->arena, text));
    if (!value->text.p)
        values->full = true;
}

void pl_state_return_bool(pl_state_values *values, const char *name, bool given) {
    put(values, name, PL_STATE_BOOL, PL_STATE_BOOL)->bits = given;
}

void pl_state_return_double(pl_state_values *values, const char *name, double given) {
    put(values, name, PL_STATE_DOUBLE, PL_STATE_DOUBLE)->number = given;
}

void pl_state_return_i64(pl_state_values *values, const char *name, int64_t given) {
    put(values, name, PL_STATE_INT64, PL_STATE_INT32)->bits = (uint64_t)given;
}

void pl_state_return_u64(pl_state_values *values, const char *name, uint64_t given) {
    put(values, name, PL_STATE_UINT64, PL_STATE_UINT32)->bits = given;
}

/* ---- reading ---- */

static bool in_range(pl_state_type type, int64_t value) {
    if (type == PL_STATE_INT32)
        return value >= INT32_MIN && value <= INT32_MAX;
    return type != PL_STATE_UINT32 || (value >= 0 && value <= UINT32_MAX);
}

static bool read_integer(const google_protobuf_Value *given, pl_state_type type, uint64_t *out) {
    int64_t value = 0;
    if (given->kind_case == google_protobuf_VALUE_KIND_STRING_VALUE) {
        pl_str text = pl_str_c(given->string_value);
        if (type == PL_STATE_UINT64)
            return pl_str_u64(text, out);
        if (!pl_str_i64(text, &value))
            return false;
    } else if (given->kind_case == google_protobuf_VALUE_KIND_NUMBER_VALUE) {
        double number = given->number_value;
        if (!(fabs(number) <= EXACT_MAX) || number != floor(number))
            return false;
        value = (int64_t)number;
        if (type == PL_STATE_UINT64 && value < 0)
            return false;
    } else {
        return false;
    }
    *out = (uint64_t)value;
    return in_range(type, value);
}

static bool read_value(const google_protobuf_Value *given, pl_state_type type, state_value *out) {
    out->set = true;
    switch (type) {
    case PL_STATE_STRING:
        if (given->kind_case != google_protobuf_VALUE_KIND_STRING_VALUE)
            return false;
        out->text = pl_str_c(given->string_value);
        return true;
    case PL_STATE_BOOL:
        out->bits = given->bool_value;
        return given->kind_case == google_protobuf_VALUE_KIND_BOOL_VALUE;
    case PL_STATE_DOUBLE:
        out->number = given->number_value;
        return given->kind_case == google_protobuf_VALUE_KIND_NUMBER_VALUE;
    case PL_STATE_INT32:
    case PL_STATE_INT64:
    case PL_STATE_UINT32:
    case PL_STATE_UINT64:
        return read_integer(given, type, &out->bits);
    }
    return false;
}

/* VALUE as a message quotes it. */
static void quote(const google_protobuf_Value *value, pl_buf *out) {
    switch (value->kind_case) {
    case google_protobuf_VALUE_KIND_NUMBER_VALUE:
        pl_buf_printf(out, "%.17g", value->number_value);
        break;
    case google_protobuf_VALUE_KIND_STRING_VALUE:
        pl_buf_printf(out, "'%.*s'",
                      PL_FMT(pl_utf8_cut(pl_str_c(value->string_value), QUOTED_MAX)));
        break;
    case google_protobuf_VALUE_KIND_BOOL_VALUE:
        pl_buf_puts(out, value->bool_value ? "true" : "false");
        break;
    case google_protobuf_VALUE_KIND_LIST_VALUE:
        pl_buf_puts(out, "a list");
        break;
    case google_protobuf_VALUE_KIND_STRUCT_VALUE:
        pl_buf_puts(out, "an object");
        break;
    default:
        pl_buf_puts(out, "nothing");
    }
}

static pl_code wrong_type(const pl_state_def *state, const pl_state_field *field,
                          const google_protobuf_Value *given, pl_error *err) {
    pl_buf got = pl_buf_make(QUOTED_MAX * 2);
    quote(given, &got);
    (void)pl_error_set(err, PL_INVALID_ARGUMENT, "state %s: %s: expected %s, got %s", state->name,
                       field->name, pl_state_type_name(field->type), got.p);
    pl_buf_done(&got);
    return PL_INVALID_ARGUMENT;
}

static pl_code unknown(const pl_state_def *state, const char *name, pl_error *err) {
    const char *names[PL_STATE_FIELDS_MAX];
    for (size_t i = 0; i < state->parameter_count; i++)
        names[i] = state->parameters[i].name;
    const char *near = pl_str_nearest(pl_str_c(name), names, state->parameter_count);
    return pl_error_set(err, PL_INVALID_ARGUMENT, "state %s: no parameter '%.*s'%s%s%s",
                        state->name, PL_FMT(pl_utf8_cut(pl_str_c(name), QUOTED_MAX)),
                        near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static pl_code read_entry(const pl_state_def *state,
                          const google_protobuf_Struct_FieldsEntry *entry, pl_state_values *out,
                          pl_error *err) {
    static const google_protobuf_Value nothing = google_protobuf_VALUE_INIT;
    const google_protobuf_Value *given = entry->value ? entry->value : &nothing;
    for (size_t i = 0; i < state->parameter_count; i++) {
        const pl_state_field *field = &state->parameters[i];
        if (strcmp(field->name, entry->key) != 0)
            continue;
        return read_value(given, field->type, &out->values[i])
                   ? PL_OK
                   : wrong_type(state, field, given, err);
    }
    return unknown(state, entry->key, err);
}

pl_code state_values_read(const pl_state_def *state, const google_protobuf_Struct *given,
                          pl_state_values *out, pl_error *err) {
    pl_code code = PL_OK;
    PL_ASSERT(state->parameter_count <= PL_STATE_FIELDS_MAX);
    memset(out, 0, sizeof *out);
    out->fields = state->parameters;
    out->count = state->parameter_count;
    for (size_t i = 0; code == PL_OK && given && i < given->n_fields; i++)
        code = read_entry(state, given->fields[i], out, err);
    for (size_t i = 0; code == PL_OK && i < out->count; i++) {
        if (!out->values[i].set && !out->fields[i].optional)
            code = pl_error_set(err, PL_INVALID_ARGUMENT, "state %s: %s (%s) is missing",
                                state->name, out->fields[i].name,
                                pl_state_type_name(out->fields[i].type));
    }
    return code;
}

/* ---- writing ---- */

/* Integers that a double may not hold are texts, as ProtoJSON has them. */
static bool write_integer(pl_arena *arena, bool is_signed, uint64_t bits,
                          google_protobuf_Value *out) {
    double number = is_signed ? (double)(int64_t)bits : (double)bits;
    if (fabs(number) < EXACT_MAX) {
        out->kind_case = google_protobuf_VALUE_KIND_NUMBER_VALUE;
        out->number_value = number;
        return true;
    }
    out->kind_case = google_protobuf_VALUE_KIND_STRING_VALUE;
    out->string_value = is_signed ? pl_arena_printf(arena, "%lld", (long long)bits)
                                  : pl_arena_printf(arena, "%llu", (unsigned long long)bits);
    return out->string_value != NULL;
}

static bool write_value(pl_arena *arena, pl_state_type type, const state_value *value,
                        google_protobuf_Value *out) {
    switch (type) {
    case PL_STATE_STRING:
        out->kind_case = google_protobuf_VALUE_KIND_STRING_VALUE;
        out->string_value = value->text.p;
        return true;
    case PL_STATE_BOOL:
        out->kind_case = google_protobuf_VALUE_KIND_BOOL_VALUE;
        out->bool_value = value->bits != 0;
        return true;
    case PL_STATE_DOUBLE:
        out->kind_case = google_protobuf_VALUE_KIND_NUMBER_VALUE;
        out->number_value = value->number;
        return true;
    case PL_STATE_INT32:
    case PL_STATE_INT64:
        return write_integer(arena, true, value->bits, out);
    case PL_STATE_UINT32:
    case PL_STATE_UINT64:
        return write_integer(arena, false, value->bits, out);
    }
    return false;
}

static bool write_entry(pl_arena *arena, const pl_state_field *field, const state_value *value,
                        google_protobuf_Struct *out) {
    google_protobuf_Struct_FieldsEntry *entry = google_protobuf_Struct_FieldsEntry_new(arena);
    if (!entry)
        return false;
    entry->key = field->name;
    entry->value = google_protobuf_Value_new(arena);
    out->fields[out->n_fields++] = entry;
    return entry->value && write_value(arena, field->type, value, entry->value);
}

pl_code state_values_write(const pl_state_def *state, const pl_state_values *values,
                           google_protobuf_Struct **out_message, pl_error *err) {
    google_protobuf_Struct *message = google_protobuf_Struct_new(values->arena);
    bool fits = message && !values->full;
    if (fits) {
        message->fields = pl_arena_calloc(values->arena, values->count, sizeof *message->fields);
        fits = message->fields != NULL;
    }
    for (size_t i = 0; fits && i < values->count; i++) {
        const pl_state_field *field = &values->fields[i];
        if (!values->values[i].set && !field->optional)
            return pl_error_set(err, PL_INTERNAL, "state %s: %s (%s) was not returned", state->name,
                                field->name, pl_state_type_name(field->type));
        if (values->values[i].set)
            fits = write_entry(values->arena, field, &values->values[i], message);
    }
    if (!fits)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "state %s: no memory for what it returns",
                            state->name);
    *out_message = message;
    return PL_OK;
}

#include <stdio.h>

#include "assemble.h"
#include "fields.h"
#include "parley/schema/wire.h"
#include "percent.h"

/* Bytes of one value, as text or on the wire. */
#define VALUE_MAX (64u << 10)
/* Names offered as "did you mean". */
#define NAMES_MAX 64

pl_code rest_fault_set(rest_fault *fault, int status, pl_code code, pl_str field,
                       const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)pl_error_setv(&fault->err, code, format, args);
    va_end(args);
    fault->status = status;
    snprintf(fault->field, sizeof fault->field, "%.*s",
             PL_FMT(pl_utf8_cut(field, sizeof fault->field - 1)));
    return code;
}

static bool same_path(const rest_assignment *a, const pl_field *const *fields, size_t depth) {
    return a->depth == depth && memcmp(a->fields, fields, depth * sizeof(const pl_field *)) == 0;
}

pl_code rest_assign(rest_assignments *list, pl_arena *arena, const pl_field *const *fields,
                    size_t depth, pl_str name, pl_str text, rest_fault *fault) {
    const pl_field *field = fields[depth - 1];
    const pl_json_read_opts opts = {.enum_json_names = true};
    pl_buf wire = pl_buf_make(VALUE_MAX);
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_json_text_to_wire(field, text, &opts, &wire, &err);
    char *copy = code ? NULL : pl_arena_strndup(arena, wire.p, wire.n);
    pl_str value = pl_str_make(copy, wire.n);
    pl_buf_done(&wire);
    if (code)
        return rest_fault_set(fault, 0, code, name, "%s", err.message);
    if (!copy)
        return rest_fault_set(fault, 0, PL_RESOURCE_EXHAUSTED, name,
                              "the request does not fit its memory");
    for (size_t i = 0; i < list->count && !field->repeated; i++) {
        if (same_path(&list->at[i], fields, depth)) {
            if (pl_str_eq(list->at[i].value, value))
                return PL_OK;
            return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, name,
                                  "%.*s: given twice with different values", PL_FMT(name));
        }
    }
    if (list->count == PL_COUNT(list->at))
        return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, name, "more than %d parameters",
                              PL_REST_MAX_PARAMETERS);
    list->at[list->count++] = (rest_assignment){fields, depth, value};
    return PL_OK;
}

static pl_code unknown_parameter(const rest_binding *binding, pl_str name, rest_fault *fault) {
    const pl_message_type *input = binding->method->input;
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < input->field_count && count < NAMES_MAX; i++)
        names[count++] = input->fields[i].json_name.p;
    const char *nearest = pl_str_nearest(name, names, count);
    return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, name, "%.*s: no such parameter%s%s%s",
                          PL_FMT(pl_utf8_cut(name, 64)), nearest ? "; did you mean " : "",
                          nearest ? nearest : "", nearest ? "?" : "");
}

static pl_code assign_parameter(rest_assignments *list, pl_arena *arena,
                                const rest_binding *binding, pl_str name, pl_str text,
                                rest_fault *fault) {
    const pl_field *path[PL_FIELD_PATH_MAX];
    size_t depth = pl_message_field_path(binding->method->input, name, path);
    if (depth == 0)
        return unknown_parameter(binding, name, fault);
    if (binding->body == REST_BODY_FIELD && path[0] == binding->body_field)
        return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, name,
                              "%.*s: belongs into the body, not into the query", PL_FMT(name));
    const pl_field *const *fields = rest_fields_keep(arena, path, depth);
    if (!fields)
        return rest_fault_set(fault, 0, PL_RESOURCE_EXHAUSTED, name,
                              "the request does not fit its memory");
    return rest_assign(list, arena, fields, depth, name, text, fault);
}

pl_code rest_query_assign(rest_assignments *list, pl_arena *arena, const rest_binding *binding,
                          pl_str query, rest_fault *fault) {
    pl_str rest = query;
    pl_str piece;
    size_t count = 0;
    while (rest.n > 0 && pl_str_split(&rest, '&', &piece)) {
        if (piece.n == 0)
            continue;
        if (++count > PL_REST_MAX_PARAMETERS)
            return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, (pl_str){NULL, 0},
                                  "more than %d parameters", PL_REST_MAX_PARAMETERS);
        size_t equals = pl_str_index(piece, '=');
        pl_str raw_value = equals < piece.n
                               ? pl_str_make(piece.p + equals + 1, piece.n - equals - 1)
                               : pl_str_make(NULL, 0);
        pl_str name, value;
        pl_code code = percent_decode(arena, pl_str_make(piece.p, equals), PERCENT_FORM, &name,
                                      &fault->err);
        if (!code)
            code = percent_decode(arena, raw_value, PERCENT_FORM, &value, &fault->err);
        if (code)
            return code;
        code = assign_parameter(list, arena, binding, name, value, fault);
        if (code)
            return code;
    }
    return PL_OK;
}

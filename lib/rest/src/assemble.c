#include "assemble.h"

#include "parley/schema/dynamic.h"
#include "parley/schema/wire.h"

/* Room on the wire beyond the body: the query and the path, whose size the transport
 * bounds. */
#define WIRE_EXTRA (64u << 10)
/* Paths of an update mask filled from a body. */
#define MASK_BYTES_MAX   (64u << 10)
#define FIELD_MASK_PATHS 1

pl_str rest_header(const pl_rest_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (pl_str_eq_nocase(request->headers[i].name, pl_str_c(name)))
            return request->headers[i].value;
    }
    return pl_str_make(NULL, 0);
}

static pl_code no_memory(rest_fault *fault) {
    return rest_fault_set(fault, 413, PL_RESOURCE_EXHAUSTED, (pl_str){NULL, 0},
                          "the request does not fit its memory");
}

/* "application/json" or "application/anything+json", in UTF-8. */
static bool json_type(pl_str type) {
    size_t semicolon = pl_str_index(type, ';');
    pl_str media = pl_str_trim(pl_str_make(type.p, semicolon));
    if (media.n > 64)
        return false;
    char lower[64];
    for (size_t i = 0; i < media.n; i++)
        lower[i] = (char)(media.p[i] >= 'A' && media.p[i] <= 'Z' ? media.p[i] | 32 : media.p[i]);
    pl_str text = pl_str_make(lower, media.n);
    bool json = pl_str_eqc(text, "application/json") ||
                (pl_str_starts(text, pl_str_c("application/")) &&
                 pl_str_ends(text, pl_str_c("+json")));
    pl_str rest = semicolon < type.n ? pl_str_make(type.p + semicolon + 1, type.n - semicolon - 1)
                                     : pl_str_make(NULL, 0);
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, ';', &piece)) {
        piece = pl_str_trim(piece);
        if (pl_str_starts(piece, pl_str_c("charset=")) &&
            !pl_str_eq_nocase(piece, pl_str_c("charset=utf-8")) &&
            !pl_str_eq_nocase(piece, pl_str_c("charset=\"utf-8\"")))
            return false;
    }
    return json;
}

static bool form_type(pl_str type) {
    pl_str media = pl_str_trim(pl_str_make(type.p, pl_str_index(type, ';')));
    return pl_str_eq_nocase(media, pl_str_c("application/x-www-form-urlencoded"));
}

static pl_code check_body(const pl_rest *rest, const rest_binding *binding,
                          const pl_rest_request *request, rest_fault *fault) {
    const pl_str nothing = {NULL, 0};
    if (request->body.n == 0)
        return PL_OK;
    if (binding->body == REST_BODY_NONE)
        return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, nothing, "%.*s %.*s takes no body",
                              PL_FMT(binding->route.http_method),
                              PL_FMT(binding->route.path_template));
    if (request->body.n > rest->max_body)
        return rest_fault_set(fault, 413, PL_RESOURCE_EXHAUSTED, nothing,
                              "the body has %zu bytes; at most %zu are taken", request->body.n,
                              rest->max_body);
    bool form = binding->rule->rest.consumes == PL_REST_CONSUMES_FORM;
    pl_str type = rest_header(request, "content-type");
    if (form ? !form_type(type) : !json_type(type))
        return rest_fault_set(fault, 415, PL_INVALID_ARGUMENT, nothing,
                              "content-type \"%.*s\": expected %s", PL_FMT(pl_utf8_cut(type, 64)),
                              form ? "application/x-www-form-urlencoded" : "application/json");
    return PL_OK;
}

/* The field mask that a PATCH fills from its body. */
static void add_to_mask(void *self, pl_str path, const pl_field *field) {
    (void)field;
    pl_wire_put_bytes(self, FIELD_MASK_PATHS, path);
}

static pl_code read_body_message(const rest_binding *binding, pl_str body,
                                 const pl_json_read_opts *opts, pl_buf *out, pl_error *err) {
    if (binding->body == REST_BODY_ALL)
        return pl_json_to_wire(binding->method->input, body, opts, out, err);
    const pl_field *field = binding->body_field;
    bool message = field->message && !field->repeated &&
                   field->message->well_known == PL_WELL_KNOWN_NONE;
    if (!message)
        return pl_json_field_to_wire(field, body, opts, out, err);
    pl_buf content = pl_buf_make(out->max);
    pl_code code = pl_json_to_wire(field->message, body, opts, &content, err);
    if (!code && !pl_wire_put_bytes(out, field->number, pl_buf_view(&content)))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the request does not fit its memory");
    pl_buf_done(&content);
    return code;
}

static bool mask_given(const rest_binding *binding, const rest_assignments *assignments) {
    for (size_t i = 0; i < assignments->count; i++) {
        if (assignments->at[i].fields[0] == binding->mask)
            return true;
    }
    return false;
}

/* Appends the body, and the mask it implies. */
static pl_code take_json(const rest_binding *binding, pl_str body,
                         const rest_assignments *assignments, pl_buf *out, rest_fault *fault) {
    pl_buf mask = pl_buf_make(MASK_BYTES_MAX);
    pl_json_fault where = {.path = ""};
    pl_json_read_opts opts = {.enum_json_names = true, .fault = &where};
    bool fill = binding->mask && !mask_given(binding, assignments);
    if (fill) {
        opts.on_field = add_to_mask;
        opts.self = &mask;
    }
    pl_error err = PL_ERROR_INIT;
    pl_code code = read_body_message(binding, body, &opts, out, &err);
    if (code)
        code = rest_fault_set(fault, code == PL_RESOURCE_EXHAUSTED ? 413 : 0, code,
                              pl_str_c(where.path), "%s", err.message);
    else if (fill && mask.n == 0)
        code = rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, binding->body_field->json_name,
                              "the body changes nothing: expected at least one field");
    else if (fill &&
             (mask.failed || !pl_wire_put_bytes(out, binding->mask->number, pl_buf_view(&mask))))
        code = no_memory(fault);
    pl_buf_done(&mask);
    return code;
}

static pl_code take_body(const rest_binding *binding, const pl_rest_request *request,
                         rest_assignments *assignments, pl_arena *arena, pl_buf *out,
                         rest_fault *fault) {
    if (request->body.n == 0)
        return PL_OK;
    if (binding->rule->rest.consumes == PL_REST_CONSUMES_FORM)
        return rest_query_assign(assignments, arena, binding, request->body, fault);
    return take_json(binding, request->body, assignments, out, fault);
}

/* What WIRE, made from the body, says about the field of an assignment must be the same. */
static pl_code check_agreement(pl_str wire, const rest_assignment *assignment, rest_fault *fault) {
    size_t last = assignment->depth - 1;
    const pl_field *field = assignment->fields[last];
    pl_wire_field there, ours;
    for (size_t i = 0; i < last; i++) {
        if (!pl_wire_find(wire, assignment->fields[i]->number, &there))
            return PL_OK;
        wire = there.bytes;
    }
    if (field->repeated || !pl_wire_find(wire, field->number, &there))
        return PL_OK;
    bool same = pl_wire_find(assignment->value, field->number, &ours) && there.type == ours.type;
    if (same)
        same = there.type == PL_WIRE_BYTES ? pl_str_eq(there.bytes, ours.bytes)
                                           : there.value == ours.value;
    if (same)
        return PL_OK;
    return rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, field->json_name,
                          "%s: the body has another value than the path or the query",
                          field->json_name.p);
}

/* Appends the value, wrapped in the messages on its way. */
static pl_code put_assignment(const rest_assignment *assignment, pl_buf *out) {
    if (assignment->depth == 1)
        return pl_buf_str(out, assignment->value) ? PL_OK : PL_RESOURCE_EXHAUSTED;
    pl_buf inner = pl_buf_make(out->max);
    pl_buf outer = pl_buf_make(out->max);
    pl_buf_str(&inner, assignment->value);
    for (size_t i = assignment->depth - 1; i > 0; i--) {
        pl_buf_clear(&outer);
        pl_wire_put_bytes(&outer, assignment->fields[i - 1]->number, pl_buf_view(&inner));
        pl_buf swap = inner;
        inner = outer;
        outer = swap;
    }
    bool fits = !inner.failed && !outer.failed && pl_buf_str(out, pl_buf_view(&inner));
    pl_buf_done(&inner);
    pl_buf_done(&outer);
    return fits ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

static pl_code put_assignments(const rest_assignments *assignments, pl_buf *out, bool *out_nested,
                               rest_fault *fault) {
    size_t body_size = out->n;
    for (size_t i = 0; i < assignments->count; i++) {
        const rest_assignment *assignment = &assignments->at[i];
        pl_code code = check_agreement(pl_str_make(out->p, body_size), assignment, fault);
        if (code)
            return code;
        if (put_assignment(assignment, out))
            return no_memory(fault);
        *out_nested = *out_nested || assignment->depth > 1;
    }
    return PL_OK;
}

static pl_code put_all(const rest_binding *binding, const pl_rest_request *request,
                       rest_assignments *assignments, pl_arena *arena, pl_buf *wire,
                       rest_fault *fault) {
    bool nested = false;
    pl_code code = take_body(binding, request, assignments, arena, wire, fault);
    if (!code)
        code = put_assignments(assignments, wire, &nested, fault);
    if (code || !nested)
        return code;
    pl_buf merged = pl_buf_make(wire->max);
    code = pl_wire_normalize(binding->method->input, pl_buf_view(wire), &merged, &fault->err);
    pl_buf_done(wire);
    *wire = merged;
    return code;
}

pl_code rest_assemble(const pl_rest *rest, const rest_binding *binding, const pl_rest_match *match,
                      const pl_rest_request *request, pl_arena *arena, pl_str *out_wire,
                      rest_fault *fault) {
    pl_code code = check_body(rest, binding, request, fault);
    if (code)
        return code;
    rest_assignments *assignments = PL_ARENA_NEW(arena, rest_assignments);
    if (!assignments)
        return no_memory(fault);
    for (size_t i = 0; i < binding->tmpl.variable_count && !code; i++) {
        const rest_variable *variable = &binding->variables[i];
        code = rest_assign(assignments, arena, variable->fields, variable->depth,
                           binding->tmpl.variables[i].field, match->values[i], fault);
    }
    if (!code && binding->body == REST_BODY_ALL && request->query.n > 0)
        code = rest_fault_set(fault, 0, PL_INVALID_ARGUMENT, (pl_str){NULL, 0},
                              "%.*s %.*s takes its fields from the body, not from the query",
                              PL_FMT(binding->route.http_method),
                              PL_FMT(binding->route.path_template));
    else if (!code)
        code = rest_query_assign(assignments, arena, binding, request->query, fault);
    if (code)
        return code;
    pl_buf wire = pl_buf_make(rest->max_body + WIRE_EXTRA);
    code = put_all(binding, request, assignments, arena, &wire, fault);
    uint32_t limit = binding->method->call.max_request;
    if (!code && limit && wire.n > limit)
        code = rest_fault_set(fault, 413, PL_RESOURCE_EXHAUSTED, (pl_str){NULL, 0},
                              "the request has %zu bytes; %s takes at most %u", wire.n,
                              binding->method->full_name.p, limit);
    char *copy = code ? NULL : pl_arena_strndup(arena, wire.p, wire.n);
    size_t size = wire.n;
    pl_buf_done(&wire);
    if (code)
        return code;
    if (!copy)
        return no_memory(fault);
    *out_wire = pl_str_make(copy, size);
    return PL_OK;
}

/* Other values for an example, field by field. */
#include <string.h>

#include "events_internal.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"

/* Names that are looked at for "did you mean". */
enum { NAMES_MAX = 256 };

static pl_code unknown_field(const pl_message_type *type, pl_str path, pl_str name, pl_error *err) {
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (; count < type->field_count && count < NAMES_MAX; count++)
        names[count] = type->fields[count].name.p;
    const char *near = pl_str_nearest(name, names, count);
    return pl_error_set(err, PL_INVALID_ARGUMENT, "%.*s: %s has no field '%.*s'%s%s%s",
                        PL_FMT(pl_utf8_cut(path, 64)), type->full_name.p,
                        PL_FMT(pl_utf8_cut(name, 64)), near ? ", did you mean '" : "",
                        near ? near : "", near ? "'?" : "");
}

/* Where a path leads: a field of a message within the example. */
typedef struct place {
    pl_dynamic *message;
    const pl_field *field;
} place;

/* Takes "[N]" from the front of *REST; false: it does not begin so. */
static bool take_index(pl_str *rest, uint64_t *out_index) {
    size_t end = pl_str_index(*rest, ']');

    if (!rest->n || rest->p[0] != '[' || end == rest->n ||
        !pl_str_u64(pl_str_make(rest->p + 1, end - 1), out_index))
        return false;
    *rest = pl_str_make(rest->p + end + 1, rest->n - end - 1);
    return true;
}

/* From the message field AT into its message, the one at INDEX of a list; what is absent is made.
 */
static pl_code enter(place *at, bool indexed, uint64_t index, pl_str path, pl_arena *arena,
                     pl_error *err) {
    pl_dynamic_value value = {.message = NULL};
    bool list = at->field->repeated;

    if (!at->field->message || at->field->map || list != indexed ||
        (list && index >= pl_dynamic_count(at->message, at->field)))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%.*s: the path leads nowhere at '%s'; a list or map may be given as "
                            "a whole, in JSON",
                            PL_FMT(pl_utf8_cut(path, 64)), at->field->name.p);
    if (list) {
        value = pl_dynamic_at(at->message, at->field, index);
    } else if (!pl_dynamic_get(at->message, at->field, &value)) {
        value.message = pl_dynamic_new(at->field->message, arena);
        if (!value.message || !pl_dynamic_set(at->message, at->field, value))
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the event");
    }
    at->message = value.message;
    return PL_OK;
}

/* The end of "customer.name", "items[0].quantity". */
static pl_code find_place(pl_dynamic *message, pl_str path, pl_arena *arena, place *out,
                          pl_error *err) {
    pl_str rest = path;
    place at = {message, NULL};

    for (;;) {
        const pl_message_type *type = pl_dynamic_type(at.message);
        size_t end = 0;
        uint64_t index = 0;
        while (end < rest.n && rest.p[end] != '.' && rest.p[end] != '[')
            end++;
        pl_str name = pl_str_make(rest.p, end);
        at.field = pl_message_field_by_json(type, name);
        if (!at.field)
            return unknown_field(type, path, name, err);
        rest = pl_str_make(rest.p + end, rest.n - end);
        if (!rest.n)
            break;
        bool indexed = take_index(&rest, &index);
        pl_code code = enter(&at, indexed, index, path, arena, err);
        if (code != PL_OK)
            return code;
        if (!rest.n || rest.p[0] != '.')
            return unknown_field(pl_dynamic_type(at.message), path, rest, err);
        rest = pl_str_make(rest.p + 1, rest.n - 1);
    }
    *out = at;
    return PL_OK;
}

/* A value of FIELD has a text that is not JSON. */
static bool has_text(const pl_field *field) {
    if (field->repeated)
        return false;
    if (!field->message)
        return true;
    switch (field->message->well_known) {
    case PL_WELL_KNOWN_TIMESTAMP:
    case PL_WELL_KNOWN_DURATION:
    case PL_WELL_KNOWN_FIELD_MASK:
    case PL_WELL_KNOWN_WRAPPER:
        return true;
    default:
        return false;
    }
}

/* VALUE as the wire has the field. */
static pl_code encode(const pl_field *field, const pl_json_value *value, pl_buf *out,
                      pl_error *err) {
    pl_buf text = pl_buf_make(PL_STUB_OVERRIDES_MAX);
    pl_code code;

    if (value->kind == PL_JSON_STRING && has_text(field)) {
        code = pl_json_text_to_wire(field, value->text, NULL, out, err);
    } else if (value->kind == PL_JSON_STRING) {
        code = pl_json_field_to_wire(field, value->text, NULL, out, err);
    } else {
        code = pl_json_print(value, 0, &text)
                   ? pl_json_field_to_wire(field, pl_buf_view(&text), NULL, out, err)
                   : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %u bytes",
                                  PL_STUB_OVERRIDES_MAX);
    }
    pl_buf_done(&text);
    return code;
}

/* The field at AT becomes what WIRE has of it. */
static pl_code put(const place *at, pl_str wire, pl_arena *arena, pl_error *err) {
    pl_dynamic *from = NULL;
    pl_code code = pl_dynamic_decode(pl_dynamic_type(at->message), wire, arena, &from, err);

    if (code != PL_OK)
        return code;
    size_t count = pl_dynamic_count(from, at->field);
    pl_dynamic_clear(at->message, at->field);
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        pl_dynamic_value value = {.message = NULL};
        if (at->field->repeated)
            value = pl_dynamic_at(from, at->field, i);
        else
            (void)pl_dynamic_get(from, at->field, &value);
        if (!pl_dynamic_set(at->message, at->field, value))
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the event");
    }
    return code;
}

static pl_code override(pl_dynamic *message, const pl_json_value *value, pl_arena *arena,
                        pl_error *err) {
    pl_buf wire = pl_buf_make(PL_STUB_OVERRIDES_MAX);
    pl_error why = PL_ERROR_INIT;
    place at = {NULL, NULL};
    pl_code code = find_place(message, value->key, arena, &at, err);

    if (code != PL_OK)
        return code;
    if (value->kind == PL_JSON_NULL) {
        pl_dynamic_clear(at.message, at.field);
        return PL_OK;
    }
    code = encode(at.field, value, &wire, &why);
    if (code == PL_OK)
        code = put(&at, pl_buf_view(&wire), arena, &why);
    pl_buf_done(&wire);
    if (code == PL_OK)
        return PL_OK;
    /* Some errors begin with the field themselves. */
    pl_str key = pl_utf8_cut(value->key, 64);
    return pl_str_starts(pl_str_c(why.message), key)
               ? pl_error_set(err, code, "%s", why.message)
               : pl_error_wrap(err, &why, "%.*s", PL_FMT(key));
}

pl_code stub_override(pl_dynamic *message, pl_str overrides, pl_arena *arena, pl_error *err) {
    const pl_json_value *root = NULL;
    pl_code code = overrides.n ? pl_json_parse(overrides, "overrides", arena, &root, err) : PL_OK;

    if (code != PL_OK || !root)
        return code;
    if (root->kind != PL_JSON_OBJECT)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "overrides: expected a JSON object of fields, got %s",
                            pl_json_kind_name(root->kind));
    for (const pl_json_value *one = root->children; code == PL_OK && one; one = one->next)
        code = override(message, one, arena, err);
    return code;
}

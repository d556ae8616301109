/* What a publisher could not have sent: an event's limits are the lengths of texts and lists. */
#include "events_internal.h"

static pl_code check_field(const pl_dynamic *message, const pl_field *field, pl_error *err);

static pl_code check_text(const pl_field *field, pl_str text, pl_error *err) {
    bool characters = field->kind == PL_KIND_STRING;
    size_t size = characters ? pl_utf8_length(text) : text.n;

    if (!field->limits->max_length || size <= field->limits->max_length)
        return PL_OK;
    return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: has %zu %s, an event at most %u",
                        field->name.p, size, characters ? "characters" : "bytes",
                        field->limits->max_length);
}

pl_code stub_check_limits(const pl_dynamic *message, pl_error *err) {
    const pl_message_type *type = pl_dynamic_type(message);
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < type->field_count; i++)
        code = check_field(message, &type->fields[i], err);
    return code;
}

static pl_code check_field(const pl_dynamic *message, const pl_field *field, pl_error *err) {
    size_t count = pl_dynamic_count(message, field);
    pl_code code = PL_OK;

    if (field->limits && field->limits->max_items && count > field->limits->max_items)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: has %zu items, an event at most %u",
                            field->name.p, count, field->limits->max_items);
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        pl_dynamic_value value = {.message = NULL};
        if (field->repeated)
            value = pl_dynamic_at(message, field, i);
        else
            (void)pl_dynamic_get(message, field, &value);
        if (field->message)
            code = stub_check_limits(value.message, err);
        else if (field->limits && (field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES))
            code = check_text(field, value.text, err);
    }
    return code;
}

/* Takes out of a message what the journal may not show, also out of what an Any holds. */
#include "stub_internal.h"

/* What stands for a sensitive text. */
#define REDACTED "(redacted)"

/* Bytes of what an Any holds, and its fields. */
enum { HELD_MAX = 4 << 20, ANY_TYPE = 1, ANY_VALUE = 2 };

/* The message type that ANY names, or NULL. */
static const pl_message_type *type_in(const pl_dynamic *any) {
    const pl_message_type *type = pl_dynamic_type(any);
    pl_dynamic_value url;

    if (!pl_dynamic_get(any, pl_message_field_by_number(type, ANY_TYPE), &url))
        return NULL;
    pl_str name = url.text;
    for (size_t slash; (slash = pl_str_index(name, '/')) < name.n;)
        name = pl_str_make(name.p + slash + 1, name.n - slash - 1);
    return pl_pool_message(type->pool, name);
}

/* What ANY holds becomes what is left of it; where that is impossible, nothing. */
static bool redact_any(pl_dynamic *any, pl_arena *arena) {
    const pl_field *field = pl_message_field_by_number(pl_dynamic_type(any), ANY_VALUE);
    const pl_message_type *type = type_in(any);
    pl_dynamic *held = NULL;
    pl_dynamic_value value;
    pl_buf wire = pl_buf_make(HELD_MAX);

    if (!type || !pl_dynamic_get(any, field, &value))
        return false;
    bool sensitive = pl_dynamic_decode(type, value.text, arena, &held, NULL) != PL_OK ||
                     stub_redact(held, arena);
    if (sensitive) {
        bool left = held && pl_dynamic_encode(held, &wire);
        char *copy = left ? pl_arena_strndup(arena, wire.p, wire.n) : NULL;
        pl_dynamic_clear(any, field);
        value.text = pl_str_make(copy, wire.n);
        if (copy)
            (void)pl_dynamic_set(any, field, value);
    }
    pl_buf_done(&wire);
    return sensitive;
}

static bool redact_field(pl_dynamic *message, const pl_field *field, pl_arena *arena) {
    size_t count = pl_dynamic_count(message, field);
    pl_dynamic_value value = {.text = pl_str_c(REDACTED)};
    bool any = false;

    if (count && field->sensitive) {
        pl_dynamic_clear(message, field);
        if (field->kind == PL_KIND_STRING)
            (void)pl_dynamic_set(message, field, value);
        return true;
    }
    for (size_t i = 0; field->message && i < count; i++) {
        if (field->repeated)
            value = pl_dynamic_at(message, field, i);
        else
            (void)pl_dynamic_get(message, field, &value);
        any = stub_redact(value.message, arena) || any;
    }
    return any;
}

bool stub_redact(pl_dynamic *message, pl_arena *arena) {
    const pl_message_type *type = pl_dynamic_type(message);
    bool any = false;

    if (type->well_known == PL_WELL_KNOWN_ANY)
        return redact_any(message, arena);
    for (size_t i = 0; i < type->field_count; i++)
        any = redact_field(message, &type->fields[i], arena) || any;
    return any;
}

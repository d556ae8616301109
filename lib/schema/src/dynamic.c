/* Dynamic messages; see dynamic.h. */
#include "parley/schema/dynamic.h"

#include "dynamic_node.h"

/* Values a list begins with room for. */
#define FIRST_ROOM 4

pl_dynamic *pl_dynamic_new(const pl_message_type *type, pl_arena *arena) {
    pl_dynamic *m = PL_ARENA_NEW(arena, pl_dynamic);
    if (!m)
        return NULL;
    m->type = type;
    m->arena = arena;
    m->slots = pl_arena_calloc(arena, type->field_count ? type->field_count : 1, sizeof(*m->slots));
    return m->slots ? m : NULL;
}

const pl_message_type *pl_dynamic_type(const pl_dynamic *message) {
    return message->type;
}

size_t pl_dynamic_count(const pl_dynamic *message, const pl_field *field) {
    return message->slots[field->index].count;
}

bool pl_dynamic_get(const pl_dynamic *message, const pl_field *field, pl_dynamic_value *out_value) {
    const dynamic_slot *slot = &message->slots[field->index];
    if (field->repeated || !slot->count)
        return false;
    *out_value = slot->one;
    return true;
}

pl_dynamic_value pl_dynamic_at(const pl_dynamic *message, const pl_field *field, size_t index) {
    return message->slots[field->index].many[index];
}

static bool append(pl_dynamic *m, dynamic_slot *slot, pl_dynamic_value value) {
    if (slot->count == slot->room) {
        size_t room = slot->room ? 2 * slot->room : FIRST_ROOM;
        pl_dynamic_value *many = pl_arena_calloc(m->arena, room, sizeof(*many));
        if (!many)
            return false;
        if (slot->count)
            memcpy(many, slot->many, slot->count * sizeof(*many));
        slot->many = many;
        slot->room = room;
    }
    slot->many[slot->count++] = value;
    return true;
}

bool pl_dynamic_set(pl_dynamic *message, const pl_field *field, pl_dynamic_value value) {
    dynamic_slot *slot = &message->slots[field->index];
    if (field->repeated)
        return append(message, slot, value);
    if (field->oneof)
        for (size_t i = 0; i < field->oneof->field_count; i++)
            pl_dynamic_clear(message, field->oneof->fields[i]);
    slot->one = value;
    slot->count = 1;
    return true;
}

void pl_dynamic_clear(pl_dynamic *message, const pl_field *field) {
    message->slots[field->index].count = 0;
}

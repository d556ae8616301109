/* Look-ups of fields and enum values. */
#include "index.h"

#include "build.h"

/* Of two fields with one JSON name, which only proto2 may have, the first is found. */
static void add_json_name(const struct pl_field_index *index, const message_node *m,
                          const pl_field *f) {
    uint32_t hash = name_hash(f->json_name.p, f->json_name.n);
    size_t i = hash & index->names_mask;
    for (; index->names[i].field; i = (i + 1) & index->names_mask)
        if (index->names[i].hash == hash &&
            pl_str_eq(m->fields[index->names[i].field - 1].json_name, f->json_name))
            return;
    index->names[i] = (name_slot){hash, (uint16_t)(f->index + 1), true, false};
}

/* False where another field has the name. Mostly it is the field's JSON name too, and shares
 * its slot. */
static bool add_proto_name(const struct pl_field_index *index, const message_node *m,
                           const pl_field *f) {
    uint32_t hash = name_hash(f->name.p, f->name.n);
    name_slot *own = NULL;
    size_t i = hash & index->names_mask;
    for (; index->names[i].field; i = (i + 1) & index->names_mask) {
        name_slot *slot = &index->names[i];
        const pl_field *other = &m->fields[slot->field - 1];
        if (slot->hash != hash)
            continue;
        if (slot->proto && pl_str_eq(other->name, f->name))
            return false;
        if (slot->json && other == f && pl_str_eq(f->json_name, f->name))
            own = slot;
    }
    if (own)
        own->proto = true;
    else
        index->names[i] = (name_slot){hash, (uint16_t)(f->index + 1), false, true};
    return true;
}

static bool index_names(build *b, message_node *m, struct pl_field_index *index) {
    size_t cap = 8;
    while (cap < 4 * m->pub.field_count)
        cap *= 2;
    index->names = build_calloc(b, cap, sizeof(*index->names));
    if (!index->names)
        return false;
    index->names_mask = cap - 1;
    for (size_t i = 0; i < m->pub.field_count; i++)
        add_json_name(index, m, &m->fields[i]);
    for (size_t i = 0; i < m->pub.field_count; i++)
        if (!add_proto_name(index, m, &m->fields[i]))
            return build_fail(b, "field %s is declared twice", m->fields[i].full_name.p);
    return true;
}

/* By insertion: sets of fields beyond the dense range are small, or sorted already. */
static void insert_sorted(struct pl_field_index *index, const pl_field *fields, uint16_t field) {
    size_t i = index->sorted_count++;
    for (; i > 0 && fields[index->sorted[i - 1]].number > fields[field].number; i--)
        index->sorted[i] = index->sorted[i - 1];
    index->sorted[i] = field;
}

bool index_message(build *b, message_node *m) {
    struct pl_field_index *index = build_calloc(b, 1, sizeof(*index));
    if (!index)
        return false;
    size_t beyond = 0;
    for (size_t i = 0; i < m->pub.field_count; i++) {
        uint32_t number = m->fields[i].number;
        if (number >= DENSE_NUMBERS)
            beyond++;
        else if (number >= index->dense_count)
            index->dense_count = number + 1;
    }
    index->dense = build_calloc(b, index->dense_count, sizeof(*index->dense));
    index->sorted = build_calloc(b, beyond, sizeof(*index->sorted));
    if (!index->dense || !index->sorted)
        return false;
    m->pub.index = index;
    for (size_t i = 0; i < m->pub.field_count; i++) {
        uint32_t number = m->fields[i].number;
        if (pl_message_field_by_number(&m->pub, number))
            return build_fail(b, "number %u is used twice in %s", number, m->pub.full_name.p);
        if (number < DENSE_NUMBERS)
            index->dense[number] = (uint16_t)(i + 1);
        else
            insert_sorted(index, m->fields, (uint16_t)i);
    }
    return index_names(b, m, index);
}

const pl_field *pl_message_field_by_number(const pl_message_type *type, uint32_t number) {
    const struct pl_field_index *index = type->index;
    if (number < index->dense_count) {
        uint16_t i = index->dense[number];
        return i ? &type->fields[i - 1] : NULL;
    }
    size_t low = 0, high = index->sorted_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const pl_field *f = &type->fields[index->sorted[mid]];
        if (f->number == number)
            return f;
        if (f->number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const pl_field *pl_message_field_by_json(const pl_message_type *type, pl_str name) {
    const struct pl_field_index *index = type->index;
    uint32_t hash = name_hash(name.p, name.n);
    const pl_field *by_proto = NULL;
    for (size_t i = hash & index->names_mask; index->names[i].field;
         i = (i + 1) & index->names_mask) {
        const name_slot *s = &index->names[i];
        const pl_field *f = &type->fields[s->field - 1];
        if (s->hash != hash)
            continue;
        if (s->json && pl_str_eq(f->json_name, name))
            return f;
        if (s->proto && pl_str_eq(f->name, name))
            by_proto = f;
    }
    return by_proto;
}

const pl_field *pl_message_field_by_name(const pl_message_type *type, pl_str name) {
    const struct pl_field_index *index = type->index;
    uint32_t hash = name_hash(name.p, name.n);
    for (size_t i = hash & index->names_mask; index->names[i].field;
         i = (i + 1) & index->names_mask) {
        const name_slot *s = &index->names[i];
        const pl_field *f = &type->fields[s->field - 1];
        if (s->hash == hash && s->proto && pl_str_eq(f->name, name))
            return f;
    }
    return NULL;
}

/* Sorts indexes of values by number, stable, so that the first of aliases is kept. */
static void sort_values(const pl_enum_value *values, uint32_t *list, uint32_t *scratch, size_t n) {
    if (n < 2)
        return;
    size_t half = n / 2;
    sort_values(values, list, scratch, half);
    sort_values(values, list + half, scratch, n - half);
    memcpy(scratch, list, n * sizeof(*list));
    size_t i = 0, k = half;
    for (size_t at = 0; at < n; at++) {
        bool left = k == n || (i < half && values[scratch[i]].number <= values[scratch[k]].number);
        list[at] = left ? scratch[i++] : scratch[k++];
    }
}

bool index_enum(build *b, enum_node *e) {
    size_t n = e->pub.value_count;
    struct pl_enum_index *index = build_calloc(b, 1, sizeof(*index));
    uint32_t *scratch = build_calloc(b, n, sizeof(*scratch));
    if (!index || !scratch || !(index->by_number = build_calloc(b, n, sizeof(*index->by_number))))
        return false;
    for (size_t i = 0; i < n; i++) {
        const pl_enum_value *v = &e->values[i];
        symbol name = {v->name, SYMBOL_ENUM, v, NULL}, json = {v->json_name, SYMBOL_ENUM, v, NULL};
        if (symtab_find(&index->names, v->name))
            return build_fail(b, "value %s is in %s twice", v->name.p, e->pub.full_name.p);
        if (!symtab_add(&index->names, b->arena, name))
            return build_no_memory(b);
        if (v->json_name.n && !symtab_find(&index->json_names, v->json_name) &&
            !symtab_add(&index->json_names, b->arena, json))
            return build_no_memory(b);
        index->by_number[i] = (uint32_t)i;
    }
    sort_values(e->values, index->by_number, scratch, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || e->values[index->by_number[i]].number !=
                          e->values[index->by_number[index->number_count - 1]].number)
            index->by_number[index->number_count++] = index->by_number[i];
    index->first = e->values[index->by_number[0]].number;
    int64_t last = e->values[index->by_number[index->number_count - 1]].number;
    index->contiguous = last - index->first + 1 == (int64_t)index->number_count;
    e->pub.index = index;
    return true;
}

const pl_enum_value *pl_enum_by_number(const pl_enum_type *type, int32_t number) {
    const struct pl_enum_index *index = type->index;
    if (index->contiguous) {
        int64_t i = (int64_t)number - index->first;
        return i >= 0 && i < (int64_t)index->number_count ? &type->values[index->by_number[i]]
                                                          : NULL;
    }
    size_t low = 0, high = index->number_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const pl_enum_value *v = &type->values[index->by_number[mid]];
        if (v->number == number)
            return v;
        if (v->number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const pl_enum_value *pl_enum_by_name(const pl_enum_type *type, pl_str name) {
    const symbol *s = symtab_find(&type->index->names, name);
    return s ? s->thing : NULL;
}

const pl_enum_value *pl_enum_by_json_name(const pl_enum_type *type, pl_str name) {
    const symbol *s = symtab_find(&type->index->json_names, name);
    return s ? s->thing : NULL;
}

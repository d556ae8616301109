/* Maps to JSON. */
#include <stdlib.h>

#include "keys.h"
#include "writer.h"

/* The bytes by which keys of one map are compared. Numbers may be written in more than
 * one way, so their values count. */
static pl_str key_bytes(const pl_field *key, pl_wire_field *value) {
    if (key->kind == PL_KIND_STRING)
        return value->bytes;
    if (key->kind == PL_KIND_BOOL)
        value->value = value->value != 0;
    else if (key->kind != PL_KIND_INT64 && key->kind != PL_KIND_UINT64 &&
             pl_kind_wire_type(key->kind) == PL_WIRE_VARINT && key->kind != PL_KIND_SINT64)
        value->value = (uint32_t)value->value;
    return pl_str_make((const char *)&value->value, sizeof(value->value));
}

typedef struct map_entry {
    pl_wire_field key, value; /* number 0: absent */
} map_entry;

/* A map being written: all entries first, for of those with equal keys the last counts. */
typedef struct map_state {
    map_entry *entries;
    size_t count, cap;
    json_keys keys;
    pl_buf pieces; /* values that came in pieces, put together */
} map_state;

static bool read_map_entry(writer *w, const pl_field *field, pl_str bytes, map_entry *out_entry) {
    const pl_message_type *type = field->message;
    indexed m;
    pl_buf pieces = pl_buf_make(PL_WIRE_SIZE_MAX);
    if (!index_push(w, type, bytes, &m))
        return false;
    *out_entry = (map_entry){0};
    index_value(w, &m, &type->fields[0], &pieces, &out_entry->key);
    /* The value is written from the entry again, so that one in pieces needs no copy. */
    out_entry->value.bytes = bytes;
    index_pop(w, &m);
    pl_buf_done(&pieces);
    return true;
}

static bool collect_entries(writer *w, const indexed *m, const pl_field *field, map_state *s) {
    occurrences o = occurrences_of(w, m, field);
    pl_wire_field value;
    while (occurrences_next(&o, &value)) {
        if (s->count == s->cap) {
            size_t cap = s->cap ? 2 * s->cap : 16;
            map_entry *bigger = realloc(s->entries, cap * sizeof(*bigger));
            if (!bigger)
                return write_full(w);
            s->entries = bigger;
            s->cap = cap;
        }
        if (!read_map_entry(w, field, value.bytes, &s->entries[s->count++]))
            return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        json_key key = {.text = key_bytes(&field->message->fields[0], &s->entries[i].key)};
        if (!json_keys_add(&s->keys, key))
            return write_full(w);
    }
    if (s->count > 1) {
        json_keys_check(&s->keys);
        json_keys_restore(&s->keys);
    }
    return true;
}

static bool write_entry_value(writer *w, const pl_field *field, const indexed *m) {
    const pl_field *value_field = &field->message->fields[1];
    pl_buf pieces = pl_buf_make(PL_WIRE_SIZE_MAX);
    pl_wire_field value = {0};
    bool there = index_value(w, m, value_field, &pieces, &value), ok;
    if (pieces.failed)
        ok = write_full(w);
    else if (there || value_field->message)
        ok = write_value(w, value_field, &value);
    else
        ok = write_default(w, value_field);
    pl_buf_done(&pieces);
    return ok;
}

/* Of a closed enum, an entry whose value the enum lacks is an unknown field. */
static bool is_unknown_entry(writer *w, const pl_field *field, const indexed *m, pl_str bytes) {
    const pl_field *value = &field->message->fields[1];
    pl_wire_field f;
    return value->enumeration && value->enumeration->closed &&
           w->fields[m->base + value->index].first == NO_RUN &&
           pl_wire_find(bytes, value->number, &f);
}

static bool write_entry(writer *w, const pl_field *field, const map_entry *entry, bool *comma) {
    indexed m;
    if (!index_push(w, field->message, entry->value.bytes, &m))
        return false;
    bool ok = true;
    if (!is_unknown_entry(w, field, &m, entry->value.bytes)) {
        ok = (!*comma || pl_buf_putc(w->out, ',')) || write_full(w);
        *comma = true;
        ok = ok && write_map_key(w, &field->message->fields[0], &entry->key) &&
             (pl_buf_putc(w->out, ':') || write_full(w)) && write_entry_value(w, field, &m);
    }
    index_pop(w, &m);
    return ok;
}

bool write_map(writer *w, const indexed *m, const pl_field *field) {
    place here = {w->place, field, 0};
    map_state s = {0};
    bool comma = false;
    if (w->depth >= PL_WIRE_DEPTH_MAX)
        return write_refuse(w, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    w->depth++;
    w->place = &here;
    w->embedded = false;
    bool ok = collect_entries(w, m, field, &s) && (pl_buf_putc(w->out, '{') || write_full(w));
    for (; ok && here.index < s.count; here.index++)
        if (!s.keys.list[here.index].again)
            ok = write_entry(w, field, &s.entries[here.index], &comma);
    if (ok)
        w->place = here.up;
    w->depth--;
    json_keys_done(&s.keys);
    free(s.entries);
    return ok && (pl_buf_putc(w->out, '}') || write_full(w));
}

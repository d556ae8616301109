/* What a descriptor says that the pool does not keep: reserved numbers and names, numbers for
 * extensions, options of generators. Read from the bytes, which the pool has checked. */
#include <stdlib.h>

#include "diff.h"

enum {
    MESSAGE_EXTENSION_RANGE = 5,
    MESSAGE_OPTIONS = 7,
    MESSAGE_RESERVED_RANGE = 9,
    MESSAGE_RESERVED_NAME = 10,
    ENUM_RESERVED_RANGE = 4,
    ENUM_RESERVED_NAME = 5,
    FIELD_OPTIONS = 8,
    METHOD_OPTIONS = 4,
    RANGE_START = 1,
    RANGE_END = 2
};

raw_index *raw_index_of(diff *d, const pl_file *file, const pl_pool **out_pool) {
    bool old = pl_pool_file(d->old_pool, file->name) == file;
    *out_pool = old ? d->old_pool : d->new_pool;
    return old ? &d->old_index : &d->new_index;
}

raw_entry raw_element(diff *d, const pl_file *file, const void *element) {
    const pl_pool *pool;
    raw_index *index = raw_index_of(d, file, &pool);
    const raw_entry *found = raw_index_entry(index, pool, element);
    d->full = d->full || index->failed;
    return found ? *found : (raw_entry){element, {"", 0}, 0};
}

static pl_str raw_message(diff *d, const pl_message_type *type) {
    return raw_element(d, type->file, type).bytes;
}

static pl_str raw_field(diff *d, const pl_field *field) {
    raw_extension extension;
    if (!field->extension)
        return raw_element(d, field->parent->file, field).bytes;
    return raw_find_extension(d, field, &extension) ? extension.bytes : pl_str_make("", 0);
}

/* LIST of COUNT elements, with room for one more; NULL, and `full`: no memory. */
static void *make_room(diff *d, void *list, size_t count, size_t *room, size_t size) {
    enum { FIRST_ROOM = 64 };
    if (count < *room)
        return list;
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    void *grown = realloc(list, wanted * size);
    d->full = d->full || !grown;
    *room = grown ? wanted : *room;
    return grown;
}

static void add_range(diff *d, raw_reserved *out, pl_str bytes, int64_t beyond) {
    pl_wire_field first, last;
    bool has_first = pl_wire_find(bytes, RANGE_START, &first);
    bool has_last = pl_wire_find(bytes, RANGE_END, &last);
    raw_range *ranges = make_room(d, out->ranges, out->range_count, &out->range_room,
                                  sizeof *ranges);
    if (!ranges)
        return;
    out->ranges = ranges;
    ranges[out->range_count++] = (raw_range){has_first ? (int32_t)first.value : 0,
                                             (has_last ? (int64_t)(int32_t)last.value : 0) -
                                                 beyond};
}

static void add_name(diff *d, raw_reserved *out, pl_str name) {
    pl_str *names = make_room(d, out->names, out->name_count, &out->name_room, sizeof *names);
    if (!names)
        return;
    out->names = names;
    names[out->name_count++] = name;
}

/* BEYOND: a range ends this much behind its last number. */
static void read_reserved(diff *d, pl_str bytes, uint32_t range, uint32_t name, int64_t beyond,
                          raw_reserved *out) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field field;
    out->range_count = out->name_count = 0;
    while (pl_wire_next(&reader, &field)) {
        if (field.number == range)
            add_range(d, out, field.bytes, beyond);
        else if (field.number == name)
            add_name(d, out, field.bytes);
    }
}

void raw_reserved_of_message(diff *d, const pl_message_type *type, raw_reserved *out) {
    read_reserved(d, raw_message(d, type), MESSAGE_RESERVED_RANGE, MESSAGE_RESERVED_NAME, 1, out);
}

void raw_reserved_of_enum(diff *d, const pl_enum_type *type, raw_reserved *out) {
    read_reserved(d, raw_element(d, type->file, type).bytes, ENUM_RESERVED_RANGE,
                  ENUM_RESERVED_NAME, 0, out);
}

void raw_extension_ranges(diff *d, const pl_message_type *type, raw_reserved *out) {
    read_reserved(d, raw_message(d, type), MESSAGE_EXTENSION_RANGE, 0, 1, out);
}

static uint64_t option_of(pl_str element, uint32_t options_number, uint32_t number) {
    pl_wire_field options, found;
    return pl_wire_find(element, options_number, &options) &&
                   pl_wire_find(options.bytes, number, &found)
               ? found.value
               : 0;
}

uint64_t raw_file_option(diff *d, const pl_file *file, uint32_t number) {
    pl_wire_field found;
    return pl_wire_find(raw_element(d, file, file).bytes, number, &found) ? found.value : 0;
}

uint64_t raw_message_option(diff *d, const pl_message_type *type, uint32_t number) {
    return option_of(raw_message(d, type), MESSAGE_OPTIONS, number);
}

uint64_t raw_field_option(diff *d, const pl_field *field, uint32_t number) {
    return option_of(raw_field(d, field), FIELD_OPTIONS, number);
}

uint64_t raw_method_option(diff *d, const pl_method_type *method, uint32_t number) {
    return option_of(raw_element(d, method->service->file, method).bytes, METHOD_OPTIONS, number);
}

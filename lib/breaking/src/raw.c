/* What a descriptor says that the pool does not keep: reserved numbers and names, options of
 * generators, positions of parts of an element. Read from the bytes, which the pool has checked. */
#include "diff.h"

enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    FILE_SOURCE_INFO = 9,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    MESSAGE_RESERVED_RANGE = 9,
    MESSAGE_RESERVED_NAME = 10,
    ENUM_RESERVED_RANGE = 4,
    ENUM_RESERVED_NAME = 5,
    SERVICE_METHOD = 2,
    NAME = 1,
    RANGE_START = 1,
    RANGE_END = 2,
    INFO_LOCATION = 1,
    LOCATION_PATH = 1,
    LOCATION_SPAN = 2
};

/* The sub-message NUMBER of BYTES whose name is NAME. */
static pl_str child(pl_str bytes, uint32_t number, pl_str name) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field field, found;
    while (pl_wire_next(&reader, &field)) {
        if (field.number == number && pl_wire_find(field.bytes, NAME, &found) &&
            pl_str_eq(found.bytes, name))
            return field.bytes;
    }
    return pl_str_make("", 0);
}

pl_str raw_message(const pl_message_type *type) {
    return type->parent ? child(raw_message(type->parent), MESSAGE_NESTED, type->name)
                        : child(type->file->bytes, FILE_MESSAGE, type->name);
}

pl_str raw_enum(const pl_enum_type *type) {
    return type->parent ? child(raw_message(type->parent), MESSAGE_ENUM, type->name)
                        : child(type->file->bytes, FILE_ENUM, type->name);
}

pl_str raw_method(const pl_method_type *method) {
    const pl_service_type *service = method->service;
    pl_str bytes = child(service->file->bytes, FILE_SERVICE, service->name);
    return child(bytes, SERVICE_METHOD, method->name);
}

static bool same_path(pl_str packed, const uint32_t *path, size_t steps) {
    pl_wire_reader reader = pl_wire_reader_make(packed);
    uint64_t step;
    size_t n = 0;
    while (pl_wire_varint(&reader, &step)) {
        if (n == steps || path[n++] != step)
            return false;
    }
    return n == steps;
}

pl_source raw_position(const pl_file *file, const uint32_t *path, size_t steps) {
    pl_source at = {file->name, 1, 1};
    pl_wire_field info, location, found;
    if (!pl_wire_find(file->bytes, FILE_SOURCE_INFO, &info))
        return at;
    pl_wire_reader reader = pl_wire_reader_make(info.bytes);
    while (pl_wire_next(&reader, &location)) {
        uint64_t line, column;
        if (location.number != INFO_LOCATION ||
            !pl_wire_find(location.bytes, LOCATION_PATH, &found) ||
            !same_path(found.bytes, path, steps) ||
            !pl_wire_find(location.bytes, LOCATION_SPAN, &found))
            continue;
        pl_wire_reader span = pl_wire_reader_make(found.bytes);
        if (pl_wire_varint(&span, &line) && pl_wire_varint(&span, &column)) {
            at.line = (uint32_t)line + 1;
            at.col = (uint32_t)column + 1;
        }
        break;
    }
    return at;
}

static void add_range(raw_reserved *out, pl_str bytes, int64_t beyond) {
    pl_wire_field first, last;
    bool has_first = pl_wire_find(bytes, RANGE_START, &first);
    bool has_last = pl_wire_find(bytes, RANGE_END, &last);
    if (out->range_count == RAW_RESERVED_MAX)
        return;
    out->ranges[out->range_count++] = (raw_range){has_first ? (int32_t)first.value : 0,
                                                  (has_last ? (int64_t)(int32_t)last.value : 0) -
                                                      beyond};
}

/* BEYOND: a range ends this much behind its last number. */
static void read_reserved(pl_str bytes, uint32_t range, uint32_t name, int64_t beyond,
                          raw_reserved *out) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field field;
    out->range_count = out->name_count = 0;
    while (pl_wire_next(&reader, &field)) {
        if (field.number == range)
            add_range(out, field.bytes, beyond);
        else if (field.number == name && out->name_count < RAW_RESERVED_MAX)
            out->names[out->name_count++] = field.bytes;
    }
}

void raw_reserved_of_message(const pl_message_type *type, raw_reserved *out) {
    read_reserved(raw_message(type), MESSAGE_RESERVED_RANGE, MESSAGE_RESERVED_NAME, 1, out);
}

void raw_reserved_of_enum(const pl_enum_type *type, raw_reserved *out) {
    read_reserved(raw_enum(type), ENUM_RESERVED_RANGE, ENUM_RESERVED_NAME, 0, out);
}

/* What a descriptor says that the pool does not keep: reserved numbers and names, numbers for
 * extensions, options of generators. Read from the bytes, which the pool has checked. */
#include "diff.h"

enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    FILE_OPTIONS = 8,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    MESSAGE_EXTENSION_RANGE = 5,
    MESSAGE_OPTIONS = 7,
    MESSAGE_RESERVED_RANGE = 9,
    MESSAGE_RESERVED_NAME = 10,
    ENUM_RESERVED_RANGE = 4,
    ENUM_RESERVED_NAME = 5,
    SERVICE_METHOD = 2,
    NAME = 1,
    FIELD_OPTIONS = 8,
    METHOD_OPTIONS = 4,
    RANGE_START = 1,
    RANGE_END = 2
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

static pl_str raw_field(const pl_field *field) {
    raw_extension extension;
    if (!field->extension)
        return child(raw_message(field->parent), MESSAGE_FIELD, field->name);
    return raw_find_extension(field, &extension) ? extension.bytes : pl_str_make("", 0);
}

static pl_str raw_method(const pl_method_type *method) {
    const pl_service_type *service = method->service;
    pl_str bytes = child(service->file->bytes, FILE_SERVICE, service->name);
    return child(bytes, SERVICE_METHOD, method->name);
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

void raw_extension_ranges(const pl_message_type *type, raw_reserved *out) {
    read_reserved(raw_message(type), MESSAGE_EXTENSION_RANGE, 0, 1, out);
}

static uint64_t option_of(pl_str element, uint32_t options_number, uint32_t number) {
    pl_wire_field options, found;
    return pl_wire_find(element, options_number, &options) &&
                   pl_wire_find(options.bytes, number, &found)
               ? found.value
               : 0;
}

uint64_t raw_file_option(const pl_file *file, uint32_t number) {
    return option_of(file->bytes, FILE_OPTIONS, number);
}

uint64_t raw_message_option(const pl_message_type *type, uint32_t number) {
    return option_of(raw_message(type), MESSAGE_OPTIONS, number);
}

uint64_t raw_field_option(const pl_field *field, uint32_t number) {
    return option_of(raw_field(field), FIELD_OPTIONS, number);
}

uint64_t raw_method_option(const pl_method_type *method, uint32_t number) {
    return option_of(raw_method(method), METHOD_OPTIONS, number);
}

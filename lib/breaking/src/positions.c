/* Where the parts of an element stand: its name, its type, its options. */
#include "diff.h"

enum {
    FILE_MESSAGE = 4,
    FILE_SERVICE = 6,
    FILE_SOURCE_INFO = 9,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    SERVICE_METHOD = 2,
    INFO_LOCATION = 1,
    LOCATION_PATH = 1,
    LOCATION_SPAN = 2
};

static bool same_path(pl_str packed, const raw_path *path) {
    pl_wire_reader reader = pl_wire_reader_make(packed);
    uint64_t step;
    size_t n = 0;
    while (pl_wire_varint(&reader, &step)) {
        if (n == path->count || path->steps[n++] != step)
            return false;
    }
    return n == path->count;
}

bool raw_position(const pl_file *file, const raw_path *path, pl_source *out_at) {
    pl_wire_field info, location, found;
    if (!pl_wire_find(file->bytes, FILE_SOURCE_INFO, &info))
        return false;
    pl_wire_reader reader = pl_wire_reader_make(info.bytes);
    while (pl_wire_next(&reader, &location)) {
        uint64_t line, column;
        if (location.number != INFO_LOCATION ||
            !pl_wire_find(location.bytes, LOCATION_PATH, &found) || !same_path(found.bytes, path) ||
            !pl_wire_find(location.bytes, LOCATION_SPAN, &found))
            continue;
        pl_wire_reader span = pl_wire_reader_make(found.bytes);
        if (!pl_wire_varint(&span, &line) || !pl_wire_varint(&span, &column))
            return false;
        *out_at = (pl_source){file->name, (uint32_t)line + 1, (uint32_t)column + 1};
        return true;
    }
    return false;
}

void raw_path_add(raw_path *path, uint32_t number, size_t index) {
    if (path->count + 2 > RAW_PATH_MAX)
        return;
    path->steps[path->count++] = number;
    path->steps[path->count++] = (uint32_t)index;
}

void raw_path_of_message(const pl_message_type *type, raw_path *out) {
    const pl_message_type *const *list = type->file->messages;
    size_t index = 0;
    if (type->parent) {
        raw_path_of_message(type->parent, out);
        list = type->parent->messages;
    } else {
        out->count = 0;
    }
    while (list[index] != type)
        index++;
    raw_path_add(out, type->parent ? MESSAGE_NESTED : FILE_MESSAGE, index);
}

/* The position of PART below PATH, else OTHERWISE. */
static pl_source part_at(const pl_file *file, raw_path *path, diff_part part, pl_source otherwise) {
    pl_source at;
    for (size_t i = 0; i < PL_COUNT(part.steps) && part.steps[i] && path->count < RAW_PATH_MAX; i++)
        path->steps[path->count++] = part.steps[i];
    return raw_position(file, path, &at) ? at : otherwise;
}

pl_source diff_file_part(const pl_file *file, diff_part part) {
    raw_path path = {.count = 0};
    return part_at(file, &path, part, (pl_source){file->name, 1, 1});
}

pl_source diff_message_part(const pl_message_type *type, diff_part part) {
    raw_path path;
    raw_path_of_message(type, &path);
    return part_at(type->file, &path, part, type->source);
}

pl_source diff_method_part(const pl_method_type *method, diff_part part) {
    const pl_service_type *service = method->service;
    raw_path path = {.count = 0};
    size_t index = 0;
    while (service->file->services[index] != service)
        index++;
    raw_path_add(&path, FILE_SERVICE, index);
    raw_path_add(&path, SERVICE_METHOD, (size_t)(method - service->methods));
    return part_at(service->file, &path, part, method->source);
}

pl_source diff_field_at(const pl_field *field) {
    const pl_message_type *entry = field->parent, *parent = entry->parent;
    raw_extension extension;
    if (field->extension && raw_find_extension(field, &extension))
        return part_at(extension.file, &extension.path, (diff_part){{0}}, field->source);
    if (field->source.line || !entry->map_entry || !parent)
        return field->source;
    for (size_t i = 0; i < parent->field_count; i++) {
        if (parent->fields[i].message == entry)
            return parent->fields[i].source;
    }
    return parent->source;
}

pl_source diff_field_part(const pl_field *field, diff_part part) {
    pl_source whole = diff_field_at(field);
    raw_extension extension;
    raw_path path;
    if (field->extension)
        return raw_find_extension(field, &extension)
                   ? part_at(extension.file, &extension.path, part, whole)
                   : whole;
    raw_path_of_message(field->parent, &path);
    raw_path_add(&path, MESSAGE_FIELD, field->index);
    return part_at(field->parent->file, &path, part, whole);
}

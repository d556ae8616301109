/* Where the parts of an element stand: its name, its type, its options. */
#include "diff.h"

enum {
    FILE_MESSAGE = 4,
    FILE_SERVICE = 6,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    SERVICE_METHOD = 2,
    STEP_SIZE = 5 /* bytes of a varint of 32 bits */
};

bool raw_position(diff *d, const pl_file *file, const raw_path *path, pl_source *out_at) {
    uint8_t packed[RAW_PATH_MAX * STEP_SIZE];
    const pl_pool *pool;
    size_t n = 0;
    for (size_t i = 0; i < path->count; i++)
        n += pl_varint_put(packed + n, path->steps[i]);
    raw_index *index = raw_index_of(d, file, &pool);
    const raw_location *found = raw_index_location(index, pool, file,
                                                   pl_str_make((const char *)packed, n));
    d->full = d->full || index->failed;
    if (!found)
        return false;
    pl_wire_reader span = pl_wire_reader_make(found->span);
    uint64_t line, column;
    if (!pl_wire_varint(&span, &line) || !pl_wire_varint(&span, &column))
        return false;
    *out_at = (pl_source){file->name, (uint32_t)line + 1, (uint32_t)column + 1};
    return true;
}

void raw_path_add(raw_path *path, uint32_t number, size_t index) {
    if (path->count + 2 > RAW_PATH_MAX)
        return;
    path->steps[path->count++] = number;
    path->steps[path->count++] = (uint32_t)index;
}

void raw_path_of_message(diff *d, const pl_message_type *type, raw_path *out) {
    if (type->parent)
        raw_path_of_message(d, type->parent, out);
    else
        out->count = 0;
    raw_path_add(out, type->parent ? MESSAGE_NESTED : FILE_MESSAGE,
                 raw_element(d, type->file, type).index);
}

/* The position of PART below PATH, else OTHERWISE. */
static pl_source part_at(diff *d, const pl_file *file, raw_path *path, diff_part part,
                         pl_source otherwise) {
    pl_source at;
    for (size_t i = 0; i < PL_COUNT(part.steps) && part.steps[i] && path->count < RAW_PATH_MAX; i++)
        path->steps[path->count++] = part.steps[i];
    return raw_position(d, file, path, &at) ? at : otherwise;
}

pl_source diff_file_part(diff *d, const pl_file *file, diff_part part) {
    raw_path path = {.count = 0};
    return part_at(d, file, &path, part, (pl_source){file->name, 1, 1});
}

pl_source diff_message_part(diff *d, const pl_message_type *type, diff_part part) {
    raw_path path;
    raw_path_of_message(d, type, &path);
    return part_at(d, type->file, &path, part, type->source);
}

pl_source diff_method_part(diff *d, const pl_method_type *method, diff_part part) {
    const pl_service_type *service = method->service;
    raw_path path = {.count = 0};
    raw_path_add(&path, FILE_SERVICE, raw_element(d, service->file, service).index);
    raw_path_add(&path, SERVICE_METHOD, (size_t)(method - service->methods));
    return part_at(d, service->file, &path, part, method->source);
}

pl_source diff_field_at(diff *d, const pl_field *field) {
    const pl_message_type *entry = field->parent, *parent = entry->parent;
    raw_extension extension;
    if (field->extension && raw_find_extension(d, field, &extension))
        return part_at(d, extension.file, &extension.path, (diff_part){{0}}, field->source);
    if (field->source.line || !entry->map_entry || !parent)
        return field->source;
    for (size_t i = 0; i < parent->field_count; i++) {
        if (parent->fields[i].message == entry)
            return parent->fields[i].source;
    }
    return parent->source;
}

pl_source diff_field_part(diff *d, const pl_field *field, diff_part part) {
    pl_source whole = diff_field_at(d, field);
    raw_extension extension;
    raw_path path;
    if (field->extension)
        return raw_find_extension(d, field, &extension)
                   ? part_at(d, extension.file, &extension.path, part, whole)
                   : whole;
    raw_path_of_message(d, field->parent, &path);
    raw_path_add(&path, MESSAGE_FIELD, field->index);
    return part_at(d, field->parent->file, &path, part, whole);
}

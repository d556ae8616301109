#include "raw_index.h"

#include <stdlib.h>
#include <string.h>

#include "parley/schema/wire.h"

enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    FILE_OPTIONS = 8,
    FILE_SOURCE_INFO = 9,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    SERVICE_METHOD = 2,
    INFO_LOCATION = 1,
    LOCATION_PATH = 1,
    LOCATION_SPAN = 2,
    FIRST_ROOM = 1024
};

/* LIST with room for one more, or NULL. */
static void *with_room(raw_index *x, void *list, size_t count, size_t *room, size_t size) {
    if (count < *room || x->failed)
        return list;
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    void *grown = realloc(list, wanted * size);
    x->failed = !grown;
    *room = grown ? wanted : *room;
    return grown ? grown : list;
}

static void add_entry(raw_index *x, const void *element, pl_str bytes, uint32_t index) {
    x->entries = with_room(x, x->entries, x->entry_count, &x->entry_room, sizeof *x->entries);
    if (!x->failed)
        x->entries[x->entry_count++] = (raw_entry){element, bytes, index};
}

static void add_message(raw_index *x, const pl_message_type *type, pl_str bytes, uint32_t index) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field part;
    uint32_t fields = 0, messages = 0, enums = 0;
    add_entry(x, type, bytes, index);
    while (pl_wire_next(&reader, &part)) {
        if (part.number == MESSAGE_FIELD && fields < type->field_count) {
            add_entry(x, &type->fields[fields], part.bytes, fields);
            fields++;
        } else if (part.number == MESSAGE_NESTED && messages < type->message_count) {
            add_message(x, type->messages[messages], part.bytes, messages);
            messages++;
        } else if (part.number == MESSAGE_ENUM && enums < type->enum_count) {
            add_entry(x, type->enums[enums], part.bytes, enums);
            enums++;
        }
    }
}

static void add_service(raw_index *x, const pl_service_type *type, pl_str bytes, uint32_t index) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field part;
    uint32_t methods = 0;
    add_entry(x, type, bytes, index);
    while (pl_wire_next(&reader, &part)) {
        if (part.number != SERVICE_METHOD || methods == type->method_count)
            continue;
        add_entry(x, &type->methods[methods], part.bytes, methods);
        methods++;
    }
}

static void add_locations(raw_index *x, const pl_file *file, pl_str info) {
    pl_wire_reader reader = pl_wire_reader_make(info);
    pl_wire_field part, path, span;
    while (pl_wire_next(&reader, &part)) {
        if (part.number != INFO_LOCATION || !pl_wire_find(part.bytes, LOCATION_SPAN, &span) ||
            !pl_wire_find(part.bytes, LOCATION_PATH, &path))
            continue;
        x->locations = with_room(x, x->locations, x->location_count, &x->location_room,
                                 sizeof *x->locations);
        if (!x->failed)
            x->locations[x->location_count++] = (raw_location){file, path.bytes, span.bytes};
    }
}

static void add_file(raw_index *x, const pl_file *file) {
    pl_wire_reader reader = pl_wire_reader_make(file->bytes);
    pl_wire_field part;
    uint32_t messages = 0, enums = 0, services = 0;
    while (pl_wire_next(&reader, &part)) {
        if (part.number == FILE_MESSAGE && messages < file->message_count) {
            add_message(x, file->messages[messages], part.bytes, messages);
            messages++;
        } else if (part.number == FILE_ENUM && enums < file->enum_count) {
            add_entry(x, file->enums[enums], part.bytes, enums);
            enums++;
        } else if (part.number == FILE_SERVICE && services < file->service_count) {
            add_service(x, file->services[services], part.bytes, services);
            services++;
        } else if (part.number == FILE_SOURCE_INFO) {
            add_locations(x, file, part.bytes);
        }
    }
    if (pl_wire_find(file->bytes, FILE_OPTIONS, &part))
        add_entry(x, file, part.bytes, 0);
}

static int compare(uintptr_t a, uintptr_t b) {
    return (a > b) - (a < b);
}

static int by_element(const void *left, const void *right) {
    const raw_entry *a = left, *b = right;
    return compare((uintptr_t)a->element, (uintptr_t)b->element);
}

static int by_path(const raw_location *a, const raw_location *b) {
    int order = compare((uintptr_t)a->file, (uintptr_t)b->file);
    if (order == 0)
        order = compare(a->path.n, b->path.n);
    return order || !a->path.n ? order : memcmp(a->path.p, b->path.p, a->path.n);
}

/* Of one path, those that stand first come first. */
static int by_path_and_place(const void *left, const void *right) {
    const raw_location *a = left, *b = right;
    int order = by_path(a, b);
    return order ? order : compare((uintptr_t)a->span.p, (uintptr_t)b->span.p);
}

static bool is_made(raw_index *x, const pl_pool *pool) {
    for (size_t i = 0; !x->made && i < pl_pool_file_count(pool); i++)
        add_file(x, pl_pool_file_at(pool, i));
    if (!x->made && x->entry_count)
        qsort(x->entries, x->entry_count, sizeof *x->entries, by_element);
    if (!x->made && x->location_count)
        qsort(x->locations, x->location_count, sizeof *x->locations, by_path_and_place);
    x->made = true;
    return !x->failed;
}

const raw_entry *raw_index_entry(raw_index *x, const pl_pool *pool, const void *element) {
    raw_entry wanted = {.element = element};
    if (!is_made(x, pool) || !x->entry_count)
        return NULL;
    return bsearch(&wanted, x->entries, x->entry_count, sizeof wanted, by_element);
}

const raw_location *raw_index_location(raw_index *x, const pl_pool *pool, const pl_file *file,
                                       pl_str path) {
    raw_location wanted = {.file = file, .path = path};
    if (!is_made(x, pool))
        return NULL;
    size_t first = 0, end = x->location_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (by_path(&x->locations[middle], &wanted) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    bool found = first < x->location_count && by_path(&x->locations[first], &wanted) == 0;
    return found ? &x->locations[first] : NULL;
}

void raw_index_done(raw_index *x) {
    free(x->entries);
    free(x->locations);
    *x = (raw_index){0};
}

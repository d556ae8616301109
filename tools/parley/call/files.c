#include "call/files.h"

#include <string.h>

#include "parley/schema/wire.h"

enum { FILE_NAME = 1, FILE_DEPENDENCY = 3, SET_FILE = 1 };

void call_files_init(call_files *files, pl_arena *arena) {
    memset(files, 0, sizeof *files);
    files->arena = arena;
}

/* The index of a file; files->count where it is not there. */
static size_t find(const call_files *files, pl_str name) {
    size_t i = 0;
    while (i < files->count && !pl_str_eq(files->items[i].name, name))
        i++;
    return i;
}

/* The next import of a file that is being read. */
static bool next_import(pl_wire_reader *reader, pl_str *out_name) {
    pl_wire_field field;
    while (pl_wire_next(reader, &field)) {
        if (field.number == FILE_DEPENDENCY && field.type == PL_WIRE_BYTES) {
            *out_name = field.bytes;
            return true;
        }
    }
    return false;
}

pl_code call_files_add(call_files *files, pl_str bytes, pl_error *err) {
    pl_wire_field name;
    if (!pl_wire_find(bytes, FILE_NAME, &name) || name.type != PL_WIRE_BYTES || !name.bytes.n)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "reflection: expected a file descriptor with a name, got %zu bytes "
                            "without",
                            bytes.n);
    if (find(files, name.bytes) < files->count)
        return PL_OK;
    const char *copy = pl_arena_strndup(files->arena, bytes.p, bytes.n);
    if (!copy || files->count == CALL_FILES_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "reflection: more than %d files, or too large ones", CALL_FILES_MAX);
    call_file *file = &files->items[files->count++];
    file->bytes = pl_str_make(copy, bytes.n);
    file->name = pl_str_make(copy + (name.bytes.p - bytes.p), name.bytes.n);
    return PL_OK;
}

pl_str call_files_missing(const call_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        pl_wire_reader reader = pl_wire_reader_make(files->items[i].bytes);
        for (pl_str name; next_import(&reader, &name);) {
            if (find(files, name) == files->count)
                return name;
        }
    }
    return pl_str_make(NULL, 0);
}

/* The imports first. Deep as the longest chain of imports: CALL_FILES_MAX. */
static pl_code place(call_files *files, size_t index, pl_buf *out, pl_error *err) {
    call_file *file = &files->items[index];
    if (file->placed)
        return PL_OK;
    if (file->entered)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "reflection: %.*s imports itself",
                            PL_FMT(pl_utf8_cut(file->name, 64)));
    file->entered = true;
    pl_wire_reader reader = pl_wire_reader_make(file->bytes);
    for (pl_str name; next_import(&reader, &name);) {
        size_t import = find(files, name);
        pl_code code = import < files->count ? place(files, import, out, err) : PL_OK;
        if (code != PL_OK)
            return code;
    }
    file->placed = true;
    if (!pl_wire_put_bytes(out, SET_FILE, file->bytes))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "reflection: more than %zu bytes",
                            out->max);
    return PL_OK;
}

pl_code call_files_put(call_files *files, pl_buf *out, pl_error *err) {
    for (size_t i = 0; i < files->count; i++) {
        pl_code code = place(files, i, out, err);
        if (code != PL_OK)
            return code;
    }
    return PL_OK;
}

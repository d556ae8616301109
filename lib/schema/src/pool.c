/* Making and asking a pool; see pool.h. */
#include "parley/schema/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "build.h"

static bool read_set(build *b, pl_str bytes) {
    size_t count = build_count(bytes, 1);
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    b->files = build_calloc(b, count, sizeof(*b->files));
    b->pool->file_list = build_calloc(b, count, sizeof(*b->pool->file_list));
    if (!b->files || !b->pool->file_list)
        return false;
    while (pl_wire_next(&r, &f)) {
        b->file = NULL;
        if (f.number != 1)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) || !build_parse_file(b, f.bytes))
            return false;
        b->pool->file_list[b->pool->file_count++] = &b->file->pub;
    }
    b->file = NULL;
    if (r.failed)
        return build_fail(b, "not a FileDescriptorSet: cut off or damaged at byte %zu",
                          (size_t)(r.p - (const uint8_t *)bytes.p));
    if (!b->file_count)
        return build_fail(b, "not a FileDescriptorSet: no file in it");
    return build_link(b);
}

pl_code pl_pool_new(pl_str bytes, const pl_pool_opts *opts, pl_pool **out_pool, pl_error *err) {
    static const pl_pool_opts defaults = PL_POOL_OPTS_INIT;
    opts = opts ? opts : &defaults;
    build b = {.name = opts->name ? opts->name : "descriptor set", .err = err};
    if (bytes.n > PL_POOL_INPUT_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: %zu bytes, at most %u are allowed",
                            b.name, bytes.n, PL_POOL_INPUT_MAX);
    pl_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", b.name);
    pool->arena = pl_arena_make(opts->memory_max ? opts->memory_max : PL_POOL_MEMORY_MAX);
    b.pool = pool;
    b.last_extension = &b.extensions;
    b.arena = &pool->arena;
    if (!read_set(&b, bytes)) {
        pl_pool_free(pool);
        return b.code;
    }
    *out_pool = pool;
    return PL_OK;
}

static pl_code read_file(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return pl_error_errno(err, errno, "cannot read %s", path);
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0 && pl_buf_append(out, chunk, n))
        ;
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken)
        return pl_error_set(err, PL_INTERNAL, "cannot read %s", path);
    if (out->failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %u bytes", path,
                            PL_POOL_INPUT_MAX);
    return PL_OK;
}

pl_code pl_pool_load(const char *path, const pl_pool_opts *opts, pl_pool **out_pool,
                     pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_POOL_INPUT_MAX);
    pl_pool_opts named = PL_POOL_OPTS_INIT;
    if (opts)
        named = *opts;
    if (!named.name)
        named.name = path;
    pl_code code = read_file(path, &bytes, err);
    if (!code)
        code = pl_pool_new(pl_buf_view(&bytes), &named, out_pool, err);
    pl_buf_done(&bytes);
    return code;
}

void pl_pool_free(pl_pool *pool) {
    if (!pool)
        return;
    pl_arena_done(&pool->arena);
    free(pool);
}

size_t pl_pool_file_count(const pl_pool *pool) {
    return pool->file_count;
}

const pl_file *pl_pool_file_at(const pl_pool *pool, size_t index) {
    return index < pool->file_count ? pool->file_list[index] : NULL;
}

static const void *find(const symtab *table, pl_str name, symbol_kind kind) {
    const symbol *s = symtab_find(table, name);
    return s && s->kind == kind ? s->thing : NULL;
}

const pl_file *pl_pool_file(const pl_pool *pool, pl_str name) {
    return find(&pool->files, name, SYMBOL_FILE);
}

const pl_message_type *pl_pool_message(const pl_pool *pool, pl_str full_name) {
    return find(&pool->names, full_name, SYMBOL_MESSAGE);
}

const pl_enum_type *pl_pool_enum(const pl_pool *pool, pl_str full_name) {
    return find(&pool->names, full_name, SYMBOL_ENUM);
}

const pl_service_type *pl_pool_service(const pl_pool *pool, pl_str full_name) {
    return find(&pool->names, full_name, SYMBOL_SERVICE);
}

const pl_method_type *pl_service_method(const pl_service_type *service, pl_str name) {
    for (size_t i = 0; i < service->method_count; i++)
        if (pl_str_eq(service->methods[i].name, name))
            return &service->methods[i];
    return NULL;
}

const pl_method_type *pl_pool_method(const pl_pool *pool, pl_str name) {
    if (name.n && name.p[0] == '/')
        name = pl_str_make(name.p + 1, name.n - 1);
    size_t slash = pl_str_index(name, '/');
    if (slash == name.n)
        return find(&pool->names, name, SYMBOL_METHOD);
    const pl_service_type *service = pl_pool_service(pool, pl_str_make(name.p, slash));
    return service ? pl_service_method(service, pl_str_make(name.p + slash + 1, name.n - slash - 1))
                   : NULL;
}

size_t pl_message_field_path(const pl_message_type *type, pl_str path,
                             const pl_field *out_fields[PL_FIELD_PATH_MAX]) {
    size_t n = 0;
    pl_str piece;
    while (pl_str_split(&path, '.', &piece)) {
        const pl_field *f = type && n < PL_FIELD_PATH_MAX ? pl_message_field_by_json(type, piece)
                                                          : NULL;
        if (!f)
            return 0;
        out_fields[n++] = f;
        type = f->repeated ? NULL : f->message;
    }
    return n;
}

void pl_source_print(const pl_source *source, pl_buf *out) {
    pl_buf_str(out, source->file);
    if (source->line)
        pl_buf_printf(out, ":%u:%u", source->line, source->col);
}

const char *pl_kind_name(pl_kind kind) {
    static const char *const names[PL_KIND_LAST + 1] = {
        "unknown", "double",   "float",    "int64",  "uint64",  "int32", "fixed64",
        "fixed32", "bool",     "string",   "group",  "message", "bytes", "uint32",
        "enum",    "sfixed32", "sfixed64", "sint32", "sint64"};
    return kind >= 0 && kind <= PL_KIND_LAST ? names[kind] : names[0];
}

void pl_field_describe(const pl_field *field, pl_buf *out) {
    if (field->map) {
        pl_buf_puts(out, "map of ");
        pl_field_describe(&field->message->fields[0], out);
        pl_buf_puts(out, " to ");
        pl_field_describe(&field->message->fields[1], out);
        return;
    }
    pl_buf_puts(out, field->repeated ? "list of " : "");
    if (field->message)
        pl_buf_str(out, field->message->full_name);
    else if (field->enumeration)
        pl_buf_str(out, field->enumeration->full_name);
    else
        pl_buf_puts(out, pl_kind_name(field->kind));
}

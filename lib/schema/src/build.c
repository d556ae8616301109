/* What all steps of building share. */
#include "build.h"

bool build_fail(build *b, const char *format, ...) {
    pl_buf buf = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&buf, format, args);
    va_end(args);
    b->code = pl_error_set(b->err, PL_INVALID_ARGUMENT, "%s: %s%s%s", b->name,
                           b->file && b->file->pub.name.n ? b->file->pub.name.p : "",
                           b->file && b->file->pub.name.n ? ": " : "", buf.p);
    pl_buf_done(&buf);
    return false;
}

bool build_no_memory(build *b) {
    b->code = pl_error_set(b->err, PL_RESOURCE_EXHAUSTED,
                           "%s: needs more than the %zu bytes allowed for a pool", b->name,
                           b->arena->budget);
    return false;
}

void *build_calloc(build *b, size_t count, size_t size) {
    void *p = pl_arena_calloc(b->arena, count ? count : 1, size);
    if (!p)
        build_no_memory(b);
    return p;
}

bool build_text(build *b, pl_str text, pl_str *out_text) {
    const char *p = pl_arena_cstr(b->arena, text);
    if (!p)
        return build_no_memory(b);
    *out_text = pl_str_make(p, text.n);
    return true;
}

bool build_want(build *b, const pl_wire_field *f, pl_wire_type type) {
    if (f->type == type)
        return true;
    return build_fail(b, "malformed: field %u of a descriptor has wire type %d, expected %d",
                      f->number, (int)f->type, (int)type);
}

bool build_take_text(build *b, const pl_wire_field *f, pl_str *out_text) {
    if (!build_want(b, f, PL_WIRE_BYTES))
        return false;
    if (!pl_utf8_valid(f->bytes) || pl_str_index(f->bytes, '\0') != f->bytes.n)
        return build_fail(b, "malformed: a text in field %u of a descriptor is not UTF-8",
                          f->number);
    return build_text(b, f->bytes, out_text);
}

bool build_take_name(build *b, const pl_wire_field *f, const char *what, pl_str *out_text) {
    if (!build_take_text(b, f, out_text))
        return false;
    bool ok = out_text->n > 0;
    for (size_t i = 0; i < out_text->n; i++) {
        char c = out_text->p[i];
        ok = ok && (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9' && i > 0));
    }
    return ok || build_fail(b, "\"%.64s\" is no name for a %s", out_text->p, what);
}

bool build_join(build *b, pl_str scope, char separator, pl_str name, pl_str *out_text) {
    if (!scope.n)
        return build_text(b, name, out_text);
    char *p = pl_arena_printf(b->arena, "%s%c%s", scope.p, separator, name.p);
    if (!p)
        return build_no_memory(b);
    *out_text = pl_str_make(p, scope.n + 1 + name.n);
    return true;
}

size_t build_count(pl_str bytes, uint32_t number) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    size_t n = 0;
    while (pl_wire_next(&r, &f))
        n += f.number == number && f.type == PL_WIRE_BYTES;
    return n;
}

bool build_merged(build *b, pl_str bytes, uint32_t number, pl_str *out_content) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_str content = {0};
    while (pl_wire_next(&r, &f)) {
        if (f.number != number)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES))
            return false;
        if (!content.n) {
            content = f.bytes;
            continue;
        }
        char *p = pl_arena_alloc(b->arena, content.n + f.bytes.n);
        if (!p)
            return build_no_memory(b);
        memcpy(p, content.p, content.n);
        if (f.bytes.n)
            memcpy(p + content.n, f.bytes.p, f.bytes.n);
        content = pl_str_make(p, content.n + f.bytes.n);
    }
    if (r.failed)
        return build_fail(b, "malformed: options are cut off or damaged");
    *out_content = content;
    return true;
}

/* SourceCodeInfo: positions and comments. A location names its element by a path of
 * field numbers and indexes of FileDescriptorProto; those of elements we do not keep
 * are passed over. */
#include "build.h"

#define PATH_MAX_STEPS (2 * PL_POOL_NESTING_MAX + 8)

enum {
    IN_FILE_MESSAGE = 4,
    IN_FILE_ENUM = 5,
    IN_FILE_SERVICE = 6,
    IN_MESSAGE_FIELD = 2,
    IN_MESSAGE_NESTED = 3,
    IN_MESSAGE_ENUM = 4,
    IN_ENUM_VALUE = 2,
    IN_SERVICE_METHOD = 2,
    IN_METHOD_OPTIONS = 4,
    OPTION_HTTP = 72295728,
    OPTION_REST = 50003
};

typedef struct location {
    uint32_t path[PATH_MAX_STEPS];
    size_t steps;
    uint32_t line, col; /* from 1 */
    pl_str doc;
} location;

/* Where the position of the element goes; NULL members: no such element. */
typedef struct place {
    pl_source *source;
    pl_str *doc;
} place;

static place find_in_enum(enum_node *e, const uint32_t *path, size_t steps) {
    place none = {0};
    if (steps == 0)
        return (place){&e->pub.source, &e->pub.doc};
    if (steps == 2 && path[0] == IN_ENUM_VALUE && path[1] < e->pub.value_count)
        return (place){&e->values[path[1]].source, &e->values[path[1]].doc};
    return none;
}

static place find_in_message(message_node *m, const uint32_t *path, size_t steps) {
    place none = {0};
    for (; steps >= 2 && path[0] == IN_MESSAGE_NESTED; path += 2, steps -= 2) {
        if (path[1] >= m->pub.message_count)
            return none;
        m = m->messages[path[1]];
    }
    if (steps == 0)
        return (place){&m->pub.source, &m->pub.doc};
    if (steps == 2 && path[0] == IN_MESSAGE_FIELD && path[1] < m->pub.field_count)
        return (place){&m->fields[path[1]].source, &m->fields[path[1]].doc};
    if (steps >= 2 && path[0] == IN_MESSAGE_ENUM && path[1] < m->pub.enum_count)
        return find_in_enum(m->enums[path[1]], path + 2, steps - 2);
    return none;
}

static place find_in_service(service_node *s, const location *l) {
    place none = {0};
    const uint32_t *path = l->path + 2;
    size_t steps = l->steps - 2;
    if (steps == 0)
        return (place){&s->pub.source, &s->pub.doc};
    if (steps < 2 || path[0] != IN_SERVICE_METHOD || path[1] >= s->pub.method_count)
        return none;
    pl_method_type *method = &s->methods[path[1]];
    method_refs *refs = &s->refs[path[1]];
    if (steps == 2)
        return (place){&method->source, &method->doc};
    if (steps < 4 || path[2] != IN_METHOD_OPTIONS)
        return none;
    if (steps == 4 && path[3] == OPTION_HTTP) {
        /* protoc gives the option one position, whatever bindings it has. */
        for (size_t i = 0; i < method->http_count; i++) {
            refs->http[i].source.line = l->line;
            refs->http[i].source.col = l->col;
        }
    } else if (steps == 5 && path[3] == OPTION_REST && path[4] < method->rest_count) {
        return (place){&refs->rest[path[4]].source, NULL};
    }
    return none;
}

static place find_place(file_node *file, const location *l) {
    place none = {0};
    if (l->steps < 2)
        return none;
    uint32_t index = l->path[1];
    if (l->path[0] == IN_FILE_MESSAGE && index < file->pub.message_count)
        return find_in_message(file->messages[index], l->path + 2, l->steps - 2);
    if (l->path[0] == IN_FILE_ENUM && index < file->pub.enum_count)
        return find_in_enum(file->enums[index], l->path + 2, l->steps - 2);
    if (l->path[0] == IN_FILE_SERVICE && index < file->pub.service_count)
        return find_in_service(file->services[index], l);
    return none;
}

static bool read_packed(const pl_wire_field *f, uint32_t *out, size_t max, size_t *count) {
    if (f->type == PL_WIRE_VARINT) {
        if (*count < max)
            out[(*count)++] = (uint32_t)f->value;
        return true;
    }
    if (f->type != PL_WIRE_BYTES)
        return false;
    pl_wire_reader r = pl_wire_reader_make(f->bytes);
    uint64_t v = 0;
    while (pl_wire_varint(&r, &v))
        if (*count < max)
            out[(*count)++] = (uint32_t)v;
    return !r.failed;
}

static bool read_location(build *b, pl_str bytes, location *out) {
    uint32_t span[4] = {0};
    size_t spans = 0;
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    bool ok = true;
    pl_str trailing = {0};
    *out = (location){0};
    while (ok && pl_wire_next(&r, &f)) {
        if (f.number == 1)
            ok = read_packed(&f, out->path, PATH_MAX_STEPS, &out->steps);
        else if (f.number == 2)
            ok = read_packed(&f, span, PL_COUNT(span), &spans);
        else if (f.number == 3)
            out->doc = f.bytes;
        else if (f.number == 4)
            trailing = f.bytes;
    }
    if (!ok || r.failed)
        return build_fail(b, "malformed: source information is damaged");
    if (!out->doc.n)
        out->doc = trailing;
    out->line = span[0] + 1;
    out->col = span[1] + 1;
    return true;
}

/* Comments begin each line with the space behind the slashes and end in a newline. */
static bool clean_doc(build *b, pl_str raw, pl_str *out_doc) {
    if (!pl_utf8_valid(raw))
        return build_fail(b, "malformed: a comment is not UTF-8");
    char *p = pl_arena_alloc(b->arena, raw.n + 1);
    if (!p)
        return build_no_memory(b);
    size_t n = 0;
    bool line_start = true;
    for (size_t i = 0; i < raw.n; i++) {
        if (!(line_start && raw.p[i] == ' ') && raw.p[i] != '\0')
            p[n++] = raw.p[i];
        line_start = raw.p[i] == '\n';
    }
    while (n && (p[n - 1] == '\n' || p[n - 1] == ' '))
        n--;
    p[n] = '\0';
    *out_doc = pl_str_make(p, n);
    return true;
}

bool build_source(build *b, file_node *file) {
    pl_wire_reader r = pl_wire_reader_make(file->source_info);
    pl_wire_field f;
    while (pl_wire_next(&r, &f)) {
        location l;
        if (f.number != 1)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) || !read_location(b, f.bytes, &l))
            return false;
        place where = find_place(file, &l);
        if (where.source) {
            where.source->line = l.line;
            where.source->col = l.col;
        }
        if (where.doc && l.doc.n && !clean_doc(b, l.doc, where.doc))
            return false;
    }
    return !r.failed || build_fail(b, "malformed: source information is damaged");
}

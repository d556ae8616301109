/* FileDescriptorProto. Field numbers are those of google/protobuf/descriptor.proto. */
#include "build.h"

enum {
    FILE_NAME = 1,
    FILE_PACKAGE = 2,
    FILE_DEPENDENCY = 3,
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    FILE_EXTENSION = 7,
    FILE_OPTIONS = 8,
    FILE_SOURCE_INFO = 9,
    FILE_SYNTAX = 12
};

/* Name, package and syntax first: everything below needs them. */
static bool parse_head(build *b, pl_str bytes, file_node *file) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_str syntax = {0};
    bool ok = true;
    while (ok && pl_wire_next(&r, &f)) {
        if (f.number == FILE_NAME)
            ok = build_take_text(b, &f, &file->pub.name);
        else if (f.number == FILE_PACKAGE)
            ok = build_take_text(b, &f, &file->pub.package);
        else if (f.number == FILE_SYNTAX)
            ok = build_take_text(b, &f, &syntax);
    }
    if (!ok)
        return false;
    if (r.failed)
        return build_fail(b, "malformed: the file is cut off or damaged");
    if (!file->pub.name.n)
        return build_fail(b, "malformed: a file without a name");
    if (syntax.n && !pl_str_eqc(syntax, "proto2") && !pl_str_eqc(syntax, "proto3"))
        return build_fail(b, "syntax \"%.64s\" is not known; proto2 and proto3 are", syntax.p);
    file->pub.proto2 = !pl_str_eqc(syntax, "proto3");
    file->pub.source.file = file->pub.name;
    return true;
}

static bool allocate(build *b, pl_str bytes, file_node *file) {
    file->messages = build_calloc(b, build_count(bytes, FILE_MESSAGE), sizeof(*file->messages));
    file->enums = build_calloc(b, build_count(bytes, FILE_ENUM), sizeof(*file->enums));
    file->services = build_calloc(b, build_count(bytes, FILE_SERVICE), sizeof(*file->services));
    file->dependency_names = build_calloc(b, build_count(bytes, FILE_DEPENDENCY),
                                          sizeof(*file->dependency_names));
    return file->messages && file->enums && file->services && file->dependency_names;
}

static bool parse_part(build *b, const pl_wire_field *f, file_node *file) {
    if (f->number == FILE_DEPENDENCY)
        return build_take_text(b, f, &file->dependency_names[file->pub.dependency_count++]);
    if (f->number == FILE_MESSAGE) {
        message_node *m = build_calloc(b, 1, sizeof(*m));
        file->messages[file->pub.message_count++] = m;
        return m && build_parse_message(b, f->bytes, NULL, 0, m);
    }
    if (f->number == FILE_ENUM) {
        enum_node *e = build_calloc(b, 1, sizeof(*e));
        file->enums[file->pub.enum_count++] = e;
        return e && build_parse_enum(b, f->bytes, NULL, e);
    }
    if (f->number == FILE_EXTENSION)
        return build_parse_extension(b, f->bytes, file->pub.package);
    service_node *s = build_calloc(b, 1, sizeof(*s));
    file->services[file->pub.service_count++] = s;
    return s && build_parse_service(b, f->bytes, s);
}

bool build_parse_file(build *b, pl_str bytes) {
    file_node *file = build_calloc(b, 1, sizeof(*file));
    if (!file)
        return false;
    b->file = file;
    pl_str options = {0};
    if (!parse_head(b, bytes, file) || !allocate(b, bytes, file) ||
        !build_text(b, bytes, &file->pub.bytes) ||
        !build_merged(b, bytes, FILE_OPTIONS, &options) ||
        !build_file_options(b, options, &file->pub) ||
        !build_merged(b, bytes, FILE_SOURCE_INFO, &file->source_info))
        return false;
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&r, &f)) {
        if (f.number < FILE_DEPENDENCY || f.number > FILE_EXTENSION)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) || !parse_part(b, &f, file))
            return false;
    }
    if (symtab_find(&b->pool->files, file->pub.name))
        return build_fail(b, "the file is in the set twice");
    symbol s = {file->pub.name, SYMBOL_FILE, &file->pub, NULL};
    if (!symtab_add(&b->pool->files, b->arena, s))
        return build_no_memory(b);
    b->files[b->file_count++] = file;
    return build_source(b, file);
}

#include "reshape.h"

/* protobuf-c's own file option: field 1019 of FileOptions, const_strings is its field 4. */
#define PB_C_FILE_TAG 1019
static const uint8_t CONST_STRINGS[] = {2 /* bytes follow */, 4 << 3, 1};

/* Nesting of messages; protoc itself stops far below. */
#define DEPTH_MAX 64

/* FULL is ".pkg.Outer.Inner"; whether it begins with ".PACKAGE." and what follows it. */
static const char *below(const char *full, const char *prefix) {
    size_t n = strlen(prefix);
    if (n == 0)
        return full[0] == '.' ? full + 1 : full;
    if (full[0] != '.' || strncmp(full + 1, prefix, n) != 0 || full[n + 1] != '.')
        return NULL;
    return full + n + 2;
}

/* Whether FILE defines the type FULL, by the first name below its package. */
static bool defines(const pl_file_proto *file, const char *full) {
    const char *rest = below(full, file->package ? file->package : "");
    if (!rest)
        return false;
    size_t n = strcspn(rest, ".");
    for (size_t i = 0; i < file->n_message_type; i++)
        if (strlen(file->message_type[i]->name) == n &&
            memcmp(file->message_type[i]->name, rest, n) == 0)
            return true;
    for (size_t i = 0; i < file->n_enum_type; i++)
        if (strcmp(file->enum_type[i]->name, rest) == 0)
            return true;
    return false;
}

static const pl_file_proto *find_file(const pl_plugin_request *request, const char *name) {
    for (size_t i = 0; i < request->n_proto_file; i++)
        if (strcmp(request->proto_file[i]->name, name) == 0)
            return request->proto_file[i];
    return NULL;
}

/* Whether importing FILE makes the type FULL visible: it, or what it imports publicly. */
static bool gives(const pl_plugin_request *request, const pl_file_proto *file, const char *full,
                  int depth) {
    if (!file || depth > DEPTH_MAX)
        return false;
    if (defines(file, full))
        return true;
    for (size_t i = 0; i < file->n_public_dependency; i++) {
        size_t index = (size_t)file->public_dependency[i];
        if (index < file->n_dependency &&
            gives(request, find_file(request, file->dependency[index]), full, depth + 1))
            return true;
    }
    return false;
}

static bool message_uses(const pl_plugin_request *request, const pl_message_proto *message,
                         const pl_file_proto *import, int depth) {
    if (depth > DEPTH_MAX)
        return false;
    for (size_t i = 0; i < message->n_field; i++) {
        const char *type = message->field[i]->type_name;
        if (type && type[0] && gives(request, import, type, 0))
            return true;
    }
    for (size_t i = 0; i < message->n_nested_type; i++)
        if (message_uses(request, message->nested_type[i], import, depth + 1))
            return true;
    return false;
}

static bool file_uses(const pl_plugin_request *request, const pl_file_proto *file,
                      const char *import_name) {
    const pl_file_proto *import = find_file(request, import_name);
    for (size_t i = 0; i < file->n_message_type; i++)
        if (message_uses(request, file->message_type[i], import, 0))
            return true;
    return false;
}

static bool is_public(const pl_file_proto *file, size_t index) {
    for (size_t i = 0; i < file->n_public_dependency; i++)
        if ((size_t)file->public_dependency[i] == index)
            return true;
    return false;
}

/* Keeps the imports that give a type, and public ones, which others may need. */
static void drop_imports(const pl_plugin_request *request, pl_file_proto *file) {
    size_t kept = 0, kept_public = 0;
    for (size_t i = 0; i < file->n_dependency; i++) {
        bool open = is_public(file, i);
        if (!open && !file_uses(request, file, file->dependency[i]))
            continue;
        if (open)
            file->public_dependency[kept_public++] = (int32_t)kept;
        file->dependency[kept++] = file->dependency[i];
    }
    file->n_dependency = kept;
    file->n_public_dependency = kept_public;
    file->n_weak_dependency = 0;
}

static void reshape_message(pl_message_proto *message, int depth) {
    message->n_extension = 0;
    for (size_t i = 0; i < message->n_field; i++)
        message->field[i]->has_proto3_optional = false;
    for (size_t i = 0; depth < DEPTH_MAX && i < message->n_nested_type; i++)
        reshape_message(message->nested_type[i], depth + 1);
}

static pl_code make_strings_const(pl_file_proto *file, pl_arena *arena, pl_error *err) {
    if (!file->options) {
        file->options = PL_ARENA_NEW(arena, Google__Protobuf__FileOptions);
        if (file->options)
            google__protobuf__file_options__init(file->options);
    }
    ProtobufCMessageUnknownField *fields = NULL;
    unsigned n = file->options ? file->options->base.n_unknown_fields : 0;
    if (file->options)
        fields = pl_arena_calloc(arena, (size_t)n + 1, sizeof(*fields));
    uint8_t *value = pl_arena_alloc(arena, sizeof(CONST_STRINGS));
    if (!fields || !value)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    memcpy(value, CONST_STRINGS, sizeof(CONST_STRINGS));
    for (unsigned i = 0; i < n; i++)
        fields[i] = file->options->base.unknown_fields[i];
    fields[n] = (ProtobufCMessageUnknownField){.tag = PB_C_FILE_TAG,
                                               .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                               .len = sizeof(CONST_STRINGS),
                                               .data = value};
    file->options->base.unknown_fields = fields;
    file->options->base.n_unknown_fields = n + 1;
    return PL_OK;
}

pl_code pl_reshape(pl_plugin_request *request, pl_arena *arena, pl_error *err) {
    for (size_t i = 0; i < request->n_proto_file; i++) {
        pl_file_proto *file = request->proto_file[i];
        file->n_service = 0;
        file->n_extension = 0;
        for (size_t m = 0; m < file->n_message_type; m++)
            reshape_message(file->message_type[m], 0);
        /* descriptor.proto is proto2 and everybody else's: left as it is. */
        if (strcmp(file->name, "google/protobuf/descriptor.proto") == 0)
            continue;
        pl_code code = make_strings_const(file, arena, err);
        if (code)
            return code;
    }
    /* After all types are in place: an import is judged by what it defines. */
    for (size_t i = 0; i < request->n_proto_file; i++)
        drop_imports(request, request->proto_file[i]);
    return PL_OK;
}

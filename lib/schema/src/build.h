/* A pool under construction: the public structs with the writable parts and the
 * names still to be resolved beside them. Everything lies in the pool's arena.
 *
 * parse (build_file.c, build_message.c, build_service.c, build_options.c) reads the
 * bytes; source (build_source.c) adds positions; link (build_link.c) resolves names;
 * index (index.c) makes the tables for look-ups. Every function returns false with
 * the error set. */
#ifndef SCHEMA_BUILD_H
#define SCHEMA_BUILD_H

#include "parley/base/arena.h"
#include "parley/schema/pool.h"
#include "parley/schema/wire.h"
#include "symtab.h"

/* Fields a message may have, so that an index fits 16 bits. */
#define BUILD_FIELD_COUNT_MAX 65000

struct pl_pool {
    pl_arena arena;
    symtab names; /* messages, enums, services, methods by full name */
    symtab files;
    const pl_file **file_list;
    size_t file_count;
};

typedef struct message_node message_node;
typedef struct file_node file_node;
typedef struct enum_node enum_node;

struct enum_node {
    pl_enum_type pub;
    pl_enum_value *values;
};

/* What of a field is not known before all files are read. */
typedef struct field_refs {
    pl_str type_name; /* ".mall.orders.v1.Order", or empty */
    bool has_oneof;
    uint32_t oneof_index;
    bool proto3_optional;
    int packed; /* -1: not said */
    bool repeated;
} field_refs;

/* An extension; it becomes a field of its extendee when names are resolved. */
typedef struct extension_node {
    struct extension_node *next;
    pl_field field;
    field_refs refs;
    pl_str extendee;
    file_node *file;
} extension_node;

struct message_node {
    pl_message_type pub;
    pl_field *fields;
    field_refs *refs; /* one a field */
    size_t extension_count;
    pl_oneof *oneofs; /* synthetic ones included until linked */
    size_t oneof_count;
    message_node **messages;
    enum_node **enums;
};

typedef struct method_refs {
    pl_str input, output;
    pl_http_rule *http;
    pl_rest_options *rest;
} method_refs;

typedef struct service_node {
    pl_service_type pub;
    pl_method_type *methods;
    method_refs *refs;
} service_node;

struct file_node {
    pl_file pub;
    message_node **messages;
    enum_node **enums;
    service_node **services;
    pl_str *dependency_names;
    pl_str source_info; /* in the input: valid while building */
};

typedef struct build {
    pl_pool *pool;
    pl_arena *arena;
    file_node **files;
    size_t file_count;
    file_node *file; /* the one being read */
    extension_node *extensions, **last_extension;
    const char *name;
    pl_error *err;
    pl_code code; /* of the failure */
} build;

bool build_fail(build *b, const char *format, ...) PL_PRINTF(2, 3);
bool build_no_memory(build *b);

/* Zeroed memory, never NULL for COUNT 0; NULL with the error set. */
void *build_calloc(build *b, size_t count, size_t size);
/* A NUL-terminated copy. */
bool build_text(build *b, pl_str text, pl_str *out_text);
/* The text of a field, which must be UTF-8 without NUL. */
bool build_take_text(build *b, const pl_wire_field *f, pl_str *out_text);
/* Like it, an identifier; WHAT for the message. */
bool build_take_name(build *b, const pl_wire_field *f, const char *what, pl_str *out_text);
/* "SCOPE.NAME", or NAME where the scope is empty. */
bool build_join(build *b, pl_str scope, char separator, pl_str name, pl_str *out_text);
bool build_want(build *b, const pl_wire_field *f, pl_wire_type type);

/* How often field NUMBER stands in BYTES as a length-delimited value. */
size_t build_count(pl_str bytes, uint32_t number);
/* The content of singular message field NUMBER, merged where it stands in pieces; empty
 * where it is absent. */
bool build_merged(build *b, pl_str bytes, uint32_t number, pl_str *out_content);

bool build_parse_file(build *b, pl_str bytes);
bool build_parse_message(build *b, pl_str bytes, const message_node *parent, unsigned depth,
                         message_node *node);
/* An extension declared in SCOPE, a message or package. */
bool build_parse_extension(build *b, pl_str bytes, pl_str scope);
bool build_parse_enum(build *b, pl_str bytes, const message_node *parent, enum_node *node);
bool build_parse_service(build *b, pl_str bytes, service_node *node);

bool build_file_options(build *b, pl_str options, pl_file *file);
bool build_message_options(build *b, pl_str options, message_node *node);
bool build_field_options(build *b, pl_str options, pl_field *field, field_refs *refs);
bool build_enum_value_options(build *b, pl_str options, pl_enum_value *value);
bool build_method_options(build *b, pl_str options, pl_method_type *method, method_refs *refs);
/* A bool option of the standard vocabulary. */
bool build_bool_option(build *b, pl_str options, uint32_t number, bool *out_value);

bool build_source(build *b, file_node *file);
bool build_link(build *b);

bool index_message(build *b, message_node *node);
bool index_enum(build *b, enum_node *node);

#endif

/* Pool: everything that a FileDescriptorSet says, as plain read-only structs.
 *
 * The set is read once, checked and resolved; after that a pool never changes and
 * may be read from any thread. All structs and texts belong to the pool and live
 * as long as it does; every pl_str here is NUL-terminated too, so that `.p` may be
 * printed. Options of google.api and parley are decoded; other options are dropped.
 *
 * It does not compile .proto files (protoc does), and does not judge routes,
 * limits or rules (rest, the generator and the gate do).
 *
 *     pl_pool *pool = NULL;
 *     if (pl_pool_load("mall.desc", NULL, &pool, &err)) return ...;
 *     const pl_message_type *order = pl_pool_message(pool, pl_str_c("mall.orders.v1.Order"));
 *     const pl_field *state = pl_message_field_by_name(order, pl_str_c("state"));
 *     pl_pool_free(pool);
 */
#ifndef PARLEY_SCHEMA_POOL_H
#define PARLEY_SCHEMA_POOL_H

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/schema/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest descriptor set, in bytes. */
#define PL_POOL_INPUT_MAX (16u << 20)
/* Default budget of a pool's own memory, in bytes. */
#define PL_POOL_MEMORY_MAX (128u << 20)
/* Greatest depth of message types declared within one another. */
#define PL_POOL_NESTING_MAX 32

typedef struct pl_pool pl_pool;
typedef struct pl_file pl_file;
typedef struct pl_message_type pl_message_type;
typedef struct pl_field pl_field;
typedef struct pl_oneof pl_oneof;
typedef struct pl_enum_type pl_enum_type;
typedef struct pl_enum_value pl_enum_value;
typedef struct pl_service_type pl_service_type;
typedef struct pl_method_type pl_method_type;

/* The types of fields, with the numbers of FieldDescriptorProto.Type. */
typedef enum pl_kind {
    PL_KIND_DOUBLE = 1,
    PL_KIND_FLOAT = 2,
    PL_KIND_INT64 = 3,
    PL_KIND_UINT64 = 4,
    PL_KIND_INT32 = 5,
    PL_KIND_FIXED64 = 6,
    PL_KIND_FIXED32 = 7,
    PL_KIND_BOOL = 8,
    PL_KIND_STRING = 9,
    PL_KIND_GROUP = 10,
    PL_KIND_MESSAGE = 11,
    PL_KIND_BYTES = 12,
    PL_KIND_UINT32 = 13,
    PL_KIND_ENUM = 14,
    PL_KIND_SFIXED32 = 15,
    PL_KIND_SFIXED64 = 16,
    PL_KIND_SINT32 = 17,
    PL_KIND_SINT64 = 18
} pl_kind;

#define PL_KIND_LAST 18

/* Types with a JSON form of their own. */
typedef enum pl_well_known {
    PL_WELL_KNOWN_NONE,
    PL_WELL_KNOWN_ANY,
    PL_WELL_KNOWN_TIMESTAMP,
    PL_WELL_KNOWN_DURATION,
    PL_WELL_KNOWN_FIELD_MASK,
    PL_WELL_KNOWN_STRUCT,
    PL_WELL_KNOWN_VALUE,
    PL_WELL_KNOWN_LIST_VALUE,
    PL_WELL_KNOWN_WRAPPER,  /* google.protobuf.Int64Value and its eight sisters */
    PL_WELL_KNOWN_EMPTY,    /* {} as any message; for REST to recognise */
    PL_WELL_KNOWN_HTTP_BODY /* google.api.HttpBody; a plain message in JSON; for REST */
} pl_well_known;

struct pl_file {
    pl_str name;    /* "mall/orders/v1/orders.proto" */
    pl_str package; /* "mall.orders.v1" */
    bool proto2;
    const pl_message_type *const *messages; /* top level */
    size_t message_count;
    const pl_enum_type *const *enums; /* top level */
    size_t enum_count;
    const pl_service_type *const *services;
    size_t service_count;
    const pl_file *const *dependencies;
    size_t dependency_count;
    pl_str stream;                        /* (parley.stream), or empty */
    const pl_rest_options *rest_defaults; /* never NULL; binding is empty */
    pl_str bytes;                         /* the FileDescriptorProto as it was in the set */
    pl_source source;
};

struct pl_oneof {
    pl_str name;
    const pl_field *const *fields;
    size_t field_count;
    uint32_t index; /* within its message, before synthetic ones */
};

struct pl_field {
    pl_str name;      /* "customer_id" */
    pl_str json_name; /* "customerId" */
    pl_str full_name; /* "mall.orders.v1.Order.customer_id" */
    pl_str json_key;  /* "\"customerId\":", for writers */
    pl_str proto_key; /* "\"customer_id\":" */
    uint32_t number;
    uint32_t index; /* in its message's fields */
    pl_kind kind;
    bool repeated;  /* also true for maps */
    bool map;       /* message is the entry; its fields[0] is the key, fields[1] the value */
    bool packed;    /* written packed; both forms are read */
    bool required;  /* proto2 */
    bool presence;  /* absent and default can be told apart: optional, oneof, message, proto2 */
    bool extension; /* proto2; both names are "[full.name]" */
    bool deprecated;
    bool sensitive;                  /* (parley.sensitive) */
    const pl_oneof *oneof;           /* NULL: none, or the synthetic one of proto3 optional */
    const pl_message_type *message;  /* of a message, group or map entry, or NULL */
    const pl_enum_type *enumeration; /* of an enum, or NULL */
    const pl_message_type *parent;
    pl_str default_text;             /* proto2 default as protoc writes it, or empty */
    const pl_limits_options *limits; /* (parley.limits); NULL: none */
    pl_str doc;
    pl_source source;
};

struct pl_message_type {
    pl_str name;            /* "Order" */
    pl_str full_name;       /* "mall.orders.v1.Order" */
    const pl_field *fields; /* as declared, then the extensions that the set has */
    size_t field_count;
    const pl_oneof *oneofs; /* without synthetic ones */
    size_t oneof_count;
    const pl_message_type *const *messages; /* declared within, map entries included */
    size_t message_count;
    const pl_enum_type *const *enums;
    size_t enum_count;
    const pl_message_type *parent; /* NULL: top level */
    const pl_file *file;
    const pl_pool *pool;
    bool map_entry;
    bool message_set; /* proto2 message_set_wire_format; not supported in JSON */
    bool deprecated;
    pl_well_known well_known;
    bool is_event;                       /* (parley.event_type) stands */
    pl_str event_aggregate;              /* its field, or empty */
    const pl_resource_options *resource; /* (parley.resource); NULL: none */
    pl_str doc;
    pl_source source;
    const struct pl_field_index *index; /* the pool's own */
};

struct pl_enum_value {
    pl_str name;      /* "ORDER_STATE_PLACED" */
    pl_str json_name; /* (parley.json_name) "OrderPlaced", or empty */
    int32_t number;
    bool deprecated;
    pl_str doc;
    pl_source source;
};

struct pl_enum_type {
    pl_str name, full_name;
    const pl_enum_value *values; /* as declared; the first is the default */
    size_t value_count;
    bool closed;     /* proto2: an unknown number is an unknown field */
    bool null_value; /* google.protobuf.NullValue */
    bool deprecated;
    const pl_message_type *parent; /* NULL: top level */
    const pl_file *file;
    pl_str doc;
    pl_source source;
    const struct pl_enum_index *index; /* the pool's own */
};

/* One binding of google.api.http; additional bindings stand beside the first. */
typedef struct pl_http_rule {
    pl_str verb;          /* "GET"; the kind of a custom pattern as it stands */
    pl_str path;          /* the template */
    pl_str body;          /* "*", a field, or empty */
    pl_str response_body; /* a field, or empty */
    pl_rest_options rest; /* the (parley.http) of this binding over the file's rest_defaults */
    bool has_rest;        /* a (parley.http) names this binding */
    pl_source source;
} pl_http_rule;

struct pl_method_type {
    pl_str name;      /* "PlaceOrder" */
    pl_str full_name; /* "mall.orders.v1.OrderService.PlaceOrder" */
    pl_str path;      /* "/mall.orders.v1.OrderService/PlaceOrder" */
    const pl_message_type *input, *output;
    bool client_streaming, server_streaming;
    bool deprecated;
    const pl_http_rule *http;
    size_t http_count;
    pl_auth_options auth;        /* (parley.auth); rule PL_AUTH_UNSET: none stands */
    pl_call_options call;        /* (parley.call) */
    const pl_rest_options *rest; /* (parley.http) as they stand; `used`: it names a binding */
    size_t rest_count;
    const pl_service_type *service;
    pl_str doc;
    pl_source source;
};

struct pl_service_type {
    pl_str name, full_name;
    const pl_method_type *methods;
    size_t method_count;
    const pl_file *file;
    bool deprecated;
    pl_str doc;
    pl_source source;
};

typedef struct pl_pool_opts {
    size_t memory_max; /* budget in bytes; 0: PL_POOL_MEMORY_MAX */
    const char *name;  /* of the set in messages; NULL: "descriptor set" */
} pl_pool_opts;
#define PL_POOL_OPTS_INIT                                                                          \
    { 0, NULL }

/* Reads a serialized FileDescriptorSet, which must contain every imported file
 * (protoc --include_imports; --include_source_info gives positions). The bytes are
 * not kept. OPTS may be NULL.
 * PL_INVALID_ARGUMENT: malformed, an unresolved type or name declared twice, with
 * the element's name; PL_RESOURCE_EXHAUSTED: larger than allowed, or no memory. */
PL_NODISCARD pl_code pl_pool_new(pl_str bytes, const pl_pool_opts *opts, pl_pool **out_pool,
                                 pl_error *err);

/* The same from a file. Also PL_NOT_FOUND and what the system says on reading. */
PL_NODISCARD pl_code pl_pool_load(const char *path, const pl_pool_opts *opts, pl_pool **out_pool,
                                  pl_error *err);

/* NULL is allowed. */
void pl_pool_free(pl_pool *pool);

size_t pl_pool_file_count(const pl_pool *pool);
/* In the order of the set: imported files before those that import them. */
const pl_file *pl_pool_file_at(const pl_pool *pool, size_t index);

/* By name; NULL where there is none. Type names are full, without a leading dot. */
const pl_file *pl_pool_file(const pl_pool *pool, pl_str name);
const pl_message_type *pl_pool_message(const pl_pool *pool, pl_str full_name);
const pl_enum_type *pl_pool_enum(const pl_pool *pool, pl_str full_name);
const pl_service_type *pl_pool_service(const pl_pool *pool, pl_str full_name);
/* "mall.orders.v1.OrderService.PlaceOrder", ".../PlaceOrder" or "/..../PlaceOrder". */
const pl_method_type *pl_pool_method(const pl_pool *pool, pl_str name);

/* A field; NULL where there is none. By JSON accepts the JSON name and the Proto name. */
const pl_field *pl_message_field_by_number(const pl_message_type *type, uint32_t number);
const pl_field *pl_message_field_by_name(const pl_message_type *type, pl_str name);
const pl_field *pl_message_field_by_json(const pl_message_type *type, pl_str name);

/* Greatest number of steps of a field path. */
#define PL_FIELD_PATH_MAX 16

/* The fields along a dotted path of Proto or JSON names ("order.customer_id"), from
 * TYPE on; all but the last are singular messages. Returns how many were written to
 * OUT_FIELDS, or 0 where the path leads nowhere or is longer than PL_FIELD_PATH_MAX. */
size_t pl_message_field_path(const pl_message_type *type, pl_str path,
                             const pl_field *out_fields[PL_FIELD_PATH_MAX]);

const pl_method_type *pl_service_method(const pl_service_type *service, pl_str name);

/* A value; NULL where there is none. Of aliases the first declared is returned. */
const pl_enum_value *pl_enum_by_number(const pl_enum_type *type, int32_t number);
const pl_enum_value *pl_enum_by_name(const pl_enum_type *type, pl_str name);
/* By (parley.json_name) alone. */
const pl_enum_value *pl_enum_by_json_name(const pl_enum_type *type, pl_str name);

/* "int64", "message", ... */
const char *pl_kind_name(pl_kind kind);
/* What people read in a message: "int64", "list of string", "mall.orders.v1.Order". */
void pl_field_describe(const pl_field *field, pl_buf *out);

/* The wire type (0, 1, 2, 3 or 5) of one value of the kind. */
static inline uint32_t pl_kind_wire_type(pl_kind kind) {
    /* Two bits would do, but a digit a kind can be read. */
    static const uint8_t types[PL_KIND_LAST + 1] = {0, 1, 5, 0, 0, 0, 1, 5, 0, 2,
                                                    3, 2, 2, 0, 0, 5, 1, 0, 0};
    return types[kind];
}
/* Values of the kind may be written packed. */
static inline bool pl_kind_packable(pl_kind kind) {
    uint32_t type = pl_kind_wire_type(kind);
    return type != 2 && type != 3;
}

#ifdef __cplusplus
}
#endif
#endif

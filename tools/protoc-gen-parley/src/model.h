/* The model: what the files of a request declare, with names, comments, positions
 * and decoded options, in the shape the emitters want.
 *
 * Built once from a CodeGeneratorRequest and read-only after that. Everything lives
 * in the arena of the run. Files come in the order of the request (imports first),
 * elements in the order of their declaration, nested messages after their parent.
 *
 *     pl_gen *gen;
 *     if (pl_gen_load(request, &arena, &gen, &err) == PL_OK)
 *         for (size_t i = 0; i < gen->file_count; i++) ...
 */
#ifndef PL_GEN_MODEL_H
#define PL_GEN_MODEL_H

#include "google/api/http.pb-c.h"
#include "parley/options.pb-c.h"
#include "plugin.h"

typedef struct pl_gen_file pl_gen_file;
typedef struct pl_gen_message pl_gen_message;
typedef struct pl_gen_enum pl_gen_enum;

/* Greatest depth of nested messages. */
#define PL_GEN_DEPTH_MAX 32
/* Greatest length of a source path: file, 32 levels of nesting, a field, an option. */
#define PL_GEN_PATH_MAX (2 * PL_GEN_DEPTH_MAX + 8)

/* Where an element stands: the path of SourceCodeInfo. */
typedef struct pl_gen_place {
    const pl_gen_file *file;
    int32_t path[PL_GEN_PATH_MAX];
    size_t depth;
} pl_gen_place;

typedef struct pl_gen_field {
    const pl_field_proto *proto;
    const pl_gen_message *message;
    const char *name;   /* as in the .proto */
    const char *member; /* of the protobuf-c struct */
    pl_gen_place place;
    const char *comment;          /* NULL: none */
    const Parley__Limits *limits; /* NULL: none */
    bool repeated;                /* maps included */
    bool optional;                /* proto3 optional */
    bool deprecated;
    const pl_gen_message *sub; /* of a message field */
    const pl_gen_enum *values; /* of an enum field */
    /* The update_mask beside it, which says what of it counts; NULL: none. */
    const struct pl_gen_field *mask;
    /* Where it is in a oneof, also that of an optional field; NULL: in none. */
    const char *case_member;   /* "kind_case" */
    const char *case_constant; /* what case_member holds when the field is set */
    const char *case_none;     /* what it holds when none is */
    const char *case_c;        /* our name of it: "mall_orders_v1_ORDER_KIND_BOOK", "..._HAS_MIN" */
} pl_gen_field;

struct pl_gen_message {
    const pl_message_proto *proto;
    const pl_gen_file *file;
    const char *full;     /* "mall.orders.v1.Order" */
    const char *c;        /* "mall_orders_v1_Order" */
    const char *c_upper;  /* "mall_orders_v1_ORDER" */
    const char *pb;       /* protobuf-c's type, "Mall__Orders__V1__Order" */
    const char *pb_lower; /* "mall__orders__v1__order" */
    const char *pb_upper; /* "MALL__ORDERS__V1__ORDER" */
    pl_gen_place place;
    const char *comment;
    pl_gen_field *fields;
    size_t field_count;
    const Parley__Event *event;       /* NULL: no event */
    const Parley__Resource *resource; /* NULL: none */
    bool map_entry;
    bool masked;  /* some request of its file changes parts of it */
    bool checked; /* has a validator: there is something to check in it or below it */
};

typedef struct pl_gen_value {
    const pl_value_proto *proto;
    const char *c;    /* "mall_orders_v1_ORDER_STATE_PLACED" */
    const char *pb;   /* protobuf-c's constant */
    const char *text; /* (parley.json_name), or the name */
    pl_gen_place place;
    const char *comment;
    bool alias; /* an earlier value has the same number */
} pl_gen_value;

struct pl_gen_enum {
    const pl_enum_proto *proto;
    const pl_gen_file *file;
    const char *full, *c, *pb, *pb_lower;
    pl_gen_place place;
    const char *comment;
    pl_gen_value *values;
    size_t value_count;
};

typedef struct pl_gen_method {
    const pl_method_proto *proto;
    const char *name;  /* "PlaceOrder" */
    const char *snake; /* "place_order" */
    const char *upper; /* "PLACE_ORDER" */
    const char *op;    /* snake as a member of the operations table: "delete_" */
    const char *c;     /* "mall_orders_v1_OrderService_place_order", and "_" where it is taken */
    pl_gen_place place;
    const char *comment;
    const pl_gen_message *request, *response;
    bool unary;
    bool requests;                     /* streams its requests */
    bool responses;                    /* streams its answers */
    const Parley__Auth *auth;          /* NULL: no rule */
    const Parley__Call *call;          /* NULL: nothing said */
    const Google__Api__HttpRule *http; /* NULL: none */
    const Parley__Rest **rest;
    size_t rest_count;
} pl_gen_method;

typedef struct pl_gen_service {
    const pl_service_proto *proto;
    const pl_gen_file *file;
    const char *full;       /* "mall.orders.v1.OrderService" */
    const char *c;          /* "mall_orders_v1_OrderService" */
    const char *short_name; /* "OrderService": prefix of what is static */
    pl_gen_place place;
    const char *comment;
    pl_gen_method *methods;
    size_t method_count;
} pl_gen_service;

struct pl_gen_file {
    const pl_file_proto *proto;
    const char *name;    /* "mall/orders/v1/orders.proto" */
    const char *base;    /* "mall/orders/v1/orders" */
    const char *ident;   /* "mall_orders_v1_orders" */
    const char *guard;   /* "MALL_ORDERS_V1_ORDERS_PARLEY_H" */
    const char *package; /* "mall.orders.v1" */
    const char *prefix;  /* "mall_orders_v1_", "" without a package */
    const char *comment; /* what stands before `syntax` */
    const char *stream;  /* (parley.stream); NULL: none */
    bool wanted;         /* protoc wants code for it */
    bool uses_options;   /* imports parley/options.proto */
    pl_gen_message *messages;
    size_t message_count;
    pl_gen_enum *enums;
    size_t enum_count;
    pl_gen_service *services;
    size_t service_count;
};

typedef struct pl_gen {
    pl_arena *arena;
    const pl_plugin_request *request;
    pl_gen_file *files;
    const pl_gen_file **by_name; /* the same in the order of their names */
    size_t file_count;
} pl_gen;

/* Builds the model of REQUEST (borrowed), which pl_gen_sound has seen. PL_RESOURCE_EXHAUSTED: no
 * memory. PL_INVALID_ARGUMENT: the request contradicts itself, or an option cannot be read. */
PL_NODISCARD pl_code pl_gen_load(const pl_plugin_request *request, pl_arena *arena,
                                 pl_gen **out_gen, pl_error *err);

/* The last step of pl_gen_load: types of fields, what is checked, what a mask is for. */
PL_NODISCARD pl_code pl_gen_link(pl_gen *gen, pl_error *err);

/* The file, message or enum of a name; NULL where there is none. A leading "." of a type
 * name is skipped. */
const pl_gen_file *pl_gen_find_file(const pl_gen *gen, const char *name);
const pl_gen_message *pl_gen_find_message(const pl_gen *gen, const char *full);
const pl_gen_enum *pl_gen_find_enum(const pl_gen *gen, const char *full);
const pl_gen_field *pl_gen_find_field(const pl_gen_message *message, pl_str name);

/* Whether some method of SERVICE streams. */
bool pl_gen_streams(const pl_gen_service *service);

#endif

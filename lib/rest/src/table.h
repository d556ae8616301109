/* The route table: bindings and collections, compiled from a pool. Read-only once
 * built; everything lives in its arena. */
#ifndef PARLEY_REST_TABLE_H
#define PARLEY_REST_TABLE_H

#include "link.h"
#include "parley/base/arena.h"
#include "parley/rest/rest.h"
#include "parley/rest/router.h"
#include "parley/rest/template.h"
#include "parley/schema/pool.h"

/* Budget of a table in bytes. */
#define REST_TABLE_MEMORY_MAX (32u << 20)

typedef enum rest_target {
    REST_TARGET_CALL,         /* a gRPC method */
    REST_TARGET_PROFILE_LIST, /* GET /profile */
    REST_TARGET_PROFILE,      /* GET /profile/{collection}: JSON Schema of its items */
    REST_TARGET_SEARCH        /* GET /{collection}/search: links to its searches */
} rest_target;

typedef enum rest_body { REST_BODY_NONE, REST_BODY_ALL, REST_BODY_FIELD } rest_body;

/* Where a path variable goes. */
typedef struct rest_variable {
    const pl_field *const *fields;
    size_t depth;
} rest_variable;

/* A message as a HAL resource. */
typedef struct rest_resource {
    const pl_message_type *type;
    const rest_link *links; /* self, the singular, then the further ones */
    size_t link_count;
    pl_str id_alias;
    const pl_field *id; /* repeated under id_alias, or NULL */
    const pl_field *etag;
} rest_resource;

typedef struct rest_binding rest_binding;

/* A collection: "/products", what lists it and what searches it. */
typedef struct rest_collection {
    pl_str path; /* "/products" */
    pl_str name; /* "products": the last segment */
    const pl_message_type *item;
    const rest_binding *list;      /* NULL: only searches exist */
    const rest_binding **searches; /* in the order of the proto */
    size_t search_count;
} rest_collection;

struct rest_binding {
    rest_target target;
    pl_rest_route route;
    pl_rest_template tmpl;
    const rest_collection *collection; /* of PROFILE, SEARCH, and of a CALL that answers one */
    /* of REST_TARGET_CALL */
    const pl_method_type *method;
    const pl_http_rule *rule;
    const rest_variable *variables; /* one a variable of the template */
    rest_body body;
    const pl_field *body_field;
    const pl_field *mask; /* a PATCH without it fills it from the body */
    const pl_field *response_field;
    const rest_link *created;                /* Location of 201; NULL: 200 */
    const rest_resource *resource;           /* the answer is one */
    const rest_resource *item;               /* the answer is a collection of them */
    const pl_field *items;                   /* the field with the items */
    const pl_field *page;                    /* the field with the page, or NULL */
    const pl_field *page_number, *page_size; /* of the request, or NULL */
};

struct pl_rest {
    pl_arena arena;
    size_t max_body;
    int64_t timeout_ms;
    pl_rest_router *router;
    rest_binding **bindings; /* of gRPC methods, in the order of the pool */
    size_t binding_count;
    rest_collection **collections;
    size_t collection_count;
};

/* What building needs beside the table. */
typedef struct rest_builder {
    pl_rest *rest;
    const pl_rest_opts *opts;
    rest_resource **resources; /* each made once */
    size_t resource_count, resource_cap;
    size_t problems;
    pl_error *err; /* the first problem */
} rest_builder;

/* Notes a problem at SOURCE with METHOD's name (NULL: none). */
void rest_builder_problem(rest_builder *builder, const pl_source *source,
                          const pl_method_type *method, const char *format, ...) PL_PRINTF(4, 5);

/* Out of memory: the answer of everything that builds. */
pl_code rest_builder_no_memory(rest_builder *builder);

/* Compiles RULE of METHOD into *OUT_BINDING (in the table's arena), or notes its problems
 * and leaves *OUT_BINDING NULL. PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code rest_binding_compile(rest_builder *builder, const pl_method_type *method,
                                          const pl_http_rule *rule, rest_binding **out_binding);

/* Compiles how the answers of BINDING look: resources, items, pages. */
PL_NODISCARD pl_code rest_binding_compile_answer(rest_builder *builder, rest_binding *binding);

/* Finds the collections among the bindings and adds the routes of their profiles and
 * searches. */
PL_NODISCARD pl_code rest_collections_build(rest_builder *builder);

#endif

/* The options of parley/options.proto, decoded; part of the pool (pool.h). Texts
 * are empty and numbers 0 where nothing is said. */
#ifndef PARLEY_SCHEMA_OPTIONS_H
#define PARLEY_SCHEMA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where an element is declared. line and col count from 1; line 0: the set has no
 * source information for it. */
typedef struct pl_source {
    pl_str file;
    uint32_t line, col;
} pl_source;

/* Writes "mall/orders/v1/orders.proto:12:3", or the file alone. */
void pl_source_print(const pl_source *source, pl_buf *out);

/* (parley.limits) of a field. */
typedef struct pl_limits_options {
    bool required;
    uint32_t min_length, max_length;
    bool has_min, has_max;
    int64_t min, max;
    pl_str pattern;
    uint32_t min_items, max_items;
} pl_limits_options;

typedef enum pl_auth_kind {
    PL_AUTH_UNSET,
    PL_AUTH_PUBLIC,
    PL_AUTH_USER,
    PL_AUTH_OWNER,
    PL_AUTH_ROLE,
    PL_AUTH_INTERNAL
} pl_auth_kind;

/* (parley.auth) of a method. */
typedef struct pl_auth_options {
    pl_auth_kind kind;
    pl_str argument; /* of owner the request field, of role the authority */
} pl_auth_options;

/* parley.Idempotency, with its numbers. */
typedef enum pl_idempotency_option {
    PL_IDEMPOTENCY_OPTION_UNSET,
    PL_IDEMPOTENCY_OPTION_NONE,
    PL_IDEMPOTENCY_OPTION_ALWAYS,
    PL_IDEMPOTENCY_OPTION_IF_KEY
} pl_idempotency_option;

/* (parley.call) of a method. */
typedef struct pl_call_options {
    bool run_inline;
    pl_idempotency_option idempotency;
    uint32_t max_request; /* bytes */
    uint32_t timeout_ms;
} pl_call_options;

/* parley.Consumes, with its numbers. */
typedef enum pl_rest_consumes { PL_REST_CONSUMES_JSON, PL_REST_CONSUMES_FORM } pl_rest_consumes;
/* parley.Errors, with its numbers. */
typedef enum pl_rest_errors { PL_REST_ERRORS_PLAIN, PL_REST_ERRORS_OAUTH2 } pl_rest_errors;

/* (parley.http) of a binding, or (parley.rest_defaults) of a file. */
typedef struct pl_rest_options {
    pl_str binding; /* "GET /product/{product_id}" */
    bool plain;
    pl_str created;
    bool no_content;
    bool int64_numbers;
    bool defaults;
    pl_rest_consumes consumes;
    pl_rest_errors errors;
    bool set_cookie;
    bool page;
    bool used; /* the pool's: a google.api.http rule of the method has this binding */
    pl_source source;
} pl_rest_options;

/* A link of a resource. */
typedef struct pl_link_options {
    pl_str rel, href;
    bool relative;
} pl_link_options;

/* (parley.resource) of a message. */
typedef struct pl_resource_options {
    pl_str rel, self;
    const pl_link_options *links;
    size_t link_count;
    pl_str id_alias, etag;
} pl_resource_options;

#ifdef __cplusplus
}
#endif
#endif

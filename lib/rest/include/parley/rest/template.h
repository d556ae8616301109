/* Templates of google.api.http: "/orders/{order_id}:cancel" taken apart.
 *
 * The grammar is that of google/api/http.proto:
 *
 *     Template = "/" Segments [ ":" Verb ]
 *     Segments = Segment { "/" Segment }
 *     Segment  = "*" | "**" | Literal | "{" FieldPath [ "=" Segments ] "}"
 *
 * made strict where that text is vague: a literal holds the characters RFC 3986
 * allows in a path, written plainly (no percent escape, no colon); "**" is the last
 * segment of the whole template; braces do not nest; a field is bound once. Whether
 * a field exists is the loader's question (rest.h), which knows the request type.
 *
 *     pl_rest_template t;
 *     if (pl_rest_template_parse(&arena, pl_str_c("/a/{x}"), &t, &err)) ...
 */
#ifndef PARLEY_REST_TEMPLATE_H
#define PARLEY_REST_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Segments and variables of one template. */
#define PL_REST_MAX_SEGMENTS  32
#define PL_REST_MAX_VARIABLES 16

typedef enum pl_rest_segment_kind {
    PL_REST_LITERAL, /* matches its text */
    PL_REST_SINGLE,  /* "*": exactly one segment */
    PL_REST_MULTI    /* "**": all that is left, also nothing */
} pl_rest_segment_kind;

typedef struct pl_rest_segment {
    pl_rest_segment_kind kind;
    pl_str literal; /* of PL_REST_LITERAL */
} pl_rest_segment;

/* A field bound by the path: the segments [first, first + count). */
typedef struct pl_rest_variable {
    pl_str field; /* "customer.id" */
    size_t first;
    size_t count;
    bool multi; /* more than one segment, or "**": "%2F" in it stays as it is */
} pl_rest_variable;

typedef struct pl_rest_template {
    pl_str text; /* as it was written */
    const pl_rest_segment *segments;
    size_t segment_count;
    const pl_rest_variable *variables;
    size_t variable_count;
    pl_str verb; /* without the colon; empty: none */
} pl_rest_template;

/* Takes TEXT apart. The result borrows TEXT and lives in ARENA. PL_INVALID_ARGUMENT
 * with the column where TEXT leaves the grammar; PL_RESOURCE_EXHAUSTED where the
 * arena is full. */
PL_NODISCARD pl_code pl_rest_template_parse(pl_arena *arena, pl_str text,
                                            pl_rest_template *out_template, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

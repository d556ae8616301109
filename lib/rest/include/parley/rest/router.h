/* Router: which route a method and a path belong to, and what its variables hold.
 *
 * A trie over the segments of the templates with backtracking: a literal is tried
 * before "*", "*" before "**"; of two routes that fit, the one whose literal comes
 * first wins, and a route that fits the path but not the method does not hide one
 * that fits both. A verb is the text after the last colon of the last segment, and
 * only where a route with it is registered; else the colon belongs to the segment.
 *
 * Paths are split before they are decoded, and decoded once. An empty segment, a
 * dot segment (also an encoded one), a broken escape and an encoded NUL are refused;
 * a trailing slash matches nothing. An encoded slash is allowed within a variable
 * only.
 *
 * The router is built by one thread and then read by any number.
 *
 *     pl_rest_router *router = pl_rest_router_new(&arena);
 *     pl_rest_router_add(router, method, &template, route, &other, &err);
 *     pl_rest_match match;
 *     pl_code code = pl_rest_router_match(router, method, path, &call_arena, &match, &err);
 */
#ifndef PARLEY_REST_ROUTER_H
#define PARLEY_REST_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/rest/template.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Segments of a request's path. */
#define PL_REST_MAX_PATH_SEGMENTS 128
/* Bytes of the list of methods in an Allow header. */
#define PL_REST_ALLOW_MAX 128

typedef struct pl_rest_router pl_rest_router;

/* How a request was routed. */
typedef struct pl_rest_match {
    const void *route;             /* as given to pl_rest_router_add; NULL: none */
    const pl_str *values;          /* one decoded value a variable of its template */
    char allow[PL_REST_ALLOW_MAX]; /* where route is NULL: "GET, HEAD, PATCH" if the path exists
                                      under these methods, else "" */
} pl_rest_match;

/* An empty router in ARENA, which must outlive it; NULL where the arena is full. */
pl_rest_router *pl_rest_router_new(pl_arena *arena);

/* Adds ROUTE (borrowed) under METHOD and TEMPLATE (both borrowed).
 * PL_ALREADY_EXISTS where a route matches the same requests: *OUT_OTHER is that one,
 * and the router is unchanged. PL_RESOURCE_EXHAUSTED where the arena is full. */
PL_NODISCARD pl_code pl_rest_router_add(pl_rest_router *router, pl_str method,
                                        const pl_rest_template *tmpl, const void *route,
                                        const void **out_other, pl_error *err);

/* Finds the route of METHOD (HEAD falls back to GET) and the raw PATH, which has no
 * query. PL_OK with route NULL is 404, or 405 where allow is not empty.
 * PL_INVALID_ARGUMENT where the path is malformed; PL_RESOURCE_EXHAUSTED where ARENA,
 * in which the values live, is full. Thread-safe once the router is built. */
PL_NODISCARD pl_code pl_rest_router_match(const pl_rest_router *router, pl_str method, pl_str path,
                                          pl_arena *arena, pl_rest_match *out_match, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

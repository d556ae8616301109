/* Violations: what is wrong with a request, field by field.
 *
 * Generated validators walk a request and add one violation for each limit that
 * is not kept; they reach the caller as google.rpc.BadRequest. A list lives in an
 * arena, holds at most PL_VIOLATIONS_MAX entries and counts the rest; paths look
 * like "items[2].quantity". One thread at a time.
 *
 *     pl_violations v = pl_violations_make(arena);
 *     size_t mark = pl_violations_enter_item(&v, "items", 2);
 *     pl_check_i64(&v, "quantity", item->quantity, &limits);
 *     pl_violations_leave(&v, mark);
 *     return v.count ? PL_INVALID_ARGUMENT : PL_OK;
 */
#ifndef PARLEY_RPC_VIOLATIONS_H
#define PARLEY_RPC_VIOLATIONS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/arena.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Entries kept; more are only counted. */
#define PL_VIOLATIONS_MAX 32
/* Bytes of a path and of a description, terminating NUL included. */
#define PL_VIOLATION_PATH_MAX 256
#define PL_VIOLATION_TEXT_MAX 256

typedef struct pl_violation {
    const char *field;       /* "items[2].quantity" */
    const char *description; /* "must be at least 1, got 0" */
} pl_violation;

/* The fields may be read; only the functions change them. */
typedef struct pl_violations {
    pl_arena *arena;
    pl_violation items[PL_VIOLATIONS_MAX];
    size_t kept;                      /* entries in items */
    size_t count;                     /* violations seen */
    char path[PL_VIOLATION_PATH_MAX]; /* where the walk stands; "" at the top */
    size_t path_length;
} pl_violations;

/* An empty list whose texts live in ARENA (borrowed). */
pl_violations pl_violations_make(pl_arena *arena);
/* The same in place. */
void pl_violations_init(pl_violations *list, pl_arena *arena);

/* Goes into a sub-message FIELD, or into item INDEX of a list; returns the mark
 * that pl_violations_leave takes back. A path that grows too long is cut. */
size_t pl_violations_enter(pl_violations *list, const char *field);
size_t pl_violations_enter_item(pl_violations *list, const char *field, size_t index);
void pl_violations_leave(pl_violations *list, size_t mark);

/* Adds a violation of FIELD below the current path. */
void pl_violations_add(pl_violations *list, const char *field, const char *format, ...)
    PL_PRINTF(3, 4);
void pl_violations_addv(pl_violations *list, const char *field, const char *format, va_list args);

/* A pattern, compiled when it is first used; make one with PL_RPC_PATTERN as a
 * static object. Matching is thread-safe. */
typedef struct pl_rpc_pattern {
    const char *text; /* PCRE2; the whole value must match */
    void *compiled;   /* set once, atomically; lives as long as the program */
} pl_rpc_pattern;
#define PL_RPC_PATTERN(text_)                                                                      \
    { (text_), NULL }

/* (parley.limits) of a string (lengths in characters) or of bytes (in bytes). */
typedef struct pl_text_limits {
    bool required;
    uint32_t min_length;
    uint32_t max_length;     /* 0: none */
    pl_rpc_pattern *pattern; /* NULL: none; an empty text is matched only where required */
} pl_text_limits;

/* (parley.limits) of a number. */
typedef struct pl_number_limits {
    bool required; /* not 0 */
    bool has_min, has_max;
    int64_t min, max;
} pl_number_limits;

/* (parley.limits) of a list or map. */
typedef struct pl_item_limits {
    bool required; /* not empty */
    uint32_t min_items;
    uint32_t max_items; /* 0: none */
} pl_item_limits;

/* Each adds a violation where VALUE does not keep LIMITS. VALUE may be NULL: "". */
void pl_check_text(pl_violations *list, const char *field, const char *value,
                   const pl_text_limits *limits);
void pl_check_bytes(pl_violations *list, const char *field, size_t size,
                    const pl_text_limits *limits);
void pl_check_i64(pl_violations *list, const char *field, int64_t value,
                  const pl_number_limits *limits);
void pl_check_u64(pl_violations *list, const char *field, uint64_t value,
                  const pl_number_limits *limits);
void pl_check_f64(pl_violations *list, const char *field, double value,
                  const pl_number_limits *limits);
void pl_check_items(pl_violations *list, const char *field, size_t count,
                    const pl_item_limits *limits);
/* For a required message, a required oneof and a required optional field. */
void pl_check_present(pl_violations *list, const char *field, bool present);

#ifdef __cplusplus
}
#endif
#endif

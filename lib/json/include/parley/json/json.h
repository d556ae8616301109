/* JSON as a tree, for tools, settings and tests. What goes over the wire all day
 * uses proto_json.h instead.
 *
 * Strict RFC 8259: one value, UTF-8, no duplicate keys, depth and size limited. The
 * tree lives in the caller's arena and keeps positions, so that a message about it can
 * point at the place. Numbers keep their text: nothing is rounded. Writing needs no
 * tree: pl_buf_json for texts, the rest by hand, or pl_json_print.
 *
 *     pl_json_value *root = NULL;
 *     if (pl_json_parse(text, NULL, &arena, &root, &err)) ...
 *     const pl_json_value *state = pl_json_at(root, "_embedded.deliveries[0].deliveryState");
 *     if (pl_json_is(state, "DeliveryStarted")) ...
 */
#ifndef PARLEY_JSON_JSON_H
#define PARLEY_JSON_JSON_H

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest depth and size of a text. */
#define PL_JSON_DEPTH_MAX 100
#define PL_JSON_TEXT_MAX  (64u << 20)

typedef enum pl_json_kind {
    PL_JSON_NULL,
    PL_JSON_BOOL,
    PL_JSON_NUMBER,
    PL_JSON_STRING,
    PL_JSON_ARRAY,
    PL_JSON_OBJECT
} pl_json_kind;

typedef struct pl_json_value pl_json_value;
/* Read-only once parsed. Children are a list in the order of the text. */
struct pl_json_value {
    pl_json_kind kind;
    bool boolean;
    pl_str text; /* of a string its content, of a number as it stands; NUL-terminated */
    pl_str key;  /* of a member, its name; NUL-terminated */
    const pl_json_value *children; /* first item or member, NULL: none */
    const pl_json_value *next;     /* next item or member of the parent */
    size_t count;                  /* of children */
    uint32_t line, col;            /* from 1; where the value begins */
};

/* Parses TEXT into ARENA. NAME (a file, say) stands before positions in messages; NULL:
 * none. PL_INVALID_ARGUMENT: "name:line:col: expected ..., got ..."; PL_RESOURCE_EXHAUSTED:
 * TEXT too large or the arena full. */
PL_NODISCARD pl_code pl_json_parse(pl_str text, const char *name, pl_arena *arena,
                                   const pl_json_value **out_root, pl_error *err);

/* The value at PATH: member names with dots, items with [n], ("a.b[0].c", "[1].x", "" is
 * VALUE itself); a path that begins with "/" is a JSON pointer (RFC 6901). NULL where the
 * path leads nowhere or VALUE is NULL. */
const pl_json_value *pl_json_at(const pl_json_value *value, const char *path);
/* The member KEY of an object, or NULL. */
const pl_json_value *pl_json_member(const pl_json_value *object, pl_str key);
/* Item INDEX of an array, or NULL. */
const pl_json_value *pl_json_item(const pl_json_value *array, size_t index);

/* The number as an integer; false where VALUE is NULL, no number, or does not fit exactly. */
bool pl_json_i64(const pl_json_value *value, int64_t *out_number);
bool pl_json_double(const pl_json_value *value, double *out_number);
/* VALUE is the string TEXT; false for NULL. */
bool pl_json_is(const pl_json_value *value, const char *text);
/* Equal whatever the order of members; numbers compare by value. */
bool pl_json_equal(const pl_json_value *a, const pl_json_value *b);

/* "null", "bool", "number", "string", "array", "object". */
const char *pl_json_kind_name(pl_json_kind kind);

/* Appends VALUE as text; INDENT spaces a level, 0: in one line. False where OUT is full. */
bool pl_json_print(const pl_json_value *value, unsigned indent, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif

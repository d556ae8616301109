/* Matchers: what a value must be, and the example that stands for it.
 *
 * A tree of read-only structs that a contract set owns. A matcher is made for a place
 * (a field, an item of a list, a key or value of a map) whose descriptor says what its
 * values are. Every matcher has an example: another matcher, or itself where it is a value
 * (EQUAL), has values (MESSAGE, LIST, MAP, TYPED), is made when it is used (TIMESTAMP now,
 * FROM_STATE) or stands for nothing (ABSENT, ANY).
 *
 * Invariants: an example matches its matcher; members of a message are in the order of
 * their field numbers, whatever the order in the file.
 */
#ifndef PARLEY_CONTRACT_MATCHER_H
#define PARLEY_CONTRACT_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/str.h"
#include "parley/schema/pattern.h"
#include "parley/schema/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* symbol, tag in YAML ("": written without one); the numbers of parley.contract.v1.MatcherKind. */
#define PL_MATCH_TABLE(X)                                                                          \
    X(PL_MATCH_EQUAL, 1, "")                                                                       \
    X(PL_MATCH_TYPE, 2, "!type")                                                                   \
    X(PL_MATCH_ANY, 3, "!any")                                                                     \
    X(PL_MATCH_NON_EMPTY, 4, "!non_empty")                                                         \
    X(PL_MATCH_REGEX, 5, "!regex")                                                                 \
    X(PL_MATCH_RANGE, 6, "!range")                                                                 \
    X(PL_MATCH_ONE_OF, 7, "!one_of")                                                               \
    X(PL_MATCH_NOT, 8, "!not")                                                                     \
    X(PL_MATCH_NEAR, 9, "!near")                                                                   \
    X(PL_MATCH_SIZE, 10, "!size")                                                                  \
    X(PL_MATCH_EACH, 11, "!each")                                                                  \
    X(PL_MATCH_EACH_KEY, 12, "!each_key")                                                          \
    X(PL_MATCH_EACH_VALUE, 13, "!each_value")                                                      \
    X(PL_MATCH_UNORDERED, 14, "!unordered")                                                        \
    X(PL_MATCH_CONTAINS, 15, "!contains")                                                          \
    X(PL_MATCH_ABSENT, 16, "!absent")                                                              \
    X(PL_MATCH_PRESENT, 17, "!present")                                                            \
    X(PL_MATCH_TIMESTAMP, 18, "!timestamp")                                                        \
    X(PL_MATCH_UUID, 19, "!uuid")                                                                  \
    X(PL_MATCH_FROM_STATE, 20, "!from_state")                                                      \
    X(PL_MATCH_MESSAGE, 21, "")                                                                    \
    X(PL_MATCH_LIST, 22, "")                                                                       \
    X(PL_MATCH_MAP, 23, "")                                                                        \
    X(PL_MATCH_TYPED, 24, "")                                                                      \
    X(PL_MATCH_EVERY, 25, "")                                                                      \
    X(PL_MATCH_EVERY_VALUE, 26, "")

#define PL_MATCH_ENUM(symbol, number, tag) symbol = number,
typedef enum pl_match_kind { PL_MATCH_TABLE(PL_MATCH_ENUM) PL_MATCH_KIND_END } pl_match_kind;
#undef PL_MATCH_ENUM

/* What the values of a place are compared as. */
typedef enum pl_leaf {
    PL_LEAF_NONE, /* a message that is no Timestamp or Duration */
    PL_LEAF_SIGNED,
    PL_LEAF_UNSIGNED,
    PL_LEAF_FLOAT, /* float and double */
    PL_LEAF_BOOL,
    PL_LEAF_ENUM, /* compared as signed */
    PL_LEAF_STRING,
    PL_LEAF_BYTES,
    PL_LEAF_TIME,    /* google.protobuf.Timestamp */
    PL_LEAF_DURATION /* google.protobuf.Duration */
} pl_leaf;

/* A value of a leaf. */
typedef struct pl_leaf_value {
    uint64_t bits; /* int64, uint64, bits of a double, 0 or 1; seconds of times and durations */
    int32_t nanos;
    pl_str text; /* strings and bytes; NUL-terminated in matchers */
} pl_leaf_value;

/* Where something stands in its file; line 0: it was added by the compiler. */
typedef struct pl_contract_at {
    uint32_t line, column;
} pl_contract_at;

typedef struct pl_matcher pl_matcher;

/* A field of a message, or an entry of a map. */
typedef struct pl_match_member {
    const pl_field *field; /* NULL in a map */
    pl_leaf_value key;     /* of a map's entry */
    const pl_matcher *matcher;
} pl_match_member;

struct pl_matcher {
    pl_match_kind kind;
    pl_contract_at at;
    bool now; /* TIMESTAMP: the example is the time of use */
    bool has_low, has_high;
    pl_leaf_value value; /* EQUAL, NEAR, CONTAINS; REGEX: the pattern; FROM_STATE: the name */
    const pl_match_member *members;
    size_t member_count;
    const pl_matcher *example; /* never NULL; the matcher itself where it says its example */
    /* What most have comes first: a stub looks at many, each once. */
    const pl_matcher *const *items;
    size_t item_count;
    pl_leaf_value low;           /* RANGE; NEAR: the distance, a double or a duration */
    pl_leaf_value high;          /* RANGE */
    uint32_t min, max;           /* SIZE; UINT32_MAX: no greatest */
    const pl_pattern *pattern;   /* REGEX */
    const pl_message_type *type; /* TYPED */
};

/* What values of FIELD are; of a map's entry ask for its key or value field. */
pl_leaf pl_leaf_of(const pl_field *field);
/* The tag of a kind, or "". */
const char *pl_match_tag(pl_match_kind kind);
/* -1, 0, 1; 2 where one of them is not a number. */
int pl_leaf_compare(pl_leaf leaf, const pl_leaf_value *a, const pl_leaf_value *b);
/* Appends a value as people read it: 'text' cut at 64 bytes, a number, an enum's name, bytes in
 * base64, RFC 3339. FIELD names enum values and hides sensitive ones; it may be NULL. */
void pl_leaf_print(pl_leaf leaf, const pl_field *field, const pl_leaf_value *value, pl_buf *out);
/* Appends what is expected, in words: "1..1000", "'TV'", "a text with /^x/". */
void pl_matcher_describe(const pl_matcher *matcher, const pl_field *field, pl_buf *out);

/* A field of type string that stands for texts without one: metadata, messages of a status. */
const pl_field *pl_text_field(void);
/* The same of type bytes. */
const pl_field *pl_bytes_field(void);

#ifdef __cplusplus
}
#endif
#endif

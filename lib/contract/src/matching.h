/* The matching engine from inside. */
#ifndef CONTRACT_MATCHING_H
#define CONTRACT_MATCHING_H

#include "leaf.h"
#include "parley/contract/match.h"

/* One comparison on its way down a message. */
typedef struct matching {
    const pl_match_opts *opts;
    pl_verdict *verdict; /* NULL: the first difference ends it */
    size_t *comparisons;
    char path[PL_VERDICT_TEXT_MAX];
    size_t path_size;
} matching;

matching matching_make(const pl_match_opts *opts, pl_verdict *verdict);

/* Longer paths; what is returned is given back to matching_leave. */
size_t matching_enter_field(matching *s, const pl_field *field);
size_t matching_enter_item(matching *s, size_t index);
size_t matching_enter_key(matching *s, const pl_field *key, const pl_leaf_value *value);
void matching_leave(matching *s, size_t mark);

/* Notes a difference; always false. ACTUAL in words. */
bool matching_differs(matching *s, const pl_matcher *matcher, const pl_field *field,
                      const char *actual);
/* The same with what was expected in words. */
bool matching_expected(matching *s, const pl_matcher *matcher, const char *expected,
                       const char *actual);

/* Whether a value that is there (an item, a key, a singular value) matches. */
bool match_value(matching *s, const pl_matcher *matcher, const pl_field *field,
                 pl_dynamic_value value);
/* A whole field of MESSAGE: absent, singular, list or map. */
bool match_field(matching *s, const pl_matcher *matcher, const pl_field *field,
                 const pl_dynamic *message);
bool match_members(matching *s, const pl_matcher *matcher, const pl_dynamic *message);
/* Nothing is there, or what reads as nothing. */
bool match_is_unset(const pl_field *field, const pl_dynamic *message);
/* Of a google.protobuf.Any: field NUMBER of it, its type's URL or its bytes. */
enum { ANY_URL = 1, ANY_VALUE = 2, ANY_MEMORY_MAX = 64 << 20 };
pl_str match_any_part(const pl_dynamic *any, uint32_t number);
/* match_list.c */
bool match_list(matching *s, const pl_matcher *matcher, const pl_field *field,
                const pl_dynamic *message);
bool match_map(matching *s, const pl_matcher *matcher, const pl_field *field,
               const pl_dynamic *message);
/* match_leaf.c: VALUE of a leaf. */
bool match_leaf(matching *s, const pl_matcher *matcher, const pl_field *field,
                const pl_leaf_value *value);

/* Fills one value of FIELD with the example; false: the arena is full. */
bool example_value(const pl_matcher *matcher, const pl_field *field, const pl_match_opts *opts,
                   pl_arena *arena, pl_dynamic_value *out);
/* Fills a whole field of MESSAGE with the example. */
bool example_field(const pl_matcher *matcher, const pl_field *field, pl_dynamic *message,
                   const pl_match_opts *opts, pl_arena *arena);

#endif

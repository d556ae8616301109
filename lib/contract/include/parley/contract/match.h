/* The matching engine: a message against a matcher, and the example of one.
 *
 * A verdict lists every field that differs, by path. In an answer fields that nobody
 * reads are accepted, also unknown ones; in a request (`closed`) a field that the contract
 * does not list must be at its default. The order of fields, packed or not, entries of maps
 * in any order: nothing that Protobuf calls equal is told apart. Absent and default differ
 * only where the field has presence.
 *
 *     pl_match_opts opts = PL_MATCH_OPTS_INIT;
 *     pl_verdict verdict = pl_verdict_make(&arena);
 *     if (!pl_match_message(matcher, message, &opts, &verdict)) ... verdict.differences[0].path
 *
 * Functions keep no state; any thread.
 */
#ifndef PARLEY_CONTRACT_MATCH_H
#define PARLEY_CONTRACT_MATCH_H

#include "parley/base/arena.h"
#include "parley/contract/contract.h"
#include "parley/schema/dynamic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest number of differences that is listed; further ones are counted. */
#define PL_VERDICT_MAX 100u
/* Bytes of a path, and of an expected or actual value in words. */
#define PL_VERDICT_TEXT_MAX 512u
/* Greatest list that !unordered and !contains look at. */
#define PL_MATCH_ITEMS_MAX 1000u

/* A field that is not what it must be. */
typedef struct pl_difference {
    pl_str path;     /* "items[2].quantity"; "": the message itself */
    pl_str expected; /* in words */
    pl_str actual;
    const pl_matcher *matcher; /* that was not met; NULL: the message is closed or malformed */
} pl_difference;

/* The outcome of one or more comparisons. Texts live in the arena. */
typedef struct pl_verdict {
    pl_arena *arena;
    pl_difference *differences;
    size_t count;       /* listed */
    size_t total;       /* found */
    size_t comparisons; /* values looked at */
} pl_verdict;

pl_verdict pl_verdict_make(pl_arena *arena);

typedef struct pl_match_opts {
    bool closed;    /* a request: what is not listed is at its default */
    pl_str prefix;  /* of paths: "response" */
    int64_t now_ms; /* the clock, for !timestamp now; milliseconds since 1970 */
    /* What setting up a state returned under NAME, as text; false: nothing. NULL: every value
     * matches !from_state, but in a request its example alone. */
    bool (*state_value)(void *self, pl_str name, pl_str *out_text);
    void *self;
} pl_match_opts;
#define PL_MATCH_OPTS_INIT                                                                         \
    { .closed = false }

/* MESSAGE matches. VERDICT may be NULL: the first difference ends it. */
bool pl_match_message(const pl_matcher *matcher, const pl_dynamic *message,
                      const pl_match_opts *opts, pl_verdict *verdict);
/* The bytes of a message of TYPE; false also where they are malformed, which is a difference. */
bool pl_match_bytes(const pl_matcher *matcher, const pl_message_type *type, pl_str bytes,
                    const pl_match_opts *opts, pl_verdict *verdict, pl_arena *arena);
/* A text: of a status or of metadata; PRESENT false: there is none. */
bool pl_match_text(const pl_matcher *matcher, bool present, pl_str text, const pl_match_opts *opts,
                   pl_verdict *verdict);
/* No field of MESSAGE, at any depth, also in an Any, has one of NAMES (by Proto or JSON name) and
 * is set; nor has a Struct a key of this name. */
bool pl_match_without(const pl_dynamic *message, const pl_str *names, size_t count,
                      const pl_match_opts *opts, pl_verdict *verdict);

/* What a state returns as TYPE ("int64", "string") can be read as a value of FIELD; true for types
 * that are not known here. */
bool pl_state_value_fits(pl_str type, const pl_field *field);

/* ---- examples ---- */

/* The example of a MESSAGE matcher of TYPE, in ARENA: what a stub answers and a verifier sends.
 * OPTS gives the clock and what states returned; it may be NULL. NULL: the arena is full. */
pl_dynamic *pl_example_message(const pl_matcher *matcher, const pl_message_type *type,
                               const pl_match_opts *opts, pl_arena *arena);
/* The same as wire bytes, appended. PL_RESOURCE_EXHAUSTED: OUT or the arena is full. */
PL_NODISCARD pl_code pl_example_bytes(const pl_matcher *matcher, const pl_message_type *type,
                                      const pl_match_opts *opts, pl_arena *arena, pl_buf *out);
/* The example of a text's matcher; empty for !absent. */
pl_str pl_example_text(const pl_matcher *matcher, const pl_match_opts *opts, pl_arena *arena);

#ifdef __cplusplus
}
#endif
#endif

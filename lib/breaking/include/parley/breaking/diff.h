/* Differences: what changed between two versions of a schema that can break somebody.
 *
 * Rules have the names and meaning that `buf breaking` gives them (category FILE), so that both say
 * the same of the same pair; further rules see what buf does not: routes, limits, streams, events,
 * authorisation. Each change names the element and both positions. Whom a change hurts is another
 * question (impact.h).
 *
 * Messages, enums and services are compared by full name, fields and values by number, files by
 * name. Additions that hurt nobody are no changes.
 *
 *     pl_changes *changes = NULL;
 *     if (pl_diff(old_pool, new_pool, NULL, &changes, &err)) ...
 *     for (size_t i = 0; i < pl_changes_count(changes); i++) ... pl_changes_at(changes, i)->rule
 *     pl_changes_free(changes);
 */
#ifndef PARLEY_BREAKING_DIFF_H
#define PARLEY_BREAKING_DIFF_H

#include "parley/schema/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest number of changes of one comparison, and bytes of their texts. */
#define PL_CHANGES_MAX        100000u
#define PL_CHANGES_MEMORY_MAX (64u << 20)

/* A rule. Texts are static. */
typedef struct pl_rule {
    const char *name; /* "FIELD_NO_DELETE" */
    bool of_buf;      /* buf has it too, by this name */
    bool hazard;      /* does not depend on today's users: always blocks */
    const char *says; /* what it says, in words */
    const char *example;
    const char *way_out;
} pl_rule;

extern const pl_rule pl_rules[];
extern const size_t pl_rule_count;

/* It announces that something will go, and takes nothing away. */
bool pl_rule_announces(const pl_rule *rule);

/* The rule NAME, or NULL. */
const pl_rule *pl_rule_find(const char *name);

/* One change. What it is about is told by the members that are set: the element as it was in
 * the old schema, and its counterpart in the new one where there is one. */
typedef struct pl_change {
    const pl_rule *rule;
    pl_str element; /* full name, of the old schema where it is there */
    pl_source old_at;
    pl_source
        new_at; /* the element, or what is left of its surroundings; line 0: the file is gone */
    pl_str message;
    const pl_file *file; /* of the old schema; of the new one for what was added */
    const pl_message_type *type;
    const pl_field *field; /* of the old schema, or the new one where it was added */
    const pl_field *new_field;
    const pl_enum_type *enumeration;
    const pl_enum_value *value; /* of the old schema, or the new one where it was added */
    const pl_service_type *service;
    const pl_method_type *method;
    const pl_http_rule *http;
} pl_change;

typedef struct pl_changes pl_changes;

typedef struct pl_diff_opts {
    /* FILE is not looked at: an import that belongs to others. NULL: only files below google/. */
    bool (*is_foreign)(void *self, pl_str file);
    void *self;
    /* Asked while comparing, which can take long; true: it ends. NULL: never. */
    bool (*is_stopped)(void);
} pl_diff_opts;

/* Compares; both pools outlive the changes. OPTS may be NULL. PL_RESOURCE_EXHAUSTED: more changes
 * than PL_CHANGES_MAX, or no memory. PL_CANCELLED: it was stopped. */
PL_NODISCARD pl_code pl_diff(const pl_pool *old_pool, const pl_pool *new_pool,
                             const pl_diff_opts *opts, pl_changes **out_changes, pl_error *err);
/* NULL is allowed. */
void pl_changes_free(pl_changes *changes);

/* By file, line, column and rule. */
size_t pl_changes_count(const pl_changes *changes);
const pl_change *pl_changes_at(const pl_changes *changes, size_t index);

#ifdef __cplusplus
}
#endif
#endif

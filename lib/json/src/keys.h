/* Finding the keys of a map that stand there twice, in n log n whatever they are:
 * they come from clients, so no hash that could be made to collide. */
#ifndef JSON_KEYS_H
#define JSON_KEYS_H

#include "parley/base/str.h"

typedef struct json_key {
    pl_str text;
    size_t order;   /* which of the entries, from 0 */
    bool again;     /* found: a later entry has the same key */
    size_t offset;  /* the caller's */
    const char *at; /* the caller's */
} json_key;

typedef struct json_keys {
    json_key *list;
    size_t count, cap;
} json_keys;

/* False where there is no memory. */
bool json_keys_add(json_keys *keys, json_key key);
void json_keys_done(json_keys *keys);
/* Sorts by text and order and marks the entries that a later one repeats. Returns the
 * first one (by order) that repeats an earlier one, or NULL. */
const json_key *json_keys_check(json_keys *keys);
/* Back to the order of entries, marks kept. */
void json_keys_restore(json_keys *keys);

#endif

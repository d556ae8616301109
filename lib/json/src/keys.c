#include "keys.h"

#include <stdlib.h>

#define FIRST_ROOM 16

bool json_keys_add(json_keys *keys, json_key key) {
    if (keys->count == keys->cap) {
        size_t cap = keys->cap ? 2 * keys->cap : FIRST_ROOM;
        json_key *list = realloc(keys->list, cap * sizeof(*list));
        if (!list)
            return false;
        keys->list = list;
        keys->cap = cap;
    }
    key.order = keys->count;
    key.again = false;
    keys->list[keys->count++] = key;
    return true;
}

void json_keys_done(json_keys *keys) {
    free(keys->list);
    keys->list = NULL;
    keys->count = keys->cap = 0;
}

static bool by_text(const json_key *a, const json_key *b) {
    size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
    int c = n ? memcmp(a->text.p, b->text.p, n) : 0;
    if (c || a->text.n != b->text.n)
        return c ? c < 0 : a->text.n < b->text.n;
    return a->order < b->order;
}

static bool by_order(const json_key *a, const json_key *b) {
    return a->order < b->order;
}

typedef bool less_fn(const json_key *a, const json_key *b);

static void sift(json_key *list, size_t root, size_t n, less_fn *less) {
    json_key key = list[root];
    size_t child;
    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && less(&list[child], &list[child + 1]))
            child++;
        if (!less(&key, &list[child]))
            break;
        list[root] = list[child];
        root = child;
    }
    list[root] = key;
}

/* Heap sort: qsort has no bound on its time that would hold everywhere. */
static void sort(json_keys *keys, less_fn *less) {
    json_key *list = keys->list;
    for (size_t i = keys->count / 2; i > 0; i--)
        sift(list, i - 1, keys->count, less);
    for (size_t n = keys->count; n > 1; n--) {
        json_key last = list[n - 1];
        list[n - 1] = list[0];
        list[0] = last;
        sift(list, 0, n - 1, less);
    }
}

const json_key *json_keys_check(json_keys *keys) {
    const json_key *first = NULL;
    sort(keys, by_text);
    for (size_t i = 1; i < keys->count; i++) {
        json_key *before = &keys->list[i - 1], *key = &keys->list[i];
        if (!pl_str_eq(before->text, key->text))
            continue;
        before->again = true;
        if (!first || key->order < first->order)
            first = key;
    }
    return first;
}

void json_keys_restore(json_keys *keys) {
    sort(keys, by_order);
}

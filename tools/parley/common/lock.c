#include "common/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/whole_file.h"
#include "parley/yaml/yaml.h"

enum { ARENA_MAX = 8 << 20, TEXT_MAX = 8 << 20, HEX_DIGITS = 2 * PL_HASH_SIZE };

static const char prefix[] = "sha256:";

void lock_hash_text(const uint8_t hash[PL_HASH_SIZE], char out[LOCK_HASH_MAX]) {
    size_t at = sizeof prefix - 1;
    memcpy(out, prefix, at);
    for (size_t i = 0; i < PL_HASH_SIZE; i++)
        (void)snprintf(out + at + 2 * i, 3, "%02x", hash[i]);
}

static bool is_hash(pl_str text) {
    size_t at = sizeof prefix - 1;
    return pl_str_starts(text, pl_str_c(prefix)) && text.n == at + HEX_DIGITS &&
           strspn(text.p + at, "0123456789abcdef") == HEX_DIGITS;
}

static pl_code add(lock *l, const char *name, const char *hash, pl_error *err) {
    if (l->count == LOCK_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d bundles", l->path,
                            LOCK_MAX);
    lock_entry entry = {.name = pl_arena_strdup(&l->arena, name)};
    if (!entry.name)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", l->path);
    (void)snprintf(entry.hash, sizeof entry.hash, "%s", hash);
    l->entries[l->count++] = entry;
    return PL_OK;
}

static pl_code read_entries(lock *l, const pl_yaml_node *root, pl_error *err) {
    static const char *const keys[] = {"bundles"};
    if (pl_yaml_is_null(root))
        return PL_OK;
    pl_code code = pl_yaml_check_keys(root, keys, PL_COUNT(keys), err);
    const pl_yaml_node *bundles = pl_yaml_find(root, "bundles");
    if (code != PL_OK || !bundles || pl_yaml_is_null(bundles))
        return code;
    code = pl_yaml_expect(bundles, PL_YAML_MAPPING, err);
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(bundles); i++) {
        const pl_yaml_node *value = pl_yaml_at(bundles, i);
        pl_str hash;
        code = pl_yaml_get_str(value, &hash, err);
        if (code == PL_OK && !is_hash(hash))
            code = pl_yaml_fail(value, err, "expected sha256: and %d hexadecimal digits, got '%s'",
                                HEX_DIGITS, hash.p);
        if (code == PL_OK)
            code = add(l, pl_yaml_text(pl_yaml_key_at(bundles, i)).p, hash.p, err);
    }
    return code;
}

pl_code lock_load(const workspace *space, lock *out_lock, pl_error *err) {
    lock *l = out_lock;
    pl_yaml_doc *doc = NULL;
    pl_error why = PL_ERROR_INIT;
    l->count = 0;
    l->arena = pl_arena_make(ARENA_MAX);
    (void)snprintf(l->path, sizeof l->path, "%s/parley.lock", space->root);
    pl_code code = pl_yaml_load(l->path, &doc, &why);
    if (code == PL_NOT_FOUND)
        return PL_OK;
    if (code == PL_OK)
        code = read_entries(l, pl_yaml_root(doc), &why);
    pl_yaml_free(doc);
    if (code == PL_OK)
        return PL_OK;
    lock_done(l);
    if (err)
        *err = why;
    return code;
}

void lock_done(lock *l) {
    pl_arena_done(&l->arena);
}

lock_entry *lock_find(lock *l, const char *name) {
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->entries[i].name, name) == 0)
            return &l->entries[i];
    }
    return NULL;
}

pl_code lock_set(lock *l, const char *name, const uint8_t hash[PL_HASH_SIZE], pl_error *err) {
    char text[LOCK_HASH_MAX];
    lock_entry *known = lock_find(l, name);
    lock_hash_text(hash, text);
    if (!known)
        return add(l, name, text, err);
    memcpy(known->hash, text, sizeof text);
    return PL_OK;
}

static int by_name(const void *left, const void *right) {
    const lock_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

pl_code lock_save(lock *l, pl_error *err) {
    pl_buf text = pl_buf_make(TEXT_MAX);
    qsort(l->entries, l->count, sizeof *l->entries, by_name);
    pl_buf_puts(&text, "# What bundles from elsewhere must say; `parley contract lock` writes it.\n"
                       "bundles:\n");
    for (size_t i = 0; i < l->count; i++) {
        pl_buf_puts(&text, "  ");
        pl_buf_json(&text, pl_str_c(l->entries[i].name));
        pl_buf_printf(&text, ": %s\n", l->entries[i].hash);
    }
    pl_code code = text.failed ? pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", l->path)
                               : whole_file_write(l->path, pl_buf_view(&text), err);
    pl_buf_done(&text);
    return code;
}

/* parley.lock, in the workspace's root: what bundles from elsewhere must say.
 *
 *     bundles:
 *       "http://stubs.example/mall.products.v1.stub": sha256:ba7816bf...
 *
 * A name is a URL as it is written, or a path below the root; the hash is the bundle's own, which
 * reformatting a contract does not change (parley/contract/bundle.h).
 */
#ifndef PARLEY_TOOL_LOCK_H
#define PARLEY_TOOL_LOCK_H

#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/contract/bundle.h"

/* Bundles of one file, and bytes of a name. */
#define LOCK_MAX      1000
#define LOCK_NAME_MAX 2048
/* Bytes of "sha256:" and 64 digits, NUL included. */
#define LOCK_HASH_MAX 72

typedef struct lock_entry {
    const char *name;
    char hash[LOCK_HASH_MAX];
} lock_entry;

typedef struct lock {
    pl_arena arena;
    char path[PATH_MAX + 16];
    lock_entry entries[LOCK_MAX];
    size_t count;
} lock;

/* Reads the file of SPACE; none is an empty one. PL_INVALID_ARGUMENT: "FILE:LINE:COL: ...". */
PL_NODISCARD pl_code lock_load(const workspace *space, lock *out_lock, pl_error *err);
void lock_done(lock *l);

/* NULL: it is not pinned. */
lock_entry *lock_find(lock *l, const char *name);
/* Adds NAME, or changes what it must say. PL_RESOURCE_EXHAUSTED: more than LOCK_MAX. */
PL_NODISCARD pl_code lock_set(lock *l, const char *name, const uint8_t hash[PL_HASH_SIZE],
                              pl_error *err);
/* Writes the file, by name: whole or not at all. */
PL_NODISCARD pl_code lock_save(lock *l, pl_error *err);

/* "sha256:..." */
void lock_hash_text(const uint8_t hash[PL_HASH_SIZE], char out[LOCK_HASH_MAX]);

#endif

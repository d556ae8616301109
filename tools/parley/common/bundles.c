#include "common/bundles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/download.h"
#include "common/lock.h"
#include "common/whole_file.h"

enum { ARENA_MAX = 4 << 20, CONTRACTS_MAX = 4 << 20 };

static const char suffix[] = ".stub";

/* What the words of one command line stand for. */
typedef struct bundles {
    const workspace *space;
    pl_arena arena;
    lock lock;
    const char *names[BUNDLES_MAX]; /* as parley.lock has them: URLs, paths below the root */
    const char *paths[BUNDLES_MAX]; /* NULL: a URL */
    pl_contract_set *sets[BUNDLES_MAX];
    size_t count;
    bool soon; /* a single one is opened */
} bundles;

bool bundles_is_one(const char *word) {
    return strchr(word, '/') || pl_str_ends(pl_str_c(word), pl_str_c(suffix));
}

/* ---- what the words stand for ---------------------------------------------------------------- */

pl_code bundles_refuse_contracts(const char *path, pl_error *err) {
    static const char key[] = "provider:";
    pl_buf text = pl_buf_make(CONTRACTS_MAX);
    pl_str rest, line, provider = {"", 0};
    if (!pl_str_ends(pl_str_c(path), pl_str_c(".yaml")) ||
        whole_file_read(path, &text, NULL) != PL_OK) {
        pl_buf_done(&text);
        return PL_OK;
    }
    for (rest = pl_buf_view(&text); !provider.n && pl_str_split(&rest, '\n', &line);) {
        if (pl_str_starts(line, pl_str_c(key)))
            provider = pl_str_trim(pl_str_make(line.p + sizeof key - 1, line.n - sizeof key + 1));
    }
    provider.n = pl_str_index(provider, ' '); /* a comment */
    pl_code code = pl_error_set(
        err, PL_NOT_FOUND, "%.256s: a file of contracts, and no bundle; %s '%.*s'%s", path,
        provider.n ? "did you mean their provider," : "name their provider, such as",
        PL_FMT(provider.n ? provider : pl_str_c("mall.products.v1")), provider.n ? "?" : "");
    pl_buf_done(&text);
    return code;
}

static pl_code add(bundles *b, const char *name, const char *path, pl_error *err) {
    if (b->count == BUNDLES_MAX || !name)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d bundles, or no memory",
                            BUNDLES_MAX);
    b->names[b->count] = name;
    b->paths[b->count++] = path;
    return PL_OK;
}

static pl_code add_file(bundles *b, const char *path, pl_error *err) {
    char whole[PATH_MAX];
    size_t root = strlen(b->space->root);
    if (!realpath(path, whole))
        return pl_error_errno(err, errno, "%s", path);
    bool below = root && strncmp(whole, b->space->root, root) == 0 && whole[root] == '/';
    return add(b, pl_arena_strdup(&b->arena, below ? whole + root + 1 : whole),
               pl_arena_strdup(&b->arena, path), err);
}

static int is_bundle(const struct dirent *entry) {
    return entry->d_name[0] != '.' && pl_str_ends(pl_str_c(entry->d_name), pl_str_c(suffix));
}

static pl_code add_folder(bundles *b, const char *path, pl_error *err) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_bundle, alphasort);
    pl_code code = count < 0 ? pl_error_errno(err, errno, "%s", path) : PL_OK;
    if (count == 0)
        code = pl_error_set(err, PL_NOT_FOUND, "%s: a folder without bundles, expected *%s", path,
                            suffix);
    for (int i = 0; i < count; i++) {
        char *file = pl_arena_printf(&b->arena, "%s/%s", path, entries[i]->d_name);
        if (code == PL_OK)
            code = file ? add_file(b, file, err) : add(b, NULL, NULL, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static pl_code add_word(bundles *b, const char *word, pl_error *err) {
    struct stat info;
    if (download_is_url(word))
        return add(b, pl_arena_strdup(&b->arena, word), NULL, err);
    if (stat(word, &info) != 0)
        return pl_error_errno(err, errno, "%s", word);
    pl_code code = bundles_refuse_contracts(word, err);
    if (code != PL_OK)
        return code;
    return S_ISDIR(info.st_mode) ? add_folder(b, word, err) : add_file(b, word, err);
}

static pl_code init(bundles *b, const workspace *space, pl_error *err) {
    memset(b, 0, sizeof *b);
    b->space = space;
    b->arena = pl_arena_make(ARENA_MAX);
    return *space->root ? lock_load(space, &b->lock, err) : PL_OK;
}

static void done(bundles *b) {
    for (size_t i = 0; i < b->count; i++)
        pl_contract_set_free(b->sets[i]);
    lock_done(&b->lock);
    pl_arena_done(&b->arena);
    free(b);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Another name than a bundle has may have been meant as something else. */
static pl_code tell_wrong(const char *name, const pl_error *why, pl_error *err) {
    if (why->code != PL_INVALID_ARGUMENT || pl_str_ends(pl_str_c(name), pl_str_c(suffix)))
        return pl_error_wrap(err, why, "%.128s", name);
    return pl_error_set(err, why->code,
                        "%.128s: %s; expected a provider such as mall.products.v1, a bundle "
                        "(`parley stub PROVIDER --bundle FILE.stub` writes one), a folder of "
                        "bundles, or the URL of one",
                        name, why->message);
}

static pl_code read_one(bundles *b, size_t at, pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_error why = PL_ERROR_INIT;
    pl_code code = b->paths[at] ? whole_file_read(b->paths[at], &bytes, err)
                                : download(b->names[at], &bytes, err);
    bool open = b->soon && b->count == 1 && !lock_find(&b->lock, b->names[at]);
    if (code == PL_OK && (open ? pl_bundle_open(&bytes, &b->sets[at], &why)
                               : pl_bundle_read(pl_buf_view(&bytes), &b->sets[at], &why)) != PL_OK)
        code = tell_wrong(b->names[at], &why, err);
    pl_buf_done(&bytes);
    return code;
}

/* It says what parley.lock expects. */
static pl_code check(bundles *b, size_t at, pl_error *err) {
    const char *name = b->names[at];
    const lock_entry *pinned = lock_find(&b->lock, name);
    uint8_t hash[PL_HASH_SIZE];
    char is[LOCK_HASH_MAX];
    if (!pinned && b->paths[at])
        return PL_OK;
    if (!pinned)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%.128s: not pinned; `parley contract lock URL` writes what it says "
                            "now to %s",
                            name,
                            *b->space->root ? "parley.lock"
                                            : "the parley.lock of a workspace (a folder with "
                                              "an empty parley.yaml is one)");
    pl_code code = pl_contract_set_hash(b->sets[at], hash, err);
    if (code != PL_OK)
        return code;
    lock_hash_text(hash, is);
    return strcmp(pinned->hash, is) == 0
               ? PL_OK
               : pl_error_set(err, PL_FAILED_PRECONDITION,
                              "%.128s: parley.lock expects %s, it is %s; where the change is "
                              "wanted, `parley contract lock %.128s` pins it",
                              name, pinned->hash, is, name);
}

static pl_code read_words(bundles *b, const char *const *words, size_t count, pl_error *err) {
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add_word(b, words[i], err);
    for (size_t i = 0; code == PL_OK && i < b->count; i++) {
        code = read_one(b, i, err);
        if (code == PL_OK)
            code = check(b, i, err);
    }
    return code;
}

static pl_code read_all(const workspace *space, const char *const *words, size_t count, bool soon,
                        pl_contract_set **out_set, pl_error *err) {
    bundles *b = malloc(sizeof *b);
    if (!b)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundles: no memory");
    pl_code code = init(b, space, err);
    b->soon = soon;
    if (code == PL_OK)
        code = read_words(b, words, count, err);
    if (code == PL_OK && b->count == 1) {
        *out_set = b->sets[0];
        b->sets[0] = NULL;
    } else if (code == PL_OK) {
        code = pl_bundle_merge((const pl_contract_set *const *)b->sets, b->count, out_set, err);
    }
    done(b);
    return code;
}

pl_code bundles_read(const workspace *space, const char *const *words, size_t count,
                     pl_contract_set **out_set, pl_error *err) {
    return read_all(space, words, count, false, out_set, err);
}

pl_code bundles_open(const workspace *space, const char *const *words, size_t count,
                     pl_contract_set **out_set, pl_error *err) {
    return read_all(space, words, count, true, out_set, err);
}

/* ---- pinning --------------------------------------------------------------------------------- */

static pl_code add_pinned(bundles *b, pl_error *err) {
    pl_code code = b->lock.count ? PL_OK
                                 : pl_error_set(err, PL_NOT_FOUND,
                                                "%s: nothing is pinned yet; expected URLs or paths",
                                                b->lock.path);
    for (size_t i = 0; code == PL_OK && i < b->lock.count; i++) {
        const char *name = b->lock.entries[i].name;
        const char *path = NULL;
        if (!download_is_url(name))
            path = name[0] == '/' ? name
                                  : pl_arena_printf(&b->arena, "%s/%s", b->space->root, name);
        code = add(b, name, path, err);
    }
    return code;
}

static pl_code pin(bundles *b, size_t at, pl_error *err) {
    uint8_t hash[PL_HASH_SIZE];
    pl_code code = read_one(b, at, err);
    if (code == PL_OK)
        code = pl_contract_set_hash(b->sets[at], hash, err);
    return code == PL_OK ? lock_set(&b->lock, b->names[at], hash, err) : code;
}

static void tell(bundles *b, lock *before, bundles_pinned_fn *pinned, void *self) {
    for (size_t i = 0; i < b->count; i++) {
        const lock_entry *was = lock_find(before, b->names[i]);
        pinned(self, b->names[i], was ? was->hash : "", lock_find(&b->lock, b->names[i])->hash);
    }
}

/* Waits for others that change the workspace's parley.lock: else what they pin would be lost. -1
 * where folders cannot be held. */
static int hold(const workspace *space) {
    int fd = *space->root ? open(space->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

pl_code bundles_lock(const workspace *space, const char *const *words, size_t count,
                     bundles_pinned_fn *pinned, void *self, pl_error *err) {
    bundles *b = malloc(sizeof *b);
    lock *before = malloc(sizeof *before);
    if (!b || !before) {
        free(b);
        free(before);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundles: no memory");
    }
    int held = hold(space);
    pl_code code = init(b, space, err);
    if (code == PL_OK && !count)
        code = add_pinned(b, err);
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add_word(b, words[i], err);
    *before = b->lock; /* its texts stay */
    for (size_t i = 0; code == PL_OK && i < b->count; i++)
        code = pin(b, i, err);
    if (code == PL_OK)
        code = lock_save(&b->lock, err);
    if (code == PL_OK)
        tell(b, before, pinned, self);
    if (held >= 0)
        (void)close(held);
    free(before);
    done(b);
    return code;
}

/* ---- writing --------------------------------------------------------------------------------- */

pl_code bundles_save(const pl_contract_set *set, const char *path, pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_code code = pl_bundle_write(set, &bytes, err);
    if (code == PL_OK)
        code = whole_file_write(path, pl_buf_view(&bytes), err);
    pl_buf_done(&bytes);
    return code;
}

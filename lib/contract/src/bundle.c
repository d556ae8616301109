/* Bundles: types and contracts in one file, and the hash of what they say. */
#include "parley/contract/bundle.h"

#include <stdlib.h>

#include "sha256.h"
#include "wire.h"

enum {
    BUNDLE_VERSION = 1,
    BUNDLE_HASH = 2,
    BUNDLE_TYPES = 3,
    BUNDLE_FILES = 4,
    SET_FILE = 1,
    FILE_SOURCE_INFO = 9,
    DEPTH_MAX = 1000
};

/* ---- which files of the pool ----------------------------------------------------------------- */

typedef struct needed {
    const pl_pool *pool;
    bool *marks; /* by the file's place in the pool */
} needed;

static void mark(needed *n, const pl_file *file) {
    size_t at = 0, count = pl_pool_file_count(n->pool);
    while (at < count && pl_pool_file_at(n->pool, at) != file)
        at++;
    if (at == count || n->marks[at])
        return;
    n->marks[at] = true;
    for (size_t i = 0; i < file->dependency_count; i++)
        mark(n, file->dependencies[i]);
}

static void mark_matcher(needed *n, const pl_matcher *m) {
    if (!m)
        return;
    if (m->type)
        mark(n, m->type->file);
    for (size_t i = 0; i < m->member_count; i++)
        mark_matcher(n, m->members[i].matcher);
    for (size_t i = 0; i < m->item_count; i++)
        mark_matcher(n, m->items[i]);
    if (m->example != m)
        mark_matcher(n, m->example);
}

static void mark_steps(needed *n, const pl_contract_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        mark_matcher(n, steps[i].message);
        for (size_t k = 0; k < steps[i].status.detail_count; k++)
            mark_matcher(n, steps[i].status.details[k]);
        mark_steps(n, steps[i].steps, steps[i].step_count);
    }
}

static void mark_contract(needed *n, const pl_contract *c) {
    mark_steps(n, c->steps, c->step_count);
    mark_matcher(n, c->payload);
    for (size_t i = 0; i < c->metadata_count; i++)
        mark_matcher(n, c->metadata[i].matcher);
    for (size_t i = 0; i < c->trailer_count; i++)
        mark_matcher(n, c->trailers[i].matcher);
}

/* The files of every provider's package, those of types that are named, and their imports. */
static pl_code find_needed(const pl_contract_set *set, needed *n, pl_error *err) {
    size_t count = pl_pool_file_count(set->pool);
    n->pool = set->pool;
    n->marks = calloc(count + 1, sizeof *n->marks);
    if (!n->marks)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: no memory");
    for (size_t f = 0; f < set->file_count; f++) {
        for (size_t i = 0; i < count; i++) {
            const pl_file *file = pl_pool_file_at(set->pool, i);
            if (pl_str_eq(file->package, set->files[f]->provider))
                mark(n, file);
        }
        for (size_t i = 0; i < set->files[f]->contract_count; i++)
            mark_contract(n, set->files[f]->contracts[i]);
    }
    return PL_OK;
}

/* ---- hash ------------------------------------------------------------------------------------ */

static int by_parties(const void *left, const void *right) {
    const pl_contract_file *const *a = left, *const *b = right;
    int order = strcmp((*a)->provider.p, (*b)->provider.p);
    if (order == 0)
        order = strcmp((*a)->consumer.p, (*b)->consumer.p);
    return order ? order : strcmp((*a)->path.p, (*b)->path.p);
}

/* A FileDescriptorProto without comments and positions. */
static bool put_plain_type(const pl_file *file, pl_buf *out) {
    pl_wire_reader in = pl_wire_reader_make(file->bytes);
    pl_wire_field f;
    pl_buf part = pl_buf_make(PL_POOL_INPUT_MAX);
    for (const uint8_t *from = in.p; pl_wire_next(&in, &f); from = in.p) {
        if (f.number != FILE_SOURCE_INFO)
            pl_buf_append(&part, from, (size_t)(in.p - from));
    }
    bool done = !in.failed && !part.failed && pl_wire_put_bytes(out, SET_FILE, pl_buf_view(&part));
    pl_buf_done(&part);
    return done;
}

static bool put_meaning(const pl_contract_set *set, const needed *n, pl_buf *out) {
    size_t count = set->file_count;
    const pl_contract_file **files = calloc(count + 1, sizeof(const pl_contract_file *));
    bool done = files != NULL;
    if (done && count)
        memcpy(files, set->files, count * sizeof *files);
    if (done && count > 1)
        qsort(files, count, sizeof(*files), by_parties);
    for (size_t i = 0; done && i < count; i++) {
        pl_buf part = pl_buf_make(PL_BUNDLE_MAX);
        done = wire_put_file(files[i], false, &part) &&
               pl_wire_put_bytes(out, BUNDLE_FILES, pl_buf_view(&part));
        pl_buf_done(&part);
    }
    for (size_t i = 0; done && i < pl_pool_file_count(set->pool); i++)
        done = !n->marks[i] || put_plain_type(pl_pool_file_at(set->pool, i), out);
    free(files);
    return done;
}

static pl_code hash_needed(const pl_contract_set *set, const needed *n, uint8_t out[PL_HASH_SIZE],
                           pl_error *err) {
    pl_buf meaning = pl_buf_make(PL_BUNDLE_MAX);
    pl_code code = PL_OK;
    if (!put_meaning(set, n, &meaning)) {
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "bundle: larger than %u bytes, or no memory", PL_BUNDLE_MAX);
    } else {
        sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, meaning.p, meaning.n);
        sha256_end(&hash, out);
    }
    pl_buf_done(&meaning);
    return code;
}

pl_code pl_contract_set_hash(const pl_contract_set *set, uint8_t out[PL_HASH_SIZE], pl_error *err) {
    needed n = {0};
    pl_code code = find_needed(set, &n, err);
    if (code == PL_OK)
        code = hash_needed(set, &n, out, err);
    free(n.marks);
    return code;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool put_types(const pl_contract_set *set, const needed *n, pl_buf *out) {
    pl_buf types = pl_buf_make(PL_POOL_INPUT_MAX);
    for (size_t i = 0; i < pl_pool_file_count(set->pool); i++) {
        if (n->marks[i])
            pl_wire_put_bytes(&types, SET_FILE, pl_pool_file_at(set->pool, i)->bytes);
    }
    bool done = !types.failed && pl_wire_put_bytes(out, BUNDLE_TYPES, pl_buf_view(&types));
    pl_buf_done(&types);
    return done;
}

pl_code pl_bundle_write(const pl_contract_set *set, pl_buf *out, pl_error *err) {
    needed n = {0};
    uint8_t hash[PL_HASH_SIZE];
    pl_code code = find_needed(set, &n, err);
    if (code == PL_OK)
        code = hash_needed(set, &n, hash, err);
    if (code == PL_OK) {
        pl_wire_put_tag(out, BUNDLE_VERSION, PL_WIRE_VARINT);
        pl_wire_put_varint(out, PL_BUNDLE_VERSION);
        pl_wire_put_bytes(out, BUNDLE_HASH, pl_str_make((const char *)hash, sizeof hash));
        bool done = put_types(set, &n, out);
        for (size_t i = 0; done && i < set->file_count; i++) {
            pl_buf part = pl_buf_make(PL_BUNDLE_MAX);
            done = wire_put_file(set->files[i], true, &part) &&
                   pl_wire_put_bytes(out, BUNDLE_FILES, pl_buf_view(&part));
            pl_buf_done(&part);
        }
        if (!done || out->failed)
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: no room for it");
    }
    free(n.marks);
    return code;
}

static pl_code read_types(pl_str bytes, pl_pool **out, pl_error *err) {
    pl_wire_field f;
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.name = "bundle";
    if (!pl_wire_find(bytes, BUNDLE_VERSION, &f) || f.value == 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "bundle: it is none");
    if (f.value > PL_BUNDLE_VERSION)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "bundle: of version %llu, at most %u is read; use a newer parley",
                            (unsigned long long)f.value, PL_BUNDLE_VERSION);
    if (!pl_wire_find(bytes, BUNDLE_TYPES, &f) || f.type != PL_WIRE_BYTES)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "bundle: it has no types");
    return pl_pool_new(f.bytes, &opts, out, err);
}

static pl_code read_files(pl_str bytes, size_t count, pl_contract_set *set, pl_error *err) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_code code = PL_OK;
    set->files = pl_arena_calloc(&set->arena, count + 1, sizeof *set->files);
    if (!set->files)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: no memory");
    while (code == PL_OK && pl_wire_next(&in, &f)) {
        pl_contract_file *file = NULL;
        if (f.number != BUNDLE_FILES || f.type != PL_WIRE_BYTES)
            continue;
        code = wire_get_file(set, f.bytes, &file, err);
        if (code != PL_OK)
            break;
        set->files[set->file_count++] = file;
        set->contract_count += file->contract_count;
    }
    return code;
}

static pl_code check_hash(pl_str bytes, const pl_contract_set *set, pl_error *err) {
    uint8_t hash[PL_HASH_SIZE];
    pl_wire_field f;
    pl_code code = pl_contract_set_hash(set, hash, err);
    if (code != PL_OK)
        return code;
    if (!pl_wire_find(bytes, BUNDLE_HASH, &f) || f.type != PL_WIRE_BYTES ||
        f.bytes.n != sizeof hash || memcmp(f.bytes.p, hash, sizeof hash) != 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "bundle: damaged: its hash is another one");
    return PL_OK;
}

pl_code pl_bundle_read(pl_str bytes, pl_contract_set **out_set, pl_error *err) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    size_t count = 0;
    pl_pool *pool = NULL;
    if (bytes.n > PL_BUNDLE_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: more than %u bytes",
                            PL_BUNDLE_MAX);
    while (pl_wire_next(&in, &f))
        count += f.number == BUNDLE_FILES;
    if (in.failed)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "bundle: it is none, or cut off");
    pl_code code = read_types(bytes, &pool, err);
    if (code != PL_OK)
        return code;
    pl_contract_set *set = contract_set_new(pool);
    if (!set) {
        pl_pool_free(pool);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: no memory");
    }
    set->own_pool = pool;
    code = read_files(bytes, count, set, err);
    if (code == PL_OK)
        code = check_hash(bytes, set, err);
    if (code == PL_OK)
        *out_set = set;
    else
        pl_contract_set_free(set);
    return code;
}

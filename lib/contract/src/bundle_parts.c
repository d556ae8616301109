/* What of a set goes into a bundle, and the hash of what it says. */
#include "bundle_parts.h"

#include <stdlib.h>

#include "parley/crypto/sha256.h"
#include "wire.h"

enum { FILE_SOURCE_INFO = 9 };

/* ---- which files of the pool ----------------------------------------------------------------- */

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

pl_code needed_find(const pl_contract_set *set, needed *n, pl_error *err) {
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

bool put_plain_file(const pl_file *file, pl_buf *out) {
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
        done = !n->marks[i] || put_plain_file(pl_pool_file_at(set->pool, i), out);
    free(files);
    return done;
}

pl_code needed_hash(const pl_contract_set *set, const needed *n, uint8_t out[PL_HASH_SIZE],
                    pl_error *err) {
    pl_buf meaning = pl_buf_make(PL_BUNDLE_MAX);
    pl_code code = PL_OK;
    if (!put_meaning(set, n, &meaning)) {
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "bundle: larger than %u bytes, or no memory", PL_BUNDLE_MAX);
    } else {
        code = pl_sha256(pl_buf_view(&meaning), out, err);
    }
    pl_buf_done(&meaning);
    return code;
}

static pl_code hash_set(const pl_contract_set *set, uint8_t out[PL_HASH_SIZE], pl_error *err) {
    needed n = {0};
    pl_code code = needed_find(set, &n, err);
    if (code == PL_OK)
        code = needed_hash(set, &n, out, err);
    free(n.marks);
    return code;
}

pl_code pl_contract_set_hash(const pl_contract_set *set, uint8_t out[PL_HASH_SIZE], pl_error *err) {
    pl_wire_field f;
    if (!set->bytes.n)
        return hash_set(set, out, err);
    if (!pl_wire_find(pl_buf_view(&set->bytes), BUNDLE_HASH, &f) || f.type != PL_WIRE_BYTES ||
        f.bytes.n != PL_HASH_SIZE)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "bundle: it has no hash");
    memcpy(out, f.bytes.p, PL_HASH_SIZE);
    return PL_OK;
}

static pl_code load_file(const pl_contract_file *file, pl_error *err) {
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < file->contract_count; i++)
        code = pl_contract_load(file->contracts[i], err);
    return code;
}

pl_code pl_contract_set_hash_of(const pl_contract_set *set, pl_str provider,
                                uint8_t out[PL_HASH_SIZE], pl_error *err) {
    pl_contract_set part = {.pool = set->pool};
    pl_code code = PL_OK;
    part.files = calloc(set->file_count + 1, sizeof(const pl_contract_file *));
    if (!part.files)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundle: no memory");
    for (size_t i = 0; i < set->file_count; i++) {
        if (pl_str_eq(set->files[i]->provider, provider))
            part.files[part.file_count++] = set->files[i];
    }
    if (part.file_count == set->file_count) {
        code = pl_contract_set_hash(set, out, err);
    } else {
        for (size_t i = 0; code == PL_OK && i < part.file_count; i++)
            code = load_file(part.files[i], err);
        if (code == PL_OK)
            code = hash_set(&part, out, err);
    }
    free(part.files);
    return code;
}

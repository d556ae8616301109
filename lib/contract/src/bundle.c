/* Bundles: types and contracts in one file. */
#include "parley/contract/bundle.h"

#include <stdlib.h>

#include "bundle_parts.h"
#include "wire.h"

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
    pl_code code = needed_find(set, &n, err);
    if (code == PL_OK)
        code = needed_hash(set, &n, hash, err);
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

static pl_code read_files(pl_str bytes, size_t count, bool later, pl_contract_set *set,
                          pl_error *err) {
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
        code = wire_get_file(set, f.bytes, later, &file, err);
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

static pl_code read_bundle(pl_str bytes, bool later, pl_contract_set **out_set, pl_error *err) {
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
    code = read_files(bytes, count, later, set, err);
    if (code == PL_OK && !later)
        code = check_hash(bytes, set, err);
    if (code == PL_OK)
        *out_set = set;
    else
        pl_contract_set_free(set);
    return code;
}

pl_code pl_bundle_read(pl_str bytes, pl_contract_set **out_set, pl_error *err) {
    return read_bundle(bytes, false, out_set, err);
}

pl_code pl_bundle_open(pl_buf *bytes, pl_contract_set **out_set, pl_error *err) {
    pl_code code = read_bundle(pl_buf_view(bytes), true, out_set, err);
    if (code != PL_OK)
        return code;
    (*out_set)->bytes = *bytes;
    *bytes = pl_buf_make(0);
    return PL_OK;
}

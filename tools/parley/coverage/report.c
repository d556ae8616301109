#include <stdlib.h>
#include <string.h>

#include "common/protos.h"
#include "coverage/coverage.h"

enum { ARENA_MAX = 512 << 20 };

static bool has_something(const pl_file *file) {
    bool found = file->service_count > 0;
    for (size_t i = 0; i < file->message_count && !found; i++)
        found = file->messages[i]->is_event;
    return found;
}

static provider *find(report *r, pl_str package) {
    for (size_t i = 0; i < r->count; i++) {
        if (pl_str_eq(r->list[i].package, package))
            return &r->list[i];
    }
    return NULL;
}

static int by_package(const void *left, const void *right) {
    const provider *a = left, *b = right;
    return strcmp(a->package.p, b->package.p);
}

static bool has_contracts(const contracts *c, pl_str package) {
    for (size_t i = 0; i < pl_contract_set_file_count(c->set); i++) {
        if (pl_str_eq(pl_contract_set_file(c->set, i)->provider, package))
            return true;
    }
    return false;
}

pl_code report_load(report *r, const contracts *c, pl_error *err) {
    char path[PATH_MAX];
    memset(r, 0, sizeof *r);
    r->arena = pl_arena_make(ARENA_MAX);
    for (size_t i = 0; i < pl_pool_file_count(c->pool); i++) {
        const pl_file *file = pl_pool_file_at(c->pool, i);
        if (!has_something(file) || find(r, file->package) ||
            !protos_path(&c->space, file->name, path))
            continue;
        if (r->count == PROVIDERS_MAX)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d providers",
                                PROVIDERS_MAX);
        r->list[r->count++] = (provider){.package = file->package,
                                         .contracts = has_contracts(c, file->package)};
    }
    if (r->count > 1)
        qsort(r->list, r->count, sizeof *r->list, by_package);
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < r->count; i++)
        code = pl_coverage_of(c->set, r->list[i].package, &r->arena, &r->list[i].coverage, err);
    return code;
}

void report_done(report *r) {
    pl_arena_done(&r->arena);
}

unsigned coverage_percent(const pl_coverage *coverage) {
    return coverage->total ? (unsigned)(100 * coverage->used / coverage->total) : 100;
}

bool coverage_is_field(const pl_field *field, const char *name) {
    pl_str word = pl_str_c(name), full = field->full_name;
    if (pl_str_eq(word, field->json_name))
        return true;
    return pl_str_ends(full, word) && (full.n == word.n || full.p[full.n - word.n - 1] == '.');
}

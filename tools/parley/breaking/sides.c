/* Both versions of a workspace's schema. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "breaking/breaking.h"
#include "common/bundles.h"
#include "common/download.h"

enum { LINE_MAX_SIZE = 4096 };

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* A commit may have a slash in its name, too. */
static bool is_bundle(const char *word) {
    struct stat info;
    return download_is_url(word) || pl_str_ends(pl_str_c(word), pl_str_c(".stub")) ||
           (bundles_is_one(word) && stat(word, &info) == 0 && S_ISDIR(info.st_mode));
}

static pl_code load_bundle(sides *s, const char *against, pl_error *err) {
    pl_code code = bundles_read(&s->space, &against, 1, &s->bundle, err);
    if (code == PL_OK)
        s->old_pool = pl_contract_set_pool(s->bundle);
    return code;
}

static pl_code load_pool(sides *s, const char *against, pl_error *err) {
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.name = against;
    return pl_pool_load(against, &opts, &s->own_old_pool, err);
}

static pl_code load_tree(sides *s, const char *against, pl_error *err) {
    pl_error why = PL_ERROR_INIT;
    pl_code code = tree_at(&s->space, against, s->old_space.root, err);
    if (code != PL_OK)
        return code;
    code = protos_load(&s->old_space, s->findings, &s->own_old_pool, &why);
    return code == PL_OK ? PL_OK : pl_error_set(err, code, "%s: %s", s->what, why.message);
}

static pl_code load_old(sides *s, const char *against, pl_error *err) {
    if (against && is_bundle(against))
        return load_bundle(s, against, err);
    pl_code code = against && is_file(against) ? load_pool(s, against, err)
                                               : load_tree(s, against, err);
    s->old_pool = s->own_old_pool;
    return code;
}

pl_code sides_load(sides *s, const char *against, pl_error *err) {
    memset(s, 0, sizeof *s);
    (void)snprintf(s->what, sizeof s->what, "%s", against ? against : "the merge base with main");
    s->findings = pl_findings_new();
    if (!s->findings)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    pl_code code = workspace_find(&s->space, err);
    if (code == PL_OK)
        code = protos_load(&s->space, s->findings, &s->new_pool, err);
    return code == PL_OK ? load_old(s, against, err) : code;
}

void sides_done(sides *s) {
    if (s->source)
        (void)fclose(s->source);
    tree_remove(s->old_space.root);
    pl_contract_set_free(s->bundle);
    pl_pool_free(s->own_old_pool);
    pl_pool_free(s->new_pool);
    pl_findings_free(s->findings);
}

void sides_path(const sides *s, pl_str file, char out[PATH_MAX]) {
    if (protos_path(&s->space, file, out))
        return;
    if (!*s->old_space.root || !protos_path(&s->old_space, file, out))
        (void)snprintf(out, PATH_MAX, "%.*s", PL_FMT(file));
}

/* Where lines of PATH are read from; LINE is the one that is wanted. NULL: it cannot be read. */
static FILE *open_source(sides *s, const char *path, uint32_t line) {
    char whole[2 * PATH_MAX];
    (void)snprintf(whole, sizeof whole, "%s%s%s", path[0] == '/' ? "" : s->space.root,
                   path[0] == '/' ? "" : "/", path);
    if (s->source && strcmp(whole, s->source_path) != 0) {
        (void)fclose(s->source);
        s->source = NULL;
    }
    if (!s->source || line < s->source_line) {
        s->source_line = 1;
        s->source_begin = 0;
    }
    if (!s->source)
        s->source = fopen(whole, "rb");
    (void)snprintf(s->source_path, sizeof s->source_path, "%s", whole);
    return s->source && fseeko(s->source, s->source_begin, SEEK_SET) == 0 ? s->source : NULL;
}

void sides_line(sides *s, const char *path, uint32_t line, pl_buf *out) {
    char text[LINE_MAX_SIZE];
    FILE *file = line ? open_source(s, path, line) : NULL;
    while (file && s->source_line <= line && fgets(text, sizeof text, file)) {
        size_t n = strlen(text);
        bool ended = n > 0 && text[n - 1] == '\n';
        if (s->source_line == line)
            (void)pl_buf_append(out, text, ended ? n - 1 : n);
        if (ended && s->source_line == line)
            return;
        s->source_line += ended;
        if (ended)
            s->source_begin = ftello(file);
    }
}

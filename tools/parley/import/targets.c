/* The files that an import makes: put together, checked, written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/whole_file.h"
#include "import/import.h"
#include "parley/contract/format.h"

enum { NAME_MAX_BYTES = 256 };

target *target_find(importer *i, const char *provider, const char *consumer) {
    for (size_t k = 0; k < i->target_count; k++) {
        target *t = &i->targets[k];
        if (strcmp(t->provider, provider) == 0 && strcmp(t->consumer, consumer) == 0)
            return t;
    }
    if (i->target_count == IMPORT_TARGETS_MAX)
        return NULL;
    target *t = &i->targets[i->target_count];
    t->provider = pl_arena_strdup(&i->c.arena, provider);
    t->consumer = pl_arena_strdup(&i->c.arena, consumer);
    t->path = pl_arena_printf(&i->c.arena, "%s/%s/%s.yaml", i->out, provider, consumer);
    if (!t->provider || !t->consumer || !t->path)
        return NULL;
    t->body = pl_buf_make(IMPORT_TEXT_MAX);
    t->text = pl_buf_make(IMPORT_TEXT_MAX);
    i->target_count++;
    return t;
}

static bool has_name(const target *t, const char *name) {
    pl_buf line = pl_buf_make(2 * NAME_MAX_BYTES);
    pl_buf_puts(&line, "- name: ");
    ours_scalar(&line, pl_str_c(name));
    pl_buf_putc(&line, '\n');
    bool has = strstr(t->body.p, line.p) != NULL;
    pl_buf_done(&line);
    return has;
}

const char *target_name(importer *i, const target *t, pl_str name) {
    const char *chosen = pl_arena_cstr(&i->c.arena, name.n ? name : pl_str_c("a contract"));
    const char *first = chosen;
    for (int n = 2; chosen && has_name(t, chosen) && n <= SCC_CONTRACTS_MAX; n++)
        chosen = pl_arena_printf(&i->c.arena, "%s %d", first, n);
    return chosen ? chosen : "";
}

/* ---- text ------------------------------------------------------------------------------------ */

static void put_head(const target *t, unsigned access, pl_buf *out) {
    bool rest = access & PL_ACCESS_REST, events = access & PL_ACCESS_EVENTS;
    pl_buf_printf(out,
                  "# What %s relies on of %s; imported from Spring Cloud Contract.\n"
                  "consumer: %s\nprovider: %s\naccess: [%s%s%s]\n",
                  t->consumer, t->provider, t->consumer, t->provider, rest ? "rest" : "",
                  rest && events ? ", " : "", events ? "events" : "");
    if (!events)
        pl_buf_puts(out, "source: false # it knows JSON, no generated code\n");
    pl_buf_puts(out, "\ncontracts:\n");
}

/* In our layout, which ends the empty line before the first contract. */
static pl_code put_together(target *t, pl_error *err) {
    pl_buf raw = pl_buf_make(IMPORT_TEXT_MAX);
    put_head(t, t->access, &raw);
    pl_str body = pl_buf_view(&t->body);
    if (body.n && body.p[0] == '\n')
        body = pl_str_make(body.p + 1, body.n - 1);
    pl_buf_str(&raw, body);
    pl_buf_clear(&t->text);
    pl_code code = raw.failed || t->body.failed
                       ? pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: larger than %d bytes",
                                      t->path, IMPORT_TEXT_MAX)
                       : pl_contract_format(pl_buf_view(&raw), t->path, &t->text, err);
    pl_buf_done(&raw);
    return code;
}

pl_code target_try(importer *i, const target *t, unsigned access, pl_str contract,
                   pl_buf *out_wrong, pl_error *err) {
    pl_buf text = pl_buf_make(IMPORT_TEXT_MAX);
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_contract_source source = {.path = t->path};
    pl_code code = PL_OK;
    put_head(t, access, &text);
    pl_buf_str(&text, contract);
    source.text = pl_buf_view(&text);
    if (!findings || text.failed)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", t->path);
    if (code == PL_OK)
        code = pl_contract_compile(i->c.pool, &source, 1, NULL, findings, &set, err);
    for (size_t k = 0; code == PL_OK && findings && k < pl_findings_count(findings); k++) {
        const pl_finding *f = pl_findings_at(findings, k);
        if (f->severity == PL_FINDING_ERROR && !out_wrong->n)
            pl_buf_puts(out_wrong, f->message);
    }
    pl_contract_set_free(set);
    pl_findings_free(findings);
    pl_buf_done(&text);
    return code;
}

/* ---- check ----------------------------------------------------------------------------------- */

static bool is_target(const importer *i, const char *path) {
    for (size_t k = 0; k < i->target_count; k++) {
        if (strcmp(i->targets[k].path, path) == 0)
            return true;
    }
    return false;
}

/* The files that are made, with those of the workspace; only what is said of the former counts. */
static pl_code check(importer *i, pl_error *err) {
    size_t count = i->c.source_count + i->target_count;
    pl_contract_source *all = pl_arena_calloc(&i->c.arena, count + 1, sizeof *all);
    pl_findings *findings = pl_findings_new();
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    pl_code code = PL_OK;
    opts.check_paths = true;
    if (!all || !findings)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "checking: no memory");
    for (size_t k = 0; code == PL_OK && k < count; k++) {
        const target *t = k < i->target_count ? &i->targets[k] : NULL;
        if (t)
            all[k] = (pl_contract_source){t->path, pl_buf_view(&t->text)};
        else
            all[k] = i->c.sources[k - i->target_count];
    }
    if (code == PL_OK)
        code = pl_contract_compile(i->c.pool, all, count, &opts, findings, &i->c.set, err);
    for (size_t k = 0; code == PL_OK && k < pl_findings_count(findings); k++) {
        const pl_finding *f = pl_findings_at(findings, k);
        pl_finding_place place = {f->file, f->line, f->column, pl_str_c(f->source_line)};
        if (!is_target(i, f->file))
            continue;
        pl_findings_add(i->c.findings, &place, f->severity, f->rule, "%s", f->message);
        if (*f->hint)
            pl_findings_hint(i->c.findings, "%s", f->hint);
    }
    pl_findings_free(findings);
    return code;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void whole_path(const importer *i, const char *path, char out[2 * PATH_MAX]) {
    (void)snprintf(out, 2 * PATH_MAX, "%s%s%s", path[0] == '/' ? "" : i->c.space.root,
                   path[0] == '/' ? "" : "/", path);
}

static pl_code make_folders(char *path, pl_error *err) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool there = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!there)
            return pl_error_errno(err, errno, "%s", path);
        *slash = '/';
    }
    return PL_OK;
}

/* What somebody may have written is not overwritten. */
static pl_code refuse_existing(const importer *i, pl_error *err) {
    char path[2 * PATH_MAX];
    struct stat info;
    for (size_t k = 0; k < i->target_count; k++) {
        whole_path(i, i->targets[k].path, path);
        if (stat(path, &info) == 0)
            return pl_error_set(err, PL_ALREADY_EXISTS,
                                "%s is there already: remove it, or import to another folder with "
                                "--out",
                                i->targets[k].path);
    }
    return PL_OK;
}

pl_code targets_write(importer *i, pl_error *err) {
    char path[2 * PATH_MAX];
    pl_code code = refuse_existing(i, err);
    for (size_t k = 0; code == PL_OK && k < i->target_count; k++) {
        /* Also what became comments alone is kept: such a file is for people. */
        if (i->targets[k].count == 0)
            pl_buf_clear(&i->targets[k].text);
        else
            code = put_together(&i->targets[k], err);
    }
    size_t kept = 0;
    for (size_t k = 0; k < i->target_count; k++) {
        if (i->targets[k].count)
            i->targets[kept++] = i->targets[k];
        else
            pl_buf_done(&i->targets[k].body);
    }
    i->target_count = kept;
    if (code == PL_OK)
        code = check(i, err);
    for (size_t k = 0; code == PL_OK && k < i->target_count; k++) {
        whole_path(i, i->targets[k].path, path);
        code = make_folders(path, err);
        if (code == PL_OK)
            code = whole_file_write(path, pl_buf_view(&i->targets[k].text), err);
    }
    return code;
}

/* The files that an import makes: put together, checked, written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    t->text = pl_buf_make(IMPORT_TEXT_MAX);
    i->target_count++;
    return t;
}

static piece *find_piece(const target *t, const char *name) {
    for (piece *p = t->pieces; p; p = p->next) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

bool target_add(importer *i, target *t, scc_source *s, scc_at at, const char *name, pl_str text,
                bool comment) {
    pl_str line = scc_line(s, at.line);
    piece *p = PL_ARENA_NEW(&i->c.arena, piece);
    char *copy = pl_arena_cstr(&i->c.arena, text), *shown = pl_arena_cstr(&i->c.arena, line);
    if (!p || !copy || !shown)
        return false;
    p->name = name;
    p->text = pl_str_make(copy, text.n);
    p->comment = comment;
    p->path = s->path;
    p->at = at;
    p->line = pl_str_make(shown, line.n);
    if (t->last)
        t->last->next = p;
    else
        t->pieces = p;
    t->last = p;
    t->count += !comment;
    return true;
}

const char *target_name(importer *i, const target *t, pl_str name) {
    const char *chosen = pl_arena_cstr(&i->c.arena, name.n ? name : pl_str_c("a contract"));
    const char *first = chosen;
    for (int n = 2; chosen && find_piece(t, chosen) && n <= SCC_CONTRACTS_MAX; n++)
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

static void put_piece(const piece *p, pl_buf *out) {
    pl_str text = p->text, line;
    while (pl_str_split(&text, '\n', &line) && (text.n || line.n))
        pl_buf_printf(out, "%s%.*s\n", p->comment ? "# " : "", PL_FMT(line));
}

static pl_code put_together(target *t, pl_error *err) {
    pl_buf raw = pl_buf_make(IMPORT_TEXT_MAX);
    put_head(t, t->access, &raw);
    for (const piece *p = t->pieces; p; p = p->next) {
        pl_buf_puts(&raw, p == t->pieces ? "" : "\n");
        put_piece(p, &raw);
    }
    pl_buf_clear(&t->text);
    pl_code code = raw.failed ? pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: larger than %d bytes",
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
        bool alone = strcmp(f->rule, "SCENARIO") == 0; /* what leads to it is another contract */
        if (f->severity == PL_FINDING_ERROR && !alone && !out_wrong->n)
            pl_buf_puts(out_wrong, f->message);
    }
    pl_contract_set_free(set);
    pl_findings_free(findings);
    pl_buf_done(&text);
    return code;
}

/* ---- check ----------------------------------------------------------------------------------- */

/* The contract of SET at LINE of the file PATH, if it is one of ours. */
static piece *piece_at(const importer *i, const pl_contract_set *set, const char *path,
                       uint32_t line) {
    for (size_t k = 0; k < pl_contract_set_file_count(set); k++) {
        const pl_contract_file *file = pl_contract_set_file(set, k);
        for (size_t c = 0; strcmp(file->path.p, path) == 0 && c < file->contract_count; c++) {
            if (file->contracts[c]->at.line != line)
                continue;
            for (size_t t = 0; t < i->target_count; t++) {
                if (strcmp(i->targets[t].path, path) == 0)
                    return find_piece(&i->targets[t], file->contracts[c]->name.p);
            }
        }
    }
    return NULL;
}

/* Whose contract it is: of two that stand against each other the one that was there stays. */
static piece *piece_of(const importer *i, const pl_contract_set *set, const pl_finding *f) {
    if (f->severity != PL_FINDING_ERROR)
        return NULL;
    piece *p = piece_at(i, set, f->file, f->line);
    return p ? p : piece_at(i, set, f->other_file, f->other_line);
}

/* What is wrong with the files that are made, when they stand with those of the workspace. What can
 * be made a comment is; *out_changed: some was. */
static void take(importer *i, const pl_contract_set *set, const pl_findings *findings,
                 bool *out_changed) {
    for (size_t k = 0; k < pl_findings_count(findings); k++) {
        const pl_finding *f = pl_findings_at(findings, k);
        piece *p = piece_of(i, set, f);
        if (!p || p->comment)
            continue;
        pl_finding_place place = {p->path, p->at.line, p->at.column, p->line};
        if (piece_at(i, set, f->file, f->line) == p)
            pl_findings_add(i->c.findings, &place, PL_FINDING_ERROR, f->rule,
                            "it became a comment: %s", f->message);
        else
            pl_findings_add(i->c.findings, &place, PL_FINDING_ERROR, f->rule,
                            "it became a comment, for %s:%u %s", f->file, f->line, f->message);
        if (*f->hint)
            pl_findings_hint(i->c.findings, "%s", f->hint);
        p->comment = true;
        *out_changed = true;
        i->contract_count--;
    }
}

static pl_code check(importer *i, bool *out_changed, pl_error *err) {
    size_t count = i->c.source_count + i->target_count;
    pl_contract_source *all = calloc(count + 1, sizeof *all);
    pl_findings *findings = pl_findings_new();
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    pl_contract_set *set = NULL;
    pl_code code = PL_OK;
    opts.check_paths = true;
    if (!all || !findings)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "checking: no memory");
    for (size_t k = 0; code == PL_OK && k < count; k++) {
        pl_contract_source one = {0};
        if (k < i->target_count)
            one = (pl_contract_source){i->targets[k].path, pl_buf_view(&i->targets[k].text)};
        else
            one = i->c.sources[k - i->target_count];
        all[k] = one;
    }
    if (code == PL_OK)
        code = pl_contract_compile(i->c.pool, all, count, &opts, findings, &set, err);
    if (code == PL_OK)
        take(i, set, findings, out_changed);
    pl_contract_set_free(set);
    pl_findings_free(findings);
    free(all);
    return code;
}

/* Puts together and checks until nothing becomes a comment any more. */
static pl_code settle(importer *i, pl_error *err) {
    pl_code code = PL_OK;
    for (bool changed = true; code == PL_OK && changed;) {
        size_t kept = 0;
        changed = false;
        for (size_t k = 0; k < i->target_count; k++) {
            target *t = &i->targets[k];
            t->count = 0;
            for (const piece *p = t->pieces; p; p = p->next)
                t->count += !p->comment;
            /* A file without contracts would be none. */
            if (!t->count)
                pl_buf_done(&t->text);
            else
                i->targets[kept++] = *t;
        }
        i->target_count = kept;
        for (size_t k = 0; code == PL_OK && k < kept; k++)
            code = put_together(&i->targets[k], err);
        if (code == PL_OK)
            code = check(i, &changed, err);
    }
    return code;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void whole_path(const importer *i, const char *path, char out[2 * PATH_MAX]) {
    (void)snprintf(out, 2 * PATH_MAX, "%s%s%s", path[0] == '/' ? "" : i->c.space.root,
                   path[0] == '/' ? "" : "/", path);
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

/* Takes the first COUNT away again: half of an import would be in the way of the next. */
static void take_back(const importer *i, size_t count) {
    char path[2 * PATH_MAX];
    for (size_t k = 0; k < count; k++) {
        whole_path(i, i->targets[k].path, path);
        (void)unlink(path);
    }
}

pl_code targets_write(importer *i, pl_error *err) {
    char path[2 * PATH_MAX];
    pl_code code = refuse_existing(i, err);
    if (code == PL_OK)
        code = settle(i, err);
    for (size_t k = 0; code == PL_OK && k < i->target_count; k++) {
        whole_path(i, i->targets[k].path, path);
        code = whole_file_folders(path, err);
        if (code == PL_OK)
            code = whole_file_write(path, pl_buf_view(&i->targets[k].text), err);
        if (code != PL_OK)
            take_back(i, k);
    }
    return code;
}

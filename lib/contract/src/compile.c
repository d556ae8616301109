/* The compiler's outer part: files, and what is checked among them. */
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"

enum { PATH_TAIL_MAX = 512 };

static void file_error(compiler *c, const char *rule, const pl_error *err, pl_str text) {
    pl_findings_error(c->findings, c->path, rule, err, text);
}

/* ---- the head of a file ---------------------------------------------------------------------- */

static void compile_access(compiler *c, const pl_yaml_node *node) {
    static const char *const words[] = {"grpc", "rest", "events"};
    bool list = pl_yaml_kind_of(node) == PL_YAML_SEQUENCE;
    for (size_t i = 0; i < (list ? pl_yaml_count(node) : 1); i++) {
        const pl_yaml_node *one = list ? pl_yaml_at(node, i) : node;
        pl_str text;
        size_t w = 0;
        if (!compiler_text(c, one, &text))
            continue;
        while (w < PL_COUNT(words) && !pl_str_eqc(text, words[w]))
            w++;
        if (w < PL_COUNT(words)) {
            c->file->access |= 1u << w;
            continue;
        }
        compiler_error(c, one, "ACCESS", "access is grpc, rest or events, not '%.64s'", text.p);
        compiler_did_you_mean(c, text, words, PL_COUNT(words));
    }
    if (list && pl_yaml_count(node) == 0)
        compiler_error(c, node, "ACCESS", "access lists grpc, rest, events: at least one");
}

static bool is_package_name(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", text.p[i],
                    65))
            return false;
    }
    return text.n > 0;
}

static pl_str head_text(compiler *c, const pl_yaml_node *root, const char *key, const char *hint) {
    const pl_yaml_node *node = pl_yaml_find(root, key);
    pl_str text = {"", 0};
    if (!node) {
        compiler_error(c, root, "KEY_MISSING", "%s: is missing", key);
        compiler_hint(c, "%s: %s", key, hint);
        return text;
    }
    if (!compiler_text(c, node, &text))
        return pl_str_make("", 0);
    if (!is_package_name(text)) {
        compiler_error(c, node, "NAME", "'%.64s' is no name: letters, digits, '.', '_' and '-'",
                       text.p);
        return pl_str_make("", 0);
    }
    return compiler_copy(c, text);
}

bool compiler_package(compiler *c, const pl_yaml_node *node, pl_str name) {
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < pl_pool_file_count(c->pool); i++) {
        const pl_file *file = pl_pool_file_at(c->pool, i);
        if (pl_str_eq(file->package, name))
            return true;
        if (count < PL_COUNT(names))
            names[count++] = file->package.p;
    }
    compiler_error(c, node, "PROVIDER_UNKNOWN", "no proto has the package '%.64s'", name.p);
    compiler_did_you_mean(c, name, names, count);
    return false;
}

/* contracts/<provider>/<consumer>.yaml */
static void check_path(compiler *c, const pl_yaml_node *root) {
    char tail[PATH_TAIL_MAX];
    const pl_contract_file *file = c->file;
    if (!c->opts.check_paths || !file->consumer.n || !file->provider.n)
        return;
    snprintf(tail, sizeof tail, "/%s/%s.yaml", file->provider.p, file->consumer.p);
    char path[PATH_TAIL_MAX * 4];
    snprintf(path, sizeof path, "/%s", c->path);
    if (!pl_str_ends(pl_str_c(path), pl_str_c(tail))) {
        compiler_error(c, pl_yaml_find(root, "consumer"), "PATH",
                       "contracts of %s with %s do not belong here", file->consumer.p,
                       file->provider.p);
        compiler_hint(c, "contracts%s", tail);
    }
}

/* Of a list that is wrong any may be missing: no contract is told that it lacks one. */
static void read_access(compiler *c, const pl_yaml_node *root) {
    const pl_yaml_node *node = pl_yaml_find(root, "access");
    size_t before = c->problems;
    if (node) {
        compile_access(c, node);
    } else {
        compiler_error(c, root, "KEY_MISSING", "access: is missing");
        compiler_hint(c, "access: [grpc, events]");
    }
    if (c->problems > before)
        c->file->access = PL_ACCESS_GRPC | PL_ACCESS_REST | PL_ACCESS_EVENTS;
}

static bool compile_head(compiler *c, const pl_yaml_node *root) {
    static const char *const keys[] = {"consumer", "provider", "access",
                                       "complete", "source",   "contracts"};
    if (!compiler_keys(c, root, keys, PL_COUNT(keys)))
        return false;
    c->file->consumer = head_text(c, root, "consumer", "mall.orders");
    c->file->provider = head_text(c, root, "provider", "mall.products.v1");
    c->file->source = true;
    read_access(c, root);
    const pl_yaml_node *node;
    if ((node = pl_yaml_find(root, "complete")))
        (void)compiler_bool(c, node, &c->file->complete);
    if ((node = pl_yaml_find(root, "source")))
        (void)compiler_bool(c, node, &c->file->source);
    /* Of another provider nothing would be right: neither the folder nor a name in a contract. */
    if (c->file->provider.n &&
        !compiler_package(c, pl_yaml_find(root, "provider"), c->file->provider))
        return false;
    check_path(c, root);
    return c->file->provider.n > 0;
}

static int by_name(const void *left, const void *right) {
    const pl_contract *const *a = left, *const *b = right;
    int order = strcmp((*a)->name.p, (*b)->name.p);
    return order ? order : (*a)->index < (*b)->index ? -1 : 1;
}

static void check_names(compiler *c, const pl_yaml_node *list) {
    const pl_contract_file *file = c->file;
    size_t count = 0, first = 0;
    const pl_contract **sorted = calloc(file->contract_count + 1, sizeof(const pl_contract *));
    if (!sorted) {
        c->no_memory = true;
        return;
    }
    for (size_t i = 0; i < file->contract_count; i++) {
        if (file->contracts[i]->name.n)
            sorted[count++] = file->contracts[i];
    }
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), by_name);
    for (size_t i = 1; i < count; i++) {
        if (pl_str_eq(sorted[first]->name, sorted[i]->name))
            compiler_error_at(c, pl_yaml_document(list), sorted[i]->at, "NAME_TWICE",
                              "the contract of line %u has this name, too", sorted[first]->at.line);
        else
            first = i;
    }
    free(sorted);
}

static void keep_sound(compiler *c, const pl_contract *contract) {
    sound_call *call = c->problems == 0 && contract->method ? COMPILER_NEW(c, sound_call) : NULL;
    if (!call)
        return;
    call->contract = contract;
    call->next = c->sound;
    c->sound = call;
    c->sound_count++;
}

static void compile_contracts(compiler *c, const pl_yaml_node *root) {
    const pl_yaml_node *list = pl_yaml_find(root, "contracts");
    if (!list || pl_yaml_kind_of(list) != PL_YAML_SEQUENCE || pl_yaml_count(list) == 0) {
        compiler_error(c, list ? list : root, "NO_CONTRACTS", "the file has no contracts");
        return;
    }
    size_t count = pl_yaml_count(list);
    pl_contract *contracts = compiler_alloc(c, count, sizeof *contracts);
    const pl_contract **pointers = compiler_alloc(c, count, sizeof *pointers);
    if (!contracts || !pointers)
        return;
    c->file->contracts = pointers;
    for (size_t i = 0; i < count && !c->no_memory; i++) {
        contracts[i].index = (uint32_t)i;
        compile_contract(c, pl_yaml_at(list, i), &contracts[i]);
        keep_sound(c, &contracts[i]);
        pointers[c->file->contract_count++] = &contracts[i];
    }
    check_names(c, list);
    check_scenarios(c, list);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool is_states_file(const char *path) {
    return pl_str_ends(pl_str_c(path), pl_str_c("/states.yaml")) ||
           strcmp(path, "states.yaml") == 0;
}

static void compile_file(compiler *c, const pl_yaml_doc *doc, const pl_contract_source *source) {
    pl_contract_file *file = COMPILER_NEW(c, pl_contract_file);
    if (!file)
        return;
    c->path = source->path;
    c->file = file;
    file->path = compiler_copy(c, pl_str_c(source->path));
    if (compile_head(c, pl_yaml_root(doc)))
        compile_contracts(c, pl_yaml_root(doc));
    c->set->files[c->set->file_count++] = file;
    c->set->contract_count += file->contract_count;
}

static int by_path(const void *left, const void *right) {
    const pl_contract_file *const *a = left, *const *b = right;
    return strcmp((*a)->path.p, (*b)->path.p);
}

static pl_yaml_doc *parse(compiler *c, const pl_contract_source *source) {
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    c->path = source->path;
    if (pl_yaml_parse(source->text, source->path, &doc, &err))
        file_error(c, "SYNTAX", &err, source->text);
    return doc;
}

/* States first: contracts are held against them, so their documents (DOCS) stay. */
static pl_code compile_all(compiler *c, const pl_contract_source *sources, pl_yaml_doc **docs,
                           size_t count, pl_error *err) {
    c->set->files = compiler_alloc(c, count + 1, sizeof *c->set->files);
    for (size_t i = 0; i < count && c->set->files; i++) {
        if (is_states_file(sources[i].path) && (docs[i] = parse(c, &sources[i])))
            compile_states_file(c, pl_yaml_root(docs[i]));
    }
    for (size_t i = 0; i < count && c->set->files; i++) {
        pl_yaml_doc *doc = is_states_file(sources[i].path) ? NULL : parse(c, &sources[i]);
        if (doc)
            compile_file(c, doc, &sources[i]);
        pl_yaml_free(doc);
    }
    if (c->no_memory || c->set->contract_count > PL_CONTRACT_COUNT_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "contracts: more than %u, or no memory for them",
                            PL_CONTRACT_COUNT_MAX);
    if (c->set->file_count > 1)
        qsort(c->set->files, c->set->file_count, sizeof(*c->set->files), by_path);
    return PL_OK;
}

pl_code pl_contract_compile(const pl_pool *pool, const pl_contract_source *sources, size_t count,
                            const pl_contract_compile_opts *opts, pl_findings *findings,
                            pl_contract_set **out_set, pl_error *err) {
    compiler c = {.pool = pool, .findings = findings, .set = contract_set_new(pool)};
    pl_yaml_doc **docs = calloc(count + 1, sizeof(pl_yaml_doc *));
    pl_code code = c.set && docs ? PL_OK
                                 : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "contracts: no memory");
    if (code == PL_OK) {
        c.arena = &c.set->arena;
        if (opts)
            c.opts = *opts;
        code = compile_all(&c, sources, docs, count, err);
    }
    if (code == PL_OK)
        code = check_overlaps(&c, sources, count, err);
    for (size_t i = 0; docs && i < count; i++)
        pl_yaml_free(docs[i]);
    free(docs);
    pl_findings_sort(findings);
    if (code == PL_OK)
        *out_set = c.set;
    else
        pl_contract_set_free(c.set);
    return code;
}

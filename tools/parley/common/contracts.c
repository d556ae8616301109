#include "common/contracts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/bundles.h"
#include "common/protos.h"

enum {
    ARENA_MAX = 512 << 20,
    FILE_MAX = 4 << 20,
    OUTPUT_MAX = 64 << 20,
    DEPTH_MAX = 16,
    ERROR_JSON_MAX = 1 << 16
};

pl_code contracts_init(contracts *c, pl_error *err) {
    memset(c, 0, sizeof *c);
    c->arena = pl_arena_make(ARENA_MAX);
    c->findings = pl_findings_new();
    if (!c->findings)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    return workspace_find(&c->space, err);
}

void contracts_done(contracts *c) {
    pl_contract_set_free(c->set);
    pl_pool_free(c->pool);
    pl_findings_free(c->findings);
    free(c->sources);
    pl_arena_done(&c->arena);
}

static pl_code read_file(contracts *c, const char *path, pl_str *out, pl_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    struct stat info;
    size_t size = fstat(fileno(file), &info) == 0 && info.st_size > 0 ? (size_t)info.st_size : 0;
    char *text = size <= FILE_MAX ? pl_arena_alloc(&c->arena, size + 1) : NULL;
    size_t got = text ? fread(text, 1, size, file) : 0;
    (void)fclose(file);
    if (!text)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: larger than %d bytes, or no memory",
                            path, FILE_MAX);
    text[got] = '\0';
    *out = pl_str_make(text, got);
    return PL_OK;
}

/* Below the root, paths are shown from there. */
static const char *shown(const contracts *c, const char *path) {
    size_t root = strlen(c->space.root);
    bool below = strncmp(path, c->space.root, root) == 0 && path[root] == '/';
    return below ? path + root + 1 : path;
}

static pl_code add_file(contracts *c, const char *path, pl_error *err) {
    if (c->source_count == CONTRACTS_FILES_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d files", CONTRACTS_FILES_MAX);
    if (c->source_count == c->source_room) {
        size_t room = c->source_room ? 2 * c->source_room : 64;
        pl_contract_source *grown = realloc(c->sources, room * sizeof *grown);
        if (!grown)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
        c->sources = grown;
        c->source_room = room;
    }
    pl_contract_source source = {.path = pl_arena_strdup(&c->arena, shown(c, path))};
    pl_code code = read_file(c, path, &source.text, err);
    if (code == PL_OK)
        c->sources[c->source_count++] = source;
    return code;
}

/* Nor is a name that is almost right: nothing would say that the contracts in it are not read. */
static void refuse_yml(contracts *c, const char *path) {
    const char *file = shown(c, path);
    pl_finding_place place = {.file = file, .line = 1, .column = 1};
    pl_findings_add(c->findings, &place, PL_FINDING_ERROR, "PATH", "contracts are in .yaml files");
    pl_findings_hint(c->findings, "rename it to %.*saml", (int)(strlen(file) - strlen("ml")), file);
}

static pl_code add_folder(contracts *c, const char *path, int depth, pl_error *err) {
    DIR *folder = opendir(path);
    if (!folder)
        return pl_error_errno(err, errno, "%s", path);
    pl_code code = PL_OK;
    for (struct dirent *e; code == PL_OK && (e = readdir(folder));) {
        struct stat info;
        char *full = pl_arena_printf(&c->arena, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || !full)
            continue;
        bool there = stat(full, &info) == 0;
        /* A link that leads nowhere is not silence: its contracts would count as kept. */
        if (!there && pl_str_ends(pl_str_c(full), pl_str_c(".yaml")))
            code = pl_error_errno(err, errno, "%s", full);
        else if (there && S_ISDIR(info.st_mode) && depth < DEPTH_MAX)
            code = add_folder(c, full, depth + 1, err);
        else if (there && S_ISREG(info.st_mode) && pl_str_ends(pl_str_c(full), pl_str_c(".yaml")))
            code = add_file(c, full, err);
        else if (there && S_ISREG(info.st_mode) && pl_str_ends(pl_str_c(full), pl_str_c(".yml")))
            refuse_yml(c, full);
    }
    (void)closedir(folder);
    return code;
}

static int by_path(const void *left, const void *right) {
    const pl_contract_source *a = left, *b = right;
    return strcmp(a->path, b->path);
}

pl_code contracts_add(contracts *c, const char *path, pl_error *err) {
    char all[PATH_MAX], real[PATH_MAX];
    struct stat info;
    pl_code code = PL_OK;
    if (!path) {
        code = workspace_contracts(&c->space, all, err);
        if (code != PL_OK || stat(all, &info) != 0)
            return code;
        path = all;
    }
    if (stat(path, &info) != 0 || !realpath(path, real))
        return pl_error_errno(err, errno, "%s", path);
    code = S_ISDIR(info.st_mode) ? add_folder(c, real, 0, err) : add_file(c, real, err);
    if (c->source_count > 1)
        qsort(c->sources, c->source_count, sizeof *c->sources, by_path);
    return code;
}

pl_code contracts_compile(contracts *c, pl_error *err) {
    char today[16];
    time_t now = time(NULL);
    struct tm parts;
    if (!gmtime_r(&now, &parts) || !strftime(today, sizeof today, "%Y-%m-%d", &parts))
        today[0] = '\0';
    pl_code code = protos_load(&c->space, c->findings, &c->pool, err);
    if (code == PL_INVALID_ARGUMENT && pl_findings_count(c->findings) > 0)
        return PL_OK;
    if (code != PL_OK)
        return code;
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    opts.today = today;
    opts.check_paths = true;
    return pl_contract_compile(c->pool, c->sources, c->source_count, &opts, c->findings, &c->set,
                               err);
}

/* ---- providers of a command line ------------------------------------------------------------- */

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "contracts: no memory");
}

/* Which folder of contracts a word may have meant; or NULL. */
static const char *nearest_package(contracts *c, const char *all, const char *word) {
    DIR *folder = opendir(all);
    const char *nearest = NULL;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        /* The one that is found is nearer than the one before, or it. */
        const char *const names[] = {e->d_name, nearest};
        if (e->d_name[0] != '.' &&
            pl_str_nearest(pl_str_c(word), names, nearest ? 2 : 1) == e->d_name)
            nearest = pl_arena_strdup(&c->arena, e->d_name);
    }
    if (folder)
        (void)closedir(folder);
    return nearest;
}

static pl_code add_package(contracts *c, const char *all, const char *package, pl_error *err) {
    const char *folder = pl_arena_printf(&c->arena, "%s/%s", all, package);
    if (!folder)
        return no_memory(err);
    if (access(folder, F_OK) != 0) {
        const char *near = nearest_package(c, all, package);
        pl_code code = bundles_refuse_contracts(package, err);
        if (code != PL_OK)
            return code;
        if (near)
            return pl_error_set(err, PL_NOT_FOUND,
                                "%s: no contracts, there is no folder %s, did you mean '%s'?",
                                package, shown(c, folder), near);
        return pl_error_set(err, PL_NOT_FOUND,
                            "%s: no contracts, there is no folder %s (a folder of bundles is "
                            "written with a slash: ./%s)",
                            package, shown(c, folder), package);
    }
    c->providers[c->provider_count] = package;
    c->folders[c->provider_count++] = folder;
    return contracts_add(c, folder, err);
}

static pl_code open_packages(contracts *c, const char *const *words, size_t count, pl_error *err) {
    char all[PATH_MAX];
    c->providers = pl_arena_calloc(&c->arena, count, sizeof *c->providers);
    c->folders = pl_arena_calloc(&c->arena, count, sizeof *c->folders);
    if (!c->providers || !c->folders)
        return no_memory(err);
    pl_code code = workspace_contracts(&c->space, all, err);
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add_package(c, all, words[i], err);
    return code == PL_OK ? contracts_compile(c, err) : code;
}

static bool known_provider(const contracts *c, const char *name) {
    for (size_t i = 0; i < c->provider_count; i++) {
        if (strcmp(c->providers[i], name) == 0)
            return true;
    }
    return false;
}

static pl_code open_bundles(contracts *c, const char *const *words, size_t count, bool soon,
                            pl_error *err) {
    pl_code code = soon ? bundles_open(&c->space, words, count, &c->set, err)
                        : bundles_read(&c->space, words, count, &c->set, err);
    if (code != PL_OK)
        return code;
    size_t files = pl_contract_set_file_count(c->set);
    c->providers = pl_arena_calloc(&c->arena, files, sizeof *c->providers);
    if (!c->providers)
        return no_memory(err);
    for (size_t i = 0; i < files; i++) {
        const char *name = pl_contract_set_file(c->set, i)->provider.p;
        if (!known_provider(c, name))
            c->providers[c->provider_count++] = name;
    }
    return PL_OK;
}

static pl_code open_words(contracts *c, const char *const *words, size_t count, bool soon,
                          pl_error *err) {
    size_t bundled = 0;
    for (size_t i = 0; i < count; i++)
        bundled += bundles_is_one(words[i]);
    pl_code code = contracts_init(c, err);
    /* Bundles are used from any folder. */
    if (bundled == count && code == PL_NOT_FOUND)
        code = PL_OK;
    if (code == PL_OK && bundled && bundled < count)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "packages of the workspace and bundles cannot be used at once");
    if (code != PL_OK)
        return code;
    return bundled ? open_bundles(c, words, count, soon, err) : open_packages(c, words, count, err);
}

pl_code contracts_open(contracts *c, const char *const *words, size_t count, pl_error *err) {
    return open_words(c, words, count, false, err);
}

pl_code contracts_open_soon(contracts *c, const char *const *words, size_t count, pl_error *err) {
    return open_words(c, words, count, true, err);
}

/* ---- the report ------------------------------------------------------------------------------ */

static void print_json(const contracts *c, size_t count, pl_buf *out) {
    pl_buf_printf(out, "{\"contracts\":%zu,\"findings\":[", count);
    for (size_t i = 0; i < pl_findings_count(c->findings); i++) {
        pl_buf_puts(out, i ? "," : "");
        pl_finding_json(pl_findings_at(c->findings, i), out);
    }
    pl_buf_puts(out, "]}\n");
}

int contracts_report(const contracts *c, const tool_args *args) {
    size_t count = c->set ? pl_contract_set_count(c->set) : 0;
    size_t errors = pl_findings_errors(c->findings), found = pl_findings_count(c->findings);
    size_t dropped = pl_findings_dropped(c->findings);
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    if (args->json)
        print_json(c, count, &out);
    for (size_t i = 0; !args->json && i < found; i++)
        pl_finding_print(pl_findings_at(c->findings, i), args->color, &out);
    int status = tool_print(args, &out, errors ? TOOL_EXIT_INVALID : TOOL_EXIT_OK);
    if (!args->quiet && !args->json) {
        (void)fprintf(stderr, "%zu %s in %zu %s: ", count, count == 1 ? "contract" : "contracts",
                      c->source_count, c->source_count == 1 ? "file" : "files");
        const char *end = found             ? "%zu %s, %zu of them %s"
                          : c->source_count ? "nothing wrong"
                                            : "nothing to check";
        (void)fprintf(stderr, end, found + dropped, found == 1 ? "finding" : "findings", errors,
                      errors == 1 ? "an error" : "errors");
        (void)fprintf(stderr, dropped ? "; the last %zu are not shown\n" : "\n", dropped);
    }
    return status;
}

int contracts_failed(const tool_args *args, const pl_error *err) {
    pl_buf out = pl_buf_make(ERROR_JSON_MAX);
    pl_buf_puts(&out, "{\"error\":");
    pl_buf_json(&out, pl_str_c(err->message));
    pl_buf_puts(&out, "}\n");
    if (args->json)
        (void)fwrite(out.p, 1, out.n, stdout);
    pl_buf_done(&out);
    (void)fprintf(stderr, "parley %s: %s\n", args->command->name, err->message);
    return TOOL_EXIT_FAILED;
}

/* parley import: contracts of other tools, as ours. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/protos.h"
#include "import/import.h"

enum { WORDS_MAX = 1024, FOLDERS_MAX = 16, OUTPUT_MAX = 64 << 20, EXEMPT_DAYS = 90 };

typedef struct line {
    tool_args args;
    const char *words[WORDS_MAX];
    size_t word_count;
} line;

static void read_line(line *l, importer *i, int argc, char **argv) {
    const struct {
        const char *option;
        const char **to;
    } options[] = {{"--out", &i->out},
                   {"--provider", &i->provider},
                   {"--consumer", &i->consumer},
                   {"--event", &i->event}};
    const char *format = NULL;
    tool_args_init(&l->args, argc, argv);
    for (int what; (what = tool_args_next(&l->args)) != TOOL_ARGS_END;) {
        for (size_t k = 0; what == TOOL_ARGS_OPTION && k < PL_COUNT(options); k++) {
            if (tool_args_is(&l->args, options[k].option))
                *options[k].to = l->args.value;
        }
        if (what == TOOL_ARGS_OPTION)
            continue;
        if (!format)
            format = l->args.value;
        else if (l->word_count < WORDS_MAX)
            l->words[l->word_count++] = l->args.value;
        else
            tool_usage(&l->args, "more than %d files; name their folder", WORDS_MAX);
    }
    if (!format)
        tool_usage(&l->args, "of which tool? scc is Spring Cloud Contract");
    if (strcmp(format, "scc") != 0)
        tool_usage(&l->args, "'%s' is not read; scc, Spring Cloud Contract, is", format);
    if (!l->word_count)
        tool_usage(&l->args, "which files or folders?");
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool ends(const char *path, const char *suffix) {
    return pl_str_ends(pl_str_c(path), pl_str_c(suffix));
}

static pl_code load(const char *path, pl_arena *arena, pl_str *out, pl_error *err) {
    FILE *file = fopen(path, "rbe");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    char *text = pl_arena_alloc(arena, SCC_FILE_MAX + 2);
    size_t size = text ? fread(text, 1, SCC_FILE_MAX + 1, file) : 0;
    bool broken = ferror(file) != 0;
    (void)fclose(file);
    if (!text || size > SCC_FILE_MAX || broken)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d bytes, or not readable",
                            path, SCC_FILE_MAX);
    text[size] = '\0';
    *out = pl_str_make(text, size);
    return PL_OK;
}

static pl_code read_file(importer *i, const char *path, pl_error *err) {
    scc_source s = {.path = path, .findings = i->c.findings};
    s.arena = pl_arena_make(64 << 20);
    pl_code code = load(path, &s.arena, &s.text, err);
    scc_at start = {1, 1};
    if (code != PL_OK) {
        pl_arena_done(&s.arena);
        return code;
    }
    if (pl_str_starts(s.text, pl_str_c("\xef\xbb\xbf"))) /* a mark of its encoding, no text */
        s.text = pl_str_make(s.text.p + 3, s.text.n - 3);
    if (!pl_utf8_valid(s.text) || memchr(s.text.p, '\0', s.text.n))
        pl_findings_add(i->c.findings, &(pl_finding_place){path, 0, 0, {"", 0}}, PL_FINDING_ERROR,
                        "SYNTAX", "the file is no text in UTF-8");
    else if (ends(path, ".groovy"))
        scc_read_groovy(&s);
    else if (ends(path, ".yml") || ends(path, ".yaml"))
        scc_read_yaml(&s);
    else
        scc_finding(&s, start, PL_FINDING_ERROR, "FILE",
                    "YAML and Groovy are read, expected *.yml, *.yaml or *.groovy");
    make_contracts(i, &s);
    if (s.full)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: more than %d contracts, more than %d files to write, or no memory",
                            path, SCC_CONTRACTS_MAX, IMPORT_TARGETS_MAX);
    pl_arena_done(&s.arena);
    return code;
}

static bool is_wanted(const char *name) {
    return ends(name, ".groovy") || ends(name, ".yml") || ends(name, ".yaml") ||
           ends(name, ".java") || ends(name, ".kts");
}

/* "1_login.groovy" */
static bool is_step(const char *name) {
    size_t digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == '_';
}

/* Sets where NAME, the next of the files in FOLDER, stands in a scenario. */
static void take_step(importer *i, const char *folder, const char *name, int step, int count) {
    i->scenario = is_step(name) && count > 1 ? folder : NULL;
    i->step = step;
    i->step_count = count;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* A folder and those above it that are being read. */
typedef struct nest {
    const struct nest *above;
    int depth;
    dev_t device;
    ino_t inode;
} nest;

static bool is_above(const nest *f, const struct stat *info) {
    while (f && (f->device != info->st_dev || f->inode != info->st_ino))
        f = f->above;
    return f != NULL;
}

static void not_read(importer *i, const char *path, const char *why) {
    pl_findings_add(i->c.findings, &(pl_finding_place){path, 0, 0, {"", 0}}, PL_FINDING_ERROR,
                    "FILE", "%s", why);
}

static pl_code read_folder(importer *i, const char *path, const nest *here, pl_error *err);

/* What stands in a folder: what cannot be read is told, and the rest is read. */
static pl_code read_entry(importer *i, const char *path, bool wanted, const nest *in,
                          pl_error *err) {
    struct stat info;
    pl_error why = PL_ERROR_INIT;
    bool there = stat(path, &info) == 0;
    if (!there)
        (void)pl_error_errno(&why, errno, "it is not read");
    if (there && S_ISDIR(info.st_mode)) {
        const nest here = {in, in->depth + 1, info.st_dev, info.st_ino};
        if (is_above(in, &info))
            not_read(i, path, "it is not read: it leads back to a folder that it is in");
        else if (here.depth == FOLDERS_MAX)
            not_read(i, path, "it is not read: too many folders within one another; name it");
        else
            return read_folder(i, path, &here, err);
    } else if (wanted && there && S_ISREG(info.st_mode)) {
        return read_file(i, path, err);
    } else if (wanted) {
        not_read(i, path, there ? "it is not read: it is no file" : why.message);
    }
    return PL_OK;
}

static pl_code read_folder(importer *i, const char *path, const nest *here, pl_error *err) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_shown, alphasort);
    pl_code code = count < 0 ? pl_error_errno(err, errno, "%s", path) : PL_OK;
    int files = 0, file = 0;
    for (int k = 0; k < count; k++)
        files += is_wanted(entries[k]->d_name);
    for (int k = 0; k < count; k++) {
        const char *name = entries[k]->d_name;
        /* In the arena: findings and defaults are named by it. */
        char *whole = pl_arena_printf(&i->c.arena, "%s/%s", path, name);
        bool wanted = is_wanted(name);
        file += wanted;
        take_step(i, path, name, file, files);
        if (code == PL_OK && !whole)
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", path);
        if (code == PL_OK)
            code = read_entry(i, whole, wanted, here, err);
        free(entries[k]);
    }
    free(entries);
    i->scenario = NULL;
    return code;
}

static pl_code read_path(importer *i, const char *path, pl_error *err) {
    struct stat info;
    if (stat(path, &info) != 0)
        return pl_error_errno(err, errno, "%s", path);
    const nest here = {NULL, 0, info.st_dev, info.st_ino};
    return S_ISDIR(info.st_mode) ? read_folder(i, path, &here, err) : read_file(i, path, err);
}

/* ---- the run --------------------------------------------------------------------------------- */

static pl_code choose_out(importer *i, pl_error *err) {
    char folder[PATH_MAX];
    if (i->out)
        return PL_OK;
    pl_code code = workspace_contracts(&i->c.space, folder, err);
    size_t root = strlen(i->c.space.root);
    bool below = strncmp(folder, i->c.space.root, root) == 0 && folder[root] == '/';
    if (code == PL_OK)
        i->out = pl_arena_strdup(&i->c.arena, below ? folder + root + 1 : folder);
    return code != PL_OK || i->out ? code : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
}

static const char *in_some_days(pl_arena *arena) {
    char text[16] = "";
    time_t then = time(NULL) + (time_t)EXEMPT_DAYS * 24 * 60 * 60;
    struct tm parts;
    if (!gmtime_r(&then, &parts) || !strftime(text, sizeof text, "%Y-%m-%d", &parts))
        return "2099-12-31";
    return pl_arena_strdup(arena, text);
}

static pl_code run(const line *l, importer *i, pl_error *err) {
    pl_code code = contracts_init(&i->c, err);
    /* Elsewhere they do not stand beside those of the workspace. */
    if (code == PL_OK && !i->out)
        code = contracts_add(&i->c, NULL, err);
    if (code == PL_OK)
        code = choose_out(i, err);
    if (code == PL_OK)
        code = protos_load(&i->c.space, i->c.findings, &i->c.pool, err);
    i->until = in_some_days(&i->c.arena);
    if (code == PL_OK)
        code = routes_load(i, err);
    for (size_t k = 0; code == PL_OK && k < l->word_count; k++)
        code = read_path(i, l->words[k], err);
    return code == PL_OK ? targets_write(i, err) : code;
}

/* ERROR: why nothing was written, or NULL. */
static int print_json(const importer *i, const char *error, const tool_args *args) {
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    size_t found = i->c.findings ? pl_findings_count(i->c.findings) : 0;
    pl_buf_printf(&out, "{\"contracts\":%zu,\"files\":[", error ? 0 : i->contract_count);
    for (size_t k = 0; !error && k < i->target_count; k++) {
        pl_buf_puts(&out, k ? "," : "");
        pl_buf_json(&out, pl_str_c(i->targets[k].path));
    }
    pl_buf_puts(&out, "],\"findings\":[");
    for (size_t k = 0; k < found; k++) {
        pl_buf_puts(&out, k ? "," : "");
        pl_finding_json(pl_findings_at(i->c.findings, k), &out);
    }
    pl_buf_puts(&out, error ? "],\"error\":" : "]");
    if (error)
        pl_buf_json(&out, pl_str_c(error));
    pl_buf_puts(&out, "}\n");
    return tool_print(args, &out, TOOL_EXIT_OK);
}

static int print_text(const importer *i, bool written, const tool_args *args) {
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    size_t found = pl_findings_count(i->c.findings);
    for (size_t k = 0; k < found; k++)
        pl_finding_print(pl_findings_at(i->c.findings, k), args->color, &out);
    for (size_t k = 0; written && k < i->target_count; k++)
        pl_buf_printf(&out, "%s: %zu %s\n", i->targets[k].path, i->targets[k].count,
                      i->targets[k].count == 1 ? "contract" : "contracts");
    int status = tool_print(args, &out, TOOL_EXIT_OK);
    if (written && !args->quiet)
        (void)fprintf(stderr, "%zu imported%s; %zu %s\n", i->contract_count,
                      i->contract_count ? ", and `parley contract check` is content" : "", found,
                      found == 1 ? "finding" : "findings");
    return status;
}

int main(int argc, char **argv) {
    static line l;
    static importer i;
    pl_error err = PL_ERROR_INIT;
    read_line(&l, &i, argc, argv);
    pl_code code = run(&l, &i, &err);
    if (i.c.findings)
        pl_findings_sort(i.c.findings);
    int status = TOOL_EXIT_OK;
    if (l.args.json)
        status = print_json(&i, code == PL_OK ? NULL : err.message, &l.args);
    else if (i.c.findings)
        status = print_text(&i, code == PL_OK, &l.args);
    if (code != PL_OK)
        (void)fprintf(stderr, "parley import: %s\n", err.message);
    size_t errors = i.c.findings ? pl_findings_errors(i.c.findings) : 0;
    for (size_t k = 0; k < i.target_count; k++)
        pl_buf_done(&i.targets[k].text);
    contracts_done(&i.c);
    /* PL_INVALID_ARGUMENT: the protos do not compile. */
    if (errors && (code == PL_OK || code == PL_INVALID_ARGUMENT))
        return TOOL_EXIT_INVALID;
    return code == PL_OK ? status : TOOL_EXIT_FAILED;
}

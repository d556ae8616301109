/* The sources of settings: defaults, the YAML file, the environment, flags. */
#include <stdio.h>
#include <stdlib.h>

#include "parley/yaml/yaml.h"
#include "settings_internal.h"

/* Names that a misspelt key or flag may mean. */
typedef struct names {
    const char *list[MAX_SETTINGS + 8];
    size_t count;
} names;

static void key_names(const pl_settings *settings, names *out) {
    out->count = 0;
    for (size_t i = 0; i < settings->count; i++)
        out->list[out->count++] = settings->entries[i].def->key;
}

/* ---- defaults ---- */

static pl_code read_defaults(pl_settings *settings, pl_error *err) {
    for (size_t i = 0; i < settings->count; i++) {
        entry *e = &settings->entries[i];
        if (!e->def->fallback)
            continue;
        origin from = {.rank = RANK_DEFAULT, .where = e->def->key};
        pl_code code = pl_setting_assign(e, pl_str_c(e->def->fallback), &from, err);
        if (code)
            return code;
    }
    return PL_OK;
}

/* ---- the file ---- */

/* "stock-policy" is meant as "STOCK_POLICY". */
static const char *nearest_key(const pl_settings *settings, pl_str word) {
    char upper[KEY_SIZE];
    if (word.n >= sizeof upper)
        return NULL;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        upper[i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    names known;
    key_names(settings, &known);
    return pl_str_nearest(pl_str_make(upper, word.n), known.list, known.count);
}

static pl_code read_file_entry(pl_settings *settings, const pl_yaml_node *key,
                               const pl_yaml_node *node, pl_error *err) {
    bool is_file;
    pl_str name = pl_yaml_text(key);
    entry *e = pl_setting_find(settings, name, &is_file);
    if (!e) {
        const char *near = nearest_key(settings, name);
        pl_str shown = pl_utf8_cut(name, SHOWN_BYTES);
        return near ? pl_yaml_fail(key, err, "unknown setting '%.*s', did you mean %s?",
                                   PL_FMT(shown), near)
                    : pl_yaml_fail(key, err, "unknown setting '%.*s'; --help lists them",
                                   PL_FMT(shown));
    }
    pl_str text;
    pl_code code = pl_yaml_get_str(node, &text, err);
    if (code)
        return code;
    char where[PL_ERROR_MESSAGE_MAX], source[PL_ERROR_MESSAGE_MAX];
    snprintf(source, sizeof source, "%.400s:%u:%u", pl_yaml_name(pl_yaml_document(node)),
             pl_yaml_line(node), pl_yaml_column(node));
    snprintf(where, sizeof where, "%.430s: %.*s", source, PL_FMT(name));
    origin from = {.rank = RANK_FILE, .where = where, .source = source};
    return is_file ? pl_setting_assign_file(e, text, &from, err)
                   : pl_setting_assign(e, text, &from, err);
}

pl_code pl_settings_read_file(pl_settings *settings, const char *path, pl_error *err) {
    pl_yaml_doc *doc = NULL;
    pl_code code = pl_yaml_load(path, &doc, err);
    if (code)
        return code;
    const pl_yaml_node *root = pl_yaml_root(doc);
    if (!pl_yaml_is_null(root))
        code = pl_yaml_expect(root, PL_YAML_MAPPING, err);
    for (size_t i = 0; !code && i < pl_yaml_count(root); i++)
        code = read_file_entry(settings, pl_yaml_key_at(root, i), pl_yaml_at(root, i), err);
    pl_yaml_free(doc);
    return code;
}

/* ---- the environment ---- */

/* Other programs' variables are many, so only a near miss of a long name counts. */
static void warn_if_misspelt(pl_settings *settings, pl_str name) {
    if (name.n < 4 || name.n >= KEY_SIZE || settings->warning_count == PL_SETTINGS_MAX_WARNINGS)
        return;
    size_t limit = name.n < 6 ? 1 : 2;
    for (size_t i = 0; i < settings->count; i++) {
        const char *key = settings->entries[i].def->key;
        if (strlen(key) < 4 || pl_str_distance(name, pl_str_c(key)) > limit)
            continue;
        snprintf(settings->warnings[settings->warning_count++], WARNING_SIZE,
                 "%.*s, did you mean %s?", PL_FMT(name), key);
        return;
    }
}

static pl_code read_variable(pl_settings *settings, pl_str name, char *text, bool *out_secret,
                             pl_error *err) {
    bool is_file;
    *out_secret = false;
    entry *e = pl_setting_find(settings, name, &is_file);
    if (!e) {
        warn_if_misspelt(settings, name);
        return PL_OK;
    }
    char where[KEY_SIZE + 32];
    snprintf(where, sizeof where, "environment variable %.*s", PL_FMT(name));
    origin from = {.rank = RANK_ENVIRONMENT, .where = where};
    if (is_file)
        return pl_setting_assign_file(e, pl_str_c(text), &from, err);
    pl_code code = pl_setting_assign(e, pl_str_c(text), &from, err);
    if (e->def->kind == PL_SETTING_KIND_SECRET) {
        pl_setting_wipe(text, strlen(text)); /* also gone from /proc/PID/environ */
        *out_secret = true;
    }
    return code;
}

pl_code pl_settings_read_environment(pl_settings *settings, char **environment, pl_error *err) {
    size_t kept = 0;
    pl_code first = PL_OK;
    for (size_t i = 0; environment[i]; i++) {
        char *equals = strchr(environment[i], '=');
        bool secret = false;
        if (equals && !first) { /* after an error the rest is only kept */
            pl_str name = pl_str_make(environment[i], (size_t)(equals - environment[i]));
            first = read_variable(settings, name, equals + 1, &secret, err);
        }
        if (!secret)
            environment[kept++] = environment[i];
    }
    environment[kept] = NULL;
    return first;
}

/* ---- flags ---- */

static const struct {
    const char *flag;
    pl_settings_verb verb;
} verbs[] = {{"--help", PL_SETTINGS_HELP},
             {"-h", PL_SETTINGS_HELP},
             {"--version", PL_SETTINGS_VERSION},
             {"--print-config", PL_SETTINGS_PRINT_CONFIG},
             {"--migrate", PL_SETTINGS_MIGRATE}};

static bool find_verb(const char *arg, pl_settings_verb *out_verb) {
    for (size_t i = 0; i < PL_COUNT(verbs); i++) {
        if (strcmp(arg, verbs[i].flag) == 0) {
            *out_verb = verbs[i].verb;
            return true;
        }
    }
    return false;
}

static pl_code unknown_flag(const pl_settings *settings, pl_str name, pl_error *err) {
    names known = {.count = 0};
    for (size_t i = 0; i < settings->count; i++)
        known.list[known.count++] = settings->entries[i].flag;
    known.list[known.count++] = "config";
    for (size_t i = 0; i < PL_COUNT(verbs); i++)
        known.list[known.count++] = verbs[i].flag + 2;
    const char *near = pl_str_nearest(name, known.list, known.count);
    pl_str shown = pl_utf8_cut(name, SHOWN_BYTES);
    if (near && *near)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "flag --%.*s: unknown, did you mean --%s?",
                            PL_FMT(shown), near);
    return pl_error_set(err, PL_INVALID_ARGUMENT, "flag --%.*s: unknown; --help lists them",
                        PL_FMT(shown));
}

static entry *find_flag(const pl_settings *settings, pl_str name, bool *out_is_file) {
    static const char suffix[] = "-file";
    *out_is_file = false;
    for (size_t i = 0; i < settings->count; i++) {
        entry *e = &settings->entries[i];
        if (pl_str_eqc(name, e->flag))
            return e;
        size_t n = strlen(e->flag);
        if (e->def->kind == PL_SETTING_KIND_SECRET && name.n == n + sizeof suffix - 1 &&
            memcmp(name.p, e->flag, n) == 0 && memcmp(name.p + n, suffix, name.n - n) == 0) {
            *out_is_file = true;
            return e;
        }
    }
    return NULL;
}

/* "--name value", "--name=value" or, for a bool, "--name". */
typedef struct flag {
    pl_str name, text;
    bool has_text;
} flag;

/* Takes the next argument as the flag's text where it has none yet; moves *INDEX to it. */
static pl_code take_text(int argc, char *const *argv, int *index, flag *f, pl_error *err) {
    if (f->has_text)
        return PL_OK;
    if (*index + 1 >= argc)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "flag --%.*s: needs a value",
                            PL_FMT(f->name));
    f->text = pl_str_c(argv[++*index]);
    f->has_text = true;
    return PL_OK;
}

static pl_code assign_flag(entry *e, bool is_file, const flag *f, pl_error *err) {
    char where[KEY_SIZE + 32];
    snprintf(where, sizeof where, "flag --%.*s", PL_FMT(f->name));
    origin from = {.rank = RANK_FLAG, .where = where};
    if (is_file)
        return pl_setting_assign_file(e, f->text, &from, err);
    if (e->def->kind == PL_SETTING_KIND_SECRET)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: other users can read the flags of a process; set environment "
                            "variable %s, or %s_FILE to the path of a file that has it",
                            where, e->def->key, e->def->key);
    return pl_setting_assign(e, f->has_text ? f->text : pl_str_c("true"), &from, err);
}

/* What is no setting. */
typedef struct command_line {
    pl_settings_verb verb;
    const char *config;
} command_line;

static pl_code read_flag(pl_settings *settings, int argc, char *const *argv, int *index, bool apply,
                         command_line *out, pl_error *err) {
    const char *arg = argv[*index];
    pl_settings_verb verb;
    if (find_verb(arg, &verb)) {
        if (out->verb == PL_SETTINGS_RUN || verb == PL_SETTINGS_HELP)
            out->verb = verb;
        return PL_OK;
    }
    if (strncmp(arg, "--", 2) != 0 || !arg[2])
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "argument '%.64s': expected --key value; --help lists them", arg);
    flag f = {.name = pl_str_c(arg + 2)};
    size_t equals = pl_str_index(f.name, '=');
    if (equals < f.name.n) {
        f.text = pl_str_make(f.name.p + equals + 1, f.name.n - equals - 1);
        f.name.n = equals;
        f.has_text = true;
    }
    bool is_file = false, is_config = pl_str_eqc(f.name, "config");
    entry *e = is_config ? NULL : find_flag(settings, f.name, &is_file);
    if (!is_config && !e)
        return unknown_flag(settings, f.name, err);
    if (is_config || e->def->kind != PL_SETTING_KIND_BOOL) {
        pl_code code = take_text(argc, argv, index, &f, err);
        if (code)
            return code;
    }
    if (is_config)
        out->config = f.text.p; /* an argument's end, so NUL-terminated */
    else if (apply)
        return assign_flag(e, is_file, &f, err);
    return PL_OK;
}

static pl_code read_flags(pl_settings *settings, int argc, char *const *argv, bool apply,
                          command_line *out, pl_error *err) {
    pl_code code = PL_OK;
    for (int i = 1; i < argc && !code; i++)
        code = read_flag(settings, argc, argv, &i, apply, out, err);
    return code;
}

/* ---- all of them ---- */

static pl_code check_required(const pl_settings *settings, pl_error *err) {
    pl_buf missing = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    bool address = false; /* of another service: what is missing is a line of system.yaml */
    for (size_t i = 0; i < settings->count; i++) {
        const entry *e = &settings->entries[i];
        if (e->rank != RANK_NONE)
            continue;
        pl_buf_printf(&missing, "%s%s", missing.n ? ", " : "", e->def->key);
        address = address || pl_str_ends(pl_str_c(e->def->key), pl_str_c("_ADDR"));
    }
    pl_code code = PL_OK;
    if (missing.n)
        code = pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: required and not set; set it in the environment or in the "
                            "--config file (--help says what it is)%s",
                            missing.p,
                            address ? "; parley up sets NAME_ADDR where system.yaml says calls: "
                                      "[name] or events: [name]"
                                    : "");
    pl_buf_done(&missing);
    return code;
}

pl_code pl_settings_load(pl_settings *settings, int argc, char *const *argv, char **environment,
                         pl_settings_verb *out_verb, pl_error *err) {
    command_line line = {PL_SETTINGS_RUN, NULL}, again = {PL_SETTINGS_RUN, NULL};
    pl_code code = read_flags(settings, argc, argv, false, &line, err);
    if (line.verb == PL_SETTINGS_HELP || (!code && line.verb == PL_SETTINGS_VERSION)) {
        *out_verb = line.verb; /* works with whatever else is wrong */
        return PL_OK;
    }
    for (size_t i = 0; i < settings->count; i++)
        pl_setting_forget(&settings->entries[i]);
    settings->warning_count = 0;
    if (!code)
        code = read_defaults(settings, err);
    if (!code && line.config)
        code = pl_settings_read_file(settings, line.config, err);
    if (!code)
        code = pl_settings_read_environment(settings, environment, err);
    if (!code)
        code = read_flags(settings, argc, argv, true, &again, err);
    if (!code && line.verb == PL_SETTINGS_RUN)
        code = check_required(settings, err);
    if (!code)
        *out_verb = line.verb;
    return code;
}

/* parley contract new: a contract to begin with, in a file of its own or at the end of one. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/protos.h"
#include "common/whole_file.h"
#include "contract/contract.h"
#include "contract/skeleton.h"

enum { TEXT_MAX = 4 << 20, NAME_MAX_BYTES = 160 };

/* What --method or --event may be, for "did you mean". */
enum { NAMES_MAX = 512 };

typedef struct order {
    const verb_line *line;
    contracts c;
    char path[PATH_MAX * 2];
    char folder[PATH_MAX + 256];
    const pl_method_type *method;
    const pl_message_type *event;
    char name[NAME_MAX_BYTES];
    const char *names[NAMES_MAX];
    size_t name_count;
} order;

static void keep_name(order *o, const char *name) {
    if (o->name_count < NAMES_MAX)
        o->names[o->name_count++] = name;
}

static bool of_provider(const order *o, const pl_file *file) {
    return pl_str_eqc(file->package, o->line->provider);
}

/* The method or event that is asked for; without a word the first method, or the first event. */
static void choose(order *o) {
    const verb_line *l = o->line;
    for (size_t f = 0; f < pl_pool_file_count(o->c.pool); f++) {
        const pl_file *file = pl_pool_file_at(o->c.pool, f);
        for (size_t s = 0; of_provider(o, file) && s < file->service_count; s++) {
            for (size_t m = 0; m < file->services[s]->method_count; m++) {
                const pl_method_type *method = &file->services[s]->methods[m];
                pl_str part = pl_str_make(method->full_name.p + file->package.n + 1,
                                          method->full_name.n - file->package.n - 1);
                bool asked = l->method ? pl_str_eqc(part, l->method) : !l->event;
                if (l->method)
                    keep_name(o, part.p);
                if (asked && !o->method)
                    o->method = method;
            }
        }
        for (size_t i = 0; of_provider(o, file) && i < file->message_count; i++) {
            const pl_message_type *type = file->messages[i];
            bool asked = type->is_event && !l->method &&
                         (l->event ? pl_str_eqc(type->name, l->event) : true);
            if (type->is_event && l->event)
                keep_name(o, type->name.p);
            if (asked && !o->event)
                o->event = type;
        }
    }
    if (o->method)
        o->event = NULL;
}

static pl_code check_provider(const order *o, pl_error *err) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t f = 0; f < pl_pool_file_count(o->c.pool); f++) {
        const pl_file *file = pl_pool_file_at(o->c.pool, f);
        if (of_provider(o, file))
            return PL_OK;
        if (count < NAMES_MAX && file->service_count)
            names[count++] = file->package.p;
    }
    const char *near = pl_str_nearest(pl_str_c(o->line->provider), names, count);
    return pl_error_set(err, PL_NOT_FOUND, "no proto of the workspace has the package '%s'%s%s%s",
                        o->line->provider, near ? ", did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
}

/* What WORD may have meant; of a method its service may be missing. Or NULL. */
static const char *nearest_name(const order *o, const char *word) {
    const char *last[NAMES_MAX];
    const char *near = pl_str_nearest(pl_str_c(word), o->names, o->name_count);
    if (near || strchr(word, '.'))
        return near;
    for (size_t i = 0; i < o->name_count; i++) {
        const char *dot = strrchr(o->names[i], '.');
        last[i] = dot ? dot + 1 : o->names[i];
    }
    near = pl_str_nearest(pl_str_c(word), last, o->name_count);
    for (size_t i = 0; near && i < o->name_count; i++) {
        if (near == last[i])
            return o->names[i];
    }
    return NULL;
}

static pl_code find_target(order *o, pl_error *err) {
    const verb_line *l = o->line;
    pl_code code = protos_load(&o->c.space, o->c.findings, &o->c.pool, err);
    if (code == PL_OK)
        code = check_provider(o, err);
    if (code != PL_OK)
        return code;
    choose(o);
    if (o->method || o->event)
        return PL_OK;
    const char *word = l->method ? l->method : l->event;
    if (!word)
        return pl_error_set(err, PL_NOT_FOUND, "%s has no method or event", l->provider);
    const char *near = nearest_name(o, word);
    return pl_error_set(err, PL_NOT_FOUND, "%s has no %s %s%s%s%s", l->provider,
                        l->method ? "method" : "event", word, near ? ", did you mean " : "",
                        near ? near : "", near ? "?" : "");
}

static pl_code find_file(order *o, pl_error *err) {
    char root[PATH_MAX];
    pl_code code = workspace_contracts(&o->c.space, root, err);
    if (code != PL_OK)
        return code;
    (void)snprintf(o->folder, sizeof o->folder, "%s/%s", root, o->line->provider);
    (void)snprintf(o->path, sizeof o->path, "%s/%s.yaml", o->folder, o->line->consumer);
    struct stat info;
    return stat(o->path, &info) == 0 ? contracts_add(&o->c, o->path, err) : PL_OK;
}

static bool has_name(const order *o, const char *name) {
    char line[NAME_MAX_BYTES + 16];
    (void)snprintf(line, sizeof line, "- name: %s\n", name);
    return o->c.source_count && strstr(o->c.sources[0].text.p, line);
}

static void choose_name(order *o) {
    pl_buf words = pl_buf_make(NAME_MAX_BYTES - 8);
    skeleton_words(o->method ? o->method->name : o->event->name, ' ', &words);
    (void)snprintf(o->name, sizeof o->name, "%s", words.p);
    for (int n = 2; has_name(o, o->name) && n < 1000; n++)
        (void)snprintf(o->name, sizeof o->name, "%s %d", words.p, n);
    pl_buf_done(&words);
}

static void write_text(order *o, pl_buf *out) {
    if (o->c.source_count) {
        pl_str old = o->c.sources[0].text;
        pl_buf_str(out, old);
        pl_buf_puts(out, old.n && old.p[old.n - 1] != '\n' ? "\n\n" : "\n");
    } else {
        pl_buf_printf(out,
                      "# What %s relies on of %s.\nconsumer: %s\nprovider: %s\naccess: [%s]\n"
                      "complete: false\n\ncontracts:\n",
                      o->line->consumer, o->line->provider, o->line->consumer, o->line->provider,
                      o->method ? "grpc" : "events");
    }
    if (o->method)
        skeleton_call(o->method, o->name, out);
    else
        skeleton_event(o->event, o->name, out);
}

/* It is written only where it checks clean. */
static pl_code judge(order *o, pl_str text, pl_error *err) {
    pl_contract_source source = {o->path + strlen(o->c.space.root) + 1, text};
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    opts.check_paths = true;
    return pl_contract_compile(o->c.pool, &source, 1, &opts, o->c.findings, &o->c.set, err);
}

static pl_code save(const order *o, pl_str text, pl_error *err) {
    pl_code code = whole_file_folders(o->path, err);
    return code == PL_OK ? whole_file_write(o->path, text, err) : code;
}

static void say(const order *o) {
    const char *shown = o->path + strlen(o->c.space.root) + 1;
    pl_buf out = pl_buf_make(TEXT_MAX);
    if (o->line->args.json) {
        pl_buf_puts(&out, "{\"file\":");
        pl_buf_json(&out, pl_str_c(shown));
        pl_buf_puts(&out, ",\"contract\":");
        pl_buf_json(&out, pl_str_c(o->name));
        pl_buf_puts(&out, "}\n");
    } else {
        pl_buf_printf(&out, "%s: %s\n", shown, o->name);
    }
    (void)fputs(out.p, stdout);
    pl_buf_done(&out);
}

static int run(order *o) {
    pl_error err = PL_ERROR_INIT;
    pl_buf text = pl_buf_make(TEXT_MAX);
    pl_code code = contracts_init(&o->c, &err);
    if (code == PL_OK)
        code = find_target(o, &err);
    if (code == PL_OK)
        code = find_file(o, &err);
    if (code == PL_OK) {
        choose_name(o);
        write_text(o, &text);
        code = judge(o, pl_buf_view(&text), &err);
    }
    int exit_code = TOOL_EXIT_OK;
    bool wrong = pl_findings_errors(o->c.findings) > 0;
    if (wrong) {
        exit_code = contracts_report(&o->c, &o->line->args);
        (void)fprintf(stderr, "parley contract new: nothing was written\n");
    } else if (code == PL_OK && (code = save(o, pl_buf_view(&text), &err)) == PL_OK) {
        say(o);
    }
    if (code != PL_OK && !wrong)
        exit_code = verb_failed(o->line, &err);
    pl_buf_done(&text);
    return exit_code;
}

int verb_new(verb_line *line) {
    static order o;
    if (!line->consumer || !line->provider)
        tool_usage(&line->args, "new needs --consumer and --provider");
    if (line->method && line->event)
        tool_usage(&line->args, "a contract is about a --method or an --event, not both");
    if (line->word_count)
        tool_usage(&line->args, "'%s' is too much", line->words[0]);
    o.line = line;
    int code = run(&o);
    contracts_done(&o.c);
    return code;
}

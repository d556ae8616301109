/* parley breaking: what the change at hand breaks, and for whom. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "breaking/report.h"

enum { OUTPUT_MAX = 64 << 20 };

/* The folder of the other side is removed first. Children end by the signal themselves. */
static volatile sig_atomic_t interrupted;

static void on_signal(int signo) {
    (void)signo;
    interrupted = 1;
}

static bool is_stopped(void) {
    return interrupted;
}

static void hold_signals(void) {
    static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal}, was;
    for (size_t i = 0; i < PL_COUNT(signals); i++) {
        if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN) /* nohup */
            (void)sigaction(signals[i], &action, NULL);
    }
}

typedef struct line {
    tool_args args;
    const char *against;
    const char *format;
    bool strict;
} line;

static void plain_text(const report *r, pl_buf *out) {
    report_text(r, false, out);
}

static const struct format {
    const char *name;
    void (*print)(const report *r, pl_buf *out);
} formats[] = {
    {"text", plain_text},
    {"json", report_json},
    {"sarif", report_sarif},
    {"markdown", report_markdown},
};

static const struct format *find_format(const char *name) {
    for (size_t i = 0; i < PL_COUNT(formats); i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

static void take_option(line *l, users *u) {
    const char *value = l->args.value;
    if (tool_args_is(&l->args, "--against"))
        l->against = value;
    else if (tool_args_is(&l->args, "--strict"))
        l->strict = true;
    else if (tool_args_is(&l->args, "--accept") && u->accepted_count == ACCEPT_MAX)
        tool_usage(&l->args, "more than %d consumers to accept", ACCEPT_MAX);
    else if (tool_args_is(&l->args, "--accept"))
        u->accepted[u->accepted_count++] = value;
    else
        l->format = value;
}

static void read_line(line *l, users *u, int argc, char **argv) {
    tool_args_init(&l->args, argc, argv);
    for (int what; (what = tool_args_next(&l->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_WORD)
            tool_usage(&l->args, "what is '%s'? The other side is said with --against",
                       l->args.value);
        take_option(l, u);
    }
    if (!l->format)
        l->format = l->args.json ? "json" : "text";
    if (!find_format(l->format))
        tool_usage(&l->args, "--format is text, json, sarif or markdown, not '%s'", l->format);
}

/* Imports that belong to others: in neither version a file of the workspace. */
static bool is_foreign(void *self, pl_str file) {
    const sides *s = self;
    char path[PATH_MAX];
    if (protos_path(&s->space, file, path))
        return false;
    if (*s->old_space.root)
        return !protos_path(&s->old_space, file, path);
    return pl_str_starts(file, pl_str_c("google/")) || pl_str_starts(file, pl_str_c("parley/"));
}

static int print_report(const line *l, const report *r) {
    size_t edits = r->users->edit_count, count = pl_changes_count(r->changes), blocking = edits;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    for (size_t i = 0; i < count; i++)
        blocking += report_blocks(r, i);
    bool text = strcmp(l->format, "text") == 0;
    if (text && l->args.color)
        report_text(r, true, &out);
    else
        find_format(l->format)->print(r, &out);
    int status = tool_print(&l->args, &out, TOOL_EXIT_OK);
    if (status != TOOL_EXIT_OK)
        return status;
    if (text && !l->args.quiet)
        (void)fprintf(stderr, "compared with %s: %zu %s, %zu of them %s\n", r->sides->what,
                      count + edits, count + edits == 1 ? "change" : "changes", blocking,
                      blocking == 1 ? "blocks" : "block");
    return blocking ? TOOL_EXIT_BREAKING : TOOL_EXIT_OK;
}

static int failed(const line *l, const sides *s, const pl_error *err) {
    size_t count = s->findings ? pl_findings_count(s->findings) : 0;
    bool json = strcmp(l->format, "json") == 0;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_buf_puts(&out, json ? "{\"changes\":[],\"findings\":[" : "");
    for (size_t i = 0; i < count; i++) {
        const pl_finding *finding = pl_findings_at(s->findings, i);
        if (!json) {
            (void)pl_finding_print(finding, l->args.color, &out);
            continue;
        }
        pl_buf_puts(&out, i ? "," : "");
        (void)pl_finding_json(finding, &out);
    }
    if (json) {
        pl_buf_puts(&out, "],\"error\":");
        pl_buf_json(&out, pl_str_c(err->message));
        pl_buf_puts(&out, "}\n");
    }
    int status = tool_print(&l->args, &out, count ? TOOL_EXIT_INVALID : TOOL_EXIT_FAILED);
    (void)fprintf(stderr, "parley breaking: %s\n", err->message);
    return status;
}

static pl_code judge(users *u, report *r, pl_error *err) {
    size_t count = pl_changes_count(r->changes);
    pl_judgement *all = pl_arena_calloc(&u->arena, count + 1, sizeof *all);
    if (!all)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "judging %zu changes: no memory", count);
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && !interrupted && i < count; i++)
        code = users_judge(u, pl_changes_at(r->changes, i), &all[i], err);
    r->judgements = all;
    return code;
}

int main(int argc, char **argv) {
    static sides s;
    static users u;
    static line l;
    pl_error err = PL_ERROR_INIT;
    pl_changes *changes = NULL;
    read_line(&l, &u, argc, argv);
    hold_signals();
    pl_code code = sides_load(&s, l.against, &err);
    pl_diff_opts opts = {is_foreign, &s, is_stopped};
    if (code == PL_OK)
        code = users_load(&u, &s, &err);
    if (code == PL_OK)
        users_warn_of_accepted(&u);
    if (code == PL_OK)
        code = pl_diff(s.old_pool, s.new_pool, &opts, &changes, &err);
    if (code == PL_OK)
        code = users_edits(&u, &err);
    report r = {.sides = &s, .changes = changes, .users = &u, .strict = l.strict};
    if (code == PL_OK)
        code = judge(&u, &r, &err);
    int exit_code = TOOL_EXIT_INTERRUPTED;
    if (!interrupted)
        exit_code = code == PL_OK ? print_report(&l, &r) : failed(&l, &s, &err);
    pl_changes_free(changes);
    users_done(&u);
    sides_done(&s);
    return exit_code;
}

/* parley breaking: what the change at hand breaks. */
#include <stdio.h>
#include <string.h>

#include "breaking/breaking.h"

enum { OUTPUT_MAX = 64 << 20 };

typedef struct line {
    tool_args args;
    const char *against;
    bool json;
} line;

static void read_line(line *l, int argc, char **argv) {
    memset(l, 0, sizeof *l);
    tool_args_init(&l->args, argc, argv);
    for (int what; (what = tool_args_next(&l->args)) != TOOL_ARGS_END;) {
        const char *value = l->args.value;
        if (what == TOOL_ARGS_WORD)
            tool_usage(&l->args, "what is '%s'? The other side is said with --against", value);
        else if (tool_args_is(&l->args, "--against"))
            l->against = value;
        else if (tool_args_is(&l->args, "--format") && strcmp(value, "json") == 0)
            l->json = true;
        else if (tool_args_is(&l->args, "--format") && strcmp(value, "text") != 0)
            tool_usage(&l->args, "--format is text or json, not '%s'", value);
    }
    l->json = l->json || l->args.json;
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

static void print_change(const sides *s, const pl_change *change, bool color, pl_buf *out) {
    char path[PATH_MAX];
    pl_buf source = pl_buf_make(1 << 16);
    sides_path(s, change->new_at.file, path);
    sides_line(s, path, change->new_at.line, &source);
    pl_finding finding = {.severity = PL_FINDING_ERROR,
                          .rule = change->rule->name,
                          .file = path,
                          .line = change->new_at.line,
                          .column = change->new_at.col,
                          .message = change->message.p,
                          .hint = change->rule->way_out,
                          .source_line = source.n ? source.p : ""};
    (void)pl_finding_print(&finding, color, out);
    pl_buf_done(&source);
}

static void print_change_json(const sides *s, const pl_change *change, pl_buf *out) {
    char path[PATH_MAX];
    sides_path(s, change->new_at.file, path);
    pl_buf_puts(out, "{\"rule\":");
    pl_buf_json(out, pl_str_c(change->rule->name));
    pl_buf_puts(out, ",\"file\":");
    pl_buf_json(out, pl_str_c(path));
    pl_buf_printf(out, ",\"line\":%u,\"column\":%u,\"element\":", change->new_at.line,
                  change->new_at.col);
    pl_buf_json(out, change->element);
    pl_buf_puts(out, ",\"message\":");
    pl_buf_json(out, change->message);
    pl_buf_puts(out, ",\"hint\":");
    pl_buf_json(out, pl_str_c(change->rule->way_out));
    pl_buf_putc(out, '}');
}

static int report(const line *l, const sides *s, const pl_changes *changes) {
    size_t count = pl_changes_count(changes);
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    if (l->json)
        pl_buf_puts(&out, "{\"changes\":[");
    for (size_t i = 0; i < count; i++) {
        if (l->json)
            pl_buf_puts(&out, i ? "," : "");
        if (l->json)
            print_change_json(s, pl_changes_at(changes, i), &out);
        else
            print_change(s, pl_changes_at(changes, i), l->args.color, &out);
    }
    if (l->json)
        pl_buf_puts(&out, "]}\n");
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)fflush(stdout);
    pl_buf_done(&out);
    if (!l->json && !l->args.quiet)
        (void)fprintf(stderr, "compared with %s: %zu breaking %s\n", s->what, count,
                      count == 1 ? "change" : "changes");
    return count ? TOOL_EXIT_BREAKING : TOOL_EXIT_OK;
}

static int failed(const line *l, const sides *s, const pl_error *err) {
    size_t count = s->findings ? pl_findings_count(s->findings) : 0;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    for (size_t i = 0; i < count; i++)
        (void)pl_finding_print(pl_findings_at(s->findings, i), l->args.color, &out);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)fflush(stdout);
    pl_buf_done(&out);
    (void)fprintf(stderr, "parley breaking: %s\n", err->message);
    return count ? TOOL_EXIT_INVALID : TOOL_EXIT_FAILED;
}

int main(int argc, char **argv) {
    static sides s;
    static line l;
    pl_error err = PL_ERROR_INIT;
    pl_changes *changes = NULL;
    read_line(&l, argc, argv);
    pl_code code = sides_load(&s, l.against, &err);
    pl_diff_opts opts = {is_foreign, &s};
    if (code == PL_OK)
        code = pl_diff(s.old_pool, s.new_pool, &opts, &changes, &err);
    int exit_code = code == PL_OK ? report(&l, &s, changes) : failed(&l, &s, &err);
    pl_changes_free(changes);
    sides_done(&s);
    return exit_code;
}

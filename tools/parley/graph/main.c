/* parley graph: who relies on whom. */
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"

enum { OUTPUT_MAX = 64 << 20 };

typedef struct line {
    tool_args args;
    const char *format;
    bool running;
} line;

static const struct format {
    const char *name;
    void (*print)(const arrows *all, pl_buf *out);
} formats[] = {{"text", graph_text}, {"mermaid", graph_mermaid}, {"json", graph_json}};

static const struct format *find_format(const char *name) {
    for (size_t i = 0; i < PL_COUNT(formats); i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

static void read_line(line *l, int argc, char **argv) {
    tool_args_init(&l->args, argc, argv);
    for (int what; (what = tool_args_next(&l->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_WORD)
            tool_usage(&l->args, "what is '%s'? The graph is of all contracts", l->args.value);
        if (tool_args_is(&l->args, "--running"))
            l->running = true;
        else
            l->format = l->args.value;
    }
    if (!l->format)
        l->format = l->args.json ? "json" : "text";
    const struct format *format = find_format(l->format);
    if (!format)
        tool_usage(&l->args, "--format is text, mermaid or json, not '%s'", l->format);
    if (l->running && format->print == graph_mermaid)
        tool_usage(&l->args, "--running prints findings: --format is text or json");
}

static int compare(const line *l, const contracts *c, const arrows *known) {
    arrows seen;
    pl_error err = PL_ERROR_INIT;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    arrows_init(&seen);
    if (arrows_of_logs(&seen, &c->space, &err) != PL_OK) {
        arrows_done(&seen);
        return contracts_failed(&l->args, &err);
    }
    graph_compare(&seen, known, c->findings);
    size_t missing = pl_findings_errors(c->findings);
    if (strcmp(l->format, "json") == 0)
        graph_compared_json(&seen, known, c->findings, &out);
    else
        for (size_t i = 0; i < pl_findings_count(c->findings); i++)
            (void)pl_finding_print(pl_findings_at(c->findings, i), l->args.color, &out);
    int status = tool_print(&l->args, &out, missing ? TOOL_EXIT_INVALID : TOOL_EXIT_OK);
    if (!l->args.quiet)
        (void)fprintf(stderr, "%zu %s in the logs, %zu without a contract\n", seen.count,
                      seen.count == 1 ? "arrow" : "arrows", missing);
    arrows_done(&seen);
    return status;
}

int main(int argc, char **argv) {
    static contracts c;
    static line l;
    arrows known;
    int status;
    pl_error err = PL_ERROR_INIT;
    read_line(&l, argc, argv);
    arrows_init(&known);
    pl_code code = contracts_init(&c, &err);
    if (code == PL_OK)
        code = contracts_add(&c, NULL, &err);
    if (code == PL_OK)
        code = contracts_compile(&c, &err);
    if (code == PL_OK && pl_findings_errors(c.findings) == 0)
        code = arrows_of_contracts(&known, c.set, &err);
    if (code != PL_OK) {
        status = contracts_failed(&l.args, &err);
    } else if (pl_findings_errors(c.findings)) {
        status = contracts_report(&c, &l.args);
    } else if (l.running) {
        status = compare(&l, &c, &known);
    } else {
        pl_buf out = pl_buf_make(OUTPUT_MAX);
        find_format(l.format)->print(&known, &out);
        status = tool_print(&l.args, &out, TOOL_EXIT_OK);
    }
    arrows_done(&known);
    contracts_done(&c);
    return status;
}

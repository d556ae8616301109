/* parley contract fmt: the canonical layout, in place or as a check. */
#include <stdio.h>
#include <string.h>

#include "common/whole_file.h"
#include "contract/contract.h"
#include "parley/contract/format.h"

enum { TEXT_MAX = 16 << 20, OUTPUT_MAX = 16 << 20 };

typedef struct formatter {
    const verb_line *line;
    contracts c;
    pl_buf list; /* of files that changed or would */
    size_t changed;
} formatter;

static pl_code format_one(formatter *f, const pl_contract_source *source, pl_error *err) {
    pl_buf made = pl_buf_make(TEXT_MAX);
    pl_code code = pl_contract_format(source->text, source->path, &made, err);
    if (code == PL_INVALID_ARGUMENT) {
        pl_findings_error(f->c.findings, source->path, "SYNTAX", err, source->text);
        code = PL_OK;
    } else if (code == PL_OK && !pl_str_eq(source->text, pl_buf_view(&made))) {
        pl_buf_puts(&f->list, f->line->args.json && f->changed ? "," : "");
        if (f->line->args.json)
            pl_buf_json(&f->list, pl_str_c(source->path));
        else
            pl_buf_printf(&f->list, "%s\n", source->path);
        f->changed++;
        char path[PATH_MAX * 2];
        (void)snprintf(path, sizeof path, "%s%s%s", source->path[0] == '/' ? "" : f->c.space.root,
                       source->path[0] == '/' ? "" : "/", source->path);
        if (!f->line->check)
            code = whole_file_write(path, pl_buf_view(&made), err);
    }
    pl_buf_done(&made);
    return code;
}

static int report(formatter *f) {
    if (pl_findings_errors(f->c.findings))
        return contracts_report(&f->c, &f->line->args);
    pl_buf_puts(&f->list, f->line->args.json ? "]}\n" : "");
    return tool_print(&f->line->args, &f->list,
                      f->line->check && f->changed ? TOOL_EXIT_THRESHOLD : TOOL_EXIT_OK);
}

int verb_fmt(verb_line *line) {
    formatter f = {.line = line, .list = pl_buf_make(OUTPUT_MAX)};
    pl_error err = PL_ERROR_INIT;
    pl_buf_puts(&f.list, line->args.json ? "{\"changed\":[" : "");
    pl_code code = contracts_init(&f.c, &err);
    for (size_t i = 0; code == PL_OK && i < line->word_count; i++)
        code = contracts_add(&f.c, line->words[i], &err);
    if (code == PL_OK && line->word_count == 0)
        code = contracts_add(&f.c, NULL, &err);
    for (size_t i = 0; code == PL_OK && i < f.c.source_count; i++)
        code = format_one(&f, &f.c.sources[i], &err);
    int exit_code = code == PL_OK ? report(&f) : verb_failed(line, &err);
    pl_buf_done(&f.list);
    contracts_done(&f.c);
    return exit_code;
}

#include "report.h"

#include <stdarg.h>

#include "source.h"

void pl_gen_fault_add(pl_gen_report *report, const pl_gen_place *place, const char *format, ...) {
    report->count++;
    if (report->kept == PL_GEN_ERRORS_MAX)
        return;
    pl_gen_fault *fault = &report->faults[report->kept];
    pl_buf text = pl_buf_make(4096);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    fault->file = place->file->name;
    fault->order = report->kept;
    fault->text = pl_arena_strndup(report->arena, text.p, text.n);
    pl_gen_position(place, &fault->line, &fault->col);
    if (fault->text && !text.failed)
        report->kept++;
    else
        report->failed = true;
    pl_buf_done(&text);
}

static int compare(const void *left, const void *right) {
    const pl_gen_fault *a = left, *b = right;
    int file = strcmp(a->file, b->file);
    if (file)
        return file;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->col != b->col)
        return a->col < b->col ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

const char *pl_gen_report_text(pl_gen_report *report) {
    pl_buf text = pl_buf_make(1u << 20);
    qsort(report->faults, report->kept, sizeof(report->faults[0]), compare);
    pl_buf_printf(&text, "%zu error%s", report->count, report->count == 1 ? "" : "s");
    for (size_t i = 0; i < report->kept; i++)
        pl_buf_printf(&text, "\n%s:%d:%d: %s", report->faults[i].file, report->faults[i].line,
                      report->faults[i].col, report->faults[i].text);
    if (report->count > report->kept)
        pl_buf_printf(&text, "\nand %zu more", report->count - report->kept);
    const char *out = NULL;
    if (!text.failed && !report->failed)
        out = pl_arena_strndup(report->arena, text.p, text.n);
    pl_buf_done(&text);
    return out;
}

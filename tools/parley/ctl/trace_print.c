#include <stdio.h>
#include <string.h>

#include "common/plain.h"
#include "common/pretty.h"
#include "ctl/trace.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"

/* Bytes in front of a deep span; what is deeper is not moved further. */
enum { INDENT_MAX = 200, LINE_MAX_BYTES = 20000, RED = 31, GREY = 90 };

static size_t services_of(const trace *t) {
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        bool seen = !t->spans[i]->name;
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(t->spans[j]->service, t->spans[i]->service) == 0;
        count += !seen;
    }
    return count;
}

static int64_t end_of(const trace *t) {
    int64_t end = 0;
    for (size_t i = 0; i < t->count; i++) {
        int64_t own = t->spans[i]->start_us + t->spans[i]->duration_us;
        end = own > end ? own : end;
    }
    return end;
}

static void print_line(const trace_line *line, const char *indent, bool more, bool color) {
    pl_buf out = pl_buf_make(LINE_MAX_BYTES);
    if (!log_line_pretty(pl_str_c(line->text), &out))
        tool_put_plain(&out, pl_str_c(line->text), TOOL_PLAIN_LINE);
    if (color)
        printf("%24s%s%s \033[%dm%s\033[0m\n", "", indent, more ? "\u2502 " : "  ", GREY, out.p);
    else
        printf("%24s%s%s . %s\n", "", indent, more ? "\u2502 " : "  ", out.p);
    pl_buf_done(&out);
}

static void print_span(const trace_span *span, int64_t begun_us, const char *indent,
                       const char *branch, bool color) {
    if (!span->name) {
        printf("%24s%s%s? span %s has no line in these logs\n", "", indent, branch, span->id);
        return;
    }
    bool red = color && span->failed;
    pl_buf text = pl_buf_make(LINE_MAX_BYTES);
    tool_put_plain(&text, pl_str_c(span->name), TOOL_PLAIN_LINE);
    pl_buf_puts(&text, " ");
    if (red)
        pl_buf_printf(&text, "\033[%dm", RED);
    tool_put_plain(&text, pl_str_c(span->status), TOOL_PLAIN_LINE);
    pl_buf_puts(&text, *span->error ? " " : "");
    tool_put_plain(&text, pl_str_c(span->error), TOOL_PLAIN_LINE);
    printf("%10.3f %10.3f ms%s%s%-10s %s%s\n", (double)(span->start_us - begun_us) / 1000,
           (double)span->duration_us / 1000, indent, branch, span->service, text.p,
           red ? "\033[0m" : "");
    pl_buf_done(&text);
}

/* What stands in front of the spans below ABOVE. */
static void indent_below(const trace_span *above, char out[INDENT_MAX]) {
    enum { LEVELS = INDENT_MAX / 3 };
    const trace_span *levels[LEVELS]; /* the highest ones, in a ring */
    size_t depth = 0, n;
    for (const trace_span *span = above; span->above; span = span->above)
        levels[depth++ % LEVELS] = span;
    n = (size_t)snprintf(out, INDENT_MAX, "  ");
    for (size_t i = depth; i-- > 0 && i + LEVELS >= depth && n + 8 < INDENT_MAX;)
        n += (size_t)snprintf(out + n, INDENT_MAX - n, "%s",
                              levels[i % LEVELS]->next ? "\u2502  " : "   ");
}

/* The span that is printed after SPAN; NULL at the end. */
static const trace_span *following(const trace_span *span) {
    if (span->first)
        return span->first;
    while (span && !span->next)
        span = span->above;
    return span ? span->next : NULL;
}

/* In a loop: a trace may be thousands of spans deep. */
static void print_spans(const trace *t, int64_t begun_us, bool color) {
    char indent[INDENT_MAX];
    for (const trace_span *span = t->root->first; span; span = following(span)) {
        indent_below(span->above, indent);
        print_span(span, begun_us, indent, span->next ? "\u251c\u2500 " : "\u2514\u2500 ", color);
        indent_below(span, indent);
        for (const trace_line *line = span->lines; line; line = line->next)
            print_line(line, indent, span->first, color);
    }
}

void trace_print(const trace *t, bool color) {
    int64_t begun = t->count ? t->spans[0]->start_us : 0;
    printf("trace %s: %zu spans of %zu services in %.3f ms\n", t->id, t->count - t->missing,
           services_of(t), (double)(end_of(t) - begun) / 1000);
    print_spans(t, begun, color);
    if (t->left_out)
        printf("%zu more lines are not shown\n", t->left_out);
}

static void put_text(pl_buf *out, const char *key, const char *text) {
    pl_buf_printf(out, ",\"%s\":", key);
    pl_buf_json(out, pl_str_c(text));
}

static void put_span(pl_buf *out, const trace_span *span, int64_t begun_us) {
    char start[PL_RFC3339_SIZE];
    pl_rfc3339(span->start_us, start);
    pl_buf_printf(out, "{\"span\":\"%s\",\"parent\":\"%s\",\"logged\":%s", span->id, span->parent,
                  span->name ? "true" : "false");
    put_text(out, "service", span->service);
    put_text(out, "kind", span->kind);
    put_text(out, "name", span->name ? span->name : "");
    put_text(out, "status", span->status);
    put_text(out, "error", span->error);
    put_text(out, "start", start);
    pl_buf_printf(out, ",\"offset_ms\":%.3f,\"ms\":%.3f,\"lines\":[",
                  (double)(span->start_us - begun_us) / 1000, (double)span->duration_us / 1000);
    for (const trace_line *line = span->lines; line; line = line->next)
        pl_buf_printf(out, "%s%s", line == span->lines ? "" : ",", line->text);
    pl_buf_puts(out, "]}");
}

void trace_print_json(const trace *t) {
    int64_t begun = t->count ? t->spans[0]->start_us : 0;
    printf("{\"trace\":\"%s\",\"ms\":%.3f,\"missing\":%zu,\"left_out\":%zu,\"spans\":[", t->id,
           (double)(end_of(t) - begun) / 1000, t->missing, t->left_out);
    for (size_t i = 0; i < t->count; i++) {
        pl_buf out = pl_buf_make(TRACE_MEMORY_MAX);
        put_span(&out, t->spans[i], begun);
        printf("%s%s", i ? "," : "", out.p);
        pl_buf_done(&out);
    }
    printf("]}\n");
}

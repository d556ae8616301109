/* The list of findings, and how one is printed. */
#include "parley/contract/findings.h"

#include <stdio.h>
#include <stdlib.h>

#include "parley/base/arena.h"

enum { MESSAGE_MAX = 1024, LINE_SHOWN_MAX = 400 };

struct pl_findings {
    pl_arena arena;
    pl_finding *items;
    size_t count, room;
    size_t dropped;
};

pl_findings *pl_findings_new(void) {
    pl_findings *list = calloc(1, sizeof *list);
    if (list)
        list->arena = pl_arena_make(PL_FINDINGS_MEMORY_MAX);
    return list;
}

void pl_findings_free(pl_findings *list) {
    if (!list)
        return;
    pl_arena_done(&list->arena);
    free(list->items);
    free(list);
}

static bool make_room(pl_findings *list) {
    if (list->count >= PL_FINDINGS_MAX)
        return false;
    if (list->count < list->room)
        return true;
    size_t room = list->room ? 2 * list->room : 32;
    pl_finding *grown = realloc(list->items, room * sizeof *grown);
    if (!grown)
        return false;
    list->items = grown;
    list->room = room;
    return true;
}

/* Of values that were cut ("%.64s"), and of what does not fit, half a character is left out. */
static void print_whole(char out[MESSAGE_MAX], const char *format, va_list args) {
    char text[MESSAGE_MAX];
    size_t used = 0;
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    for (const char *p = text; *p;) {
        unsigned char lead = (unsigned char)*p;
        size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        if (strnlen(p, size) == size && pl_utf8_valid(pl_str_make(p, size))) {
            memcpy(out + used, p, size);
            used += size;
            p += size;
        } else {
            p++;
        }
    }
    out[used] = '\0';
}

void pl_findings_addv(pl_findings *list, const pl_finding_place *place, pl_severity severity,
                      const char *rule, const char *format, va_list args) {
    char message[MESSAGE_MAX];
    print_whole(message, format, args);
    pl_finding finding = {
        .severity = severity,
        .rule = rule,
        .file = pl_arena_strdup(&list->arena, place->file),
        .line = place->line,
        .column = place->column,
        .message = pl_arena_strdup(&list->arena, message),
        .hint = "",
        .other_file = "",
        .source_line = pl_arena_cstr(&list->arena, pl_utf8_cut(place->source_line, LINE_SHOWN_MAX)),
    };
    if (!make_room(list) || !finding.file || !finding.message || !finding.source_line) {
        list->dropped++;
        return;
    }
    list->items[list->count++] = finding;
}

void pl_findings_add(pl_findings *list, const pl_finding_place *place, pl_severity severity,
                     const char *rule, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pl_findings_addv(list, place, severity, rule, format, args);
    va_end(args);
}

void pl_findings_hint(pl_findings *list, const char *format, ...) {
    char hint[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    print_whole(hint, format, args);
    va_end(args);
    const char *copy = pl_arena_strdup(&list->arena, hint);
    if (copy && list->count > 0 && list->dropped == 0)
        list->items[list->count - 1].hint = copy;
}

void pl_findings_other(pl_findings *list, const char *file, uint32_t line) {
    const char *copy = pl_arena_strdup(&list->arena, file);
    if (!copy || list->count == 0 || list->dropped > 0)
        return;
    list->items[list->count - 1].other_file = copy;
    list->items[list->count - 1].other_line = line;
}

/* The line NUMBER (from 1) of TEXT. */
static pl_str line_of(pl_str text, uint32_t number) {
    pl_str piece = {"", 0};
    for (uint32_t i = 0; i < number; i++) {
        if (!pl_str_split(&text, '\n', &piece))
            return pl_str_make("", 0);
    }
    if (piece.n && piece.p[piece.n - 1] == '\r')
        piece.n--;
    return piece;
}

void pl_findings_error(pl_findings *list, const char *file, const char *rule, const pl_error *err,
                       pl_str text) {
    pl_finding_place place = {file, 0, 0, {"", 0}};
    pl_str message = pl_str_c(err->message), name = pl_str_c(file);
    unsigned line = 0, column = 0;
    int used = 0;
    if (pl_str_starts(message, name) &&
        sscanf(message.p + name.n, ":%u:%u: %n", &line, &column, &used) == 2 && used > 0) {
        place.line = line;
        place.column = column;
        place.source_line = line_of(text, line);
        message = pl_str_make(message.p + name.n + used, message.n - name.n - (size_t)used);
    }
    pl_findings_add(list, &place, PL_FINDING_ERROR, rule, "%.*s", PL_FMT(message));
}

static int by_place(const void *left, const void *right) {
    const pl_finding *a = left, *b = right;
    int order = strcmp(a->file, b->file);
    if (order == 0 && a->line != b->line)
        order = a->line < b->line ? -1 : 1;
    if (order == 0 && a->column != b->column)
        order = a->column < b->column ? -1 : 1;
    if (order == 0)
        order = strcmp(a->rule, b->rule);
    return order ? order : strcmp(a->message, b->message);
}

void pl_findings_sort(pl_findings *list) {
    if (list->count < 2)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_place);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        if (by_place(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

size_t pl_findings_count(const pl_findings *list) {
    return list->count;
}

const pl_finding *pl_findings_at(const pl_findings *list, size_t index) {
    return &list->items[index];
}

size_t pl_findings_errors(const pl_findings *list) {
    size_t errors = 0;
    for (size_t i = 0; i < list->count; i++)
        errors += list->items[i].severity == PL_FINDING_ERROR;
    return errors + list->dropped;
}

size_t pl_findings_dropped(const pl_findings *list) {
    return list->dropped;
}

const char *pl_severity_name(pl_severity severity) {
    static const char *const names[] = {"error", "warning", "note"};
    return names[severity];
}

/* Columns of a terminal: letters of East Asia and pictures take two. */
static int width(uint32_t c) {
    bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
                (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
}

/* The character at P, which is UTF-8, and how many bytes it has. */
static uint32_t character(const char *p, int *out_size) {
    unsigned char first = (unsigned char)*p;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    uint32_t c = more ? first & (0x3Fu >> more) : first;
    int i = 1;
    for (; i <= more && ((unsigned char)p[i] & 0xC0) == 0x80; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3F);
    *out_size = i;
    return c;
}

/* TEXT may come from anybody's file: control characters are not for a terminal to obey. */
static void put_shown(const char *text, pl_buf *out) {
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        bool control = (c < ' ' && c != '\t') || c == 0x7f ||
                       (c == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0);
        pl_buf_putc(out, control ? '?' : *p);
        p += control && c == 0xC2;
    }
}

/* The line, and below it a caret; what stands before the caret keeps its tabs. */
static void print_line(const pl_finding *f, const char *on, const char *off, pl_buf *out) {
    pl_buf_puts(out, "  ");
    put_shown(f->source_line, out);
    pl_buf_puts(out, "\n  ");
    const char *p = f->source_line;
    for (uint32_t column = 1; column < f->column && *p; column++) {
        int size;
        int columns = width(character(p, &size));
        pl_buf_puts(out, *p == '\t' ? "\t" : columns == 2 ? "  " : " ");
        p += size;
    }
    pl_buf_printf(out, "%s^%s\n", on, off);
}

bool pl_finding_print(const pl_finding *f, bool color, pl_buf *out) {
    static const char *const colors[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m"};
    const char *on = color ? colors[f->severity] : "", *off = color ? "\033[0m" : "";
    put_shown(f->file, out);
    if (f->line)
        pl_buf_printf(out, ":%u:%u", f->line, f->column);
    pl_buf_printf(out, ": %s%s:%s ", on, pl_severity_name(f->severity), off);
    put_shown(f->message, out);
    pl_buf_printf(out, " [%s]\n", f->rule);
    if (f->line && *f->source_line)
        print_line(f, on, off, out);
    if (*f->hint) {
        pl_buf_puts(out, "  hint: ");
        put_shown(f->hint, out);
        pl_buf_putc(out, '\n');
    }
    return !out->failed;
}

bool pl_finding_json(const pl_finding *f, pl_buf *out) {
    pl_buf_puts(out, "{\"file\":");
    pl_buf_json(out, pl_str_c(f->file));
    pl_buf_printf(
        out, ",\"line\":%u,\"column\":%u,\"severity\":\"%s\",\"rule\":\"%s\",\"message\":", f->line,
        f->column, pl_severity_name(f->severity), f->rule);
    pl_buf_json(out, pl_str_c(f->message));
    pl_buf_puts(out, ",\"hint\":");
    pl_buf_json(out, pl_str_c(f->hint));
    pl_buf_putc(out, '}');
    return !out->failed;
}

#include "parley/rpc/violations.h"

#include <stdio.h>
#include <string.h>

void pl_violations_init(pl_violations *list, pl_arena *arena) {
    list->arena = arena;
    list->kept = 0;
    list->count = 0;
    list->path[0] = '\0';
    list->path_length = 0;
}

pl_violations pl_violations_make(pl_arena *arena) {
    pl_violations list;

    memset(&list, 0, sizeof list);
    pl_violations_init(&list, arena);
    return list;
}

/* Appends TEXT to the path; what does not fit is cut. Without printf: every message and item of a
 * request is entered, though hardly one has a violation. */
static void append(pl_violations *list, const char *text, size_t n) {
    size_t room = PL_VIOLATION_PATH_MAX - 1 - list->path_length;

    if (n > room)
        n = room;
    memcpy(list->path + list->path_length, text, n);
    list->path_length += n;
    list->path[list->path_length] = '\0';
}

size_t pl_violations_enter(pl_violations *list, const char *field) {
    size_t mark = list->path_length;

    append(list, field, strlen(field));
    append(list, ".", 1);
    return mark;
}

size_t pl_violations_enter_item(pl_violations *list, const char *field, size_t index) {
    char digits[24]; /* of 64 bits, "[", "]." */
    size_t mark = list->path_length, at = sizeof digits;

    digits[--at] = '.';
    digits[--at] = ']';
    do
        digits[--at] = (char)('0' + index % 10);
    while ((index /= 10) != 0);
    digits[--at] = '[';
    append(list, field, strlen(field));
    append(list, digits + at, sizeof digits - at);
    return mark;
}

void pl_violations_leave(pl_violations *list, size_t mark) {
    list->path_length = mark;
    list->path[mark] = '\0';
}

void pl_violations_addv(pl_violations *list, const char *field, const char *format, va_list args) {
    char text[PL_VIOLATION_TEXT_MAX];
    pl_violation *item;
    pl_str path = {list->path, list->path_length};
    int n;

    list->count++;
    if (list->kept == PL_VIOLATIONS_MAX)
        return;
    n = vsnprintf(text, sizeof text, format, args);
    if (n < 0)
        text[0] = '\0';
    /* The entered path ends in a dot; a violation of the message or item itself has none. */
    if (!*field && path.n)
        path.n--;
    item = &list->items[list->kept];
    item->field = pl_arena_printf(list->arena, "%.*s%s", PL_FMT(path), field);
    item->description = pl_arena_cstr(list->arena, pl_utf8_cut(pl_str_c(text), sizeof text - 1));
    if (item->field && item->description)
        list->kept++;
}

void pl_violations_add(pl_violations *list, const char *field, const char *format, ...) {
    va_list args;

    va_start(args, format);
    pl_violations_addv(list, field, format, args);
    va_end(args);
}

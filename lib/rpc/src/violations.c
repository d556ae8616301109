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

/* LENGTH after snprintf said it would have written ADDED into what was left. */
static size_t grown(size_t length, int added) {
    if (added < 0)
        return length;
    length += (size_t)added;
    return length < PL_VIOLATION_PATH_MAX ? length : PL_VIOLATION_PATH_MAX - 1;
}

size_t pl_violations_enter(pl_violations *list, const char *field) {
    size_t mark = list->path_length;
    int added = snprintf(list->path + mark, PL_VIOLATION_PATH_MAX - mark, "%s.", field);

    list->path_length = grown(mark, added);
    return mark;
}

size_t pl_violations_enter_item(pl_violations *list, const char *field, size_t index) {
    size_t mark = list->path_length;
    int added = snprintf(list->path + mark, PL_VIOLATION_PATH_MAX - mark, "%s[%zu].", field, index);

    list->path_length = grown(mark, added);
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

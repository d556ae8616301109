/* The walk: everything of the old schema with its counterpart, past every rule. */
#include "diff.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a message; names and options in it may be long. */
enum { MESSAGE_MAX = 1 << 16 };

struct pl_changes {
    diff d;
};

pl_change diff_about_message(const pl_message_type *a, const pl_message_type *b) {
    return (pl_change){.element = a->full_name,
                       .file = a->file,
                       .type = a,
                       .old_at = a->source,
                       .new_at = b->source};
}

/* Nobody has written the message that is the entry of a map: the map's field has. */
static void put_map(const pl_change *about, pl_buf *out) {
    const pl_message_type *entry = about->type && about->type->map_entry ? about->type : NULL;
    const pl_message_type *parent = entry ? entry->parent : NULL;
    const char *part = !about->field ? "entries" : about->field->number == 1 ? "keys" : "values";

    for (size_t i = 0; parent && i < parent->field_count; i++) {
        if (parent->fields[i].map && parent->fields[i].message == entry)
            pl_buf_printf(out, " (the %s of map %s)", part, parent->fields[i].name.p);
    }
}

void diff_add(diff *d, const pl_change *about, const char *format, ...) {
    char *message = NULL;
    va_list args;
    pl_buf text = pl_buf_make(MESSAGE_MAX);
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    put_map(about, &text);
    if (d->count == d->room && d->count < PL_CHANGES_MAX) {
        size_t room = d->room ? 2 * d->room : 64;
        pl_change *grown = realloc(d->changes, room * sizeof *grown);
        d->changes = grown ? grown : d->changes;
        d->room = grown ? room : d->room;
    }
    if (!text.failed)
        message = pl_arena_cstr(&d->arena, pl_buf_view(&text));
    pl_buf_done(&text);
    if (d->count == d->room || !message) {
        d->full = true;
        return;
    }
    pl_change *change = &d->changes[d->count++];
    *change = *about;
    change->rule = pl_rule_find(d->rule);
    change->message = pl_str_c(message);
}

pl_str diff_name_below(pl_str full_name, const pl_file *file) {
    size_t skip = file->package.n ? file->package.n + 1 : 0;
    return pl_str_make(full_name.p + skip, full_name.n - skip);
}

static const pl_message_type *find_message(const pl_message_type *const *list, size_t count,
                                           const pl_file *file, pl_str name) {
    for (size_t i = 0; i < count; i++) {
        pl_str here = diff_name_below(list[i]->full_name, file);
        if (pl_str_eq(here, name))
            return list[i];
        if (pl_str_starts(name, here) && name.n > here.n && name.p[here.n] == '.')
            return find_message(list[i]->messages, list[i]->message_count, file, name);
    }
    return NULL;
}

const pl_message_type *diff_file_message(const pl_file *file, pl_str name) {
    return find_message(file->messages, file->message_count, file, name);
}

const pl_enum_type *diff_file_enum(const pl_file *file, pl_str name) {
    size_t cut = name.n;
    while (cut > 0 && name.p[cut - 1] != '.')
        cut--;
    const pl_message_type *parent = cut ? diff_file_message(file, pl_str_make(name.p, cut - 1))
                                        : NULL;
    const pl_enum_type *const *list = cut ? NULL : file->enums;
    size_t count = cut ? 0 : file->enum_count;
    if (parent) {
        list = parent->enums;
        count = parent->enum_count;
    }
    for (size_t i = 0; i < count; i++) {
        if (pl_str_eq(diff_name_below(list[i]->full_name, file), name))
            return list[i];
    }
    return NULL;
}

pl_source diff_left_at(const pl_file *a, const pl_file *b, const pl_message_type *scope) {
    for (; scope; scope = scope->parent) {
        const pl_message_type *left = diff_file_message(b, diff_name_below(scope->full_name, a));
        if (left)
            return left->source;
    }
    return (pl_source){b->name, 1, 1};
}

static void compare_enum(diff *d, const pl_enum_type *a) {
    const pl_enum_type *b = pl_pool_enum(d->new_pool, a->full_name);
    for (size_t i = 0; b && i < enum_check_count; i++) {
        d->rule = enum_checks[i].rule;
        enum_checks[i].run(d, a, b);
    }
}

void diff_fields(diff *d, const pl_field *a, const pl_field *b) {
    for (size_t i = 0; i < field_check_count; i++) {
        d->rule = field_checks[i].rule;
        field_checks[i].run(d, a, b);
    }
}

static void compare_fields(diff *d, const pl_message_type *a, const pl_message_type *b) {
    for (size_t i = 0; i < a->field_count; i++) {
        const pl_field *field = &a->fields[i];
        const pl_field *other = pl_message_field_by_number(b, field->number);
        if (other && !field->extension && !other->extension)
            diff_fields(d, field, other);
    }
}

static bool is_stopped(diff *d) {
    d->stopped = d->stopped || (d->opts && d->opts->is_stopped && d->opts->is_stopped());
    return d->stopped;
}

static void compare_message(diff *d, const pl_message_type *a) {
    const pl_message_type *b = pl_pool_message(d->new_pool, a->full_name);
    if (is_stopped(d))
        return;
    for (size_t i = 0; b && i < message_check_count; i++) {
        d->rule = message_checks[i].rule;
        message_checks[i].run(d, a, b);
    }
    if (b)
        compare_fields(d, a, b);
    for (size_t i = 0; i < a->message_count; i++)
        compare_message(d, a->messages[i]);
    for (size_t i = 0; i < a->enum_count; i++)
        compare_enum(d, a->enums[i]);
}

static void compare_service(diff *d, const pl_service_type *a) {
    const pl_service_type *b = pl_pool_service(d->new_pool, a->full_name);
    for (size_t i = 0; b && i < service_check_count; i++) {
        d->rule = service_checks[i].rule;
        service_checks[i].run(d, a, b);
    }
    for (size_t i = 0; b && i < a->method_count; i++) {
        const pl_method_type *other = pl_service_method(b, a->methods[i].name);
        for (size_t k = 0; other && k < method_check_count; k++) {
            d->rule = method_checks[k].rule;
            method_checks[k].run(d, &a->methods[i], other);
        }
    }
}

static void compare_file(diff *d, const pl_file *a) {
    const pl_file *b = pl_pool_file(d->new_pool, a->name);
    if (!b) {
        pl_change about = {.element = a->name, .file = a};
        about.old_at = about.new_at = (pl_source){a->name, 0, 0};
        d->rule = "FILE_NO_DELETE";
        diff_add(d, &about, "the file %s was deleted", a->name.p);
    }
    for (size_t i = 0; b && i < file_check_count && !is_stopped(d); i++) {
        d->rule = file_checks[i].rule;
        file_checks[i].run(d, a, b);
    }
    for (size_t i = 0; i < a->message_count; i++)
        compare_message(d, a->messages[i]);
    for (size_t i = 0; i < a->enum_count; i++)
        compare_enum(d, a->enums[i]);
    for (size_t i = 0; i < a->service_count; i++)
        compare_service(d, a->services[i]);
    diff_extensions(d, a);
}

static int by_position(const void *left, const void *right) {
    const pl_change *a = left, *b = right;
    int order = strcmp(a->new_at.file.p, b->new_at.file.p);
    if (order == 0)
        order = (a->new_at.line > b->new_at.line) - (a->new_at.line < b->new_at.line);
    if (order == 0)
        order = (a->new_at.col > b->new_at.col) - (a->new_at.col < b->new_at.col);
    if (order == 0)
        order = strcmp(a->rule->name, b->rule->name);
    return order ? order : strcmp(a->message.p, b->message.p);
}

static bool is_foreign(const diff *d, pl_str file) {
    if (d->opts && d->opts->is_foreign)
        return d->opts->is_foreign(d->opts->self, file);
    return pl_str_starts(file, pl_str_c("google/"));
}

pl_code pl_diff(const pl_pool *old_pool, const pl_pool *new_pool, const pl_diff_opts *opts,
                pl_changes **out_changes, pl_error *err) {
    pl_changes *changes = calloc(1, sizeof *changes);
    if (!changes)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "comparing schemas: no memory");
    diff *d = &changes->d;
    d->old_pool = old_pool;
    d->new_pool = new_pool;
    d->opts = opts;
    d->arena = pl_arena_make(PL_CHANGES_MEMORY_MAX);
    for (size_t i = 0; i < pl_pool_file_count(old_pool); i++) {
        const pl_file *file = pl_pool_file_at(old_pool, i);
        if (!is_stopped(d) && !is_foreign(d, file->name))
            compare_file(d, file);
    }
    if (d->stopped) {
        pl_changes_free(changes);
        return pl_error_set(err, PL_CANCELLED, "comparing schemas: stopped");
    }
    if (d->full) {
        pl_changes_free(changes);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "comparing schemas: more than %u changes, or no memory",
                            PL_CHANGES_MAX);
    }
    if (d->count > 1)
        qsort(d->changes, d->count, sizeof *d->changes, by_position);
    d->opts = NULL;
    *out_changes = changes;
    return PL_OK;
}

void pl_changes_free(pl_changes *changes) {
    if (!changes)
        return;
    free(changes->d.changes);
    for (size_t i = 0; i < PL_COUNT(changes->d.reserved); i++) {
        free(changes->d.reserved[i].ranges);
        free(changes->d.reserved[i].names);
    }
    raw_index_done(&changes->d.old_index);
    raw_index_done(&changes->d.new_index);
    pl_arena_done(&changes->d.arena);
    free(changes);
}

size_t pl_changes_count(const pl_changes *changes) {
    return changes->d.count;
}

const pl_change *pl_changes_at(const pl_changes *changes, size_t index) {
    return &changes->d.changes[index];
}

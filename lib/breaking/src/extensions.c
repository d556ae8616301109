/* Extensions, which a pool has only as fields of what they extend: where each is declared, and the
 * rules about them. */
#include "diff.h"

enum { FILE_EXTENSION = 7, MESSAGE_EXTENSION = 6, NAME = 1, EXTENDEE = 2, NUMBER = 3 };

typedef struct each {
    diff *d;
    const pl_file *file;
    bool (*take)(void *self, const raw_extension *extension);
    void *self;
    bool done; /* one was taken */
} each;

static void each_in(each *e, const pl_message_type *scope, pl_str bytes, uint32_t number) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field field, name, extendee, tag;
    for (size_t index = 0; !e->done && pl_wire_next(&reader, &field);) {
        if (field.number != number)
            continue;
        raw_extension found = {.file = e->file, .scope = scope, .bytes = field.bytes};
        if (scope)
            raw_path_of_message(e->d, scope, &found.path);
        raw_path_add(&found.path, number, index++);
        if (!pl_wire_find(field.bytes, NAME, &name) ||
            !pl_wire_find(field.bytes, EXTENDEE, &extendee) ||
            !pl_wire_find(field.bytes, NUMBER, &tag) || !extendee.bytes.n)
            continue;
        found.name = name.bytes;
        found.number = (uint32_t)tag.value;
        found.extendee = pl_str_make(extendee.bytes.p + 1, extendee.bytes.n - 1); /* ".a.v1.A" */
        e->done = e->take(e->self, &found);
    }
}

static void each_below(each *e, const pl_message_type *type) {
    each_in(e, type, raw_element(e->d, type->file, type).bytes, MESSAGE_EXTENSION);
    for (size_t i = 0; i < type->message_count && !e->done; i++)
        each_below(e, type->messages[i]);
}

bool raw_each_extension(diff *d, const pl_file *file,
                        bool (*take)(void *self, const raw_extension *extension), void *self) {
    each e = {.d = d, .file = file, .take = take, .self = self};
    each_in(&e, NULL, file->bytes, FILE_EXTENSION);
    for (size_t i = 0; i < file->message_count && !e.done; i++)
        each_below(&e, file->messages[i]);
    return e.done;
}

typedef struct wanted {
    const pl_field *field;
    raw_extension *out;
} wanted;

static bool take_wanted(void *self, const raw_extension *extension) {
    wanted *w = self;
    if (extension->number != w->field->number ||
        !pl_str_eq(extension->extendee, w->field->parent->full_name))
        return false;
    *w->out = *extension;
    return true;
}

bool raw_find_extension(diff *d, const pl_field *field, raw_extension *out) {
    const pl_file *file = pl_pool_file(field->parent->pool, field->source.file);
    wanted w = {field, out};
    return file && raw_each_extension(d, file, take_wanted, &w);
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* The same name in the same scope. */
static bool same_place(const raw_extension *a, const raw_extension *b) {
    if (!pl_str_eq(a->name, b->name) || !a->scope != !b->scope)
        return false;
    return !a->scope || pl_str_eq(diff_name_below(a->scope->full_name, a->file),
                                  diff_name_below(b->scope->full_name, b->file));
}

static bool take_same(void *self, const raw_extension *extension) {
    return same_place(self, extension);
}

static const pl_field *field_of(const pl_pool *pool, const raw_extension *extension) {
    const pl_message_type *type = pl_pool_message(pool, extension->extendee);
    const pl_field *field = type ? pl_message_field_by_number(type, extension->number) : NULL;
    return field && field->extension ? field : NULL;
}

typedef struct pair {
    diff *d;
    const pl_file *a, *b;
} pair;

static bool find_deleted(void *self, const raw_extension *extension) {
    const pair *p = self;
    raw_extension was = *extension;
    if (raw_each_extension(p->d, p->b, take_same, &was))
        return false;
    pl_change about = {.element = extension->extendee,
                       .file = p->a,
                       .field = field_of(p->d->old_pool, extension),
                       .new_at = diff_left_at(p->a, p->b, extension->scope)};
    if (about.field) {
        about.type = about.field->parent;
        about.element = about.field->full_name;
        about.old_at = diff_field_at(p->d, about.field);
    }
    diff_add(p->d, &about, "extension %.*s, number %u of %.*s, was deleted from its file",
             PL_FMT(extension->name), extension->number, PL_FMT(extension->extendee));
    return false;
}

void extension_no_delete(diff *d, const pl_file *a, const pl_file *b) {
    pair p = {d, a, b};
    (void)raw_each_extension(d, a, find_deleted, &p);
}

static bool compare(void *self, const raw_extension *extension) {
    diff *d = self;
    const pl_field *a = field_of(d->old_pool, extension);
    const pl_field *b = field_of(d->new_pool, extension);
    if (a && b)
        diff_fields(d, a, b);
    return false;
}

void diff_extensions(diff *d, const pl_file *file) {
    (void)raw_each_extension(d, file, compare, d);
}

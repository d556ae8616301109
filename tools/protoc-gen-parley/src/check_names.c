#include "check.h"
#include "names.h"

/* A C name and who brings it. */
typedef struct claim {
    const char *name;
    const pl_gen_place *place;
    const char *what; /* "message mall.orders.v1.Order" */
    size_t order;
} claim;

typedef struct claims {
    pl_arena *arena;
    claim *items;
    size_t count, room;
    bool failed;
} claims;

static void add(claims *c, const char *name, const pl_gen_place *place, const char *kind,
                const char *of) {
    const char *what = pl_arena_printf(c->arena, "%s %s", kind, of);
    if (!name || !what || c->count == c->room) {
        c->failed = true;
        return;
    }
    c->items[c->count] = (claim){name, place, what, c->count};
    c->count++;
}

static int compare(const void *left, const void *right) {
    const claim *a = left, *b = right;
    int names = strcmp(a->name, b->name);
    return names ? names : a->order < b->order ? -1 : 1;
}

/* Whether an earlier pair of claims brought the same two together: one error is enough. */
static bool told(const claims *c, size_t index) {
    const claim *a = &c->items[index - 1], *b = &c->items[index];
    for (size_t i = 1; i < index; i++) {
        const claim *x = &c->items[i - 1], *y = &c->items[i];
        if (strcmp(x->name, y->name) == 0 && strcmp(x->what, a->what) == 0 &&
            strcmp(y->what, b->what) == 0)
            return true;
    }
    return false;
}

/* Sorts the claims and reports what shares a name, at the later place. */
static void report_doubles(pl_gen_report *report, claims *c) {
    if (c->failed) {
        report->failed = true;
        return;
    }
    qsort(c->items, c->count, sizeof(c->items[0]), compare);
    for (size_t i = 1; i < c->count; i++) {
        const claim *a = &c->items[i - 1], *b = &c->items[i];
        if (strcmp(a->name, b->name) == 0 && strcmp(a->what, b->what) != 0 && !told(c, i))
            pl_gen_fault_add(report, b->place, "%s and %s are both %s in C; rename one", b->what,
                             a->what, b->name);
    }
}

static claims make(pl_gen_report *report, size_t room) {
    claims c = {.arena = report->arena, .room = room};
    c.items = pl_arena_calloc(report->arena, room + 1, sizeof(claim));
    c.failed = !c.items;
    return c;
}

/* The members of a protobuf-c struct. */
static void check_members(pl_gen_report *report, const pl_gen_message *m) {
    claims c = make(report, 2 * m->field_count + m->proto->n_oneof_decl + 1);
    if (c.failed) {
        report->failed = true;
        return;
    }
    add(&c, "base", &m->place, "the head of message", m->full);
    for (size_t i = 0; i < m->field_count; i++) {
        const pl_gen_field *f = &m->fields[i];
        add(&c, f->member, &f->place, "field", f->name);
        if (f->repeated)
            add(&c, pl_arena_printf(report->arena, "n_%s", f->member), &f->place,
                "the count of field", f->name);
        if (f->case_member)
            add(&c, f->case_member, &f->place, "the case of oneof",
                m->proto->oneof_decl[f->proto->oneof_index]->name);
    }
    report_doubles(report, &c);
}

static void claim_message(claims *c, const pl_gen_message *m) {
    pl_arena *a = c->arena;
    add(c, m->c, &m->place, "message", m->full);
    add(c, pl_arena_printf(a, "%s_INIT", m->c_upper), &m->place, "message", m->full);
    add(c, pl_arena_printf(a, "%s_new", m->c), &m->place, "message", m->full);
    add(c, m->pb, &m->place, "message", m->full);
    add(c, pl_arena_printf(a, "%s__descriptor", m->pb_lower), &m->place, "message", m->full);
    for (size_t i = 0; i < m->proto->n_oneof_decl; i++) {
        const char *type = pl_name_pbc_type(a, m->proto->oneof_decl[i]->name);
        add(c, type ? pl_arena_printf(a, "%s__%sCase", m->pb, type) : NULL, &m->place,
            "the case of oneof", m->proto->oneof_decl[i]->name);
    }
}

static void claim_enum(claims *c, const pl_gen_enum *e) {
    add(c, e->c, &e->place, "enum", e->full);
    add(c, e->pb, &e->place, "enum", e->full);
    add(c, pl_arena_printf(c->arena, "%s__descriptor", e->pb_lower), &e->place, "enum", e->full);
    add(c, pl_arena_printf(c->arena, "%s_name", e->c), &e->place, "enum", e->full);
    add(c, pl_arena_printf(c->arena, "%s_find", e->c), &e->place, "enum", e->full);
    for (size_t i = 0; i < e->value_count; i++)
        add(c, e->values[i].c, &e->values[i].place, "value", e->values[i].proto->name);
}

static void claim_service(claims *c, const pl_gen_service *s) {
    add(c, s->c, &s->place, "service", s->full);
    static const char *const SUFFIX[] = {"ops", "desc", "bind", "client", "mock", "METHOD_COUNT"};
    for (size_t i = 0; i < PL_COUNT(SUFFIX); i++)
        add(c, pl_arena_printf(c->arena, "%s_%s", s->c, SUFFIX[i]), &s->place, "service", s->full);
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        add(c, pl_arena_printf(c->arena, "%s_%s", s->c, m->upper), &m->place, "method", m->name);
        add(c, pl_arena_printf(c->arena, "%s.%s", s->c, m->snake), &m->place, "method", m->name);
        add(c, pl_arena_printf(c->arena, "%s_%s_async", s->c, m->snake), &m->place, "method",
            m->name);
    }
}

void pl_check_names(pl_gen_report *report, const pl_gen_file *file) {
    size_t room = 1;
    for (size_t i = 0; i < file->message_count; i++)
        room += 5 + file->messages[i].proto->n_oneof_decl;
    for (size_t i = 0; i < file->enum_count; i++)
        room += 5 + file->enums[i].value_count;
    for (size_t i = 0; i < file->service_count; i++)
        room += 7 + 3 * file->services[i].method_count;
    claims c = make(report, room);
    for (size_t i = 0; i < file->message_count; i++) {
        claim_message(&c, &file->messages[i]);
        check_members(report, &file->messages[i]);
    }
    for (size_t i = 0; i < file->enum_count; i++)
        claim_enum(&c, &file->enums[i]);
    for (size_t i = 0; i < file->service_count; i++)
        claim_service(&c, &file->services[i]);
    report_doubles(report, &c);
}

#include "check.h"
#include "names.h"

/* Pairs of things already told to share a name. */
#define TOLD_MAX 128

/* A C name and who brings it. */
typedef struct claim {
    const char *name;
    const pl_gen_place *place;
    const char *what; /* "message mall.orders.v1.Order" */
} claim;

typedef struct claims {
    pl_arena *arena;
    const pl_gen_file *file; /* only its names are reported */
    claim *items;
    size_t count, room;
    bool failed;
} claims;

static void add(claims *c, const char *name, const pl_gen_place *place, const char *kind,
                const char *of) {
    bool own = place->file == c->file;
    const char *what = own ? pl_arena_printf(c->arena, "%s %s", kind, of)
                           : pl_arena_printf(c->arena, "%s %s (%s)", kind, of, place->file->name);
    if (c->count == c->room || !name || !what) {
        c->failed = true;
        return;
    }
    claim item = {name, place, what};
    c->items[c->count++] = item;
}

/* One more name of the same thing: PREFIX_SUFFIX. */
static void add_more(claims *c, const char *prefix, const char *suffix, const pl_gen_place *place,
                     const char *kind, const char *of) {
    add(c, pl_arena_printf(c->arena, "%s_%s", prefix, suffix), place, kind, of);
}

static bool same_pair(const claim *a, const claim *b, const claim *x, const claim *y) {
    return strcmp(a->what, x->what) == 0 && strcmp(b->what, y->what) == 0;
}

/* Reports what shares a name, once for two things, at the later one. Claims of other files stand
 * first. */
static void report_doubles(pl_gen_report *report, const claims *c) {
    size_t told[TOLD_MAX][2], told_count = 0;
    if (c->failed) {
        report->failed = true;
        return;
    }
    for (size_t i = 1; i < c->count && told_count < TOLD_MAX; i++) {
        const claim *b = &c->items[i];
        for (size_t k = 0; b->place->file == c->file && k < i; k++) {
            const claim *a = &c->items[k];
            if (strcmp(a->name, b->name) != 0 || strcmp(a->what, b->what) == 0)
                continue;
            bool known = told_count == TOLD_MAX;
            for (size_t t = 0; t < told_count && !known; t++)
                known = same_pair(a, b, &c->items[told[t][0]], &c->items[told[t][1]]);
            if (known)
                continue;
            told[told_count][0] = k;
            told[told_count++][1] = i;
            pl_gen_fault_add(report, b->place, "%s and %s are both %s in C; rename one", b->what,
                             a->what, b->name);
        }
    }
}

static claims make(pl_gen_report *report, const pl_gen_file *file, size_t room) {
    claims c = {.arena = report->arena, .file = file, .room = room};
    c.items = pl_arena_calloc(report->arena, room + 1, sizeof(claim));
    if (!c.items) {
        c.room = 0;
        c.failed = true;
    }
    return c;
}

/* What to call a oneof: that of an optional field has its name, after "_". */
static const char *oneof_kind(const char *oneof) {
    return oneof[0] == '_' ? "the presence of field" : "the case of oneof";
}
static const char *oneof_name(const char *oneof) {
    return oneof + (oneof[0] == '_');
}

/* The members of a protobuf-c struct. */
static void check_members(pl_gen_report *report, const pl_gen_message *m) {
    claims c = make(report, m->file, 3 * m->field_count + m->proto->n_oneof_decl + 1);
    add(&c, "base", &m->place, "the head of message", m->full);
    for (size_t i = 0; i < m->field_count; i++) {
        const pl_gen_field *f = &m->fields[i];
        const char *oneof = f->case_member ? m->proto->oneof_decl[f->proto->oneof_index]->name : "";
        add(&c, f->member, &f->place, "field", f->name);
        if (f->repeated)
            add(&c, pl_arena_printf(report->arena, "n_%s", f->member), &f->place,
                "the count of field", f->name);
        if (f->case_member)
            add(&c, f->case_member, &f->place, oneof_kind(oneof), oneof_name(oneof));
        if (pl_name_is_unsafe(f->member))
            pl_gen_fault_add(
                report, &f->place,
                "field %s is a word, type or macro of C or C++ that protobuf-c does not "
                "rename; call it otherwise, %s_value for example",
                f->name, f->name);
    }
    report_doubles(report, &c);
}

/* The members of a nanopb struct. */
static void check_event_members(pl_gen_report *report, const pl_gen_message *m) {
    claims c = make(report, m->file, 2 * m->field_count + 2 * m->proto->n_oneof_decl);
    for (size_t i = 0; i < m->proto->n_oneof_decl; i++) {
        const char *oneof = m->proto->oneof_decl[i]->name;
        if (oneof[0] == '_')
            continue;
        add(&c, oneof, &m->place, "oneof", oneof);
        add(&c, pl_arena_printf(report->arena, "which_%s", oneof), &m->place, "the case of oneof",
            oneof);
        if (pl_name_is_word(oneof))
            pl_gen_fault_add(report, &m->place,
                             "oneof %s is a word or macro of C or C++, and nanopb does not rename "
                             "it; call it otherwise, %s_choice for example",
                             oneof, oneof);
    }
    for (size_t i = 0; i < m->field_count; i++) {
        const pl_gen_field *f = &m->fields[i];
        if (f->case_member && !f->optional)
            continue;
        add(&c, f->name, &f->place, "field", f->name);
        if (f->repeated)
            add(&c, pl_arena_printf(report->arena, "%s_count", f->name), &f->place,
                "the count of field", f->name);
        else if (f->optional || f->sub)
            add(&c, pl_arena_printf(report->arena, "has_%s", f->name), &f->place,
                "the presence of field", f->name);
    }
    report_doubles(report, &c);
}

/* What a message adds of its oneofs: a type, and constants. */
static void claim_oneofs(claims *c, const pl_gen_message *m) {
    for (size_t i = 0; i < m->proto->n_oneof_decl; i++) {
        const char *oneof = m->proto->oneof_decl[i]->name;
        const char *type = pl_name_pbc_type(c->arena, oneof);
        add(c, type ? pl_arena_printf(c->arena, "%s__%sCase", m->pb, type) : NULL, &m->place,
            oneof_kind(oneof), oneof_name(oneof));
        add(c, pl_name_pbc_case(c->arena, m->pb_upper, oneof, "_not_set"), &m->place,
            oneof_kind(oneof), oneof_name(oneof));
    }
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].case_constant) {
            add(c, m->fields[i].case_constant, &m->fields[i].place, "the case of field",
                m->fields[i].name);
            add(c, m->fields[i].case_c, &m->fields[i].place, "the case of field",
                m->fields[i].name);
        }
}

/* The functions of an event: publish_x, x_fn, on_x and its descriptor. */
static void claim_event(claims *c, const pl_gen_message *m) {
    const char *prefix = m->file->prefix;
    const char *snake = pl_name_snake(c->arena, m->c + strlen(prefix));
    add_more(c, m->c, "desc", &m->place, "event", m->full);
    if (!snake) {
        c->failed = true;
        return;
    }
    add(c, pl_arena_printf(c->arena, "%spublish_%s", prefix, snake), &m->place, "event", m->full);
    add(c, pl_arena_printf(c->arena, "%son_%s", prefix, snake), &m->place, "event", m->full);
    add(c, pl_arena_printf(c->arena, "%s%s_fn", prefix, snake), &m->place, "event", m->full);
}

static void claim_message(claims *c, const pl_gen_message *m) {
    static const char *const SUFFIX[] = {"new", "validate"};
    add(c, m->c, &m->place, "message", m->full);
    if (m->event) {
        claim_event(c, m);
        return;
    }
    add_more(c, m->c_upper, "INIT", &m->place, "message", m->full);
    for (size_t i = 0; i < PL_COUNT(SUFFIX); i++)
        add_more(c, m->c, SUFFIX[i], &m->place, "message", m->full);
    if (m->masked)
        add_more(c, m->c, "check", &m->place, "message", m->full);
    add(c, m->pb, &m->place, "message", m->full);
    add_more(c, m->pb_upper, "_INIT", &m->place, "message", m->full);
    add_more(c, m->pb_lower, "_descriptor", &m->place, "message", m->full);
    claim_oneofs(c, m);
}

static void claim_enum(claims *c, const pl_gen_enum *e) {
    add(c, e->c, &e->place, "enum", e->full);
    add_more(c, e->c, "name", &e->place, "enum", e->full);
    add_more(c, e->c, "find", &e->place, "enum", e->full);
    add(c, e->pb, &e->place, "enum", e->full);
    add_more(c, e->pb_lower, "_descriptor", &e->place, "enum", e->full);
    for (size_t i = 0; i < e->value_count; i++) {
        add(c, e->values[i].c, &e->values[i].place, "value", e->values[i].proto->name);
        add(c, e->values[i].pb, &e->values[i].place, "value", e->values[i].proto->name);
    }
}

/* Suffixes of the functions and types of a method, and of those in its mock. */
static const char *const UNARY[] = {"async", "done"};
static const char *const STREAM[] = {
    "stream",       "client",          "recv",          "send",
    "open",         "start",           "events",        "client_send",
    "client_recv",  "client_end",      "client_answer", "client_cancel",
    "client_close", "client_try_send", "client_pause"};
static const char *const MOCK[] = {"answer", "fail",     "handle", "count",
                                   "last",   "requests", "request"};
/* Static functions of a method; without a package their names are those of public ones. */
static const char *const LOCAL[] = {"call", "relay", "deliver", "dispatch", "validate", "mock"};
#define METHOD_CLAIMS (PL_COUNT(STREAM) + PL_COUNT(MOCK) + PL_COUNT(LOCAL) + 3)

static void claim_method(claims *c, const pl_gen_service *s, const pl_gen_method *m) {
    const char *const *suffix = m->unary ? UNARY : STREAM;
    size_t count = m->unary ? PL_COUNT(UNARY) : PL_COUNT(STREAM);
    const char *function = pl_arena_printf(c->arena, "%s_%s", s->c, m->snake);
    const char *mock = pl_arena_printf(c->arena, "%s_mock_%s", s->c, m->snake);
    if (!function || !mock) {
        c->failed = true;
        return;
    }
    add_more(c, s->c, m->upper, &m->place, "method", m->name);
    add(c, pl_arena_printf(c->arena, "%s.%s", s->c, m->op), &m->place, "method", m->name);
    if (m->unary)
        add(c, m->c, &m->place, "method", m->name);
    for (size_t i = 0; i < count; i++)
        add_more(c, function, suffix[i], &m->place, "method", m->name);
    for (size_t i = 0; !s->file->package[0] && i < PL_COUNT(LOCAL); i++)
        add_more(c, function, LOCAL[i], &m->place, "method", m->name);
    for (size_t i = 0; i < PL_COUNT(MOCK); i++)
        add_more(c, mock, MOCK[i], &m->place, "method", m->name);
}

static const char *const SERVICE[] = {"ops",          "desc",        "bind",      "client",
                                      "mock",         "mock_new",    "mock_free", "mock_clear",
                                      "mock_service", "METHOD_COUNT"};

static void claim_service(claims *c, const pl_gen_service *s) {
    add(c, s->c, &s->place, "service", s->full);
    for (size_t i = 0; i < PL_COUNT(SERVICE); i++)
        add_more(c, s->c, SERVICE[i], &s->place, "service", s->full);
    for (size_t i = 0; i < s->method_count; i++)
        claim_method(c, s, &s->methods[i]);
}

static void claim_file(claims *c, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        claim_message(c, &file->messages[i]);
    for (size_t i = 0; i < file->enum_count; i++)
        claim_enum(c, &file->enums[i]);
    for (size_t i = 0; i < file->service_count; i++)
        claim_service(c, &file->services[i]);
}

/* At least the claims of FILE. */
static size_t room_of(const pl_gen_file *file) {
    size_t room = 0;
    for (size_t i = 0; i < file->message_count; i++)
        room += 12 + 2 * file->messages[i].proto->n_oneof_decl + 2 * file->messages[i].field_count;
    for (size_t i = 0; i < file->enum_count; i++)
        room += 5 + 2 * file->enums[i].value_count;
    for (size_t i = 0; i < file->service_count; i++)
        room += 1 + PL_COUNT(SERVICE) + METHOD_CLAIMS * file->services[i].method_count;
    return room;
}

/* Without a package a name is alone in C. */
static void check_bare(pl_gen_report *report, const pl_gen_place *place, const char *kind,
                       const char *name) {
    if (pl_name_is_word(name))
        pl_gen_fault_add(report, place,
                         "%s %s is a word or macro of C or C++, and no package stands before it; "
                         "add package <system>.<service>.v1; to the file",
                         kind, name);
}

static void check_bares(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        check_bare(report, &file->messages[i].place, "message", file->messages[i].c);
    for (size_t i = 0; i < file->enum_count; i++) {
        check_bare(report, &file->enums[i].place, "enum", file->enums[i].c);
        for (size_t k = 0; k < file->enums[i].value_count; k++)
            check_bare(report, &file->enums[i].values[k].place, "value",
                       file->enums[i].values[k].c);
    }
    for (size_t i = 0; i < file->service_count; i++)
        check_bare(report, &file->services[i].place, "service", file->services[i].c);
}

void pl_check_names(pl_gen_report *report, const pl_gen *gen, const pl_gen_file *file,
                    pl_gen_mode mode) {
    size_t room = 0;
    for (size_t i = 0; i < gen->file_count; i++)
        room += room_of(&gen->files[i]);
    claims c = make(report, file, room);
    for (size_t i = 0; i < gen->file_count; i++)
        if (&gen->files[i] != file)
            claim_file(&c, &gen->files[i]);
    claim_file(&c, file);
    report_doubles(report, &c);
    for (size_t i = 0; i < file->message_count; i++)
        (mode == PL_GEN_EVENTS ? check_event_members : check_members)(report, &file->messages[i]);
    if (!file->package[0])
        check_bares(report, file);
}

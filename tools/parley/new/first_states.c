/* tests/states.c as far as contracts say it: a function for each state and trigger that they name,
 * with the parameters they give and the values they take from it. */
#include <string.h>

#include "new/first.h"

/* FIELDS_MAX is PL_STATE_FIELDS_MAX of parley/verify/states.h, which stands on more than this
 * program. */
enum { STATES_MAX = 128, FIELDS_MAX = 32, COLLECT_ARENA_MAX = 4 << 20 };

typedef struct field {
    pl_str name;
    const char *type; /* "PL_STATE_INT64" */
    size_t used;      /* in how many contracts */
} field;

typedef struct state {
    pl_str name;
    size_t used;
    field parameters[FIELDS_MAX];
    size_t parameter_count;
    field returns[FIELDS_MAX];
    size_t return_count;
} state;

typedef struct states {
    state *items;
    size_t count;
    pl_str triggers[STATES_MAX];
    size_t trigger_count;
    bool full;
} states;

/* ---- what contracts name ---------------------------------------------------------------- */

static field *keep_field(states *all, field *fields, size_t *count, pl_str name, const char *type) {
    for (size_t i = 0; i < *count; i++) {
        if (pl_str_eq(fields[i].name, name)) {
            /* What is whole in one contract may be broken in another. */
            if (strcmp(type, "PL_STATE_DOUBLE") == 0)
                fields[i].type = type;
            return &fields[i];
        }
    }
    if (*count == FIELDS_MAX) {
        all->full = true;
        return &fields[0];
    }
    fields[*count] = (field){.name = name, .type = type};
    return &fields[(*count)++];
}

static state *keep_state(states *all, pl_str name) {
    for (size_t i = 0; i < all->count; i++) {
        if (pl_str_eq(all->items[i].name, name))
            return &all->items[i];
    }
    if (all->count == STATES_MAX) {
        all->full = true;
        return &all->items[0];
    }
    all->items[all->count] = (state){.name = name};
    return &all->items[all->count++];
}

static void keep_trigger(states *all, pl_str name) {
    for (size_t i = 0; i < all->trigger_count; i++) {
        if (pl_str_eq(all->triggers[i], name))
            return;
    }
    if (all->trigger_count == STATES_MAX)
        all->full = true;
    else
        all->triggers[all->trigger_count++] = name;
}

static const char *type_of_json(pl_str json) {
    int64_t whole;
    uint64_t great;
    if (json.n && (json.p[0] == 't' || json.p[0] == 'f'))
        return "PL_STATE_BOOL";
    if (!json.n || (json.p[0] != '-' && (json.p[0] < '0' || json.p[0] > '9')))
        return "PL_STATE_STRING";
    if (pl_str_i64(json, &whole))
        return "PL_STATE_INT64";
    return pl_str_u64(json, &great) ? "PL_STATE_UINT64" : "PL_STATE_DOUBLE";
}

static const char *type_of_field(const pl_field *wanted) {
    switch (wanted ? pl_leaf_of(wanted) : PL_LEAF_STRING) {
    case PL_LEAF_SIGNED:
        return "PL_STATE_INT64";
    case PL_LEAF_UNSIGNED:
        return "PL_STATE_UINT64";
    case PL_LEAF_FLOAT:
        return "PL_STATE_DOUBLE";
    case PL_LEAF_BOOL:
        return "PL_STATE_BOOL";
    default:
        return "PL_STATE_STRING";
    }
}

/* !from_state does not say of which state: the last that is given. */
static void keep_returns(states *all, state *of, const pl_matcher *matcher,
                         const pl_field *wanted) {
    if (!matcher || !of)
        return;
    if (matcher->kind == PL_MATCH_FROM_STATE)
        (void)keep_field(all, of->returns, &of->return_count, matcher->value.text,
                         type_of_field(wanted));
    for (size_t i = 0; i < matcher->member_count; i++)
        keep_returns(all, of, matcher->members[i].matcher, matcher->members[i].field);
    for (size_t i = 0; i < matcher->item_count; i++)
        keep_returns(all, of, matcher->items[i], wanted);
}

static void keep_returns_of_step(states *all, state *of, const pl_contract_step *step) {
    keep_returns(all, of, step->message, NULL);
    keep_returns(all, of, step->status.message, NULL);
    for (size_t i = 0; i < step->status.detail_count; i++)
        keep_returns(all, of, step->status.details[i], NULL);
    for (size_t i = 0; i < step->step_count; i++)
        keep_returns_of_step(all, of, &step->steps[i]);
}

static void collect_contract(states *all, const pl_contract *c) {
    state *last = NULL;
    for (size_t i = 0; i < c->given_count; i++) {
        last = keep_state(all, c->given[i].name);
        last->used++;
        for (size_t p = 0; p < c->given[i].parameter_count; p++) {
            const pl_contract_parameter *with = &c->given[i].parameters[p];
            keep_field(all, last->parameters, &last->parameter_count, with->name,
                       type_of_json(with->json))
                ->used++;
        }
    }
    if (c->event)
        keep_trigger(all, c->trigger);
    for (size_t i = 0; i < c->step_count; i++)
        keep_returns_of_step(all, last, &c->steps[i]);
    for (size_t i = 0; i < c->metadata_count; i++)
        keep_returns(all, last, c->metadata[i].matcher, NULL);
    keep_returns(all, last, c->payload, NULL);
}

/* False without memory, or where there are too many. */
static bool collect(const first_protos *f, pl_arena *arena, states *all) {
    const pl_contract_set *set = f->c.set;
    *all = (states){.items = pl_arena_calloc(arena, STATES_MAX, sizeof *all->items)};
    if (!all->items)
        return false;
    for (size_t i = 0; i < pl_contract_set_file_count(set); i++) {
        const pl_contract_file *file = pl_contract_set_file(set, i);
        for (size_t c = 0; c < file->contract_count; c++)
            collect_contract(all, file->contracts[c]);
    }
    return !all->full;
}

const char *first_state(const first_protos *f) {
    for (size_t i = 0; f->c.set && i < pl_contract_set_file_count(f->c.set); i++) {
        const pl_contract_file *file = pl_contract_set_file(f->c.set, i);
        for (size_t c = 0; c < file->contract_count; c++) {
            if (file->contracts[c]->given_count)
                return file->contracts[c]->given[0].name.p;
            if (file->contracts[c]->event)
                return file->contracts[c]->trigger.p;
        }
    }
    return NULL;
}

/* ---- what is written -------------------------------------------------------------------- */

/* NAME as a part of a C identifier. */
static void put_id(pl_str name, pl_buf *out) {
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        pl_buf_putc(out, fits ? c : '_');
    }
}

/* "book_there" as "book there". */
static void put_words(pl_str name, pl_buf *out) {
    for (size_t i = 0; i < name.n; i++)
        pl_buf_putc(out, name.p[i] == '_' ? ' ' : name.p[i]);
}

static void put_fields(const state *s, const char *kind, const field *fields, size_t count,
                       pl_buf *out) {
    if (count == 0)
        return;
    pl_buf_puts(out, "static const pl_state_field ");
    put_id(s->name, out);
    pl_buf_printf(out, "_%s[] = {\n", kind);
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(out, "    {\"%s\", %s, %s},\n", fields[i].name.p, fields[i].type,
                      fields[i].used && fields[i].used < s->used ? "true" : "false");
    pl_buf_puts(out, "};\n");
}

static void put_setup(const state *s, pl_buf *out) {
    put_fields(s, "takes", s->parameters, s->parameter_count, out);
    put_fields(s, "returns", s->returns, s->return_count, out);
    pl_buf_puts(out, "static pl_code setup_");
    put_id(s->name, out);
    pl_buf_puts(out, "(void *self, const pl_state_values *with, pl_state_values *returns, pl_error "
                     "*err) {\n    (void)self;\n    (void)with;\n    (void)returns;\n"
                     "    return not_written(err);\n}\n\n");
}

static void put_fire(pl_str name, pl_buf *out) {
    pl_buf_puts(out, "static pl_code fire_");
    put_id(name, out);
    pl_buf_puts(out, "(void *self, pl_error *err) {\n    (void)self;\n"
                     "    return not_written(err);\n}\n\n");
}

static void put_row_fields(const state *s, const char *kind, const char *member, const char *count,
                           pl_buf *out) {
    pl_buf_printf(out, "        .%s = ", member);
    put_id(s->name, out);
    pl_buf_printf(out, "_%s,\n        .%s = PL_COUNT(", kind, count);
    put_id(s->name, out);
    pl_buf_printf(out, "_%s),\n", kind);
}

static void put_rows(const states *all, pl_buf *out) {
    if (all->count)
        pl_buf_puts(out, "static const pl_state_def states[] = {\n");
    for (size_t i = 0; i < all->count; i++) {
        const state *s = &all->items[i];
        pl_buf_printf(out, "    {\n        .name = \"%s\",\n        .description = \"", s->name.p);
        put_words(s->name, out);
        pl_buf_puts(out, "\",\n");
        if (s->parameter_count)
            put_row_fields(s, "takes", "parameters", "parameter_count", out);
        if (s->return_count)
            put_row_fields(s, "returns", "returns", "return_count", out);
        pl_buf_puts(out, "        .setup = setup_");
        put_id(s->name, out);
        pl_buf_puts(out, ",\n    },\n");
    }
    if (all->count)
        pl_buf_puts(out, "};\n\n");
    if (all->trigger_count)
        pl_buf_puts(out, "static const pl_trigger_def triggers[] = {\n");
    for (size_t i = 0; i < all->trigger_count; i++) {
        pl_buf_printf(out, "    {\n        .name = \"%s\",\n        .fire = fire_",
                      all->triggers[i].p);
        put_id(all->triggers[i], out);
        pl_buf_puts(out, ",\n    },\n");
    }
    if (all->trigger_count)
        pl_buf_puts(out, "};\n\n");
}

bool first_write_states(const first_protos *f, pl_buf *out) {
    pl_arena arena = pl_arena_make(COLLECT_ARENA_MAX);
    states all;
    bool written = collect(f, &arena, &all);
    if (written && (all.count || all.trigger_count))
        pl_buf_printf(out,
                      "/* Of what is still to be written; goes with the last of it. */\n"
                      "static pl_code not_written(pl_error *err) {\n"
                      "    return pl_error_set(err, PL_UNIMPLEMENTED, \"not written yet: "
                      "services/%s/%s/tests/states.c\");\n}\n\n",
                      f->system, f->service);
    for (size_t i = 0; written && i < all.count; i++)
        put_setup(&all.items[i], out);
    for (size_t i = 0; written && i < all.trigger_count; i++)
        put_fire(all.triggers[i], out);
    if (written)
        put_rows(&all, out);
    pl_arena_done(&arena);
    return written && !out->failed;
}

bool first_write_members(const first_protos *f, pl_buf *out) {
    pl_arena arena = pl_arena_make(COLLECT_ARENA_MAX);
    states all;
    bool written = collect(f, &arena, &all);
    if (written && all.count)
        pl_buf_puts(out, "    .states = states,\n    .state_count = PL_COUNT(states),\n");
    if (written && all.trigger_count)
        pl_buf_puts(out, "    .triggers = triggers,\n    .trigger_count = PL_COUNT(triggers),\n");
    pl_arena_done(&arena);
    return written && !out->failed;
}

/* What a provider has, row by row, and who uses it. */
#include "parley/breaking/coverage.h"

#include <stdlib.h>

#include "grow.h"
#include "mentions.h"
#include "uses.h"

/* A row while its uses grow. */
typedef struct entry {
    pl_covered row;
    const void *of; /* a method (with a status), an event, a field in its role, an enum value */
    int status;
    pl_use *uses;
    size_t use_count, use_room;
} entry;

typedef struct walk {
    const pl_contract_set *set;
    pl_str provider;
    pl_arena *arena;
    entry *entries;
    size_t count, room;
    entry **index;     /* the same by what they are about */
    const void **seen; /* types of the part at hand; of enums, all */
    size_t seen_count, seen_room;
    const pl_contract *contract; /* that is looked at */
    bool full;
} walk;

#define PL_PART_NAME(symbol, name, title)  name,
#define PL_PART_TITLE(symbol, name, title) title,

const char *pl_part_name(pl_part part) {
    static const char *const names[] = {PL_PART_TABLE(PL_PART_NAME)};
    return names[part];
}

const char *pl_part_title(pl_part part) {
    static const char *const titles[] = {PL_PART_TABLE(PL_PART_TITLE)};
    return titles[part];
}

static pl_str short_name(const walk *w, pl_str full) {
    bool below = pl_str_starts(full, w->provider) && full.n > w->provider.n &&
                 full.p[w->provider.n] == '.';
    return below ? pl_str_make(full.p + w->provider.n + 1, full.n - w->provider.n - 1) : full;
}

/* ---- what there is --------------------------------------------------------------------------- */

static void add_row(walk *w, const pl_covered *row, const void *of, int status) {
    entry *entries = w->count < PL_COVERAGE_ROWS_MAX
                         ? grow(w->arena, w->entries, w->count, &w->room, sizeof *entries)
                         : NULL;
    w->full = w->full || !entries;
    if (!entries)
        return;
    w->entries = entries;
    entries[w->count++] = (entry){.row = *row, .of = of, .status = status};
}

/* True the second time, and where there is no room. */
static bool seen_before(walk *w, const void *type) {
    for (size_t i = 0; i < w->seen_count; i++) {
        if (w->seen[i] == type)
            return true;
    }
    const void **seen = grow(w->arena, (void *)w->seen, w->seen_count, &w->seen_room, sizeof *seen);
    w->full = w->full || !seen;
    if (!seen)
        return true;
    w->seen = seen;
    seen[w->seen_count++] = type;
    return false;
}

static bool is_foreign(const pl_message_type *type) {
    return pl_str_starts(type->file->name, pl_str_c("google/"));
}

static const pl_field *value_of(const pl_field *field) {
    return field->map ? &field->message->fields[1] : field;
}

static void add_field(walk *w, const pl_field *field, pl_part part) {
    pl_covered row = {.part = part, .name = short_name(w, field->full_name), .field = field};
    add_row(w, &row, field, 0);
}

/* The zero value that stands for "not said" is nobody's. */
static bool is_unspecified(const pl_enum_value *value) {
    return value->number == 0 && pl_str_ends(value->name, pl_str_c("_UNSPECIFIED"));
}

static void add_enum(walk *w, const pl_enum_type *type) {
    if (!type || pl_str_starts(type->file->name, pl_str_c("google/")) || seen_before(w, type))
        return;
    for (size_t i = 0; i < type->value_count; i++) {
        const pl_enum_value *value = &type->values[i];
        pl_str name = short_name(w, type->full_name);
        const char *text = pl_arena_printf(w->arena, "%.*s.%s", PL_FMT(name), value->name.p);
        pl_covered row = {.part = PL_PART_ENUM_VALUE, .name = pl_str_c(text)};
        w->full = w->full || !text;
        if (!is_unspecified(value))
            add_row(w, &row, value, 0);
    }
}

/* Fields of TYPE and of the messages in it; for enum values, the enums among them. */
static void add_message(walk *w, const pl_message_type *type, pl_part part) {
    if (is_foreign(type) || seen_before(w, type))
        return;
    for (size_t i = 0; i < type->field_count && part != PL_PART_ENUM_VALUE; i++)
        add_field(w, &type->fields[i], part);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *value = value_of(&type->fields[i]);
        if (part == PL_PART_ENUM_VALUE)
            add_enum(w, value->enumeration);
        if (value->message)
            add_message(w, value->message, part);
    }
}

/* One for each status but OK: those that no contract has are dropped in the end. */
static void add_statuses(walk *w, const pl_method_type *method) {
    pl_str name = short_name(w, method->full_name);
    for (int code = 1; code < PL_CODE_COUNT; code++) {
        const char *text = pl_arena_printf(w->arena, "%.*s %s", PL_FMT(name),
                                           pl_code_name((pl_code)code));
        pl_covered row = {.part = PL_PART_STATUS, .name = pl_str_c(text)};
        w->full = w->full || !text;
        add_row(w, &row, method, code);
    }
}

static void add_method(walk *w, const pl_method_type *method, pl_part part) {
    pl_covered row = {.part = part, .name = short_name(w, method->full_name)};
    if (part == PL_PART_RPC)
        add_row(w, &row, method, 0);
    if (part == PL_PART_STATUS)
        add_statuses(w, method);
    if (part == PL_PART_REQUEST || part == PL_PART_ENUM_VALUE)
        add_message(w, method->input, part);
    if (part == PL_PART_ANSWER || part == PL_PART_ENUM_VALUE)
        add_message(w, method->output, part);
}

static void add_events(walk *w, const pl_message_type *type, pl_part part) {
    pl_covered row = {.part = part, .name = short_name(w, type->full_name)};
    if (type->is_event && part == PL_PART_EVENT)
        add_row(w, &row, type, 0);
    if (type->is_event && (part == PL_PART_EVENT_FIELD || part == PL_PART_ENUM_VALUE))
        add_message(w, type, part);
    for (size_t i = 0; i < type->message_count; i++)
        add_events(w, type->messages[i], part);
}

static void add_part(walk *w, pl_part part) {
    const pl_pool *pool = pl_contract_set_pool(w->set);
    w->seen_count = 0;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        if (!pl_str_eq(file->package, w->provider))
            continue;
        for (size_t k = 0; k < file->service_count; k++) {
            for (size_t m = 0; m < file->services[k]->method_count; m++)
                add_method(w, &file->services[k]->methods[m], part);
        }
        for (size_t k = 0; k < file->message_count; k++)
            add_events(w, file->messages[k], part);
    }
}

/* ---- who uses it ----------------------------------------------------------------------------- */

static int by_subject(const void *left, const void *right) {
    const entry *a = *(entry *const *)left, *b = *(entry *const *)right;
    if (a->of != b->of)
        return (uintptr_t)a->of < (uintptr_t)b->of ? -1 : 1;
    if (a->row.part != b->row.part)
        return a->row.part < b->row.part ? -1 : 1;
    return (a->status > b->status) - (a->status < b->status);
}

static bool make_index(walk *w) {
    w->index = pl_arena_calloc(w->arena, w->count, sizeof(entry *));
    for (size_t i = 0; w->index && i < w->count; i++)
        w->index[i] = &w->entries[i];
    if (w->index && w->count > 1)
        qsort(w->index, w->count, sizeof(entry *), by_subject);
    return w->index;
}

/* The contract at hand uses OF; what is no part of the provider is passed over. */
static void use(walk *w, const void *of, pl_part part, int status, pl_contract_at at) {
    entry wanted = {.row = {.part = part}, .of = of, .status = status};
    const entry *wanted_at = &wanted;
    entry *const *found = bsearch(&wanted_at, w->index, w->count, sizeof(entry *), by_subject);
    entry *e = found ? *found : NULL;
    if (!e || (e->use_count && e->uses[e->use_count - 1].contract == w->contract))
        return;
    pl_use *list = grow(w->arena, e->uses, e->use_count, &e->use_room, sizeof *list);
    w->full = w->full || !list;
    if (!list)
        return;
    e->uses = list;
    list[e->use_count++] = (pl_use){w->contract, at.line ? at : w->contract->at};
}

static void take_field(void *self, uses_side side, const pl_field *field, const pl_matcher *m) {
    static const pl_part parts[] = {[USES_REQUEST] = PL_PART_REQUEST,
                                    [USES_ANSWER] = PL_PART_ANSWER,
                                    [USES_EVENT] = PL_PART_EVENT_FIELD};
    walk *w = self;
    const pl_enum_type *type = value_of(field)->enumeration;
    use(w, field, parts[side], 0, m->at);
    for (size_t i = 0; type && i < type->value_count; i++) {
        if (mentions_number(m, type->values[i].number))
            use(w, &type->values[i], PL_PART_ENUM_VALUE, 0, m->at);
    }
}

static void look_at(walk *w, const pl_contract *contract) {
    const pl_contract_status *status = pl_contract_status_of(contract);
    w->contract = contract;
    if (contract->event)
        use(w, contract->event, PL_PART_EVENT, 0, contract->at);
    if (contract->method)
        use(w, contract->method, PL_PART_RPC, 0, contract->at);
    if (contract->method && status)
        use(w, contract->method, PL_PART_STATUS, status->code, contract->at);
    uses_each_field(contract, take_field, w);
}

static void look_at_all(walk *w) {
    for (size_t i = 0; i < pl_contract_set_file_count(w->set); i++) {
        const pl_contract_file *file = pl_contract_set_file(w->set, i);
        bool ours = pl_str_eq(file->provider, w->provider);
        for (size_t k = 0; ours && k < file->contract_count; k++)
            look_at(w, file->contracts[k]);
    }
}

/* Rows with their uses; statuses that nobody expects go. */
static void finish(walk *w, pl_covered *rows, pl_coverage *out) {
    *out = (pl_coverage){.rows = rows};
    for (size_t i = 0; i < w->count; i++) {
        const entry *e = &w->entries[i];
        bool counts = e->row.part != PL_PART_STATUS;
        if (!counts && !e->use_count)
            continue;
        pl_covered *row = &rows[out->row_count++];
        *row = e->row;
        row->uses = e->uses;
        row->use_count = e->use_count;
        out->total += counts;
        out->used += counts && e->use_count > 0;
    }
}

pl_code pl_coverage_of(const pl_contract_set *set, pl_str provider, pl_arena *arena,
                       pl_coverage *out, pl_error *err) {
    walk w = {.set = set, .provider = provider, .arena = arena};
    for (int part = 0; part < PL_PART_COUNT; part++)
        add_part(&w, (pl_part)part);
    pl_covered *rows = pl_arena_calloc(arena, w.count, sizeof *rows);
    if (!w.full && make_index(&w))
        look_at_all(&w);
    if (w.full || !w.index || !rows)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "coverage of %.*s: more than %u parts, or no memory", PL_FMT(provider),
                            PL_COVERAGE_ROWS_MAX);
    finish(&w, rows, out);
    return PL_OK;
}

/* What a provider has, row by row, and who uses it. */
#include "parley/breaking/coverage.h"

#include "grow.h"
#include "uses.h"

typedef struct walk {
    const pl_contract_set *set;
    pl_str provider;
    pl_arena *arena;
    pl_covered *rows;
    size_t count, room;
    const void **seen; /* types of the part at hand; of enums, all */
    size_t seen_count, seen_room;
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

/* ---- who uses it ----------------------------------------------------------------------------- */

/* What a row is about. */
typedef struct subject {
    const pl_method_type *method;
    const pl_message_type *event;
    const pl_change *change; /* that would take it away */
    unsigned sides;
    int status; /* 0: whatever it is */
} subject;

static bool is_used(const pl_contract *contract, const subject *about, pl_contract_at *out_at) {
    const pl_contract_status *status = pl_contract_status_of(contract);
    if (about->change)
        return contract_uses(contract, about->change, about->sides, out_at);
    *out_at = contract->at;
    if (about->event)
        return contract->event == about->event;
    return contract->method == about->method &&
           (!about->status || (status && status->code == about->status));
}

/* The uses of SUBJECT, counted, or also written where OUT is not NULL. */
static size_t find_uses(const walk *w, const subject *about, pl_use *out) {
    size_t count = 0;
    for (size_t i = 0; i < pl_contract_set_file_count(w->set); i++) {
        const pl_contract_file *file = pl_contract_set_file(w->set, i);
        bool ours = pl_str_eq(file->provider, w->provider);
        for (size_t k = 0; ours && k < file->contract_count; k++) {
            pl_use use = {.contract = file->contracts[k]};
            if (!is_used(use.contract, about, &use.at))
                continue;
            if (out)
                out[count] = use;
            count++;
        }
    }
    return count;
}

static void add_row(walk *w, const pl_covered *row, const subject *about) {
    size_t count = find_uses(w, about, NULL);
    pl_use *uses = count ? pl_arena_calloc(w->arena, count, sizeof *uses) : NULL;
    pl_covered *rows = grow(w->arena, w->rows, w->count, &w->room, sizeof *rows);
    if (!rows || (count && !uses) || w->count == PL_COVERAGE_ROWS_MAX) {
        w->full = true;
        return;
    }
    if (uses)
        (void)find_uses(w, about, uses);
    w->rows = rows;
    rows[w->count] = *row;
    rows[w->count].uses = uses;
    rows[w->count++].use_count = count;
}

/* ---- what there is --------------------------------------------------------------------------- */

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
    static const unsigned sides[PL_PART_COUNT] = {[PL_PART_REQUEST] = USES_REQUEST,
                                                  [PL_PART_ANSWER] = USES_ANSWER,
                                                  [PL_PART_EVENT_FIELD] = USES_EVENT};
    pl_change gone = {.rule = pl_rule_find("FIELD_NO_DELETE"), .field = field};
    subject about = {.change = &gone, .sides = sides[part]};
    pl_covered row = {.part = part, .name = short_name(w, field->full_name), .field = field};
    add_row(w, &row, &about);
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
        pl_change gone = {
            .rule = pl_rule_find("ENUM_VALUE_NO_DELETE"), .enumeration = type, .value = value};
        subject about = {.change = &gone, .sides = USES_ANY};
        pl_str name = short_name(w, type->full_name);
        const char *text = pl_arena_printf(w->arena, "%.*s.%s", PL_FMT(name), value->name.p);
        pl_covered row = {.part = PL_PART_ENUM_VALUE, .name = pl_str_c(text)};
        w->full = w->full || !text;
        if (!is_unspecified(value))
            add_row(w, &row, &about);
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

static void add_method(walk *w, const pl_method_type *method, pl_part part) {
    subject about = {.method = method};
    pl_covered row = {.part = part, .name = short_name(w, method->full_name)};
    if (part == PL_PART_RPC)
        add_row(w, &row, &about);
    for (int code = 1; part == PL_PART_STATUS && code < PL_CODE_COUNT; code++) {
        about.status = code;
        if (find_uses(w, &about, NULL) == 0)
            continue;
        const char *text = pl_arena_printf(w->arena, "%.*s %s",
                                           PL_FMT(short_name(w, method->full_name)),
                                           pl_code_name((pl_code)code));
        w->full = w->full || !text;
        row.name = pl_str_c(text);
        add_row(w, &row, &about);
    }
    if (part == PL_PART_REQUEST || part == PL_PART_ENUM_VALUE)
        add_message(w, method->input, part);
    if (part == PL_PART_ANSWER || part == PL_PART_ENUM_VALUE)
        add_message(w, method->output, part);
}

static void add_events(walk *w, const pl_message_type *type, pl_part part) {
    subject about = {.event = type};
    pl_covered row = {.part = part, .name = short_name(w, type->full_name)};
    if (type->is_event && part == PL_PART_EVENT)
        add_row(w, &row, &about);
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

pl_code pl_coverage_of(const pl_contract_set *set, pl_str provider, pl_arena *arena,
                       pl_coverage *out, pl_error *err) {
    walk w = {.set = set, .provider = provider, .arena = arena};
    for (int part = 0; part < PL_PART_COUNT; part++)
        add_part(&w, (pl_part)part);
    if (w.full)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "coverage of %.*s: more than %u parts, or no memory", PL_FMT(provider),
                            PL_COVERAGE_ROWS_MAX);
    *out = (pl_coverage){.rows = w.rows, .row_count = w.count};
    for (size_t i = 0; i < w.count; i++) {
        bool counts = w.rows[i].part != PL_PART_STATUS;
        out->total += counts;
        out->used += counts && w.rows[i].use_count > 0;
    }
    return PL_OK;
}

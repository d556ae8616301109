/* Fields that may never be there: must_not_contain. */
#include "matching.h"

/* An Any in an Any in an Any: what is deeper has not been looked at, so it is not right. */
enum { ANY_DEPTH_MAX = 8 };

typedef struct search {
    matching *s;
    const pl_str *names;
    size_t count;
    int depth; /* of Any within Any */
} search;

static bool without(search *w, const pl_dynamic *message);

static bool is_named(const search *w, pl_str name) {
    for (size_t i = 0; i < w->count; i++) {
        if (pl_str_eq(name, w->names[i]))
            return true;
    }
    return false;
}

static bool found(search *w) {
    return matching_expected(w->s, NULL, "never there: must_not_contain", "there");
}

/* What an Any holds; of a type that nobody knows, names are not known either. */
static bool without_any(search *w, const pl_dynamic *any) {
    pl_str name = match_any_part(any, ANY_URL), piece;
    while (pl_str_index(name, '/') < name.n)
        (void)pl_str_split(&name, '/', &piece);
    const pl_message_type *type = pl_pool_message(pl_dynamic_type(any)->pool, name);
    if (!type)
        return true;
    if (w->depth == ANY_DEPTH_MAX)
        return matching_expected(w->s, NULL, "fewer Any within each other", "too many");
    pl_arena arena = pl_arena_make(ANY_MEMORY_MAX);
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;
    bool right = false;
    w->depth++;
    if (pl_dynamic_decode(type, match_any_part(any, ANY_VALUE), &arena, &message, &err))
        (void)matching_expected(w->s, NULL, type->full_name.p, err.message);
    else
        right = without(w, message);
    w->depth--;
    pl_arena_done(&arena);
    return right;
}

/* A key of a google.protobuf.Struct is the name of a field. */
static bool is_forbidden_entry(const search *w, const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    pl_dynamic_value key;
    return type->map_entry && type->parent && type->parent->well_known == PL_WELL_KNOWN_STRUCT &&
           pl_dynamic_get(message, &type->fields[0], &key) && is_named(w, key.text);
}

static bool without_below(search *w, const pl_field *field, const pl_dynamic *message) {
    size_t items = pl_dynamic_count(message, field);
    bool right = true;
    for (size_t i = 0; i < items; i++) {
        pl_dynamic_value value;
        size_t mark = field->repeated ? matching_enter_item(w->s, i) : w->s->path_size;
        bool there = true;
        if (field->repeated)
            value = pl_dynamic_at(message, field, i);
        else
            there = pl_dynamic_get(message, field, &value);
        right = (!there || without(w, value.message)) && right;
        matching_leave(w->s, mark);
    }
    return right;
}

static bool without(search *w, const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    bool right = !is_forbidden_entry(w, message) || found(w);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        size_t mark = matching_enter_field(w->s, field);
        bool named = is_named(w, field->name) || is_named(w, field->json_name);
        if (named && pl_dynamic_count(message, field) && !match_is_unset(field, message))
            right = found(w);
        if (pl_leaf_of(field) == PL_LEAF_NONE)
            right = without_below(w, field, message) && right;
        matching_leave(w->s, mark);
    }
    if (type->well_known == PL_WELL_KNOWN_ANY)
        right = without_any(w, message) && right;
    return right;
}

bool pl_match_without(const pl_dynamic *message, const pl_str *names, size_t count,
                      const pl_match_opts *opts, pl_verdict *verdict) {
    matching s = matching_make(opts, verdict);
    search w = {.s = &s, .names = names, .count = count};
    return without(&w, message);
}

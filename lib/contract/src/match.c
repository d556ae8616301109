/* Matching: fields, messages, and what is noted when they differ. */
#include <stdio.h>

#include "matching.h"

enum { ACTUAL_MAX = 256 };

pl_verdict pl_verdict_make(pl_arena *arena) {
    pl_verdict verdict = {.arena = arena};
    return verdict;
}

matching matching_make(const pl_match_opts *opts, pl_verdict *verdict) {
    static const pl_match_opts none = PL_MATCH_OPTS_INIT;
    matching s = {.opts = opts ? opts : &none, .verdict = verdict};
    if (verdict)
        s.comparisons = &verdict->comparisons;
    pl_str prefix = pl_utf8_cut(s.opts->prefix, sizeof s.path - 1);
    if (prefix.n)
        memcpy(s.path, prefix.p, prefix.n);
    s.path_size = prefix.n;
    return s;
}

static void enter(matching *s, const char *text, size_t size) {
    if (s->path_size + size >= sizeof s->path)
        return;
    memcpy(s->path + s->path_size, text, size);
    s->path_size += size;
}

size_t matching_enter_field(matching *s, const pl_field *field) {
    size_t mark = s->path_size;
    if (s->verdict) {
        if (mark)
            enter(s, ".", 1);
        enter(s, field->name.p, field->name.n);
    }
    return mark;
}

size_t matching_enter_item(matching *s, size_t index) {
    char text[32];
    size_t mark = s->path_size;
    if (s->verdict)
        enter(s, text, (size_t)snprintf(text, sizeof text, "[%zu]", index));
    return mark;
}

size_t matching_enter_key(matching *s, const pl_field *key, const pl_leaf_value *value) {
    size_t mark = s->path_size;
    if (!s->verdict)
        return mark;
    pl_buf text = pl_buf_make(ACTUAL_MAX);
    pl_buf_putc(&text, '[');
    pl_leaf_print(pl_leaf_of(key), key, value, &text);
    pl_buf_putc(&text, ']');
    enter(s, text.p, text.n);
    pl_buf_done(&text);
    return mark;
}

void matching_leave(matching *s, size_t mark) {
    s->path_size = mark;
}

static pl_str kept(pl_arena *arena, const char *text, size_t size) {
    char *copy = pl_arena_strndup(arena, text, size);
    return pl_str_make(copy ? copy : "", copy ? size : 0);
}

bool matching_expected(matching *s, const pl_matcher *matcher, const char *expected,
                       const char *actual) {
    pl_verdict *v = s->verdict;
    if (!v)
        return false;
    v->total++;
    if (v->count == PL_VERDICT_MAX)
        return false;
    if (!v->differences)
        v->differences = pl_arena_calloc(v->arena, PL_VERDICT_MAX, sizeof *v->differences);
    if (!v->differences)
        return false;
    pl_difference *d = &v->differences[v->count++];
    d->path = kept(v->arena, s->path, s->path_size);
    d->expected = kept(v->arena, expected, strlen(expected));
    d->actual = kept(v->arena, actual, strlen(actual));
    d->matcher = matcher;
    return false;
}

bool matching_differs(matching *s, const pl_matcher *matcher, const pl_field *field,
                      const char *actual) {
    if (!s->verdict)
        return false;
    pl_buf expected = pl_buf_make(PL_VERDICT_TEXT_MAX);
    pl_matcher_describe(matcher, field, &expected);
    matching_expected(s, matcher, expected.p, actual);
    pl_buf_done(&expected);
    return false;
}

/* ---- fields ---------------------------------------------------------------------------------- */

bool match_is_unset(const pl_field *field, const pl_dynamic *message) {
    pl_dynamic_value value;
    if (field->repeated)
        return pl_dynamic_count(message, field) == 0;
    if (!pl_dynamic_get(message, field, &value))
        return true;
    if (field->presence || pl_leaf_of(field) == PL_LEAF_NONE)
        return false;
    pl_leaf_value leaf = leaf_read(field, value);
    return leaf_is_default(field, &leaf);
}

static void print_field(const pl_field *field, const pl_dynamic *message, pl_buf *out) {
    pl_dynamic_value value;
    size_t count = pl_dynamic_count(message, field);
    if (field->repeated) {
        pl_buf_printf(out, "%zu %s", count, field->map ? "entries" : "items");
    } else if (!pl_dynamic_get(message, field, &value)) {
        pl_buf_puts(out, "absent");
    } else if (pl_leaf_of(field) == PL_LEAF_NONE) {
        pl_buf_printf(out, "a %s", field->message->full_name.p);
    } else {
        pl_leaf_value leaf = leaf_read(field, value);
        pl_leaf_print(pl_leaf_of(field), field, &leaf, out);
    }
}

static bool field_differs(matching *s, const pl_matcher *matcher, const pl_field *field,
                          const pl_dynamic *message) {
    if (!s->verdict)
        return false;
    pl_buf actual = pl_buf_make(ACTUAL_MAX);
    print_field(field, message, &actual);
    matching_differs(s, matcher, field, actual.p);
    pl_buf_done(&actual);
    return false;
}

/* Without a word about differences: one of several ways to match. */
static matching quietly(const matching *s) {
    matching quiet = *s;
    quiet.verdict = NULL;
    return quiet;
}

static bool match_any_of(matching *s, const pl_matcher *matcher, const pl_field *field,
                         const pl_dynamic *message) {
    matching quiet = quietly(s);
    for (size_t i = 0; i < matcher->item_count; i++) {
        if (match_field(&quiet, matcher->items[i], field, message))
            return true;
    }
    return field_differs(s, matcher, field, message);
}

static bool match_singular(matching *s, const pl_matcher *matcher, const pl_field *field,
                           const pl_dynamic *message) {
    pl_dynamic_value value;
    if (pl_dynamic_get(message, field, &value))
        return match_value(s, matcher, field, value);
    if (field->presence || pl_leaf_of(field) == PL_LEAF_NONE)
        return field_differs(s, matcher, field, message);
    pl_leaf_value leaf = leaf_default(field);
    return match_leaf(s, matcher, field, &leaf);
}

bool match_field(matching *s, const pl_matcher *matcher, const pl_field *field,
                 const pl_dynamic *message) {
    if (s->comparisons)
        (*s->comparisons)++;
    switch (matcher->kind) {
    case PL_MATCH_ANY:
        return true;
    case PL_MATCH_ABSENT:
        return match_is_unset(field, message) || field_differs(s, matcher, field, message);
    case PL_MATCH_ONE_OF:
        return match_any_of(s, matcher, field, message);
    case PL_MATCH_NOT: {
        matching quiet = quietly(s);
        return !match_field(&quiet, matcher->items[0], field, message) ||
               field_differs(s, matcher, field, message);
    }
    default:
        break;
    }
    if (field->map)
        return match_map(s, matcher, field, message);
    if (field->repeated)
        return match_list(s, matcher, field, message);
    return match_singular(s, matcher, field, message);
}

/* ---- messages -------------------------------------------------------------------------------- */

static const pl_match_member *member_of(const pl_matcher *matcher, const pl_field *field) {
    for (size_t i = 0; i < matcher->member_count; i++) {
        if (matcher->members[i].field == field)
            return &matcher->members[i];
    }
    return NULL;
}

/* In a request what the contract does not list is not there. */
static bool match_closed(matching *s, const pl_matcher *matcher, const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    bool same = true;
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        if (pl_dynamic_count(message, field) == 0 || member_of(matcher, field) ||
            match_is_unset(field, message))
            continue;
        if (!s->verdict)
            return false;
        size_t mark = matching_enter_field(s, field);
        pl_buf actual = pl_buf_make(ACTUAL_MAX);
        print_field(field, message, &actual);
        same = matching_expected(s, matcher, "nothing: it is not in the contract", actual.p);
        pl_buf_done(&actual);
        matching_leave(s, mark);
    }
    return same;
}

bool match_members(matching *s, const pl_matcher *matcher, const pl_dynamic *message) {
    bool same = true;
    for (size_t i = 0; i < matcher->member_count; i++) {
        const pl_match_member *member = &matcher->members[i];
        size_t mark = matching_enter_field(s, member->field);
        same = match_field(s, member->matcher, member->field, message) && same;
        matching_leave(s, mark);
        if (!same && !s->verdict)
            return false;
    }
    return s->opts->closed ? match_closed(s, matcher, message) && same : same;
}

static bool any_field_set(const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    for (size_t i = 0; i < type->field_count; i++) {
        if (!match_is_unset(&type->fields[i], message))
            return true;
    }
    return false;
}

pl_str match_any_part(const pl_dynamic *any, uint32_t number) {
    const pl_field *field = pl_message_field_by_number(pl_dynamic_type(any), number);
    pl_dynamic_value value;
    bool there = field && pl_dynamic_get(any, field, &value);
    return there ? value.text : pl_str_make("", 0);
}

/* A google.protobuf.Any, or the bytes of metadata: of the type, and its fields. */
static bool match_typed(matching *s, const pl_matcher *matcher, const pl_dynamic *any) {
    pl_str url = match_any_part(any, ANY_URL), name = matcher->type->full_name;
    bool named = url.n >= name.n && pl_str_ends(url, name) &&
                 (url.n == name.n || url.p[url.n - name.n - 1] == '/');
    if (!named) {
        char actual[PL_VERDICT_TEXT_MAX];
        snprintf(actual, sizeof actual, "%.*s", PL_FMT(pl_utf8_cut(url, 128)));
        return matching_expected(s, matcher, name.p, *actual ? actual : "no type");
    }
    pl_arena arena = pl_arena_make(ANY_MEMORY_MAX);
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;
    bool same = false;
    if (pl_dynamic_decode(matcher->type, match_any_part(any, ANY_VALUE), &arena, &message, &err))
        matching_expected(s, matcher, name.p, err.message);
    else
        same = match_members(s, matcher->items[0], message);
    pl_arena_done(&arena);
    return same;
}

static bool message_differs(matching *s, const pl_matcher *matcher, const pl_field *field) {
    return matching_differs(s, matcher, field, field->message->full_name.p);
}

static bool match_message_value(matching *s, const pl_matcher *matcher, const pl_field *field,
                                const pl_dynamic *message) {
    switch (matcher->kind) {
    case PL_MATCH_MESSAGE:
        return match_members(s, matcher, message);
    case PL_MATCH_TYPED:
        return match_typed(s, matcher, message);
    case PL_MATCH_NON_EMPTY:
        return any_field_set(message) || matching_differs(s, matcher, field, "no field is set");
    default:
        return message_differs(s, matcher, field);
    }
}

static bool value_differs(matching *s, const pl_matcher *matcher, const pl_field *field,
                          pl_dynamic_value value) {
    if (!s->verdict)
        return false;
    if (pl_leaf_of(field) == PL_LEAF_NONE)
        return message_differs(s, matcher, field);
    pl_leaf_value leaf = leaf_read(field, value);
    pl_buf actual = pl_buf_make(ACTUAL_MAX);
    pl_leaf_print(pl_leaf_of(field), field, &leaf, &actual);
    matching_differs(s, matcher, field, actual.p);
    pl_buf_done(&actual);
    return false;
}

bool match_value(matching *s, const pl_matcher *matcher, const pl_field *field,
                 pl_dynamic_value value) {
    switch (matcher->kind) {
    case PL_MATCH_ANY:
    case PL_MATCH_PRESENT:
        return true;
    case PL_MATCH_ONE_OF: {
        matching quiet = quietly(s);
        for (size_t i = 0; i < matcher->item_count; i++) {
            if (match_value(&quiet, matcher->items[i], field, value))
                return true;
        }
        return value_differs(s, matcher, field, value);
    }
    case PL_MATCH_NOT: {
        matching quiet = quietly(s);
        return !match_value(&quiet, matcher->items[0], field, value) ||
               value_differs(s, matcher, field, value);
    }
    default:
        break;
    }
    if (pl_leaf_of(field) == PL_LEAF_NONE)
        return match_message_value(s, matcher, field, value.message);
    pl_leaf_value leaf = leaf_read(field, value);
    return match_leaf(s, matcher, field, &leaf);
}

/* ---- the outside ----------------------------------------------------------------------------- */

bool pl_match_message(const pl_matcher *matcher, const pl_dynamic *message,
                      const pl_match_opts *opts, pl_verdict *verdict) {
    matching s = matching_make(opts, verdict);
    if (matcher->kind == PL_MATCH_ANY)
        return true;
    return match_members(&s, matcher, message);
}

bool pl_match_bytes(const pl_matcher *matcher, const pl_message_type *type, pl_str bytes,
                    const pl_match_opts *opts, pl_verdict *verdict, pl_arena *arena) {
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_dynamic_decode(type, bytes, arena, &message, &err) == PL_OK)
        return pl_match_message(matcher, message, opts, verdict);
    matching s = matching_make(opts, verdict);
    return matching_expected(&s, matcher, type->full_name.p, err.message);
}

bool pl_match_text(const pl_matcher *matcher, bool present, pl_str text, const pl_match_opts *opts,
                   pl_verdict *verdict) {
    matching s = matching_make(opts, verdict);
    pl_dynamic_value value = {.text = text};
    if (s.comparisons)
        (*s.comparisons)++;
    if (matcher->kind == PL_MATCH_ANY)
        return true;
    if (matcher->kind == PL_MATCH_ABSENT)
        return !present || value_differs(&s, matcher, pl_text_field(), value);
    if (!present)
        return matching_differs(&s, matcher, pl_text_field(), "absent");
    return match_value(&s, matcher, pl_text_field(), value);
}

/* Examples: the message that a matcher stands for. */
#include "matching.h"

enum { TYPE_URL_MAX = 512, ANY_WIRE_MAX = 1 << 20 };

static pl_leaf_value now_value(const pl_field *field, const pl_match_opts *opts, pl_arena *arena) {
    int64_t ms = opts ? opts->now_ms : 0;
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    pl_leaf_value value = {(uint64_t)seconds, (int32_t)(ms - seconds * 1000) * 1000000, {"", 0}};
    if (pl_leaf_of(field) != PL_LEAF_STRING)
        return value;
    pl_buf text = pl_buf_make(64);
    pl_leaf_print(PL_LEAF_TIME, NULL, &value, &text);
    char *copy = pl_arena_cstr(arena, pl_buf_view(&text));
    value = leaf_of_text(pl_str_make(copy ? copy : "", copy ? text.n : 0));
    pl_buf_done(&text);
    return value;
}

static bool fill_members(const pl_matcher *matcher, pl_dynamic *message, const pl_match_opts *opts,
                         pl_arena *arena);

static bool typed_value(const pl_matcher *matcher, const pl_field *field, const pl_match_opts *opts,
                        pl_arena *arena, pl_dynamic_value *out) {
    pl_dynamic *inner = pl_dynamic_new(matcher->type, arena);
    pl_dynamic *any = pl_dynamic_new(field->message, arena);
    char *url = pl_arena_printf(arena, "type.googleapis.com/%s", matcher->type->full_name.p);
    if (!inner || !any || !url || !fill_members(matcher->items[0], inner, opts, arena))
        return false;
    pl_buf wire = pl_buf_make(ANY_WIRE_MAX);
    char *bytes = pl_dynamic_encode(inner, &wire) ? pl_arena_strndup(arena, wire.p, wire.n) : NULL;
    pl_dynamic_value part = {.text = pl_str_c(url)};
    bool done = bytes &&
                pl_dynamic_set(any, pl_message_field_by_number(field->message, ANY_URL), part);
    part.text = pl_str_make(bytes, wire.n);
    done = done && pl_dynamic_set(any, pl_message_field_by_number(field->message, ANY_VALUE), part);
    pl_buf_done(&wire);
    out->message = any;
    return done;
}

static bool leaf_example(const pl_matcher *matcher, const pl_field *field,
                         const pl_match_opts *opts, pl_arena *arena, pl_leaf_value *out) {
    pl_str text;
    if (matcher->kind == PL_MATCH_TIMESTAMP && matcher->now) {
        *out = now_value(field, opts, arena);
        return true;
    }
    if (matcher->kind == PL_MATCH_FROM_STATE && opts && opts->state_value &&
        opts->state_value(opts->self, matcher->value.text, &text) &&
        leaf_parse_state(field, text, out))
        return true;
    if (matcher->example != matcher)
        return leaf_example(matcher->example, field, opts, arena, out);
    *out = matcher->kind == PL_MATCH_EQUAL ? matcher->value : leaf_default(field);
    return true;
}

bool example_value(const pl_matcher *matcher, const pl_field *field, const pl_match_opts *opts,
                   pl_arena *arena, pl_dynamic_value *out) {
    if (pl_leaf_of(field) != PL_LEAF_NONE) {
        pl_leaf_value value;
        return leaf_example(matcher, field, opts, arena, &value) &&
               leaf_write(field, &value, arena, out);
    }
    if (matcher->example != matcher)
        return example_value(matcher->example, field, opts, arena, out);
    if (matcher->kind == PL_MATCH_TYPED)
        return typed_value(matcher, field, opts, arena, out);
    out->message = pl_dynamic_new(field->message, arena);
    return out->message &&
           (matcher->kind != PL_MATCH_MESSAGE || fill_members(matcher, out->message, opts, arena));
}

static bool fill_list(const pl_matcher *list, const pl_field *field, pl_dynamic *message,
                      const pl_match_opts *opts, pl_arena *arena) {
    pl_dynamic_value value;
    for (size_t i = 0; i < list->item_count; i++) {
        if (!example_value(list->items[i], field, opts, arena, &value) ||
            !pl_dynamic_set(message, field, value))
            return false;
    }
    return true;
}

static bool fill_map(const pl_matcher *map, const pl_field *field, pl_dynamic *message,
                     const pl_match_opts *opts, pl_arena *arena) {
    const pl_field *fields = field->message->fields;
    for (size_t i = 0; i < map->member_count; i++) {
        pl_dynamic_value key, value, entry = {.message = pl_dynamic_new(field->message, arena)};
        if (!entry.message || !leaf_write(&fields[0], &map->members[i].key, arena, &key) ||
            !example_value(map->members[i].matcher, &fields[1], opts, arena, &value) ||
            !pl_dynamic_set(entry.message, &fields[0], key) ||
            !pl_dynamic_set(entry.message, &fields[1], value) ||
            !pl_dynamic_set(message, field, entry))
            return false;
    }
    return true;
}

bool example_field(const pl_matcher *matcher, const pl_field *field, pl_dynamic *message,
                   const pl_match_opts *opts, pl_arena *arena) {
    const pl_matcher *example = matcher;
    while (example->example != example && !(example->kind == PL_MATCH_FROM_STATE))
        example = example->example;
    if (example->kind == PL_MATCH_ABSENT || example->kind == PL_MATCH_ANY)
        return true;
    if (field->map)
        return fill_map(example, field, message, opts, arena);
    if (field->repeated)
        return fill_list(example, field, message, opts, arena);
    pl_dynamic_value value;
    return example_value(example, field, opts, arena, &value) &&
           pl_dynamic_set(message, field, value);
}

static bool fill_members(const pl_matcher *matcher, pl_dynamic *message, const pl_match_opts *opts,
                         pl_arena *arena) {
    for (size_t i = 0; i < matcher->member_count; i++) {
        const pl_match_member *member = &matcher->members[i];
        if (!example_field(member->matcher, member->field, message, opts, arena))
            return false;
    }
    return true;
}

pl_dynamic *pl_example_message(const pl_matcher *matcher, const pl_message_type *type,
                               const pl_match_opts *opts, pl_arena *arena) {
    pl_dynamic *message = pl_dynamic_new(type, arena);
    while (matcher->example != matcher)
        matcher = matcher->example;
    return message && fill_members(matcher, message, opts, arena) ? message : NULL;
}

pl_code pl_example_bytes(const pl_matcher *matcher, const pl_message_type *type,
                         const pl_match_opts *opts, pl_arena *arena, pl_buf *out) {
    pl_dynamic *message = pl_example_message(matcher, type, opts, arena);
    return message && pl_dynamic_encode(message, out) ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

pl_str pl_example_text(const pl_matcher *matcher, const pl_match_opts *opts, pl_arena *arena) {
    pl_leaf_value value;
    return leaf_example(matcher, pl_text_field(), opts, arena, &value) ? value.text
                                                                       : pl_str_make("", 0);
}

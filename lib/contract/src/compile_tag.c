/* Tags: matchers, and the examples they carry. */
#include "compiler.h"
#include "leaf.h"

typedef const pl_matcher *(*tag_compiler)(compiler *c, place where, const pl_yaml_node *node);

/* What places a tag is for. */
enum {
    FOR_LEAF = 1,
    FOR_MESSAGE = 2,
    FOR_LIST = 4,
    FOR_MAP = 8,
    FOR_ALL = 15,
    OUTSIDE = 16 /* of a wrapper, a Struct ...: about the message, not about what is in it */
};

static bool is_empty(const pl_yaml_node *node) {
    return pl_yaml_kind_of(node) == PL_YAML_SCALAR && pl_yaml_text(node).n == 0 &&
           pl_yaml_style_of(node) == PL_YAML_PLAIN;
}

static const pl_matcher *type_tag(compiler *c, place where, const pl_yaml_node *node) {
    where.typed = true;
    return compile_plain(c, where, node);
}

/* A kind whose node is nothing but the example, which may be missing. */
static const pl_matcher *with_example(compiler *c, pl_match_kind kind, place where,
                                      const pl_yaml_node *node) {
    pl_matcher *matcher = compiler_matcher(c, kind, node);
    if (!matcher || is_empty(node))
        return matcher;
    where.typed = false;
    matcher->example = compile_plain(c, where, node);
    return matcher->example ? matcher : NULL;
}

static const pl_matcher *any_tag(compiler *c, place where, const pl_yaml_node *node) {
    return with_example(c, PL_MATCH_ANY, where, node);
}

static const pl_matcher *needs_example(compiler *c, pl_match_kind kind, place where,
                                       const pl_yaml_node *node) {
    if (is_empty(node) && pl_leaf_of(where.field) != PL_LEAF_STRING) {
        compiler_error(c, node, "EXAMPLE_MISSING", "%s needs an example", pl_match_tag(kind));
        compiler_hint(c, "what a stub answers with stands behind the tag");
        return NULL;
    }
    return with_example(c, kind, where, node);
}

static const pl_matcher *non_empty_tag(compiler *c, place where, const pl_yaml_node *node) {
    if (is_empty(node)) {
        compiler_error(c, node, "EXAMPLE_MISSING", "!non_empty needs an example");
        compiler_hint(c, "what a stub answers with stands behind the tag: !non_empty TV");
        return NULL;
    }
    return needs_example(c, PL_MATCH_NON_EMPTY, where, node);
}

static bool has_presence(place where) {
    return where.single || where.field->presence ||
           (pl_leaf_of(where.field) == PL_LEAF_NONE && !where.field->repeated);
}

static const pl_matcher *present_tag(compiler *c, place where, const pl_yaml_node *node) {
    if (!has_presence(where)) {
        compiler_error(c, node, "PRESENCE",
                       "field '%s' has no presence: absent and %s are the same",
                       where.field->name.p, where.field->repeated ? "empty" : "zero");
        compiler_hint(c, "!non_empty, or `optional` in the proto");
        return NULL;
    }
    return needs_example(c, PL_MATCH_PRESENT, where, node);
}

static const pl_matcher *absent_tag(compiler *c, place where, const pl_yaml_node *node) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (where.single) {
        compiler_error(c, node, "TAG_MISPLACED", "an item or entry is always there");
        return NULL;
    }
    if (!is_empty(node)) {
        compiler_error(c, node, "TYPE_MISMATCH", "!absent takes nothing, got %s",
                       pl_yaml_describe(node, got));
        return NULL;
    }
    return compiler_matcher(c, PL_MATCH_ABSENT, node);
}

/* A matcher with one below it. */
static pl_matcher *with_item(compiler *c, pl_match_kind kind, const pl_matcher *item,
                             const pl_yaml_node *node) {
    pl_matcher *matcher = item ? compiler_matcher(c, kind, node) : NULL;
    const pl_matcher **items = matcher ? compiler_alloc(c, 1, sizeof *items) : NULL;
    if (!items)
        return NULL;
    items[0] = item;
    matcher->items = items;
    matcher->item_count = 1;
    return matcher;
}

static const pl_matcher *each_tag(compiler *c, place where, const pl_yaml_node *node) {
    place item = {where.field, true, false};
    const pl_message_type *type = where.field->message;
    /* An item of a well-known type may be a list itself. */
    if (pl_yaml_kind_of(node) == PL_YAML_SEQUENCE &&
        (!type || type->well_known == PL_WELL_KNOWN_NONE)) {
        compiler_error(c, node, "TYPE_MISMATCH", "!each says what one item is, not the list");
        compiler_hint(c, "write one item, without brackets");
        return NULL;
    }
    const pl_matcher *one = compile_plain(c, item, node);
    pl_matcher *matcher = with_item(c, PL_MATCH_EACH, one, node);
    if (matcher)
        matcher->example = with_item(c, PL_MATCH_LIST, one, node);
    return matcher && matcher->example ? matcher : NULL;
}

/* An entry for examples: KEY or VALUE, whichever is NULL, is made up. */
static const pl_matcher *entry_example(compiler *c, const pl_field *map, const pl_matcher *key,
                                       const pl_matcher *value, const pl_yaml_node *node) {
    const pl_field *fields = map->message->fields;
    pl_matcher *example = compiler_matcher(c, PL_MATCH_MAP, node);
    pl_match_member *member = example ? COMPILER_NEW(c, pl_match_member) : NULL;
    if (!member)
        return NULL;
    member->key = key ? key->example->value : leaf_default(&fields[0]);
    if (!key && pl_leaf_of(&fields[0]) == PL_LEAF_STRING)
        member->key = leaf_of_text(pl_str_c("key"));
    member->matcher = value;
    if (!value) {
        bool message = pl_leaf_of(&fields[1]) == PL_LEAF_NONE;
        pl_matcher *made = compiler_matcher(c, message ? PL_MATCH_MESSAGE : PL_MATCH_EQUAL, node);
        if (!made)
            return NULL;
        made->value = leaf_default(&fields[1]);
        member->matcher = made;
    }
    example->members = member;
    example->member_count = 1;
    return example;
}

static const pl_matcher *each_key_tag(compiler *c, place where, const pl_yaml_node *node) {
    place key = {&where.field->message->fields[0], true, false};
    pl_matcher *matcher = with_item(c, PL_MATCH_EACH_KEY, compile_plain(c, key, node), node);
    if (!matcher)
        return NULL;
    matcher->example = entry_example(c, where.field, matcher->items[0], NULL, node);
    return matcher->example ? matcher : NULL;
}

static const pl_matcher *each_value_tag(compiler *c, place where, const pl_yaml_node *node) {
    place value = {&where.field->message->fields[1], true, false};
    pl_matcher *matcher = with_item(c, PL_MATCH_EACH_VALUE, compile_plain(c, value, node), node);
    if (!matcher)
        return NULL;
    matcher->example = entry_example(c, where.field, NULL, matcher->items[0], node);
    return matcher->example ? matcher : NULL;
}

static const pl_matcher *unordered_tag(compiler *c, place where, const pl_yaml_node *node) {
    const pl_matcher *list = compile_plain(c, where, node);
    pl_matcher *matcher = list ? compiler_matcher(c, PL_MATCH_UNORDERED, node) : NULL;
    if (!matcher)
        return NULL;
    matcher->items = list->items;
    matcher->item_count = list->item_count;
    matcher->example = list;
    return matcher;
}

static const pl_matcher *contains_tag(compiler *c, place where, const pl_yaml_node *node) {
    pl_leaf leaf = pl_leaf_of(where.field);
    bool whole = where.field->repeated && !where.single;
    if (!whole && leaf != PL_LEAF_STRING && leaf != PL_LEAF_BYTES) {
        compiler_error(c, node, "TAG_MISPLACED", "!contains is for texts, bytes, lists and maps");
        return NULL;
    }
    const pl_matcher *plain = compile_plain(c, where, node);
    pl_matcher *matcher = plain ? compiler_matcher(c, PL_MATCH_CONTAINS, node) : NULL;
    if (!matcher)
        return NULL;
    matcher->value = plain->value;
    matcher->items = plain->items;
    matcher->item_count = plain->item_count;
    matcher->members = plain->members;
    matcher->member_count = plain->member_count;
    matcher->example = plain;
    return matcher;
}

/* A value that was not written: TEXT for strings, bytes of it otherwise. */
static const pl_matcher *made_text(compiler *c, const char *text, size_t size,
                                   const pl_yaml_node *node) {
    pl_matcher *example = compiler_matcher(c, PL_MATCH_EQUAL, node);
    if (example)
        example->value = leaf_of_text(pl_str_make(text, size));
    return example;
}

static const pl_matcher *uuid_tag(compiler *c, place where, const pl_yaml_node *node) {
    static const char text[] = "6f1f6f0e-7a53-4f0e-9c39-0d4a3c1b2a10";
    pl_leaf leaf = pl_leaf_of(where.field);
    if (leaf != PL_LEAF_STRING && leaf != PL_LEAF_BYTES) {
        compiler_error(c, node, "TAG_MISPLACED", "!uuid is for texts, or bytes");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_UUID, node);
    if (!matcher)
        return NULL;
    matcher->example = is_empty(node) ? made_text(c, text, leaf == PL_LEAF_STRING ? 36 : 16, node)
                                      : compile_plain(c, where, node);
    return matcher->example ? matcher : NULL;
}

static const pl_matcher *timestamp_tag(compiler *c, place where, const pl_yaml_node *node) {
    static const char text[] = "2026-01-01T00:00:00Z";
    pl_leaf leaf = pl_leaf_of(where.field);
    if (leaf != PL_LEAF_STRING && leaf != PL_LEAF_TIME) {
        compiler_error(c, node, "TAG_MISPLACED",
                       "!timestamp is for google.protobuf.Timestamp and texts of RFC 3339");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_TIMESTAMP, node);
    if (!matcher)
        return NULL;
    matcher->now = pl_yaml_kind_of(node) == PL_YAML_SCALAR && pl_str_eqc(pl_yaml_text(node), "now");
    if (matcher->now)
        return matcher;
    if (!is_empty(node)) {
        matcher->example = compile_plain(c, where, node);
        return matcher->example ? matcher : NULL;
    }
    pl_matcher *example = compiler_matcher(c, PL_MATCH_EQUAL, node);
    if (!example || !leaf_parse_time(pl_str_c(text), &example->value))
        return NULL;
    if (leaf == PL_LEAF_STRING)
        example->value = leaf_of_text(pl_str_c(text));
    matcher->example = example;
    return matcher;
}

static const struct {
    const char *tag;
    unsigned places;
    tag_compiler compile;
} tags[] = {
    {"!type", FOR_ALL, type_tag},
    {"!any", FOR_ALL | OUTSIDE, any_tag},
    {"!non_empty", FOR_ALL, non_empty_tag},
    {"!regex", FOR_LEAF, compile_regex},
    {"!range", FOR_LEAF, compile_range},
    {"!one_of", FOR_ALL | OUTSIDE, compile_one_of},
    {"!not", FOR_ALL | OUTSIDE, compile_not},
    {"!near", FOR_LEAF, compile_near},
    {"!size", FOR_LEAF | FOR_LIST | FOR_MAP, compile_size},
    {"!each", FOR_LIST, each_tag},
    {"!each_key", FOR_MAP, each_key_tag},
    {"!each_value", FOR_MAP, each_value_tag},
    {"!unordered", FOR_LIST, unordered_tag},
    {"!contains", FOR_LEAF | FOR_LIST | FOR_MAP, contains_tag},
    {"!absent", FOR_ALL | OUTSIDE, absent_tag},
    {"!present", FOR_ALL | OUTSIDE, present_tag},
    {"!timestamp", FOR_LEAF, timestamp_tag},
    {"!uuid", FOR_LEAF, uuid_tag},
    {"!from_state", FOR_LEAF, NULL}, /* below */
};

static const pl_matcher *from_state_tag(compiler *c, place where, const pl_yaml_node *node);

static void unknown_tag(compiler *c, const pl_yaml_node *node) {
    const char *names[PL_COUNT(tags)];
    for (size_t i = 0; i < PL_COUNT(tags); i++)
        names[i] = tags[i].tag;
    const char *tag = pl_yaml_tag(node);
    static const char standard[] = "tag:yaml.org,2002:";
    if (strncmp(tag, standard, sizeof standard - 1) == 0) {
        compiler_error(c, node, "TAG_UNKNOWN", "!!%.64s: the proto says what type a value has",
                       tag + sizeof standard - 1);
        return;
    }
    compiler_error(c, node, "TAG_UNKNOWN", "no matcher '%.64s'", tag);
    compiler_did_you_mean(c, pl_str_c(pl_yaml_tag(node)), names, PL_COUNT(names));
}

static unsigned place_of(place where) {
    if (where.field->map && !where.single)
        return FOR_MAP;
    if (where.field->repeated && !where.single)
        return FOR_LIST;
    return pl_leaf_of(where.field) == PL_LEAF_NONE ? FOR_MESSAGE : FOR_LEAF;
}

/* The branch of a Value that a tag is about. */
static const pl_field *branch_of(const pl_message_type *type, const char *tag,
                                 const pl_yaml_node *node) {
    const char *name = NULL;
    if (strcmp(tag, "!regex") == 0 || strcmp(tag, "!uuid") == 0 || strcmp(tag, "!timestamp") == 0)
        name = "string_value";
    else if (strcmp(tag, "!range") == 0 || strcmp(tag, "!near") == 0)
        name = "number_value";
    else if (strncmp(tag, "!each_", 6) == 0)
        name = "struct_value";
    else if (strcmp(tag, "!each") == 0)
        name = "list_value";
    return name ? pl_message_field_by_name(type, pl_str_c(name))
                : compiler_value_branch(type, node);
}

const pl_matcher *compile_tagged(compiler *c, place where, const pl_yaml_node *node) {
    const char *tag = pl_yaml_tag(node);
    size_t t = 0;
    while (t < PL_COUNT(tags) && strcmp(tags[t].tag, tag) != 0)
        t++;
    if (t == PL_COUNT(tags)) {
        unknown_tag(c, node);
        return NULL;
    }
    unsigned here = place_of(where);
    if (here == FOR_MESSAGE && !(tags[t].places & OUTSIDE)) {
        const pl_message_type *type = where.field->message;
        const pl_field *inner = compiler_inner_field(type);
        if (!inner && type->well_known == PL_WELL_KNOWN_VALUE)
            inner = branch_of(type, tag, node);
        place below = {inner, false, where.typed};
        if (inner)
            return compiler_around(c, inner, compile_tagged(c, below, node), node);
    }
    if (!(tags[t].places & here)) {
        pl_buf type = pl_buf_make(256);
        pl_field_describe(where.field, &type);
        compiler_error(c, node, "TAG_MISPLACED", "%s does not fit '%s', which is %s", tag,
                       where.field->name.p, type.p);
        pl_buf_done(&type);
        return NULL;
    }
    return tags[t].compile ? tags[t].compile(c, where, node) : from_state_tag(c, where, node);
}

const pl_matcher *compile_example(compiler *c, place where, const pl_yaml_node *options,
                                  bool *out_wrong) {
    const pl_yaml_node *node = pl_yaml_find(options, "example");
    *out_wrong = false;
    if (!node)
        return NULL;
    where.typed = false;
    const pl_matcher *example = NULL;
    if (*pl_yaml_tag(node))
        compiler_error(c, node, "TAG_MISPLACED", "an example is a value, not %s",
                       pl_yaml_tag(node));
    else
        example = compile_plain(c, where, node);
    *out_wrong = !example;
    return example;
}

/* !from_state NAME, or { name, example }. */
static const pl_matcher *from_state_tag(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"name", "example"};
    const pl_yaml_node *name = node;
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_FROM_STATE, node);
    if (!matcher)
        return NULL;
    pl_leaf leaf = pl_leaf_of(where.field);
    pl_matcher *made = compiler_matcher(c, PL_MATCH_EQUAL, node);
    if (!made)
        return NULL;
    made->value.bits = 1;
    if (leaf == PL_LEAF_FLOAT)
        made->value = leaf_of_double(1);
    bool wrong = false;
    const pl_matcher *example = made;
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING) {
        if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
            return NULL;
        name = pl_yaml_find(node, "name");
        const pl_matcher *given = compile_example(c, where, node, &wrong);
        example = given ? given : made;
    }
    if (!name || pl_yaml_kind_of(name) != PL_YAML_SCALAR || pl_yaml_text(name).n == 0) {
        compiler_error(c, node, "KEY_MISSING", "!from_state names a value that a state returns");
        return NULL;
    }
    check_from_state(c, where.field, name);
    matcher->value = leaf_of_text(compiler_copy(c, pl_yaml_text(name)));
    if (example == made && (leaf == PL_LEAF_STRING || leaf == PL_LEAF_BYTES))
        made->value = matcher->value;
    matcher->example = example;
    return wrong ? NULL : matcher;
}

/* Bodies without tags: mappings as messages, sequences as lists, the well-known types in their
 * JSON form. */
#include "compiler.h"
#include "leaf.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MAX = 1024 };

pl_matcher *compiler_matcher(compiler *c, pl_match_kind kind, const pl_yaml_node *at) {
    pl_matcher *matcher = COMPILER_NEW(c, pl_matcher);
    if (!matcher)
        return NULL;
    matcher->kind = kind;
    matcher->at = compiler_at(at);
    matcher->example = matcher;
    return matcher;
}

const pl_matcher *compiler_around(compiler *c, const pl_field *field, const pl_matcher *inner,
                                  const pl_yaml_node *at) {
    pl_matcher *matcher = inner ? compiler_matcher(c, PL_MATCH_MESSAGE, at) : NULL;
    pl_match_member *member = matcher ? COMPILER_NEW(c, pl_match_member) : NULL;
    if (!member)
        return NULL;
    member->field = field;
    member->matcher = inner;
    matcher->members = member;
    matcher->member_count = 1;
    return matcher;
}

const pl_field *compiler_inner_field(const pl_message_type *type) {
    switch (type->well_known) {
    case PL_WELL_KNOWN_WRAPPER:
    case PL_WELL_KNOWN_STRUCT:
    case PL_WELL_KNOWN_LIST_VALUE:
    case PL_WELL_KNOWN_FIELD_MASK:
        return &type->fields[0];
    default:
        return NULL;
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static void unknown_field(compiler *c, const pl_message_type *type, const pl_yaml_node *key) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    compiler_error(c, key, "FIELD_UNKNOWN", "%s has no field '%.64s'", type->full_name.p,
                   pl_yaml_text(key).p);
    for (size_t i = 0; i < type->oneof_count; i++) {
        const pl_oneof *oneof = &type->oneofs[i];
        if (pl_str_eq(oneof->name, pl_yaml_text(key))) {
            compiler_hint(c, "it is a oneof: write the field of it that is chosen, such as '%s'",
                          oneof->fields[0]->name.p);
            return;
        }
    }
    for (size_t i = 0; i < type->field_count && count + 2 <= NAMES_MAX; i++) {
        names[count++] = type->fields[i].name.p;
        names[count++] = type->fields[i].json_name.p;
    }
    compiler_did_you_mean(c, pl_yaml_text(key), names, count);
}

/* What stands against another member: the same field under its other name, or its oneof. */
static bool fits_in(compiler *c, const pl_match_member *members, size_t count,
                    const pl_match_member *member, const pl_yaml_node *key) {
    for (size_t i = 0; i < count; i++) {
        const pl_field *other = members[i].field;
        if (other == member->field) {
            compiler_error(c, key, "FIELD_TWICE", "field '%s' stands here a second time",
                           other->name.p);
            return false;
        }
        if (other->oneof && other->oneof == member->field->oneof &&
            members[i].matcher->kind != PL_MATCH_ABSENT &&
            member->matcher->kind != PL_MATCH_ABSENT) {
            compiler_error(c, key, "ONEOF_TWICE", "'%s' and '%s' are both of oneof '%s'",
                           member->field->name.p, other->name.p, other->oneof->name.p);
            compiler_hint(c, "one of them can be there; the other may be !absent");
            return false;
        }
    }
    return true;
}

static int by_number(const void *left, const void *right) {
    const pl_match_member *a = left, *b = right;
    return a->field->number < b->field->number ? -1 : a->field->number > b->field->number;
}

/* ANY: "@type" is among the members, and says which message it is. */
static const pl_matcher *compile_members(compiler *c, const pl_message_type *type,
                                         const pl_yaml_node *node, bool typed, bool any) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        compiler_error(c, node, "TYPE_MISMATCH", "expected the fields of %s, got %s",
                       type->full_name.p, pl_yaml_describe(node, got));
        return NULL;
    }
    size_t count = pl_yaml_count(node);
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_MESSAGE, node);
    pl_match_member *members = compiler_alloc(c, count + 1, sizeof *members);
    if (!matcher || !members)
        return NULL;
    matcher->members = members;
    for (size_t i = 0; i < count; i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i);
        if (any && pl_str_eqc(pl_yaml_text(key), "@type"))
            continue;
        const pl_field *field = pl_message_field_by_json(type, pl_yaml_text(key));
        if (!field) {
            unknown_field(c, type, key);
            continue;
        }
        place where = {field, false, typed};
        pl_match_member *member = &members[matcher->member_count];
        member->field = field;
        member->matcher = compile_place(c, where, pl_yaml_at(node, i));
        if (member->matcher && fits_in(c, members, matcher->member_count, member, key))
            matcher->member_count++;
    }
    if (matcher->member_count > 1)
        qsort(members, matcher->member_count, sizeof *members, by_number);
    return matcher;
}

const pl_matcher *compile_message(compiler *c, const pl_message_type *type,
                                  const pl_yaml_node *node, bool typed) {
    return compile_members(c, type, node, typed, false);
}

/* The type that "@type" names: a full name, with or without a host and a slash. */
static const pl_message_type *type_named(compiler *c, const pl_yaml_node *name) {
    pl_str text;
    if (!compiler_text(c, name, &text))
        return NULL;
    for (size_t i = text.n; i-- > 0;) {
        if (text.p[i] == '/') {
            text = pl_str_make(text.p + i + 1, text.n - i - 1);
            break;
        }
    }
    const pl_message_type *type = pl_pool_message(c->pool, text);
    if (!type)
        compiler_error(c, name, "MESSAGE_UNKNOWN", "no message '%.128s' in the protos", text.p);
    return type;
}

const pl_matcher *compile_typed(compiler *c, const pl_yaml_node *node, bool typed) {
    const pl_yaml_node *name = pl_yaml_find(node, "@type");
    if (!name) {
        compiler_error(c, node, "TYPE_MISSING", "a message of any type says which: \"@type\"");
        compiler_hint(c, "{ \"@type\": google.rpc.ErrorInfo, reason: OUT_OF_STOCK }");
        return NULL;
    }
    const pl_message_type *type = type_named(c, name);
    pl_matcher *matcher = type ? compiler_matcher(c, PL_MATCH_TYPED, node) : NULL;
    const pl_matcher **items = matcher ? compiler_alloc(c, 1, sizeof *items) : NULL;
    if (!items)
        return NULL;
    items[0] = compile_members(c, type, node, typed, true);
    matcher->type = type;
    matcher->items = items;
    matcher->item_count = 1;
    return items[0] ? matcher : NULL;
}

/* ---- google.protobuf.Value ------------------------------------------------------------------- */

static bool looks_number(const pl_yaml_node *node) {
    double number;
    return pl_yaml_style_of(node) == PL_YAML_PLAIN && pl_yaml_text(node).n > 0 &&
           pl_yaml_text(node).p[0] != '+' &&
           (pl_yaml_get_f64(node, &number, NULL) == PL_OK ||
            (*pl_yaml_tag(node) &&
             strspn(pl_yaml_text(node).p, "0123456789+-.eE") == pl_yaml_text(node).n));
}

static const char *value_branch(const pl_yaml_node *node) {
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING)
        return "struct_value";
    if (pl_yaml_kind_of(node) == PL_YAML_SEQUENCE)
        return "list_value";
    pl_str text = pl_yaml_text(node);
    bool plain = pl_yaml_style_of(node) == PL_YAML_PLAIN;
    if (plain && (pl_str_eqc(text, "null") || pl_str_eqc(text, "~") || text.n == 0))
        return "null_value";
    if (plain && (pl_str_eqc(text, "true") || pl_str_eqc(text, "false")))
        return "bool_value";
    return looks_number(node) ? "number_value" : "string_value";
}

const pl_field *compiler_value_branch(const pl_message_type *type, const pl_yaml_node *node) {
    return pl_message_field_by_name(type, pl_str_c(value_branch(node)));
}

static const pl_matcher *compile_value(compiler *c, const pl_message_type *type,
                                       const pl_yaml_node *node, bool typed) {
    const pl_field *branch = compiler_value_branch(type, node);
    if (!branch)
        return NULL;
    if (pl_str_eqc(branch->name, "null_value"))
        return compiler_around(c, branch, compiler_matcher(c, PL_MATCH_EQUAL, node), node);
    place where = {branch, true, typed};
    return compiler_around(c, branch, compile_plain(c, where, node), node);
}

/* ---- lists and maps -------------------------------------------------------------------------- */

/* What !type makes of a list or map: its items, if there are any, are like the first. */
static const pl_matcher *every(compiler *c, pl_match_kind kind, const pl_matcher *first,
                               const pl_matcher *example, const pl_yaml_node *node) {
    pl_matcher *matcher = compiler_matcher(c, kind, node);
    const pl_matcher **items = matcher ? compiler_alloc(c, 1, sizeof *items) : NULL;
    if (!items)
        return NULL;
    items[0] = first;
    matcher->items = items;
    matcher->item_count = first ? 1 : 0;
    matcher->example = example;
    return matcher;
}

static const pl_matcher *compile_list(compiler *c, place where, const pl_yaml_node *node) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_SEQUENCE) {
        pl_buf type = pl_buf_make(256);
        pl_field_describe(where.field, &type);
        compiler_error(c, node, "TYPE_MISMATCH", "field '%s' is a %s, got %s", where.field->name.p,
                       type.p, pl_yaml_describe(node, got));
        pl_buf_done(&type);
        if (pl_yaml_kind_of(node) == PL_YAML_SCALAR)
            compiler_hint(c, "a list stands in brackets: [%.32s]", pl_yaml_text(node).p);
        return NULL;
    }
    size_t count = pl_yaml_count(node);
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_LIST, node);
    const pl_matcher **items = compiler_alloc(c, count + 1, sizeof *items);
    if (!matcher || !items)
        return NULL;
    place item = {where.field, true, where.typed};
    matcher->items = items;
    for (size_t i = 0; i < count; i++) {
        const pl_matcher *one = compile_place(c, item, pl_yaml_at(node, i));
        if (one)
            items[matcher->item_count++] = one;
    }
    if (!where.typed)
        return matcher;
    return every(c, PL_MATCH_EVERY, matcher->item_count ? items[0] : NULL, matcher, node);
}

static bool same_key(const pl_field *key, const pl_match_member *members, size_t count,
                     const pl_leaf_value *value) {
    for (size_t i = 0; i < count; i++) {
        if (pl_leaf_compare(pl_leaf_of(key), &members[i].key, value) == 0)
            return true;
    }
    return false;
}

/* By key: the order in the file means nothing. */
static void sort_entries(const pl_field *key, pl_match_member *members, size_t count) {
    pl_leaf leaf = pl_leaf_of(key);
    for (size_t i = 1; i < count; i++) {
        pl_match_member moved = members[i];
        size_t at = i;
        for (; at > 0 && pl_leaf_compare(leaf, &members[at - 1].key, &moved.key) > 0; at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
}

static const pl_matcher *compile_map(compiler *c, place where, const pl_yaml_node *node) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        compiler_error(c, node, "TYPE_MISMATCH", "field '%s' is a map, got %s", where.field->name.p,
                       pl_yaml_describe(node, got));
        return NULL;
    }
    const pl_field *key = &where.field->message->fields[0];
    place value = {&where.field->message->fields[1], true, where.typed};
    size_t count = pl_yaml_count(node);
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_MAP, node);
    pl_match_member *members = compiler_alloc(c, count + 1, sizeof *members);
    if (!matcher || !members)
        return NULL;
    matcher->members = members;
    for (size_t i = 0; i < count; i++) {
        pl_match_member *member = &members[matcher->member_count];
        const pl_yaml_node *text = pl_yaml_key_at(node, i);
        bool known = compile_leaf(c, key, text, &member->key);
        member->matcher = compile_place(c, value, pl_yaml_at(node, i));
        if (!known || !member->matcher)
            continue;
        if (same_key(key, members, matcher->member_count, &member->key))
            compiler_error(c, text, "FIELD_TWICE", "key '%.64s' stands here a second time",
                           pl_yaml_text(text).p);
        else
            matcher->member_count++;
    }
    sort_entries(key, members, matcher->member_count);
    if (!where.typed)
        return matcher;
    return every(c, PL_MATCH_EVERY_VALUE, matcher->member_count ? members[0].matcher : NULL,
                 matcher, node);
}

/* ---- one value ------------------------------------------------------------------------------- */

/* PATH as the message has it: ProtoJSON writes "customerId" for customer_id. */
static pl_str mask_path(compiler *c, pl_str path) {
    pl_buf text = pl_buf_make(2 * path.n + 1);
    for (size_t i = 0; i < path.n; i++) {
        bool upper = path.p[i] >= 'A' && path.p[i] <= 'Z';
        if (upper)
            pl_buf_putc(&text, '_');
        pl_buf_putc(&text, upper ? (char)(path.p[i] - 'A' + 'a') : path.p[i]);
    }
    pl_str copy = compiler_copy(c, pl_buf_view(&text));
    pl_buf_done(&text);
    return copy;
}

/* "a,b": the paths in any order. */
static const pl_matcher *compile_mask(compiler *c, const pl_field *paths,
                                      const pl_yaml_node *node) {
    pl_matcher *list = compiler_matcher(c, PL_MATCH_UNORDERED, node);
    pl_str rest = pl_yaml_text(node), path;
    size_t room = 1;
    for (size_t i = 0; i < rest.n; i++)
        room += rest.p[i] == ',';
    const pl_matcher **items = list ? compiler_alloc(c, room, sizeof *items) : NULL;
    if (!items)
        return NULL;
    list->items = items;
    while (rest.n && pl_str_split(&rest, ',', &path)) {
        pl_matcher *item = compiler_matcher(c, PL_MATCH_EQUAL, node);
        if (!item)
            return NULL;
        item->value = leaf_of_text(mask_path(c, pl_str_trim(path)));
        items[list->item_count++] = item;
    }
    return compiler_around(c, paths, list, node);
}

static const pl_matcher *compile_single_message(compiler *c, place where,
                                                const pl_yaml_node *node) {
    const pl_message_type *type = where.field->message;
    const pl_field *inner = compiler_inner_field(type);
    place below = {inner, false, where.typed};
    if (type->well_known == PL_WELL_KNOWN_FIELD_MASK) {
        if (pl_yaml_kind_of(node) == PL_YAML_SCALAR)
            return compile_mask(c, inner, node);
        return compiler_around(c, inner, compile_plain(c, below, node), node);
    }
    if (inner)
        return compiler_around(c, inner, compile_plain(c, below, node), node);
    if (type->well_known == PL_WELL_KNOWN_VALUE)
        return compile_value(c, type, node, where.typed);
    if (type->well_known == PL_WELL_KNOWN_ANY && pl_yaml_kind_of(node) == PL_YAML_MAPPING)
        return compile_typed(c, node, where.typed);
    return compile_message(c, type, node, where.typed);
}

const pl_matcher *compile_plain(compiler *c, place where, const pl_yaml_node *node) {
    if (where.field->map && !where.single)
        return compile_map(c, where, node);
    if (where.field->repeated && !where.single)
        return compile_list(c, where, node);
    if (pl_leaf_of(where.field) == PL_LEAF_NONE)
        return compile_single_message(c, where, node);
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_EQUAL, node);
    if (!matcher || !compile_leaf(c, where.field, node, &matcher->value))
        return NULL;
    if (!where.typed)
        return matcher;
    pl_matcher *type = compiler_matcher(c, PL_MATCH_TYPE, node);
    if (type)
        type->example = matcher;
    return type;
}

const pl_matcher *compile_place(compiler *c, place where, const pl_yaml_node *node) {
    return *pl_yaml_tag(node) ? compile_tagged(c, where, node) : compile_plain(c, where, node);
}

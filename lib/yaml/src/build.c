/* Composes a document from libyaml's events: the only file that knows libyaml.
 *
 * libyaml's own composer neither bounds what aliases expand to nor finds duplicate
 * keys, so this walks the events. Children of the containers being read stand on
 * one stack and move to the arena when their container ends. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct anchor {
    const char *name;
    pl_yaml_node *node; /* NULL while it is being read */
    struct anchor *next;
} anchor;

typedef struct builder {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; deleted by next() */
    bool has_event;
    pl_yaml_doc *doc;
    pl_error *err;
    anchor *anchors;
    size_t anchor_count;
    size_t nodes;    /* written, so far */
    size_t expanded; /* what aliases and merges stand for, so far */
    unsigned depth;
    pl_yaml_node **stack; /* children of open containers */
    size_t stack_count, stack_cap;
} builder;

static pl_code build_node(builder *b, pl_yaml_node **out_node);

static pl_code no_memory(builder *b) {
    return pl_error_set(b->err, PL_RESOURCE_EXHAUSTED, "%s: the document needs more than %zu bytes",
                        b->doc->name, ARENA_BUDGET);
}

static pl_code fail_at(builder *b, yaml_mark_t mark, const char *format, ...) PL_PRINTF(3, 4);
static pl_code fail_at(builder *b, yaml_mark_t mark, const char *format, ...) {
    char message[PL_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return pl_error_set(b->err, PL_INVALID_ARGUMENT, "%s:%zu:%zu: %s", b->doc->name, mark.line + 1,
                        mark.column + 1, message);
}

/* libyaml names neither tabs nor what to do about them. */
static bool at_tab(const builder *b) {
    pl_str line = pl_yaml_source_line(b->doc, (uint32_t)b->parser.problem_mark.line + 1);
    for (size_t i = 0; i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'); i++) {
        if (line.p[i] == '\t')
            return true;
    }
    return false;
}

/* Nor what ends a tag: { a: !any} is meant well. */
static bool at_end_of_tag(const yaml_parser_t *p) {
    return p->context && strcmp(p->context, "while scanning a tag") == 0 && p->problem &&
           strcmp(p->problem, "did not find expected whitespace or line break") == 0;
}

static pl_code parser_failed(builder *b) {
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return no_memory(b);
    if (p->error == YAML_READER_ERROR) {
        uint32_t line, column;
        pl_yaml_position(b->doc->source, p->problem_offset, &line, &column);
        return pl_error_set(b->err, PL_INVALID_ARGUMENT, "%s:%u:%u: %s (0x%02X)", b->doc->name,
                            line, column, p->problem ? p->problem : "cannot be read",
                            (unsigned)p->problem_value);
    }
    if (at_tab(b))
        return fail_at(b, p->problem_mark, "a tab in the indentation; use spaces");
    if (at_end_of_tag(p))
        return fail_at(b, p->problem_mark, "a tag ends with a blank: { a: !any }, not { a: !any}");
    const char *problem = p->problem ? p->problem : "is not YAML";
    if (!p->context)
        return fail_at(b, p->problem_mark, "%s", problem);
    return fail_at(b, p->problem_mark, "%s, %s that begins at %zu:%zu", problem, p->context,
                   p->context_mark.line + 1, p->context_mark.column + 1);
}

static void drop_event(builder *b) {
    if (b->has_event)
        yaml_event_delete(&b->event);
    b->has_event = false;
}

static pl_code next(builder *b) {
    drop_event(b);
    if (!yaml_parser_parse(&b->parser, &b->event))
        return parser_failed(b);
    b->has_event = true;
    return PL_OK;
}

static pl_code push(builder *b, pl_yaml_node *node) {
    if (b->stack_count == b->stack_cap) {
        size_t cap = b->stack_cap ? b->stack_cap * 2 : 64;
        pl_yaml_node **grown = realloc(b->stack, cap * sizeof(pl_yaml_node *));
        if (!grown)
            return no_memory(b);
        b->stack = grown;
        b->stack_cap = cap;
    }
    b->stack[b->stack_count++] = node;
    return PL_OK;
}

static pl_code count_node(builder *b, yaml_mark_t mark) {
    if (++b->nodes > PL_YAML_MAX_NODES)
        return fail_at(b, mark, "more than %u nodes", PL_YAML_MAX_NODES);
    return PL_OK;
}

static pl_code count_expanded(builder *b, size_t more, yaml_mark_t mark) {
    b->expanded += more;
    if (b->expanded > PL_YAML_MAX_EXPANDED)
        return fail_at(b, mark, "aliases stand for more than %u nodes", PL_YAML_MAX_EXPANDED);
    return PL_OK;
}

static pl_code new_node(builder *b, pl_yaml_kind kind, const yaml_char_t *tag,
                        pl_yaml_node **out_node) {
    pl_yaml_node *node = PL_ARENA_NEW(&b->doc->arena, pl_yaml_node);
    if (!node)
        return no_memory(b);
    node->doc = b->doc;
    node->kind = kind;
    node->line = (uint32_t)b->event.start_mark.line + 1;
    node->column = (uint32_t)b->event.start_mark.column + 1;
    node->expanded = 1;
    node->height = 1;
    node->tag = tag ? pl_arena_strdup(&b->doc->arena, (const char *)tag) : "";
    node->text = pl_str_make("", 0);
    if (!node->tag)
        return no_memory(b);
    pl_code code = count_node(b, b->event.start_mark);
    if (code)
        return code;
    *out_node = node;
    return PL_OK;
}

static pl_code add_anchor(builder *b, const yaml_char_t *name, anchor **out_anchor) {
    *out_anchor = NULL;
    if (!name)
        return PL_OK;
    if (b->anchor_count == MAX_ANCHORS)
        return fail_at(b, b->event.start_mark, "more than %d anchors", MAX_ANCHORS);
    anchor *a = PL_ARENA_NEW(&b->doc->arena, anchor);
    if (!a || !(a->name = pl_arena_strdup(&b->doc->arena, (const char *)name)))
        return no_memory(b);
    b->anchor_count++;
    a->next = b->anchors; /* a later anchor hides an earlier one of its name */
    b->anchors = a;
    *out_anchor = a;
    return PL_OK;
}

static pl_code build_alias(builder *b, pl_yaml_node **out_node) {
    const char *name = (const char *)b->event.data.alias.anchor;
    const anchor *a = b->anchors;
    while (a && strcmp(a->name, name) != 0)
        a = a->next;
    if (!a)
        return fail_at(b, b->event.start_mark, "alias *%.64s: no such anchor before it", name);
    if (!a->node)
        return fail_at(b, b->event.start_mark, "alias *%.64s contains itself", name);
    if (b->depth + a->node->height > PL_YAML_MAX_DEPTH)
        return fail_at(b, b->event.start_mark, "nested deeper than %u levels", PL_YAML_MAX_DEPTH);
    pl_code code = count_expanded(b, a->node->expanded, b->event.start_mark);
    if (code)
        return code;
    *out_node = a->node;
    return PL_OK;
}

static pl_code build_scalar(builder *b, pl_yaml_node **out_node) {
    static const pl_yaml_style styles[] = {
        [YAML_PLAIN_SCALAR_STYLE] = PL_YAML_PLAIN,
        [YAML_SINGLE_QUOTED_SCALAR_STYLE] = PL_YAML_SINGLE_QUOTED,
        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = PL_YAML_DOUBLE_QUOTED,
        [YAML_LITERAL_SCALAR_STYLE] = PL_YAML_LITERAL,
        [YAML_FOLDED_SCALAR_STYLE] = PL_YAML_FOLDED,
    };
    const char *value = (const char *)b->event.data.scalar.value;
    size_t length = b->event.data.scalar.length;
    if (memchr(value, 0, length))
        return fail_at(b, b->event.start_mark, "a NUL character in a text");
    anchor *a = NULL;
    pl_yaml_node *node = NULL;
    pl_code code = add_anchor(b, b->event.data.scalar.anchor, &a);
    if (!code)
        code = new_node(b, PL_YAML_SCALAR, b->event.data.scalar.tag, &node);
    if (code)
        return code;
    char *copy = pl_arena_strndup(&b->doc->arena, value, length);
    if (!copy)
        return no_memory(b);
    node->text = pl_str_make(copy, length);
    node->style = styles[b->event.data.scalar.style];
    if (a)
        a->node = node;
    *out_node = node;
    return PL_OK;
}

/* Counts a finished child into its container. */
static void account(pl_yaml_node *parent, const pl_yaml_node *child) {
    parent->expanded += child->expanded;
    if (child->height + 1 > parent->height)
        parent->height = child->height + 1;
}

static pl_code build_sequence(builder *b, pl_yaml_node *node) {
    size_t base = b->stack_count;
    for (;;) {
        pl_code code = next(b);
        if (code)
            return code;
        if (b->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        pl_yaml_node *child = NULL;
        if ((code = build_node(b, &child)) || (code = push(b, child)))
            return code;
        account(node, child);
    }
    node->count = b->stack_count - base;
    node->values = pl_arena_calloc(&b->doc->arena, node->count, sizeof(pl_yaml_node *));
    if (!node->values)
        return no_memory(b);
    if (node->count)
        memcpy(node->values, b->stack + base, node->count * sizeof(pl_yaml_node *));
    b->stack_count = base;
    return PL_OK;
}

static bool is_merge(const pl_yaml_node *key) {
    return key->style == PL_YAML_PLAIN && !*key->tag && pl_str_eqc(key->text, "<<");
}

static yaml_mark_t mark_of(const pl_yaml_node *node) {
    yaml_mark_t mark = {.line = node->line - 1, .column = node->column - 1};
    return mark;
}

/* Whether the stack from BASE (pairs of key and value) has KEY. */
static const pl_yaml_node *find_key(const builder *b, size_t base, pl_str key) {
    for (size_t i = base; i < b->stack_count; i += 2) {
        if (pl_str_eq(b->stack[i]->text, key))
            return b->stack[i];
    }
    return NULL;
}

static pl_code merge_one(builder *b, pl_yaml_node *node, size_t base, const pl_yaml_node *from,
                         yaml_mark_t mark) {
    for (size_t i = 0; i < from->count; i++) {
        if (find_key(b, base, from->keys[i]->text))
            continue;
        pl_code code = count_expanded(b, 1 + from->values[i]->expanded, mark);
        if (!code)
            code = push(b, from->keys[i]);
        if (!code)
            code = push(b, from->values[i]);
        if (code)
            return code;
        account(node, from->keys[i]);
        account(node, from->values[i]);
    }
    return PL_OK;
}

/* `<<: *a` or `<<: [*a, *b]`: what is written wins, then the earlier mapping. */
static pl_code merge(builder *b, pl_yaml_node *node, size_t base, const pl_yaml_node *key,
                     const pl_yaml_node *value) {
    yaml_mark_t mark = mark_of(key);
    if (value->kind == PL_YAML_MAPPING)
        return merge_one(b, node, base, value, mark);
    for (size_t i = 0; i < value->count; i++) {
        if (value->values[i]->kind != PL_YAML_MAPPING)
            break;
        pl_code code = merge_one(b, node, base, value->values[i], mark);
        if (code)
            return code;
        if (i + 1 == value->count)
            return PL_OK;
    }
    return fail_at(b, mark, "<< takes a mapping or a sequence of mappings");
}

static pl_code build_key(builder *b, size_t base, pl_yaml_node **out_key) {
    yaml_mark_t mark = b->event.start_mark;
    if (b->event.type != YAML_SCALAR_EVENT && b->event.type != YAML_ALIAS_EVENT)
        return fail_at(b, mark, "a key is a text, not a sequence or a mapping");
    pl_yaml_node *key = NULL;
    pl_code code = build_node(b, &key);
    if (code)
        return code;
    if (key->kind != PL_YAML_SCALAR)
        return fail_at(b, mark, "a key is a text, not a sequence or a mapping");
    if (key->text.n == 0 && key->style == PL_YAML_PLAIN)
        return fail_at(b, mark, "a key is missing before the colon");
    const pl_yaml_node *first = find_key(b, base, key->text);
    if (first)
        return fail_at(b, mark, "key '%.64s' is already at line %u", key->text.p, first->line);
    *out_key = key;
    return PL_OK;
}

static pl_code finish_mapping(builder *b, pl_yaml_node *node, size_t base) {
    node->count = (b->stack_count - base) / 2;
    node->keys = pl_arena_calloc(&b->doc->arena, node->count * 2, sizeof(pl_yaml_node *));
    if (!node->keys)
        return no_memory(b);
    node->values = node->keys + node->count;
    for (size_t i = 0; i < node->count; i++) {
        node->keys[i] = b->stack[base + 2 * i];
        node->values[i] = b->stack[base + 2 * i + 1];
    }
    b->stack_count = base;
    return PL_OK;
}

static pl_code build_mapping(builder *b, pl_yaml_node *node) {
    size_t base = b->stack_count;
    pl_yaml_node *merge_key = NULL, *merge_value = NULL;
    for (;;) {
        pl_code code = next(b);
        if (code)
            return code;
        if (b->event.type == YAML_MAPPING_END_EVENT)
            break;
        pl_yaml_node *key = NULL, *value = NULL;
        if ((code = build_key(b, base, &key)) || (code = next(b)) || (code = build_node(b, &value)))
            return code;
        account(node, key);
        account(node, value);
        if (is_merge(key)) {
            if (merge_key)
                return fail_at(b, mark_of(key), "key '<<' is already at line %u", merge_key->line);
            merge_key = key;
            merge_value = value;
            continue;
        }
        if ((b->stack_count - base) / 2 >= PL_YAML_MAX_ENTRIES)
            return fail_at(b, mark_of(key), "more than %u keys in a mapping", PL_YAML_MAX_ENTRIES);
        if ((code = push(b, key)) || (code = push(b, value)))
            return code;
    }
    pl_code code = PL_OK;
    if (merge_key)
        code = merge(b, node, base, merge_key, merge_value);
    return code ? code : finish_mapping(b, node, base);
}

static pl_code build_container(builder *b, pl_yaml_node **out_node) {
    bool mapping = b->event.type == YAML_MAPPING_START_EVENT;
    if (b->depth >= PL_YAML_MAX_DEPTH)
        return fail_at(b, b->event.start_mark, "nested deeper than %u levels", PL_YAML_MAX_DEPTH);
    anchor *a = NULL;
    pl_yaml_node *node = NULL;
    pl_code code = add_anchor(
        b, mapping ? b->event.data.mapping_start.anchor : b->event.data.sequence_start.anchor, &a);
    if (!code)
        code = new_node(
            b, mapping ? PL_YAML_MAPPING : PL_YAML_SEQUENCE,
            mapping ? b->event.data.mapping_start.tag : b->event.data.sequence_start.tag, &node);
    if (code)
        return code;
    b->depth++;
    code = mapping ? build_mapping(b, node) : build_sequence(b, node);
    b->depth--;
    if (code)
        return code;
    if (a)
        a->node = node;
    *out_node = node;
    return PL_OK;
}

/* The node that the current event begins. */
static pl_code build_node(builder *b, pl_yaml_node **out_node) {
    switch (b->event.type) {
    case YAML_ALIAS_EVENT:
        return build_alias(b, out_node);
    case YAML_SCALAR_EVENT:
        return build_scalar(b, out_node);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return build_container(b, out_node);
    default:
        return fail_at(b, b->event.start_mark, "expected a value");
    }
}

/* A document without content. */
static pl_code build_empty(builder *b) {
    return new_node(b, PL_YAML_SCALAR, NULL, &b->doc->root);
}

static pl_code build_stream(builder *b) {
    pl_code code = next(b); /* stream start */
    if (!code)
        code = next(b);
    if (code)
        return code;
    if (b->event.type == YAML_STREAM_END_EVENT)
        return build_empty(b);
    if ((code = next(b)) || (code = build_node(b, &b->doc->root)))
        return code;
    code = next(b); /* document end */
    if (!code)
        code = next(b); /* what follows it */
    if (code)
        return code;
    if (b->event.type != YAML_STREAM_END_EVENT)
        return fail_at(b, b->event.start_mark, "a second document begins; a file holds one");
    return PL_OK;
}

pl_code pl_yaml_build(pl_yaml_doc *doc, pl_error *err) {
    builder b = {.doc = doc, .err = err};
    if (!yaml_parser_initialize(&b.parser))
        return no_memory(&b);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)doc->source.p, doc->source.n);
    pl_code code = build_stream(&b);
    drop_event(&b);
    yaml_parser_delete(&b.parser);
    free(b.stack);
    return code;
}

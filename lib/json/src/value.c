/* JSON text into a tree; see json.h. */
#include "parley/json/json.h"

#include "in.h"
#include "keys.h"

typedef struct parser {
    json_in in;
    pl_arena *arena;
    bool no_memory;
    /* Positions are counted on from the last one asked for, as they come in order. */
    const char *counted, *line_start;
    uint32_t line;
} parser;

static bool no_memory(parser *p) {
    p->no_memory = true;
    return false;
}

static void set_position(parser *p, pl_json_value *v) {
    for (; p->counted < p->in.p; p->counted++)
        if (*p->counted == '\n') {
            p->line++;
            p->line_start = p->counted + 1;
        }
    v->line = p->line;
    v->col = (uint32_t)(p->in.p - p->line_start) + 1;
}

static bool take_text(parser *p, pl_str *out_text) {
    json_string s;
    if (json_peek(&p->in) != '"')
        return json_problem(&p->in, p->in.p, "expected a name in quotes");
    if (!json_string_take(&p->in, &s))
        return false;
    char *copy = pl_arena_alloc(p->arena, s.raw.n + 1);
    if (!copy)
        return no_memory(p);
    size_t n = s.raw.n;
    if (s.escaped)
        n = json_unescape(s.raw, copy);
    else if (n)
        memcpy(copy, s.raw.p, n);
    copy[n] = '\0';
    *out_text = pl_str_make(copy, n);
    return true;
}

static bool take_number(parser *p, pl_json_value *v) {
    pl_str text;
    if (!json_number_take(&p->in, &text))
        return false;
    char *copy = pl_arena_cstr(p->arena, text);
    v->text = pl_str_make(copy, text.n);
    return copy || no_memory(p);
}

static bool parse_value(parser *p, unsigned depth, pl_json_value *v);

/* A child behind *TAIL, which is moved to it. */
static bool parse_child(parser *p, unsigned depth, pl_json_value *parent, pl_json_value **tail,
                        json_keys *keys) {
    pl_json_value *child = PL_ARENA_NEW(p->arena, pl_json_value);
    if (!child)
        return no_memory(p);
    if (parent->kind == PL_JSON_OBJECT) {
        json_skip_space(&p->in);
        const char *at = p->in.p;
        if (!take_text(p, &child->key))
            return false;
        json_key key = {.text = child->key, .at = at};
        if (!json_keys_add(keys, key))
            return no_memory(p);
        if (!json_take(&p->in, ':'))
            return json_problem(&p->in, p->in.p, "expected ':'");
    }
    if (*tail)
        (*tail)->next = child;
    else
        parent->children = child;
    *tail = child;
    parent->count++;
    return parse_value(p, depth, child);
}

static bool parse_children(parser *p, unsigned depth, pl_json_value *v, json_keys *keys) {
    char close = v->kind == PL_JSON_OBJECT ? '}' : ']';
    pl_json_value *tail = NULL;
    p->in.p++;
    if (json_take(&p->in, close))
        return true;
    do {
        if (!parse_child(p, depth, v, &tail, keys))
            return false;
    } while (json_take(&p->in, ','));
    if (!json_take(&p->in, close))
        return json_problem(&p->in, p->in.p,
                            close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    const json_key *twice = json_keys_check(keys);
    return !twice || json_problem(&p->in, twice->at, "the name stands twice in the object");
}

static bool parse_container(parser *p, unsigned depth, pl_json_value *v) {
    json_keys keys = {0};
    if (depth == 0)
        return json_problem(&p->in, p->in.p, "values are nested too deep");
    v->kind = *p->in.p == '{' ? PL_JSON_OBJECT : PL_JSON_ARRAY;
    bool ok = parse_children(p, depth - 1, v, &keys);
    json_keys_done(&keys);
    return ok;
}

static bool parse_value(parser *p, unsigned depth, pl_json_value *v) {
    char c = json_peek(&p->in);
    set_position(p, v);
    switch (c) {
    case '{':
    case '[':
        return parse_container(p, depth, v);
    case '"':
        v->kind = PL_JSON_STRING;
        return take_text(p, &v->text);
    case 'n':
        v->kind = PL_JSON_NULL;
        return json_word_take(&p->in, "null");
    case 't':
    case 'f':
        v->kind = PL_JSON_BOOL;
        v->boolean = c == 't';
        return json_word_take(&p->in, v->boolean ? "true" : "false");
    default:
        if (c != '-' && (c < '0' || c > '9'))
            return json_problem(&p->in, p->in.p, "expected a value");
        v->kind = PL_JSON_NUMBER;
        return take_number(p, v);
    }
}

pl_code pl_json_parse(pl_str text, const char *name, pl_arena *arena,
                      const pl_json_value **out_root, pl_error *err) {
    parser p = {.in = json_in_make(text), .arena = arena, .line = 1};
    p.counted = p.line_start = p.in.start;
    const char *prefix = name ? name : "", *colon = name ? ":" : "";
    if (text.n > PL_JSON_TEXT_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s%s %zu bytes, at most %u are allowed",
                            prefix, colon, text.n, PL_JSON_TEXT_MAX);
    pl_json_value *root = PL_ARENA_NEW(arena, pl_json_value);
    bool ok = root ? parse_value(&p, PL_JSON_DEPTH_MAX, root) : no_memory(&p);
    if (ok) {
        json_skip_space(&p.in);
        ok = p.in.p == p.in.end || json_problem(&p.in, p.in.p, "expected the end of the text");
    }
    if (ok) {
        *out_root = root;
        return PL_OK;
    }
    if (p.no_memory)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s%s needs more memory than allowed",
                            prefix, colon);
    uint32_t line, col;
    json_position(&p.in, p.in.at, &line, &col);
    return pl_error_set(err, PL_INVALID_ARGUMENT, "%s%s%u:%u: %s, got %s", prefix, colon, line, col,
                        p.in.problem, json_what(&p.in, p.in.at));
}

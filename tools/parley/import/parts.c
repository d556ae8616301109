#include <stdarg.h>

#include "import/scc.h"
#include "parley/json/json.h"

scc_contract *scc_contract_new(scc_source *s, scc_at at) {
    scc_contract *c = s->count < SCC_CONTRACTS_MAX ? PL_ARENA_NEW(&s->arena, scc_contract) : NULL;
    if (!c) {
        s->full = true;
        return NULL;
    }
    c->at = at;
    if (s->last)
        s->last->next = c;
    else
        s->contracts = c;
    s->last = c;
    s->count++;
    return c;
}

pl_str scc_copy(scc_source *s, pl_str text) {
    char *copy = pl_arena_cstr(&s->arena, text);
    if (copy)
        return pl_str_make(copy, text.n);
    s->full = true;
    return pl_str_make("", 0);
}

scc_value *scc_value_new(scc_source *s, scc_kind kind, scc_at at, pl_str text) {
    scc_value *value = PL_ARENA_NEW(&s->arena, scc_value);
    if (!value) {
        s->full = true;
        return NULL;
    }
    value->kind = kind;
    value->at = value->key_at = at;
    value->text = scc_copy(s, text);
    return value;
}

scc_matcher *scc_matcher_new(scc_source *s, scc_match kind, scc_at at) {
    scc_matcher *matcher = PL_ARENA_NEW(&s->arena, scc_matcher);
    if (!matcher) {
        s->full = true;
        return NULL;
    }
    matcher->kind = kind;
    matcher->at = at;
    return matcher;
}

void scc_value_add(scc_value *parent, scc_value *child) {
    if (!parent || !child)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->children = child;
    parent->last = child;
    parent->count++;
}

scc_value *scc_value_find(const scc_value *map, const char *key) {
    for (scc_value *v = map ? map->children : NULL; v; v = v->next) {
        if (pl_str_eqc(v->key, key))
            return v;
    }
    return NULL;
}

pl_str scc_line(const scc_source *s, uint32_t line) {
    pl_str rest = s->text, piece = {"", 0};
    for (uint32_t i = 0; i < line; i++) {
        if (!pl_str_split(&rest, '\n', &piece))
            return pl_str_make("", 0);
    }
    return piece;
}

void scc_finding(scc_source *s, scc_at at, pl_severity severity, const char *rule,
                 const char *format, ...) {
    pl_finding_place place = {s->path, at.line, at.column, scc_line(s, at.line)};
    va_list args;
    va_start(args, format);
    pl_findings_addv(s->findings, &place, severity, rule, format, args);
    va_end(args);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static scc_value *of_json(scc_source *s, const pl_json_value *json, scc_at from) {
    static const scc_kind kinds[] = {SCC_NULL, SCC_BOOL, SCC_NUMBER, SCC_TEXT, SCC_LIST, SCC_MAP};
    scc_at at = {from.line + json->line - 1,
                 json->line == 1 ? from.column + json->col - 1 : json->col};
    pl_str text = json->kind == PL_JSON_BOOL ? pl_str_c(json->boolean ? "true" : "false")
                                             : json->text;
    scc_value *value = scc_value_new(s, kinds[json->kind], at, text);
    for (const pl_json_value *j = json->children; value && j; j = j->next) {
        scc_value *child = of_json(s, j, from);
        if (child && json->kind == PL_JSON_OBJECT)
            child->key = scc_copy(s, j->key);
        scc_value_add(value, child);
    }
    return value;
}

scc_value *scc_json(scc_source *s, pl_str text, scc_at at) {
    const pl_json_value *root = NULL;
    pl_code code = pl_json_parse(text, NULL, &s->arena, &root, NULL);
    s->full = s->full || code == PL_RESOURCE_EXHAUSTED;
    return code == PL_OK ? of_json(s, root, at) : NULL;
}

/* ---- JSON paths ------------------------------------------------------------------------------ */

typedef struct path {
    const scc_matcher *matcher;
    bool found;
} path;

/* Cuts off a name: ".a", "['a']"; or "*", of items and entries: "[*]", ".*". */
static bool next_name(pl_str *rest, pl_str *out) {
    pl_str r = *rest;
    size_t n;
    if (r.n > 1 && r.p[0] == '.' && r.p[1] != '.') {
        for (n = 1; n < r.n && r.p[n] != '.' && r.p[n] != '['; n++)
            continue;
        *out = pl_str_make(r.p + 1, n - 1);
        *rest = pl_str_make(r.p + n, r.n - n);
        return true;
    }
    if (r.n < 3 || r.p[0] != '[')
        return false;
    bool quoted = r.p[1] == '\'' || r.p[1] == '"';
    for (n = 1 + quoted; n < r.n && r.p[n] != (quoted ? r.p[1] : ']'); n++)
        continue;
    *out = pl_str_make(r.p + 1 + quoted, n - 1 - quoted);
    n += quoted;
    if (n >= r.n || r.p[n] != ']' || (out->n && out->p[0] == '?'))
        return false;
    *rest = pl_str_make(r.p + n + 1, r.n - n - 1);
    return true;
}

/* False: the path is of another kind than those that are followed. */
static bool follow(path *p, scc_value *value, pl_str rest, int depth) {
    pl_str name;
    if (!value)
        return true;
    if (rest.n == 0) {
        value->matcher = p->matcher;
        p->found = true;
        return true;
    }
    if (depth > SCC_DEPTH_MAX || !next_name(&rest, &name))
        return false;
    size_t index = 0;
    for (scc_value *v = value->children; v; v = v->next, index++) {
        uint64_t number;
        bool here = pl_str_eqc(name, "*") ||
                    (value->kind == SCC_MAP ? pl_str_eq(v->key, name)
                                            : pl_str_u64(name, &number) && number == index);
        if (here && !follow(p, v, rest, depth + 1))
            return false;
    }
    return true;
}

void scc_apply(scc_source *s, scc_value *body, pl_str text, scc_at at, const scc_matcher *matcher) {
    path p = {.matcher = matcher};
    if (!matcher)
        return;
    bool known = text.n > 0 && text.p[0] == '$' &&
                 follow(&p, body, pl_str_make(text.p + 1, text.n - 1), 0);
    if (!known)
        scc_finding(s, at, PL_FINDING_WARNING, "PATH_UNKNOWN",
                    "the matcher of '%.128s' is left out: of JSON paths $.a.b, ['a'], [0] and [*] "
                    "are followed",
                    text.p);
    else if (!p.found)
        scc_finding(s, at, PL_FINDING_WARNING, "PATH_UNKNOWN",
                    "the matcher of '%.128s' is left out: the body has nothing there", text.p);
}

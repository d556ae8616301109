#include "parley/rest/router.h"

#include <stdio.h>

#include "path.h"
#include "percent.h"

/* A route at the end of a template. */
typedef struct router_entry {
    struct router_entry *next;
    pl_str method;
    const pl_rest_template *tmpl;
    const void *route;
} router_entry;

typedef struct router_node {
    pl_str literal;
    struct router_node *sibling;  /* the next literal child of the same parent */
    struct router_node *literals; /* first literal child */
    struct router_node *single;
    struct router_node *multi; /* has entries only */
    router_entry *entries;
} router_node;

struct pl_rest_router {
    pl_arena *arena;
    router_node root;
};

pl_rest_router *pl_rest_router_new(pl_arena *arena) {
    pl_rest_router *router = PL_ARENA_NEW(arena, pl_rest_router);
    if (router)
        router->arena = arena;
    return router;
}

static router_node *find_literal(const router_node *node, pl_str literal) {
    for (router_node *child = node->literals; child; child = child->sibling) {
        if (pl_str_eq(child->literal, literal))
            return child;
    }
    return NULL;
}

/* The child of NODE for SEGMENT, made where it is missing; NULL: out of memory. */
static router_node *grow(pl_rest_router *router, router_node *node,
                         const pl_rest_segment *segment) {
    router_node **slot = segment->kind == PL_REST_SINGLE ? &node->single : &node->multi;
    if (segment->kind == PL_REST_LITERAL) {
        router_node *child = find_literal(node, segment->literal);
        if (child)
            return child;
        child = PL_ARENA_NEW(router->arena, router_node);
        if (child) {
            child->literal = segment->literal;
            child->sibling = node->literals;
            node->literals = child;
        }
        return child;
    }
    if (!*slot)
        *slot = PL_ARENA_NEW(router->arena, router_node);
    return *slot;
}

pl_code pl_rest_router_add(pl_rest_router *router, pl_str method, const pl_rest_template *tmpl,
                           const void *route, const void **out_other, pl_error *err) {
    router_node *node = &router->root;
    for (size_t i = 0; i < tmpl->segment_count && node; i++)
        node = grow(router, node, &tmpl->segments[i]);
    router_entry *entry = node ? PL_ARENA_NEW(router->arena, router_entry) : NULL;
    if (!entry)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "route table: out of memory");
    for (const router_entry *e = node->entries; e; e = e->next) {
        if (pl_str_eq(e->method, method) && pl_str_eq(e->tmpl->verb, tmpl->verb)) {
            *out_other = e->route;
            return pl_error_set(err, PL_ALREADY_EXISTS,
                                "\"%.*s %.*s\" matches the same as \"%.*s\"", PL_FMT(method),
                                PL_FMT(tmpl->text), PL_FMT(e->tmpl->text));
        }
    }
    *entry = (router_entry){node->entries, method, tmpl, route};
    node->entries = entry;
    return PL_OK;
}

/* One walk through the trie: for an entry of a method and a verb, or, where method is
 * NULL, for every method the path has. */
typedef struct router_walk {
    const rest_path *path;
    pl_str last; /* the decoded last segment, without the verb */
    pl_str verb;
    const pl_str *method;
    char *allow;
} router_walk;

static void allow_add(char *allow, pl_str method) {
    pl_str rest = pl_str_c(allow);
    pl_str piece;
    while (pl_str_split(&rest, ',', &piece)) {
        if (pl_str_eq(pl_str_trim(piece), method))
            return;
    }
    size_t used = strlen(allow);
    if (used + method.n + 3 <= PL_REST_ALLOW_MAX)
        snprintf(allow + used, PL_REST_ALLOW_MAX - used, "%s%.*s", used ? ", " : "",
                 PL_FMT(method));
}

static const router_entry *entry_of(const router_node *node, const router_walk *walk) {
    for (const router_entry *e = node->entries; e; e = e->next) {
        if (!pl_str_eq(e->tmpl->verb, walk->verb))
            continue;
        if (!walk->method) {
            allow_add(walk->allow, e->method);
            if (pl_str_eqc(e->method, "GET"))
                allow_add(walk->allow, pl_str_c("HEAD"));
        } else if (pl_str_eq(e->method, *walk->method)) {
            return e;
        }
    }
    return NULL;
}

/* As deep as a template at most; each node is visited at most once. */
static const router_entry *walk_node(const router_node *node, size_t i, const router_walk *walk) {
    const router_entry *found = NULL;
    if (i == walk->path->count) {
        found = entry_of(node, walk);
    } else {
        pl_str segment = i + 1 == walk->path->count ? walk->last : walk->path->decoded[i];
        const router_node *child = segment.n ? find_literal(node, segment) : NULL;
        if (child)
            found = walk_node(child, i + 1, walk);
        if (!found && node->single && segment.n)
            found = walk_node(node->single, i + 1, walk);
    }
    if (!found && node->multi && (i == walk->path->count || walk->last.n))
        found = entry_of(node->multi, walk);
    return found;
}

/* Cuts the text after the last colon off the last segment; false where there is no verb. */
static bool split_verb(pl_str raw, pl_str *out_segment, pl_str *out_verb) {
    for (size_t i = raw.n; i > 0; i--) {
        if (raw.p[i - 1] != ':')
            continue;
        *out_segment = pl_str_make(raw.p, i - 1);
        *out_verb = pl_str_make(raw.p + i, raw.n - i);
        return out_verb->n > 0 && out_segment->n > 0;
    }
    return false;
}

/* What VARIABLE holds: a piece of the path as it came, decoded. */
static pl_code value_of(const rest_path *path, const pl_rest_template *tmpl,
                        const pl_rest_variable *variable, pl_str last_raw, pl_arena *arena,
                        pl_str *out_value, pl_error *err) {
    size_t end = variable->first + variable->count;
    if (tmpl->segments[end - 1].kind == PL_REST_MULTI)
        end = path->count;
    pl_str raw = {NULL, 0};
    if (end > variable->first) {
        pl_str last = end == path->count ? last_raw : path->raw[end - 1];
        raw.p = path->raw[variable->first].p;
        raw.n = (size_t)(last.p + last.n - raw.p);
    }
    return percent_decode(arena, raw, variable->multi ? PERCENT_KEEP_SLASH : PERCENT_ALL, out_value,
                          err);
}

/* Segment I belongs to a variable of TMPL. */
static bool in_variable(const pl_rest_template *tmpl, size_t i) {
    for (size_t v = 0; v < tmpl->variable_count; v++) {
        size_t end = tmpl->variables[v].first + tmpl->variables[v].count;
        bool open = tmpl->segments[end - 1].kind == PL_REST_MULTI;
        if (i >= tmpl->variables[v].first && (open || i < end))
            return true;
    }
    return false;
}

/* An encoded slash outside a variable would be read as a separator by some and as
 * text by others. TMPL is NULL where nothing matched. */
static pl_code check_slashes(const rest_path *path, const pl_rest_template *tmpl, pl_error *err) {
    for (size_t i = 0; i < path->count; i++) {
        if (percent_has_slash(path->raw[i]) && !(tmpl && in_variable(tmpl, i)))
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "path: \"%%2F\" is allowed within a variable only");
    }
    return PL_OK;
}

static pl_code bind_values(const rest_path *path, const router_entry *entry, pl_str last_raw,
                           pl_arena *arena, pl_rest_match *out_match, pl_error *err) {
    const pl_rest_template *tmpl = entry->tmpl;
    pl_str *values = pl_arena_calloc(arena, tmpl->variable_count, sizeof *values);
    if (!values)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the request does not fit its memory");
    for (size_t i = 0; i < tmpl->variable_count; i++) {
        pl_code code = value_of(path, tmpl, &tmpl->variables[i], last_raw, arena, &values[i], err);
        if (code)
            return code;
    }
    out_match->route = entry->route;
    out_match->values = values;
    return PL_OK;
}

/* The two readings of a path: with its last colon as a verb, and without. */
typedef struct router_reading {
    router_walk walk;
    pl_str last_raw;
} router_reading;

static pl_code readings_of(const rest_path *path, pl_arena *arena, router_reading readings[2],
                           size_t *out_count, pl_error *err) {
    size_t count = 0;
    pl_str segment, verb;
    if (path->count > 0 && split_verb(path->raw[path->count - 1], &segment, &verb)) {
        readings[count] = (router_reading){{.path = path, .verb = verb}, segment};
        pl_code code = percent_decode(arena, segment, PERCENT_ALL, &readings[count].walk.last, err);
        if (code)
            return code;
        count++;
    }
    readings[count] = (router_reading){{.path = path}, {NULL, 0}};
    if (path->count > 0) {
        readings[count].walk.last = path->decoded[path->count - 1];
        readings[count].last_raw = path->raw[path->count - 1];
    }
    *out_count = count + 1;
    return PL_OK;
}

static pl_code match_path(const pl_rest_router *router, pl_str method, const rest_path *path,
                          pl_arena *arena, pl_rest_match *out_match, pl_error *err) {
    router_reading readings[2];
    size_t count = 0;
    pl_code code = readings_of(path, arena, readings, &count, err);
    if (code)
        return code;
    const pl_str get = PL_STR("GET");
    const pl_str *methods[2] = {&method, pl_str_eqc(method, "HEAD") ? &get : NULL};
    for (size_t m = 0; m < 2 && methods[m]; m++) {
        for (size_t i = 0; i < count; i++) {
            readings[i].walk.method = methods[m];
            const router_entry *entry = walk_node(&router->root, 0, &readings[i].walk);
            if (!entry)
                continue;
            code = check_slashes(path, entry->tmpl, err);
            return code ? code
                        : bind_values(path, entry, readings[i].last_raw, arena, out_match, err);
        }
    }
    for (size_t i = 0; i < count; i++) {
        readings[i].walk.method = NULL;
        readings[i].walk.allow = out_match->allow;
        walk_node(&router->root, 0, &readings[i].walk);
    }
    return check_slashes(path, NULL, err);
}

pl_code pl_rest_router_match(const pl_rest_router *router, pl_str method, pl_str path,
                             pl_arena *arena, pl_rest_match *out_match, pl_error *err) {
    rest_path split;
    pl_code code = rest_path_split(arena, path, &split, err);
    if (code)
        return code;
    pl_rest_match match = {.route = NULL};
    if (!split.trailing_slash) {
        code = match_path(router, method, &split, arena, &match, err);
        if (code)
            return code;
    }
    *out_match = match;
    return PL_OK;
}

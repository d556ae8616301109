#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner.h"

struct var {
    var *next;
    char name[NAME_MAX_BYTES];
    char *text;
    size_t size;
};

void vars_init(vars *v, vars *outer) {
    pthread_mutex_init(&v->mu, NULL);
    v->first = NULL;
    v->outer = outer;
}

void vars_done(vars *v) {
    for (var *at = v->first, *next; at; at = next) {
        next = at->next;
        free(at->text);
        free(at);
    }
    v->first = NULL;
    pthread_mutex_destroy(&v->mu);
}

/* Called with mu held. */
static var *find(const vars *v, pl_str name) {
    var *at = v->first;
    while (at && !pl_str_eqc(name, at->name))
        at = at->next;
    return at;
}

void vars_set(vars *v, const char *name, pl_str value) {
    char *text = malloc(value.n + 1);
    if (!text)
        abort();
    if (value.n)
        memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    pthread_mutex_lock(&v->mu);
    var *found = find(v, pl_str_c(name));
    if (!found) {
        found = calloc(1, sizeof *found);
        if (!found)
            abort();
        (void)snprintf(found->name, sizeof found->name, "%s", name);
        found->next = v->first;
        v->first = found;
    }
    free(found->text);
    found->text = text;
    found->size = value.n;
    pthread_mutex_unlock(&v->mu);
}

void vars_set_i64(vars *v, const char *name, int64_t value) {
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    vars_set(v, name, pl_str_c(text));
}

static bool put(vars *v, pl_str name, pl_buf *out) {
    for (; v; v = v->outer) {
        pthread_mutex_lock(&v->mu);
        const var *found = find(v, name);
        if (found)
            pl_buf_append(out, found->text, found->size);
        pthread_mutex_unlock(&v->mu);
        if (found)
            return true;
    }
    return false;
}

bool vars_expand(vars *v, pl_str text, const pl_yaml_node *at, pl_buf *out, failure *f) {
    for (size_t i = 0; i < text.n;) {
        if (text.p[i] != '$' || i + 1 == text.n || text.p[i + 1] != '(') {
            pl_buf_putc(out, text.p[i++]);
            continue;
        }
        pl_str rest = pl_str_make(text.p + i + 2, text.n - i - 2);
        pl_str name = pl_str_make(rest.p, pl_str_index(rest, ')'));
        if (name.n == rest.n)
            return blame(f, at, "%.*s: no closing bracket", PL_FMT(text));
        if (!put(v, name, out))
            return blame(f, at, "$(%.*s) is not known", PL_FMT(name));
        i += name.n + 3;
    }
    return true;
}

const char *text_of(context *c, const pl_yaml_node *node) {
    if (!node || pl_yaml_kind_of(node) != PL_YAML_SCALAR) {
        blame(c->failure, node, "expected a text");
        return NULL;
    }
    pl_buf out = pl_buf_make(TEXT_BYTES_MAX);
    const char *copy = NULL;
    if (vars_expand(c->vars, pl_yaml_text(node), node, &out, c->failure)) {
        copy = pl_arena_strndup(c->arena, out.p, out.n);
        if (!copy)
            blame(c->failure, node, "no memory");
    }
    pl_buf_done(&out);
    return copy;
}

bool number_of(context *c, const pl_yaml_node *node, int64_t *out) {
    const char *text = text_of(c, node);
    if (!text)
        return false;
    if (!pl_str_i64(pl_str_c(text), out))
        return blame(c->failure, node, "expected a number, got '%s'", text);
    return true;
}

const char *text_at(context *c, const pl_yaml_node *node, const char *key, const char *otherwise) {
    const pl_yaml_node *value = pl_yaml_find(node, key);
    if (value)
        return text_of(c, value);
    if (!otherwise)
        blame(c->failure, node, "%s is missing", key);
    return otherwise;
}

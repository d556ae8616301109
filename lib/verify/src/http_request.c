/* The request of a contract as a REST client writes it: path, query and body of its binding. */
#include "http_request.h"

#include <stdio.h>
#include <string.h>

#include "parley/http/parser.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"

enum { JSON_MAX = 16 << 20, NAME_MAX_BYTES = 512 };

typedef struct writer {
    const pl_http_rule *rule;
    const pl_json_value *given; /* the request: what is set */
    const pl_json_value *whole; /* with the values of what is not */
    pl_buf *target;
    bool query; /* something stands in it */
} writer;

static const pl_json_value *tree(const pl_message_type *type, pl_str request, bool defaults,
                                 pl_arena *arena) {
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    pl_buf text = pl_buf_make(JSON_MAX);
    const pl_json_value *root = NULL;

    opts.proto_names = true;
    opts.defaults = defaults;
    bool read = pl_wire_to_json(type, request, &opts, &text, NULL) == PL_OK &&
                pl_json_parse(pl_buf_view(&text), NULL, arena, &root, NULL) == PL_OK;
    pl_buf_done(&text);
    return read ? root : NULL;
}

static pl_str text_of(const pl_json_value *value) {
    if (!value)
        return pl_str_make("", 0);
    return value->kind == PL_JSON_BOOL ? pl_str_c(value->boolean ? "true" : "false") : value->text;
}

/* ---- path ------------------------------------------------------------------------------------ */

/* "order_id" of "{order_id}" and of "{order_id=orders" that begins at AT. */
static pl_str variable_at(pl_str path, size_t at) {
    pl_str rest = pl_str_make(path.p + at + 1, path.n - at - 1);

    rest.n = pl_str_index(rest, '}');
    rest.n = pl_str_index(rest, '=');
    return rest;
}

/* NAME stands in the path. */
static bool is_in_path(const writer *w, const char *name) {
    pl_str path = w->rule->path;

    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '{' && pl_str_eqc(variable_at(path, i), name))
            return true;
    }
    return false;
}

/* Of a variable of several segments the slashes are those of the path. */
static void put_value(pl_str value, bool segments, pl_buf *out) {
    (void)(segments ? pl_http_percent_encode_path(value, out) : pl_http_percent_encode(value, out));
}

static void put_path(const writer *w) {
    pl_str path = w->rule->path;
    char name[NAME_MAX_BYTES];

    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '{') {
            pl_buf_putc(w->target, path.p[i]);
            continue;
        }
        pl_str variable = variable_at(path, i);
        size_t length = pl_str_index(pl_str_make(path.p + i, path.n - i), '}');
        pl_str pattern = pl_str_make(variable.p + variable.n, length - 1 - variable.n);
        bool segments = pl_str_index(pattern, '/') < pattern.n ||
                        pl_str_ends(pattern, pl_str_c("**"));
        (void)snprintf(name, sizeof name, "%.*s", PL_FMT(variable));
        put_value(text_of(pl_json_at(w->whole, name)), segments, w->target);
        i += length;
    }
}

/* ---- query ----------------------------------------------------------------------------------- */

static void put_parameter(writer *w, const char *name, const pl_json_value *value) {
    char below[NAME_MAX_BYTES];

    if (is_in_path(w, name) || pl_str_eqc(w->rule->body, name))
        return;
    if (value->kind == PL_JSON_OBJECT) {
        for (const pl_json_value *one = value->children; one; one = one->next) {
            (void)snprintf(below, sizeof below, "%s.%s", name, one->key.p);
            put_parameter(w, below, one);
        }
    } else if (value->kind == PL_JSON_ARRAY) {
        for (const pl_json_value *one = value->children; one; one = one->next)
            put_parameter(w, name, one);
    } else {
        pl_buf_printf(w->target, "%c%s=", w->query ? '&' : '?', name);
        (void)pl_http_percent_encode(text_of(value), w->target);
        w->query = true;
    }
}

/* ---- body ------------------------------------------------------------------------------------ */

/* Everything that is not in the path. */
static void put_rest(const writer *w, pl_buf *body) {
    const char *between = "{";

    for (const pl_json_value *one = w->given->children; one; one = one->next) {
        if (is_in_path(w, one->key.p))
            continue;
        pl_buf_puts(body, between);
        pl_buf_json(body, one->key);
        pl_buf_putc(body, ':');
        (void)pl_json_print(one, 0, body);
        between = ",";
    }
    pl_buf_puts(body, *between == '{' ? "{}" : "}");
}

bool http_request_write(const pl_method_type *method, const pl_http_rule *rule, pl_str request,
                        pl_arena *arena, pl_buf *target, pl_buf *body) {
    writer w = {.rule = rule,
                .given = tree(method->input, request, false, arena),
                .whole = tree(method->input, request, true, arena),
                .target = target};

    if (!w.given || !w.whole)
        return false;
    put_path(&w);
    if (pl_str_eqc(rule->body, "*")) {
        put_rest(&w, body);
    } else {
        for (const pl_json_value *one = w.given->children; one; one = one->next)
            put_parameter(&w, one->key.p, one);
        const pl_json_value *member = pl_json_member(w.given, rule->body);
        if (member)
            (void)pl_json_print(member, 0, body);
        else if (rule->body.n)
            pl_buf_puts(body, "{}");
    }
    return !target->failed && !body->failed;
}

/* What stands around the bodies of a contract: states, headers, status. */
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"
#include "leaf.h"
#include "parley/json/json.h"

enum {
    JSON_MAX = 64 * 1024,
    NAMES_SHOWN_MAX = 256,
    NUMBER_MAX = 4096,
    NAME_MAX_BYTES = 128,
    DEPTH_MAX = 8
};

/* ---- given ----------------------------------------------------------------------------------- */

/* true, false, or a number that JSON has, too: .5 and 007 are texts. */
static bool stands_in_json(const pl_yaml_node *node) {
    if (pl_yaml_style_of(node) != PL_YAML_PLAIN)
        return false;
    pl_arena arena = pl_arena_make(NUMBER_MAX);
    const pl_json_value *value = NULL;
    bool is = pl_json_parse(pl_yaml_text(node), NULL, &arena, &value, NULL) == PL_OK &&
              (value->kind == PL_JSON_BOOL || value->kind == PL_JSON_NUMBER);
    pl_arena_done(&arena);
    return is;
}

/* Appends a parameter as JSON. */
static bool put_json(compiler *c, const pl_yaml_node *node, pl_buf *out) {
    if (pl_yaml_kind_of(node) == PL_YAML_SEQUENCE) {
        pl_buf_putc(out, '[');
        for (size_t i = 0; i < pl_yaml_count(node); i++) {
            const pl_yaml_node *item = pl_yaml_at(node, i);
            if (pl_yaml_kind_of(item) != PL_YAML_SCALAR) {
                compiler_error(c, item, "STATE_PARAMETER",
                               "a list in a parameter has scalars only");
                return false;
            }
            pl_buf_puts(out, i ? "," : "");
            if (!put_json(c, item, out))
                return false;
        }
        return pl_buf_putc(out, ']');
    }
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING || pl_yaml_is_null(node) || *pl_yaml_tag(node)) {
        compiler_error(c, node, "STATE_PARAMETER",
                       "a parameter is a number, a text, true, false or a list of these");
        return false;
    }
    return stands_in_json(node) ? pl_buf_str(out, pl_yaml_text(node))
                                : pl_buf_json(out, pl_yaml_text(node));
}

static int by_name(const void *left, const void *right) {
    const pl_contract_parameter *a = left, *b = right;
    return strcmp(a->name.p, b->name.p);
}

/* TYPE is of states.yaml: "int64", or "int64?" where it may be left out. */
static bool json_fits(pl_str json, pl_str type) {
    if (type.n && type.p[type.n - 1] == '?')
        type.n--;
    bool text = json.p[0] == '"', list = json.p[0] == '[';
    bool flag = json.p[0] == 't' || json.p[0] == 'f';
    int64_t whole;
    if (pl_str_eqc(type, "string") || pl_str_eqc(type, "bytes"))
        return text;
    if (pl_str_eqc(type, "bool"))
        return flag;
    if (pl_str_eqc(type, "double") || pl_str_eqc(type, "float"))
        return !text && !flag && !list;
    if (pl_str_starts(type, pl_str_c("list")))
        return list;
    return pl_str_i64(json, &whole);
}

static const char *shape_name(char kind) {
    switch (kind) {
    case '"':
        return "a text";
    case '[':
        return "a list";
    case 't':
        return "true or false";
    default:
        return "a number";
    }
}

/* Nobody has declared the state: a parameter is the same kind of thing wherever it stands. */
static void check_shape(compiler *c, const pl_yaml_node *node, const pl_contract_state *state,
                        const pl_contract_parameter *p) {
    char kind = p->json.p[0] == 'f' ? 't' : strchr("\"[t", p->json.p[0]) ? p->json.p[0] : '0';
    for (const state_shape *s = c->shapes; s; s = s->next) {
        if (!pl_str_eq(s->provider, c->file->provider) || !pl_str_eq(s->state, state->name) ||
            !pl_str_eq(s->parameter, p->name))
            continue;
        if (s->kind != kind)
            compiler_error(c, node, "STATE_PARAMETER", "'%.64s' is %s here and %s at %s:%u",
                           p->name.p, shape_name(kind), shape_name(s->kind), s->path, s->line);
        return;
    }
    state_shape *shape = COMPILER_NEW(c, state_shape);
    if (!shape)
        return;
    state_shape first = {c->shapes, c->file->provider, state->name, p->name,
                         kind,      c->path,           p->at.line};
    *shape = first;
    c->shapes = shape;
}

static void check_declared(compiler *c, const pl_yaml_node *key, const pl_yaml_node *values,
                           const pl_contract_state *state) {
    bool any;
    const declared_state *d = compiler_state(c, state->name, &any);
    for (size_t i = 0; !any && i < state->parameter_count; i++)
        check_shape(c, pl_yaml_find(values, state->parameters[i].name.p), state,
                    &state->parameters[i]);
    if (!any)
        return;
    if (!d) {
        const char *names[NAME_MAX_BYTES];
        size_t count = 0;
        for (const declared_state *n = c->states; n && count < PL_COUNT(names); n = n->next) {
            if (pl_str_eq(n->provider, c->file->provider))
                names[count++] = n->name.p;
        }
        compiler_error(c, key, "STATE_UNKNOWN", "%s has no state '%.64s'", c->file->provider.p,
                       state->name.p);
        compiler_did_you_mean(c, state->name, names, count);
        return;
    }
    for (size_t i = 0; i < state->parameter_count; i++) {
        const pl_contract_parameter *p = &state->parameters[i];
        const pl_yaml_node *type = pl_yaml_find(d->parameters, p->name.p);
        const pl_yaml_node *node = pl_yaml_find(values, p->name.p);
        if (!type)
            compiler_error(c, node ? node : key, "STATE_PARAMETER",
                           "state '%s' has no parameter '%.64s'", state->name.p, p->name.p);
        else if (!json_fits(p->json, pl_yaml_text(type)))
            compiler_error(c, node ? node : key, "STATE_PARAMETER", "'%.64s' is %s, got %.64s",
                           p->name.p, pl_yaml_text(type).p, p->json.p);
    }
    for (size_t i = 0; d->parameters && i < pl_yaml_count(d->parameters); i++) {
        pl_str name = pl_yaml_text(pl_yaml_key_at(d->parameters, i));
        pl_str type = pl_yaml_text(pl_yaml_at(d->parameters, i));
        if (!pl_yaml_find(values, name.p) && !(type.n && type.p[type.n - 1] == '?'))
            compiler_error(c, key, "STATE_PARAMETER", "state '%s' needs the parameter '%s'",
                           state->name.p, name.p);
    }
}

static void compile_state(compiler *c, const pl_yaml_node *key, const pl_yaml_node *values,
                          pl_contract_state *out) {
    out->name = compiler_copy(c, pl_yaml_text(key));
    out->at = compiler_at(key);
    if (pl_yaml_is_null(values))
        values = NULL;
    if (values && pl_yaml_kind_of(values) != PL_YAML_MAPPING) {
        compiler_error(c, values, "STATE_PARAMETER", "parameters stand as { name: value }");
        return;
    }
    size_t count = values ? pl_yaml_count(values) : 0;
    pl_contract_parameter *parameters = compiler_alloc(c, count + 1, sizeof *parameters);
    pl_buf json = pl_buf_make(JSON_MAX);
    for (size_t i = 0; parameters && i < count; i++) {
        pl_contract_parameter *p = &parameters[out->parameter_count];
        pl_buf_clear(&json);
        p->name = compiler_copy(c, pl_yaml_text(pl_yaml_key_at(values, i)));
        p->at = compiler_at(pl_yaml_at(values, i));
        if (!put_json(c, pl_yaml_at(values, i), &json))
            continue;
        p->json = compiler_copy(c, pl_buf_view(&json));
        out->parameter_count++;
    }
    pl_buf_done(&json);
    if (parameters && out->parameter_count > 1)
        qsort(parameters, out->parameter_count, sizeof *parameters, by_name);
    out->parameters = parameters;
    check_declared(c, key, values, out);
}

void compile_given(compiler *c, const pl_yaml_node *node) {
    bool list = pl_yaml_kind_of(node) == PL_YAML_SEQUENCE;
    size_t count = list ? pl_yaml_count(node) : 1, total = 0;
    if (pl_yaml_kind_of(node) == PL_YAML_SCALAR) {
        compiler_error(c, node, "TYPE_MISMATCH", "states stand as { name: { parameter: value } }");
        return;
    }
    for (size_t i = 0; i < count; i++)
        total += pl_yaml_count(list ? pl_yaml_at(node, i) : node);
    pl_contract_state *states = compiler_alloc(c, total + 1, sizeof *states);
    c->contract->given = states;
    for (size_t i = 0; states && i < count; i++) {
        const pl_yaml_node *some = list ? pl_yaml_at(node, i) : node;
        if (pl_yaml_kind_of(some) != PL_YAML_MAPPING) {
            compiler_error(c, some, "TYPE_MISMATCH",
                           "states stand as { name: { parameter: value } }");
            continue;
        }
        for (size_t k = 0; k < pl_yaml_count(some); k++)
            compile_state(c, pl_yaml_key_at(some, k), pl_yaml_at(some, k),
                          &states[c->contract->given_count++]);
    }
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool is_key(pl_str name) {
    for (size_t i = 0; i < name.n; i++) {
        char ch = name.p[i];
        bool fine = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' ||
                    ch == '_' || ch == '.';
        if (!fine)
            return false;
    }
    return name.n > 0;
}

static bool check_key(compiler *c, const pl_yaml_node *key) {
    pl_str name = pl_yaml_text(key);
    if (!is_key(name)) {
        compiler_error(c, key, "METADATA_KEY", "'%.64s' is no name of metadata", name.p);
        compiler_hint(c, "lower case letters, digits, '-', '_' and '.'");
        return false;
    }
    if (pl_str_starts(name, pl_str_c("grpc-"))) {
        compiler_error(c, key, "METADATA_KEY",
                       "'%.64s': names that begin with grpc- are gRPC's own", name.p);
        return false;
    }
    return true;
}

static int by_header_name(const void *left, const void *right) {
    const pl_contract_header *a = left, *b = right;
    int order = strcmp(a->name.p, b->name.p);
    return order ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

/* One value under KEY; false after a finding. */
static bool compile_header(compiler *c, const pl_yaml_node *key, const pl_yaml_node *value,
                           uint32_t nth, pl_contract_header *header) {
    bool binary = pl_str_ends(pl_yaml_text(key), pl_str_c("-bin"));
    place where = {binary ? pl_bytes_field() : pl_text_field(), false, false};
    header->name = compiler_copy(c, pl_yaml_text(key));
    header->at = compiler_at(nth ? value : key);
    header->nth = nth;
    header->type = NULL;
    if (binary && pl_yaml_kind_of(value) == PL_YAML_MAPPING && !*pl_yaml_tag(value)) {
        header->matcher = compile_typed(c, value, false);
        header->type = header->matcher ? header->matcher->type : NULL;
    } else {
        header->matcher = compile_place(c, where, value);
        if (header->matcher && !binary)
            check_text_example(c, value, header->matcher);
    }
    return header->matcher != NULL;
}

/* `name: [a, b]`: several values under one name. */
static bool is_several(const pl_yaml_node *value) {
    return pl_yaml_kind_of(value) == PL_YAML_SEQUENCE && !*pl_yaml_tag(value);
}

void compile_headers(compiler *c, const pl_yaml_node *node, const pl_contract_header **out,
                     size_t *out_count) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        compiler_error(c, node, "TYPE_MISMATCH", "expected { name: value }, got %s",
                       pl_yaml_describe(node, got));
        return;
    }
    size_t room = 1;
    for (size_t i = 0; i < pl_yaml_count(node); i++)
        room += is_several(pl_yaml_at(node, i)) ? pl_yaml_count(pl_yaml_at(node, i)) : 1;
    pl_contract_header *headers = compiler_alloc(c, room, sizeof *headers);
    *out = headers;
    for (size_t i = 0; headers && i < pl_yaml_count(node); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i), *value = pl_yaml_at(node, i);
        size_t count = is_several(value) ? pl_yaml_count(value) : 1;
        if (!check_key(c, key))
            continue;
        if (count == 0)
            compiler_error(c, value, "TYPE_MISMATCH", "a list of values has at least one");
        for (size_t k = 0; k < count; k++) {
            const pl_yaml_node *one = is_several(value) ? pl_yaml_at(value, k) : value;
            *out_count += compile_header(c, key, one, (uint32_t)k, &headers[*out_count]);
        }
    }
    if (headers && *out_count > 1)
        qsort(headers, *out_count, sizeof *headers, by_header_name);
}

/* ---- status ---------------------------------------------------------------------------------- */

/* Of a number that was written: the name that gRPC has for it, or those that HTTP's may mean. */
static bool hint_names(compiler *c, int64_t number) {
    pl_buf names = pl_buf_make(NAMES_SHOWN_MAX);
    for (int i = 0; i < PL_CODE_COUNT; i++) {
        if (i == number || pl_code_http_status((pl_code)i) == number)
            pl_buf_printf(&names, "%s%s", names.n ? " or " : "", pl_code_name((pl_code)i));
    }
    bool some = names.n > 0 && !names.failed;
    if (some)
        compiler_hint(
            c, number < PL_CODE_COUNT ? "by its name: %s" : "by the name that gRPC has for it: %s",
            names.p);
    pl_buf_done(&names);
    return some;
}

static bool compile_code(compiler *c, const pl_yaml_node *node, int *out) {
    const char *names[PL_CODE_COUNT];
    pl_code code;
    pl_str text;
    if (!compiler_text(c, node, &text))
        return false;
    if (pl_code_find(text.p, &code)) {
        *out = (int)code;
        return true;
    }
    for (int i = 0; i < PL_CODE_COUNT; i++)
        names[i] = pl_code_name((pl_code)i);
    compiler_error(c, node, "STATUS_UNKNOWN", "no status '%.64s'", text.p);
    int64_t number;
    if (!pl_str_i64(text, &number) || !hint_names(c, number))
        compiler_did_you_mean(c, text, names, PL_COUNT(names));
    return false;
}

static void compile_details(compiler *c, const pl_yaml_node *node, pl_contract_status *out) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_SEQUENCE) {
        compiler_error(c, node, "TYPE_MISMATCH",
                       "details is a list of messages with \"@type\", got %s",
                       pl_yaml_describe(node, got));
        return;
    }
    const pl_matcher **details = compiler_alloc(c, pl_yaml_count(node) + 1, sizeof *details);
    out->details = details;
    for (size_t i = 0; details && i < pl_yaml_count(node); i++) {
        const pl_yaml_node *one = pl_yaml_at(node, i);
        const pl_matcher *detail = NULL;
        if (pl_yaml_kind_of(one) == PL_YAML_MAPPING)
            detail = compile_typed(c, one, false);
        else
            compiler_error(c, one, "TYPE_MISMATCH", "a detail is a message with \"@type\", got %s",
                           pl_yaml_describe(one, got));
        if (!detail)
            continue;
        check_example(c, one, detail->items[0], detail->type, LIMITS_NONE);
        details[out->detail_count++] = detail;
    }
}

bool compile_status(compiler *c, const pl_yaml_node *node, pl_contract_status *out) {
    static const char *const keys[] = {"code", "message", "details"};
    memset(out, 0, sizeof *out);
    if (pl_yaml_kind_of(node) == PL_YAML_SCALAR)
        return compile_code(c, node, &out->code);
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
        return false;
    const pl_yaml_node *code = pl_yaml_find(node, "code"), *message = pl_yaml_find(node, "message");
    const pl_yaml_node *details = pl_yaml_find(node, "details");
    bool right = false;
    if (code)
        right = compile_code(c, code, &out->code);
    else
        compiler_error(c, node, "KEY_MISSING", "a status has a code");
    if (right && out->code == PL_OK && (message || details)) {
        compiler_error(c, node, "STATUS_OK", "OK has neither message nor details");
        return false;
    }
    place where = {pl_text_field(), false, false};
    if (message && (out->message = compile_place(c, where, message)))
        check_text_example(c, message, out->message);
    if (details)
        compile_details(c, details, out);
    return right;
}

/* Requests and answers over HTTP as calls. */
#include "import/making.h"
#include "parley/http/parser.h"

enum { URL_MAX = 8192 };

/* ---- requests -------------------------------------------------------------------------------- */

/* The map in ROOT where the last of FIELDS stands. */
static scc_value *parent_of(making *m, scc_value *root, const pl_field *const *fields, size_t count,
                            scc_at at) {
    for (size_t k = 0; root && k + 1 < count; k++) {
        scc_value *below = scc_value_find(root, fields[k]->name.p);
        if (!below) {
            below = scc_value_new(m->s, SCC_MAP, at, pl_str_c(""));
            if (below)
                below->key = fields[k]->name;
            scc_value_add(root, below);
        }
        root = below;
    }
    return root;
}

/* Puts VALUE where PATH ("order.customer_id") leads in a request of TYPE. */
static bool put_at(making *m, scc_value *root, const pl_message_type *type, pl_str path,
                   scc_value *value) {
    const pl_field *fields[PL_FIELD_PATH_MAX];
    size_t count = pl_message_field_path(type, path, fields);
    scc_value *parent = count && value ? parent_of(m, root, fields, count, value->at) : NULL;
    if (!parent)
        return false;
    const pl_field *last = fields[count - 1];
    if (last->repeated && !last->map && value->kind != SCC_LIST) {
        scc_value *list = scc_value_new(m->s, SCC_LIST, value->at, pl_str_c(""));
        scc_value_add(list, value);
        value = list;
    }
    if (!value)
        return false;
    value->key = last->name;
    scc_value_add(parent, value);
    return true;
}

static void put_query(making *m, const route *r, scc_value *root, const scc_value *query) {
    for (scc_value *v = query ? query->children : NULL, *next; v; v = next) {
        next = v->next;
        v->next = NULL;
        pl_str name = v->key;
        if (!put_at(m, root, r->method->input, name, v))
            scc_finding(m->s, v->key_at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                        "the parameter '%.64s' is left out: %s has no such field", name.p,
                        r->method->input->full_name.p);
    }
}

/* "a=b&c=d" of a URL, as entries. */
static scc_value *split_query(making *m, pl_str query, scc_at at) {
    scc_value *map = scc_value_new(m->s, SCC_MAP, at, pl_str_c(""));
    pl_str one;
    while (map && pl_str_split(&query, '&', &one)) {
        size_t eq = pl_str_index(one, '=');
        pl_buf text = pl_buf_make(URL_MAX);
        pl_str raw = eq < one.n ? pl_str_make(one.p + eq + 1, one.n - eq - 1) : pl_str_make("", 0);
        if (!pl_http_percent_decode(raw, PL_HTTP_DECODE_FORM, &text) ||
            !pl_utf8_valid(pl_buf_view(&text))) {
            pl_buf_clear(&text);
            pl_buf_str(&text, raw);
        }
        scc_value *value = one.n ? scc_value_new(m->s, SCC_TEXT, at, pl_buf_view(&text)) : NULL;
        if (value)
            value->key = scc_copy(m->s, pl_str_make(one.p, eq));
        scc_value_add(map, value);
        pl_buf_done(&text);
    }
    return map;
}

static const pl_field *mask_of(const pl_message_type *type) {
    const pl_field *field = pl_message_field_by_name(type, pl_str_c("update_mask"));
    bool mask = field && field->message && field->message->well_known == PL_WELL_KNOWN_FIELD_MASK;
    return mask ? field : NULL;
}

/* A PATCH changes what its body has: over REST the mask is made of it. */
static void put_mask(making *m, const route *r, scc_value *root, const scc_value *body,
                     const pl_field *field) {
    const pl_field *mask = pl_str_eqc(r->rule->verb, "PATCH") ? mask_of(r->method->input) : NULL;
    if (!mask || !field || !field->message)
        return;
    scc_value *list = scc_value_new(m->s, SCC_LIST, body->at, pl_str_c(""));
    for (const scc_value *v = body->children; list && v; v = v->next) {
        const pl_field *changed = pl_message_field_by_json(field->message, v->key);
        if (changed)
            scc_value_add(list, scc_value_new(m->s, SCC_TEXT, v->at, changed->name));
    }
    if (!list)
        return;
    list->key = mask->name;
    scc_value_add(root, list);
}

static void put_body(making *m, const route *r, scc_value *root) {
    scc_value *body = m->c->request.body;
    pl_str where = r->rule->body;
    if (!body || body->kind == SCC_UNKNOWN)
        return;
    if (!where.n) {
        scc_finding(m->s, body->at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                    "the body is left out: %s %s takes none", r->rule->verb.p, r->rule->path.p);
    } else if (!pl_str_eqc(where, "*")) {
        put_mask(m, r, root, body, pl_message_field_by_name(r->method->input, where));
        (void)put_at(m, root, r->method->input, where, body);
    } else if (body->kind != SCC_MAP) {
        scc_finding(m->s, body->at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                    "the body is left out: %s takes an object", r->rule->path.p);
    } else {
        for (scc_value *v = body->children, *next; v; v = next) {
            next = v->next;
            v->next = NULL;
            scc_value_add(root, v);
        }
    }
}

static void put_request_headers(making *m) {
    static const char *const carried[] = {"authorization", "accept-language", "idempotency-key",
                                          "if-match", "traceparent"};
    size_t count = 0;
    const scc_value *headers = m->c->request.headers;
    for (const scc_value *v = headers ? headers->children : NULL; v; v = v->next) {
        const char *name = NULL;
        for (size_t k = 0; k < PL_COUNT(carried); k++) {
            if (pl_str_eq_nocase(v->key, pl_str_c(carried[k])))
                name = carried[k];
        }
        if (making_is_json(v) || v->kind == SCC_UNKNOWN)
            continue;
        if (!name) {
            scc_finding(m->s, v->key_at, PL_FINDING_WARNING, "HEADER_LEFT_OUT",
                        "the header '%.64s' is left out: it does not become metadata", v->key.p);
            continue;
        }
        pl_buf_printf(&m->text, "%s    %s:", count++ ? "" : "  metadata:\n", name);
        ours_text(&m->w, v);
        pl_buf_putc(&m->text, '\n');
    }
}

static void put_request(making *m, const route *r, const pl_rest_match *match, scc_value *query) {
    scc_value *root = scc_value_new(m->s, SCC_MAP, m->c->request.at, pl_str_c(""));
    const scc_value *url = m->c->request.url;
    for (size_t k = 0; root && k < r->parts.variable_count; k++) {
        scc_value *value = scc_value_new(m->s, SCC_TEXT, url->at, match->values[k]);
        if (value && url->matcher)
            value->matcher = scc_matcher_new(m->s, SCC_TYPE, url->at);
        (void)put_at(m, root, r->method->input, r->parts.variables[k].field, value);
    }
    if (url->matcher && r->parts.variable_count)
        scc_finding(m->s, url->at, PL_FINDING_NOTE, "REGEX",
                    "the pattern of the URL became !type of its variables: %s", r->rule->path.p);
    put_query(m, r, root, query);
    put_query(m, r, root, m->c->request.query);
    put_body(m, r, root);
    put_request_headers(m);
    pl_buf_puts(&m->text, "  request:");
    m->w.request = true;
    ours_message(&m->w, r->method->input, root, 2);
    m->w.request = false;
    pl_buf_putc(&m->text, '\n');
}

/* ---- answers --------------------------------------------------------------------------------- */

static const pl_field *only_list(const pl_message_type *type) {
    const pl_field *found = NULL;
    for (size_t f = 0; f < type->field_count; f++) {
        if (!type->fields[f].repeated || type->fields[f].map || !type->fields[f].message)
            continue;
        if (found)
            return NULL;
        found = &type->fields[f];
    }
    return found;
}

/* VALUE as the field FIELD of a message. */
static scc_value *wrapped(making *m, const pl_field *field, scc_value *value) {
    scc_value *map = scc_value_new(m->s, SCC_MAP, value->at, pl_str_c(""));
    value->key = field->name;
    value->next = NULL;
    scc_value_add(map, value);
    return map;
}

/* The answer's message of its JSON: HAL has lists below _embedded, some routes answer with a list
 * or one field alone. */
static scc_value *answer_of(making *m, const route *r, scc_value *body) {
    const pl_message_type *type = r->method->output;
    const pl_field *field = r->rule->response_body.n
                                ? pl_message_field_by_name(type, r->rule->response_body)
                                : NULL;
    const pl_field *list = only_list(type);
    if (field)
        return wrapped(m, field, body);
    if (body->kind == SCC_LIST && list)
        return wrapped(m, list, body);
    scc_value *embedded = scc_value_find(body, "_embedded");
    if (list && embedded && embedded->count == 1) {
        embedded->key = list->name;
        embedded->kind = embedded->children->kind;
        embedded->matcher = embedded->children->matcher;
        embedded->count = embedded->children->count;
        embedded->children = embedded->children->children;
    }
    return body;
}

static void put_answer(making *m, const route *r) {
    scc_value *body = m->c->response.body;
    if (body && body->kind != SCC_UNKNOWN)
        body = answer_of(m, r, body);
    making_put_body(m, "response", r->method->output, body);
}

static pl_code code_of(int status, bool *out_sure) {
    static const struct {
        int status;
        pl_code code;
        bool sure; /* no other code has it */
    } codes[] = {
        {400, PL_INVALID_ARGUMENT, false},  {401, PL_UNAUTHENTICATED, true},
        {403, PL_PERMISSION_DENIED, true},  {404, PL_NOT_FOUND, true},
        {409, PL_ALREADY_EXISTS, false},    {412, PL_ABORTED, true},
        {429, PL_RESOURCE_EXHAUSTED, true}, {500, PL_INTERNAL, false},
        {501, PL_UNIMPLEMENTED, true},      {503, PL_UNAVAILABLE, true},
        {504, PL_DEADLINE_EXCEEDED, true},
    };
    for (size_t k = 0; k < PL_COUNT(codes); k++) {
        if (codes[k].status == status) {
            *out_sure = codes[k].sure;
            return codes[k].code;
        }
    }
    *out_sure = false;
    return status < 500 ? PL_FAILED_PRECONDITION : PL_UNKNOWN;
}

/* An error's body says what its status says, and a message. */
static void put_error(making *m, int status) {
    static const char *const implied[] = {"code", "status"};
    const scc_value *body = m->c->response.body;
    const scc_value *message = scc_value_find(body, "message");
    bool sure;
    pl_code code = code_of(status, &sure);
    if (!sure)
        scc_finding(m->s, m->c->response.status->at, PL_FINDING_NOTE, "STATUS",
                    "%d became %s; other codes have this status too", status, pl_code_name(code));
    for (const scc_value *v = body ? body->children : NULL; v; v = v->next) {
        if (!pl_str_eqc(v->key, implied[0]) && !pl_str_eqc(v->key, implied[1]) && v != message)
            scc_finding(m->s, v->key_at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                        "'%.64s' of an error is left out: a status has a code and a message",
                        v->key.p);
    }
    pl_buf_printf(&m->text, "  status:\n    code: %s\n", pl_code_name(code));
    if (!message || message->kind != SCC_TEXT)
        return;
    pl_buf_puts(&m->text, "    message:");
    ours_text(&m->w, message);
    pl_buf_putc(&m->text, '\n');
}

static void warn_headers(making *m, const scc_value *headers) {
    for (const scc_value *v = headers ? headers->children : NULL; v; v = v->next) {
        if (!making_is_json(v) && v->kind != SCC_UNKNOWN)
            scc_finding(m->s, v->key_at, PL_FINDING_WARNING, "HEADER_LEFT_OUT",
                        "the header '%.64s' is left out: a contract has none for answers of REST",
                        v->key.p);
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* The path of a URL, without scheme and host, and its query. */
static pl_str path_of(pl_str url, pl_str *out_query) {
    const char *scheme = strstr(url.p, "://");
    size_t from = 0;
    if (scheme && pl_str_index(url, '/') > (size_t)(scheme - url.p)) {
        from = (size_t)(scheme - url.p) + 3;
        from += pl_str_index(pl_str_make(url.p + from, url.n - from), '/');
    }
    pl_str path = pl_str_make(url.p + from, url.n - from);
    size_t mark = pl_str_index(path, '?');
    *out_query = mark < path.n ? pl_str_make(path.p + mark + 1, path.n - mark - 1)
                               : pl_str_make("", 0);
    return pl_str_make(path.p, mark);
}

static const route *find_route(making *m, pl_rest_match *match, scc_value **out_query) {
    const scc_part *request = &m->c->request;
    const scc_value *url = request->url, *method = request->method;
    pl_error err = PL_ERROR_INIT;
    pl_str query;
    if (!url || url->kind != SCC_TEXT || !method || method->kind != SCC_TEXT) {
        making_refuse(m, request->at, "REQUEST", "its method or URL is computed, or missing%s", "");
        return NULL;
    }
    pl_str path = path_of(url->text, &query);
    *out_query = split_query(m, query, url->at);
    pl_code code = pl_rest_router_match(m->i->router, method->text, path, &m->s->arena, match,
                                        &err);
    if (code == PL_OK && match->route)
        return match->route;
    scc_finding(m->s, url->at, PL_FINDING_ERROR, "ROUTE_UNKNOWN",
                "no route of the protos is '%.16s %.*s'%s%s", method->text.p,
                PL_FMT(pl_utf8_cut(path, 200)), code == PL_OK && *match->allow ? ", there is " : "",
                code == PL_OK ? match->allow : err.message);
    return NULL;
}

/* Theirs begins in the state Started, ours in one without a name; each step leads to the next. */
static void put_scenario(making *m) {
    if (!m->i->scenario)
        return;
    pl_str rest = pl_str_c(m->i->scenario), part, name = {"", 0};
    while (pl_str_split(&rest, '/', &part))
        name = part.n ? part : name; /* "contracts/scenario1/" */
    pl_buf_puts(&m->text, "  scenario: { name: ");
    ours_scalar(&m->text, name);
    if (m->i->step > 1)
        pl_buf_printf(&m->text, ", when: step %d", m->i->step);
    if (m->i->step < m->i->step_count)
        pl_buf_printf(&m->text, ", then: step %d", m->i->step + 1);
    pl_buf_puts(&m->text, " }\n");
}

void make_call(making *m) {
    pl_rest_match match = {0};
    scc_value *query = NULL;
    const scc_value *said = m->c->response.status;
    int64_t status = 200;
    const route *r = find_route(m, &match, &query);
    if (!r)
        return;
    if (said && !pl_str_i64(said->text, &status)) {
        making_refuse(m, said->at, "STATUS", "expected a status, got '%.64s'", said->text.p);
        return;
    }
    target *t = making_begin(m, r->method->service->file);
    if (!t)
        return;
    pl_buf_printf(&m->text, "  call: %s.%s\n  http: %s %s\n", r->method->service->name.p,
                  r->method->name.p, r->rule->verb.p, r->rule->path.p);
    making_put_common(m);
    put_scenario(m);
    put_request(m, r, &match, query);
    warn_headers(m, m->c->response.headers);
    if (status < 300)
        put_answer(m, r);
    else
        put_error(m, (int)status);
    making_finish(m, t, PL_ACCESS_REST);
}

/* Contracts from Groovy: what the calls of the DSL mean. */
#include "import/groovy.h"

/* Which half of $(consumer(...), producer(...)) says what must hold: the stub looks at requests by
 * the consumer's half, the tests of the provider at answers by the producer's. */
typedef enum side { CONSUMER, PRODUCER } side;

static const char dynamic_rule[] = "DYNAMIC";

static bool is_call(const node *n, const char *name) {
    return n && n->kind == NODE_CALL && pl_str_eqc(n->text, name);
}

static bool is_one_of(const node *n, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (is_call(n, names[i]))
            return true;
    }
    return false;
}

/* Of `fromRequest().path(1)` both are named: which of them is not known, the reader sees. */
static void left_out(scc_source *s, const node *n) {
    const node *first = n;
    while (first->kind == NODE_CALL && first->on && first->on->kind == NODE_CALL)
        first = first->on;
    if (n->kind == NODE_DYNAMIC)
        scc_finding(s, n->at, PL_FINDING_WARNING, dynamic_rule,
                    "%s is left out: nothing is run here, only what stands there is read",
                    n->text.p);
    else if (first != n)
        scc_finding(s, first->at, PL_FINDING_WARNING, "NOT_CARRIED",
                    "%.64s%s%.64s is left out: it is not known here", first->text.p,
                    n->on == first ? "." : "...", n->text.p);
    else
        scc_finding(s, n->at, PL_FINDING_WARNING, "NOT_CARRIED", "%.64s is left out%s", n->text.p,
                    n->kind == NODE_CALL ? ": it is not known here" : "");
}

/* ---- values ---------------------------------------------------------------------------------- */

static scc_value *value_of(scc_source *s, const node *n, side which);

static scc_value *unknown(scc_source *s, const node *n) {
    left_out(s, n);
    return scc_value_new(s, SCC_UNKNOWN, n->at, n->text);
}

/* A value with a pattern; EXAMPLE may be NULL. */
static scc_value *with_regex(scc_source *s, const node *n, const scc_pattern *known, pl_str regex,
                             scc_value *example) {
    scc_matcher *matcher = scc_matcher_new(s, SCC_REGEX, n->at);
    if (!matcher)
        return NULL;
    matcher->known = known;
    matcher->regex = regex;
    if (!example || example->kind == SCC_UNKNOWN) {
        pl_str made = known ? pl_str_c(known->example) : scc_pattern_example(s, regex);
        example = scc_value_new(s, SCC_TEXT, n->at, made);
    }
    if (example)
        example->matcher = matcher;
    return example;
}

/* anyOf('A', 'B') as a pattern. */
static pl_str any_of(scc_source *s, const node *n) {
    pl_buf out = pl_buf_make(SCC_FILE_MAX);
    for (const node *one = n->items; one; one = one->next)
        pl_buf_printf(&out, "%s%s", out.n ? "|" : "", one->text.p);
    pl_str text = scc_copy(s, pl_buf_view(&out));
    s->full = s->full || out.failed;
    pl_buf_done(&out);
    return text;
}

/* The pattern that a call stands for: regex('...'), regex(email()), email(), anyUuid(). asLong()
 * and its like say nothing: the proto has the type. False: it stands for none. */
static bool pattern_of(scc_source *s, const node *n, const scc_pattern **known, pl_str *regex) {
    static const char *const casts[] = {"asInteger", "asDouble", "asFloat",      "asLong",
                                        "asShort",   "asString", "asBooleanType"};
    static const char *const wrappers[] = {"regex", "regexProperty", "optional", "matching",
                                           "byRegex"};
    *known = NULL;
    if (n && n->on && is_one_of(n, casts, PL_COUNT(casts)))
        n = n->on;
    if (!n || (n->kind == NODE_CALL && n->on))
        return false;
    if (is_call(n, "anyOf")) {
        *regex = any_of(s, n);
        return true;
    }
    if (n->kind == NODE_CALL && (*known = scc_pattern_find(n->text))) {
        *regex = pl_str_c((*known)->regex);
        return true;
    }
    if (!is_one_of(n, wrappers, PL_COUNT(wrappers)) || !n->items)
        return false;
    if (is_call(n, "optional"))
        scc_finding(s, n->at, PL_FINDING_WARNING, "NOT_CARRIED",
                    "optional() is left out: the value must be there");
    if (n->items->kind != NODE_TEXT)
        return pattern_of(s, n->items, known, regex);
    *regex = n->items->text;
    return true;
}

/* The half of $(...) that N is for: -1, 0 or 1 for neither, CONSUMER and PRODUCER. */
static int half_of(const node *n) {
    static const char *const consumer[] = {"consumer", "c", "client", "stub"};
    static const char *const producer[] = {"producer", "p", "server", "test"};
    if (is_one_of(n, consumer, PL_COUNT(consumer)))
        return CONSUMER;
    return is_one_of(n, producer, PL_COUNT(producer)) ? PRODUCER : -1;
}

/* $(...), value(...), dynamic values: both halves, or one value for both. */
static scc_value *two_sided(scc_source *s, const node *n, side which) {
    const node *halves[2] = {NULL, NULL};
    for (const node *arg = n->items; arg; arg = arg->next) {
        int half = half_of(arg);
        if (half >= 0)
            halves[half] = arg->items;
        else
            halves[CONSUMER] = halves[PRODUCER] = arg;
    }
    const node *asked = halves[which] ? halves[which] : halves[!which];
    const node *other = halves[!which];
    const scc_pattern *known = NULL;
    pl_str regex;
    if (!asked)
        return unknown(s, n);
    if (!pattern_of(s, asked, &known, &regex))
        return value_of(s, asked, which);
    const scc_pattern *ignored = NULL;
    pl_str text;
    bool concrete = other && other != asked && !pattern_of(s, other, &ignored, &text);
    return with_regex(s, asked, known, regex, concrete ? value_of(s, other, which) : NULL);
}

static scc_value *collection(scc_source *s, const node *n, side which) {
    scc_value *value = scc_value_new(s, n->kind == NODE_LIST ? SCC_LIST : SCC_MAP, n->at,
                                     pl_str_c(""));
    for (const node *item = n->items; value && item; item = item->next) {
        scc_value *child = value_of(s, item, which);
        if (child && item->key) {
            child->key = item->key->text;
            child->key_at = item->key->at;
        }
        scc_value_add(value, child);
    }
    return value;
}

/* What stands for a text: media types, methods, statuses. */
static const struct {
    const char *name, *text;
} constants[] = {
    {"applicationJson", "application/json"},
    {"applicationJsonUtf8", "application/json;charset=UTF-8"},
    {"applicationHalJson", "application/hal+json"},
    {"applicationXml", "application/xml"},
    {"textPlain", "text/plain"},
    {"contentType", "Content-Type"},
    {"messagingContentType", "contentType"},
    {"accept", "Accept"},
    {"authorization", "Authorization"},
    {"location", "Location"},
    {"ifMatch", "If-Match"},
    {"acceptLanguage", "Accept-Language"},
    {"OK", "200"},
    {"CREATED", "201"},
    {"ACCEPTED", "202"},
    {"NO_CONTENT", "204"},
    {"NOT_MODIFIED", "304"},
    {"BAD_REQUEST", "400"},
    {"UNAUTHORIZED", "401"},
    {"FORBIDDEN", "403"},
    {"NOT_FOUND", "404"},
    {"METHOD_NOT_ALLOWED", "405"},
    {"CONFLICT", "409"},
    {"PRECONDITION_FAILED", "412"},
    {"UNPROCESSABLE_ENTITY", "422"},
    {"TOO_MANY_REQUESTS", "429"},
    {"INTERNAL_SERVER_ERROR", "500"},
    {"NOT_IMPLEMENTED", "501"},
    {"SERVICE_UNAVAILABLE", "503"},
    {"GATEWAY_TIMEOUT", "504"},
    {"GET", "GET"},
    {"PUT", "PUT"},
    {"POST", "POST"},
    {"PATCH", "PATCH"},
    {"DELETE", "DELETE"},
    {"HEAD", "HEAD"},
    {"OPTIONS", "OPTIONS"},
};

static const char *constant(const node *n) {
    for (size_t i = 0; i < PL_COUNT(constants); i++) {
        if (is_call(n, constants[i].name) && !n->on)
            return constants[i].text;
    }
    return NULL;
}

static scc_value *called(scc_source *s, const node *n, side which) {
    static const char *const values[] = {"$", "value", "dynamic"};
    static const char *const itself[] = {"equalTo", "byEquality"};
    const scc_pattern *known = NULL;
    pl_str regex;
    if (!n->on && is_one_of(n, values, PL_COUNT(values)))
        return two_sided(s, n, which);
    if (half_of(n) >= 0 && n->items)
        return value_of(s, n->items, which);
    if (!n->on && is_one_of(n, itself, PL_COUNT(itself)) && n->items)
        return value_of(s, n->items, which);
    if (pattern_of(s, n, &known, &regex))
        return with_regex(s, n, known, regex, NULL);
    if (constant(n))
        return scc_value_new(s, SCC_TEXT, n->at, pl_str_c(constant(n)));
    return unknown(s, n);
}

static scc_value *value_of(scc_source *s, const node *n, side which) {
    static const scc_kind kinds[] = {[NODE_NULL] = SCC_NULL,
                                     [NODE_BOOL] = SCC_BOOL,
                                     [NODE_NUMBER] = SCC_NUMBER,
                                     [NODE_TEXT] = SCC_TEXT};
    switch (n->kind) {
    case NODE_LIST:
    case NODE_MAP:
        return collection(s, n, which);
    case NODE_CALL:
        return called(s, n, which);
    case NODE_DYNAMIC:
        return unknown(s, n);
    default:
        return scc_value_new(s, kinds[n->kind], n->at, n->text);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* body(...): JSON text, a map, or entries. */
static scc_value *body_of(scc_source *s, const node *call, side which) {
    const node *arg = call->items;
    if (!arg)
        return NULL;
    if (arg->key) {
        node all = {.kind = NODE_MAP, .at = call->at, .items = call->items};
        return collection(s, &all, which);
    }
    if (arg->kind == NODE_TEXT) {
        scc_value *json = scc_json(s, arg->text, arg->text_at);
        if (json)
            return json;
        scc_finding(s, arg->at, PL_FINDING_WARNING, "NOT_CARRIED",
                    "the body is left out: it is no JSON");
        return NULL;
    }
    return value_of(s, arg, which);
}

static bool number_of(const node *n, uint32_t *out) {
    uint64_t number;
    if (!n || n->kind != NODE_NUMBER || !pl_str_u64(n->text, &number) || number >= UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static void read_occurrence(scc_source *s, const node *by_type, scc_matcher *matcher) {
    for (const node *n = by_type->body; n; n = n->next) {
        bool min = is_call(n, "minOccurrence") || is_call(n, "occurrence");
        bool max = is_call(n, "maxOccurrence") || is_call(n, "occurrence");
        if (min && number_of(n->items, &matcher->min))
            matcher->has_min = true;
        if (max && number_of(n->items, &matcher->max))
            matcher->has_max = true;
        if (!min && !max)
            left_out(s, n);
    }
}

static scc_matcher *matcher_of(scc_source *s, const node *n) {
    const scc_pattern *known = NULL;
    pl_str regex;
    scc_matcher *m = NULL;
    if (is_call(n, "byEquality")) {
        m = scc_matcher_new(s, SCC_EQUAL, n->at);
    } else if (is_call(n, "byNull")) {
        m = scc_matcher_new(s, SCC_NOTHING, n->at);
    } else if (is_call(n, "byType")) {
        m = scc_matcher_new(s, SCC_TYPE, n->at);
        if (m)
            read_occurrence(s, n, m);
    } else if (is_call(n, "byCommand")) {
        m = scc_matcher_new(s, SCC_COMMAND, n->at);
    } else if (pattern_of(s, n, &known, &regex)) {
        m = scc_matcher_new(s, SCC_REGEX, n->at);
        if (m) {
            m->known = known;
            m->regex = regex;
        }
    } else {
        left_out(s, n);
    }
    return m;
}

static void read_matchers(scc_source *s, const node *call, scc_value *body) {
    for (const node *n = call->body; n; n = n->next) {
        const node *path = n->items, *by = path ? path->next : NULL;
        if (!is_call(n, "jsonPath") || !path || path->kind != NODE_TEXT || !by) {
            left_out(s, n);
            continue;
        }
        scc_apply(s, body, path->text, path->at, matcher_of(s, by));
    }
}

/* ---- headers and parameters ------------------------------------------------------------------ */

static void add_entry(scc_source *s, scc_value *map, const node *key, const node *value,
                      side which) {
    scc_value *entry = value_of(s, value, which);
    if (!entry)
        return;
    entry->key = constant(key) ? pl_str_c(constant(key)) : key->text;
    entry->key_at = key->at;
    scc_value_add(map, entry);
}

/* `header 'a': 'b'`, `header('a', 'b')`, `contentType(applicationJson())`, `parameter 'a': 1`. */
static scc_value *read_entries(scc_source *s, const node *call, side which) {
    scc_value *map = scc_value_new(s, SCC_MAP, call->at, pl_str_c(""));
    for (const node *n = call->body; map && n; n = n->next) {
        const node *first = n->items;
        bool entry = is_call(n, "header") || is_call(n, "parameter") || is_call(n, "cookie");
        if (entry && first && first->key) {
            for (const node *one = first; one; one = one->next)
                add_entry(s, map, one->key ? one->key : n, one, which);
        } else if (entry && first && first->next) {
            add_entry(s, map, first, first->next, which);
        } else if (n->kind == NODE_CALL && !entry && first && constant(n)) {
            add_entry(s, map, n, first, which);
        } else {
            left_out(s, n);
        }
    }
    return map;
}

/* ---- the parts of a contract ----------------------------------------------------------------- */

static void read_url(scc_source *s, const node *call, scc_part *part) {
    if (call->items)
        part->url = value_of(s, call->items, CONSUMER);
    for (const node *n = call->body; n; n = n->next) {
        if (is_call(n, "queryParameters"))
            part->query = read_entries(s, n, CONSUMER);
        else
            left_out(s, n);
    }
}

static void read_part(scc_source *s, const node *call, scc_part *part, side which) {
    static const char *const matchers[] = {"bodyMatchers", "testMatchers", "stubMatchers"};
    const node *by = NULL;
    part->present = true;
    part->at = call->at;
    for (const node *n = call->body; n; n = n->next) {
        const node *arg = n->items;
        if (is_call(n, "method") && arg)
            part->method = value_of(s, arg, which);
        else if (is_call(n, "url") || is_call(n, "urlPath"))
            read_url(s, n, part);
        else if (is_call(n, "queryParameters"))
            part->query = read_entries(s, n, which);
        else if (is_call(n, "status") && arg)
            part->status = value_of(s, arg, which);
        else if (is_call(n, "sentTo") && arg)
            part->sent_to = value_of(s, arg, which);
        else if (is_call(n, "headers"))
            part->headers = read_entries(s, n, which);
        else if (is_call(n, "body"))
            part->body = body_of(s, n, which);
        else if (is_one_of(n, matchers, PL_COUNT(matchers)))
            by = n;
        else
            left_out(s, n);
    }
    if (by)
        read_matchers(s, by, part->body);
}

/* productChanged of 'productChanged()'. */
static pl_str method_name(scc_source *s, pl_str text) {
    pl_str name = pl_str_make(text.p, pl_str_index(text, '('));
    if (name.n + 2 < text.n)
        return scc_copy(s, text);
    return scc_copy(s, name);
}

static void read_input(scc_source *s, const node *call, scc_contract *c) {
    for (const node *n = call->body; n; n = n->next) {
        if (is_call(n, "triggeredBy") && n->items && n->items->kind == NODE_TEXT)
            c->triggered_by = method_name(s, n->items->text);
        else
            left_out(s, n);
    }
}

static bool read_word(const node *n, scc_contract *c) {
    const struct {
        const char *name;
        pl_str *to;
    } words[] = {{"name", &c->name}, {"description", &c->description}, {"label", &c->label}};
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        if (!is_call(n, words[i].name) || !n->items || n->items->kind != NODE_TEXT)
            continue;
        *words[i].to = n->items->text;
        return true;
    }
    return false;
}

static void read_contract(scc_source *s, const node *make) {
    scc_contract *c = scc_contract_new(s, make->at);
    if (!c)
        return;
    for (const node *n = make->body; n; n = n->next) {
        uint32_t priority;
        if (read_word(n, c))
            continue;
        if (is_call(n, "priority") && number_of(n->items, &priority)) {
            c->priority = priority;
            c->priority_at = n->at;
        } else if (is_call(n, "ignored") && !n->items) {
            c->ignored = true;
        } else if (is_call(n, "inProgress") && !n->items) {
            c->in_progress = true;
        } else if (is_call(n, "request")) {
            read_part(s, n, &c->request, CONSUMER);
        } else if (is_call(n, "response")) {
            read_part(s, n, &c->response, PRODUCER);
        } else if (is_call(n, "outputMessage")) {
            read_part(s, n, &c->output, PRODUCER);
        } else if (is_call(n, "input")) {
            read_input(s, n, c);
        } else {
            left_out(s, n);
        }
    }
}

void scc_read_groovy(scc_source *s) {
    for (const node *n = groovy_parse(s); n; n = n->next) {
        const node *first = n->kind == NODE_LIST ? n->items : n;
        for (const node *one = first; one; one = n->kind == NODE_LIST ? one->next : NULL) {
            if (is_call(one, "make") && one->closure && is_call(one->on, "Contract"))
                read_contract(s, one);
            else
                left_out(s, one);
        }
    }
}

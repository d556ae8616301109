/* Calls and events: methods, bindings, steps. */
#include <stdio.h>

#include "compiler.h"

enum { NAMES_MAX = 512, STEPS_MAX = 10000 };

/* ---- methods --------------------------------------------------------------------------------- */

static bool in_package(const pl_file *file, pl_str package) {
    return pl_str_eq(file->package, package);
}

/* NAME is "Service.Method" of the provider's package, or the full name. */
static const pl_method_type *find_method(compiler *c, pl_str name, pl_buf *names) {
    pl_str package = c->file->provider;
    const pl_method_type *found = NULL;
    for (size_t f = 0; f < pl_pool_file_count(c->pool); f++) {
        const pl_file *file = pl_pool_file_at(c->pool, f);
        for (size_t s = 0; in_package(file, package) && s < file->service_count; s++) {
            const pl_service_type *service = file->services[s];
            for (size_t m = 0; m < service->method_count; m++) {
                const pl_method_type *method = &service->methods[m];
                size_t prefix = package.n + 1;
                pl_str part = pl_str_make(method->full_name.p + prefix,
                                          method->full_name.n - prefix);
                if (pl_str_eq(part, name) || pl_str_eq(method->full_name, name))
                    found = method;
                pl_buf_str(names, part);
                pl_buf_putc(names, '\0');
            }
        }
    }
    return found;
}

/* The names in BUF, each ended by NUL. */
static size_t split_names(const pl_buf *buf, const char *names[NAMES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < buf->n && count < NAMES_MAX; i += strlen(buf->p + i) + 1)
        names[count++] = buf->p + i;
    return count;
}

static const pl_method_type *compile_method(compiler *c, const pl_yaml_node *node) {
    pl_str name;
    if (!compiler_text(c, node, &name))
        return NULL;
    pl_buf list = pl_buf_make(256 * 1024);
    const pl_method_type *method = find_method(c, name, &list);
    if (!method) {
        const char *names[NAMES_MAX];
        size_t count = split_names(&list, names);
        compiler_error(c, node, "METHOD_UNKNOWN", "%s has no method '%.128s'", c->file->provider.p,
                       name.p);
        const char *near = pl_str_nearest(name, names, count);
        if (near)
            compiler_hint(c, "did you mean '%s'?", near);
        else if (count == 0)
            compiler_hint(c, "no proto of the workspace has services in package %s",
                          c->file->provider.p);
        else
            compiler_hint(c, "it is written Service.Method, such as %s", names[0]);
    }
    pl_buf_done(&list);
    return method;
}

static bool is_binding(const pl_http_rule *rule, pl_str text) {
    return text.n == rule->verb.n + 1 + rule->path.n && pl_str_starts(text, rule->verb) &&
           text.p[rule->verb.n] == ' ' && pl_str_ends(text, rule->path);
}

static void compile_http(compiler *c, const pl_yaml_node *node) {
    const pl_method_type *method = c->contract->method;
    pl_str text;
    if (!compiler_text(c, node, &text) || !method)
        return;
    if (!(c->file->access & PL_ACCESS_REST)) {
        compiler_error(c, node, "ACCESS", "http: without rest in the file's access");
        compiler_hint(c, "access: [rest]");
    }
    for (size_t i = 0; i < method->http_count; i++) {
        if (is_binding(&method->http[i], text)) {
            c->contract->http = &method->http[i];
            return;
        }
    }
    compiler_error(c, node, "HTTP_UNKNOWN", "%s has no binding '%.128s'", method->name.p, text.p);
    pl_buf list = pl_buf_make(4096);
    for (size_t i = 0; i < method->http_count; i++)
        pl_buf_printf(&list, "%s%s %s", i ? ", " : "", method->http[i].verb.p,
                      method->http[i].path.p);
    compiler_hint(c, list.n ? "it has %s" : "it has none%s", list.p);
    pl_buf_done(&list);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* The end of a call that takes what it was sent. */
static bool refuses_input(const pl_contract_status *status) {
    return status && (status->code == PL_INVALID_ARGUMENT || status->code == PL_OUT_OF_RANGE);
}

static const pl_matcher *compile_body(compiler *c, const pl_message_type *type,
                                      const pl_yaml_node *node, bool limits) {
    const pl_matcher *body = NULL;
    size_t before = c->problems;
    if (strcmp(pl_yaml_tag(node), "!type") == 0)
        body = compile_message(c, type, node, true);
    else if (*pl_yaml_tag(node))
        compiler_error(c, node, "TAG_MISPLACED", "a whole message takes !type or no tag, not %s",
                       pl_yaml_tag(node));
    else
        body = compile_message(c, type, node, false);
    /* What is wrong was left out; the provider would miss it. */
    if (body)
        check_example(c, node, body, type, limits && c->problems == before);
    return body;
}

/* A field that must not be there is not one that the contract reads. */
static void check_forbidden(compiler *c, const pl_yaml_node *contract, const pl_matcher *body) {
    const pl_yaml_node *list = pl_yaml_find(contract, "must_not_contain");
    for (size_t i = 0; body && list && i < c->contract->must_not_contain_count; i++) {
        for (size_t k = 0; k < body->member_count; k++) {
            const pl_field *field = body->members[k].field;
            pl_str name = c->contract->must_not_contain[i];
            bool same = pl_str_eq(field->name, name) || pl_str_eq(field->json_name, name);
            if (same && body->members[k].matcher->kind != PL_MATCH_ABSENT)
                compiler_error_at(c, pl_yaml_document(contract), body->members[k].matcher->at,
                                  "FORBIDDEN_FIELD", "'%s' is read here and must not be contained",
                                  field->name.p);
        }
    }
}

static pl_contract_step *new_steps(compiler *c, size_t count) {
    pl_contract_step *steps = compiler_alloc(c, count, sizeof *steps);
    c->contract->steps = steps;
    return steps;
}

static pl_contract_step *add_step(compiler *c, pl_contract_step *steps, pl_step_kind kind) {
    pl_contract_step *step = &steps[c->contract->step_count++];
    step->kind = kind;
    step->min = step->max = 1;
    return step;
}

/* A message without members stands where nothing was written. */
static const pl_matcher *empty_body(compiler *c, const pl_yaml_node *contract,
                                    const pl_message_type *type) {
    const pl_matcher *body = compiler_matcher(c, PL_MATCH_MESSAGE, contract);
    if (body)
        check_example(c, contract, body, type, c->problems == 0);
    return body;
}

void compile_unary(compiler *c, const pl_yaml_node *contract) {
    const pl_method_type *method = c->contract->method;
    const pl_yaml_node *request = pl_yaml_find(contract, "request");
    const pl_yaml_node *response = pl_yaml_find(contract, "response");
    const pl_yaml_node *status = pl_yaml_find(contract, "status");
    pl_contract_status end = {0};
    bool ended = !status || compile_status(c, status, &end);
    if (!response && (!status || (ended && end.code == PL_OK))) {
        compiler_error(c, status ? status : contract, "KEY_MISSING",
                       "neither a response nor a status other than OK: nothing would be verified");
        compiler_hint(c, "an answer that is read by nobody is response: {}");
    }
    if (response && ended && end.code != PL_OK) {
        compiler_error(c, response, "RESPONSE_AND_STATUS",
                       "a call that ends with %s has no response", pl_code_name((pl_code)end.code));
        response = NULL;
    }
    pl_contract_step *steps = new_steps(c, 4);
    if (!steps)
        return;
    pl_contract_step *recv = add_step(c, steps, PL_STEP_RECV);
    recv->at = compiler_at(request ? request : contract);
    recv->message = request ? compile_body(c, method->input, request, !refuses_input(&end))
                    : refuses_input(&end) ? compiler_matcher(c, PL_MATCH_MESSAGE, contract)
                                          : empty_body(c, contract, method->input);
    add_step(c, steps, PL_STEP_CLOSE);
    if (response) {
        pl_contract_step *send = add_step(c, steps, PL_STEP_SEND);
        send->at = compiler_at(response);
        send->message = compile_body(c, method->output, response, false);
        check_forbidden(c, contract, send->message);
        if (send->message && pl_yaml_count(response) == 0 && method->output->field_count > 0)
            compiler_warning(c, response, "NOTHING_READ",
                             "nothing of %s is read: any answer is accepted",
                             method->output->full_name.p);
    }
    pl_contract_step *last = add_step(c, steps, PL_STEP_STATUS);
    last->status = end;
    last->at = compiler_at(status ? status : contract);
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef struct script {
    compiler *c;
    const pl_yaml_node *contract;
    const pl_contract_status *end;
    size_t received, sent; /* steps so far */
    bool closed, ended;
} script;

static void compile_repeat(compiler *c, const pl_yaml_node *node, pl_contract_step *step) {
    static const char *const keys[] = {"min", "max"};
    int64_t min = 1, max;
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        if (compiler_number(c, node, 1, PL_CONTRACT_REPEAT_MAX, &min))
            step->min = step->max = (uint32_t)min;
        return;
    }
    const pl_yaml_node *low = pl_yaml_find(node, "min"), *high = pl_yaml_find(node, "max");
    max = PL_CONTRACT_REPEAT_MAX;
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)) ||
        (low && !compiler_number(c, low, 1, PL_CONTRACT_REPEAT_MAX, &min)) ||
        (high && !compiler_number(c, high, 1, PL_CONTRACT_REPEAT_MAX, &max)))
        return;
    if (min > max)
        compiler_error(c, low ? low : node, "OUT_OF_RANGE", "min is greater than max");
    step->min = (uint32_t)min;
    step->max = (uint32_t)max;
}

static void compile_message_step(script *s, const pl_yaml_node *body, bool recv,
                                 pl_contract_step *step) {
    compiler *c = s->c;
    const pl_method_type *method = c->contract->method;
    if (recv && s->closed)
        compiler_error(c, body, "STEP_ORDER", "the consumer has closed: nothing more is received");
    if (recv && !method->client_streaming && s->received > 0)
        compiler_error(c, body, "STEP_ORDER", "%s takes one message", method->name.p);
    if (!recv && !method->client_streaming && s->received == 0)
        compiler_error(c, body, "STEP_ORDER", "the request comes first: - recv: { ... }");
    if (!recv && !method->server_streaming && s->sent > 0)
        compiler_error(c, body, "STEP_ORDER", "%s answers one message", method->name.p);
    step->kind = recv ? PL_STEP_RECV : PL_STEP_SEND;
    step->message = compile_body(c, recv ? method->input : method->output, body,
                                 recv && !refuses_input(s->end));
    if (!recv)
        check_forbidden(c, s->contract, step->message);
    *(recv ? &s->received : &s->sent) += 1;
}

static bool compile_step(script *s, const pl_yaml_node *node, pl_contract_step *step, bool inner);

static void compile_any_order(script *s, const pl_yaml_node *list, pl_contract_step *step) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(list) != PL_YAML_SEQUENCE || pl_yaml_count(list) < 2) {
        compiler_error(s->c, list, "TYPE_MISMATCH", "any_order lists two steps or more, got %s",
                       pl_yaml_kind_of(list) == PL_YAML_SEQUENCE ? "fewer"
                                                                 : pl_yaml_describe(list, got));
        return;
    }
    pl_contract_step *steps = compiler_alloc(s->c, pl_yaml_count(list), sizeof *steps);
    step->kind = PL_STEP_ANY_ORDER;
    step->steps = steps;
    for (size_t i = 0; steps && i < pl_yaml_count(list); i++)
        step->step_count += compile_step(s, pl_yaml_at(list, i), &steps[step->step_count], true);
}

static void compile_close(script *s, const pl_yaml_node *node, pl_contract_step *step) {
    step->kind = PL_STEP_CLOSE;
    if (s->closed)
        compiler_error(s->c, node, "STEP_ORDER", "the consumer has closed already");
    s->closed = true;
}

static bool is_word(const pl_yaml_node *node, const char *word) {
    return pl_yaml_kind_of(node) == PL_YAML_SCALAR && pl_str_eqc(pl_yaml_text(node), word);
}

static bool compile_step(script *s, const pl_yaml_node *node, pl_contract_step *step, bool inner) {
    static const char *const keys[] = {"recv",  "send",      "close", "status",
                                       "delay", "any_order", "repeat"};
    compiler *c = s->c;
    step->min = step->max = 1;
    step->at = compiler_at(node);
    if (s->ended) {
        compiler_error(c, node, "STEP_ORDER", "the call has ended: nothing follows its status");
        return false;
    }
    if (is_word(node, "close")) {
        compile_close(s, node, step);
        return true;
    }
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
        return false;
    const pl_yaml_node *recv = pl_yaml_find(node, "recv"), *send = pl_yaml_find(node, "send");
    const pl_yaml_node *status = pl_yaml_find(node, "status"), *delay = pl_yaml_find(node, "delay");
    const pl_yaml_node *group = pl_yaml_find(node, "any_order"),
                       *close = pl_yaml_find(node, "close");
    const pl_yaml_node *repeat = pl_yaml_find(node, "repeat");
    if (!!recv + !!send + !!status + !!delay + !!group + !!close != 1) {
        compiler_error(c, node, "STEP",
                       "a step is one of recv, send, close, status, delay, any_order");
        return false;
    }
    if (inner && !recv && !send) {
        compiler_error(c, node, "STEP", "any_order holds recv and send alone");
        return false;
    }
    if (repeat && !recv && !send)
        compiler_error(c, repeat, "STEP", "repeat is for recv and send");
    else if (repeat)
        compile_repeat(c, repeat, step);
    if (recv || send) {
        compile_message_step(s, recv ? recv : send, recv != NULL, step);
    } else if (status) {
        step->kind = PL_STEP_STATUS;
        s->ended = true;
        return compile_status(c, status, &step->status);
    } else if (delay) {
        step->kind = PL_STEP_DELAY;
        return compiler_duration(c, delay, &step->delay_ms);
    } else if (group) {
        compile_any_order(s, group, step);
    } else {
        compile_close(s, node, step);
    }
    return true;
}

/* Adds what was not written: the consumer's close and the status OK. */
static void complete_steps(script *s, pl_contract_step *steps, size_t *count) {
    const pl_method_type *method = s->c->contract->method;
    if (!s->ended) {
        pl_contract_step *end = &steps[(*count)++];
        end->kind = PL_STEP_STATUS;
        end->at = steps[0].at;
    }
    if (s->closed)
        return;
    size_t at = *count - 1;
    if (!method->client_streaming || !method->server_streaming) {
        at = 0;
        for (size_t i = 0; i < *count; i++) {
            if (steps[i].kind == PL_STEP_RECV || steps[i].kind == PL_STEP_ANY_ORDER)
                at = i + 1;
        }
    }
    for (size_t i = *count; i > at; i--)
        steps[i] = steps[i - 1];
    memset(&steps[at], 0, sizeof steps[at]);
    steps[at].kind = PL_STEP_CLOSE;
    (*count)++;
}

/* The status is looked at first: it says whether limits of requests count. */
static const pl_yaml_node *status_of(const pl_yaml_node *list) {
    for (size_t i = 0; i < pl_yaml_count(list); i++) {
        const pl_yaml_node *status = pl_yaml_find(pl_yaml_at(list, i), "status");
        if (status)
            return status;
    }
    return NULL;
}

static bool ends_with(const pl_yaml_node *status, const char *code) {
    const pl_yaml_node *node = pl_yaml_kind_of(status) == PL_YAML_MAPPING
                                   ? pl_yaml_find(status, "code")
                                   : status;
    return node && is_word(node, code);
}

static void check_totals(script *s, const pl_yaml_node *list, const pl_contract_step *end) {
    const pl_method_type *method = s->c->contract->method;
    if (!method->client_streaming && s->received == 0)
        compiler_error(s->c, list, "STEP_ORDER", "%s is sent a request: - recv: { ... }",
                       method->name.p);
    if (!method->server_streaming && s->sent == 0 && end->status.code == PL_OK)
        compiler_error(s->c, list, "STEP_ORDER", "%s answers: - send: { ... }", method->name.p);
}

void compile_steps(compiler *c, const pl_yaml_node *contract) {
    const pl_yaml_node *list = pl_yaml_find(contract, "steps");
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(list) != PL_YAML_SEQUENCE || pl_yaml_count(list) == 0) {
        compiler_error(c, list, "TYPE_MISMATCH", "steps is a list of what happens, got %s",
                       pl_yaml_kind_of(list) == PL_YAML_SEQUENCE ? "none"
                                                                 : pl_yaml_describe(list, got));
        return;
    }
    if (pl_yaml_count(list) > STEPS_MAX) {
        compiler_error(c, list, "TOO_LARGE", "more than %d steps", STEPS_MAX);
        return;
    }
    pl_contract_status refusal = {.code = PL_INVALID_ARGUMENT};
    const pl_yaml_node *status = status_of(list);
    bool refuses = status &&
                   (ends_with(status, "INVALID_ARGUMENT") || ends_with(status, "OUT_OF_RANGE"));
    script s = {.c = c, .contract = contract, .end = refuses ? &refusal : NULL};
    pl_contract_step *steps = new_steps(c, pl_yaml_count(list) + 2);
    size_t count = 0;
    for (size_t i = 0; steps && i < pl_yaml_count(list); i++)
        count += compile_step(&s, pl_yaml_at(list, i), &steps[count], false);
    if (!steps || count == 0)
        return;
    complete_steps(&s, steps, &count);
    check_totals(&s, list, &steps[count - 1]);
    c->contract->step_count = count;
}

void compile_call(compiler *c, const pl_yaml_node *contract) {
    const pl_yaml_node *call = pl_yaml_find(contract, "call");
    const pl_yaml_node *http = pl_yaml_find(contract, "http");
    const pl_yaml_node *steps = pl_yaml_find(contract, "steps");
    static const char *const short_form[] = {"request", "response", "status"};
    pl_contract *out = c->contract;
    out->method = compile_method(c, call);
    if (!(c->file->access & (PL_ACCESS_GRPC | PL_ACCESS_REST)))
        compiler_error(c, call, "ACCESS", "a call without grpc or rest in the file's access");
    if (http)
        compile_http(c, http);
    if (!out->method)
        return;
    for (size_t i = 0; steps && i < PL_COUNT(short_form); i++) {
        const pl_yaml_node *extra = pl_yaml_find(contract, short_form[i]);
        if (extra)
            compiler_error(c, extra, "STEPS_AND_BODY", "%s: stands beside steps:, which say it all",
                           short_form[i]);
    }
    if (steps) {
        compile_steps(c, contract);
        return;
    }
    if (out->method->client_streaming || out->method->server_streaming) {
        compiler_error(c, call, "STEPS_MISSING",
                       "%s streams: say what happens in steps:", out->method->name.p);
        compiler_hint(c, "steps: [ recv: {...}, send: {...}, status: OK ]");
        return;
    }
    compile_unary(c, contract);
}

/* ---- events ---------------------------------------------------------------------------------- */

static const pl_message_type *compile_event_type(compiler *c, const pl_yaml_node *node) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    pl_str name;
    if (!compiler_text(c, node, &name))
        return NULL;
    for (size_t f = 0; f < pl_pool_file_count(c->pool); f++) {
        const pl_file *file = pl_pool_file_at(c->pool, f);
        for (size_t i = 0; in_package(file, c->file->provider) && i < file->message_count; i++) {
            const pl_message_type *type = file->messages[i];
            if (!type->is_event)
                continue;
            if (pl_str_eq(type->name, name) || pl_str_eq(type->full_name, name))
                return type;
            if (count < NAMES_MAX)
                names[count++] = type->name.p;
        }
    }
    compiler_error(c, node, "EVENT_UNKNOWN", "%s has no event '%.128s'", c->file->provider.p,
                   name.p);
    compiler_did_you_mean(c, name, names, count);
    return NULL;
}

void compile_event(compiler *c, const pl_yaml_node *contract) {
    const pl_yaml_node *event = pl_yaml_find(contract, "event");
    const pl_yaml_node *trigger = pl_yaml_find(contract, "trigger");
    const pl_yaml_node *stream = pl_yaml_find(contract, "stream");
    const pl_yaml_node *payload = pl_yaml_find(contract, "payload");
    pl_contract *out = c->contract;
    out->event = compile_event_type(c, event);
    if (!(c->file->access & PL_ACCESS_EVENTS))
        compiler_error(c, event, "ACCESS", "an event without events in the file's access");
    if (!trigger)
        compiler_error(c, event, "KEY_MISSING", "an event has a trigger: what makes it happen");
    else if (compiler_text(c, trigger, &out->trigger))
        out->trigger = compiler_copy(c, out->trigger);
    if (out->event)
        out->stream = out->event->file->stream;
    pl_str name;
    if (stream && compiler_text(c, stream, &name) && out->event && !pl_str_eq(name, out->stream)) {
        compiler_error(c, stream, "STREAM_MISMATCH", "%s is published on '%s', not on '%.64s'",
                       out->event->name.p, out->stream.p, name.p);
    }
    if (!payload) {
        compiler_error(c, event, "KEY_MISSING",
                       "an event has a payload: nothing would be verified");
        return;
    }
    if (out->event) {
        out->payload = compile_body(c, out->event, payload, false);
        check_forbidden(c, contract, out->payload);
    }
}

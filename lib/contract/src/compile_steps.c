/* Calls as scripts: steps:. */
#include "compiler.h"

enum { STEPS_MAX = 10000 };

typedef struct script {
    compiler *c;
    const pl_yaml_node *contract;
    const pl_contract_status *end;
    size_t received, sent; /* steps so far */
    bool closed, ended;
    bool misread; /* a step was not understood: what is missing or out of order may be that one */
} script;

/* METHOD may be "". */
static void order_error(script *s, const pl_yaml_node *at, const char *method,
                        const char *message) {
    if (!s->misread)
        compiler_error(s->c, at, "STEP_ORDER", "%s%s", method, message);
}

/* False, for a step that is none. */
static bool misread(script *s) {
    s->misread = true;
    return false;
}

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
        order_error(s, body, "", "the consumer has closed: nothing more is received");
    if (recv && !method->client_streaming && s->received > 0)
        order_error(s, body, method->name.p, " takes one message");
    if (!recv && !method->client_streaming && s->received == 0)
        order_error(s, body, "", "the request comes first: - recv: { ... }");
    if (!recv && !method->server_streaming && s->sent > 0)
        order_error(s, body, method->name.p, " answers one message");
    step->kind = recv ? PL_STEP_RECV : PL_STEP_SEND;
    step->message = compile_whole(c, recv ? method->input : method->output, body,
                                  recv ? limits_of_request(s->end) : LIMITS_NONE);
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
        (void)misread(s);
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

/* What does not stream is one message. */
static void check_repeated(compiler *c, const pl_yaml_node *repeat, bool recv) {
    const pl_method_type *method = c->contract->method;
    if (recv ? !method->client_streaming : !method->server_streaming)
        compiler_error(c, repeat, "STEP", "%s %s one message", method->name.p,
                       recv ? "takes" : "answers");
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
    if (is_word(node, "close") && !inner) {
        compile_close(s, node, step);
        return true;
    }
    if (inner && pl_yaml_kind_of(node) == PL_YAML_SCALAR) {
        compiler_error(c, node, "STEP", "any_order holds recv and send alone");
        return misread(s);
    }
    size_t before = c->problems;
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)) || c->problems > before)
        return misread(s);
    const pl_yaml_node *recv = pl_yaml_find(node, "recv"), *send = pl_yaml_find(node, "send");
    const pl_yaml_node *status = pl_yaml_find(node, "status"), *delay = pl_yaml_find(node, "delay");
    const pl_yaml_node *group = pl_yaml_find(node, "any_order"),
                       *close = pl_yaml_find(node, "close");
    const pl_yaml_node *repeat = pl_yaml_find(node, "repeat");
    if (!!recv + !!send + !!status + !!delay + !!group + !!close != 1) {
        compiler_error(c, node, "STEP",
                       "a step is one of recv, send, close, status, delay, any_order");
        return misread(s);
    }
    if (inner && !recv && !send) {
        compiler_error(c, node, "STEP", "any_order holds recv and send alone");
        return misread(s);
    }
    if (repeat && !recv && !send)
        compiler_error(c, repeat, "STEP", "repeat is for recv and send");
    else if (repeat)
        compile_repeat(c, repeat, step);
    if (step->max > 1)
        check_repeated(c, repeat, recv != NULL);
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
    if (!s.misread)
        check_totals(&s, list, &steps[count - 1]);
    c->contract->step_count = count;
}

/* Whole messages, and calls in the short form: request:, response:, status:. */
#include "compiler.h"

example_limits limits_of_request(const pl_contract_status *end) {
    bool refused = end && (end->code == PL_INVALID_ARGUMENT || end->code == PL_OUT_OF_RANGE);
    return refused ? LIMITS_NONE : LIMITS_REQUEST;
}

const pl_matcher *compile_whole(compiler *c, const pl_message_type *type, const pl_yaml_node *node,
                                example_limits limits) {
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
        check_example(c, node, body, type, c->problems == before ? limits : LIMITS_NONE);
    return body;
}

pl_contract_step *new_steps(compiler *c, size_t count) {
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
        check_example(c, contract, body, type, c->problems == 0 ? LIMITS_REQUEST : LIMITS_NONE);
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
    example_limits limits = limits_of_request(&end);
    recv->message = request                 ? compile_whole(c, method->input, request, limits)
                    : limits == LIMITS_NONE ? compiler_matcher(c, PL_MATCH_MESSAGE, contract)
                                            : empty_body(c, contract, method->input);
    add_step(c, steps, PL_STEP_CLOSE);
    if (response) {
        pl_contract_step *send = add_step(c, steps, PL_STEP_SEND);
        send->at = compiler_at(response);
        send->message = compile_whole(c, method->output, response, LIMITS_NONE);
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

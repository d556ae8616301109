/* What contracts presuppose, against what the states service has: looked at before the first call,
 * so that a wrong name is not found as a difference in some answer. */
#include <stdio.h>

#include "engine.h"

enum { WORDS_MAX = 256 };

/* "a state, did you mean 'x'?" */
static void expect(const char *what, pl_str got, const char *const *names, size_t count,
                   char out[WORDS_MAX]) {
    const char *near = pl_str_nearest(got, names, count);

    if (near)
        (void)snprintf(out, WORDS_MAX, "%s, did you mean '%s'?", what, near);
    else if (count)
        (void)snprintf(out, WORDS_MAX, "%s, such as '%s'", what, names[0]);
    else
        (void)snprintf(out, WORDS_MAX, "%s; there is none", what);
}

/* JSON of a contract is a value of TYPE, a scalar type of Protobuf or "list". */
static bool is_of(pl_str json, pl_str type) {
    bool text = json.p[0] == '"', list = json.p[0] == '[';
    bool flag = json.p[0] == 't' || json.p[0] == 'f';
    int64_t whole;
    uint64_t great;

    if (pl_str_eqc(type, "string") || pl_str_eqc(type, "bytes"))
        return text;
    if (pl_str_eqc(type, "bool"))
        return flag;
    if (pl_str_starts(type, pl_str_c("list")) || pl_str_starts(type, pl_str_c("repeated")))
        return list;
    if (pl_str_eqc(type, "double") || pl_str_eqc(type, "float"))
        return !text && !flag && !list;
    if (pl_str_starts(type, pl_str_c("int")) || pl_str_starts(type, pl_str_c("sint")) ||
        pl_str_starts(type, pl_str_c("sfixed")))
        return pl_str_i64(json, &whole);
    if (pl_str_starts(type, pl_str_c("uint")) || pl_str_starts(type, pl_str_c("fixed")))
        return pl_str_u64(json, &great);
    return true; /* a type of the provider's own: it will say */
}

static const engine_field *find_field(const engine_field *fields, size_t count, pl_str name) {
    for (size_t i = 0; i < count; i++) {
        if (pl_str_eq(fields[i].name, name))
            return &fields[i];
    }
    return NULL;
}

static bool has_parameter(const pl_contract_state *given, pl_str name) {
    for (size_t i = 0; i < given->parameter_count; i++) {
        if (pl_str_eq(given->parameters[i].name, name))
            return true;
    }
    return false;
}

static void unknown_parameter(engine_run *run, const engine_state *state,
                              const pl_contract_parameter *p, const char *path) {
    const char *names[64];
    char words[WORDS_MAX];
    size_t count = 0;

    for (; count < state->parameter_count && count < PL_COUNT(names); count++)
        names[count] = state->parameters[count].name.p;
    expect("a parameter of the state", p->name, names, count, words);
    engine_differs(run, p->at, path, words, "unknown to the states at %s", run->v->states.address);
}

static void check_parameters(engine_run *run, const engine_state *state,
                             const pl_contract_state *given) {
    char path[WORDS_MAX];

    for (size_t i = 0; i < given->parameter_count; i++) {
        const pl_contract_parameter *p = &given->parameters[i];
        const engine_field *field = find_field(state->parameters, state->parameter_count, p->name);
        (void)snprintf(path, sizeof path, "given.%s.%s", given->name.p, p->name.p);
        if (!field)
            unknown_parameter(run, state, p, path);
        else if (!is_of(p->json, field->type))
            engine_differs(run, p->at, path, field->type.p, "%s", p->json.p);
    }
    for (size_t i = 0; i < state->parameter_count; i++) {
        const engine_field *field = &state->parameters[i];
        if (field->optional || has_parameter(given, field->name))
            continue;
        (void)snprintf(path, sizeof path, "given.%s.%s", given->name.p, field->name.p);
        engine_differs(run, given->at, path, field->type.p, "absent; the state needs it");
    }
}

static const engine_state *find_state(const engine_catalogue *c, pl_str name) {
    for (size_t i = 0; i < c->state_count; i++) {
        if (pl_str_eq(c->states[i].name, name))
            return &c->states[i];
    }
    return NULL;
}

static void unknown_state(engine_run *run, const pl_contract_state *given) {
    const engine_catalogue *c = &run->v->catalogue;
    const char *names[ENGINE_STATES_MAX] = {NULL};
    char words[WORDS_MAX], path[WORDS_MAX];

    for (size_t i = 0; i < c->state_count; i++)
        names[i] = c->states[i].name.p;
    expect("a state of the provider", given->name, names, c->state_count, words);
    (void)snprintf(path, sizeof path, "given.%s", given->name.p);
    engine_differs(run, given->at, path, words, "unknown to the states at %s",
                   run->v->states.address);
}

static void check_trigger(engine_run *run) {
    const engine_catalogue *c = &run->v->catalogue;
    const char *names[ENGINE_STATES_MAX] = {NULL};
    char words[WORDS_MAX];

    for (size_t i = 0; i < c->trigger_count; i++) {
        if (pl_str_eq(c->triggers[i], run->contract->trigger))
            return;
        names[i] = c->triggers[i].p;
    }
    expect("a trigger of the provider", run->contract->trigger, names, c->trigger_count, words);
    engine_differs(run, run->contract->at, "trigger", words, "'%s' is unknown to the states at %s",
                   run->contract->trigger.p, run->v->states.address);
}

/* ---- !from_state ----------------------------------------------------------------------------- */

/* What a state of `given` returns as NAME; *out_known is false where one of them is unknown, which
 * has been told of. */
static const engine_field *find_return(const engine_run *run, pl_str name, bool *out_known) {
    *out_known = true;
    for (size_t i = 0; i < run->contract->given_count; i++) {
        const engine_state *state = find_state(&run->v->catalogue, run->contract->given[i].name);
        const engine_field *field = state ? find_field(state->returns, state->return_count, name)
                                          : NULL;
        *out_known = *out_known && state;
        if (field)
            return field;
    }
    return NULL;
}

static void check_return(engine_run *run, const pl_matcher *matcher, const pl_field *field) {
    pl_str name = matcher->value.text;
    bool known;
    const engine_field *value = find_return(run, name, &known);
    char expected[WORDS_MAX];

    if (!value && known)
        engine_differs(run, matcher->at, "given", "a state that returns what !from_state names",
                       "none returns '%s'", name.p);
    if (!value || !field || pl_state_value_fits(value->type, field))
        return;
    (void)snprintf(expected, sizeof expected, "'%s' as a value of field '%s', %s", name.p,
                   field->name.p, pl_kind_name(field->kind));
    engine_differs(run, matcher->at, "given", expected, "a state that returns it as %s",
                   value->type.p);
}

/* What Setup returned as TEXT is a value of TYPE. */
static bool is_text_of(pl_str text, pl_str type) {
    if (pl_str_eqc(type, "string") || pl_str_eqc(type, "bytes"))
        return true;
    if (pl_str_eqc(type, "bool"))
        return pl_str_eqc(text, "true") || pl_str_eqc(text, "false");
    return pl_str_eqc(type, "list") || (text.n > 0 && is_of(text, type));
}

bool engine_returned(engine_run *run, const pl_contract_state *given) {
    const engine_state *state = find_state(&run->v->catalogue, given->name);
    size_t comparisons = run->result->comparisons;
    char path[WORDS_MAX], expected[WORDS_MAX];
    bool whole = true;

    for (size_t i = 0; state && i < state->return_count; i++) {
        const engine_field *field = &state->returns[i];
        pl_str text = {NULL, 0};
        bool there = engine_value(run->v, field->name, &text);

        if (there ? is_text_of(text, field->type) : field->optional)
            continue;
        (void)snprintf(path, sizeof path, "given.%s", given->name.p);
        (void)snprintf(expected, sizeof expected, "Setup to return '%s', %s, as in the catalogue",
                       field->name.p, field->type.p);
        engine_differs(run, given->at, path, expected, there ? "'%s'" : "%s",
                       there ? text.p : "none");
        whole = false;
    }
    run->result->comparisons = comparisons; /* none of them is an answer of the provider */
    return whole;
}

/* MATCHER is for FIELD; NULL: for a message. */
static void check_matcher(engine_run *run, const pl_matcher *matcher, const pl_field *field) {
    if (!matcher)
        return;
    if (matcher->kind == PL_MATCH_FROM_STATE)
        check_return(run, matcher, field);
    for (size_t i = 0; i < matcher->member_count; i++)
        check_matcher(run, matcher->members[i].matcher, matcher->members[i].field);
    for (size_t i = 0; i < matcher->item_count; i++)
        check_matcher(run, matcher->items[i], field);
}

static void check_step(engine_run *run, const pl_contract_step *step) {
    check_matcher(run, step->message, NULL);
    check_matcher(run, step->status.message, pl_text_field());
    for (size_t i = 0; i < step->status.detail_count; i++)
        check_matcher(run, step->status.details[i], NULL);
    for (size_t i = 0; i < step->step_count; i++)
        check_step(run, &step->steps[i]);
}

static void check_values(engine_run *run) {
    const pl_contract *c = run->contract;

    for (size_t i = 0; i < c->step_count; i++)
        check_step(run, &c->steps[i]);
    for (size_t i = 0; i < c->metadata_count; i++)
        check_matcher(run, c->metadata[i].matcher, pl_text_field());
    for (size_t i = 0; i < c->trailer_count; i++)
        check_matcher(run, c->trailers[i].matcher, pl_text_field());
    check_matcher(run, c->payload, NULL);
}

bool engine_catalogue_check(engine_run *run) {
    size_t comparisons = run->result->comparisons;

    if (!run->v->states.channel)
        return true;
    for (size_t i = 0; i < run->contract->given_count; i++) {
        const pl_contract_state *given = &run->contract->given[i];
        const engine_state *state = find_state(&run->v->catalogue, given->name);
        if (state)
            check_parameters(run, state, given);
        else
            unknown_state(run, given);
    }
    if (run->contract->event)
        check_trigger(run);
    check_values(run);
    /* Nothing of the provider has been compared yet. */
    run->result->comparisons = comparisons;
    return !engine_failed(run);
}

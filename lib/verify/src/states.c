#include "parley/verify/states.h"

#include <stdlib.h>
#include <string.h>

#include "parley/base/assert.h"
#include "parley/contract/v1/provider_states.parley.h"
#include "states_values.h"

/* Names that "did you mean" looks at. */
enum { NAMES_MAX = 256 };

struct pl_states {
    const pl_states_def *def;
    parley_contract_v1_ProviderStatesService service;
    void *self;
};

pl_code pl_states_setting(const char *const *settings, const char *key, const char **out_value,
                          pl_error *err) {
    size_t length = strlen(key);
    for (size_t i = 0; settings[i]; i++) {
        if (strncmp(settings[i], key, length) == 0 && settings[i][length] == '=' &&
            settings[i][length + 1]) {
            *out_value = settings[i] + length + 1;
            return PL_OK;
        }
    }
    return pl_error_set(err, PL_FAILED_PRECONDITION,
                        "%s is not set: give the states the settings of their service", key);
}

/* ---- the operations ---- */

static bool write_fields(pl_arena *arena, const pl_state_field *fields, size_t count,
                         parley_contract_v1_StateField ***out, size_t *out_count) {
    *out = pl_arena_calloc(arena, count, sizeof **out);
    for (size_t i = 0; *out && i < count; i++) {
        parley_contract_v1_StateField *field = parley_contract_v1_StateField_new(arena);
        if (!field)
            return false;
        field->name = fields[i].name;
        field->type = pl_state_type_name(fields[i].type);
        field->optional = fields[i].optional;
        (*out)[(*out_count)++] = field;
    }
    return *out != NULL;
}

static parley_contract_v1_StateType *write_state(pl_arena *arena, const pl_state_def *state) {
    parley_contract_v1_StateType *type = parley_contract_v1_StateType_new(arena);
    if (!type)
        return NULL;
    type->name = state->name;
    type->description = state->description;
    return write_fields(arena, state->parameters, state->parameter_count, &type->parameters,
                        &type->n_parameters) &&
                   write_fields(arena, state->returns, state->return_count, &type->returns,
                                &type->n_returns)
               ? type
               : NULL;
}

static pl_code catalogue(void *self, pl_call *call,
                         const parley_contract_v1_CatalogueRequest *request,
                         parley_contract_v1_CatalogueResponse **out_response) {
    const pl_states_def *def = ((const pl_states *)self)->def;
    pl_arena *arena = pl_call_arena(call);
    parley_contract_v1_CatalogueResponse *response = parley_contract_v1_CatalogueResponse_new(
        arena);
    (void)request;
    if (!response)
        return pl_call_no_memory(call);
    response->states = pl_arena_calloc(arena, def->state_count, sizeof *response->states);
    response->triggers = pl_arena_calloc(arena, def->trigger_count, sizeof *response->triggers);
    if (!response->states || !response->triggers)
        return pl_call_no_memory(call);
    for (size_t i = 0; i < def->state_count; i++) {
        response->states[i] = write_state(arena, &def->states[i]);
        if (!response->states[i])
            return pl_call_no_memory(call);
        response->n_states++;
    }
    for (size_t i = 0; i < def->trigger_count; i++)
        response->triggers[response->n_triggers++] = def->triggers[i].name;
    *out_response = response;
    return PL_OK;
}

/* There is no KIND ("state") called NAME. */
static pl_code no_such(pl_call *call, const pl_states_def *def, const char *kind, const char *name,
                       const char *const *names, size_t count) {
    const char *near = pl_str_nearest(pl_str_c(name), names, count);
    return pl_call_fail(call, PL_NOT_FOUND, NULL, "%s has no %s '%s'%s%s%s", def->provider, kind,
                        name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static pl_code run_setup(pl_states *states, const pl_state_def *state, pl_call *call,
                         const google_protobuf_Struct *given, google_protobuf_Struct **out) {
    pl_state_values parameters;
    pl_state_values returns = {
        .fields = state->returns, .count = state->return_count, .arena = pl_call_arena(call)};
    pl_error err = PL_ERROR_INIT;
    PL_ASSERT(state->return_count <= PL_STATE_FIELDS_MAX);
    pl_code code = state_values_read(state, given, &parameters, &err);
    if (code != PL_OK)
        return pl_call_fail_error(call, &err);
    code = state->setup(states->self, &parameters, &returns, &err);
    if (code != PL_OK)
        return pl_call_fail(call, code, NULL, "state %s: %s", state->name, err.message);
    code = state_values_write(state, &returns, out, &err);
    return code == PL_OK ? PL_OK : pl_call_fail_error(call, &err);
}

static pl_code setup(void *self, pl_call *call, const parley_contract_v1_SetupRequest *request,
                     parley_contract_v1_SetupResponse **out_response) {
    pl_states *states = self;
    const pl_states_def *def = states->def;
    const char *names[NAMES_MAX];
    for (size_t i = 0; i < def->state_count; i++) {
        names[i] = def->states[i].name;
        if (strcmp(names[i], request->state) != 0)
            continue;
        parley_contract_v1_SetupResponse *response = parley_contract_v1_SetupResponse_new(
            pl_call_arena(call));
        if (!response)
            return pl_call_no_memory(call);
        pl_code code = run_setup(states, &def->states[i], call, request->parameters,
                                 &response->values);
        if (code == PL_OK)
            *out_response = response;
        return code;
    }
    return no_such(call, def, "state", request->state, names, def->state_count);
}

static pl_code trigger(void *self, pl_call *call, const parley_contract_v1_TriggerRequest *request,
                       parley_contract_v1_TriggerResponse **out_response) {
    pl_states *states = self;
    const pl_states_def *def = states->def;
    const char *names[NAMES_MAX];
    for (size_t i = 0; i < def->trigger_count; i++) {
        pl_error err = PL_ERROR_INIT;
        names[i] = def->triggers[i].name;
        if (strcmp(names[i], request->trigger) != 0)
            continue;
        pl_code code = def->triggers[i].fire(states->self, &err);
        if (code != PL_OK)
            return pl_call_fail(call, code, NULL, "trigger %s: %s", names[i], err.message);
        *out_response = parley_contract_v1_TriggerResponse_new(pl_call_arena(call));
        return *out_response ? PL_OK : pl_call_no_memory(call);
    }
    return no_such(call, def, "trigger", request->trigger, names, def->trigger_count);
}

static pl_code teardown(void *self, pl_call *call,
                        const parley_contract_v1_TeardownRequest *request,
                        parley_contract_v1_TeardownResponse **out_response) {
    pl_states *states = self;
    pl_error err = PL_ERROR_INIT;
    (void)request;
    pl_code code = states->def->teardown ? states->def->teardown(states->self, &err) : PL_OK;
    if (code != PL_OK)
        return pl_call_fail(call, code, NULL, "teardown: %s", err.message);
    *out_response = parley_contract_v1_TeardownResponse_new(pl_call_arena(call));
    return *out_response ? PL_OK : pl_call_no_memory(call);
}

static const parley_contract_v1_ProviderStatesService_ops operations = {
    .catalogue = catalogue,
    .setup = setup,
    .trigger = trigger,
    .teardown = teardown,
};

/* ---- the object ---- */

pl_code pl_states_new(const pl_states_def *def, const char *const *settings, pl_states **out_states,
                      pl_error *err) {
    PL_ASSERT(def->state_count <= NAMES_MAX && def->trigger_count <= NAMES_MAX);
    pl_states *states = calloc(1, sizeof *states);
    if (states)
        states->self = calloc(1, def->self_size ? def->self_size : 1);
    if (!states || !states->self) {
        free(states);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the states of %s",
                            def->provider);
    }
    states->def = def;
    states->service = (parley_contract_v1_ProviderStatesService){states, &operations};
    pl_code code = def->open ? def->open(states->self, settings, err) : PL_OK;
    if (code != PL_OK) {
        pl_states_free(states);
        return code;
    }
    *out_states = states;
    return PL_OK;
}

void pl_states_free(pl_states *states) {
    if (!states)
        return;
    if (states->def->close)
        states->def->close(states->self);
    free(states->self);
    free(states);
}

pl_code pl_states_serve(pl_states *states, const char *listen, pl_server **out_server,
                        pl_error *err) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *server = NULL;
    opts.listen = listen;
    opts.workers = 1; /* a state is set up at a time */
    opts.reflection = true;
    opts.demo = true; /* methods are internal: local callers only */
    opts.allow_internal_loopback = true;
    pl_code code = pl_server_new(&opts, &server, err);
    if (code == PL_OK)
        code = pl_server_add(server,
                             parley_contract_v1_ProviderStatesService_bind(&states->service), err);
    if (code == PL_OK)
        code = pl_server_start(server, err);
    if (code != PL_OK) {
        pl_server_free(server);
        return code;
    }
    pl_server_set_serving(server, NULL, true);
    *out_server = server;
    return PL_OK;
}

/* A table of states, served and asked as a verifier asks it. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/contract/v1/provider_states.parley.h"
#include "parley/rpc/channel.h"
#include "parley/verify/states.h"

enum { TIMEOUT_MS = 10000 };

/* ---- the table ---- */

typedef struct shop {
    int64_t id, stock;
    char name[32];
    bool had_stock;
    bool forget; /* to return what is promised */
} shop;

static shop *opened;

static const pl_state_field parameters[] = {
    {"id", PL_STATE_INT64, false},   {"name", PL_STATE_STRING, true},
    {"stock", PL_STATE_INT32, true}, {"price", PL_STATE_DOUBLE, true},
    {"sold", PL_STATE_BOOL, true},   {"weight", PL_STATE_UINT64, true}};
static const pl_state_field returns[] = {{"etag", PL_STATE_STRING, false},
                                         {"number", PL_STATE_INT64, true}};

static pl_code on_sale(void *self, const pl_state_values *with, pl_state_values *out,
                       pl_error *err) {
    shop *s = self;
    s->id = pl_state_i64(with, "id");
    s->had_stock = pl_state_has(with, "stock");
    s->stock = pl_state_i64_or(with, "stock", 7);
    (void)snprintf(s->name, sizeof s->name, "%s", pl_state_str(with, "name").p);
    if (s->id == 13)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "13 is never sold");
    if (!s->forget)
        pl_state_return_str(out, "etag", pl_str_c("v1"));
    pl_state_return_i64(out, "number", INT64_MAX - (pl_state_bool(with, "sold") ? 1 : 0));
    return PL_OK;
}

static pl_code changed(void *self, pl_error *err) {
    shop *s = self;
    return s->id ? PL_OK : pl_error_set(err, PL_FAILED_PRECONDITION, "nothing is on sale");
}

static pl_code forget_all(void *self, pl_error *err) {
    shop *s = self;
    (void)err;
    if (s->id == 14)
        return PL_ABORTED; /* without a word */
    s->id = 0;
    return PL_OK;
}

static pl_code open_shop(void *self, const char *const *settings, pl_error *err) {
    const char *url = NULL;
    opened = self;
    return pl_states_setting(settings, "DATABASE_URL", &url, err);
}

static const pl_state_def states[] = {
    {"product_on_sale", "A product that can be ordered.", PL_STATE_FIELDS(parameters),
     PL_STATE_FIELDS(returns), on_sale},
};
static const pl_trigger_def triggers[] = {{"product_changed", changed}};
static const pl_states_def table = {.provider = "shop.v1",
                                    .states = states,
                                    .state_count = PL_COUNT(states),
                                    .triggers = triggers,
                                    .trigger_count = PL_COUNT(triggers),
                                    .self_size = sizeof(shop),
                                    .open = open_shop,
                                    .teardown = forget_all};

/* ---- who asks ---- */

typedef struct world {
    pl_states *states;
    pl_server *server;
    pl_channel *channel;
    pl_call *call;
    parley_contract_v1_ProviderStatesService client;
} world;

static int setup(void **state) {
    static const char *const settings[] = {"REDIS_URL=x", "DATABASE_URL=here", NULL};
    char target[32];
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call_opts = PL_CALL_OPTS_INIT;
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(pl_states_new(&table, settings, &w->states, NULL), PL_OK);
    assert_int_equal(pl_states_serve(w->states, "127.0.0.1:0", &w->server, NULL), PL_OK);
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", pl_server_port(w->server));
    opts.target = target;
    call_opts.timeout_ms = TIMEOUT_MS;
    assert_int_equal(pl_channel_new(&opts, &w->channel, NULL), PL_OK);
    assert_int_equal(pl_call_new(&call_opts, &w->call, NULL), PL_OK);
    w->client = parley_contract_v1_ProviderStatesService_client(w->channel);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    pl_call_free(w->call);
    pl_channel_free(w->channel);
    pl_server_free(w->server);
    pl_states_free(w->states);
    free(w);
    return 0;
}

/* Sets the state NAME up with one parameter KEY, a number or TEXT, beside id 1 where KEY is not
 * that; KEY NULL: none at all. */
static pl_code set_up(world *w, const char *name, const char *key, double number, const char *text,
                      parley_contract_v1_SetupResponse **out) {
    parley_contract_v1_SetupRequest request = parley_contract_v1_SETUP_REQUEST_INIT;
    google_protobuf_Struct given = google_protobuf_STRUCT_INIT;
    google_protobuf_Value one = google_protobuf_VALUE_INIT;
    google_protobuf_Value value = google_protobuf_VALUE_INIT;
    google_protobuf_Struct_FieldsEntry id = google_protobuf_STRUCT_FIELDS_ENTRY_INIT;
    google_protobuf_Struct_FieldsEntry entry = google_protobuf_STRUCT_FIELDS_ENTRY_INIT;
    google_protobuf_Struct_FieldsEntry *entries[] = {&entry, &id};
    one.kind_case = google_protobuf_VALUE_KIND_NUMBER_VALUE;
    one.number_value = 1;
    value.kind_case = text ? google_protobuf_VALUE_KIND_STRING_VALUE
                           : google_protobuf_VALUE_KIND_NUMBER_VALUE;
    if (text)
        value.string_value = text;
    else
        value.number_value = number;
    id.key = "id";
    id.value = &one;
    entry.key = key ? key : "";
    entry.value = &value;
    given.fields = entries;
    given.n_fields = !key ? 0 : strcmp(key, "id") == 0 ? 1 : 2;
    request.state = name;
    request.parameters = &given;
    return w->client.ops->setup(w->client.self, w->call, &request, out);
}

static void refuses(world *w, pl_code code, const char *message) {
    assert_int_equal(code, pl_call_error(w->call)->code);
    assert_string_equal(pl_call_error(w->call)->message, message);
}

static pl_code pull(world *w, const char *name) {
    parley_contract_v1_TriggerRequest request = parley_contract_v1_TRIGGER_REQUEST_INIT;
    parley_contract_v1_TriggerResponse *response = NULL;
    request.trigger = name;
    return w->client.ops->trigger(w->client.self, w->call, &request, &response);
}

/* ---- tests ---- */

static void the_catalogue_tells_states_and_their_types(void **state) {
    world *w = *state;
    parley_contract_v1_CatalogueRequest request = parley_contract_v1_CATALOGUE_REQUEST_INIT;
    parley_contract_v1_CatalogueResponse *out = NULL;
    assert_int_equal(w->client.ops->catalogue(w->client.self, w->call, &request, &out), PL_OK);
    assert_int_equal(out->n_states, 1);
    assert_string_equal(out->states[0]->name, "product_on_sale");
    assert_string_equal(out->states[0]->description, "A product that can be ordered.");
    assert_int_equal(out->states[0]->n_parameters, PL_COUNT(parameters));
    assert_string_equal(out->states[0]->parameters[0]->type, "int64");
    assert_false(out->states[0]->parameters[0]->optional);
    assert_string_equal(out->states[0]->parameters[2]->name, "stock");
    assert_true(out->states[0]->parameters[2]->optional);
    assert_string_equal(out->states[0]->returns[0]->name, "etag");
    assert_int_equal(out->n_triggers, 1);
    assert_string_equal(out->triggers[0], "product_changed");
}

static void a_state_gets_its_parameters_and_returns_values(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    assert_int_equal(set_up(w, "product_on_sale", "name", 0, "TV", &out), PL_OK);
    assert_int_equal(opened->id, 1);
    assert_string_equal(opened->name, "TV");
    assert_int_equal(out->values->n_fields, 2);
    assert_string_equal(out->values->fields[0]->key, "etag");
    assert_string_equal(out->values->fields[0]->value->string_value, "v1");
    /* what a double does not hold is a text */
    assert_string_equal(out->values->fields[1]->value->string_value, "9223372036854775807");
}

static void a_parameter_that_is_left_out_is_told(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    assert_int_equal(set_up(w, "product_on_sale", "id", 2, NULL, &out), PL_OK);
    assert_false(opened->had_stock);
    assert_int_equal(opened->stock, 7);
    assert_string_equal(opened->name, "");
    assert_int_equal(set_up(w, "product_on_sale", "stock", 0, NULL, &out), PL_OK);
    assert_true(opened->had_stock);
    assert_int_equal(opened->stock, 0);
}

static void great_integers_come_as_texts(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    assert_int_equal(set_up(w, "product_on_sale", "id", 0, "9223372036854775807", &out), PL_OK);
    assert_int_equal(opened->id, INT64_MAX);
    assert_int_equal(set_up(w, "product_on_sale", "weight", 0, "18446744073709551615", &out),
                     PL_OK);
}

static void an_unknown_state_is_not_found(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    pl_code code = set_up(w, "product_on_sail", NULL, 0, NULL, &out);
    assert_int_equal(code, PL_NOT_FOUND);
    refuses(w, code, "shop.v1 has no state 'product_on_sail', did you mean 'product_on_sale'?");
    refuses(w, set_up(w, "rain", NULL, 0, NULL, &out), "shop.v1 has no state 'rain'");
}

static void wrong_parameters_are_refused_by_name(void **state) {
    static const struct {
        const char *key;
        double number;
        const char *text;
        const char *said;
    } wrong[] = {
        {"id", 0, "one", "state product_on_sale: id: expected int64, got 'one'"},
        {"id", 1.5, NULL, "state product_on_sale: id: expected int64, got 1.5"},
        {"id", 1e17, NULL, "state product_on_sale: id: expected int64, got 1e+17"},
        {"name", 3, NULL, "state product_on_sale: name: expected string, got 3"},
        {"stock", 3e9, NULL, "state product_on_sale: stock: expected int32, got 3000000000"},
        {"weight", -1, NULL, "state product_on_sale: weight: expected uint64, got -1"},
        {"sold", 0, "yes", "state product_on_sale: sold: expected bool, got 'yes'"},
        {"price", 0, "1", "state product_on_sale: price: expected double, got '1'"},
        {"stok", 1, NULL, "state product_on_sale: no parameter 'stok', did you mean 'stock'?"},
        {NULL, 0, NULL, "state product_on_sale: id (int64) is missing"},
    };
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    for (size_t i = 0; i < PL_COUNT(wrong); i++) {
        pl_code code = set_up(w, "product_on_sale", wrong[i].key, wrong[i].number, wrong[i].text,
                              &out);
        assert_int_equal(code, PL_INVALID_ARGUMENT);
        refuses(w, code, wrong[i].said);
    }
    assert_int_equal(opened->id, 0);
}

static void the_error_of_a_state_names_it(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    pl_code code = set_up(w, "product_on_sale", "id", 13, NULL, &out);
    assert_int_equal(code, PL_FAILED_PRECONDITION);
    refuses(w, code, "state product_on_sale: 13 is never sold");
}

static void a_value_that_is_not_returned_is_an_error(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    opened->forget = true;
    pl_code code = set_up(w, "product_on_sale", "id", 1, NULL, &out);
    assert_int_equal(code, PL_INTERNAL);
    refuses(w, code, "state product_on_sale: etag (string) was not returned");
}

static void a_trigger_fires_in_the_state_that_was_set_up(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    pl_code code = pull(w, "product_changed");
    refuses(w, code, "trigger product_changed: nothing is on sale");
    assert_int_equal(set_up(w, "product_on_sale", "id", 1, NULL, &out), PL_OK);
    assert_int_equal(pull(w, "product_changed"), PL_OK);
    code = pull(w, "product_change");
    assert_int_equal(code, PL_NOT_FOUND);
    refuses(w, code, "shop.v1 has no trigger 'product_change', did you mean 'product_changed'?");
}

static void a_teardown_takes_it_back(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    parley_contract_v1_TeardownRequest request = parley_contract_v1_TEARDOWN_REQUEST_INIT;
    parley_contract_v1_TeardownResponse *response = NULL;
    assert_int_equal(set_up(w, "product_on_sale", "id", 1, NULL, &out), PL_OK);
    assert_int_equal(w->client.ops->teardown(w->client.self, w->call, &request, &response), PL_OK);
    assert_int_equal(opened->id, 0);
}

static void a_teardown_that_fails_without_a_word_fails(void **state) {
    world *w = *state;
    parley_contract_v1_SetupResponse *out = NULL;
    parley_contract_v1_TeardownRequest request = parley_contract_v1_TEARDOWN_REQUEST_INIT;
    parley_contract_v1_TeardownResponse *response = NULL;
    assert_int_equal(set_up(w, "product_on_sale", "id", 14, NULL, &out), PL_OK);
    pl_code code = w->client.ops->teardown(w->client.self, w->call, &request, &response);
    assert_int_equal(code, PL_ABORTED);
    refuses(w, code, "teardown: ");
}

static void a_missing_setting_is_named(void **state) {
    static const char *const settings[] = {"REDIS_URL=x", "DATABASE_URL=", NULL};
    pl_states *none = NULL;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    assert_int_equal(pl_states_new(&table, settings, &none, &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.message,
                        "DATABASE_URL is not set: give the states the settings of their service");
}

#define STATES_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        STATES_TEST(the_catalogue_tells_states_and_their_types),
        STATES_TEST(a_state_gets_its_parameters_and_returns_values),
        STATES_TEST(a_parameter_that_is_left_out_is_told),
        STATES_TEST(great_integers_come_as_texts),
        STATES_TEST(an_unknown_state_is_not_found),
        STATES_TEST(wrong_parameters_are_refused_by_name),
        STATES_TEST(the_error_of_a_state_names_it),
        STATES_TEST(a_value_that_is_not_returned_is_an_error),
        STATES_TEST(a_trigger_fires_in_the_state_that_was_set_up),
        STATES_TEST(a_teardown_takes_it_back),
        STATES_TEST(a_teardown_that_fails_without_a_word_fails),
        cmocka_unit_test(a_missing_setting_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

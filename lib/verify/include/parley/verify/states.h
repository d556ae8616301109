/* Provider states: what contracts presuppose of a provider, as a table of C functions.
 *
 * A contract says `given: { product_on_sale: { id: 1, stock: 10 } }` and
 * `trigger: product_changed`; the provider's team writes a function for each and lists them
 * in a table, with the types of their parameters. The table is served as
 * parley.contract.v1.ProviderStatesService: by the generated tests within their own process
 * (fixture.h), and by a program of its own beside the service, for `parley verify --states`.
 * It is test code; it is never linked into a service.
 *
 *     static const pl_state_field sale[] = {{"id", PL_STATE_INT64, false},
 *                                           {"stock", PL_STATE_INT64, true}};
 *     static pl_code on_sale(void *self, const pl_state_values *with, pl_state_values *returns,
 *                            pl_error *err) {
 *         return put_product(self, pl_state_i64(with, "id"), pl_state_i64(with, "stock"), err);
 *     }
 *     static const pl_state_def states[] = {
 *         {"product_on_sale", "A product that can be ordered.", PL_STATE_FIELDS(sale),
 *          PL_STATE_NO_FIELDS, on_sale}};
 *     const pl_states_def pl_service_states = {.provider = "mall.products.v1", .states = states,
 *         .state_count = PL_COUNT(states), .self_size = sizeof(world), .open = open_store, ...};
 *
 * Requests are handled one at a time, on one thread; open, close and what they stand on are called
 * on the caller's.
 */
#ifndef PARLEY_VERIFY_STATES_H
#define PARLEY_VERIFY_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/rpc/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parameters, or returned values, of one state. */
#define PL_STATE_FIELDS_MAX 32

/* The scalar types of a parameter, by their names in Protobuf. Integers of 64 bits that JSON's
 * numbers do not hold exactly (from 2^53 on) come as texts. */
typedef enum pl_state_type {
    PL_STATE_STRING,
    PL_STATE_BOOL,
    PL_STATE_DOUBLE,
    PL_STATE_INT32,
    PL_STATE_INT64,
    PL_STATE_UINT32,
    PL_STATE_UINT64
} pl_state_type;

/* "int64". */
const char *pl_state_type_name(pl_state_type type);

typedef struct pl_state_field {
    const char *name;
    pl_state_type type;
    bool optional;
} pl_state_field;

#define PL_STATE_FIELDS(array) (array), PL_COUNT(array)
#define PL_STATE_NO_FIELDS     NULL, 0

/* Values of the fields of a state. They live until its function returns. */
typedef struct pl_state_values pl_state_values;

/* Reading a parameter: it is declared with this type (another one, or a name that is not declared,
 * is a programming error). Where an optional one was left out: false, 0 or the empty text. */
bool pl_state_has(const pl_state_values *values, const char *name);
pl_str pl_state_str(const pl_state_values *values, const char *name); /* NUL-terminated */
bool pl_state_bool(const pl_state_values *values, const char *name);
double pl_state_double(const pl_state_values *values, const char *name);
int64_t pl_state_i64(const pl_state_values *values, const char *name);  /* int32, int64 */
uint64_t pl_state_u64(const pl_state_values *values, const char *name); /* uint32, uint64 */
/* An integer, or OTHERWISE where it was left out. */
int64_t pl_state_i64_or(const pl_state_values *values, const char *name, int64_t otherwise);

/* Returning a value for !from_state; texts are copied. */
void pl_state_return_str(pl_state_values *values, const char *name, pl_str text);
void pl_state_return_bool(pl_state_values *values, const char *name, bool value);
void pl_state_return_double(pl_state_values *values, const char *name, double value);
void pl_state_return_i64(pl_state_values *values, const char *name, int64_t value);
void pl_state_return_u64(pl_state_values *values, const char *name, uint64_t value);

typedef struct pl_state_def {
    const char *name;
    const char *description; /* what it means, in words */
    const pl_state_field *parameters;
    size_t parameter_count;
    const pl_state_field *returns;
    size_t return_count;
    /* Puts the provider into the state, whatever it was in before. */
    pl_code (*setup)(void *self, const pl_state_values *parameters, pl_state_values *returns,
                     pl_error *err);
} pl_state_def;

typedef struct pl_trigger_def {
    const char *name;
    /* Makes the provider publish, in the state that was set up last. */
    pl_code (*fire)(void *self, pl_error *err);
} pl_trigger_def;

typedef struct pl_states_def {
    const char *provider; /* "mall.products.v1" */
    const pl_state_def *states;
    size_t state_count;
    const pl_trigger_def *triggers;
    size_t trigger_count;
    size_t self_size; /* of what the functions are given, zeroed */
    /* Opens what the functions need, with the settings of the service (pl_states_setting). close is
     * called also where it fails; both may be NULL. */
    pl_code (*open)(void *self, const char *const *settings, pl_error *err);
    void (*close)(void *self);
    /* Takes back what was set up since the last time; NULL: nothing has to be. */
    pl_code (*teardown)(void *self, pl_error *err);
} pl_states_def;

/* The states of a service, by this name, for programs that pl_contract_test of CMake makes. */
extern const pl_states_def pl_service_states;

/* The value of KEY in SETTINGS, "KEY=value" each and NULL at the end, as an environment is.
 * PL_FAILED_PRECONDITION where it is missing or empty. */
PL_NODISCARD pl_code pl_states_setting(const char *const *settings, const char *key,
                                       const char **out_value, pl_error *err);

typedef struct pl_states pl_states;

/* Opens the states of DEF, which is borrowed, with the service's SETTINGS.
 * PL_RESOURCE_EXHAUSTED: no memory; codes of DEF's open. */
PL_NODISCARD pl_code pl_states_new(const pl_states_def *def, const char *const *settings,
                                   pl_states **out_states, pl_error *err);
/* After the server that serves them. NULL is allowed. */
void pl_states_free(pl_states *states);

/* Serves them at LISTEN ("127.0.0.1:0") on a server of their own, which the caller frees first.
 * Codes of pl_server_start. */
PL_NODISCARD pl_code pl_states_serve(pl_states *states, const char *listen, pl_server **out_server,
                                     pl_error *err);

/* The program `mall-products-states [--listen ADDR]`: opens DEF with its environment, which has the
 * settings of the service, prints "ready states=127.0.0.1:40123" and serves until SIGTERM or
 * SIGINT. Returns the exit code: 0, 1 a failure, 2 usage. */
int pl_states_main(int argc, char **argv, const pl_states_def *def);

#ifdef __cplusplus
}
#endif
#endif

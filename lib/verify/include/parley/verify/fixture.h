/* The fixture of generated contract tests: the real service, on servers of its own.
 *
 * `pl_contract_test(mall.products.v1 ...)` of CMake writes a cmocka program, a test a contract;
 * this is what it calls. Before the first test it starts PostgreSQL and Redis, a stub for each
 * upstream made from the contracts with it, the service's program as a process of its own, and
 * the service's states (states.h) in this process. A test is one contract, played by the same
 * engine as `parley verify`.
 *
 *     int main(void) {
 *         const struct CMUnitTest tests[] = {cmocka_unit_test(mall_orders_a_product_on_sale)};
 *         return pl_contract_exit(cmocka_run_group_tests(tests, start, pl_contract_stop));
 *     }
 *
 * The test's thread only, and one fixture at a time. The process ends with its children.
 */
#ifndef PARLEY_VERIFY_FIXTURE_H
#define PARLEY_VERIFY_FIXTURE_H

#include "parley/rpc/channel.h"
#include "parley/verify/states.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Settings that a service is given, those of the fixture included. */
#define PL_CONTRACT_SETTINGS_MAX 64
/* Upstreams of one service. */
#define PL_CONTRACT_UPSTREAMS_MAX 8
/* How long a service may take to migrate its database, and to be ready. */
#define PL_CONTRACT_START_MS 30000

typedef struct pl_contract_fixture pl_contract_fixture;

/* Texts are borrowed until stop. */
typedef struct pl_contract_fixture_opts {
    const char *provider;        /* "mall.products.v1" */
    size_t contracts;            /* that there are tests for; another number: the tests are stale */
    const pl_states_def *states; /* NULL: the service keeps nothing, and needs no servers */
    const char *program;         /* of the service */
    /* Folder with PROVIDER.stub, of the provider and of each upstream; PARLEY_BUNDLES in the
     * environment names another. */
    const char *bundles;
    /* Beside DATABASE_URL, MIGRATE_DATABASE_URL, REDIS_URL, LISTEN and DEMO=true: "KEY=value"
     * each, separated by ';'. */
    const char *settings;
    /* "PAYMENT_ADDR=mall.payment.v1;...": the setting that gets the address of a stub of this
     * provider, which has the contracts of everybody with it. */
    const char *upstreams;
} pl_contract_fixture_opts;

/* The members that pl_contract_test of CMake knows. */
#define PL_CONTRACT_SERVICE                                                                        \
    .states = PL_CONTRACT_STATES, .program = PL_CONTRACT_PROGRAM, .bundles = PL_CONTRACT_BUNDLES,  \
    .settings = PL_CONTRACT_SETTINGS, .upstreams = PL_CONTRACT_UPSTREAMS

/* Starts all of it, for cmocka_run_group_tests: *state is the fixture. 0; otherwise it has printed
 * what went wrong. */
int pl_contract_start(const pl_contract_fixture_opts *opts, void **state);
/* Ends all of it; half started too. */
int pl_contract_stop(void **state);
/* What main returns, of what cmocka has counted: 0, or 1 where a test failed, the service ended
 * badly, the report could not be written, or nothing was verified. */
int pl_contract_exit(int failed);

/* Plays the contract NAME of CONSUMER. Fails the test with every difference, and what the service
 * has logged meanwhile; skips it where the contract is ignored. */
void pl_contract_run(pl_contract_fixture *fixture, const char *consumer, const char *name);

/* ---- for the test of the generated client ---- */

/* To the service, and a call to use it with; borrowed. */
pl_channel *pl_contract_channel(pl_contract_fixture *fixture);
pl_call *pl_contract_call(pl_contract_fixture *fixture);
/* A request for METHOD of SERVICE: the example of the first contract with it, whose states are set
 * up, else an empty one. Lives until stop. */
const void *pl_contract_example(pl_contract_fixture *fixture, const pl_service_desc *service,
                                size_t method);
/* Fails the test unless CODE, with which the call of that request has ended, is an answer or a
 * refusal of the service's own, or what the contract says: the call reached METHOD, which has an
 * operation. Takes back what was set up. */
void pl_contract_answered(pl_contract_fixture *fixture, const char *method, pl_code code);

#ifdef __cplusplus
}
#endif
#endif

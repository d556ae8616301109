/* Stubs in a test's own process, of bundles that its build has made.
 *
 * For the tests of a provider they stand in for what it calls, for those of a consumer for its
 * providers: a call that no contract covers is refused, so the test fails; and a contract that no
 * test reaches claims more than the consumer needs, so pl_contract_stub_all_used fails.
 *
 *     pl_contract_stub_opts opts = PL_CONTRACT_STUB_OPTS_INIT;
 *     opts.bundles = PL_CONTRACT_BUNDLES;           pl_contract_stubs of CMake defines it
 *     opts.provider = "mall.payment.v1";
 *     opts.consumer = "mall.orders";
 *     pl_contract_stub_start(&opts, &payment, &err);
 *     channel_opts.target = pl_contract_stub_address(payment); ...
 *     pl_contract_stub_all_used(payment);           in the last test
 *     pl_contract_stub_free(payment);
 *
 * The test's thread only; the stub has threads of its own.
 */
#ifndef PARLEY_VERIFY_STUBS_H
#define PARLEY_VERIFY_STUBS_H

#include "parley/base/error.h"
#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads FOLDER/PROVIDER.stub. */
PL_NODISCARD pl_code pl_contract_bundle(const char *folder, const char *provider,
                                        pl_contract_set **out_set, pl_error *err);

typedef struct pl_contract_stub pl_contract_stub;

typedef struct pl_contract_stub_opts {
    const char *bundles;   /* folder with PROVIDER.stub */
    const char *provider;  /* "mall.payment.v1" */
    const char *consumer;  /* only its contracts; NULL: everybody's */
    const char *redis_url; /* where its events would be published; NULL: contracts about events are
                              left out */
} pl_contract_stub_opts;
#ifdef __cplusplus
#define PL_CONTRACT_STUB_OPTS_INIT                                                                 \
    {}
#else
#define PL_CONTRACT_STUB_OPTS_INIT                                                                 \
    { NULL }
#endif

/* Serves it on a free port of 127.0.0.1. Codes of a bundle that cannot be read, and of pl_stub_new.
 */
PL_NODISCARD pl_code pl_contract_stub_start(const pl_contract_stub_opts *opts,
                                            pl_contract_stub **out_stub, pl_error *err);
/* NULL is allowed. */
void pl_contract_stub_free(pl_contract_stub *stub);

/* "127.0.0.1:41234"; borrowed. */
const char *pl_contract_stub_address(const pl_contract_stub *stub);

/* Fails the test where a contract about a call was not reached, and names each. */
void pl_contract_stub_all_used(pl_contract_stub *stub);

#ifdef __cplusplus
}
#endif
#endif

/* A stub of what a service calls, in the test's process, made from the contracts that its provider
 * and it have agreed on. What no contract covers is refused, and a test says at the end that every
 * contract was reached: one that no test needs claims more than the service does.
 *
 *     static int setup(void **state) {
 *         *state = bed_stub_new(BED_STUB_BUNDLES, "mall.payment.v1", "mall.orders");
 *         return 0;
 *     }
 *     bed_stub_channel(stub) ... bed_stub_reached(stub);
 *
 * The test's thread only.
 */
#ifndef PARLEY_BACKING_TESTS_BED_STUB_H
#define PARLEY_BACKING_TESTS_BED_STUB_H

#include "check.h"

#include "parley/rpc/call.h"
#include "parley/rpc/channel.h"

typedef struct bed_stub bed_stub;

/* Serves CONSUMER's contracts about calls with PROVIDER, of BUNDLES/PROVIDER.stub. Fails the test
 * where it cannot. */
bed_stub *bed_stub_new(const char *bundles, const char *provider, const char *consumer);
/* NULL is allowed. */
void bed_stub_free(bed_stub *stub);
/* To it; borrowed. */
pl_channel *bed_stub_channel(const bed_stub *stub);
/* A call to make calls with; of the stub. */
pl_call *bed_stub_call(const bed_stub *stub);
/* Fails the test, with their names and places, where contracts were not reached. */
void bed_stub_reached(bed_stub *stub);

#endif

/* What the test of the generated client takes for an answer. */
#ifndef PARLEY_VERIFY_FIXTURE_CLIENT_H
#define PARLEY_VERIFY_FIXTURE_CLIENT_H

#include "parley/contract/contract.h"

/* A call with the request of EXAMPLE (NULL: an empty one) that has ended with CODE was answered, or
 * refused by the service itself: nobody between it and the caller says that, or the contract does.
 */
bool fixture_client_reached(const pl_contract *example, pl_code code);

#endif

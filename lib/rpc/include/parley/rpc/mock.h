/* pl_mock: what generated in-memory mocks are made of.
 *
 * A mock stands in for a service behind the same operations table. For each
 * method it counts calls, keeps a copy of the last request and answers what was
 * set: a copy of a response, a code, or whatever a function says. Nothing set
 * answers UNIMPLEMENTED, so a test notices a call it did not expect. It never
 * asserts: the test asks afterwards, on its own thread. Thread-safe.
 */
#ifndef PARLEY_RPC_MOCK_H
#define PARLEY_RPC_MOCK_H

#include "parley/rpc/call.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_mock pl_mock;

/* A mock of the service SERVICE; NULL without memory. */
pl_mock *pl_mock_new(const pl_service_desc *service);
void pl_mock_free(pl_mock *mock);
/* Forgets counts, requests and answers. */
void pl_mock_clear(pl_mock *mock);

/* METHOD is the index in the service's methods in all of these. */

/* Answers a copy of RESPONSE (NULL: an empty message) from now on. */
pl_code pl_mock_answer(pl_mock *mock, size_t method, const ProtobufCMessage *response);
/* Fails with CODE, REASON (NULL: none) and MESSAGE from now on. */
void pl_mock_fail(pl_mock *mock, size_t method, pl_code code, const char *reason,
                  const char *message);
/* Calls HANDLER(IMPL, ...) from now on; IMPL is borrowed. */
void pl_mock_handle(pl_mock *mock, size_t method, pl_dispatch_fn *handler, const void *impl);
/* Calls seen. */
unsigned pl_mock_count(pl_mock *mock, size_t method);
/* The last request; NULL where there was none. Borrowed until the method's next call,
 * clear or free. */
const ProtobufCMessage *pl_mock_last_request(pl_mock *mock, size_t method);

/* One call: what the generated operations do. */
pl_code pl_mock_call(pl_mock *mock, size_t method, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response);

#ifdef __cplusplus
}
#endif
#endif

/* pl_mock: what generated in-memory mocks are made of.
 *
 * A mock stands in for a service behind the same operations table. For each
 * method it counts calls, keeps a copy of the last request and answers what was
 * set: a copy of a response, a code, or whatever a function says. Nothing set
 * answers UNIMPLEMENTED, so a test notices a call it did not expect. It never
 * asserts: the test asks afterwards, on its own thread. Thread-safe.
 *
 * A method that streams its answers has a script: some messages, then a status. The
 * mock sends the messages at once; where the status is OK it then takes requests until
 * their end. One that streams its requests keeps those of the last call.
 */
#ifndef PARLEY_RPC_MOCK_H
#define PARLEY_RPC_MOCK_H

#include "parley/rpc/call.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Messages of one script; requests kept of one call. Both together take PL_MOCK_KEPT_MAX bytes. */
#define PL_MOCK_MESSAGES_MAX 1024
#define PL_MOCK_KEPT_MAX     (4u << 20)

typedef struct pl_mock pl_mock;

/* A mock of the service SERVICE; NULL without memory. */
pl_mock *pl_mock_new(const pl_service_desc *service);
void pl_mock_free(pl_mock *mock);
/* Forgets counts, requests and answers. */
void pl_mock_clear(pl_mock *mock);

/* METHOD is the index in the service's methods in all of these. */

/* Answers a copy of RESPONSE (NULL: an empty message) from now on. PL_INTERNAL: it is longer than
 * PL_MOCK_KEPT_MAX. */
pl_code pl_mock_answer(pl_mock *mock, size_t method, const ProtobufCMessage *response);
/* Answers copies of COUNT messages from now on, and then OK. PL_INTERNAL: as above;
 * PL_RESOURCE_EXHAUSTED: more than PL_MOCK_MESSAGES_MAX, or no memory. */
pl_code pl_mock_script(pl_mock *mock, size_t method, const ProtobufCMessage *const *responses,
                       size_t count);
/* Fails with CODE, REASON (NULL: none) and MESSAGE from now on; a method with a script after its
 * messages. */
void pl_mock_fail(pl_mock *mock, size_t method, pl_code code, const char *reason,
                  const char *message);
/* Calls HANDLER(IMPL, ...) from now on; IMPL is borrowed. */
void pl_mock_handle(pl_mock *mock, size_t method, pl_dispatch_fn *handler, const void *impl);
void pl_mock_handle_stream(pl_mock *mock, size_t method, pl_stream_fn *handler, const void *impl);
/* Calls seen. */
unsigned pl_mock_count(pl_mock *mock, size_t method);
/* The last request; NULL where there was none. Borrowed until the method's next call,
 * clear or free. */
const ProtobufCMessage *pl_mock_last_request(pl_mock *mock, size_t method);
/* Of a method that streams its requests: how many the last call has sent so far, and one of them;
 * NULL beyond, or beyond what is kept. Borrowed as above. A handler's are its own: none. */
size_t pl_mock_request_count(pl_mock *mock, size_t method);
const ProtobufCMessage *pl_mock_request(pl_mock *mock, size_t method, size_t index);

/* One call: what the generated operations do. */
pl_code pl_mock_call(pl_mock *mock, size_t method, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response);
/* The same of a method that streams; the arguments are those of a pl_stream_fn. */
pl_code pl_mock_stream(pl_mock *mock, size_t method, pl_call *call, const ProtobufCMessage *request,
                       pl_stream *stream, ProtobufCMessage **out_response);

#ifdef __cplusplus
}
#endif
#endif

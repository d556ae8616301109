/* pl_stream: one end of a call that streams messages.
 *
 * A handler of a streaming method is given its end; a consumer opens one, over a
 * channel or, with the same function, over anything else that implements the
 * operations table (a mock, the service itself). Both ends send and receive through
 * bounded queues: who sends faster than the other side takes, waits; what is not taken
 * is not read from the connection, so HTTP/2 flow control carries the pressure to the
 * sender. Generated code wraps every function here in a typed one; bytes are for tools.
 *
 * A message received lives until the next one is received or the end is closed. Each
 * message of a request stream is checked and validated like a unary request.
 *
 * A handler's end (X_watch_stream):
 *
 *     while ((code = chat_recv(stream, &note)) == PL_OK && note)
 *         if ((code = chat_send(stream, &answer)) != PL_OK)
 *             break;
 *     return code;
 *
 * A consumer's end (X_watch_client):
 *
 *     if ((code = watch_open(service, call, &request, &client)) != PL_OK)
 *         return code;
 *     while (watch_client_recv(client, &event) == PL_OK && event)
 *         take(event);
 *     code = watch_client_close(client);
 *
 * Threads: one may send while another receives; everything else one at a time.
 * Invariants: at most PL_STREAM_QUEUE messages wait in each direction of an end, and no
 * more is taken once they have PL_STREAM_QUEUE_BYTES. After a cancellation at most the
 * message at hand is still given out.
 */
#ifndef PARLEY_RPC_STREAM_H
#define PARLEY_RPC_STREAM_H

#include "parley/rpc/call.h"
#include "parley/rpc/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_STREAM_QUEUE       64
#define PL_STREAM_QUEUE_BYTES (256u << 10)

/* ---- both ends ---- */

/* Waits for the next message; *out_message is NULL at the end of what the other side sends.
 * PL_CANCELLED: the call is over, nobody waits for it. PL_DEADLINE_EXCEEDED: its deadline.
 * PL_INVALID_ARGUMENT (handler): the message is malformed or keeps not its limits; the call has
 * the error and the violations, so that a handler may return the code as it is. A consumer gets
 * the status of the call where it failed. PL_RESOURCE_EXHAUSTED: the message needs more memory
 * than the call may use. */
PL_NODISCARD pl_code pl_stream_recv(pl_stream *stream, const ProtobufCMessage **out_message);
/* Sends a copy of MESSAGE; waits while the queue is full. Messages go out at once, several in one
 * write where they come faster than they can be written. Codes as above; PL_INTERNAL: longer than
 * can be sent; PL_FAILED_PRECONDITION: this end has said that it sends no more, or the other side
 * has ended the call with OK. A consumer's call has the error when the stream is closed: another
 * thread may be receiving. */
PL_NODISCARD pl_code pl_stream_send(pl_stream *stream, const ProtobufCMessage *message);
/* Memory for what the next message to be sent is made of; every send takes it back. */
pl_arena *pl_stream_arena(pl_stream *stream);
/* The call of this end: the handler's own, or the one given to pl_stream_open. */
pl_call *pl_stream_call(pl_stream *stream);

/* ---- a consumer's end ---- */

/* Starts a call of METHOD, which streams. CHANNEL NULL: METHOD->stream(IMPL, ...) is run on a
 * thread of its own, with the other end of the stream in memory. REQUEST is for a method that
 * streams only its answers, else NULL. Deadline: the sooner of CALL's and the method's timeout; a
 * method without one has none, a connection that is lost is noticed by keepalive. Metadata, trace
 * and identity go along as for pl_channel_call; breaker and bulkhead count the call; it is never
 * repeated. CALL may make other calls meanwhile, and must outlive the stream.
 * Where it fails, CALL has the error and there is nothing to close. */
PL_NODISCARD pl_code pl_stream_open(const pl_method_desc *method, pl_channel *channel,
                                    const void *impl, pl_call *call,
                                    const ProtobufCMessage *request, pl_stream **out_stream);
/* No more messages from this end. Twice is once. */
void pl_stream_end(pl_stream *stream);
/* Of a method that streams only its requests: ends them and waits for the answer, which lives in
 * the memory of the call. */
PL_NODISCARD pl_code pl_stream_answer(pl_stream *stream, const ProtobufCMessage **out_response);
/* Cancels what is not over, waits for the status, frees the end. PL_OK where the other side had
 * ended with OK, or was cut short by this function after everything asked of it had come; else
 * the status, or why a message could not be sent, and CALL has the error. NULL is allowed:
 * PL_OK. */
pl_code pl_stream_close(pl_stream *stream);

/* Implements METHOD of an operations table by calling it over CHANNEL: what STREAM, a handler's
 * end, receives goes there, what comes back goes into STREAM. The generated client's table has it,
 * so that a handler can pass its own caller's stream on to an upstream. */
pl_code pl_stream_relay(const pl_method_desc *method, pl_channel *channel, pl_call *call,
                        const ProtobufCMessage *request, pl_stream *stream,
                        ProtobufCMessage **out_response);

/* ---- without waiting ---- */

typedef enum pl_stream_event {
    PL_STREAM_MESSAGE, /* MESSAGE came; it lives until the callback returns */
    PL_STREAM_ROOM,    /* there is room again after pl_stream_try_send had none */
    PL_STREAM_DONE     /* the call is over with CODE; the last event, the end is freed after it */
} pl_stream_event;

/* Generated thunk: calls what EVENTS, a struct of typed callbacks, has for EVENT. */
typedef void pl_stream_deliver_fn(const void *events, void *arg, pl_stream_event event,
                                  pl_stream *stream, const ProtobufCMessage *message, pl_call *call,
                                  pl_code code);

/* Starts a call of METHOD whose events are delivered on opts->loop, with EVENTS and ARG (borrowed
 * until PL_STREAM_DONE). What an error returns is not delivered. */
PL_NODISCARD pl_code pl_stream_start(pl_channel *channel, const pl_call_opts *opts,
                                     const pl_method_desc *method, const ProtobufCMessage *request,
                                     pl_stream_deliver_fn *deliver, const void *events, void *arg,
                                     pl_stream **out_stream, pl_error *err);
/* Sends without waiting, on the loop's thread. PL_RESOURCE_EXHAUSTED: no room; PL_STREAM_ROOM will
 * say when there is, unless PL_STREAM_DONE comes. pl_stream_end and pl_stream_cancel may be used as
 * well. */
PL_NODISCARD pl_code pl_stream_try_send(pl_stream *stream, const ProtobufCMessage *message);
/* While paused no message is delivered, and the sender has to wait once the queue is full. */
void pl_stream_pause(pl_stream *stream, bool paused);
/* Gives the call up: what waits returns PL_CANCELLED. From any thread, until the end is closed. */
void pl_stream_cancel(pl_stream *stream);

/* Receives nothing more at this end: who waits for a message, from any thread, is told
 * PL_CANCELLED. What is sent goes on. For who has answered before the other side has said all. */
void pl_stream_cut(pl_stream *stream);

/* ---- bytes: tools, gateway, stubs ---- */

/* Starts a call of any of the four kinds. REQUEST's body is not sent; deadline_ns may be
 * PL_NEVER. */
PL_NODISCARD pl_code pl_stream_open_bytes(pl_channel *channel, const pl_bytes_request *request,
                                          pl_stream **out_stream, pl_error *err);
/* As pl_stream_recv and pl_stream_send. *out_came is false at the end of the messages; the bytes
 * live until the next one. */
PL_NODISCARD pl_code pl_stream_recv_bytes(pl_stream *stream, pl_str *out_message, bool *out_came);
PL_NODISCARD pl_code pl_stream_send_bytes(pl_stream *stream, pl_str message);
/* As pl_stream_close, with everything the status says: code, error, violations, initial and
 * trailing metadata; the body is empty. NULL only without memory. */
void pl_stream_close_bytes(pl_stream *stream, pl_bytes_reply **out_reply);

#ifdef __cplusplus
}
#endif
#endif

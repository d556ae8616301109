/* Waiting for a message of a caller: a request, or the next one of a stream.
 *
 * Core knows the deadlines of callers who set one. Who sets none, sends the headers and never the
 * message would keep the call for ever; so each such wait has an end, the same for all, which
 * makes the calls that wait a queue in the order of their ends.
 */
#include "server_internal.h"

#include "parley/base/clock.h"

static void enlist(pl_server_call *call) {
    pl_server *server = call->server;

    call->due_ns = pl_now_ns() + (int64_t)server->opts.deadline_ms * PL_NS_PER_MS;
    call->waits = true;
    call->later = NULL;
    call->sooner = server->last_waiting;
    if (server->last_waiting)
        server->last_waiting->later = call;
    else
        server->first_waiting = call;
    server->last_waiting = call;
}

static void delist(pl_server_call *call) {
    pl_server *server = call->server;

    if (!call->waits)
        return;
    call->waits = false;
    *(call->sooner ? &call->sooner->later : &server->first_waiting) = call->later;
    *(call->later ? &call->later->sooner : &server->last_waiting) = call->sooner;
}

static void on_received(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, received);

    delist(call);
    call->on_message(call, ok && call->message);
}

void pl_server_receive(pl_server_call *call, void (*on_message)(pl_server_call *call, bool came)) {
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = &call->message;
    call->on_message = on_message;
    call->received.done = on_received;
    enlist(call);
    pl_op_start(call->call.grpc, &op, 1, &call->received);
}

int64_t pl_server_receive_due(const pl_server *server) {
    int64_t due = server->first_waiting ? server->first_waiting->due_ns : PL_NEVER;

    return due < server->look_ns ? due : server->look_ns;
}

void pl_server_receive_end(pl_server *server) {
    pl_server_call *call;

    pl_server_streams_look(server);
    while ((call = server->first_waiting) != NULL && call->due_ns <= pl_now_ns()) {
        /* What was waited for completes now, without a message. */
        delist(call);
        grpc_call_cancel_with_status(call->call.grpc, GRPC_STATUS_DEADLINE_EXCEEDED,
                                     "no request came in time", NULL);
    }
}

/* What is due for a call after a while.
 *
 * Waiting for a message of a caller: a request, or the next one of a stream.
 *
 * Core knows the deadlines of callers who set one. Who sets none, sends the headers and never the
 * message would keep the call for ever; so each such wait has an end, the same for all, which
 * makes the calls that wait a line in the order of their ends.
 *
 * Hearing of the cancellation costs a batch, so a call of a worker asks for it only when its
 * handler wants to know (pl_call_cancelled, a call of its own), or has worked for a while: in
 * another such line.
 */
#include "server_internal.h"

#include "parley/base/clock.h"

static void stand(pl_server_call *call, pl_server_line *line, int64_t after_ms) {
    call->due_ns = pl_now_ns() + after_ms * PL_NS_PER_MS;
    call->line = line;
    call->later = NULL;
    call->sooner = line->last;
    *(line->last ? &line->last->later : &line->first) = call;
    line->last = call;
}

void pl_server_line_leave(pl_server_call *call) {
    pl_server_line *line = call->line;

    if (!line)
        return;
    call->line = NULL;
    *(call->sooner ? &call->sooner->later : &line->first) = call->later;
    *(call->later ? &call->later->sooner : &line->last) = call->sooner;
}

void pl_server_line_work(pl_server_call *call) {
    stand(call, &call->server->unwatched, PL_SERVER_WATCH_MS);
}

static void on_received(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, received);

    pl_server_line_leave(call);
    call->on_message(call, ok && call->message);
}

void pl_server_receive(pl_server_call *call, void (*on_message)(pl_server_call *call, bool came)) {
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = &call->message;
    call->on_message = on_message;
    call->received.done = on_received;
    stand(call, &call->server->receiving, call->server->opts.deadline_ms);
    pl_op_start(call->call.grpc, &op, 1, &call->received);
}

static int64_t due_of(const pl_server_line *line) {
    return line->first ? line->first->due_ns : PL_NEVER;
}

int64_t pl_server_lines_due(const pl_server *server) {
    int64_t due = due_of(&server->receiving), watch = due_of(&server->unwatched);

    due = watch < due ? watch : due;
    return due < server->look_ns ? due : server->look_ns;
}

/* Takes the first out of LINE whose time has come; NULL: none. */
static pl_server_call *take_due(pl_server_line *line) {
    pl_server_call *call = line->first;

    if (!call || call->due_ns > pl_now_ns())
        return NULL;
    pl_server_line_leave(call);
    return call;
}

void pl_server_lines_look(pl_server *server) {
    pl_server_call *call;

    pl_server_streams_look(server);
    /* What was waited for completes now, without a message. */
    while ((call = take_due(&server->receiving)) != NULL)
        grpc_call_cancel_with_status(call->call.grpc, GRPC_STATUS_DEADLINE_EXCEEDED,
                                     "no request came in time", NULL);
    while ((call = take_due(&server->unwatched)) != NULL)
        pl_server_call_watch(call);
}

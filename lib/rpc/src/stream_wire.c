#include "stream_wire.h"

#include <grpc/byte_buffer.h>
#include <string.h>

#include "message.h"

static void count(atomic_ullong *counter, unsigned long long by) {
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* ---- receiving ---- */

/* Takes what has come; *out_came is false where that was the end. */
static pl_code take(pl_wire *wire, grpc_slice *out_slice, bool *out_came) {
    pl_error err = PL_ERROR_INIT;
    pl_code code;

    if (!wire->incoming)
        return PL_OK;
    code = pl_message_read(wire->incoming, wire->max_message, out_slice, &err);
    if (code != PL_OK) {
        grpc_call_cancel_with_status(wire->call, (grpc_status_code)code, err.message, NULL);
        return code;
    }
    if (atomic_load_explicit(&wire->came, memory_order_relaxed) == 0 && wire->side->came_first)
        wire->side->came_first(wire);
    count(&wire->came, 1);
    count(&wire->came_bytes, GRPC_SLICE_LENGTH(*out_slice));
    *out_came = true;
    return PL_OK;
}

static void wake_reader(pl_later *later) {
    pl_wire *wire = PL_CONTAINER_OF(later, pl_wire, wake);

    wire->wakes = false;
    pl_flow_wake_reader(&wire->in);
    wire->side->release(wire);
}

static void push(pl_wire *wire, grpc_slice slice) {
    bool sleeps;

    if (pl_flow_push(&wire->in, slice, &sleeps))
        pl_wire_read(wire);
    if (!sleeps || wire->wakes)
        return;
    wire->wakes = true;
    wire->side->hold(wire);
    pl_op_later(&wire->wake);
}

static void on_received(pl_op *op, bool ok) {
    pl_wire *wire = PL_CONTAINER_OF(op, pl_wire, received);
    grpc_slice slice;
    bool came = false;
    /* Core itself refuses what is too long, with the status. */
    pl_code code = ok ? take(wire, &slice, &came) : PL_INTERNAL;

    grpc_byte_buffer_destroy(wire->incoming);
    wire->incoming = NULL;
    if (came)
        push(wire, slice);
    else
        wire->side->dry(wire, code);
    wire->side->release(wire);
}

void pl_wire_read(pl_wire *wire) {
    grpc_op ops[PL_WIRE_OPS];
    size_t used = 1;

    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_RECV_MESSAGE;
    ops[0].data.recv_message.recv_message = &wire->incoming;
    if (!wire->reading_begun && wire->side->receiving)
        used = wire->side->receiving(wire, ops, used);
    wire->reading_begun = true;
    wire->side->hold(wire);
    pl_op_start(wire->call, ops, used, &wire->received);
}

/* ---- sending ---- */

static void on_sent(pl_op *op, bool ok) {
    pl_wire *wire = PL_CONTAINER_OF(op, pl_wire, sent);

    (void)ok; /* a call that is dead still takes its last batch */
    if (atomic_load_explicit(&wire->writes, memory_order_relaxed) == 0 && wire->side->sent_first)
        wire->side->sent_first(wire);
    count(&wire->writes, 1);
    grpc_byte_buffer_destroy(wire->outgoing);
    wire->outgoing = NULL;
    pl_wire_write(wire);
    wire->side->release(wire);
}

/* Starts the batch for what was PULLED. */
static void send(pl_wire *wire, pl_flow_pulled pulled, grpc_slice slice) {
    bool first = !wire->writing_begun;
    bool last = pulled == PL_FLOW_LAST || pulled == PL_FLOW_END;
    grpc_op ops[PL_WIRE_OPS];
    size_t used = 0;

    memset(ops, 0, sizeof ops);
    if (pulled != PL_FLOW_END && pulled != PL_FLOW_NOTHING) {
        count(&wire->went, 1);
        count(&wire->went_bytes, GRPC_SLICE_LENGTH(slice));
        wire->outgoing = grpc_raw_byte_buffer_create(&slice, 1);
        grpc_slice_unref(slice);
        ops[used].op = GRPC_OP_SEND_MESSAGE;
        ops[used].data.send_message.send_message = wire->outgoing;
        /* Several messages in one write. */
        ops[used++].flags = pulled == PL_FLOW_MESSAGE ? GRPC_WRITE_BUFFER_HINT : 0;
    }
    wire->writing_begun = true;
    used = wire->side->sending(wire, first, last, ops, used);
    if (last)
        wire->ended = true;
    wire->side->hold(wire);
    pl_op_start(wire->call, ops, used, &wire->sent);
    if (last && wire->side->sent_last)
        wire->side->sent_last(wire);
}

void pl_wire_write(pl_wire *wire) {
    grpc_slice slice = grpc_empty_slice();
    pl_flow_pulled pulled;

    if (wire->ended)
        return;
    pulled = pl_flow_pull(&wire->out, &slice);
    if (pulled != PL_FLOW_NOTHING)
        send(wire, pulled, slice);
}

void pl_wire_open(pl_wire *wire) {
    wire->out.idle = false;
    send(wire, PL_FLOW_NOTHING, grpc_empty_slice());
}

void pl_wire_init(pl_wire *wire, const pl_wire_side *side, void (*wake)(void *self),
                  void *wake_self) {
    wire->side = side;
    wire->received.done = on_received;
    wire->wake.run = wake_reader;
    wire->sent.done = on_sent;
    pl_flow_init(&wire->in, wake, wake_self);
    pl_flow_init(&wire->out, wake, wake_self);
    wire->out.idle = true;
}

void pl_wire_done(pl_wire *wire) {
    grpc_byte_buffer_destroy(wire->incoming);
    grpc_byte_buffer_destroy(wire->outgoing);
    pl_flow_done(&wire->in);
    pl_flow_done(&wire->out);
}

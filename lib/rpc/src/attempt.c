#include "attempt.h"

#include <grpc/byte_buffer.h>
#include <stddef.h>
#include <string.h>

#include "clock_grpc.h"
#include "message.h"
#include "parley/base/assert.h"
#include "status.h"

/* The domain of reasons that the client itself gives. */
#define OWN_DOMAIN "parley"

static grpc_slice borrowed(pl_str text) {
    return grpc_slice_from_static_buffer(text.p ? text.p : "", text.n);
}

void pl_attempt_status_op(pl_attempt *attempt, grpc_op *op) {
    memset(op, 0, sizeof *op);
    op->op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    op->data.recv_status_on_client.trailing_metadata = &attempt->trailing;
    op->data.recv_status_on_client.status = &attempt->status;
    op->data.recv_status_on_client.status_details = &attempt->message;
    op->data.recv_status_on_client.error_string = &attempt->debug;
}

/* Core wants every RECV operation in the batch: without initial metadata the status
 * never arrives. */
static void fill_ops(pl_attempt *attempt, size_t metadata_count, grpc_op ops[6]) {
    memset(ops, 0, 6 * sizeof ops[0]);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[0].data.send_initial_metadata.count = metadata_count;
    ops[0].data.send_initial_metadata.metadata = attempt->outgoing;
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = attempt->request;
    ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &attempt->initial;
    ops[4].op = GRPC_OP_RECV_MESSAGE;
    ops[4].data.recv_message.recv_message = &attempt->response;
    pl_attempt_status_op(attempt, &ops[5]);
}

void pl_attempt_begin(pl_attempt *attempt, pl_core_channel *channel, const pl_exchange *exchange,
                      grpc_completion_queue *queue) {
    grpc_call *parent = exchange->waiter ? exchange->waiter->grpc : NULL;

    memset(attempt, 0, offsetof(pl_attempt, outgoing));
    attempt->channel = channel;
    grpc_metadata_array_init(&attempt->initial);
    grpc_metadata_array_init(&attempt->trailing);
    /* Copied: the header compressor of the connection keeps paths beyond the call. */
    grpc_slice path = grpc_slice_from_copied_string(exchange->path);
    attempt->call = grpc_channel_create_call(pl_core_channel_grpc(channel), parent,
                                             parent ? GRPC_PROPAGATE_CANCELLATION : 0, queue, path,
                                             NULL, pl_to_gpr(exchange->deadline_ns), NULL);
    grpc_slice_unref(path);
    PL_ASSERT(attempt->call);
    for (size_t i = 0; i < exchange->metadata_count; i++) {
        attempt->outgoing[i].key = borrowed(pl_str_c(exchange->metadata[i].key));
        attempt->outgoing[i].value = borrowed(exchange->metadata[i].value);
    }
}

void pl_attempt_send(pl_attempt *attempt, const pl_exchange *exchange, pl_op *op) {
    grpc_slice body = exchange->body;
    grpc_op ops[6];

    attempt->request = grpc_raw_byte_buffer_create(&body, 1);
    fill_ops(attempt, exchange->metadata_count, ops);
    pl_op_start(attempt->call, ops, PL_COUNT(ops), op);
}

void pl_attempt_start(pl_attempt *attempt, pl_core_channel *channel, const pl_exchange *exchange,
                      grpc_completion_queue *queue, pl_op *op) {
    pl_attempt_begin(attempt, channel, exchange, queue);
    pl_attempt_send(attempt, exchange, op);
}

void pl_attempt_done(pl_attempt *attempt) {
    if (!attempt->call)
        return;
    grpc_metadata_array_destroy(&attempt->initial);
    grpc_metadata_array_destroy(&attempt->trailing);
    grpc_byte_buffer_destroy(attempt->request);
    grpc_byte_buffer_destroy(attempt->response);
    grpc_slice_unref(attempt->message);
    gpr_free((char *)(uintptr_t)attempt->debug);
    grpc_call_unref(attempt->call);
    pl_core_channel_unref(attempt->channel);
    memset(attempt, 0, offsetof(pl_attempt, outgoing));
}

bool pl_attempt_is_connected(const pl_attempt *attempt) {
    grpc_channel *channel = pl_core_channel_grpc(attempt->channel);

    return grpc_channel_check_connectivity_state(channel, 0) == GRPC_CHANNEL_READY;
}

pl_str pl_attempt_details(const pl_attempt *attempt) {
    pl_str none = {NULL, 0};

    for (size_t i = 0; i < attempt->trailing.count; i++) {
        const grpc_metadata *entry = &attempt->trailing.metadata[i];
        if (grpc_slice_str_cmp(entry->key, PL_STATUS_DETAILS_KEY) == 0)
            return pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->value),
                               GRPC_SLICE_LENGTH(entry->value));
    }
    return none;
}

pl_code pl_attempt_code(const pl_attempt *attempt) {
    unsigned status = (unsigned)attempt->status;

    if (status == PL_CANCELLED && !attempt->given_up && !pl_attempt_details(attempt).n)
        return PL_UNAVAILABLE;
    return status < PL_CODE_COUNT ? (pl_code)status : PL_UNKNOWN;
}

bool pl_attempt_is_failure(const pl_attempt *attempt) {
    pl_code code = pl_attempt_code(attempt);

    return (code == PL_UNAVAILABLE || code == PL_DEADLINE_EXCEEDED || code == PL_CANCELLED) &&
           !pl_attempt_details(attempt).n;
}

/* Core, where it did not find out which addresses a name has. */
#define UNRESOLVED "DNS resolution failed for "

/* What core says where it had no connection: then, and only then, nothing was sent. A socket that
 * is not there, a port that refuses, a handshake that fails: all are "failed to connect". */
static bool never_sent(pl_str message) {
    static const char *const known[] = {
        UNRESOLVED,
        "connections to all backends failing",
        "failed to connect to all addresses",
        "empty address list",
    };

    for (size_t i = 0; i < PL_COUNT(known); i++) {
        if (pl_str_starts(message, pl_str_c(known[i])))
            return true;
    }
    return false;
}

static pl_str message_of(const pl_attempt *attempt) {
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(attempt->message),
                       GRPC_SLICE_LENGTH(attempt->message));
}

bool pl_attempt_in_doubt(const pl_attempt *attempt) {
    return pl_attempt_is_failure(attempt) && !never_sent(message_of(attempt));
}

const char *pl_attempt_debug(const pl_attempt *attempt) {
    return attempt->debug ? attempt->debug : "";
}

/* What happened, without core's words: they name addresses, and change from version to version. */
static const char *what_happened(const pl_attempt *attempt, pl_code code) {
    if (code == PL_DEADLINE_EXCEEDED)
        return "it did not answer in time";
    if (code == PL_CANCELLED)
        return "given up";
    if (!never_sent(message_of(attempt)))
        return "it did not answer: the connection was lost, or it is unavailable";
    if (pl_str_starts(message_of(attempt), pl_str_c(UNRESOLVED)))
        return "it cannot be reached: its name cannot be resolved";
    return strstr(pl_attempt_debug(attempt), "andshake")
               ? "it cannot be reached: the TLS handshake failed"
               : "it cannot be reached";
}

static void failure(const pl_attempt *attempt, const char *upstream, const char *path,
                    pl_error *err) {
    pl_code code = pl_attempt_code(attempt);
    pl_str message = message_of(attempt);

    /* A server of ours that stops, or had no time, begins with the path. Other texts may be core's
     * as well as the server's: core makes up a status where a connection breaks. */
    if (pl_str_starts(message, pl_str_c(path)) && pl_utf8_valid(message))
        pl_error_set(err, code, "%s: %.*s", upstream, PL_FMT(message));
    else
        pl_error_set(err, code, "%s: %s: %s", upstream, path, what_happened(attempt, code));
    if (code == PL_UNAVAILABLE)
        pl_error_info(err, OWN_DOMAIN, "UPSTREAM_UNAVAILABLE");
    if (code == PL_DEADLINE_EXCEEDED)
        pl_error_info(err, OWN_DOMAIN, "UPSTREAM_TIMEOUT");
}

void pl_attempt_error(const pl_attempt *attempt, const char *upstream, const char *path,
                      pl_error *err, pl_violations *violations) {
    pl_str message = message_of(attempt);

    if (pl_attempt_is_failure(attempt)) {
        failure(attempt, upstream, path, err);
        return;
    }
    if (!pl_utf8_valid(message))
        message = pl_str_c("(a message that is not UTF-8)");
    pl_error_set(err, pl_attempt_code(attempt), "%.*s", PL_FMT(message));
    pl_status_decode(pl_attempt_details(attempt), err, violations);
}

pl_code pl_attempt_body(pl_attempt *attempt, const char *path, grpc_slice *out_body,
                        pl_error *err) {
    pl_code code;

    /* Core refuses it too, unless everything has come at once. */
    if (pl_message_is_compressed(attempt->response) &&
        !pl_core_channel_compression(attempt->channel))
        return pl_error_set(err, PL_UNIMPLEMENTED, "%s: the answer is compressed, unasked", path);
    code = pl_message_read(attempt->response, pl_core_channel_max_message(attempt->channel),
                           out_body, err);
    return code == PL_OK ? PL_OK : pl_error_wrap(err, err, "%s: the answer", path);
}

#include "stream_client.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>

#include "parley/base/assert.h"

#define PATIENCE_S 10

static void pluck(stream_client *stream, void *tag) {
    gpr_timespec until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                      gpr_time_from_seconds(PATIENCE_S, GPR_TIMESPAN));
    grpc_event event = grpc_completion_queue_pluck(stream->queue, tag, until, NULL);

    PL_ASSERT(event.type == GRPC_OP_COMPLETE);
}

static void start(stream_client *stream, const grpc_op *op, void *tag) {
    PL_ASSERT(grpc_call_start_batch(stream->call, op, 1, tag, NULL) == GRPC_CALL_OK);
}

static void run(stream_client *stream, const grpc_op *op) {
    int tag;

    start(stream, op, &tag);
    pluck(stream, &tag);
}

void stream_open(stream_client *stream, const char *address, const char *path) {
    grpc_channel_credentials *plain;
    grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};

    memset(stream, 0, sizeof *stream);
    grpc_init();
    plain = grpc_insecure_credentials_create();
    stream->queue = grpc_completion_queue_create_for_pluck(NULL);
    stream->channel = grpc_channel_create(address, plain, NULL);
    grpc_channel_credentials_release(plain);
    stream->call = grpc_channel_create_call(stream->channel, NULL, 0, stream->queue,
                                            grpc_slice_from_static_string(path), NULL,
                                            gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    op.data.recv_status_on_client.trailing_metadata = &stream->trailing;
    op.data.recv_status_on_client.status = &stream->status;
    op.data.recv_status_on_client.status_details = &stream->status_text;
    start(stream, &op, &stream->status_tag);
    run(stream, &(grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA});
    op = (grpc_op){.op = GRPC_OP_RECV_INITIAL_METADATA};
    op.data.recv_initial_metadata.recv_initial_metadata = &stream->initial;
    start(stream, &op, &stream->initial_tag);
}

void stream_send(stream_client *stream, pl_str message) {
    grpc_slice slice = grpc_slice_from_copied_buffer(message.p ? message.p : "", message.n);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};

    op.data.send_message.send_message = buffer;
    run(stream, &op);
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
}

void stream_half_close(stream_client *stream) {
    run(stream, &(grpc_op){.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT});
}

bool stream_receive(stream_client *stream, pl_str *out_message) {
    grpc_byte_buffer *buffer = NULL;
    grpc_byte_buffer_reader reader;
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = &buffer;
    run(stream, &op);
    if (!buffer)
        return false;
    grpc_slice_unref(stream->received);
    PL_ASSERT(grpc_byte_buffer_reader_init(&reader, buffer));
    stream->received = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(buffer);
    *out_message = pl_str_make((const char *)GRPC_SLICE_START_PTR(stream->received),
                               GRPC_SLICE_LENGTH(stream->received));
    return true;
}

void stream_cancel(stream_client *stream) {
    grpc_call_cancel(stream->call, NULL);
}

grpc_status_code stream_close(stream_client *stream) {
    pluck(stream, &stream->initial_tag);
    pluck(stream, &stream->status_tag);
    grpc_metadata_array_destroy(&stream->initial);
    grpc_metadata_array_destroy(&stream->trailing);
    grpc_slice_unref(stream->status_text);
    grpc_slice_unref(stream->received);
    grpc_call_unref(stream->call);
    grpc_channel_destroy(stream->channel);
    grpc_completion_queue_shutdown(stream->queue);
    grpc_completion_queue_destroy(stream->queue);
    grpc_shutdown_blocking();
    return stream->status;
}

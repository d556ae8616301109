/* A client of streaming methods, straight on gRPC's C core: the library has none. */
#ifndef PARLEY_RPC_TESTS_STREAM_CLIENT_H
#define PARLEY_RPC_TESTS_STREAM_CLIENT_H

#include <grpc/grpc.h>

#include "parley/base/str.h"

typedef struct stream_client {
    grpc_completion_queue *queue;
    grpc_channel *channel;
    grpc_call *call;
    grpc_metadata_array initial, trailing;
    grpc_status_code status;
    grpc_slice status_text;
    grpc_slice received; /* of the last message */
    int status_tag, initial_tag;
} stream_client;

void stream_open(stream_client *stream, const char *address, const char *path);
void stream_send(stream_client *stream, pl_str message);
void stream_half_close(stream_client *stream);
/* The next message, borrowed until the next one; false at the end of the stream. */
bool stream_receive(stream_client *stream, pl_str *out_message);
void stream_cancel(stream_client *stream);
/* Waits for the status, frees everything. */
grpc_status_code stream_close(stream_client *stream);

#endif

/* bench-rpc-bare: what gRPC's C core costs by itself. Answers every call with its own bytes, on
 * the thread that polls. Says "ready grpc=ADDRESS" on stdout; serves until it is killed. */
#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POSTED = 16, CALLS_MAX = 1024 };

typedef enum step { REQUESTED, RECEIVED, SENT } step;

typedef struct bare_call {
    step step;
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *message;
    int cancelled;
    struct bare_call *next; /* among the spare */
} bare_call;

static grpc_server *server;
static grpc_completion_queue *queue;
static bare_call calls[CALLS_MAX];
static bare_call *spare;

static void post(void) {
    bare_call *c = spare;

    if (!c)
        abort(); /* more calls at once than any bench makes */
    spare = c->next;
    c->step = REQUESTED;
    grpc_call_details_init(&c->details);
    grpc_metadata_array_init(&c->metadata);
    if (grpc_server_request_call(server, &c->call, &c->details, &c->metadata, queue, queue, c) !=
        GRPC_CALL_OK)
        abort();
}

static void receive(bare_call *c) {
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = &c->message;
    c->step = RECEIVED;
    if (grpc_call_start_batch(c->call, &op, 1, c, NULL) != GRPC_CALL_OK)
        abort();
}

static void answer(bare_call *c) {
    grpc_op ops[4];

    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = c->message;
    ops[2].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[2].data.send_status_from_server.status = GRPC_STATUS_OK;
    ops[3].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    ops[3].data.recv_close_on_server.cancelled = &c->cancelled;
    c->step = SENT;
    if (grpc_call_start_batch(c->call, ops, 4, c, NULL) != GRPC_CALL_OK)
        abort();
}

static void end(bare_call *c) {
    grpc_byte_buffer_destroy(c->message);
    c->message = NULL;
    grpc_metadata_array_destroy(&c->metadata);
    grpc_call_details_destroy(&c->details);
    grpc_call_unref(c->call);
    c->next = spare;
    spare = c;
}

static void proceed(bare_call *c) {
    switch (c->step) {
    case REQUESTED:
        post();
        receive(c);
        break;
    case RECEIVED:
        if (c->message)
            answer(c);
        else
            end(c);
        break;
    case SENT:
        end(c);
        break;
    }
}

int main(void) {
    grpc_server_credentials *plain;
    int port;

    grpc_init();
    server = grpc_server_create(NULL, NULL);
    queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(server, queue, NULL);
    plain = grpc_insecure_server_credentials_create();
    port = grpc_server_add_http2_port(server, "127.0.0.1:0", plain);
    grpc_server_credentials_release(plain);
    if (port == 0)
        return 1;
    grpc_server_start(server);
    for (int i = 0; i < CALLS_MAX; i++) {
        calls[i].next = spare;
        spare = &calls[i];
    }
    for (int i = 0; i < POSTED; i++)
        post();
    printf("ready grpc=127.0.0.1:%d\n", port);
    fflush(stdout);
    for (;;) {
        grpc_event event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                                                      NULL);
        if (event.type == GRPC_OP_COMPLETE)
            proceed(event.tag);
    }
}

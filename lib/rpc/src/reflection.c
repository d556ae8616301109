/* grpc.reflection.v1: a stream of questions, each answered at once on the poller.
 * https://github.com/grpc/grpc-proto/blob/master/grpc/reflection/v1/reflection.proto */
#include <grpc/byte_buffer.h>
#include <stdlib.h>
#include <string.h>

#include "own_files.h"
#include "parley/schema/wire.h"
#include "reflection_files.h"
#include "server_internal.h"

enum {
    REQUEST_FILE_BY_FILENAME = 3,
    REQUEST_FILE_CONTAINING_SYMBOL = 4,
    REQUEST_FILE_CONTAINING_EXTENSION = 5,
    REQUEST_ALL_EXTENSION_NUMBERS = 6,
    REQUEST_LIST_SERVICES = 7,
    RESPONSE_ORIGINAL_REQUEST = 2,
    RESPONSE_FILES = 4,
    RESPONSE_SERVICES = 6,
    RESPONSE_ERROR = 7,
    FILES_BYTES = 1,
    SERVICES_SERVICE = 1,
    SERVICE_NAME = 1,
    ERROR_CODE = 1,
    ERROR_MESSAGE = 2
};

/* Bytes of one answer: all files of a system are a fraction of it. */
#define ANSWER_MAX (4u << 20)

struct pl_reflection {
    const pl_server *server;
    pl_file_set files;
};

pl_code pl_reflection_new(const pl_server *server, pl_reflection **out_reflection) {
    pl_reflection *reflection = calloc(1, sizeof *reflection);

    if (!reflection)
        return PL_RESOURCE_EXHAUSTED;
    reflection->server = server;
    for (size_t i = 0; i < server->binding_count; i++) {
        if (server->bindings[i].desc->file)
            pl_file_set_add(&reflection->files, server->bindings[i].desc->file);
    }
    pl_file_set_add(&reflection->files, &pl_health_file);
    pl_file_set_add(&reflection->files, &pl_reflection_file);
    *out_reflection = reflection;
    return PL_OK;
}

void pl_reflection_free(pl_reflection *reflection) {
    free(reflection);
}

static void put_error(pl_buf *answer, pl_code code, const char *what, pl_str name) {
    pl_buf error = pl_buf_make(1024), text = pl_buf_make(512);

    pl_buf_printf(&text, "%.*s: %s", PL_FMT(pl_utf8_cut(name, 256)), what);
    pl_wire_put_tag(&error, ERROR_CODE, PL_WIRE_VARINT);
    pl_wire_put_varint(&error, (uint64_t)code);
    pl_wire_put_bytes(&error, ERROR_MESSAGE, pl_buf_view(&text));
    pl_wire_put_bytes(answer, RESPONSE_ERROR, pl_buf_view(&error));
    pl_buf_done(&text);
    pl_buf_done(&error);
}

/* The file and all that it imports: a client needs them to understand it. */
static void put_files(pl_buf *answer, const pl_file_desc *file) {
    pl_file_set needed = {0};
    pl_buf files = pl_buf_make(ANSWER_MAX);

    pl_file_set_add(&needed, file);
    for (size_t i = 0; i < needed.count; i++)
        pl_wire_put_bytes(&files, FILES_BYTES,
                          pl_str_make((const char *)needed.files[i]->bytes, needed.files[i]->size));
    pl_wire_put_bytes(answer, RESPONSE_FILES, pl_buf_view(&files));
    answer->failed = answer->failed || files.failed;
    pl_buf_done(&files);
}

static void put_found(pl_buf *answer, const pl_file_desc *file, const char *missing, pl_str name) {
    if (file)
        put_files(answer, file);
    else
        put_error(answer, PL_NOT_FOUND, missing, name);
}

static void put_service(pl_buf *list, const char *name) {
    pl_buf one = pl_buf_make(1024);

    pl_wire_put_bytes(&one, SERVICE_NAME, pl_str_c(name));
    pl_wire_put_bytes(list, SERVICES_SERVICE, pl_buf_view(&one));
    pl_buf_done(&one);
}

static void put_services(pl_buf *answer, const pl_server *server) {
    pl_buf list = pl_buf_make(64 * 1024);

    for (size_t i = 0; i < server->binding_count; i++)
        put_service(&list, server->bindings[i].desc->name);
    put_service(&list, "grpc.health.v1.Health");
    put_service(&list, "grpc.reflection.v1.ServerReflection");
    pl_wire_put_bytes(answer, RESPONSE_SERVICES, pl_buf_view(&list));
    pl_buf_done(&list);
}

static void answer_question(pl_reflection *reflection, pl_str question, pl_buf *answer) {
    pl_wire_reader reader = pl_wire_reader_make(question);
    pl_wire_field field, asked = {0};

    while (pl_wire_next(&reader, &field)) {
        if (field.type == PL_WIRE_BYTES && field.number >= REQUEST_FILE_BY_FILENAME &&
            field.number <= REQUEST_LIST_SERVICES)
            asked = field;
    }
    pl_wire_put_bytes(answer, RESPONSE_ORIGINAL_REQUEST, question);
    switch (asked.number) {
    case REQUEST_FILE_BY_FILENAME:
        put_found(answer, pl_file_set_find(&reflection->files, asked.bytes), "no such file",
                  asked.bytes);
        break;
    case REQUEST_FILE_CONTAINING_SYMBOL:
        put_found(answer, pl_file_set_find_symbol(&reflection->files, asked.bytes),
                  "no such symbol", asked.bytes);
        break;
    case REQUEST_LIST_SERVICES:
        put_services(answer, reflection->server);
        break;
    case REQUEST_FILE_CONTAINING_EXTENSION:
    case REQUEST_ALL_EXTENSION_NUMBERS:
        put_error(answer, PL_NOT_FOUND, "extensions are not served", pl_str_c("extension"));
        break;
    default:
        put_error(answer, PL_INVALID_ARGUMENT, "not understood", pl_str_c("request"));
    }
}

/* ---- the stream: receive, answer, receive, until the client closes ---- */

static void on_question(pl_server_call *call, bool came);

static void on_answered(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, sent);

    grpc_byte_buffer_destroy(call->reply);
    call->reply = NULL;
    if (ok) {
        pl_server_receive(call, on_question);
        return;
    }
    /* The stream is dead: the references of handler and answer. */
    pl_server_call_unref(call);
    pl_server_call_unref(call);
}

static void on_ended(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, sent);

    (void)ok;
    pl_server_call_unref(call);
    pl_server_call_unref(call);
}

static void end(pl_server_call *call, pl_code code) {
    grpc_op ops[2];
    size_t count = 0;

    memset(ops, 0, sizeof ops);
    if (!call->stream)
        ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    pl_server_status_op(call, code, &ops[count++]);
    call->sent.done = on_ended;
    pl_op_start(call->call.grpc, ops, count, &call->sent);
}

static void send_answer(pl_server_call *call, pl_buf *answer) {
    grpc_slice slice = grpc_slice_from_copied_buffer(answer->p, answer->n);
    grpc_op ops[2];
    size_t count = 0;

    memset(ops, 0, sizeof ops);
    if (!call->stream)
        ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    call->stream = call; /* initial metadata has been sent */
    call->reply = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = call->reply;
    call->sent.done = on_answered;
    pl_op_start(call->call.grpc, ops, count, &call->sent);
}

static void on_question(pl_server_call *call, bool came) {
    pl_str question;
    pl_buf answer;
    pl_code code;

    if (!came) {
        end(call, PL_OK);
        return;
    }
    code = pl_server_call_bytes(call, call->server->opts.max_message, &question);
    if (code != PL_OK) {
        end(call, code);
        return;
    }
    answer = pl_buf_make(ANSWER_MAX);
    answer_question(call->server->reflection, question, &answer);
    if (answer.failed)
        end(call, pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, NULL,
                               "%s: the answer is too long", call->path));
    else
        send_answer(call, &answer);
    pl_buf_done(&answer);
}

void pl_reflection_info(pl_server_call *call) {
    pl_server_call_leave(call->server);
    pl_server_receive(call, on_question);
}

#include "call/exchange.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call/input.h"
#include "call/interrupt.h"
#include "parley/base/trace.h"
#include "parley/json/proto_json.h"
#include "parley/rpc/stream.h"

typedef struct exchange {
    const call_request *request;
    const pl_method_type *method;
    pl_stream *stream;
    call_input input;
    int stop[2]; /* a pipe: written to when nothing more is to be sent */
    /* of the thread that sends, until it has ended */
    pl_error send_error;
    size_t sent;
} exchange;

/* The message that DOCUMENT is, the NUMBER-th. */
static pl_code read_message(const exchange *x, const call_document *document, size_t number,
                            pl_buf *wire, pl_error *err) {
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    pl_error wrong = PL_ERROR_INIT;
    opts.line = document->line;
    opts.col = document->col;
    pl_code code = pl_json_to_wire(x->method->input, document->text, &opts, wire, &wrong);
    if (code == PL_OK)
        return PL_OK;
    if (x->method->client_streaming)
        return pl_error_set(err, code, "message %zu, %s", number, wrong.message);
    return pl_error_set(err, code, "%s", wrong.message);
}

static bool reads_input(const call_request *request) {
    for (size_t i = 0; i < request->word_count; i++) {
        if (strcmp(request->words[i], "-") == 0)
            return true;
    }
    return false;
}

/* What stands on the command line is good, or nothing is sent. */
static pl_code check_words(const exchange *x, pl_error *err) {
    const call_request *request = x->request;
    call_input input;
    pl_code code = PL_OK;
    bool came = true;
    if (reads_input(request))
        return PL_OK;
    call_input_init(&input, request->words, request->word_count, -1);
    while (code == PL_OK && came) {
        call_document document;
        pl_buf wire = pl_buf_make(CALL_MESSAGE_MAX);
        code = call_input_next(&input, &document, &came, err);
        if (code == PL_OK && came)
            code = read_message(x, &document, input.number, &wire, err);
        pl_buf_done(&wire);
    }
    call_input_done(&input);
    return code;
}

/* The one message of a method that takes one: {} where nothing is given. */
static pl_code read_single(exchange *x, pl_buf *wire, pl_error *err) {
    call_document document;
    bool came = false;
    pl_code code = call_input_next(&x->input, &document, &came, err);
    if (code != PL_OK || !came)
        return code;
    code = read_message(x, &document, 1, wire, err);
    if (code == PL_OK)
        code = call_input_next(&x->input, &document, &came, err);
    if (code == PL_OK && came)
        code = pl_error_set(err, PL_INVALID_ARGUMENT,
                            "line %u, column %u: a second message; %s takes one", document.line,
                            document.col, x->method->full_name.p);
    return code;
}

/* Sends what the input gives until it ends. What is wrong with it ends the call. */
static void *send_all(void *self) {
    exchange *x = self;
    pl_code code = PL_OK;
    bool came = true;
    while (code == PL_OK && came) {
        call_document document;
        pl_buf wire = pl_buf_make(CALL_MESSAGE_MAX);
        code = call_input_next(&x->input, &document, &came, &x->send_error);
        if (code == PL_OK && came)
            code = read_message(x, &document, x->input.number, &wire, &x->send_error);
        if (code != PL_OK)
            pl_stream_cancel(x->stream);
        else if (came)
            code = pl_stream_send_bytes(x->stream, pl_buf_view(&wire)); /* the status says why */
        x->sent += code == PL_OK && came;
        pl_buf_done(&wire);
    }
    if (code == PL_OK)
        pl_stream_end(x->stream);
    return NULL;
}

/* Prints what comes until the end, or until it is enough: then the call is cancelled. */
static pl_code receive(exchange *x, size_t *out_received, bool *out_enough, pl_error *err) {
    const call_request *request = x->request;
    size_t received = 0;
    pl_code code = PL_OK;
    bool came = true;
    while (code == PL_OK && !*out_enough) {
        pl_str message;
        if (pl_stream_recv_bytes(x->stream, &message, &came) != PL_OK || !came)
            break; /* the status says why */
        code = call_print_message(request, x->method, message, err);
        received++;
        *out_enough = request->max_messages && received == request->max_messages;
    }
    if (code != PL_OK || *out_enough)
        pl_stream_cancel(x->stream);
    *out_received = received;
    return code;
}

/* The exit code of a call that is over. PRINTED is what went wrong on our side. */
static int report(const exchange *x, pl_code printed, const pl_error *err, bool enough,
                  size_t received, const pl_bytes_reply *reply) {
    const call_request *request = x->request;
    if (request->args->verbose && reply) {
        call_print_metadata(reply);
        (void)fprintf(stderr, "%s, %zu sent, %zu received\n", pl_code_name(reply->code), x->sent,
                      received);
    }
    if (call_interrupted())
        return TOOL_EXIT_INTERRUPTED;
    if (printed != PL_OK)
        return call_fail(request, err, NULL);
    if (x->send_error.code != PL_OK)
        return call_fail(request, &x->send_error, NULL);
    if (!reply)
        return call_fail(request, err, NULL);
    return enough || reply->code == PL_OK ? TOOL_EXIT_OK : call_fail(request, &reply->error, reply);
}

/* Both directions at once; WIRE is the one message of a method that takes one. */
static int talk(exchange *x, pl_str wire) {
    pl_error err = PL_ERROR_INIT;
    pthread_t sender;
    bool streams = x->method->client_streaming;
    bool enough = false;
    size_t received = 0;
    pl_bytes_reply *reply = NULL;
    pl_code code = PL_OK;
    call_interrupt_cancels(x->stream);
    if (!streams) {
        x->sent = pl_stream_send_bytes(x->stream, wire) == PL_OK;
        pl_stream_end(x->stream);
    } else if (pthread_create(&sender, NULL, send_all, x) != 0) {
        code = pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "no thread");
        streams = false;
        pl_stream_cancel(x->stream);
    }
    if (code == PL_OK)
        code = receive(x, &received, &enough, &err);
    close(x->stop[1]);
    x->stop[1] = -1;
    if (streams)
        (void)pthread_join(sender, NULL);
    call_interrupt_cancels(NULL);
    pl_stream_close_bytes(x->stream, &reply);
    if (!reply && code == PL_OK)
        (void)pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "no memory");
    int status = report(x, code, &err, enough, received, reply);
    pl_bytes_reply_free(reply);
    return status;
}

/* METADATA of the request and a trace that begins here, unless it names one itself; what
 * `parley logs --trace` finds it by is printed. The number of them. */
static size_t add_trace(const call_request *request, pl_trace *trace,
                        pl_metadata metadata[PL_CALL_METADATA_MAX]) {
    size_t count = request->metadata_count;
    pl_trace_begin(trace, pl_str_c(""));
    pl_str shown = pl_str_c(trace->traceparent);
    bool named = false;
    for (size_t i = 0; i < count; i++) {
        metadata[i] = request->metadata[i];
        if (strcmp(metadata[i].key, "traceparent") == 0) {
            named = true;
            shown = metadata[i].value;
        }
    }
    if (!named && count == PL_CALL_METADATA_MAX)
        return count;
    if (!named)
        metadata[count++] = (pl_metadata){"traceparent", shown};
    if (request->args->verbose && shown.n > PL_TRACE_ID_AT + PL_TRACE_ID_LENGTH)
        (void)fprintf(stderr, "trace %.*s\n", PL_TRACE_ID_LENGTH, shown.p + PL_TRACE_ID_AT);
    return count;
}

int call_exchange(const call_request *request, pl_channel *channel, const pl_method_type *method) {
    exchange x = {.request = request, .method = method};
    pl_metadata metadata[PL_CALL_METADATA_MAX];
    pl_trace trace;
    pl_error err = PL_ERROR_INIT;
    pl_buf wire = pl_buf_make(CALL_MESSAGE_MAX);
    pl_bytes_request call = {
        .path = method->path.p,
        .deadline_ns = request->deadline_ns,
        .metadata = metadata,
        .metadata_count = add_trace(request, &trace, metadata),
    };
    if ((method->client_streaming || method->server_streaming) && !request->timeout_given)
        call.deadline_ns = PL_NEVER;
    if (pipe(x.stop) != 0)
        return call_fail(request, &(pl_error){.code = PL_INTERNAL, .message = "no pipe"}, NULL);
    if (reads_input(request) && isatty(STDIN_FILENO) && !request->args->quiet)
        (void)fprintf(stderr, "%s: JSON, Ctrl-D ends it\n", method->input->full_name.p);
    call_input_init(&x.input, request->words, request->word_count, x.stop[0]);
    pl_code code = method->client_streaming ? check_words(&x, &err) : read_single(&x, &wire, &err);
    if (code == PL_OK)
        code = pl_stream_open_bytes(channel, &call, &x.stream, &err);
    int status = code == PL_OK ? talk(&x, pl_buf_view(&wire)) : call_fail(request, &err, NULL);
    call_input_done(&x.input);
    pl_buf_done(&wire);
    close(x.stop[0]);
    if (x.stop[1] >= 0)
        close(x.stop[1]);
    return status;
}

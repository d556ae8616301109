/* Both ends of methods that stream: typed functions over parley/rpc/stream.h. */
#include "emit.h"

static const char *plural(const pl_gen_method *m) {
    if (m->requests && m->responses)
        return "requests and answers";
    return m->requests ? "requests" : "answers";
}

void pl_emit_stream_types(pl_out *out, const pl_gen_service *s) {
    bool first = true;
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        if (m->unary)
            continue;
        if (first) {
            pl_out_gap(out);
            pl_out_line(out, "/* The ends of streams: X_stream a handler's, X_client a "
                             "consumer's. */");
        }
        first = false;
        pl_out_line(out, "typedef struct %s_%s_stream %s_%s_stream;", s->c, m->snake, s->c,
                    m->snake);
        pl_out_line(out, "typedef struct %s_%s_client %s_%s_client;", s->c, m->snake, s->c,
                    m->snake);
    }
}

/* ---- header ---- */

static void handler_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    if (m->requests) {
        pl_out_prose(out, 0,
                     "Handler: waits for the next request; NULL at the end of them. It lives until "
                     "the next one. PL_INVALID_ARGUMENT: it is malformed or beyond its limits; "
                     "PL_CANCELLED, PL_DEADLINE_EXCEEDED: nobody waits any more; "
                     "PL_RESOURCE_EXHAUSTED: no memory. Return such a code as it is.");
        pl_out_line(out,
                    "PL_NODISCARD pl_code %s_%s_recv(%s_%s_stream *stream, const %s "
                    "**out_request);",
                    s->c, m->snake, s->c, m->snake, m->request->c);
    }
    if (m->responses) {
        pl_out_prose(out, 0,
                     "Handler: sends a copy of RESPONSE; waits while the queue is full. "
                     "PL_CANCELLED, PL_DEADLINE_EXCEEDED: nobody waits any more; PL_INTERNAL: it "
                     "is too long. Return such a code as it is.");
        pl_out_line(out,
                    "PL_NODISCARD pl_code %s_%s_send(%s_%s_stream *stream, const %s *response);",
                    s->c, m->snake, s->c, m->snake, m->response->c);
    }
}

static void open_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_prose(out, 0,
                 "Consumer: starts a call of %s. SERVICE (borrowed until the close) is a client, a "
                 "mock or an implementation, which then runs on a thread of its own; CALL must "
                 "outlive the stream. What opened is closed with _close. Where it fails, CALL has "
                 "the error.",
                 m->name);
    pl_out_line(out,
                "PL_NODISCARD pl_code %s_%s_open(const %s *service, pl_call *call, %s%s%s%s_%s_"
                "client **out_client);",
                s->c, m->snake, s->c, m->requests ? "" : "const ", m->requests ? "" : m->request->c,
                m->requests ? "" : " *request, ", s->c, m->snake);
}

static void consumer_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    const char *c = s->c, *n = m->snake;
    open_header(out, s, m);
    if (m->requests) {
        pl_out_prose(out, 0,
                     "Sends a copy of REQUEST; waits while the queue is full. The status of the "
                     "call where that is over; PL_FAILED_PRECONDITION: after _end, or the other "
                     "side ended the call with OK.");
        pl_out_line(
            out, "PL_NODISCARD pl_code %s_%s_client_send(%s_%s_client *client, const %s *request);",
            c, n, c, n, m->request->c);
        pl_out_line(out, "/* No more requests. */");
        pl_out_line(out, "void %s_%s_client_end(%s_%s_client *client);", c, n, c, n);
    }
    if (m->responses) {
        pl_out_prose(out, 0,
                     "Waits for the next answer; NULL at the end of them. It lives until the next "
                     "one. The status of the call where that failed.");
        pl_out_line(out,
                    "PL_NODISCARD pl_code %s_%s_client_recv(%s_%s_client *client, const %s "
                    "**out_response);",
                    c, n, c, n, m->response->c);
    } else {
        pl_out_prose(out, 0,
                     "No more requests: waits for the answer, which lives as long as the call. The "
                     "status of the call where that failed.");
        pl_out_line(out,
                    "PL_NODISCARD pl_code %s_%s_client_answer(%s_%s_client *client, const %s "
                    "**out_response);",
                    c, n, c, n, m->response->c);
    }
    pl_out_line(out, "/* Gives the call up: what waits returns PL_CANCELLED. From any thread. */");
    pl_out_line(out, "void %s_%s_client_cancel(%s_%s_client *client);", c, n, c, n);
    pl_out_prose(out, 0,
                 "Cancels what is not over, gives the status and frees CLIENT. PL_OK where all "
                 "that was asked of it had come. NULL is allowed.");
    pl_out_line(out, "pl_code %s_%s_client_close(%s_%s_client *client);", c, n, c, n);
}

static void events_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    const char *c = s->c, *n = m->snake;
    pl_out_gap(out);
    pl_out_prose(out, 0,
                 "What happens in a call of %s made without waiting; called on opts->loop, NULL "
                 "where it does not matter. DONE is the last: CALL has the error, CLIENT is freed "
                 "after it.",
                 m->name);
    pl_out_line(out, "typedef struct %s_%s_events {", c, n);
    pl_out_line(out, "    /* %s came; it lives until the callback returns. */",
                m->responses ? "An answer" : "The answer");
    pl_out_line(out, "    void (*message)(void *arg, %s_%s_client *client, const %s *response);", c,
                n, m->response->c);
    if (m->requests) {
        pl_out_line(out, "    /* There is room again after _client_try_send had none. */");
        pl_out_line(out, "    void (*room)(void *arg, %s_%s_client *client);", c, n);
    }
    pl_out_line(out, "    void (*done)(void *arg, pl_call *call, pl_code code);");
    pl_out_line(out, "} %s_%s_events;", c, n);
    pl_out_prose(out, 0,
                 "Starts a call of %s over CHANNEL; EVENTS and ARG are borrowed until DONE. What "
                 "an error returns is not delivered. PL_INVALID_ARGUMENT: no loop.",
                 m->name);
    pl_out_line(out,
                "PL_NODISCARD pl_code %s_%s_start(pl_channel *channel, const pl_call_opts *opts, "
                "%s%s%sconst %s_%s_events *events, void *arg, %s_%s_client **out_client, pl_error "
                "*err);",
                c, n, m->requests ? "" : "const ", m->requests ? "" : m->request->c,
                m->requests ? "" : " *request, ", c, n, c, n);
    if (m->requests) {
        pl_out_line(out, "/* Sends without waiting. PL_RESOURCE_EXHAUSTED: no room, ROOM will say "
                         "when there is. */");
        pl_out_line(out,
                    "PL_NODISCARD pl_code %s_%s_client_try_send(%s_%s_client *client, const %s "
                    "*request);",
                    c, n, c, n, m->request->c);
    }
    if (m->responses) {
        pl_out_line(out, "/* While paused no answer is delivered: the sender has to wait. */");
        pl_out_line(out, "void %s_%s_client_pause(%s_%s_client *client, bool paused);", c, n, c, n);
    }
}

void pl_emit_streams_header(pl_out *out, const pl_gen_service *s) {
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        if (m->unary)
            continue;
        pl_out_gap(out);
        pl_out_line(out, "/* ---- %s.%s: a stream of %s ---- */", s->short_name, m->name,
                    plural(m));
        pl_out_gap(out);
        handler_header(out, s, m);
        pl_out_gap(out);
        consumer_header(out, s, m);
        events_header(out, s, m);
    }
}

/* ---- source ---- */

void pl_emit_stream_operation(pl_out *out, const pl_gen_service *s, const pl_gen_method *m,
                              const char *name) {
    pl_buf head = pl_buf_make(PL_OUT_LINE_MAX);
    pl_buf_printf(&head, "static pl_code %s_%s_%s(void *self, pl_call *call", s->short_name,
                  m->snake, name);
    if (!m->requests)
        pl_buf_printf(&head, ", const %s *request", m->request->c);
    pl_buf_printf(&head, ", %s_%s_stream *stream", s->c, m->snake);
    if (!m->responses)
        pl_buf_printf(&head, ", %s **out_response", m->response->c);
    pl_buf_puts(&head, ") {");
    pl_out_gap(out);
    pl_out_built(out, &head);
    if (!m->responses)
        pl_out_line(out, "    ProtobufCMessage *response = NULL;");
}

void pl_emit_stream_operation_end(pl_out *out, const pl_gen_method *m) {
    if (!m->responses) {
        pl_out_line(out, "    if (code == PL_OK)");
        pl_out_line(out, "        *out_response = (%s *)response;", m->response->c);
        pl_out_line(out, "    return code;");
    }
    pl_out_line(out, "}");
}

/* FUNCTION takes a message of END. */
static void receive(pl_out *out, const pl_gen_service *s, const pl_gen_method *m,
                    const char *function, const char *end, const char *type, const char *message) {
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_%s_%s(%s_%s_%s *%s, const %s **out_%s) {", s->c, m->snake,
                function, s->c, m->snake, end, end, type, message);
    pl_out_line(out, "    const ProtobufCMessage *message = NULL;");
    pl_out_line(out, "    pl_code code = pl_stream_%s((pl_stream *)%s, &message);",
                strcmp(function, "client_answer") == 0 ? "answer" : "recv", end);
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_%s = (const %s *)message;", message, type);
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

/* FUNCTION gives a message to END with pl_stream_VERB. */
static void give(pl_out *out, const pl_gen_service *s, const pl_gen_method *m, const char *function,
                 const char *verb, const char *end, const char *type, const char *message) {
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_%s_%s(%s_%s_%s *%s, const %s *%s) {", s->c, m->snake, function,
                s->c, m->snake, end, end, type, message);
    pl_out_line(out, "    return pl_stream_%s((pl_stream *)%s, &%s->base);", verb, end, message);
    pl_out_line(out, "}");
}

static void open_source(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "pl_code %s_%s_open(const %s *service, pl_call *call, %s%s%s%s_%s_client "
                "**out_client) {",
                s->c, m->snake, s->c, m->requests ? "" : "const ", m->requests ? "" : m->request->c,
                m->requests ? "" : " *request, ", s->c, m->snake);
    pl_out_line(out, "    pl_stream *stream = NULL;");
    pl_out_line(out, "    bool remote = service->ops->%s == %s_%s_relay;", m->op, s->short_name,
                m->snake);
    pl_out_line(out,
                "    pl_code code = pl_stream_open(&%s_methods[%s_%s], remote ? service->self : "
                "NULL, service, call, %s, &stream);",
                s->short_name, s->c, m->upper, m->requests ? "NULL" : "&request->base");
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_client = (%s_%s_client *)stream;", s->c, m->snake);
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

/* "void X_client_VERB(X_client *client)" and what it calls. */
static void plain(pl_out *out, const pl_gen_service *s, const pl_gen_method *m, const char *verb) {
    pl_out_gap(out);
    pl_out_line(out, "void %s_%s_client_%s(%s_%s_client *client) {", s->c, m->snake, verb, s->c,
                m->snake);
    pl_out_line(out, "    pl_stream_%s((pl_stream *)client);", verb);
    pl_out_line(out, "}");
}

static void consumer_source(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    open_source(out, s, m);
    if (m->requests) {
        give(out, s, m, "client_send", "send", "client", m->request->c, "request");
        plain(out, s, m, "end");
    }
    receive(out, s, m, m->responses ? "client_recv" : "client_answer", "client", m->response->c,
            "response");
    plain(out, s, m, "cancel");
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_%s_client_close(%s_%s_client *client) {", s->c, m->snake, s->c,
                m->snake);
    pl_out_line(out, "    return pl_stream_close((pl_stream *)client);");
    pl_out_line(out, "}");
}

static void deliver_source(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static void %s_%s_deliver(const void *events, void *arg, pl_stream_event event, "
                "pl_stream *stream, const ProtobufCMessage *message, pl_call *call, pl_code code) "
                "{",
                s->short_name, m->snake);
    pl_out_line(out, "    const %s_%s_events *to = events;", s->c, m->snake);
    pl_out_line(out, "    %s_%s_client *client = (%s_%s_client *)stream;", s->c, m->snake, s->c,
                m->snake);
    pl_out_line(out, "    if (event == PL_STREAM_MESSAGE && to->message)");
    pl_out_line(out, "        to->message(arg, client, (const %s *)message);", m->response->c);
    if (m->requests) {
        pl_out_line(out, "    if (event == PL_STREAM_ROOM && to->room)");
        pl_out_line(out, "        to->room(arg, client);");
    }
    pl_out_line(out, "    if (event == PL_STREAM_DONE && to->done)");
    pl_out_line(out, "        to->done(arg, call, code);");
    pl_out_line(out, "}");
}

static void start_source(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    deliver_source(out, s, m);
    pl_out_gap(out);
    pl_out_line(out,
                "pl_code %s_%s_start(pl_channel *channel, const pl_call_opts *opts, %s%s%sconst "
                "%s_%s_events *events, void *arg, %s_%s_client **out_client, pl_error *err) {",
                s->c, m->snake, m->requests ? "" : "const ", m->requests ? "" : m->request->c,
                m->requests ? "" : " *request, ", s->c, m->snake, s->c, m->snake);
    pl_out_line(out, "    pl_stream *stream = NULL;");
    pl_out_line(out,
                "    pl_code code = pl_stream_start(channel, opts, &%s_methods[%s_%s], %s, "
                "%s_%s_deliver, events, arg, &stream, err);",
                s->short_name, s->c, m->upper, m->requests ? "NULL" : "&request->base",
                s->short_name, m->snake);
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_client = (%s_%s_client *)stream;", s->c, m->snake);
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
    if (m->requests)
        give(out, s, m, "client_try_send", "try_send", "client", m->request->c, "request");
    if (!m->responses)
        return;
    pl_out_gap(out);
    pl_out_line(out, "void %s_%s_client_pause(%s_%s_client *client, bool paused) {", s->c, m->snake,
                s->c, m->snake);
    pl_out_line(out, "    pl_stream_pause((pl_stream *)client, paused);");
    pl_out_line(out, "}");
}

void pl_emit_streams_source(pl_out *out, const pl_gen_service *s) {
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        if (m->unary)
            continue;
        if (m->requests)
            receive(out, s, m, "recv", "stream", m->request->c, "request");
        if (m->responses)
            give(out, s, m, "send", "send", "stream", m->response->c, "response");
        consumer_source(out, s, m);
        start_source(out, s, m);
    }
}

#include "emit.h"

/* The declaration of the operation of M in the table. */
static void operation(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_buf line = pl_buf_make(PL_OUT_LINE_MAX);
    pl_buf_printf(&line, "    pl_code (*%s)(void *self, pl_call *call", m->op);
    if (!m->requests)
        pl_buf_printf(&line, ", const %s *request", m->request->c);
    if (!m->unary)
        pl_buf_printf(&line, ", %s_%s_stream *stream", s->c, m->snake);
    if (!m->responses)
        pl_buf_printf(&line, ", %s **out_response", m->response->c);
    pl_buf_puts(&line, ");");
    pl_out_built(out, &line);
}

static void operations(pl_out *out, const pl_gen_service *s) {
    bool streams = pl_gen_streams(s);
    if (streams)
        pl_emit_stream_types(out, s);
    pl_out_gap(out);
    pl_out_prose(out, 0,
                 "The operations of %s. A handler allocates its answer in the call's arena and "
                 "sets *out_response where it returns PL_OK%s",
                 s->full,
                 streams ? "; one with a stream runs on a thread of its own until it returns the "
                           "status of the call."
                         : ".");
    pl_out_line(out, "typedef struct %s_ops {", s->c);
    for (size_t i = 0; i < s->method_count; i++) {
        pl_out_comment(out, 4, s->methods[i].comment);
        operation(out, s, &s->methods[i]);
    }
    if (!s->method_count)
        pl_out_line(out, "    char none; /* no method */");
    pl_out_line(out, "} %s_ops;", s->c);
    pl_out_gap(out);
    pl_out_comment(out, 0, s->comment);
    pl_out_line(out, "typedef struct %s {", s->c);
    pl_out_line(out, "    void *self;");
    pl_out_line(out, "    const %s_ops *ops;", s->c);
    pl_out_line(out, "} %s;", s->c);
}

static void method_numbers(pl_out *out, const pl_gen_service *s) {
    pl_out_gap(out);
    pl_out_line(out, "/* Where a method stands in the descriptor. */");
    pl_out_line(out, "enum {");
    for (size_t i = 0; i < s->method_count; i++)
        pl_out_line(out, "    %s_%s,", s->c, s->methods[i].upper);
    pl_out_line(out, "    %s_METHOD_COUNT", s->c);
    pl_out_line(out, "};");
    pl_out_line(out, "extern const pl_service_desc %s_desc;", s->c);
}

/* The head of the function that calls a unary method, up to its parameters' end. */
static void function_head(pl_out *out, const pl_gen_service *s, const pl_gen_method *m,
                          const char *before, const char *behind) {
    pl_out_line(out,
                "%spl_code %s(const %s *service, pl_call *call, const %s *request, %s "
                "**out_response)%s",
                before, m->c, s->c, m->request->c, m->response->c, behind);
}

static void functions_header(pl_out *out, const pl_gen_service *s) {
    bool first = true;
    for (size_t i = 0; i < s->method_count; i++) {
        if (!s->methods[i].unary)
            continue;
        if (first) {
            pl_out_gap(out);
            pl_out_prose(out, 0,
                         "Calls SERVICE, a client, a mock or an implementation, and waits. The "
                         "answer lives in the call's arena; where it fails, CALL has the error. "
                         "PL_UNIMPLEMENTED: it lacks the operation; PL_INTERNAL: no answer came "
                         "with its PL_OK.");
        }
        first = false;
        function_head(out, s, &s->methods[i], "PL_NODISCARD ", ";");
    }
}

static void async_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_prose(out, 0,
                 "Takes the answer of %s: RESPONSE is NULL unless CODE is PL_OK; CALL has the "
                 "error. Both live until it returns.",
                 m->name);
    pl_out_line(
        out, "typedef void %s_%s_done(void *arg, pl_call *call, pl_code code, const %s *response);",
        s->c, m->snake, m->response->c);
    pl_out_prose(out, 0,
                 "%s without waiting: DONE is called once, on opts->loop, unless this returns an "
                 "error (then never). REQUEST is not needed after it. PL_INVALID_ARGUMENT: no "
                 "loop; PL_RESOURCE_EXHAUSTED: no memory.",
                 m->name);
    pl_out_line(out,
                "PL_NODISCARD pl_code %s_%s_async(pl_channel *channel, const pl_call_opts *opts, "
                "const %s *request, %s_%s_done *done, void *arg, pl_error *err);",
                s->c, m->snake, m->request->c, s->c, m->snake);
}

void pl_emit_services_header(pl_out *out, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++) {
        const pl_gen_service *s = &file->services[i];
        operations(out, s);
        method_numbers(out, s);
        pl_out_gap(out);
        pl_out_line(out, "/* For pl_server_add; IMPL is borrowed. */");
        pl_out_line(out, "pl_service_binding %s_bind(const %s *impl);", s->c, s->c);
        pl_out_prose(
            out, 0,
            "The same operations over CHANNEL (borrowed): each waits for its answer, which "
            "lives in the call's arena; where it fails, CALL has the error%s",
            pl_gen_streams(s) ? ". Streams are opened with _open." : ".");
        pl_out_line(out, "%s %s_client(pl_channel *channel);", s->c, s->c);
        functions_header(out, s);
        for (size_t m = 0; m < s->method_count; m++)
            if (s->methods[m].unary)
                async_header(out, s, &s->methods[m]);
        pl_emit_streams_header(out, s);
        pl_emit_mock_header(out, s);
    }
}

/* What the operation is called with, and what it leaves behind. TYPED: the request is of its own
 * type there already. */
static void invoke(pl_out *out, const pl_gen_service *s, const pl_gen_method *m, bool typed) {
    pl_buf line = pl_buf_make(PL_OUT_LINE_MAX);
    pl_buf_printf(&line, "    %s service->ops->%s(service->self, call",
                  m->responses ? "return" : "pl_code code =", m->op);
    if (typed)
        pl_buf_puts(&line, ", request");
    else if (!m->requests)
        pl_buf_printf(&line, ", (const %s *)request", m->request->c);
    if (!m->unary)
        pl_buf_printf(&line, ", (%s_%s_stream *)stream", s->c, m->snake);
    pl_buf_printf(&line, "%s);", m->responses ? "" : ", &response");
    pl_out_built(out, &line);
}

/* Calls the operation where there is one. */
static void operate(pl_out *out, const pl_gen_service *s, const pl_gen_method *m, bool typed) {
    pl_out_line(out, "    if (!service->ops->%s)", m->op);
    pl_out_line(out,
                "        return pl_call_fail(call, PL_UNIMPLEMENTED, NULL, \"%s.%s is not "
                "implemented\");",
                s->full, m->name);
    invoke(out, s, m, typed);
}

static void function(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    function_head(out, s, m, "", " {");
    pl_out_line(out, "    %s *response = NULL;", m->response->c);
    operate(out, s, m, true);
    pl_out_line(out, "    if (code == PL_OK && !response)");
    pl_out_line(out,
                "        return pl_call_fail(call, PL_INTERNAL, NULL, \"%s.%s returned OK without "
                "setting *out_response\");",
                s->full, m->name);
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_response = response;");
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

/* The thunk between the descriptor's types and the handler's. What the handler left is given on as
 * it is: the caller of the thunk checks it. */
static void dispatch(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static pl_code %s_%s_dispatch(const void *impl, pl_call *call, const "
                "ProtobufCMessage *request, %sProtobufCMessage **out_response) {",
                s->short_name, m->snake, m->unary ? "" : "pl_stream *stream, ");
    pl_out_line(out, "    const %s *service = impl;", s->c);
    if (m->requests)
        pl_out_line(out, "    (void)request;");
    if (m->responses)
        pl_out_line(out, "    (void)out_response;");
    else
        pl_out_line(out, "    %s *response = NULL;", m->response->c);
    operate(out, s, m, false);
    if (!m->responses) {
        pl_out_line(out, "    *out_response = (ProtobufCMessage *)response;");
        pl_out_line(out, "    return code;");
    }
    pl_out_line(out, "}");
}

/* What an implementation has no operation for. */
static void lacks(pl_out *out, const pl_gen_service *s) {
    pl_out_gap(out);
    pl_out_line(out, "static const char *%s_lacks(const void *impl, size_t method) {",
                s->short_name);
    pl_out_line(out, "    const %s_ops *ops = ((const %s *)impl)->ops;", s->c, s->c);
    pl_out_line(out, "    switch (method) {");
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        pl_out_line(out, "    case %s_%s:", s->c, m->upper);
        pl_out_line(out, "        return ops->%s ? NULL : \"%s\";", m->op, m->op);
    }
    pl_out_line(out, "    default:");
    pl_out_line(out, "        return NULL;");
    pl_out_line(out, "    }");
    pl_out_line(out, "}");
}

static const char *kind(const pl_gen_method *m) {
    if (m->requests && m->responses)
        return "PL_METHOD_BIDI";
    if (m->requests)
        return "PL_METHOD_CLIENT_STREAM";
    return m->responses ? "PL_METHOD_SERVER_STREAM" : "PL_METHOD_UNARY";
}

/* The rule, and what it is about in *OUT_ARG. */
static const char *auth_rule(const Parley__Auth *auth, const char **out_arg) {
    *out_arg = "";
    switch (auth ? auth->rule_case : PARLEY__AUTH__RULE__NOT_SET) {
    case PARLEY__AUTH__RULE_PUBLIC:
        return "PL_AUTH_RULE_PUBLIC";
    case PARLEY__AUTH__RULE_USER:
        return "PL_AUTH_RULE_USER";
    case PARLEY__AUTH__RULE_OWNER:
        *out_arg = auth->owner;
        return "PL_AUTH_RULE_OWNER";
    case PARLEY__AUTH__RULE_ROLE:
        *out_arg = auth->role;
        return "PL_AUTH_RULE_ROLE";
    case PARLEY__AUTH__RULE_INTERNAL:
        return "PL_AUTH_RULE_INTERNAL";
    default:
        return "PL_AUTH_RULE_UNSET";
    }
}

static const char *idempotency(const Parley__Call *call) {
    switch (call ? (int)call->idempotency : 0) {
    case PARLEY__IDEMPOTENCY__IDEMPOTENCY_ALWAYS:
        return "PL_IDEMPOTENCY_ALWAYS";
    case PARLEY__IDEMPOTENCY__IDEMPOTENCY_IF_KEY:
        return "PL_IDEMPOTENCY_IF_KEY";
    default:
        return "PL_IDEMPOTENCY_NONE";
    }
}

static void method_entry(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    const char *arg;
    const char *rule = auth_rule(m->auth, &arg);
    pl_out_line(out, "    [%s_%s] =", s->c, m->upper);
    pl_out_line(out, "        {");
    pl_out_line(out, "            .name = \"%s\",", m->name);
    pl_out_line(out, "            .path = \"/%s/%s\",", s->full, m->name);
    pl_out_line(out, "            .kind = %s,", kind(m));
    pl_out_line(out, "            .request = &%s__descriptor,", m->request->pb_lower);
    pl_out_line(out, "            .response = &%s__descriptor,", m->response->pb_lower);
    pl_out_line(out, "            .%s = %s_%s_dispatch,", m->unary ? "dispatch" : "stream",
                s->short_name, m->snake);
    if (m->request->checked)
        pl_out_line(out, "            .validate = %s_%s_validate,", s->short_name, m->snake);
    pl_out_line(out, "            .auth = %s,", rule);
    pl_out_raw(out, "            .auth_arg = ");
    pl_out_string(out, arg);
    pl_out_raw(out, ",\n");
    if (m->call && m->call->inline_)
        pl_out_line(out, "            .run_inline = true,");
    pl_out_line(out, "            .idempotency = %s,", idempotency(m->call));
    if (m->call && m->call->max_request)
        pl_out_line(out, "            .max_request = %u,", m->call->max_request);
    if (m->call && m->call->timeout)
        pl_out_line(out, "            .timeout_ms = %u,", m->call->timeout);
    pl_out_line(out, "        },");
}

static void validate_thunk(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static pl_code %s_%s_validate(const ProtobufCMessage *request, pl_violations "
                "*out) {",
                s->short_name, m->snake);
    pl_out_line(out, "    return %s_validate((const %s *)request, out);", m->request->c,
                m->request->c);
    pl_out_line(out, "}");
}

static void descriptor(pl_out *out, const pl_gen_service *s) {
    if (s->method_count) {
        pl_out_gap(out);
        pl_out_line(out, "static const pl_method_desc %s_methods[] = {", s->short_name);
        for (size_t i = 0; i < s->method_count; i++)
            method_entry(out, s, &s->methods[i]);
        pl_out_line(out, "};");
        lacks(out, s);
    }
    pl_out_gap(out);
    pl_out_line(out, "const pl_service_desc %s_desc = {", s->c);
    pl_out_line(out, "    .abi = PL_RPC_ABI,");
    pl_out_line(out, "    .name = \"%s\",", s->full);
    if (s->method_count)
        pl_out_line(out, "    .methods = %s_methods,", s->short_name);
    pl_out_line(out, "    .method_count = %s_METHOD_COUNT,", s->c);
    pl_out_line(out, "    .file = &%s_file,", s->file->ident);
    if (s->method_count)
        pl_out_line(out, "    .lacks = %s_lacks,", s->short_name);
    pl_out_line(out, "};");
    pl_out_gap(out);
    pl_out_line(out, "pl_service_binding %s_bind(const %s *impl) {", s->c, s->c);
    pl_out_line(out, "    pl_service_binding binding = {&%s_desc, impl};", s->c);
    pl_out_line(out, "    return binding;");
    pl_out_line(out, "}");
}

void pl_emit_services_source(pl_out *out, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++) {
        const pl_gen_service *s = &file->services[i];
        for (size_t m = 0; m < s->method_count; m++) {
            if (s->methods[m].unary)
                function(out, s, &s->methods[m]);
            dispatch(out, s, &s->methods[m]);
            if (s->methods[m].request->checked)
                validate_thunk(out, s, &s->methods[m]);
        }
        descriptor(out, s);
        pl_emit_client_source(out, s);
        pl_emit_streams_source(out, s);
        pl_emit_mock_source(out, s);
    }
}

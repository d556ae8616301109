#include "emit.h"

/* ---- header ---- */

static void about(pl_out *out, bool streams) {
    pl_out_gap(out);
    pl_out_prose(out, 0,
                 "For each method: from now on answer a copy of RESPONSE (NULL: an empty one), "
                 "PL_INTERNAL where it is too long to keep; fail, with a REASON or NULL; do what "
                 "the operation of IMPL (borrowed) does. Then: the calls seen, and the last "
                 "request, NULL before the first and borrowed until the next.");
    if (streams)
        pl_out_prose(out, 0,
                     "Of streams: _answer sends copies of COUNT messages, takes what comes until "
                     "its end and ends with OK; _fail ends with CODE behind the messages that "
                     "_answer had told. _requests counts what the last call has sent so far, "
                     "_request is one of them; NULL beyond, and of what a call given to IMPL "
                     "takes.");
}

static void method_header(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    const char *c = s->c, *n = m->snake;
    pl_out_gap(out);
    if (m->responses)
        pl_out_line(out,
                    "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *const *responses, size_t "
                    "count);",
                    c, n, c, m->response->c);
    else
        pl_out_line(out, "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *response);", c, n, c,
                    m->response->c);
    pl_out_line(out,
                "void %s_mock_%s_fail(%s_mock *mock, pl_code code, const char *reason, const char "
                "*message);",
                c, n, c);
    pl_out_line(out, "void %s_mock_%s_handle(%s_mock *mock, const %s *impl);", c, n, c, c);
    pl_out_line(out, "unsigned %s_mock_%s_count(%s_mock *mock);", c, n, c);
    pl_out_line(out, "const %s *%s_mock_%s_last(%s_mock *mock);", m->request->c, c, n, c);
    if (!m->requests)
        return;
    pl_out_line(out, "size_t %s_mock_%s_requests(%s_mock *mock);", c, n, c);
    pl_out_line(out, "const %s *%s_mock_%s_request(%s_mock *mock, size_t index);", m->request->c, c,
                n, c);
}

void pl_emit_mock_header(pl_out *out, const pl_gen_service *s) {
    pl_out_gap(out);
    pl_out_prose(out, 0,
                 "%s in memory (parley/rpc/mock.h): counts, keeps the last request, answers what "
                 "was set. What was not set answers UNIMPLEMENTED. Thread-safe.",
                 s->short_name);
    pl_out_line(out, "typedef struct %s_mock %s_mock;", s->c, s->c);
    pl_out_line(out, "/* NULL without memory. */");
    pl_out_line(out, "%s_mock *%s_mock_new(void);", s->c, s->c);
    pl_out_line(out, "/* NULL is allowed. */");
    pl_out_line(out, "void %s_mock_free(%s_mock *mock);", s->c, s->c);
    pl_out_line(out, "/* Forgets counts, requests and answers. */");
    pl_out_line(out, "void %s_mock_clear(%s_mock *mock);", s->c, s->c);
    pl_out_line(out, "/* The operations; MOCK is borrowed. */");
    pl_out_line(out, "%s %s_mock_service(%s_mock *mock);", s->c, s->c, s->c);
    if (s->method_count)
        about(out, pl_gen_streams(s));
    for (size_t i = 0; i < s->method_count; i++)
        method_header(out, s, &s->methods[i]);
}

/* ---- source ---- */

static void unary_operation(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static pl_code %s_%s_mock(void *self, pl_call *call, const %s *request, %s "
                "**out_response) {",
                s->short_name, m->snake, m->request->c, m->response->c);
    pl_out_line(out, "    ProtobufCMessage *response = NULL;");
    pl_out_line(out,
                "    pl_code code = pl_mock_call(self, %s_%s, call, &request->base, &response);",
                s->c, m->upper);
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_response = (%s *)response;", m->response->c);
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

static void stream_operation(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_emit_stream_operation(out, s, m, "mock");
    pl_out_line(out, "    %s pl_mock_stream(self, %s_%s, call, %s, (pl_stream *)stream, %s);",
                m->responses ? "return" : "pl_code code =", s->c, m->upper,
                m->requests ? "NULL" : "&request->base", m->responses ? "NULL" : "&response");
    pl_emit_stream_operation_end(out, m);
}

static void answer(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    if (m->responses) {
        pl_out_line(out,
                    "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *const *responses, size_t "
                    "count) {",
                    s->c, m->snake, s->c, m->response->c);
        pl_out_line(out,
                    "    return pl_mock_script((pl_mock *)mock, %s_%s, (const ProtobufCMessage "
                    "*const *)responses, count);",
                    s->c, m->upper);
    } else {
        pl_out_line(out, "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *response) {", s->c,
                    m->snake, s->c, m->response->c);
        pl_out_line(out,
                    "    return pl_mock_answer((pl_mock *)mock, %s_%s, response ? &response->base "
                    ": NULL);",
                    s->c, m->upper);
    }
    pl_out_line(out, "}");
}

static void requests(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out, "size_t %s_mock_%s_requests(%s_mock *mock) {", s->c, m->snake, s->c);
    pl_out_line(out, "    return pl_mock_request_count((pl_mock *)mock, %s_%s);", s->c, m->upper);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "const %s *%s_mock_%s_request(%s_mock *mock, size_t index) {", m->request->c,
                s->c, m->snake, s->c);
    pl_out_line(out, "    return (const %s *)pl_mock_request((pl_mock *)mock, %s_%s, index);",
                m->request->c, s->c, m->upper);
    pl_out_line(out, "}");
}

static void method_source(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    (m->unary ? unary_operation : stream_operation)(out, s, m);
    answer(out, s, m);
    pl_out_gap(out);
    pl_out_line(out,
                "void %s_mock_%s_fail(%s_mock *mock, pl_code code, const char *reason, const char "
                "*message) {",
                s->c, m->snake, s->c);
    pl_out_line(out, "    pl_mock_fail((pl_mock *)mock, %s_%s, code, reason, message);", s->c,
                m->upper);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "void %s_mock_%s_handle(%s_mock *mock, const %s *impl) {", s->c, m->snake,
                s->c, s->c);
    pl_out_line(out, "    pl_mock_%s((pl_mock *)mock, %s_%s, %s_%s_dispatch, impl);",
                m->unary ? "handle" : "handle_stream", s->c, m->upper, s->short_name, m->snake);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "unsigned %s_mock_%s_count(%s_mock *mock) {", s->c, m->snake, s->c);
    pl_out_line(out, "    return pl_mock_count((pl_mock *)mock, %s_%s);", s->c, m->upper);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "const %s *%s_mock_%s_last(%s_mock *mock) {", m->request->c, s->c, m->snake,
                s->c);
    pl_out_line(out, "    return (const %s *)pl_mock_last_request((pl_mock *)mock, %s_%s);",
                m->request->c, s->c, m->upper);
    pl_out_line(out, "}");
    if (m->requests)
        requests(out, s, m);
}

void pl_emit_mock_source(pl_out *out, const pl_gen_service *s) {
    for (size_t i = 0; i < s->method_count; i++)
        method_source(out, s, &s->methods[i]);
    pl_out_gap(out);
    pl_out_line(out, "%s_mock *%s_mock_new(void) {", s->c, s->c);
    pl_out_line(out, "    return (%s_mock *)pl_mock_new(&%s_desc);", s->c, s->c);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "void %s_mock_free(%s_mock *mock) {", s->c, s->c);
    pl_out_line(out, "    pl_mock_free((pl_mock *)mock);");
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "void %s_mock_clear(%s_mock *mock) {", s->c, s->c);
    pl_out_line(out, "    pl_mock_clear((pl_mock *)mock);");
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "%s %s_mock_service(%s_mock *mock) {", s->c, s->c, s->c);
    pl_out_line(out, "    static const %s_ops OPS = {", s->c);
    for (size_t i = 0; i < s->method_count; i++)
        pl_out_line(out, "        .%s = %s_%s_mock,", s->methods[i].op, s->short_name,
                    s->methods[i].snake);
    if (!s->method_count)
        pl_out_line(out, "        .none = 0,");
    pl_out_line(out, "    };");
    pl_out_line(out, "    %s service = {mock, &OPS};", s->c);
    pl_out_line(out, "    return service;");
    pl_out_line(out, "}");
}

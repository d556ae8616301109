#include "emit.h"

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
    bool first = true;
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        if (!m->unary)
            continue;
        pl_out_gap(out);
        if (first) {
            pl_out_prose(out, 0,
                         "For each method: from now on answer a copy of RESPONSE (NULL: an empty "
                         "one); fail; do what the operation of IMPL (borrowed) does. Then: the "
                         "calls seen, and the last request, borrowed until the next.");
            first = false;
        }
        pl_out_line(out, "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *response);", s->c,
                    m->snake, s->c, m->response->c);
        pl_out_line(out,
                    "void %s_mock_%s_fail(%s_mock *mock, pl_code code, const char *reason, const "
                    "char *message);",
                    s->c, m->snake, s->c);
        pl_out_line(out, "void %s_mock_%s_handle(%s_mock *mock, const %s *impl);", s->c, m->snake,
                    s->c, s->c);
        pl_out_line(out, "unsigned %s_mock_%s_count(%s_mock *mock);", s->c, m->snake, s->c);
        pl_out_line(out, "const %s *%s_mock_%s_last(%s_mock *mock);", m->request->c, s->c, m->snake,
                    s->c);
    }
}

static void operation(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
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
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_mock_%s_answer(%s_mock *mock, const %s *response) {", s->c,
                m->snake, s->c, m->response->c);
    pl_out_line(out,
                "    return pl_mock_answer((pl_mock *)mock, %s_%s, response ? &response->base : "
                "NULL);",
                s->c, m->upper);
    pl_out_line(out, "}");
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
    pl_out_line(out, "    pl_mock_handle((pl_mock *)mock, %s_%s, %s_%s_dispatch, impl);", s->c,
                m->upper, s->short_name, m->snake);
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
}

void pl_emit_mock_source(pl_out *out, const pl_gen_service *s) {
    bool any = false;
    for (size_t i = 0; i < s->method_count; i++) {
        any = any || s->methods[i].unary;
        if (s->methods[i].unary)
            operation(out, s, &s->methods[i]);
    }
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
        if (s->methods[i].unary)
            pl_out_line(out, "        .%s = %s_%s_mock,", s->methods[i].snake, s->short_name,
                        s->methods[i].snake);
    if (!any)
        pl_out_line(out, "        .none = 0,");
    pl_out_line(out, "    };");
    pl_out_line(out, "    %s service = {mock, &OPS};", s->c);
    pl_out_line(out, "    return service;");
    pl_out_line(out, "}");
}

#include "emit.h"

static void blocking(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static pl_code %s_%s_call(void *self, pl_call *call, const %s *request, %s "
                "**out_response) {",
                s->short_name, m->snake, m->request->c, m->response->c);
    pl_out_line(out, "    ProtobufCMessage *response = NULL;");
    pl_out_line(out,
                "    pl_code code = pl_channel_call(self, call, &%s_methods[%s_%s], "
                "&request->base, &response);",
                s->short_name, s->c, m->upper);
    pl_out_line(out, "    if (code == PL_OK)");
    pl_out_line(out, "        *out_response = (%s *)response;", m->response->c);
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

/* A stream is passed on to the channel; _open knows a client by this function. */
static void relay(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_emit_stream_operation(out, s, m, "relay");
    pl_out_line(out,
                "    %s pl_stream_relay(&%s_methods[%s_%s], self, call, %s, (pl_stream *)stream, "
                "%s);",
                m->responses ? "return" : "pl_code code =", s->short_name, s->c, m->upper,
                m->requests ? "NULL" : "&request->base", m->responses ? "NULL" : "&response");
    pl_emit_stream_operation_end(out, m);
}

static void async(pl_out *out, const pl_gen_service *s, const pl_gen_method *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static void %s_%s_deliver(pl_any_fn *done, void *arg, pl_call *call, pl_code "
                "code, const ProtobufCMessage *response) {",
                s->short_name, m->snake);
    pl_out_line(out, "    ((%s_%s_done *)done)(arg, call, code, (const %s *)response);", s->c,
                m->snake, m->response->c);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out,
                "pl_code %s_%s_async(pl_channel *channel, const pl_call_opts *opts, const %s "
                "*request, %s_%s_done *done, void *arg, pl_error *err) {",
                s->c, m->snake, m->request->c, s->c, m->snake);
    pl_out_line(out,
                "    return pl_channel_start(channel, opts, &%s_methods[%s_%s], &request->base, "
                "%s_%s_deliver, (pl_any_fn *)done, arg, err);",
                s->short_name, s->c, m->upper, s->short_name, m->snake);
    pl_out_line(out, "}");
}

void pl_emit_client_source(pl_out *out, const pl_gen_service *s) {
    for (size_t i = 0; i < s->method_count; i++)
        (s->methods[i].unary ? blocking : relay)(out, s, &s->methods[i]);
    pl_out_gap(out);
    pl_out_line(out, "%s %s_client(pl_channel *channel) {", s->c, s->c);
    pl_out_line(out, "    static const %s_ops OPS = {", s->c);
    for (size_t i = 0; i < s->method_count; i++) {
        const pl_gen_method *m = &s->methods[i];
        pl_out_line(out, "        .%s = %s_%s_%s,", m->op, s->short_name, m->snake,
                    m->unary ? "call" : "relay");
    }
    if (!s->method_count)
        pl_out_line(out, "        .none = 0,");
    pl_out_line(out, "    };");
    pl_out_line(out, "    %s client = {channel, &OPS};", s->c);
    pl_out_line(out, "    return client;");
    pl_out_line(out, "}");
    for (size_t i = 0; i < s->method_count; i++)
        if (s->methods[i].unary)
            async(out, s, &s->methods[i]);
}

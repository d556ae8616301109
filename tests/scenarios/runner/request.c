/* Requests over HTTP, as a client outside sends them. */
#include <stdio.h>

#include "parley/http/client.h"
#include "runner.h"

enum { HEADERS_MAX = 16, FILLER_MARGIN = 64 };

typedef struct answer {
    pl_http_answer *http;
    const pl_json_value *json; /* NULL: the body is no JSON */
} answer;

/* The message's body: `body` as JSON, `text` as it stands, or `bytes` of JSON. */
static bool put_body(context *c, const pl_yaml_node *step, pl_buf *out, pl_http_call *call) {
    const pl_yaml_node *body = pl_yaml_find(step, "body");
    const pl_yaml_node *text = pl_yaml_find(step, "text");
    const pl_yaml_node *bytes = pl_yaml_find(step, "bytes");
    int64_t size = 0;
    if (body && !json_of(c, body, out))
        return false;
    if (text) {
        const char *raw = text_of(c, text);
        if (!raw)
            return false;
        pl_buf_puts(out, raw);
    }
    if (bytes) {
        if (!number_of(c, bytes, &size) || size < FILLER_MARGIN)
            return blame(c->failure, bytes, "expected a number of at least %d", FILLER_MARGIN);
        pl_buf_puts(out, "{\"customerName\":\"");
        while (out->n + 2 < (size_t)size)
            pl_buf_putc(out, 'x');
        pl_buf_puts(out, "\"}");
    }
    if (out->n)
        call->content_type = pl_str_c("application/json");
    call->body = pl_buf_view(out);
    return true;
}

static bool put_headers(context *c, const pl_yaml_node *headers, pl_http_field *fields,
                        pl_http_call *call) {
    for (size_t i = 0; i < count_of(headers); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(headers, i);
        const char *value = text_of(c, pl_yaml_at(headers, i));
        if (!value)
            return false;
        if (pl_str_eqc(pl_yaml_text(key), "host")) {
            call->host = pl_str_c(value);
        } else if (pl_str_eqc(pl_yaml_text(key), "content-type")) {
            call->content_type = pl_str_c(value);
        } else if (call->field_count < HEADERS_MAX) {
            fields[call->field_count++] = (pl_http_field){pl_yaml_text(key), pl_str_c(value)};
        } else {
            return blame(c->failure, headers, "more than %d headers", HEADERS_MAX);
        }
    }
    return true;
}

/* The whole answer after what was not as expected. */
static bool with_answer(context *c, const answer *a) {
    pl_buf *out = &c->failure->text;
    pl_buf_printf(out, "\n    answer: %d\n", a->http->head->status);
    for (size_t i = 0; i < a->http->head->field_count; i++)
        pl_buf_printf(out, "    %.*s: %.*s\n", PL_FMT(a->http->head->fields[i].name),
                      PL_FMT(a->http->head->fields[i].value));
    pl_buf_printf(out, "    %.*s", PL_FMT(a->http->body));
    return false;
}

static bool expect_headers(context *c, const pl_yaml_node *headers, const answer *a) {
    for (size_t i = 0; i < count_of(headers); i++) {
        const char *name = pl_yaml_text(pl_yaml_key_at(headers, i)).p;
        pl_str value = {NULL, 0};
        bool there = pl_http_head_find(a->http->head, name, &value);
        if (!match_text(c, pl_yaml_at(headers, i), value, there, name))
            return false;
    }
    return true;
}

static bool expect_answer(context *c, const pl_yaml_node *step, const answer *a) {
    const pl_yaml_node *expect = pl_yaml_find(step, "expect");
    const pl_yaml_node *status = pl_yaml_find(expect, "status");
    const pl_yaml_node *headers = pl_yaml_find(expect, "headers");
    const pl_yaml_node *body = pl_yaml_find(expect, "body");
    const pl_yaml_node *text = pl_yaml_find(expect, "text");
    int code = a->http->head->status;
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", code);
    const pl_json_value number = {.kind = PL_JSON_NUMBER, .text = pl_str_c(digits)};
    if (status && !match(c, status, &number, "status"))
        return with_answer(c, a);
    if (!status && (code < 200 || code > 299)) {
        blame(c->failure, step, "expected a success");
        return with_answer(c, a);
    }
    if (headers && !expect_headers(c, headers, a))
        return with_answer(c, a);
    if (body && !match(c, body, a->json, "body"))
        return with_answer(c, a);
    if (text && !match_text(c, text, a->http->body, true, "text"))
        return with_answer(c, a);
    return true;
}

/* `save: {order: body.id, where: headers.location, status: status}` */
static bool save_values(context *c, const pl_yaml_node *save, const answer *a) {
    for (size_t i = 0; i < count_of(save); i++) {
        const char *name = pl_yaml_text(pl_yaml_key_at(save, i)).p;
        pl_str from = pl_yaml_text(pl_yaml_at(save, i));
        pl_str value = {NULL, 0};
        bool found = false;
        if (pl_str_eqc(from, "status")) {
            vars_set_i64(c->vars, name, a->http->head->status);
            continue;
        }
        if (pl_str_starts(from, pl_str_c("headers."))) {
            found = pl_http_head_find(a->http->head, from.p + strlen("headers."), &value);
        } else if (pl_str_starts(from, pl_str_c("body."))) {
            const pl_json_value *at = pl_json_at(a->json, from.p + strlen("body."));
            found = at && (at->kind == PL_JSON_STRING || at->kind == PL_JSON_NUMBER);
            value = found ? at->text : value;
        }
        if (!found) {
            blame(c->failure, pl_yaml_at(save, i), "the answer has no %.*s", PL_FMT(from));
            return with_answer(c, a);
        }
        vars_set(c->vars, name, value);
    }
    return true;
}

static bool send(context *c, const pl_yaml_node *step, const pl_http_call *call) {
    pl_error err = PL_ERROR_INIT;
    answer a = {0};
    if (pl_http_fetch(call, &a.http, &err) != PL_OK)
        return blame_error(c->failure, step, &err);
    if (pl_json_parse(a.http->body, NULL, c->arena, &a.json, NULL) != PL_OK)
        a.json = NULL;
    bool ok = expect_answer(c, step, &a) && save_values(c, pl_yaml_find(step, "save"), &a);
    pl_http_answer_free(a.http);
    return ok;
}

bool step_request(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    char address[NAME_MAX_BYTES * 2];
    char name[NAME_MAX_BYTES * 2];
    pl_http_field fields[HEADERS_MAX];
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_buf body = pl_buf_make(TEXT_BYTES_MAX);
    pl_buf port = pl_buf_make(NAME_MAX_BYTES);
    const char *path = text_of(c, value);
    const char *on = text_at(c, step, "on", "gateway");
    if (!path || !on)
        return false;
    (void)snprintf(name, sizeof name, "$(port.%s)", on);
    bool ok = vars_expand(c->vars, pl_str_c(name), step, &port, c->failure);
    (void)snprintf(address, sizeof address, "127.0.0.1:%s", port.p);
    call.address = address;
    call.method = pl_yaml_text(pl_yaml_key_at(step, 0));
    call.target = pl_str_c(path);
    call.fields = fields;
    ok = ok && put_body(c, step, &body, &call) &&
         put_headers(c, pl_yaml_find(step, "headers"), fields, &call) && send(c, step, &call);
    pl_buf_done(&body);
    pl_buf_done(&port);
    return ok;
}

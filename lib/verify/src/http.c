/* A unary call over HTTP, by the binding that a contract names: answer and error are read as
 * gRPC's, and compared the same way. */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "http_request.h"
#include "parley/base/clock.h"
#include "parley/http/client.h"
#include "parley/json/base64.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"
#include "parley/schema/wire.h"

enum {
    TARGET_MAX = 64 << 10,
    BODY_MAX = 16 << 20,
    DETAILS_MAX = 1 << 20,
    STATUS_PRECONDITION = 412, /* If-Match, which has no code of its own */
};
/* Fields of google.rpc.Status and google.protobuf.Any. */
enum { STATUS_DETAILS = 3, ANY_URL = 1, ANY_VALUE = 2 };

/* A service of Parley leaves out links; others take it for JSON. */
#define ACCEPT "application/json;profile=plain"

typedef struct http {
    engine_run *run;
    const pl_contract *contract;
    const pl_json_value *root; /* the answer's body; NULL: no JSON */
    int status;
} http;

static bool no_memory(http *h) {
    engine_fails(h->run, "%s %s: no memory for the exchange", h->contract->http->verb.p,
                 h->contract->http->path.p);
    return false;
}

static pl_str kept(http *h, const pl_buf *text) {
    char *copy = pl_arena_strndup(&h->run->scratch, text->p ? text->p : "", text->n);

    return pl_str_make(copy, copy ? text->n : 0);
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static bool put_fields(http *h, pl_http_call *call) {
    const pl_contract *c = h->contract;
    pl_http_field *fields = pl_arena_calloc(&h->run->scratch, c->metadata_count + 1,
                                            sizeof *fields);
    pl_metadata header;

    if (!fields)
        return false;
    fields[call->field_count++] = (pl_http_field){pl_str_c("accept"), pl_str_c(ACCEPT)};
    for (size_t i = 0; i < c->metadata_count; i++) {
        if (c->metadata[i].matcher->kind == PL_MATCH_ABSENT)
            continue;
        if (!engine_header(h->run, &c->metadata[i], &header))
            return false;
        fields[call->field_count++] = (pl_http_field){pl_str_c(header.key), header.value};
    }
    call->fields = fields;
    return true;
}

static bool send(http *h, pl_str request, int64_t deadline_ns, pl_http_answer **out_answer) {
    const pl_contract *c = h->contract;
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_buf target = pl_buf_make(TARGET_MAX), body = pl_buf_make(BODY_MAX);
    pl_error err = PL_ERROR_INIT;

    call.address = h->run->v->opts.rest;
    call.method = c->http->verb;
    call.timeout_ms = pl_remaining_ms(deadline_ns);
    bool written = http_request_write(c->method, c->http, request, &h->run->scratch, &target,
                                      &body) &&
                   put_fields(h, &call);
    if (!written)
        engine_fails(h->run, "%s %s: the request has no form of HTTP", c->http->verb.p,
                     c->http->path.p);
    call.target = pl_buf_view(&target);
    call.body = pl_buf_view(&body);
    if (body.n)
        call.content_type = pl_str_c("application/json");
    bool sent = written && pl_http_fetch(&call, out_answer, &err) == PL_OK;
    if (written && !sent)
        engine_fails(h->run, "%s %s at %s: %s: %s", c->http->verb.p, target.p, call.address,
                     pl_code_name(err.code), err.message);
    pl_buf_done(&target);
    pl_buf_done(&body);
    return sent;
}

/* ---- an answer ------------------------------------------------------------------------------- */

/* The field that the body is the value of; NULL: it is the whole message. */
static const pl_field *body_field(const http *h) {
    const pl_message_type *type = h->contract->method->output;

    if (h->contract->http->response_body.n)
        return pl_message_field_by_name(type, h->contract->http->response_body);
    /* A page of a collection is its items alone. */
    for (size_t i = 0; h->root && h->root->kind == PL_JSON_ARRAY && i < type->field_count; i++) {
        if (type->fields[i].repeated && type->fields[i].message)
            return &type->fields[i];
    }
    return NULL;
}

/* False: a difference. */
static bool read_answer(http *h, pl_str body, pl_bytes_reply *out) {
    const pl_message_type *type = h->contract->method->output;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    const pl_field *field = body_field(h);
    pl_buf wire = pl_buf_make(BODY_MAX);
    pl_error err = PL_ERROR_INIT;
    pl_code code = PL_OK;

    opts.ignore_unknown = true;
    opts.enum_json_names = true;
    if (body.n && field)
        code = pl_json_field_to_wire(field, body, &opts, &wire, &err);
    else if (body.n)
        code = pl_json_to_wire(type, body, &opts, &wire, &err);
    out->body = kept(h, &wire);
    pl_buf_done(&wire);
    if (code == PL_OK)
        return out->body.p || no_memory(h);
    engine_differs(h->run, h->contract->at, "response", type->full_name.p,
                   "HTTP status %d with a body that is none: %s", h->status, err.message);
    return false;
}

/* ---- an error -------------------------------------------------------------------------------- */

/* The code that the body names; else what the contract expects, if it has this status; else any. */
static pl_code code_of(const http *h) {
    const pl_contract_step *last = &h->contract->steps[h->contract->step_count - 1];
    const pl_json_value *name = pl_json_at(h->root, "status");
    int64_t number;
    pl_code code;

    if (name && name->kind == PL_JSON_STRING && pl_code_find(name->text.p, &code))
        return code;
    if (pl_json_i64(pl_json_at(h->root, "code"), &number) && number > 0 && number < PL_CODE_COUNT)
        return (pl_code)number;
    if (pl_code_http_status((pl_code)last->status.code) == h->status)
        return (pl_code)last->status.code;
    for (int i = 1; i < PL_CODE_COUNT; i++) {
        if (pl_code_http_status((pl_code)i) == h->status)
            return (pl_code)i;
    }
    return PL_UNKNOWN;
}

/* DETAIL as bytes of TYPE: its members, or { "value": "base64" }, as who does not know the type
 * writes it. */
static bool detail_bytes(const pl_message_type *type, const pl_json_value *detail, pl_buf *out) {
    const pl_json_value *value = pl_json_at(detail, "value");
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    pl_buf text = pl_buf_make(DETAILS_MAX);
    size_t size = 0;
    bool done = false;

    opts.ignore_unknown = true; /* @type is no field */
    if (value && value->kind == PL_JSON_STRING && !pl_message_field_by_name(type, value->key)) {
        char *room = pl_buf_reserve(out, 3 * (value->text.n / 4 + 1));
        done = room && pl_base64_decode(value->text, room, &size);
        pl_buf_wrote(out, done ? size : 0);
    } else {
        done = pl_json_print(detail, 0, &text) &&
               pl_json_to_wire(type, pl_buf_view(&text), &opts, out, NULL) == PL_OK;
    }
    pl_buf_done(&text);
    return done;
}

/* DETAIL as part of a google.rpc.Status; one of a type that is not known is left out. */
static void put_detail(http *h, const pl_json_value *detail, pl_buf *out) {
    const pl_json_value *url = pl_json_at(detail, "@type");
    pl_str name = url && url->kind == PL_JSON_STRING ? url->text : pl_str_make("", 0), piece;
    pl_buf value = pl_buf_make(DETAILS_MAX), any = pl_buf_make(DETAILS_MAX);

    for (pl_str rest = name; pl_str_split(&rest, '/', &piece);)
        name = piece;
    const pl_message_type *type = pl_pool_message(pl_contract_set_pool(h->run->v->set), name);
    if (type && detail_bytes(type, detail, &value)) {
        (void)pl_wire_put_bytes(&any, ANY_URL, url->text);
        (void)pl_wire_put_bytes(&any, ANY_VALUE, pl_buf_view(&value));
        (void)pl_wire_put_bytes(out, STATUS_DETAILS, pl_buf_view(&any));
    }
    pl_buf_done(&value);
    pl_buf_done(&any);
}

static bool read_error(http *h, pl_bytes_reply *out) {
    const pl_json_value *said = pl_json_at(h->root, "message");
    const pl_json_value *list = pl_json_at(h->root, "details");
    pl_metadata *details = PL_ARENA_NEW(&h->run->scratch, pl_metadata);
    pl_buf status = pl_buf_make(DETAILS_MAX);
    char expected[16];

    out->code = code_of(h);
    if (said && said->kind == PL_JSON_STRING)
        (void)snprintf(out->error.message, sizeof out->error.message, "%s", said->text.p);
    for (const pl_json_value *one = list ? list->children : NULL; one; one = one->next)
        put_detail(h, one, &status);
    if (details) {
        *details = (pl_metadata){.key = ENGINE_DETAILS_KEY, .value = kept(h, &status)};
        out->metadata = details;
        out->metadata_count = 1;
    }
    pl_buf_done(&status);
    (void)snprintf(expected, sizeof expected, "%d", pl_code_http_status(out->code));
    if (h->status != pl_code_http_status(out->code) && h->status != STATUS_PRECONDITION)
        engine_differs(h->run, h->contract->at, "status.http", expected, "%d beside %s", h->status,
                       pl_code_name(out->code));
    return details || no_memory(h);
}

bool engine_http(engine_run *run, pl_str request, int64_t deadline_ns, pl_bytes_reply *out) {
    http h = {.run = run, .contract = run->contract};
    pl_http_answer *answer = NULL;

    memset(out, 0, sizeof *out);
    if (!send(&h, request, deadline_ns, &answer))
        return false;
    h.status = answer->head->status;
    if (pl_json_parse(answer->body, NULL, &run->scratch, &h.root, NULL) != PL_OK)
        h.root = NULL;
    bool read = h.status >= 200 && h.status < 300 ? read_answer(&h, answer->body, out)
                                                  : read_error(&h, out);
    pl_http_answer_free(answer);
    return read;
}

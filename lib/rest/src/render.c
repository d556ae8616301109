/* The end of an exchange: the result of its call as a response. */
#include "assemble.h"
#include "exchange.h"
#include "problem.h"

/* Most answers fit into so many bytes: room that is asked for once. */
#define USUAL_ANSWER (2u << 10)
/* Bytes of a link in a header. */
#define HEADER_VALUE_MAX (4u << 10)

/* The Location of a new resource. */
static pl_code write_location(const pl_rest_exchange *exchange, pl_str message,
                              pl_str *out_location, pl_error *err) {
    pl_buf text = pl_buf_make(HEADER_VALUE_MAX);
    pl_code code = rest_link_write(exchange->binding->created, exchange->base, message, &text, err);
    pl_str location = code ? (pl_str){NULL, 0} : rest_keep(exchange->arena, &text);
    pl_buf_done(&text);
    if (!code && !location.p)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer does not fit its memory");
    if (!code)
        *out_location = location;
    return code;
}

/* The entity tag in quotes; empty where there is none, or where it holds what an entity
 * tag may not. */
static pl_str etag_of(const pl_rest_exchange *exchange, pl_str message) {
    const rest_resource *resource = exchange->binding->resource;
    pl_wire_field field;
    if (!resource || !resource->etag || !pl_wire_find(message, resource->etag->number, &field) ||
        field.bytes.n == 0)
        return pl_str_make(NULL, 0);
    for (size_t i = 0; i < field.bytes.n; i++) {
        if (field.bytes.p[i] <= 0x20 || field.bytes.p[i] > 0x7e || field.bytes.p[i] == '"')
            return pl_str_make(NULL, 0);
    }
    return pl_str_c(pl_arena_printf(exchange->arena, "\"%.*s\"", PL_FMT(field.bytes)));
}

/* The client has this very version already (RFC 9110, section 13.1.2). */
static bool not_modified(const pl_rest_exchange *exchange, pl_str etag) {
    pl_str method = exchange->request->method;
    if (etag.n == 0 || !(pl_str_eqc(method, "GET") || pl_str_eqc(method, "HEAD")))
        return false;
    pl_str rest = rest_header(exchange->request, "if-none-match");
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, ',', &piece)) {
        piece = pl_str_trim(piece);
        if (pl_str_starts(piece, pl_str_c("W/")))
            piece = pl_str_make(piece.p + 2, piece.n - 2);
        if (pl_str_eqc(piece, "*") || pl_str_eq(piece, etag))
            return true;
    }
    return false;
}

static pl_code render(pl_rest_exchange *exchange, pl_str message, rest_answer *answer,
                      pl_error *err) {
    const rest_binding *binding = exchange->binding;
    answer->status = 200;
    answer->etag = etag_of(exchange, message);
    if (binding->created) {
        answer->status = 201;
        pl_code code = write_location(exchange, message, &answer->location, err);
        if (code)
            return code;
    }
    if (binding->rule->rest.no_content) {
        answer->status = 204;
        return PL_OK;
    }
    if (not_modified(exchange, answer->etag)) {
        answer->status = 304;
        return PL_OK;
    }
    pl_buf body = pl_buf_make(PL_REST_MAX_ANSWER);
    (void)pl_buf_reserve(&body, USUAL_ANSWER);
    pl_code code = rest_write_answer(exchange, message, &body, err);
    if (!code) {
        answer->body = rest_keep(exchange->arena, &body);
        if (!answer->body.p)
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer does not fit its memory");
    }
    pl_buf_done(&body);
    answer->type = rest_form_type(exchange->form);
    return code;
}

/* 412 is what HTTP has for a change that If-Match kept from happening (RFC 9110, 13.1.1); 0: the
 * status of the code. */
static int status_of(const pl_rest_exchange *exchange, pl_code code) {
    if (code != PL_ABORTED)
        return 0;
    for (size_t i = 0; i < exchange->call.metadata_count; i++) {
        if (pl_str_eqc(exchange->call.metadata[i].name, "if-match"))
            return 412;
    }
    return 0;
}

void pl_rest_finish(pl_rest_exchange *exchange, const pl_rest_result *result) {
    exchange->calling = false;
    if (result->code) {
        const rest_problem problem = {
            .status = status_of(exchange, result->code),
            .code = result->code,
            .message = result->message,
            .path = exchange->request->path,
            .details = result->details,
            .request = exchange->binding->method->input,
            .body = exchange->binding->body_field,
            .retry_after_ms = result->retry_after_ms,
        };
        exchange->response = rest_problem_response(exchange->arena, &problem);
        return;
    }
    rest_answer answer = {.status = 200};
    pl_error err = PL_ERROR_INIT;
    pl_code code = render(exchange, result->response, &answer, &err);
    if (code == PL_INVALID_ARGUMENT) {
        /* The service's fault, not the client's. */
        pl_error wrong = PL_ERROR_INIT;
        (void)pl_error_set(&wrong, PL_INTERNAL, "the answer of %s is malformed: %.300s",
                           exchange->binding->method->full_name.p, err.message);
        err = wrong;
    }
    if (code)
        rest_exchange_refuse(exchange, code == PL_RESOURCE_EXHAUSTED ? 500 : 0, &err,
                             (pl_str){NULL, 0});
    else
        rest_exchange_answer(exchange, &answer);
}

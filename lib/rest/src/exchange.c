#include "exchange.h"

#include "assemble.h"
#include "problem.h"

#define ANSWER_MAX_HEADERS 3

pl_str rest_keep(pl_arena *arena, const pl_buf *body) {
    char *copy = body->failed ? NULL : pl_arena_strndup(arena, body->p, body->n);
    return pl_str_make(copy, copy ? body->n : 0);
}

void rest_exchange_answer(pl_rest_exchange *exchange, const rest_answer *answer) {
    pl_rest_response *response = PL_ARENA_NEW(exchange->arena, pl_rest_response);
    pl_rest_pair *headers = pl_arena_calloc(exchange->arena, ANSWER_MAX_HEADERS, sizeof *headers);
    if (!response || !headers) {
        exchange->response = pl_rest_no_memory();
        return;
    }
    size_t n = 0;
    if (answer->type.n)
        headers[n++] = (pl_rest_pair){PL_STR("content-type"), answer->type};
    if (answer->location.n)
        headers[n++] = (pl_rest_pair){PL_STR("location"), answer->location};
    if (answer->etag.n)
        headers[n++] = (pl_rest_pair){PL_STR("etag"), answer->etag};
    *response = (pl_rest_response){answer->status, headers, n, answer->body};
    exchange->response = response;
}

void rest_exchange_refuse(pl_rest_exchange *exchange, int status, const pl_error *err,
                          pl_str field) {
    const rest_problem problem = {
        .status = status,
        .code = err->code,
        .message = pl_str_c(err->message),
        .path = exchange->request->path,
        .field = field,
        .retry_after_ms = err->retry_after_ms,
    };
    exchange->calling = false;
    exchange->refusal = pl_arena_strdup(exchange->arena, err->message);
    exchange->response = rest_problem_response(exchange->arena, &problem);
}

static void refuse(pl_rest_exchange *exchange, int status, pl_code code, const char *message) {
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, code, "%s", message);
    rest_exchange_refuse(exchange, status, &err, (pl_str){NULL, 0});
}

static void refuse_method(pl_rest_exchange *exchange, const char *allow) {
    const pl_str method = pl_utf8_cut(exchange->request->method, 32);
    rest_problem problem = {
        .status = 405,
        .code = PL_UNIMPLEMENTED,
        .path = exchange->request->path,
        .allow = pl_str_c(pl_arena_strdup(exchange->arena, allow)),
    };
    exchange->refusal = pl_arena_printf(exchange->arena, "%.*s is not allowed here; allowed: %s",
                                        PL_FMT(method), allow);
    problem.message = pl_str_c(exchange->refusal);
    exchange->response = rest_problem_response(exchange->arena, &problem);
}

/* "http://host" where Host holds a host and a port only. */
static pl_str base_of(const pl_rest_request *request, pl_arena *arena) {
    pl_str host = rest_header(request, "host");
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c <= 0 || !strchr(".-_:[]", c)))
            return pl_str_make(NULL, 0);
    }
    if (host.n == 0)
        return host;
    return pl_str_c(
        pl_arena_printf(arena, "http%s://%.*s", request->https ? "s" : "", PL_FMT(host)));
}

static bool hal_offered(const rest_binding *binding) {
    if (!binding || binding->target != REST_TARGET_CALL)
        return true;
    return !binding->rule->rest.plain && (binding->resource || binding->item);
}

/* False where the client takes none of our forms. */
static bool negotiate(pl_rest_exchange *exchange) {
    const pl_rest_request *request = exchange->request;
    const rest_binding *binding = exchange->binding;
    exchange->form = rest_accept(request->headers, request->header_count, hal_offered(binding));
    if (exchange->form == REST_FORM_NONE && binding && binding->target == REST_TARGET_CALL &&
        binding->rule->rest.no_content)
        exchange->form = REST_FORM_PLAIN; /* there is no body to disagree about */
    if (exchange->form != REST_FORM_NONE)
        return true;
    refuse(exchange, 406, PL_INVALID_ARGUMENT,
           hal_offered(binding) ? "accept: application/hal+json and application/json are offered"
                                : "accept: application/json is offered");
    return false;
}

static int64_t timeout_of(const pl_rest_exchange *exchange, int64_t asked_ms) {
    int64_t own = exchange->binding->method->call.timeout_ms;
    /* Half as long again as the service may take: its answer about a deadline of its own
     * says more than ours would. */
    int64_t timeout = own ? own + own / 2 : exchange->rest->timeout_ms;
    return asked_ms >= 0 && asked_ms < timeout ? asked_ms : timeout;
}

static bool has_metadata(const pl_rest_call *call, const char *name) {
    for (size_t i = 0; i < call->metadata_count; i++) {
        if (pl_str_eqc(call->metadata[i].name, name))
            return call->metadata[i].value.n > 0;
    }
    return false;
}

static bool idempotent(const pl_rest_exchange *exchange) {
    pl_idempotency_option option = exchange->binding->method->call.idempotency;
    return option == PL_IDEMPOTENCY_OPTION_ALWAYS ||
           (option == PL_IDEMPOTENCY_OPTION_IF_KEY &&
            has_metadata(&exchange->call, "idempotency-key"));
}

static void begin_call(pl_rest_exchange *exchange, const pl_rest_match *match) {
    const pl_rest_request *request = exchange->request;
    pl_rest_call *call = &exchange->call;
    rest_fault fault = {.status = 0};
    pl_code code = rest_assemble(exchange->rest, exchange->binding, match, request, exchange->arena,
                                 &call->request, &fault);
    if (!code)
        code = rest_metadata(request, exchange->arena, call, &fault.status, &fault.err);
    int64_t asked_ms = -1;
    if (!code &&
        rest_grpc_timeout(rest_header(request, "grpc-timeout"), &asked_ms) == PL_INVALID_ARGUMENT)
        code = pl_error_set(&fault.err, PL_INVALID_ARGUMENT,
                            "header grpc-timeout: expected up to 8 digits and one of H M S m u n");
    if (code) {
        rest_exchange_refuse(exchange, fault.status, &fault.err, pl_str_c(fault.field));
        return;
    }
    call->route = &exchange->binding->route;
    call->timeout_ms = timeout_of(exchange, asked_ms);
    call->idempotent = idempotent(exchange);
    exchange->calling = true;
}

static void begin_routed(pl_rest_exchange *exchange, const pl_rest_match *match) {
    exchange->binding = match->route;
    if (!negotiate(exchange))
        return;
    switch (exchange->binding->target) {
    case REST_TARGET_CALL:
        begin_call(exchange, match);
        break;
    case REST_TARGET_PROFILE_LIST:
        rest_answer_profile_list(exchange);
        break;
    case REST_TARGET_PROFILE:
        rest_answer_profile(exchange);
        break;
    case REST_TARGET_SEARCH:
        rest_answer_search(exchange);
        break;
    }
}

static void begin_entry(pl_rest_exchange *exchange) {
    pl_str method = exchange->request->method;
    if (!pl_str_eqc(method, "GET") && !pl_str_eqc(method, "HEAD"))
        refuse_method(exchange, "GET, HEAD");
    else if (negotiate(exchange))
        rest_answer_entry(exchange);
}

pl_rest_exchange *pl_rest_begin(const pl_rest *rest, const pl_rest_request *request,
                                pl_arena *arena) {
    pl_rest_exchange *exchange = PL_ARENA_NEW(arena, pl_rest_exchange);
    if (!exchange)
        return NULL;
    exchange->rest = rest;
    exchange->request = request;
    exchange->arena = arena;
    exchange->base = base_of(request, arena);
    if (pl_str_eqc(request->path, "/")) {
        begin_entry(exchange);
        return exchange;
    }
    pl_rest_match match;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_rest_router_match(rest->router, request->method, request->path, arena, &match,
                                        &err);
    if (code)
        rest_exchange_refuse(exchange, 0, &err, (pl_str){NULL, 0});
    else if (match.route)
        begin_routed(exchange, &match);
    else if (match.allow[0])
        refuse_method(exchange, match.allow);
    else
        refuse(exchange, 404, PL_NOT_FOUND, "nothing has this path");
    return exchange;
}

const pl_rest_call *pl_rest_exchange_call(const pl_rest_exchange *exchange) {
    return exchange->calling ? &exchange->call : NULL;
}

const pl_rest_route *pl_rest_exchange_route(const pl_rest_exchange *exchange) {
    return exchange->binding ? &exchange->binding->route : NULL;
}

const char *pl_rest_exchange_refusal(const pl_rest_exchange *exchange) {
    return exchange->refusal ? exchange->refusal : "";
}

const pl_rest_response *pl_rest_exchange_response(const pl_rest_exchange *exchange) {
    return exchange->response;
}

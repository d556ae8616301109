/* REST: a request becomes a call of this process, whose trailers become headers. */
#include <string.h>

#include "parley/rpc/local.h"
#include "stub_internal.h"

/* What a call by REST is of; the implementation of its method. */
typedef struct rest_call {
    stub_service *service;
    const stub_method *method;
    stub_way way;
} rest_call;

static pl_code answer(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    const rest_call *c = impl;
    pl_code code = stub_disturb(c->service->stub, c->method, call);

    return code == PL_OK ? stub_answer_by(&c->way, c->service, c->method, call, request, response)
                         : code;
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* The routes of the stub's services, made with the first request; mu is held. */
static const pl_rest *routes_of(pl_stub *stub) {
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    pl_arena scratch = pl_arena_make(PL_CALL_ARENA_BUDGET);
    pl_error why = PL_ERROR_INIT;
    const char **names;

    if (stub->rest_tried)
        return stub->rest;
    names = pl_arena_calloc(&scratch, stub->service_count + 1, sizeof(const char *));
    for (size_t i = 0; names && i < stub->service_count; i++)
        names[i] = stub->services[i].desc.name;
    opts.pool = pl_contract_set_pool(stub->set);
    opts.services = names;
    opts.service_count = stub->service_count;
    if (!names)
        (void)pl_error_set(&stub->rest_error, PL_RESOURCE_EXHAUSTED, "no memory for the routes");
    else if (pl_rest_new(&opts, &stub->rest, &why) != PL_OK)
        (void)pl_error_set(&stub->rest_error, PL_INTERNAL, "the routes are wrong: %s", why.message);
    /* Without memory it is tried again. */
    stub->rest_tried = names && why.code != PL_RESOURCE_EXHAUSTED;
    pl_arena_done(&scratch);
    return stub->rest;
}

static bool find_method(pl_stub *stub, const char *path, rest_call *out) {
    for (size_t s = 0; s < stub->service_count; s++) {
        stub_service *service = &stub->services[s];
        for (size_t m = 0; m < service->desc.method_count; m++) {
            if (strcmp(service->desc.methods[m].path, path) != 0)
                continue;
            out->service = service;
            out->method = &service->methods[m];
            return true;
        }
    }
    return false;
}

/* ---- one request ----------------------------------------------------------------------------- */

static pl_bytes_reply *run(rest_call *c, const pl_rest_call *upstream) {
    size_t index = (size_t)(c->method - c->service->methods);
    pl_method_desc desc = c->service->desc.methods[index];
    pl_metadata metadata[PL_REST_MAX_METADATA];
    pl_bytes_request request = {
        .path = desc.path,
        .body = upstream->request,
        .deadline_ns = pl_deadline_ms(upstream->timeout_ms),
        .metadata = metadata,
    };
    pl_bytes_reply *reply = NULL;

    desc.answer = answer;
    for (; request.metadata_count < upstream->metadata_count &&
           request.metadata_count < PL_COUNT(metadata);
         request.metadata_count++) {
        const pl_rest_pair *pair = &upstream->metadata[request.metadata_count];
        metadata[request.metadata_count] = (pl_metadata){pair->name.p, pair->value};
    }
    (void)pl_local_call_bytes(&desc, c, PL_STUB_DOMAIN, &request, &reply);
    return reply;
}

static pl_str find_trailer(const pl_bytes_reply *reply, const char *key) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (strcmp(reply->metadata[i].key, key) == 0)
            return reply->metadata[i].value;
    }
    return pl_str_make(NULL, 0);
}

static pl_rest_result result_of(const pl_bytes_reply *reply) {
    return (pl_rest_result){
        .code = reply->code,
        .message = pl_str_c(reply->error.message),
        .response = reply->body,
        .details = find_trailer(reply, "grpc-status-details-bin"),
        .retry_after_ms = reply->error.retry_after_ms,
    };
}

/* RESPONSE with x-contract and x-contract-verified, which the gateway would not pass on. */
static const pl_rest_response *with_contract(const pl_rest_response *response,
                                             const pl_bytes_reply *reply, pl_arena *arena) {
    static const char *const own[] = {"x-contract", "x-contract-verified"};
    pl_rest_response *out = PL_ARENA_NEW(arena, pl_rest_response);
    pl_rest_pair *headers = pl_arena_calloc(arena, response->header_count + PL_COUNT(own),
                                            sizeof *headers);

    if (!out || !headers)
        return pl_rest_no_memory();
    *out = *response;
    if (response->header_count)
        memcpy(headers, response->headers, response->header_count * sizeof *headers);
    out->headers = headers;
    for (size_t i = 0; i < PL_COUNT(own); i++) {
        pl_str value = find_trailer(reply, own[i]);
        const char *kept = value.p ? pl_arena_cstr(arena, value) : NULL;
        if (value.p && !kept)
            return pl_rest_no_memory();
        if (kept)
            headers[out->header_count++] = (pl_rest_pair){pl_str_c(own[i]),
                                                          pl_str_make(kept, value.n)};
    }
    return out;
}

/* A request that is no call: the entry point, or what the routes refuse. */
static const pl_rest_response *note(pl_stub *stub, stub_way *way,
                                    const pl_rest_exchange *exchange) {
    const pl_rest_response *response = pl_rest_exchange_response(exchange);
    const char *refusal = pl_rest_exchange_refusal(exchange);

    way->status = response->status;
    pthread_mutex_lock(&stub->mu);
    stub_journal_add(stub, way, NULL, NULL, *refusal ? pl_rest_code_of(response->status) : PL_OK,
                     pl_str_make(NULL, 0), refusal);
    pthread_mutex_unlock(&stub->mu);
    return response;
}

const pl_rest_response *pl_stub_rest(pl_stub *stub, const pl_rest_request *request,
                                     pl_arena *arena) {
    rest_call c = {
        .way = {.access = PL_ACCESS_REST, .verb = request->method, .path = request->path}};
    const pl_rest_response *response;
    const pl_rest_call *upstream;
    pl_rest_exchange *exchange;
    pl_rest_result result;
    pl_bytes_reply *reply;

    pthread_mutex_lock(&stub->mu);
    const pl_rest *rest = routes_of(stub);
    pthread_mutex_unlock(&stub->mu);
    if (!rest)
        return pl_rest_error(arena, 500, &stub->rest_error, request->path);
    exchange = pl_rest_begin(rest, request, arena);
    if (!exchange)
        return pl_rest_no_memory();
    upstream = pl_rest_exchange_call(exchange);
    if (!upstream || !find_method(stub, upstream->route->rpc_path, &c))
        return note(stub, &c.way, exchange);
    c.way.route = upstream->route;
    reply = run(&c, upstream);
    if (!reply)
        return pl_rest_no_memory();
    result = result_of(reply);
    pl_rest_finish(exchange, &result);
    response = with_contract(pl_rest_exchange_response(exchange), reply, arena);
    pl_bytes_reply_free(reply);
    return response;
}

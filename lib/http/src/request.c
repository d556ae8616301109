/* The handler's view of a request. */
#include "parley/base/assert.h"
#include "server_internal.h"

const pl_http_head *pl_http_request_head(const pl_http_request *request) {
    return pl_http_parser_head(request->parser);
}

pl_str pl_http_request_body(const pl_http_request *request) {
    return pl_buf_view(&request->body);
}

int pl_http_request_listener(const pl_http_request *request) {
    return request->listener;
}

const char *pl_http_request_peer(const pl_http_request *request) {
    return request->peer_text;
}

const char *pl_http_request_peer_address(const pl_http_request *request) {
    return request->peer_address;
}

int64_t pl_http_request_started_ns(const pl_http_request *request) {
    return request->started_ns;
}

void pl_http_request_set_data(pl_http_request *request, void *data) {
    request->data = data;
}

void *pl_http_request_get_data(const pl_http_request *request) {
    return request->data;
}

void pl_http_request_set_max_body(pl_http_request *request, int64_t bytes) {
    PL_ASSERT(request->in_headers && bytes >= 0);
    request->max_body = bytes;
}

void pl_http_request_on_gone(pl_http_request *request, void (*fn)(void *self), void *self) {
    request->on_gone = fn;
    request->on_gone_self = self;
    if (pl_http_request_gone(request))
        pl_http_connection_wake(request);
}

bool pl_http_request_gone(const pl_http_request *request) {
    return !request->server || request->peer_done || request->peer_closed;
}

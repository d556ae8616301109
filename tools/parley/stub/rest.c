/* REST beside /__parley/: requests to the stub, its answers, and its latency. */
#include <stdlib.h>

#include "parley/rest/http.h"
#include "parley/stub/rest.h"
#include "stub/rest.h"

/* A request that waits for the stub's latency. */
typedef struct waiting waiting;
struct waiting {
    stub_rest *rest;
    pl_http_request *request;
    pl_timer timer;
    waiting *next, **at;
};

struct stub_rest {
    pl_loop *loop;
    uint32_t latency_ms;
    pl_stub *stub;
    waiting *first;
};

static void respond(pl_http_request *request, const pl_rest_response *response) {
    pl_http_field fields[PL_REST_HTTP_FIELDS];
    const pl_http_reply reply = pl_rest_http_reply(response, fields);

    pl_http_respond(request, &reply);
}

static void answer(stub_rest *rest, pl_http_request *request) {
    pl_arena arena = pl_arena_make(PL_STUB_REST_MEMORY);
    pl_rest_request asked;
    const bool taken = pl_rest_of_http(pl_http_request_head(request), pl_http_request_body(request),
                                       &arena, &asked);

    respond(request, taken ? pl_stub_rest(rest->stub, &asked, &arena) : pl_rest_no_memory());
    pl_arena_done(&arena);
}

static void forget(waiting *w) {
    *w->at = w->next;
    if (w->next)
        w->next->at = w->at;
    pl_timer_stop(&w->timer);
    free(w);
}

static void on_time(void *self) {
    waiting *w = self;
    stub_rest *rest = w->rest;
    pl_http_request *request = w->request;

    forget(w);
    answer(rest, request);
}

void stub_rest_answer(stub_rest *rest, pl_http_request *request) {
    waiting *w = rest->latency_ms ? calloc(1, sizeof *w) : NULL;

    if (!rest->latency_ms) {
        answer(rest, request);
        return;
    }
    if (!w) {
        respond(request, pl_rest_no_memory());
        return;
    }
    w->rest = rest;
    w->request = request;
    w->next = rest->first;
    w->at = &rest->first;
    if (w->next)
        w->next->at = &w->next;
    rest->first = w;
    pl_timer_start(rest->loop, &w->timer, pl_deadline_ms(rest->latency_ms), on_time, w);
}

const char *stub_rest_refused(void *self, int listener, int status, const char *detail,
                              pl_buf *out_body) {
    pl_arena arena = pl_arena_make(1u << 16);
    pl_error err = PL_ERROR_INIT;

    (void)self;
    (void)listener;
    (void)pl_error_set(&err, pl_rest_code_of(status), "%s", detail);
    pl_buf_str(out_body, pl_rest_error(&arena, status, &err, (pl_str){NULL, 0})->body);
    pl_arena_done(&arena);
    return "application/json";
}

stub_rest *stub_rest_new(pl_loop *loop, pl_stub *stub, uint32_t latency_ms) {
    stub_rest *rest = calloc(1, sizeof *rest);

    if (!rest)
        return NULL;
    rest->loop = loop;
    rest->stub = stub;
    rest->latency_ms = latency_ms;
    return rest;
}

void stub_rest_turn(stub_rest *rest, pl_stub *stub) {
    rest->stub = stub;
}

void stub_rest_free(stub_rest *rest) {
    if (!rest)
        return;
    while (rest->first) {
        pl_http_request *request = rest->first->request;
        forget(rest->first);
        respond(request, pl_rest_no_memory()); /* goes nowhere: the server ends */
    }
    free(rest);
}

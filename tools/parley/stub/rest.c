/* REST beside /__parley/: requests to the stub, its answers, and its latency. */
#include <stdlib.h>

#include "parley/http/server.h"
#include "parley/stub/rest.h"
#include "stub/rest.h"

/* Headers of an answer. */
enum { FIELDS_MAX = 16 };

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
    pl_http_field fields[FIELDS_MAX];
    pl_http_reply reply = {.status = response->status, .fields = fields, .body = response->body};

    for (size_t i = 0; i < response->header_count && reply.field_count + 1 < FIELDS_MAX; i++) {
        const pl_rest_pair *header = &response->headers[i];
        if (pl_str_eqc(header->name, "content-type"))
            reply.content_type = header->value;
        else
            fields[reply.field_count++] = (pl_http_field){header->name, header->value};
    }
    fields[reply.field_count++] = (pl_http_field){PL_STR("x-content-type-options"),
                                                  PL_STR("nosniff")};
    pl_http_respond(request, &reply);
}

static void answer(stub_rest *rest, pl_http_request *request) {
    const pl_http_head *head = pl_http_request_head(request);
    pl_arena arena = pl_arena_make(PL_STUB_REST_MEMORY);
    pl_rest_pair *headers = pl_arena_calloc(&arena, head->field_count + 1, sizeof *headers);
    pl_rest_request asked = {
        .method = head->method_text,
        .path = head->path,
        .query = head->query,
        .body = pl_http_request_body(request),
        .headers = headers,
        .header_count = head->field_count,
    };

    for (size_t i = 0; headers && i < head->field_count; i++)
        headers[i] = (pl_rest_pair){head->fields[i].name, head->fields[i].value};
    respond(request, headers ? pl_stub_rest(rest->stub, &asked, &arena) : pl_rest_no_memory());
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

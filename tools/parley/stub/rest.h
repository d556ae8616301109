/* REST of the stub over HTTP. */
#ifndef PARLEY_STUB_VERB_REST_H
#define PARLEY_STUB_VERB_REST_H

#include "parley/http/server.h"
#include "parley/stub/stub.h"

typedef struct stub_rest stub_rest;

/* Answers come LATENCY_MS late. NULL: no memory. */
stub_rest *stub_rest_new(pl_loop *loop, pl_stub *stub, uint32_t latency_ms);
/* Answers from STUB from now on. */
void stub_rest_turn(stub_rest *rest, pl_stub *stub);
/* While the HTTP server still is. NULL is allowed. */
void stub_rest_free(stub_rest *rest);

/* Answers REQUEST, now or later. */
void stub_rest_answer(stub_rest *rest, pl_http_request *request);
/* What the HTTP server itself refuses, in the shape of all errors. */
pl_http_error_fn stub_rest_refused;

#endif

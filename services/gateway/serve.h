/* One request: guarded, routed, called, answered, logged. */
#ifndef GATEWAY_SERVE_H
#define GATEWAY_SERVE_H

#include "parley/http/server.h"
#include "worker.h"

/* Handler of the HTTP server; SELF is the worker. */
void serve_request(void *self, pl_http_request *request);

/* The body of what the HTTP server itself refuses, in the shape of all errors. */
const char *serve_refused(void *self, int listener, int status, const char *detail,
                          pl_buf *out_body);

/* Frees the calls that wait for use again. */
void serve_free_spare(gateway_worker *worker);

#endif

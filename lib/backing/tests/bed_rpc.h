/* A service's operations over gRPC, as its callers use them: for tests of api.c, and for mocks of
 * upstreams. */
#ifndef PARLEY_BACKING_TESTS_BED_RPC_H
#define PARLEY_BACKING_TESTS_BED_RPC_H

#include "bed.h"
#include "parley/rpc/channel.h"
#include "parley/rpc/server.h"

/* Serves BINDING on a free port of 127.0.0.1, with reasons of DOMAIN; internal methods are
 * allowed. */
pl_server *bed_serve(bed *b, const char *domain, pl_service_binding binding);
/* A channel to it, called NAME. */
pl_channel *bed_connect(bed *b, const char *name, const pl_server *server);
/* A call to make calls with; freed by the test. */
pl_call *bed_call(bed *b);

/* What a test of api.c calls a service with. */
typedef struct bed_api {
    pl_server *server;
    pl_channel *channel;
    pl_call *call;
} bed_api;

/* Serves BINDING with reasons of DOMAIN; the channel to it is called NAME. */
bed_api bed_api_open(bed *b, const char *domain, const char *name, pl_service_binding binding);
void bed_api_close(bed_api *api);

/* Fails the test, at the caller's line, with both codes and CALL's error unless GOT is WANTED. */
#define bed_code(call, got, wanted) bed_code_at(call, got, wanted, __FILE__, __LINE__)
void bed_code_at(const pl_call *call, pl_code got, pl_code wanted, const char *file, int line);

/* CALL's last error is CODE, with a field violation at PATH. */
void bed_violates(const pl_call *call, pl_code code, const char *path);

#endif

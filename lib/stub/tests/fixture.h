/* A stub of the shop over gRPC, and calls of it. */
#ifndef STUB_TESTS_STUB_FIXTURE_H
#define STUB_TESTS_STUB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/contract/compile.h"
#include "parley/json/proto_json.h"
#include "parley/rpc/stream.h"
#include "parley/stub/stub.h"

enum { TEXT_MAX = 1 << 20, PATIENCE_MS = 10000 };

#define HEAD       "consumer: web\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n"
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

typedef struct shop {
    pl_pool *pool;
    pl_contract_set *set;
    pl_stub *stub;
    pl_server *server;
    pl_channel *channel;
    pl_bytes_reply *reply;
    pl_buf text;
} shop;

extern shop s;

/* Compiles the file TEXT. */
void compile(const char *text);
/* The files of two consumers; APP may be NULL. */
void compile_both(const char *web, const char *app);
/* Makes a bundle of s.set and opens it in its place, as the program does; where WAS stands in it IS
 * stands then. WAS may be NULL. */
void open_bundle(const char *was, const char *is);
/* Compiles TEXT and serves the opened bundle; OPTS may be NULL. */
void start(const char *text, const pl_stub_opts *opts);
/* Makes a stub of s.set and serves it. */
void start_set(const pl_stub_opts *opts);
/* Serves s.stub. */
void serve(void);
int tear_down(void **state);

/* Calls METHOD of the shop with a request in JSON; the answer, in JSON, is in s.text. */
pl_code call_with(const char *method, const char *json, const pl_metadata *metadata,
                  size_t metadata_count);
pl_code call(const char *method, const char *json);
/* Calls METHOD, which streams, sending the messages in JSON, and ends; what is answered, each
 * message in JSON, is in s.text. */
pl_code converse(const char *method, const char *const *messages, size_t count);
/* A value of the metadata of the last answer, or "". */
const char *trailer(const char *key);

#endif

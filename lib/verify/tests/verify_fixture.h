/* Providers of the shop, stubbed or by hand, and their verification. */
#ifndef VERIFY_TESTS_VERIFY_FIXTURE_H
#define VERIFY_TESTS_VERIFY_FIXTURE_H

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
#include "parley/verify/report.h"
#include "parley/verify/states.h"

enum { TEXT_MAX = 4 << 20 };

#define HEAD       "consumer: web\nprovider: shop.v1\naccess: [grpc, rest, events]\ncontracts:\n"
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

/* What one test has. */
typedef struct world {
    pl_pool *pool;
    pl_contract_set *served, *set;
    pl_stub *stub;
    pl_server *server, *states_server;
    pl_states *states;
    const char *provider; /* that is verified; NULL: "shop.v1" */
    pl_verify_opts opts;  /* of the next verification */
    pl_verify_report *report;
    pl_error err;
    char target[32], states_at[32];
    pl_buf text;
} world;

extern world w;

/* Compiles TEXT, of a whole file. */
pl_contract_set *compile(const char *text);
/* A provider that does what the contracts TEXT say. */
void provide(const char *text);
/* A provider that answers GetItem with ANSWER, or talks with CHAT; the other is NULL. */
void provide_by_hand(pl_bytes_fn *answer, pl_stream_fn *chat);
/* A service of states. */
void provide_states(const pl_states_def *def);
/* Verifies the contracts TEXT: w.report is there where it is PL_OK. */
pl_code verify(const char *text);
/* The same, and expects that it can be done. */
void verified(const char *text);
/* The result of contract INDEX (from 0), in the order of the report. */
const pl_verify_result *result(size_t index);
/* Contract INDEX failed, and alone with this difference. */
void differs(size_t index, const char *path, const char *expected, const char *actual);
/* The report as text, to be shown where a test fails. */
const char *said(void);
/* Everything passed. */
void passed(void);
int tear_down(void **state);

#endif

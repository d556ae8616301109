/* Contracts with the shop of the tests, made from text. */
#ifndef CONTRACT_TESTS_SHOP_H
#define CONTRACT_TESTS_SHOP_H

#include <stdio.h>

#include "check.h"
#include "parley/contract/compile.h"
#include "parley/contract/match.h"
#include "parley/json/proto_json.h"

enum { SHOP_TEXT_MAX = 1 << 20 };

static inline pl_pool *shop_pool(void) {
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_pool_load(PL_SHOP_SET, NULL, &pool, &err))
        fail_msg("%s", err.message);
    return pool;
}

/* Compiles a whole file; findings fail the test. */
static inline pl_contract_set *shop_compile(const pl_pool *pool, const char *text) {
    pl_findings *findings = pl_findings_new();
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_compile(pool, &source, 1, NULL, findings, &set, &err))
        fail_msg("%s", err.message);
    if (pl_findings_count(findings)) {
        pl_buf out = pl_buf_make(SHOP_TEXT_MAX);
        for (size_t i = 0; i < pl_findings_count(findings); i++)
            pl_finding_print(pl_findings_at(findings, i), false, &out);
        fail_msg("%s", out.p);
    }
    pl_findings_free(findings);
    return set;
}

#define SHOP_HEAD                                                                                  \
    "consumer: web\nprovider: shop.v1\naccess: [grpc, rest, events]\ncontracts:\n- name: a\n"

/* A call of GetItem whose response is BODY, in flow style. */
static inline pl_contract_set *shop_response(const pl_pool *pool, const char *body) {
    pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
    pl_buf_printf(&text,
                  SHOP_HEAD "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: %s\n",
                  body);
    pl_contract_set *set = shop_compile(pool, text.p);
    pl_buf_done(&text);
    return set;
}

static inline const pl_contract *shop_contract(const pl_contract_set *set) {
    return pl_contract_set_file(set, 0)->contracts[0];
}

/* A message of the type NAME from JSON, as wire bytes. */
static inline void shop_bytes(const pl_pool *pool, const char *name, const char *json,
                              pl_buf *out) {
    pl_error err = PL_ERROR_INIT;
    if (pl_json_to_wire(pl_pool_message(pool, pl_str_c(name)), pl_str_c(json), NULL, out, &err))
        fail_msg("%s", err.message);
}

/* The differences of BYTES, an Item, to the response of SET: "path: expected X, got Y\n" each. */
static inline void shop_judge(const pl_contract_set *set, pl_str bytes, bool closed, pl_buf *out) {
    pl_arena arena = pl_arena_make(8 << 20);
    pl_verdict verdict = pl_verdict_make(&arena);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    opts.closed = closed;
    const pl_contract *contract = shop_contract(set);
    bool same = pl_match_bytes(pl_contract_response(contract), contract->method->output, bytes,
                               &opts, &verdict, &arena);
    assert_int_equal(same, verdict.total == 0);
    for (size_t i = 0; i < verdict.count; i++) {
        const pl_difference *d = &verdict.differences[i];
        pl_buf_printf(out, "%s: expected %s, got %s\n", d->path.p, d->expected.p, d->actual.p);
    }
    pl_arena_done(&arena);
}

/* The shop, from the group's set-up to its teardown. */
static pl_pool *pool;

static inline int shop_load(void **state) {
    (void)state;
    pool = shop_pool();
    return 0;
}

static inline int shop_unload(void **state) {
    (void)state;
    pl_pool_free(pool);
    return 0;
}

#endif

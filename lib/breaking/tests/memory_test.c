/* Every allocation fails once: all changes, users and parts are found, or an error is. */
#include <stdio.h>

#include "check.h"
#include "mutate.h"
#include "parley/breaking/coverage.h"
#include "parley/breaking/impact.h"
#include "parley/contract/compile.h"
#include "parley/test/failmalloc.h"

enum { BYTES_MAX = 16 << 20, ARENA_MAX = 16 << 20 };

static const char contract_text[] = "consumer: web\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n"
                                    "- name: an item\n  call: ShopService.GetItem\n"
                                    "  request: { id: 7 }\n  response: { name: TV }\n";

static pl_pool *load(pl_buf *bytes, mutation *m) {
    pl_buf changed = pl_buf_make(BYTES_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    mutate(pl_buf_view(bytes), "shop/v1/shop.proto", m, &changed);
    if (pl_pool_new(pl_buf_view(&changed), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&changed);
    return pool;
}

static void read_set(pl_buf *out) {
    FILE *file = fopen(PL_SHOP_SET, "rb");
    assert_non_null(file);
    for (size_t n = 1; n > 0;) {
        char *room = pl_buf_reserve(out, 4096);
        n = room ? fread(room, 1, 4096, file) : 0;
        pl_buf_wrote(out, n);
    }
    (void)fclose(file);
}

static void finds_all_changes_or_says_that_memory_ran_out(void **state) {
    mutation none = {.target = SIZE_MAX}, renamed = {.kind = MUTATE_NAME, .target = 7};
    pl_buf bytes = pl_buf_make(BYTES_MAX);
    (void)state;
    read_set(&bytes);
    pl_pool *before = load(&bytes, &none), *after = load(&bytes, &renamed);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_changes *changes = NULL;
        pl_test_fail_allocation(n);
        pl_code code = pl_diff(before, after, NULL, &changes, NULL);
        done = !pl_test_allocation_failed();
        if (code == PL_OK) {
            assert_int_equal(pl_changes_count(changes), 2);
            for (size_t i = 0; i < 2; i++)
                assert_true(pl_changes_at(changes, i)->message.n > 0);
        } else {
            assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
            assert_null(changes);
        }
        if (done)
            assert_int_equal(code, PL_OK);
        pl_changes_free(changes);
    }
    pl_pool_free(before);
    pl_pool_free(after);
    pl_buf_done(&bytes);
}

static pl_contract_set *compile(const pl_pool *pool) {
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(contract_text)};
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_compile(pool, &source, 1, NULL, findings, &set, &err))
        fail_msg("%s", err.message);
    assert_int_equal(pl_findings_errors(findings), 0);
    pl_findings_free(findings);
    return set;
}

typedef struct world {
    pl_pool *before, *after;
    pl_contract_set *set;
    pl_changes *changes;
} world;

static void open_world(world *w) {
    mutation none = {.target = SIZE_MAX}, renamed = {.kind = MUTATE_NAME, .target = 7};
    pl_buf bytes = pl_buf_make(BYTES_MAX);
    read_set(&bytes);
    w->before = load(&bytes, &none);
    w->after = load(&bytes, &renamed);
    w->set = compile(w->before);
    if (pl_diff(w->before, w->after, NULL, &w->changes, NULL))
        fail_msg("no changes");
    pl_buf_done(&bytes);
}

static void close_world(world *w) {
    pl_changes_free(w->changes);
    pl_contract_set_free(w->set);
    pl_pool_free(w->before);
    pl_pool_free(w->after);
}

static void finds_all_users_or_says_that_memory_ran_out(void **state) {
    world w = {0};
    (void)state;
    open_world(&w);
    const pl_contract_set *sets[] = {w.set};
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_arena arena = pl_arena_make(ARENA_MAX);
        pl_judgement said;
        pl_test_fail_allocation(n);
        pl_code code = pl_impact_judge(pl_changes_at(w.changes, 0), sets, 1, &arena, &said, NULL);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        if (done)
            assert_int_equal(said.open_count, 1);
        pl_arena_done(&arena);
    }
    close_world(&w);
}

static void finds_all_parts_or_says_that_memory_ran_out(void **state) {
    world w = {0};
    (void)state;
    open_world(&w);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_arena arena = pl_arena_make(ARENA_MAX);
        pl_coverage coverage = {0};
        pl_test_fail_allocation(n);
        pl_code code = pl_coverage_of(w.set, pl_str_c("shop.v1"), &arena, &coverage, NULL);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        if (done) {
            assert_int_equal(coverage.used, 3); /* the RPC, the id and the name */
            assert_true(coverage.row_count > 20);
        } else {
            assert_int_equal(coverage.row_count, 0);
        }
        pl_arena_done(&arena);
    }
    close_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all_changes_or_says_that_memory_ran_out),
        cmocka_unit_test(finds_all_users_or_says_that_memory_ran_out),
        cmocka_unit_test(finds_all_parts_or_says_that_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

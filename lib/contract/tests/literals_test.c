/* What a request fixes, and contracts of a set that was opened. */
#include "parley/contract/literals.h"

#include "parley/contract/bundle.h"
#include "shop.h"

enum { SMALL_MAX = 1 << 22 };

#define GET "  call: ShopService.GetItem\n  response: { name: !type x }\n"
#define PUT "  call: ShopService.PutItem\n  response: { name: !type x }\n  request:\n"

static const char file[] =
    "consumer: web\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n"
    "- name: plain\n" GET "  request: { id: 7, language: en }\n"
    "- name: nothing\n" GET "  request: { id: !range { min: 1, max: 9 } }\n"
    "- name: a choice\n" GET "  request: { id: !one_of [1, 2], labels: [x] }\n"
    "- name: all kinds\n" PUT
    "    { number: -7, name: '', small: -1, usmall: 1, ubig: 2, fix: 3, bigfix: 4, bigsfix: -5,\n"
    "      flag: true, raw: AAE=, state: OnSale, ratio: 1.5, exact: 2.5, zig: -6, numbers: [1],\n"
    "      part: { name: bolt, count: 3 }, child: { child: { child: { child: { number: 1 },\n"
    "      number: 2 } } }, at: '2026-01-01T00:00:00Z', boxed: 5, texts: { a: b } }\n"
    "- name: too many\n" PUT
    "    { number: 1, name: a, small: 1, usmall: 1, ubig: 1, fix: 1, bigfix: 1, bigsfix: 1,\n"
    "      flag: true, raw: AAE=, part: { name: b, count: 2 }, maybe: 1, maybe_text: c,\n"
    "      secret: d, zip_code: e, child: { number: 2, name: f, small: 2, usmall: 2 } }\n";

static void same_literals(const pl_literal *a, const pl_literal *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].depth, b[i].depth);
        /* Their pools are not the same. */
        for (size_t k = 0; k < a[i].depth; k++)
            assert_string_equal(a[i].path[k]->full_name.p, b[i].path[k]->full_name.p);
        assert_int_equal(a[i].value.bits, b[i].value.bits);
        assert_true(pl_str_eq(a[i].value.text, b[i].value.text));
    }
}

static pl_contract_set *open_bundle_of(const pl_contract_set *set) {
    pl_buf bytes = pl_buf_make(SMALL_MAX);
    pl_contract_set *opened = NULL;
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_bundle_write(set, &bytes, &err), PL_OK);
    if (pl_bundle_open(&bytes, &opened, &err) != PL_OK)
        fail_msg("%s", err.message);
    pl_buf_done(&bytes);
    return opened;
}

static void plain_values_are_what_a_request_fixes(void **state) {
    pl_literal literals[PL_LITERALS_MAX];

    (void)state;
    pl_contract_set *set = shop_compile(pool, file);
    const pl_contract_file *f = pl_contract_set_file(set, 0);
    assert_int_equal(pl_contract_literals(f->contracts[0], literals), 2);
    assert_string_equal(literals[0].path[0]->name.p, "id");
    assert_int_equal(literals[0].value.bits, 7);
    assert_true(pl_str_eqc(literals[1].value.text, "en"));
    assert_int_equal(pl_contract_literals(f->contracts[1], literals), 0);
    assert_int_equal(pl_contract_literals(f->contracts[2], literals), 0);
    assert_int_equal(pl_contract_literals(f->contracts[4], literals), PL_LITERALS_MAX);
    pl_contract_set_free(set);
}

static void they_are_the_same_before_a_contract_is_loaded_and_after(void **state) {
    pl_literal compiled[PL_LITERALS_MAX], unread[PL_LITERALS_MAX], loaded[PL_LITERALS_MAX];
    pl_error err = PL_ERROR_INIT;

    (void)state;
    pl_contract_set *set = shop_compile(pool, file), *opened = open_bundle_of(set);
    for (size_t i = 0; i < pl_contract_set_count(set); i++) {
        const pl_contract *contract = pl_contract_set_file(opened, 0)->contracts[i];
        size_t count = pl_contract_literals(pl_contract_set_file(set, 0)->contracts[i], compiled);
        assert_true(contract->unread.n > 0);
        assert_int_equal(pl_contract_literals(contract, unread), count);
        assert_int_equal(pl_contract_load(contract, &err), PL_OK);
        assert_int_equal(contract->unread.n, 0);
        assert_int_equal(pl_contract_literals(contract, loaded), count);
        same_literals(compiled, unread, count);
        same_literals(compiled, loaded, count);
    }
    pl_contract_set_free(opened);
    pl_contract_set_free(set);
}

static void a_set_that_was_opened_and_loaded_says_what_it_was_made_of(void **state) {
    pl_buf before = pl_buf_make(SMALL_MAX), after = pl_buf_make(SMALL_MAX);
    pl_error err = PL_ERROR_INIT;

    (void)state;
    pl_contract_set *set = shop_compile(pool, file), *opened = open_bundle_of(set);
    const pl_contract_file *f = pl_contract_set_file(opened, 0);
    for (size_t i = 0; i < f->contract_count; i++)
        assert_int_equal(pl_contract_load(f->contracts[i], &err), PL_OK);
    assert_int_equal(pl_bundle_write(set, &before, &err), PL_OK);
    assert_int_equal(pl_bundle_write(opened, &after, &err), PL_OK);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    pl_buf_done(&before);
    pl_buf_done(&after);
    pl_contract_set_free(opened);
    pl_contract_set_free(set);
}

/* Each byte of a bundle turned: opening or loading fails, or what is there can be looked at. */
static void a_damaged_bundle_does_no_harm(void **state) {
    pl_buf bytes = pl_buf_make(SMALL_MAX);
    pl_literal literals[PL_LITERALS_MAX];
    pl_error err = PL_ERROR_INIT;

    (void)state;
    pl_contract_set *set = shop_compile(pool, file);
    assert_int_equal(pl_bundle_write(set, &bytes, &err), PL_OK);
    /* Contracts come last; types before them have tests of their own. */
    for (size_t at = bytes.n - 1200; at < bytes.n; at += 3) {
        pl_buf damaged = pl_buf_make(SMALL_MAX);
        pl_contract_set *opened = NULL;
        pl_buf_append(&damaged, bytes.p, bytes.n);
        damaged.p[at] = (char)(damaged.p[at] ^ 0x15);
        if (pl_bundle_open(&damaged, &opened, &err) == PL_OK) {
            const pl_contract_file *f = pl_contract_set_file(opened, 0);
            for (size_t i = 0; i < f->contract_count; i++) {
                (void)pl_contract_literals(f->contracts[i], literals);
                (void)!pl_contract_load(f->contracts[i], &err);
            }
        }
        pl_contract_set_free(opened);
        pl_buf_done(&damaged);
    }
    pl_buf_done(&bytes);
    pl_contract_set_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_are_what_a_request_fixes),
        cmocka_unit_test(they_are_the_same_before_a_contract_is_loaded_and_after),
        cmocka_unit_test(a_set_that_was_opened_and_loaded_says_what_it_was_made_of),
        cmocka_unit_test(a_damaged_bundle_does_no_harm),
    };

    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}

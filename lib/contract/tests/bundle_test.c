/* Bundles: what is written is read, and its hash is of what is meant. */
#include <stdlib.h>

#include "parley/contract/bundle.h"
#include "parley/schema/wire.h"
#include "shop.h"

enum { SMALL_MAX = 1 << 22 };

static const char one_file[] = SHOP_HEAD
    "  given: { on_sale: { id: 1, names: [a, b] } }\n"
    "  call: ShopService.GetItem\n  http: GET /item/{id}\n"
    "  metadata: { tenant: !regex { pattern: '^a', example: acme } }\n"
    "  request: { id: !range { min: 1, max: 9 } }\n"
    "  response:\n    name: !non_empty TV\n    parts: !each { name: !size 3, count: 1 }\n"
    "    texts: { b: x, a: !type y }\n    places: !each_key 5\n    exact: !near { value: 1, by: "
    "0.5 }\n"
    "    any: { \"@type\": shop.v1.Part, name: x }\n    boxed: 5\n    at: !timestamp now\n"
    "    number: !from_state n\n    maybe: !absent\n    state: !one_of [OnSale, STATE_SOLD]\n"
    "    zip_code: !not x\n    took: !range { min: 1s }\n"
    "  trailers: { x-v: v1, d-bin: { \"@type\": shop.v1.Part, name: x } }\n"
    "  within: 200ms\n  priority: -3\n  tags: [x]\n  scenario: { name: s, then: t }\n"
    "  must_not_contain: [secret]\n  in_progress: { until: 2030-01-01, because: new }\n"
    "- name: refusal\n  call: ShopService.GetItem\n  request: { id: 10 }\n"
    "  status: { code: NOT_FOUND, message: !contains no, details: [ { \"@type\": "
    "google.rpc.ErrorInfo, reason: GONE } ] }\n"
    "- name: talk\n  call: ShopService.Chat\n  steps:\n  - recv: { name: a }\n    repeat: 2\n"
    "  - any_order:\n    - send: { name: b }\n    - send: { name: c }\n  - delay: 5ms\n"
    "- name: sold\n  trigger: item_sold\n  event: ItemSold\n  payload: { count: !type 5 }\n";

static void hash_of(const pl_contract_set *set, uint8_t out[PL_HASH_SIZE]) {
    assert_int_equal(pl_contract_set_hash(set, out, NULL), PL_OK);
}

static bool same_hash(const char *left, const char *right) {
    uint8_t a[PL_HASH_SIZE], b[PL_HASH_SIZE];
    pl_contract_set *one = shop_compile(pool, left), *two = shop_compile(pool, right);
    hash_of(one, a);
    hash_of(two, b);
    pl_contract_set_free(one);
    pl_contract_set_free(two);
    return memcmp(a, b, sizeof a) == 0;
}

/* Everything of a set as bytes: reading and writing again must give the same ones. */
static void what_is_written_is_read(void **state) {
    (void)state;
    pl_contract_set *set = shop_compile(pool, one_file), *read = NULL;
    pl_buf bytes = pl_buf_make(SMALL_MAX), again = pl_buf_make(SMALL_MAX);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_bundle_write(set, &bytes, &err), PL_OK);
    if (pl_bundle_read(pl_buf_view(&bytes), &read, &err))
        fail_msg("%s", err.message);
    assert_int_equal(pl_bundle_write(read, &again, &err), PL_OK);
    assert_int_equal(bytes.n, again.n);
    assert_memory_equal(bytes.p, again.p, bytes.n);
    const pl_contract *contract = shop_contract(read);
    assert_string_equal(contract->name.p, "a");
    assert_int_equal(contract->at.line, 5);
    assert_int_equal(contract->at.column, 9);
    assert_int_equal(pl_contract_set_count(read), 4);
    pl_contract_set_free(set);
    pl_contract_set_free(read);
    pl_buf_done(&bytes);
    pl_buf_done(&again);
}

static void the_same_example_comes_out_of_a_bundle(void **state) {
    (void)state;
    pl_contract_set *set = shop_compile(pool, one_file), *read = NULL;
    pl_buf bytes = pl_buf_make(SMALL_MAX), before = pl_buf_make(SMALL_MAX),
           after = pl_buf_make(SMALL_MAX);
    pl_arena arena = pl_arena_make(1 << 20);
    assert_int_equal(pl_bundle_write(set, &bytes, NULL), PL_OK);
    assert_int_equal(pl_bundle_read(pl_buf_view(&bytes), &read, NULL), PL_OK);
    const pl_contract *a = shop_contract(set), *b = shop_contract(read);
    assert_int_equal(
        pl_example_bytes(pl_contract_response(a), a->method->output, NULL, &arena, &before), PL_OK);
    assert_int_equal(
        pl_example_bytes(pl_contract_response(b), b->method->output, NULL, &arena, &after), PL_OK);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    assert_true(pl_match_bytes(pl_contract_response(b), b->method->output, pl_buf_view(&before),
                               NULL, NULL, &arena));
    pl_arena_done(&arena);
    pl_contract_set_free(set);
    pl_contract_set_free(read);
    pl_buf_done(&bytes);
    pl_buf_done(&before);
    pl_buf_done(&after);
}

static void layout_order_and_comments_do_not_change_the_hash(void **state) {
    static const char plain[] = SHOP_HEAD
        "  call: ShopService.GetItem\n  request: { id: 1 }\n"
        "  response: { name: x, texts: { a: b, c: d } }\n"
        "- name: b\n  call: ShopService.GetItem\n  request: { id: 2 }\n  response: { name: y }\n";
    static const char moved[] =
        "# something\ncontracts:\n- response: { name: \"y\" }\n  name: 'b'\n\n"
        "  call: shop.v1.ShopService.GetItem\n  request: { id: 2 }\n"
        "- name: a\n  call: ShopService.GetItem\n  request:\n    id: 1\n"
        "  response:\n    texts: { c: d, a: b }\n    name: x # the name\n"
        "access: [events, rest, grpc]\nsource: true\nprovider: shop.v1\nconsumer: web\n";
    (void)state;
    assert_true(same_hash(plain, moved));
}

/* The pool as it is made of protos without comments. */
static pl_pool *pool_without_comments(void) {
    enum { FILE_OF_SET = 1, COMMENTS_OF_FILE = 9 };
    pl_buf set = pl_buf_make(SMALL_MAX);
    pl_pool *out = NULL;
    pl_error err = PL_ERROR_INIT;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        pl_wire_reader in = pl_wire_reader_make(pl_pool_file_at(pool, i)->bytes);
        pl_wire_field f;
        pl_buf file = pl_buf_make(SMALL_MAX);
        for (const uint8_t *from = in.p; pl_wire_next(&in, &f); from = in.p) {
            if (f.number != COMMENTS_OF_FILE)
                pl_buf_append(&file, from, (size_t)(in.p - from));
        }
        pl_wire_put_bytes(&set, FILE_OF_SET, pl_buf_view(&file));
        pl_buf_done(&file);
    }
    if (pl_pool_new(pl_buf_view(&set), NULL, &out, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&set);
    return out;
}

static void comments_of_protos_do_not_change_the_hash(void **state) {
    (void)state;
    uint8_t a[PL_HASH_SIZE], b[PL_HASH_SIZE];
    pl_pool *bare = pool_without_comments();
    pl_contract_set *one = shop_compile(pool, one_file), *two = shop_compile(bare, one_file);
    hash_of(one, a);
    hash_of(two, b);
    assert_memory_equal(a, b, sizeof a);
    pl_contract_set_free(one);
    pl_contract_set_free(two);
    pl_pool_free(bare);
}

static void what_is_meant_changes_the_hash(void **state) {
    static const char plain[] = SHOP_HEAD
        "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: x }\n";
    static const char *const others[] = {
        SHOP_HEAD "  call: ShopService.GetItem\n  request: { id: 2 }\n  response: { name: x }\n",
        SHOP_HEAD
        "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: !type x }\n",
        SHOP_HEAD "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: x }\n"
                  "  priority: 1\n",
        SHOP_HEAD "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: x }\n"
                  "  http: GET /items/{id}\n",
        SHOP_HEAD
        "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: !non_empty x }\n",
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(others); i++)
        assert_false(same_hash(plain, others[i]));
}

/* Every beginning, and every byte changed in turn: refused or read, and never astray. */
static void damage_is_refused(void **state) {
    (void)state;
    pl_contract_set *set = shop_compile(pool, one_file);
    pl_buf bytes = pl_buf_make(SMALL_MAX);
    assert_int_equal(pl_bundle_write(set, &bytes, NULL), PL_OK);
    size_t types = bytes.n - 3000; /* what is behind the types, and their end */
    for (size_t i = types; i < bytes.n; i += 7) {
        pl_contract_set *read = NULL;
        char kept = bytes.p[i];
        bytes.p[i] = (char)(kept ^ (1 << (i % 8)));
        if (pl_bundle_read(pl_buf_view(&bytes), &read, NULL) == PL_OK)
            pl_contract_set_free(read); /* a position */
        bytes.p[i] = kept;
        read = NULL;
        assert_int_not_equal(pl_bundle_read(pl_str_make(bytes.p, i), &read, NULL), PL_OK);
    }
    pl_contract_set_free(set);
    pl_buf_done(&bytes);
}

static void a_later_version_is_refused_by_name(void **state) {
    static const char later[] = {0x08, 0x02};
    pl_contract_set *read = NULL;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    assert_int_equal(pl_bundle_read(pl_str_make(later, sizeof later), &read, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "bundle: of version 2, at most 1 is read; use a newer parley");
}

/* A set of CONSUMER's by TYPES, as one that reads the bundle has it. */
static pl_contract_set *bundled(const pl_pool *types, const char *consumer) {
    pl_buf text = pl_buf_make(SMALL_MAX), bytes = pl_buf_make(SMALL_MAX);
    pl_contract_set *read = NULL;
    pl_buf_printf(&text,
                  "consumer: %s\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n- name: a\n"
                  "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: x }\n",
                  consumer);
    pl_contract_set *set = shop_compile(types, text.p);
    assert_int_equal(pl_bundle_write(set, &bytes, NULL), PL_OK);
    assert_int_equal(pl_bundle_read(pl_buf_view(&bytes), &read, NULL), PL_OK);
    pl_contract_set_free(set);
    pl_buf_done(&bytes);
    pl_buf_done(&text);
    return read;
}

static void bundles_of_several_consumers_are_one_set(void **state) {
    pl_contract_set *sets[] = {bundled(pool, "web"), bundled(pool, "app")}, *all = NULL;
    (void)state;
    assert_int_equal(pl_bundle_merge((const pl_contract_set *const *)sets, 2, &all, NULL), PL_OK);
    for (size_t i = 0; i < 2; i++)
        pl_contract_set_free(sets[i]);
    assert_int_equal(pl_contract_set_count(all), 2);
    const pl_contract *first = shop_contract(all);
    assert_ptr_equal(first->method, pl_pool_method(pl_contract_set_pool(all), first->method->path));
    pl_contract_set_free(all);
}

static void bundles_with_the_same_contracts_are_not_merged(void **state) {
    pl_contract_set *sets[] = {bundled(pool, "web"), bundled(pool, "web")}, *all = NULL;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    assert_int_equal(pl_bundle_merge((const pl_contract_set *const *)sets, 2, &all, &err),
                     PL_FAILED_PRECONDITION);
    assert_string_equal(err.message,
                        "bundles: two of them have the contracts of web with shop.v1; use one");
    for (size_t i = 0; i < 2; i++)
        pl_contract_set_free(sets[i]);
}

/* The shop's types with another name of one field. */
static pl_pool *changed_pool(void) {
    pl_buf types = pl_buf_make(SMALL_MAX);
    pl_pool *changed = NULL;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++)
        assert_true(pl_wire_put_bytes(&types, 1, pl_pool_file_at(pool, i)->bytes));
    for (char *at = types.p; (at = memchr(at, 'z', types.n - (size_t)(at - types.p))); at++) {
        if (strncmp(at, "zip_code", 8) == 0 || strncmp(at, "zipCode", 7) == 0)
            *at = 'Z';
    }
    assert_int_equal(pl_pool_new(pl_buf_view(&types), NULL, &changed, NULL), PL_OK);
    pl_buf_done(&types);
    return changed;
}

static void bundles_with_different_protos_are_not_merged(void **state) {
    pl_pool *other = changed_pool();
    pl_contract_set *sets[] = {bundled(pool, "web"), bundled(other, "app")}, *all = NULL;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    assert_int_equal(pl_bundle_merge((const pl_contract_set *const *)sets, 2, &all, &err),
                     PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "different versions of shop/v1/shop.proto"));
    for (size_t i = 0; i < 2; i++)
        pl_contract_set_free(sets[i]);
    pl_pool_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_same_example_comes_out_of_a_bundle),
        cmocka_unit_test(layout_order_and_comments_do_not_change_the_hash),
        cmocka_unit_test(comments_of_protos_do_not_change_the_hash),
        cmocka_unit_test(what_is_meant_changes_the_hash),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(a_later_version_is_refused_by_name),
        cmocka_unit_test(bundles_of_several_consumers_are_one_set),
        cmocka_unit_test(bundles_with_the_same_contracts_are_not_merged),
        cmocka_unit_test(bundles_with_different_protos_are_not_merged),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}

/* Plain calls: what is made of a bundle's bytes is what the contract says when it is read. */
#include "parley/contract/plain.h"

#include "parley/contract/bundle.h"
#include "parley/schema/wire.h"
#include "shop.h"

enum { SMALL_MAX = 1 << 22, ROUNDS = 400, FIELDS_MAX = 6 };

#define HEAD "consumer: web\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n"

/* The bundle of TEXT, opened; where AT is not 0, with that byte, counted from the end, turned.
 * NULL: it does not open. */
static pl_contract_set *open_damaged(const char *text, size_t at) {
    pl_contract_set *set = shop_compile(pool, text), *opened = NULL;
    pl_buf bytes = pl_buf_make(SMALL_MAX);
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_bundle_write(set, &bytes, &err), PL_OK);
    if (at)
        bytes.p[bytes.n - at] = (char)(bytes.p[bytes.n - at] ^ 0x15);
    if (pl_bundle_open(&bytes, &opened, &err) != PL_OK && !at)
        fail_msg("%s", err.message);
    pl_buf_done(&bytes);
    pl_contract_set_free(set);
    return opened;
}

static pl_contract_set *opened(const char *text) {
    return open_damaged(text, 0);
}

/* ---- the same as when it is read ------------------------------------------------------------- */

static bool is_example(const pl_matcher *matcher, const pl_message_type *type, pl_str bytes) {
    pl_arena arena = pl_arena_make(SMALL_MAX);
    pl_buf expected = pl_buf_make(SMALL_MAX), got = pl_buf_make(SMALL_MAX);
    pl_error err = PL_ERROR_INIT;
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    bool same;

    opts.closed = true;
    assert_int_equal(pl_example_bytes(matcher, type, NULL, &arena, &expected), PL_OK);
    assert_int_equal(pl_wire_normalize(type, bytes, &got, &err), PL_OK);
    same = pl_str_eq(pl_buf_view(&expected), pl_buf_view(&got)) &&
           pl_match_bytes(matcher, type, bytes, &opts, NULL, &arena);
    pl_buf_done(&expected);
    pl_buf_done(&got);
    pl_arena_done(&arena);
    return same;
}

/* CONTRACT is plain, and says the same when it has been read. */
static void check_plain(const pl_contract *contract) {
    pl_buf both = pl_buf_make(SMALL_MAX);
    pl_error err = PL_ERROR_INIT;
    pl_plain_call call;

    pl_buf_puts(&both, "before");
    if (!pl_contract_plain(contract, &both, &call))
        fail_msg("%s is not plain", contract->name.p);
    assert_false(call.more);
    size_t request = call.request_size;
    assert_int_equal(pl_contract_load(contract, &err), PL_OK);
    pl_str rest = pl_str_make(both.p + strlen("before"), both.n - strlen("before"));
    if (!is_example(pl_contract_request(contract), contract->method->input,
                    pl_str_make(rest.p, request)))
        fail_msg("the request of %s is another one", contract->name.p);
    if (!is_example(pl_contract_response(contract), contract->method->output,
                    pl_str_make(rest.p + request, rest.n - request)))
        fail_msg("the answer of %s is another one", contract->name.p);
    pl_buf_done(&both);
}

static const char *const bodies[] = {
    "number: -7",
    "name: ''",
    "small: -1",
    "usmall: 1",
    "ubig: 18446744073709551615",
    "fix: 3",
    "bigfix: 4",
    "bigsfix: -5",
    "flag: true",
    "raw: AAE=",
    "state: OnSale",
    "states: [STATE_SOLD, STATE_ON_SALE]",
    "states: []",
    "ratio: 1.5",
    "exact: 2.5",
    "zig: -6",
    "numbers: [1, 300, 70000]",
    "numbers: !each 2",
    "tags: [a, '', b]",
    "tags: !unordered [x, y]",
    "part: { name: bolt, count: !type 0 }",
    "part: {}",
    "parts: [{ name: a }, {}, { count: 2 }]",
    "child: { child: { number: 1, child: { name: deep } }, flag: false }",
    "at: '2026-01-01T00:00:00.5Z'",
    "at: '1969-12-31T23:59:59.5Z'",
    "took: -1.5s",
    "took: 0s",
    "boxed: 5",
    "boxed: 0",
    "boxed_text: !non_empty x",
    "texts: { a: b, '': '' }",
    "places: { 3: { name: there }, 4: {} }",
    "maybe: 0",
    "maybe_text: ''",
    "secret: !absent",
    "card: !regex { pattern: '[0-9]+', example: '12' }",
    "zip_code: !one_of [a, b]",
    "extra: { k: [1, { l: m, n: null }], o: true }",
};

static size_t field_length(const char *body) {
    return strcspn(body, ":");
}

/* Some of the bodies, of different fields. */
static void draw_fields(uint32_t *seed, pl_buf *out) {
    const char *taken[FIELDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < FIELDS_MAX; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        const char *body = bodies[(*seed >> 8) % PL_COUNT(bodies)];
        bool is_new = true;
        for (size_t k = 0; k < count; k++)
            is_new = is_new && strncmp(taken[k], body, field_length(body) + 1) != 0;
        if (!is_new)
            continue;
        pl_buf_printf(out, "%s%s", count ? ", " : "", body);
        taken[count++] = body;
    }
}

static void a_plain_call_says_what_its_contract_says(void **state) {
    pl_buf text = pl_buf_make(SMALL_MAX);
    uint32_t seed = 1;

    (void)state;
    pl_buf_puts(&text, HEAD);
    for (int i = 0; i < ROUNDS; i++) {
        /* No two of them take the same. */
        pl_buf_printf(&text, "- name: n%d\n  call: ShopService.PutItem\n  request: { number: %d", i,
                      i);
        pl_buf fields = pl_buf_make(SMALL_MAX);
        draw_fields(&seed, &fields);
        if (fields.n && !strstr(fields.p, "number: -7"))
            pl_buf_printf(&text, ", %s", fields.p);
        pl_buf_clear(&fields);
        draw_fields(&seed, &fields);
        pl_buf_printf(&text, " }\n  response: { %s }\n", fields.p);
        pl_buf_done(&fields);
    }
    pl_contract_set *set = opened(text.p);
    const pl_contract_file *file = pl_contract_set_file(set, 0);
    for (size_t i = 0; i < file->contract_count; i++)
        check_plain(file->contracts[i]);
    assert_int_equal(file->contract_count, ROUNDS);
    pl_contract_set_free(set);
    pl_buf_done(&text);
}

/* ---- what is not plain ----------------------------------------------------------------------- */

/* Whether a call of GetItem with PARTS is plain, and whether there is more to it. */
static bool is_plain(const char *parts, bool more) {
    pl_buf text = pl_buf_make(SMALL_MAX), both = pl_buf_make(SMALL_MAX);
    pl_plain_call call = {0, false};

    pl_buf_printf(&text, HEAD "- name: a\n  call: ShopService.GetItem\n%s", parts);
    pl_contract_set *set = opened(text.p);
    bool plain = pl_contract_plain(shop_contract(set), &both, &call);
    assert_int_equal(call.more, more);
    pl_contract_set_free(set);
    pl_buf_done(&text);
    pl_buf_done(&both);
    return plain;
}

static void what_is_more_than_messages_is_told_of(void **state) {
    (void)state;
    assert_true(is_plain("  request: { id: 1 }\n  response: { name: x }\n", false));
    assert_true(is_plain("  request: { id: 1 }\n  response: { name: x }\n"
                         "  metadata: { tenant: acme }\n",
                         true));
    assert_true(is_plain("  request: { id: 1 }\n  response: { name: x }\n"
                         "  trailers: { x-v: v1 }\n",
                         true));
    assert_true(is_plain("  request: { id: 1 }\n  status: NOT_FOUND\n", true));
}

static void an_example_that_is_made_when_it_is_used_is_not_plain(void **state) {
    (void)state;
    assert_false(is_plain("  request: { id: 1 }\n  response: { at: !timestamp now }\n", false));
    assert_false(is_plain("  given: { on_sale: { n: 1 } }\n  request: { id: 1 }\n"
                          "  response: { number: !from_state n }\n",
                          false));
    assert_false(is_plain("  request: { id: 1 }\n"
                          "  response: { any: { \"@type\": shop.v1.Part, name: x } }\n",
                          false));
}

static void an_outline_has_everything_but_messages(void **state) {
    pl_contract_set *set = opened(HEAD "- name: a\n  given: { on_sale: { n: 1 } }\n"
                                       "  call: ShopService.GetItem\n  metadata: { tenant: acme }\n"
                                       "  request: { id: 1 }\n  status: NOT_FOUND\n"
                                       "  trailers: { x-v: v1 }\n  tags: [x, y]\n");
    const pl_contract *c = shop_contract(set);
    size_t unread = c->unread.n;

    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        assert_int_equal(whole ? pl_contract_load(c, NULL) : pl_contract_load_outline(c, NULL),
                         PL_OK);
        assert_int_equal(c->unread.n, whole ? 0 : unread);
        assert_int_equal(pl_contract_request(c) != NULL, whole);
        assert_int_equal(c->step_count, 3);
        assert_int_equal(pl_contract_status_of(c)->code, PL_NOT_FOUND);
        assert_int_equal(c->given_count, 1);
        assert_int_equal(c->metadata_count, 1);
        assert_int_equal(c->trailer_count, 1);
        assert_int_equal(c->tag_count, 2);
    }
    pl_contract_set_free(set);
}

static void what_has_been_read_is_not_plain_any_more(void **state) {
    pl_contract_set *set = opened(HEAD "- name: a\n  call: ShopService.GetItem\n"
                                       "  request: { id: 1 }\n  response: { name: x }\n");
    pl_buf both = pl_buf_make(SMALL_MAX);
    pl_plain_call call;

    (void)state;
    assert_true(pl_contract_plain(shop_contract(set), &both, &call));
    assert_int_equal(pl_contract_load(shop_contract(set), NULL), PL_OK);
    assert_false(pl_contract_plain(shop_contract(set), &both, &call));
    pl_buf_done(&both);
    pl_contract_set_free(set);
}

static void what_does_not_fit_is_not_plain(void **state) {
    pl_contract_set *set = opened(HEAD "- name: a\n  call: ShopService.GetItem\n"
                                       "  request: { id: 1 }\n  response: { part: { name: x } }\n");
    bool plain = false;
    size_t room = 0;
    pl_plain_call call;

    (void)state;
    for (; !plain && room < SMALL_MAX; room++) {
        pl_buf both = pl_buf_make(room);
        plain = pl_contract_plain(shop_contract(set), &both, &call);
        assert_true(!plain || both.n == room);
        pl_buf_done(&both);
    }
    assert_true(plain && room > call.request_size);
    pl_contract_set_free(set);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void a_damaged_contract_does_no_harm(void **state) {
    static const char text[] = HEAD
        "- name: a\n  call: ShopService.PutItem\n"
        "  request: { number: 1, part: { name: b }, numbers: [1, 2], texts: { a: b } }\n"
        "  response: { at: '2026-01-01T00:00:00Z', tags: [a, b], card: !type x }\n";

    (void)state;
    for (size_t at = 1; at < 300; at++) {
        pl_buf both = pl_buf_make(SMALL_MAX);
        pl_plain_call call;
        pl_contract_set *set = open_damaged(text, at);
        if (set && pl_contract_plain(shop_contract(set), &both, &call))
            assert_true(call.request_size <= both.n);
        if (set)
            (void)!pl_contract_load_outline(shop_contract(set), NULL);
        pl_contract_set_free(set);
        pl_buf_done(&both);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_says_what_its_contract_says),
        cmocka_unit_test(what_is_more_than_messages_is_told_of),
        cmocka_unit_test(an_example_that_is_made_when_it_is_used_is_not_plain),
        cmocka_unit_test(an_outline_has_everything_but_messages),
        cmocka_unit_test(what_has_been_read_is_not_plain_any_more),
        cmocka_unit_test(what_does_not_fit_is_not_plain),
        cmocka_unit_test(a_damaged_contract_does_no_harm),
    };

    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}

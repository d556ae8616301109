/* Requests nobody would send: seeds with bytes changed, cut, doubled. Whatever comes, the answer is
 * a refusal in the one shape, or a call whose request is well-formed. The same bytes in every
 * run; with libFuzzer, LLVMFuzzerTestOneInput below takes any. */
#include "fixture.h"

#include "parley/json/json.h"
#include "parley/rest/template.h"
#include "parley/schema/wire.h"

#define ROUNDS     20000
#define INPUT_MAX  512
#define BODY_SPLIT '\n'

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fixture *shared;

static const char *const seeds[] = {
    "GET /items/5?itemId=5",
    "GET /items?page=1&size=2&filter.name=a&filter.least=3&kind=Large&fresh=true&token=-_8",
    "GET /items/search/findByName?tag=a&tag=b%20c&made_after=2026-01-02T03:04:05Z",
    "GET /files/a/b%2Fc/%EC%83%81",
    "POST /items/5:touch\n{\"times\":\"3\",\"note\":\"x\\u00e4\"}",
    "POST /items\n{\"displayName\":\"a\",\"kind\":\"Small\",\"shelf\":{\"id\":1},\"tags\":[\"b\"]}",
    "PATCH /items/5?updateMask=tags\n{\"displayName\":\"a\",\"shelf\":{\"label\":null}}",
    "POST /shelves/7/5\n{\"label\":\"top\"}",
    "DELETE /items/5",
    "GET /profile/items",
    "GET /{x=a/*/b/**}:v",
};

static void check_call(const pl_rest_call *call) {
    const pl_method_type *type = pl_pool_method(shared->pool, pl_str_c(call->route->rpc_path));
    assert_non_null(type);
    pl_error err = PL_ERROR_INIT;
    if (pl_wire_check(type->input, call->request, false, &err))
        fail_msg("%s", err.message);
}

static void check_response(const pl_rest_response *response) {
    const pl_json_value *root = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_non_null(response);
    if (pl_json_parse(response->body, "body", &shared->arena, &root, &err))
        fail_msg("%s", err.message);
    if (response->status >= 400)
        assert_non_null(pl_json_at(root, "status"));
}

/* "METHOD TARGET\nBODY" */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_str head = pl_str_make((const char *)data, size);
    size_t split = pl_str_index(head, BODY_SPLIT);
    pl_str body = split < size ? pl_str_make(head.p + split + 1, size - split - 1) : (pl_str){0};
    head.n = split;
    size_t space = pl_str_index(head, ' ');
    pl_str target = space < head.n ? pl_str_make(head.p + space + 1, head.n - space - 1) : head;
    size_t mark = pl_str_index(target, '?');
    const pl_rest_pair type = {PL_STR("content-type"), PL_STR("application/json")};
    const pl_rest_request request = {
        .method = pl_str_make(head.p, space),
        .path = pl_str_make(target.p, mark),
        .query = mark < target.n ? pl_str_make(target.p + mark + 1, target.n - mark - 1)
                                 : (pl_str){0},
        .body = body,
        .headers = &type,
        .header_count = 1,
    };
    pl_rest_exchange *exchange = pl_rest_begin(shared->rest, &request, &shared->arena);
    assert_non_null(exchange);
    if (pl_rest_exchange_call(exchange))
        check_call(pl_rest_exchange_call(exchange));
    else
        check_response(pl_rest_exchange_response(exchange));
    pl_rest_template tmpl;
    (void)!pl_rest_template_parse(&shared->arena, target, &tmpl, NULL);
    pl_arena_clear(&shared->arena);
    return 0;
}

/* xorshift64: the same numbers in every run. */
static uint64_t next_number(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t mutate(uint64_t *random, char *text, size_t n) {
    static const char tasty[] = "/%{}*:?&=.\"\\[],0129-+eE\n \x80\xff";
    for (uint64_t count = 1 + next_number(random) % 4; count > 0 && n > 0; count--) {
        size_t at = next_number(random) % n;
        switch (next_number(random) % 4) {
        case 0:
            text[at] = (char)next_number(random);
            break;
        case 1:
            text[at] = tasty[next_number(random) % (sizeof tasty - 1)];
            break;
        case 2:
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
            break;
        default:
            if (2 * (n - at) + at <= INPUT_MAX) {
                memmove(text + n, text + at, n - at);
                n += n - at;
            }
            break;
        }
    }
    return n;
}

static void survives_every_seed(void **state) {
    (void)state;
    for (size_t i = 0; i < PL_COUNT(seeds); i++)
        LLVMFuzzerTestOneInput((const uint8_t *)seeds[i], strlen(seeds[i]));
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
}

static void survives_changed_seeds(void **state) {
    (void)state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < ROUNDS; i++) {
        char text[INPUT_MAX];
        const char *seed = seeds[next_number(&random) % PL_COUNT(seeds)];
        size_t n = strlen(seed);
        memcpy(text, seed, n);
        n = mutate(&random, text, n);
        LLVMFuzzerTestOneInput((const uint8_t *)text, n);
    }
}

static int set_up(void **state) {
    int failed = fixture_set_up(state);
    shared = *state;
    return failed;
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_every_seed, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(survives_changed_seeds, set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whom a change hurts, of many contracts. */
#include "parley/breaking/impact.h"

#include <stdio.h>

#include "check.h"
#include "mutate.h"
#include "parley/contract/compile.h"

enum { BYTES_MAX = 16 << 20, ARENA_MAX = 16 << 20, MANY = 300 };

#define GET "  call: ShopService.GetItem\n  request: { id: 7 }\n  response: { name: TV }\n"

static pl_pool *before, *after;
static pl_changes *changes;

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

/* What changes where the TARGET-th field of the schema goes. */
static void drop(pl_str bytes, size_t target) {
    pl_buf changed = pl_buf_make(BYTES_MAX);
    mutation gone = {.kind = MUTATE_DROP, .target = target};
    mutate(bytes, "shop/v1/shop.proto", &gone, &changed);
    assert_int_equal(pl_pool_new(pl_buf_view(&changed), NULL, &after, NULL), PL_OK);
    assert_int_equal(pl_diff(before, after, NULL, &changes, NULL), PL_OK);
    pl_buf_done(&changed);
}

static bool is_wanted(void) {
    return pl_changes_count(changes) == 1 &&
           pl_str_eqc(pl_changes_at(changes, 0)->element, "shop.v1.Item.name");
}

static int load(void **state) {
    pl_buf bytes = pl_buf_make(BYTES_MAX);
    (void)state;
    read_set(&bytes);
    assert_int_equal(pl_pool_new(pl_buf_view(&bytes), NULL, &before, NULL), PL_OK);
    drop(pl_buf_view(&bytes), 0);
    for (size_t target = 1; !is_wanted(); target++) {
        pl_changes_free(changes);
        pl_pool_free(after);
        drop(pl_buf_view(&bytes), target);
    }
    pl_buf_done(&bytes);
    return 0;
}

static int unload(void **state) {
    (void)state;
    pl_changes_free(changes);
    pl_pool_free(before);
    pl_pool_free(after);
    return 0;
}

/* Contracts "item FROM" to "item UNTIL - 1" of CONSUMER. */
static pl_contract_set *compile(const char *consumer, unsigned from, unsigned until) {
    pl_buf text = pl_buf_make(BYTES_MAX);
    char path[64];
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_buf_printf(&text, "consumer: %s\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n", consumer);
    for (unsigned i = from; i < until; i++)
        pl_buf_printf(&text, "- name: item %u\n" GET, i);
    (void)snprintf(path, sizeof path, "shop.v1/%s.yaml", consumer);
    pl_contract_source source = {path, pl_buf_view(&text)};
    if (pl_contract_compile(before, &source, 1, NULL, findings, &set, &err))
        fail_msg("%s", err.message);
    pl_findings_free(findings);
    pl_buf_done(&text);
    return set;
}

static void every_contract_is_named_once_in_the_order_of_the_sets(void **state) {
    pl_contract_set *all[] = {compile("web", 0, MANY), compile("web", 1, MANY + 1),
                              compile("app", 0, MANY)};
    const pl_contract_set *sets[] = {all[0], all[1], all[2]};
    pl_arena arena = pl_arena_make(ARENA_MAX);
    pl_judgement said;
    (void)state;
    assert_int_equal(
        pl_impact_judge(pl_changes_at(changes, 0), sets, PL_COUNT(sets), &arena, &said, NULL),
        PL_OK);
    assert_int_equal(said.user_count, MANY + 1 + MANY);
    for (unsigned i = 0; i < said.user_count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "item %u", i <= MANY ? i : i - MANY - 1);
        assert_string_equal(said.users[i]->name.p, name);
        assert_string_equal(said.users[i]->file->consumer.p, i <= MANY ? "web" : "app");
    }
    pl_arena_done(&arena);
    for (size_t i = 0; i < PL_COUNT(all); i++)
        pl_contract_set_free(all[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_contract_is_named_once_in_the_order_of_the_sets),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

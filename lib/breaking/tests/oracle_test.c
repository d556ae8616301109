/* The verdicts against what really happens: every field and value of a provider is changed in every
 * way, the contracts' examples are written by the old schema and read by the new one, and whenever
 * a contract no longer holds, the gate must block. Of each change it says the same in whatever
 * order it is given the contracts. */
#include <stdio.h>

#include "check.h"
#include "mutate.h"
#include "parley/breaking/impact.h"
#include "parley/contract/compile.h"
#include "parley/contract/match.h"

enum { BYTES_MAX = 16 << 20, ARENA_MAX = 64 << 20, BROKEN_MIN = 60, FREE_MIN = 60, PAIRS = 300 };

static const char shop[] = "shop/v1/shop.proto";

#define HEAD                                                                                       \
    "consumer: web\nprovider: shop.v1\naccess: [grpc, events]\ncomplete: true\n"                   \
    "source: true\n\ncontracts:\n"
#define ITEM                                                                                       \
    "- name: an item\n  call: ShopService.GetItem\n"                                               \
    "  request: { id: 7, language: de, labels: [a] }\n"                                            \
    "  response:\n    number: 7\n    name: !non_empty TV\n    small: -3\n    zig: !type -4\n"      \
    "    ratio: 1.5\n    flag: true\n    raw: !type aGVsbG8=\n    state: STATE_ON_SALE\n"          \
    "    part: { name: leg, count: 4 }\n    parts: [{ name: top }]\n    numbers: [1, 2]\n"         \
    "    texts: { a: b }\n    maybe: 0\n    card: visa\n"
#define OTHER                                                                                      \
    "- name: another item\n  call: ShopService.GetItem\n  request: { id: 8 }\n"                    \
    "  response: { name: !non_empty radio }\n"
#define SOLD                                                                                       \
    "- name: it is sold\n  trigger: sold\n  event: ItemSold\n  stream: shop\n"                     \
    "  payload: { number: 7, count: !range { min: 1, max: 9, example: 2 } }\n"

static const char contract_text[] = HEAD ITEM OTHER SOLD;
static const char reversed_text[] = HEAD SOLD OTHER ITEM;

static pl_buf set_bytes;
static pl_pool *old_pool;
static pl_contract_set *old_set, *reversed_set;

/* The number of errors goes to OUT_ERRORS. */
static pl_contract_set *compile(const pl_pool *pool, const char *text, size_t *out_errors) {
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_non_null(findings);
    if (pl_contract_compile(pool, &source, 1, NULL, findings, &set, &err))
        fail_msg("%s", err.message);
    *out_errors = pl_findings_errors(findings);
    pl_findings_free(findings);
    return set;
}

/* A message of the old schema, read by the new one. */
static bool holds(const pl_matcher *was, const pl_message_type *old_type, const pl_matcher *is,
                  const pl_message_type *new_type, bool closed) {
    pl_arena arena = pl_arena_make(ARENA_MAX);
    pl_buf bytes = pl_buf_make(BYTES_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    opts.closed = closed;
    if (pl_example_bytes(was, old_type, NULL, &arena, &bytes))
        fail_msg("the example of %s cannot be written", old_type->name.p);
    bool same = pl_match_bytes(is, new_type, pl_buf_view(&bytes), &opts, NULL, &arena);
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
    return same;
}

static bool contract_holds(const pl_contract *was, const pl_contract *is) {
    if (was->step_count != is->step_count || !was->event != !is->event)
        return false;
    if (was->event)
        return holds(was->payload, was->event, is->payload, is->event, false);
    for (size_t i = 0; i < was->step_count; i++) {
        bool recv = was->steps[i].kind == PL_STEP_RECV, send = was->steps[i].kind == PL_STEP_SEND;
        const pl_method_type *a = was->method, *b = is->method;
        if ((recv || send) && !holds(was->steps[i].message, recv ? a->input : a->output,
                                     is->steps[i].message, recv ? b->input : b->output, recv))
            return false;
    }
    return true;
}

/* Every contract is still one, and still holds. */
static bool still_holds(const pl_contract_set *new_set, size_t errors) {
    const pl_contract_file *was = pl_contract_set_file(old_set, 0);
    const pl_contract_file *is = pl_contract_set_file(new_set, 0);
    if (errors || was->contract_count != is->contract_count)
        return false;
    for (size_t i = 0; i < was->contract_count; i++) {
        if (!contract_holds(was->contracts[i], is->contracts[i]))
            return false;
    }
    return true;
}

static bool names(const pl_judgement *judgement, const pl_contract *contract) {
    for (size_t i = 0; i < judgement->user_count; i++) {
        if (pl_str_eq(judgement->users[i]->name, contract->name))
            return true;
    }
    return false;
}

/* The order of sets, and of contracts in their files, changes neither verdict nor users. */
static void check_order(const pl_change *change, const pl_judgement *said,
                        const pl_contract_set *new_set, pl_arena *arena) {
    const pl_contract_set *sets[] = {new_set, reversed_set};
    pl_judgement other;
    pl_error err = PL_ERROR_INIT;
    if (pl_impact_judge(change, sets, 2, arena, &other, &err))
        fail_msg("%s", err.message);
    assert_int_equal(other.impact, said->impact);
    assert_int_equal(other.user_count, said->user_count);
    assert_int_equal(other.open_count, said->open_count);
    for (size_t i = 0; i < said->user_count; i++)
        assert_true(names(&other, said->users[i]));
}

static bool blocks(const pl_pool *new_pool, const pl_contract_set *new_set) {
    const pl_contract_set *sets[] = {old_set, new_set};
    pl_arena arena = pl_arena_make(ARENA_MAX);
    pl_changes *changes = NULL;
    pl_error err = PL_ERROR_INIT;
    bool found = false;
    if (pl_diff(old_pool, new_pool, NULL, &changes, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < pl_changes_count(changes); i++) {
        pl_judgement said;
        if (pl_impact_judge(pl_changes_at(changes, i), sets, 2, &arena, &said, &err))
            fail_msg("%s", err.message);
        check_order(pl_changes_at(changes, i), &said, new_set, &arena);
        found = found || said.impact >= PL_IMPACT_USED;
    }
    pl_changes_free(changes);
    pl_arena_done(&arena);
    return found;
}

typedef struct tally {
    size_t broken; /* a contract no longer holds */
    size_t free;   /* nothing blocks */
} tally;

/* What BYTES has become; a set that is none any more is passed over. */
static void judge(pl_str bytes, const mutation *m, tally *out) {
    pl_pool *pool = NULL;
    size_t errors = 0;
    if (pl_pool_new(bytes, NULL, &pool, NULL))
        return;
    pl_contract_set *set = compile(pool, contract_text, &errors);
    bool held = still_holds(set, errors), blocked = blocks(pool, set);
    if (!held && !blocked)
        fail_msg("change %d of element %zu breaks a contract, and is let through", (int)m->kind,
                 m->target);
    out->broken += !held;
    out->free += !blocked;
    pl_contract_set_free(set);
    pl_pool_free(pool);
}

static void blocks_whatever_a_contract_does_not_survive(void **state) {
    mutation m = {.target = SIZE_MAX};
    tally seen = {0, 0};
    (void)state;
    pl_buf whole = pl_buf_make(BYTES_MAX);
    mutate(pl_buf_view(&set_bytes), shop, &m, &whole);
    pl_buf_done(&whole);
    size_t elements = m.seen;
    for (size_t i = 0; i < elements * MUTATE_KINDS; i++) {
        pl_buf bytes = pl_buf_make(BYTES_MAX);
        m = (mutation){.kind = (mutation_kind)(i % MUTATE_KINDS), .target = i / MUTATE_KINDS};
        mutate(pl_buf_view(&set_bytes), shop, &m, &bytes);
        judge(pl_buf_view(&bytes), &m, &seen);
        pl_buf_done(&bytes);
    }
    /* Neither side may be empty, or nothing was shown. */
    assert_true(seen.broken >= BROKEN_MIN);
    assert_true(seen.free >= FREE_MIN);
}

/* A sequence that is the same in every run. */
static size_t next(uint32_t *seed, size_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (size_t)(*seed >> 8) % below;
}

static void blocks_whatever_a_contract_does_not_survive_of_several_changes(void **state) {
    uint32_t seed = 20260101;
    tally seen = {0, 0};
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        mutation m = {MUTATE_DROP, 0, 0};
        pl_buf bytes = pl_buf_make(BYTES_MAX);
        pl_buf_str(&bytes, pl_buf_view(&set_bytes));
        for (size_t k = 1 + next(&seed, 3); k > 0; k--) {
            pl_buf changed = pl_buf_make(BYTES_MAX);
            m = (mutation){(mutation_kind)next(&seed, MUTATE_KINDS), next(&seed, 60), 0};
            mutate(pl_buf_view(&bytes), shop, &m, &changed);
            pl_buf_done(&bytes);
            bytes = changed;
        }
        judge(pl_buf_view(&bytes), &m, &seen);
        pl_buf_done(&bytes);
    }
    assert_true(seen.broken > 0);
    assert_true(seen.free > 0);
}

static int load(void **state) {
    size_t errors = 0;
    (void)state;
    FILE *file = fopen(PL_SHOP_SET, "rb");
    if (!file)
        return -1;
    set_bytes = pl_buf_make(BYTES_MAX);
    for (size_t n = 1; n > 0;) {
        char *room = pl_buf_reserve(&set_bytes, 4096);
        n = room ? fread(room, 1, 4096, file) : 0;
        pl_buf_wrote(&set_bytes, n);
    }
    (void)fclose(file);
    if (pl_pool_new(pl_buf_view(&set_bytes), NULL, &old_pool, NULL))
        return -1;
    old_set = compile(old_pool, contract_text, &errors);
    reversed_set = errors ? NULL : compile(old_pool, reversed_text, &errors);
    return errors ? -1 : 0;
}

static int unload(void **state) {
    (void)state;
    pl_contract_set_free(old_set);
    pl_contract_set_free(reversed_set);
    pl_pool_free(old_pool);
    pl_buf_done(&set_bytes);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_whatever_a_contract_does_not_survive),
        cmocka_unit_test(blocks_whatever_a_contract_does_not_survive_of_several_changes),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

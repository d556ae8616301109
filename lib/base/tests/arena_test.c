#include "parley/base/arena.h"

#include "check.h"

static void gives_zeroed_memory_aligned_for_any_type(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(1 << 16);
    for (int i = 1; i < 200; i++) {
        unsigned char *p = pl_arena_calloc(&arena, 1, (size_t)i);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (int k = 0; k < i; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, (size_t)i);
    }
    pl_arena_done(&arena);
}

static void refuses_beyond_its_budget_and_goes_on(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(1024);
    assert_null(pl_arena_alloc(&arena, 1025));
    assert_non_null(pl_arena_alloc(&arena, 512));
    assert_null(pl_arena_alloc(&arena, 513));
    assert_non_null(pl_arena_alloc(&arena, 512));
    assert_null(pl_arena_alloc(&arena, 0));
    pl_arena_done(&arena);
}

static void refuses_sizes_that_overflow(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(SIZE_MAX);
    assert_null(pl_arena_alloc(&arena, SIZE_MAX));
    assert_null(pl_arena_calloc(&arena, SIZE_MAX / 2, 3));
    assert_null(pl_arena_strndup(&arena, "", SIZE_MAX));
    pl_arena_done(&arena);
}

static void clear_gives_the_budget_back_and_keeps_a_block(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(1 << 20);
    for (int i = 0; i < 100; i++)
        assert_non_null(pl_arena_alloc(&arena, 5000));
    pl_arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena.head);
    assert_non_null(pl_arena_alloc(&arena, 1 << 20));
    pl_arena_done(&arena);
}

static void formats_and_copies_text(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(1 << 16);
    assert_string_equal(pl_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    assert_string_equal(pl_arena_strndup(&arena, "hello", 4), "hell");
    assert_string_equal(pl_arena_cstr(&arena, pl_str_make(NULL, 0)), "");
    pl_arena_done(&arena);
    pl_arena_done(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_memory_aligned_for_any_type),
        cmocka_unit_test(refuses_beyond_its_budget_and_goes_on),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(clear_gives_the_budget_back_and_keeps_a_block),
        cmocka_unit_test(formats_and_copies_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Times and pages of answers. */
#include "check.h"

#include "parley/backing/messages.h"

enum { ARENA = 4096 };

static void a_time_keeps_its_microseconds(void **state) {
    pl_arena arena = pl_arena_make(ARENA);
    const google_protobuf_Timestamp *time = pl_message_time(&arena, INT64_C(1700000000123456));
    (void)state;
    assert_non_null(time);
    assert_int_equal(time->seconds, 1700000000);
    assert_int_equal(time->nanos, 123456000);
    pl_arena_done(&arena);
}

static void check_page(int64_t offset, int64_t limit, int64_t total, int number, int pages) {
    pl_arena arena = pl_arena_make(ARENA);
    const parley_rest_v1_Page *page = pl_message_page(&arena, offset, limit, total);
    assert_non_null(page);
    assert_int_equal(page->size, limit);
    assert_int_equal(page->total_elements, total);
    assert_int_equal(page->number, number);
    assert_int_equal(page->total_pages, pages);
    pl_arena_done(&arena);
}

static void a_page_says_where_it_stands(void **state) {
    (void)state;
    check_page(0, 20, 0, 0, 0);
    check_page(0, 20, 20, 0, 1);
    check_page(20, 20, 21, 1, 2);
}

static void an_arena_that_is_used_up_gives_none(void **state) {
    pl_arena arena = pl_arena_make(0);
    (void)state;
    assert_null(pl_message_time(&arena, 1));
    assert_null(pl_message_page(&arena, 0, 20, 1));
    pl_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_keeps_its_microseconds),
        cmocka_unit_test(a_page_says_where_it_stands),
        cmocka_unit_test(an_arena_that_is_used_up_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

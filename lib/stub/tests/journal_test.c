/* What a journal shows when there is much of it. */
#include <stdlib.h>

#include "fixture.h"

enum { BIG_CALLS = PL_STUB_JOURNAL_SHOWN_MAX / PL_STUB_JOURNAL_REQUEST_MAX + 10 };

#define ANY_ITEM                                                                                   \
    HEAD "- name: any\n"                                                                           \
         "  call: ShopService.PutItem\n"                                                           \
         "  request: { name: !any x, number: !any 1 }\n"                                           \
         "  response: { number: 1 }\n"

/* Calls with requests that are almost too long to be kept. */
static void call_often(void) {
    pl_buf request = pl_buf_make(TEXT_MAX);

    start(ANY_ITEM, NULL);
    for (int i = 0; i < BIG_CALLS; i++) {
        pl_buf_clear(&request);
        pl_buf_printf(&request, "{\"number\":%d,\"name\":\"%0*d\"}", i + 1,
                      PL_STUB_JOURNAL_REQUEST_MAX - 100, 7);
        assert_int_equal(call("PutItem", request.p), PL_OK);
    }
    pl_buf_done(&request);
}

static void of_more_than_is_shown_at_once_the_oldest_calls_are_dropped(void **state) {
    pl_buf journal = pl_buf_make(2 * PL_STUB_JOURNAL_SHOWN_MAX);
    char last[64];

    (void)state;
    call_often();
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_true(journal.n < PL_STUB_JOURNAL_SHOWN_MAX + 4096);
    (void)snprintf(last, sizeof last, "\"request\":{\"number\":\"%d\",", BIG_CALLS);
    assert_non_null(strstr(journal.p, last));
    assert_null(strstr(journal.p, "\"request\":{\"number\":\"1\","));
    const char *dropped = strstr(journal.p, "],\"dropped\":");
    assert_non_null(dropped);
    assert_true(strtol(dropped + strlen("],\"dropped\":"), NULL, 10) > 0);
    pl_buf_done(&journal);
}

static void a_journal_that_does_not_fit_is_not_there_in_part(void **state) {
    pl_buf journal = pl_buf_make(PL_STUB_JOURNAL_REQUEST_MAX);

    (void)state;
    call_often();
    assert_false(pl_stub_journal(s.stub, &journal));
    pl_buf_done(&journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(of_more_than_is_shown_at_once_the_oldest_calls_are_dropped),
        TEST(a_journal_that_does_not_fit_is_not_there_in_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

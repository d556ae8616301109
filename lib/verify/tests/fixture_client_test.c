/* What the test of the generated client takes for an answer, and the log of the service it reads.
 */
#include "fixture_client.h"
#include "fixture_process.h"
#include "verify_fixture.h"

static const pl_contract *refused_with(const char *status) {
    char text[256];
    (void)snprintf(text, sizeof text,
                   HEAD "- name: refused\n  call: ShopService.GetItem\n  request: { id: 7 }\n"
                        "  status: %s\n",
                   status);
    w.set = compile(text);
    return pl_contract_set_file(w.set, 0)->contracts[0];
}

static void a_refusal_of_the_service_has_reached_it(void **state) {
    (void)state;
    assert_true(fixture_client_reached(NULL, PL_OK));
    assert_true(fixture_client_reached(NULL, PL_NOT_FOUND));
    assert_true(fixture_client_reached(NULL, PL_RESOURCE_EXHAUSTED));
}

static void a_method_that_nobody_handles_was_not_reached(void **state) {
    (void)state;
    assert_false(fixture_client_reached(NULL, PL_UNIMPLEMENTED));
    assert_false(fixture_client_reached(refused_with("NOT_FOUND"), PL_UNIMPLEMENTED));
    assert_false(fixture_client_reached(NULL, PL_UNAVAILABLE));
}

static void what_the_contract_says_has_reached_it(void **state) {
    (void)state;
    assert_true(fixture_client_reached(refused_with("UNAUTHENTICATED"), PL_UNAUTHENTICATED));
}

/* A process that has logged the arguments, a line each, and has ended. */
static void logged(fixture_process *process, const char *text) {
    *process = (fixture_process){.log = tmpfile()};
    assert_non_null(process->log);
    assert_true(fputs(text, process->log) >= 0 && fflush(process->log) == 0);
}

static void only_what_was_logged_since_is_shown(void **state) {
    fixture_process process;
    (void)state;
    logged(&process, "long ago\n");
    int64_t from = fixture_process_log_size(&process);
    assert_true(fputs("just now\n", process.log) >= 0 && fflush(process.log) == 0);
    w.text = pl_buf_make(TEXT_MAX);
    fixture_process_log(&process, from, &w.text);
    assert_string_equal(w.text.p, "just now\n");
    (void)fclose(process.log);
}

static void of_a_long_log_whole_lines_are_shown(void **state) {
    fixture_process process;
    (void)state;
    logged(&process, "");
    for (int i = 0; i < 1000; i++)
        (void)fprintf(process.log, "line %d\n", i);
    assert_int_equal(fflush(process.log), 0);
    w.text = pl_buf_make(TEXT_MAX);
    fixture_process_log(&process, 0, &w.text);
    assert_true(pl_str_starts(pl_buf_view(&w.text), pl_str_c("line ")));
    assert_true(pl_str_ends(pl_buf_view(&w.text), pl_str_c("line 999\n")));
    assert_true(w.text.n <= 2000);
    (void)fclose(process.log);
}

static void a_method_without_an_operation_is_found_by_its_whole_name(void **state) {
    fixture_process process;
    (void)state;
    logged(&process, "started\nwarn method_without_operation method=/shop.v1.ShopService/GetItem "
                     "operation=get_item\n");
    static const char event[] = "method_without_operation";
    assert_true(fixture_process_has_logged(&process, event, "/shop.v1.ShopService/GetItem"));
    assert_false(fixture_process_has_logged(&process, event, "/shop.v1.ShopService/Get"));
    assert_false(fixture_process_has_logged(&process, "started", "/shop.v1.ShopService/GetItem"));
    (void)fclose(process.log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_refusal_of_the_service_has_reached_it),
        TEST(a_method_that_nobody_handles_was_not_reached),
        TEST(what_the_contract_says_has_reached_it),
        TEST(only_what_was_logged_since_is_shown),
        TEST(of_a_long_log_whole_lines_are_shown),
        TEST(a_method_without_an_operation_is_found_by_its_whole_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

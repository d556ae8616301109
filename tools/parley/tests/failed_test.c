/* What failed last, as it is kept from one run to the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "verify/verb.h"

enum { NAME_BYTES = 9 << 20, ARENA_MAX = 64 << 20 };

static workspace space;
static pl_error err;

static int set_up(void **state) {
    (void)state;
    space = (workspace){0};
    err = (pl_error)PL_ERROR_INIT;
    (void)snprintf(space.root, sizeof space.root, "/tmp/parley-test-XXXXXX");
    return mkdtemp(space.root) ? 0 : -1;
}

static int tear_down(void **state) {
    static const char *const made[] = {"/.parley/.verify-shop.v1", "/.parley/.gitignore",
                                       "/.parley", ""};
    char path[PATH_MAX + 32];
    (void)state;
    for (size_t i = 0; i < PL_COUNT(made); i++) {
        (void)snprintf(path, sizeof path, "%s%s", space.root, made[i]);
        (void)remove(path);
    }
    return access(space.root, F_OK) == 0 ? -1 : 0;
}

/* Writes that COUNT contracts of web, each of NAME, have failed. */
static pl_code write_failed(const char *name, size_t count) {
    static const pl_contract_file file = {.consumer = PL_STR("web")};
    pl_contract contract = {.file = &file, .name = pl_str_c(name)};
    pl_verify_result results[2] = {{.contract = &contract, .verdict = PL_VERIFY_FAILED},
                                   {.contract = &contract, .verdict = PL_VERIFY_FAILED}};
    pl_verify_report report = {
        .provider = pl_str_c("shop.v1"), .results = results, .result_count = count};
    return failed_write(&space, &report, &err);
}

static size_t kept(void) {
    pl_arena arena = pl_arena_make(ARENA_MAX);
    failed_list list = {.arena = &arena};
    assert_int_equal(failed_read(&space, "shop.v1", &list, &err), PL_OK);
    size_t count = list.count;
    pl_arena_done(&arena);
    return count;
}

static void what_failed_is_kept_until_nothing_does(void **state) {
    (void)state;
    assert_int_equal(write_failed("a sofa", 2), PL_OK);
    assert_int_equal(kept(), 2);
    assert_int_equal(write_failed("a sofa", 0), PL_OK);
    assert_int_equal(kept(), 0);
}

static void a_list_that_does_not_fit_is_refused_and_the_old_one_stays(void **state) {
    char *name = malloc(NAME_BYTES + 1);
    (void)state;
    assert_non_null(name);
    memset(name, 'x', NAME_BYTES);
    name[NAME_BYTES] = '\0';
    assert_int_equal(write_failed("a sofa", 1), PL_OK);
    assert_int_equal(write_failed(name, 2), PL_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.message, ".verify-shop.v1"));
    assert_int_equal(kept(), 1);
    free(name);
}

static void a_contract_is_found_by_consumer_and_name(void **state) {
    static const char *const names[] = {"a sofa", "a chair", "a bed", "a table", "a lamp"};
    static const pl_contract_file web = {.consumer = PL_STR("web")};
    static const pl_contract_file app = {.consumer = PL_STR("app")};
    pl_contract known[PL_COUNT(names)];
    pl_verify_result results[PL_COUNT(names)];
    pl_verify_report report = {.provider = pl_str_c("shop.v1"), .results = results};
    pl_arena arena = pl_arena_make(ARENA_MAX);
    failed_list list = {.arena = &arena};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        known[i] = (pl_contract){.file = &web, .name = pl_str_c(names[i])};
        results[i] = (pl_verify_result){.contract = &known[i], .verdict = PL_VERIFY_FAILED};
    }
    report.result_count = PL_COUNT(names) - 1;
    assert_int_equal(failed_write(&space, &report, &err), PL_OK);
    assert_int_equal(failed_read(&space, "shop.v1", &list, &err), PL_OK);
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        assert_int_equal(failed_has(&list, &known[i]), i < report.result_count);
        known[i].file = &app;
        assert_false(failed_has(&list, &known[i]));
    }
    pl_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_contract_is_found_by_consumer_and_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_failed_is_kept_until_nothing_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_does_not_fit_is_refused_and_the_old_one_stays,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

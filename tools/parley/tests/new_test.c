/* What parley new makes of names, templates and files that are there already. */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "new/edit.h"
#include "new/names.h"
#include "new/plan.h"
#include "new/render.h"

enum { TEXT_MAX = 64 * 1024 };

/* ---- names --------------------------------------------------------------------------- */

static void names_that_can_be_packages_are_taken(void **state) {
    static const char *const good[] = {"ab", "call", "servicecenter", "oauth2", "abcdefghijklmn"};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(good); i++)
        assert_int_equal(names_check("service", good[i], NULL), PL_OK);
}

static void other_names_are_refused_with_what_is_wrong(void **state) {
    static const struct {
        const char *name;
        const char *why;
    } bad[] = {
        {"", "has a name"},
        {"a", "2 to 14 characters"},
        {"abcdefghijklmno", "2 to 14 characters"},
        {"call-list", "write the words together"},
        {"call_list", "write the words together"},
        {"Call", "lower-case letters"},
        {"2call", "a letter first"},
        {"caf\xc3\xa9", "lower-case letters"},
        {"../call", "lower-case letters"},
        {"int", "a word of C, C++ or SQL"},
        {"user", "a word of C, C++ or SQL"},
        {"time", "header of C or POSIX"},
        {"store", "another meaning"},
        {"outbox", "table of lib/event"},
        {"gateway", "Parley's own"},
        {"google", "Parley's own"},
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        pl_error err = PL_ERROR_INIT;
        assert_int_equal(names_check("service", bad[i].name, &err), PL_INVALID_ARGUMENT);
        if (!strstr(err.message, bad[i].why))
            fail_msg("%s: expected '%s' in '%s'", bad[i].name, bad[i].why, err.message);
    }
}

static void things_have_a_singular_and_a_plural(void **state) {
    static const char *const words[][3] = {
        {"call", "call", "calls"},
        {"orders", "order", "orders"},
        {"delivery", "delivery", "deliveries"},
        {"deliveries", "delivery", "deliveries"},
        {"box", "box", "boxes"},
        {"boxes", "box", "boxes"},
        {"status", "status", "statuses"},
        {"class", "class", "classes"},
        {"classes", "class", "classes"},
        {"day", "day", "days"},
        {"branch", "branch", "branches"},
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        char thing[NAMES_SIZE];
        char things[NAMES_SIZE];
        names_of_things(words[i][0], thing, things);
        assert_string_equal(thing, words[i][1]);
        assert_string_equal(things, words[i][2]);
    }
}

/* ---- templates ----------------------------------------------------------------------- */

static const render_var vars[] = {{"a", "short"}, {"b", "one_that_is_rather_long"}};

static void check_render(const char *template, bool as_c, const char *wanted) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    if (render(pl_str_c(template), vars, PL_COUNT(vars), as_c, &out, &err) != PL_OK)
        fail_msg("%s", err.message);
    assert_string_equal(out.p, wanted);
    pl_buf_done(&out);
}

static void names_are_put_in_and_other_at_signs_stay(void **state) {
    (void)state;
    check_render("x@a@y @ me@home @b@", false, "xshorty @ me@home one_that_is_rather_long");
}

static void a_name_that_nothing_stands_for_is_an_error(void **state) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    (void)state;
    assert_int_equal(render(pl_str_c("@c@"), vars, PL_COUNT(vars), false, &out, NULL), PL_INTERNAL);
    pl_buf_done(&out);
}

static void long_lines_are_broken_under_their_parenthesis(void **state) {
    (void)state;
    check_render(
        "pl_code @b@(int a_first_argument, @b@ *a_second_argument, int a_third_argument);\n", true,
        "pl_code one_that_is_rather_long(int a_first_argument, one_that_is_rather_long "
        "*a_second_argument,\n"
        "                                int a_third_argument);\n");
}

static void a_definition_of_long_arguments_has_its_type_on_a_line_of_its_own(void **state) {
    (void)state;
    check_render(
        "static pl_code @b@(int first, const struct with_a_name_of_its_own_that_fills_most_"
        "of_a_line_already *it);\n",
        true,
        "static pl_code\n"
        "one_that_is_rather_long(int first,\n"
        "                        const struct with_a_name_of_its_own_that_fills_most_"
        "of_a_line_already *it);\n");
}

static void includes_are_in_order_within_their_block(void **state) {
    (void)state;
    check_render(
        "#include \"z.h\"\n\n#include \"short.h\"\n#include \"@b@.h\"\n", true,
        "#include \"z.h\"\n\n#include \"one_that_is_rather_long.h\"\n#include \"short.h\"\n");
}

/* ---- edits --------------------------------------------------------------------------- */

#define ENTRY "call:\n  port: 8081\n"

static void check_yaml(const char *before, const char *wanted) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    if (edit_services(pl_str_c(before), "system.yaml", pl_str_c(ENTRY), &out, &err) != PL_OK)
        fail_msg("%s", err.message);
    assert_string_equal(out.p, wanted);
    pl_buf_done(&out);
}

static void the_first_service_takes_the_place_of_the_braces(void **state) {
    (void)state;
    check_yaml("system: x\nservices: {}\n\n# below\ngateway: {port: 8088}\n",
               "system: x\nservices:\n  call:\n    port: 8081\n\n# below\ngateway: {port: 8088}\n");
    check_yaml("services: {}", "services:\n  call:\n    port: 8081\n");
}

static void a_further_service_is_last_and_nothing_else_moves(void **state) {
    (void)state;
    check_yaml("services: # all\n    a: {port: 1}\n    # b\n    b:\n        port: 2 # two\n\n"
               "# the gateway\ngateway: {port: 3}\n",
               "services: # all\n    a: {port: 1}\n    # b\n    b:\n        port: 2 # two\n\n"
               "    call:\n      port: 8081\n\n# the gateway\ngateway: {port: 3}\n");
    check_yaml("gateway: {port: 3}\nservices:\n  a: {port: 1}",
               "gateway: {port: 3}\nservices:\n  a: {port: 1}\n\n  call:\n    port: 8081\n");
}

static void services_on_one_line_are_left_to_a_person(void **state) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    (void)state;
    assert_int_equal(edit_services(pl_str_c("services: {a: {port: 1}}\n"), "system.yaml",
                                   pl_str_c(ENTRY), &out, &err),
                     PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "by hand"));
    pl_buf_done(&out);
}

static void check_cmake(const char *before, const char *wanted) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    if (edit_pl_system(pl_str_c(before), "CMakeLists.txt", "call", &out, &err) != PL_OK)
        fail_msg("%s", err.message);
    assert_string_equal(out.p, wanted);
    pl_buf_done(&out);
}

static void cmake_gets_a_line_or_a_word(void **state) {
    (void)state;
    check_cmake("pl_system(x\n  SERVICES\n    a # (one)\n)\nrest()\n",
                "pl_system(x\n  SERVICES\n    a # (one)\n    call\n)\nrest()\n");
    check_cmake("# pl_system()\npl_system(x SERVICES a)\n",
                "# pl_system()\npl_system(x SERVICES a call)\n");
}

/* ---- plans --------------------------------------------------------------------------- */

typedef struct folder {
    char root[64];
    pl_arena arena;
    plan p;
} folder;

static int setup(void **state) {
    folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->root, sizeof f->root, "/tmp/parley-new-test-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    f->arena = pl_arena_make(TEXT_MAX);
    f->p = (plan){.root = f->root, .arena = &f->arena};
    *state = f;
    return 0;
}

static int teardown(void **state) {
    folder *f = *state;
    static const char *const names[] = {"a/b", "a/c", "a", "file", "old"};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", f->root, names[i]);
        (void)remove(path);
    }
    int left = rmdir(f->root);
    pl_arena_done(&f->arena);
    free(f);
    assert_int_equal(left, 0);
    return 0;
}

static void write_file(const folder *f, const char *name, const char *text) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->root, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void check_file(const folder *f, const char *name, const char *wanted) {
    char path[128];
    char text[128] = "";
    (void)snprintf(path, sizeof path, "%s/%s", f->root, name);
    FILE *file = fopen(path, "re");
    if (!wanted) {
        assert_null(file);
        return;
    }
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(text, wanted);
}

static void put(folder *f, const char *path, const char *text, bool replaces) {
    assert_int_equal(plan_add(&f->p, path, text, replaces, NULL), PL_OK);
}

static void a_plan_makes_and_replaces(void **state) {
    folder *f = *state;
    write_file(f, "old", "before");
    put(f, "a/b", "new", false);
    put(f, "old", "after", true);
    assert_int_equal(plan_apply(&f->p, NULL), PL_OK);
    check_file(f, "a/b", "new");
    check_file(f, "old", "after");
}

static void what_is_there_is_not_made(void **state) {
    folder *f = *state;
    pl_error err = PL_ERROR_INIT;
    write_file(f, "file", "before");
    put(f, "a/b", "new", false);
    put(f, "file", "new", false);
    assert_int_equal(plan_apply(&f->p, &err), PL_ALREADY_EXISTS);
    assert_non_null(strstr(err.message, "file is there already"));
    check_file(f, "file", "before");
    check_file(f, "a/b", NULL);
}

static void a_plan_that_fails_half_way_leaves_everything_as_it_was(void **state) {
    folder *f = *state;
    write_file(f, "file", "no folder");
    write_file(f, "old", "before");
    put(f, "a/b", "new", false);
    put(f, "old", "after", true);
    put(f, "file/x", "cannot be", false);
    assert_int_not_equal(plan_apply(&f->p, NULL), PL_OK);
    check_file(f, "a/b", NULL);
    check_file(f, "a", NULL);
    check_file(f, "old", "before");
}

#define PLAN_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_can_be_packages_are_taken),
        cmocka_unit_test(other_names_are_refused_with_what_is_wrong),
        cmocka_unit_test(things_have_a_singular_and_a_plural),
        cmocka_unit_test(names_are_put_in_and_other_at_signs_stay),
        cmocka_unit_test(a_name_that_nothing_stands_for_is_an_error),
        cmocka_unit_test(long_lines_are_broken_under_their_parenthesis),
        cmocka_unit_test(a_definition_of_long_arguments_has_its_type_on_a_line_of_its_own),
        cmocka_unit_test(includes_are_in_order_within_their_block),
        cmocka_unit_test(the_first_service_takes_the_place_of_the_braces),
        cmocka_unit_test(a_further_service_is_last_and_nothing_else_moves),
        cmocka_unit_test(services_on_one_line_are_left_to_a_person),
        cmocka_unit_test(cmake_gets_a_line_or_a_word),
        PLAN_TEST(a_plan_makes_and_replaces),
        PLAN_TEST(what_is_there_is_not_made),
        PLAN_TEST(a_plan_that_fails_half_way_leaves_everything_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

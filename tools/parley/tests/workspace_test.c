/* Which folder is the workspace, and what it says. */
#include "common/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

/* A folder with services/mall/system.yaml and the folder services/mall/deep. */
typedef struct fixture {
    char root[PATH_MAX];
    char before[PATH_MAX];
    workspace space;
    pl_error err;
} fixture;

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    char made[] = "/tmp/parley-test-XXXXXX";
    assert_non_null(f);
    assert_non_null(getcwd(f->before, sizeof f->before));
    assert_non_null(mkdtemp(made));
    assert_int_equal(chdir(made), 0);
    assert_non_null(getcwd(f->root, sizeof f->root));
    assert_int_equal(mkdir("services", 0755), 0);
    assert_int_equal(mkdir("services/mall", 0755), 0);
    assert_int_equal(mkdir("services/mall/deep", 0755), 0);
    put("services/mall/system.yaml", "system: mall\n");
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    assert_int_equal(chdir(f->root), 0);
    (void)unlink("parley.yaml");
    (void)unlink("services/mall/system.yaml");
    (void)rmdir("services/mall/deep");
    (void)rmdir("services/mall");
    (void)rmdir("services");
    assert_int_equal(chdir(f->before), 0);
    (void)rmdir(f->root);
    free(f);
    return 0;
}

static void empty_file_is_enough(void **state) {
    fixture *f = *state;
    char file[PATH_MAX + 64];
    put("parley.yaml", "");
    assert_int_equal(workspace_find(&f->space, &f->err), PL_OK);
    assert_string_equal(f->space.root, f->root);
    assert_int_equal(f->space.system_count, 1);
    (void)snprintf(file, sizeof file, "%s/services/mall/system.yaml", f->root);
    assert_string_equal(workspace_system(&f->space, "mall"), file);
    assert_null(workspace_system(&f->space, "street"));
}

static void is_found_from_a_folder_below(void **state) {
    fixture *f = *state;
    put("parley.yaml", "");
    assert_int_equal(chdir("services/mall/deep"), 0);
    assert_int_equal(workspace_find(&f->space, &f->err), PL_OK);
    assert_string_equal(f->space.root, f->root);
}

static void says_what_makes_a_workspace_where_there_is_none(void **state) {
    fixture *f = *state;
    assert_int_equal(workspace_find(&f->space, &f->err), PL_NOT_FOUND);
    assert_non_null(strstr(f->err.message, "parley.yaml"));
    assert_non_null(strstr(f->err.message, "-C DIR"));
}

static void systems_may_be_elsewhere(void **state) {
    fixture *f = *state;
    put("parley.yaml", "systems: [elsewhere/*.yaml]\n");
    assert_int_equal(workspace_find(&f->space, &f->err), PL_OK);
    assert_int_equal(f->space.system_count, 0);
}

static void refuses_an_unknown_key_at_its_place(void **state) {
    fixture *f = *state;
    put("parley.yaml", "protos: [proto]\nsystem: [x]\n");
    assert_int_equal(workspace_find(&f->space, &f->err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(f->err.message, "parley.yaml:2:1:"));
    assert_non_null(strstr(f->err.message, "systems"));
}

static void state_lies_below_the_root(void **state) {
    fixture *f = *state;
    char got[PATH_MAX];
    char expected[PATH_MAX + 64];
    put("parley.yaml", "");
    assert_int_equal(workspace_find(&f->space, &f->err), PL_OK);
    workspace_state(&f->space, "mall", "logs", got);
    (void)snprintf(expected, sizeof expected, "%s/.parley/mall/logs", f->root);
    assert_string_equal(got, expected);
}

static void state_is_nothing_to_commit(void **state) {
    fixture *f = *state;
    char text[8] = "";
    put("parley.yaml", "");
    assert_int_equal(workspace_find(&f->space, &f->err), PL_OK);
    assert_int_equal(workspace_make_state(&f->space, &f->err), PL_OK);
    assert_int_equal(workspace_make_state(&f->space, &f->err), PL_OK); /* it is there already */
    FILE *file = fopen(".parley/.gitignore", "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    assert_string_equal(text, "*\n");
    (void)unlink(".parley/.gitignore");
    (void)rmdir(".parley");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(empty_file_is_enough),
        TEST(is_found_from_a_folder_below),
        TEST(says_what_makes_a_workspace_where_there_is_none),
        TEST(systems_may_be_elsewhere),
        TEST(refuses_an_unknown_key_at_its_place),
        TEST(state_lies_below_the_root),
        TEST(state_is_nothing_to_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Settings: where values come from, and what is refused with which words. */
#include "parley/service/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct target {
    const char *listen, *url, *folder;
    int64_t workers, interval;
    bool demo;
    int policy;
};

static const char *const policies[] = {"backorder", "reject", "saga", NULL};

static const pl_setting table[] = {
    PL_SETTING_STRING("LISTEN", struct target, listen, "127.0.0.1:0", "Where it listens."),
    PL_SETTING_INT("WORKERS", struct target, workers, "32", 1, 256, "How many workers."),
    PL_SETTING_BOOL("DEMO", struct target, demo, "false", "Whether it is a demonstration."),
    PL_SETTING_ENUM("STOCK_POLICY", struct target, policy, "backorder", policies, "What to do."),
    PL_SETTING_DURATION("SWEEP_INTERVAL", struct target, interval, "1s", 10, 60000, "How often."),
    PL_SETTING_SECRET("DATABASE_URL", struct target, url, PL_REQUIRED, "Where the data is."),
    PL_SETTING_PATH("FOLDER", struct target, folder, "", "Where the files are."),
};

enum { MAX_ARGS = 16 };

struct fixture {
    struct target target;
    pl_setting_group group;
    pl_settings *settings;
    char *environment[MAX_ARGS];
    char *owned[MAX_ARGS]; /* the same texts: loading takes secrets out of the list */
    pl_settings_verb verb;
    pl_error err;
    char path[32]; /* of the last temporary file; "" */
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->group = (pl_setting_group){"mall-orders", table, PL_COUNT(table), &f->target};
    if (pl_settings_new(&f->group, 1, &f->settings, NULL))
        return -1;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    pl_settings_free(f->settings);
    for (size_t i = 0; i < MAX_ARGS; i++)
        free(f->owned[i]);
    if (*f->path)
        unlink(f->path);
    free(f);
    return 0;
}

/* Adds "NAME=value" to the environment. */
static void env(struct fixture *f, const char *text) {
    size_t i = 0;
    while (f->owned[i])
        i++;
    f->environment[i] = f->owned[i] = strdup(text);
}

static const char *file(struct fixture *f, const char *content) {
    snprintf(f->path, sizeof f->path, "/tmp/parley-set-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    return f->path;
}

static pl_code load_args(struct fixture *f, const char *const *args, size_t count) {
    char *argv[MAX_ARGS] = {strdup("program")};
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = strdup(args[i]);
    pl_code code = pl_settings_load(f->settings, (int)count + 1, argv, f->environment, &f->verb,
                                    &f->err);
    for (size_t i = 0; i <= count; i++)
        free(argv[i]);
    return code;
}

#define LOAD(f, ...)                                                                               \
    load_args((f), (const char *const[]){"--", __VA_ARGS__} + 1,                                   \
              sizeof((const char *const[]){"--", __VA_ARGS__}) / sizeof(char *) - 1)

#define ASSERT_REFUSED(f, message_, ...)                                                           \
    do {                                                                                           \
        assert_int_equal(LOAD((f), __VA_ARGS__), PL_INVALID_ARGUMENT);                             \
        assert_string_equal((f)->err.message, (message_));                                         \
    } while (0)

static void takes_defaults_where_nothing_is_said(void **state) {
    struct fixture *f = *state;
    env(f, "DATABASE_URL=x");
    assert_int_equal(load_args(f, NULL, 0), PL_OK);
    assert_int_equal(f->verb, PL_SETTINGS_RUN);
    assert_string_equal(f->target.listen, "127.0.0.1:0");
    assert_int_equal(f->target.workers, 32);
    assert_int_equal(f->target.interval, 1000);
    assert_int_equal(f->target.policy, 0);
    assert_false(f->target.demo);
    assert_string_equal(pl_settings_source(f->settings, "WORKERS"), "default");
}

static void a_later_source_wins(void **state) {
    struct fixture *f = *state;
    const char *path = file(f, "WORKERS: 1\nSTOCK_POLICY: saga\nSWEEP_INTERVAL: 2s\n"
                               "DATABASE_URL: from-file\n");
    env(f, "SWEEP_INTERVAL=3s");
    env(f, "STOCK_POLICY=reject");
    assert_int_equal(LOAD(f, "--config", path, "--sweep-interval=4s", "--demo"), PL_OK);
    assert_int_equal(f->target.workers, 1);
    assert_int_equal(f->target.policy, 1);
    assert_int_equal(f->target.interval, 4000);
    assert_true(f->target.demo);
    assert_string_equal(f->target.url, "from-file");
    char source[64];
    snprintf(source, sizeof source, "%s:1:10", path);
    assert_string_equal(pl_settings_source(f->settings, "WORKERS"), source);
    assert_string_equal(pl_settings_source(f->settings, "STOCK_POLICY"), "environment");
    assert_string_equal(pl_settings_source(f->settings, "DEMO"), "flag");
}

static void refuses_a_missing_required_setting(void **state) {
    struct fixture *f = *state;
    assert_int_equal(load_args(f, NULL, 0), PL_INVALID_ARGUMENT);
    assert_string_equal(f->err.message,
                        "DATABASE_URL: required and not set; set it in the environment or in "
                        "the --config file (--help says what it is)");
}

static void says_who_sets_the_address_of_another_service(void **state) {
    static const pl_setting addresses[] = {
        PL_SETTING_STRING("CALL_ADDR", struct target, url, PL_REQUIRED, "Where call is."),
    };
    (void)state;
    struct target target;
    pl_settings *settings = NULL;
    pl_settings_verb verb;
    pl_error err = PL_ERROR_INIT;
    char *argv[] = {(char[]){"taxi-job"}, NULL}, *none[] = {NULL};
    const pl_setting_group group = {"taxi-job", addresses, PL_COUNT(addresses), &target};
    assert_int_equal(pl_settings_new(&group, 1, &settings, NULL), PL_OK);
    assert_int_equal(pl_settings_load(settings, 1, argv, none, &verb, &err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "CALL_ADDR: required and not set"));
    assert_non_null(strstr(err.message, "calls: [name] or events: [name]"));
    pl_settings_free(settings);
}

static void names_the_flag_that_is_malformed(void **state) {
    struct fixture *f = *state;
    ASSERT_REFUSED(f, "flag --workers: expected a whole number from 1 to 256, got '0'", "--workers",
                   "0");
    ASSERT_REFUSED(f, "flag --workers: needs a value", "--workers");
    ASSERT_REFUSED(f, "flag --demo: expected true or false, got 'yes'", "--demo=yes");
    ASSERT_REFUSED(f, "flag --stock-policy: expected one of backorder, reject, saga, got 'sagaa'",
                   "--stock-policy=sagaa");
    ASSERT_REFUSED(f, "flag --sweep-interval: expected a duration from 10ms to 1m, got '2h'",
                   "--sweep-interval=2h");
    ASSERT_REFUSED(
        f, "flag --listen: expected UTF-8 text of 0 to 16384 bytes, got bytes that are not UTF-8",
        "--listen=\xFF");
}

static void names_the_variable_that_is_malformed(void **state) {
    struct fixture *f = *state;
    env(f, "WORKERS=many");
    ASSERT_REFUSED(
        f, "environment variable WORKERS: expected a whole number from 1 to 256, got 'many'",
        "--demo");
}

static void names_the_place_in_the_file_that_is_malformed(void **state) {
    struct fixture *f = *state;
    const char *path = file(f, "LISTEN: a\nWORKERS: 999\n");
    char expected[160];
    snprintf(expected, sizeof expected,
             "%s:2:10: WORKERS: expected a whole number from 1 to 256, got '999'", path);
    ASSERT_REFUSED(f, expected, "--config", path);
}

static void refuses_unknown_flags_with_what_was_meant(void **state) {
    struct fixture *f = *state;
    ASSERT_REFUSED(f, "flag --stock-polcy: unknown, did you mean --stock-policy?",
                   "--stock-polcy=saga");
    ASSERT_REFUSED(f, "flag --zzzzzzzzzzzz: unknown; --help lists them", "--zzzzzzzzzzzz");
    ASSERT_REFUSED(f, "argument 'start': expected --key value; --help lists them", "start");
}

static void refuses_unknown_keys_of_the_file(void **state) {
    struct fixture *f = *state;
    const char *path = file(f, "stock-policy: saga\n");
    char expected[160];
    snprintf(expected, sizeof expected,
             "%s:1:1: unknown setting 'stock-policy', did you mean STOCK_POLICY?", path);
    ASSERT_REFUSED(f, expected, "--config", path);
}

static void refuses_a_file_that_is_no_mapping(void **state) {
    struct fixture *f = *state;
    const char *path = file(f, "- a\n");
    char expected[160];
    snprintf(expected, sizeof expected, "%s:1:1: expected a mapping, got a sequence", path);
    ASSERT_REFUSED(f, expected, "--config", path);
}

static void refuses_a_missing_config_file(void **state) {
    struct fixture *f = *state;
    assert_int_equal(LOAD(f, "--config", "/no/such.yaml"), PL_NOT_FOUND);
    assert_non_null(strstr(f->err.message, "/no/such.yaml"));
}

static void refuses_a_secret_as_a_flag(void **state) {
    struct fixture *f = *state;
    ASSERT_REFUSED(f,
                   "flag --database-url: other users can read the flags of a process; set "
                   "environment variable DATABASE_URL, or DATABASE_URL_FILE to the path of a file "
                   "that has it",
                   "--database-url=postgres://x");
}

static void clears_a_secret_from_the_environment(void **state) {
    struct fixture *f = *state;
    env(f, "DATABASE_URL=postgres://u:pw@h/d");
    env(f, "HOME=/root");
    assert_int_equal(load_args(f, NULL, 0), PL_OK);
    assert_string_equal(f->target.url, "postgres://u:pw@h/d");
    assert_string_equal(f->owned[0], "DATABASE_URL=");
    assert_string_equal(f->environment[0], "HOME=/root");
    assert_null(f->environment[1]);
}

static void takes_a_secret_from_a_file(void **state) {
    struct fixture *f = *state;
    char variable[64];
    snprintf(variable, sizeof variable, "DATABASE_URL_FILE=%s", file(f, "s3cret\n"));
    env(f, variable);
    assert_int_equal(load_args(f, NULL, 0), PL_OK);
    assert_string_equal(f->target.url, "s3cret");
    assert_string_equal(pl_settings_source(f->settings, "DATABASE_URL"), "environment");
}

static void takes_the_path_of_a_secret_as_a_flag(void **state) {
    struct fixture *f = *state;
    assert_int_equal(LOAD(f, "--database-url-file", file(f, "s3cret")), PL_OK);
    assert_string_equal(f->target.url, "s3cret");
}

static void refuses_a_secret_given_twice(void **state) {
    struct fixture *f = *state;
    char variable[64];
    snprintf(variable, sizeof variable, "DATABASE_URL_FILE=%s", file(f, "a"));
    env(f, variable);
    env(f, "DATABASE_URL=b");
    ASSERT_REFUSED(f,
                   "environment variable DATABASE_URL: given twice, as DATABASE_URL and as "
                   "DATABASE_URL_FILE",
                   "--demo");
}

static void never_shows_a_secret(void **state) {
    struct fixture *f = *state;
    env(f, "DATABASE_URL=hunter2\xFF");
    assert_int_equal(load_args(f, NULL, 0), PL_INVALID_ARGUMENT);
    assert_null(strstr(f->err.message, "hunter2"));
}

static void warns_about_variables_that_look_misspelt(void **state) {
    struct fixture *f = *state;
    env(f, "STOCK_POLIY=saga");
    env(f, "HOME=/root");
    env(f, "DEBUG=1");
    assert_int_equal(LOAD(f, "--print-config"), PL_OK);
    assert_int_equal(pl_settings_warnings(f->settings), 1);
    assert_string_equal(pl_settings_warning(f->settings, 0),
                        "STOCK_POLIY, did you mean STOCK_POLICY?");
}

static void prints_what_it_reads_again(void **state) {
    struct fixture *f = *state;
    env(f, "DATABASE_URL=hunter2");
    assert_int_equal(LOAD(f, "--print-config", "--workers=7", "--listen=a \"b\""), PL_OK);
    assert_int_equal(f->verb, PL_SETTINGS_PRINT_CONFIG);
    pl_buf out = pl_buf_make(4096);
    pl_settings_print(f->settings, &out);
    assert_string_equal(out.p, "LISTEN: \"a \\\"b\\\"\"  # flag\n"
                               "WORKERS: 7  # flag\n"
                               "DEMO: false  # default\n"
                               "STOCK_POLICY: backorder  # default\n"
                               "SWEEP_INTERVAL: 1s  # default\n"
                               "DATABASE_URL: \"***\"  # environment\n"
                               "FOLDER: \"\"  # default\n");
    assert_int_equal(LOAD(f, "--config", file(f, out.p)), PL_OK);
    pl_buf_done(&out);
}

static void prints_required_settings_that_are_not_set(void **state) {
    struct fixture *f = *state;
    assert_int_equal(LOAD(f, "--print-config"), PL_OK);
    pl_buf out = pl_buf_make(4096);
    pl_settings_print(f->settings, &out);
    assert_non_null(strstr(out.p, "# DATABASE_URL: required, not set\n"));
    pl_buf_done(&out);
}

static void helps_whatever_else_is_wrong(void **state) {
    struct fixture *f = *state;
    env(f, "WORKERS=x");
    assert_int_equal(LOAD(f, "--help", "--nonsense"), PL_OK);
    assert_int_equal(f->verb, PL_SETTINGS_HELP);
    pl_buf out = pl_buf_make(8192);
    pl_settings_help(f->settings, &out);
    assert_non_null(strstr(out.p, "mall-orders:\n"));
    assert_non_null(
        strstr(out.p, "  --workers NUMBER 1..256  (default 32)\n      How many workers.\n"));
    assert_non_null(strstr(out.p, "  --stock-policy backorder|reject|saga  (default backorder)\n"));
    assert_non_null(strstr(out.p, "  --database-url-file PATH of a file with the secret; or "
                                  "environment variable DATABASE_URL  (required)\n"));
    pl_buf_done(&out);
}

static void knows_its_verbs(void **state) {
    struct fixture *f = *state;
    assert_int_equal(LOAD(f, "--version"), PL_OK);
    assert_int_equal(f->verb, PL_SETTINGS_VERSION);
    assert_int_equal(LOAD(f, "--migrate"), PL_OK);
    assert_int_equal(f->verb, PL_SETTINGS_MIGRATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(takes_defaults_where_nothing_is_said),
        TEST(a_later_source_wins),
        TEST(refuses_a_missing_required_setting),
        TEST(says_who_sets_the_address_of_another_service),
        TEST(names_the_flag_that_is_malformed),
        TEST(names_the_variable_that_is_malformed),
        TEST(names_the_place_in_the_file_that_is_malformed),
        TEST(refuses_unknown_flags_with_what_was_meant),
        TEST(refuses_unknown_keys_of_the_file),
        TEST(refuses_a_file_that_is_no_mapping),
        TEST(refuses_a_missing_config_file),
        TEST(refuses_a_secret_as_a_flag),
        TEST(clears_a_secret_from_the_environment),
        TEST(takes_a_secret_from_a_file),
        TEST(takes_the_path_of_a_secret_as_a_flag),
        TEST(refuses_a_secret_given_twice),
        TEST(never_shows_a_secret),
        TEST(warns_about_variables_that_look_misspelt),
        TEST(prints_what_it_reads_again),
        TEST(prints_required_settings_that_are_not_set),
        TEST(helps_whatever_else_is_wrong),
        TEST(knows_its_verbs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* system.yaml: what is read, and where a wrong one is refused. The wrong ones are the files in
 * systems/: their first line says the position and a part of the message. */
#include "common/system.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "parley/base/str.h"

enum { ARENA_BUDGET = 1 << 20 };

static void write_file(char path[32], const char *text) {
    (void)snprintf(path, 32, "/tmp/parley-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static void read_text(pl_arena *arena, const char *text, system_model *model) {
    char path[32];
    pl_error err = PL_ERROR_INIT;
    write_file(path, text);
    pl_code code = system_load(path, arena, model, &err);
    (void)unlink(path);
    assert_string_equal(err.message, "");
    assert_int_equal(code, PL_OK);
}

static const char mall[] = "system: mall\n"
                           "title: 12 STREET\n"
                           "services:\n"
                           "  orders:\n"
                           "    port: 8081\n"
                           "    store: postgres\n"
                           "    serves: [mall.orders.v1.OrderService]\n"
                           "    calls: [payment]\n"
                           "  payment:\n"
                           "    port: 8087\n"
                           "    binary: pay\n"
                           "    events: [orders]\n"
                           "    settings: { LIMIT: 10, NOTE: 1.10 }\n"
                           "gateway:\n"
                           "  port: 8088\n";

static void reads_services_with_their_defaults(void **state) {
    static system_model model;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    (void)state;
    read_text(&arena, mall, &model);
    assert_string_equal(model.name, "mall");
    assert_string_equal(model.title, "12 STREET");
    assert_int_equal(model.service_count, 3);
    const system_service *orders = &model.services[0];
    assert_string_equal(orders->binary, "mall-orders");
    assert_int_equal(orders->port, 8081);
    assert_int_equal(orders->store, SYSTEM_STORE_POSTGRES);
    assert_string_equal(orders->calls[0], "payment");
    assert_int_equal(orders->replicas, 1);
    pl_arena_done(&arena);
}

static void settings_keep_the_text_they_are_written_with(void **state) {
    static system_model model;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    (void)state;
    read_text(&arena, mall, &model);
    const system_service *payment = system_find(&model, "payment");
    assert_non_null(payment);
    assert_string_equal(payment->binary, "pay");
    assert_int_equal(payment->store, SYSTEM_STORE_NONE);
    assert_string_equal(payment->settings[1].key, "NOTE");
    assert_string_equal(payment->settings[1].value, "1.10");
    pl_arena_done(&arena);
}

static void gateway_is_the_last_service(void **state) {
    static system_model model;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    (void)state;
    read_text(&arena, mall, &model);
    assert_true(model.services[2].is_gateway);
    assert_string_equal(model.services[2].name, "gateway");
    pl_arena_done(&arena);
}

static void finds_a_service_with_the_name_of_its_system(void **state) {
    static system_model model;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    (void)state;
    read_text(&arena, mall, &model);
    assert_ptr_equal(system_find(&model, "mall/orders"), &model.services[0]);
    assert_null(system_find(&model, "other/orders"));
    assert_null(system_find(&model, "order"));
    pl_arena_done(&arena);
}

static void later_setting_replaces_an_earlier_one(void **state) {
    static system_service service;
    (void)state;
    assert_int_equal(system_set(&service, "LIMIT", "1", NULL), PL_OK);
    assert_int_equal(system_set(&service, "LIMIT", "2", NULL), PL_OK);
    assert_int_equal(service.setting_count, 1);
    assert_string_equal(service.settings[0].value, "2");
    assert_int_equal(system_set(&service, "binary", "other", NULL), PL_OK);
    assert_string_equal(service.binary, "other");
}

static void refuses_more_settings_than_there_is_room_for(void **state) {
    static system_service service;
    static char keys[SYSTEM_SETTINGS_MAX + 1][8];
    (void)state;
    for (int i = 0; i < SYSTEM_SETTINGS_MAX; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "K%d", i);
        assert_int_equal(system_set(&service, keys[i], "", NULL), PL_OK);
    }
    assert_int_equal(system_set(&service, "ONE_MORE", "", NULL), PL_RESOURCE_EXHAUSTED);
}

/* Loads FILE, whose first line is "# LINE:COL: TEXT". */
static void check_refused(const char *path) {
    static system_model model;
    char first[256];
    char place[64];
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(first, sizeof first, file));
    (void)fclose(file);
    first[strcspn(first, "\n")] = '\0';
    const char *text = strstr(first, ": ");
    assert_non_null(text);
    (void)snprintf(place, sizeof place, "%.*s:", (int)(text - first - 2), first + 2);
    pl_code code = system_load(path, &arena, &model, &err);
    size_t n = strlen(path);
    bool right = code == PL_INVALID_ARGUMENT && strncmp(err.message, path, n) == 0 &&
                 err.message[n] == ':' && strncmp(err.message + n + 1, place, strlen(place)) == 0 &&
                 strstr(err.message, text + 2);
    if (!right)
        fail_msg("%s: expected '%s', got %s '%s'", path, first + 2, pl_code_name(code),
                 err.message);
    pl_arena_done(&arena);
}

static void refuses_wrong_files_at_the_right_place(void **state) {
    glob_t found;
    (void)state;
    assert_int_equal(glob("tests/systems/*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 15);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_refused(found.gl_pathv[i]);
    globfree(&found);
}

static void missing_file_is_not_found(void **state) {
    static system_model model;
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    (void)state;
    assert_int_equal(system_load("tests/systems/none", &arena, &model, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "tests/systems/none"));
    pl_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_services_with_their_defaults),
        cmocka_unit_test(settings_keep_the_text_they_are_written_with),
        cmocka_unit_test(gateway_is_the_last_service),
        cmocka_unit_test(finds_a_service_with_the_name_of_its_system),
        cmocka_unit_test(later_setting_replaces_an_earlier_one),
        cmocka_unit_test(refuses_more_settings_than_there_is_room_for),
        cmocka_unit_test(refuses_wrong_files_at_the_right_place),
        cmocka_unit_test(missing_file_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

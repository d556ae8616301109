/* docs/configuration.md has every setting of the chassis, as the chassis has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service_internal.h"

enum { FILE_MAX = 256 * 1024, ROW_MAX = 1024 };

static const char *path;
static char text[FILE_MAX];

static int read_page(void **state) {
    FILE *file = fopen(path, "r");

    (void)state;
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return 0;
}

/* Checks the rows of a table; prints those that are missing, for them to be pasted. */
static size_t missing_rows(const pl_setting *settings, size_t count) {
    size_t missing = 0;

    for (size_t i = 0; i < count; i++) {
        const char *fallback = settings[i].fallback;
        char row[ROW_MAX];
        snprintf(row, sizeof row, "| `%s` | %s%s%s | %s |\n", settings[i].key, *fallback ? "`" : "",
                 fallback, *fallback ? "`" : "", settings[i].help);
        if (strstr(text, row))
            continue;
        print_error("%s", row);
        missing++;
    }
    return missing;
}

static void every_setting_is_documented(void **state) {
    (void)state;
    assert_int_equal(missing_rows(pl_common_settings, pl_common_setting_count), 0);
    assert_int_equal(missing_rows(pl_rpc_settings, pl_rpc_setting_count), 0);
}

static void nothing_else_is_documented(void **state) {
    size_t rows = 0;

    (void)state;
    for (const char *p = text; (p = strstr(p, "\n| `")) != NULL; p++)
        rows++;
    assert_int_equal(rows, pl_common_setting_count + pl_rpc_setting_count);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_is_documented),
        cmocka_unit_test(nothing_else_is_documented),
    };

    path = argc > 1 ? argv[1] : "";
    return cmocka_run_group_tests(tests, read_page, NULL);
}

/* Runs the fuzz target over every file of tests/corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#include "parley/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *name) {
    char path[512], bytes[65536];
    snprintf(path, sizeof path, "tests/corpus/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut <= n; cut++) /* and every beginning of it */
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, cut);
}

static void survives_every_file_of_the_corpus(void **state) {
    (void)state;
    DIR *folder = opendir("tests/corpus");
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        run_file(entry->d_name);
        count++;
    }
    closedir(folder);
    assert_true(count >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_every_file_of_the_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Runs the fuzz target over every file of tests/corpus and every beginning of it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "parley/base/str.h"

#define FILE_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *name) {
    static char bytes[FILE_MAX];
    char path[512];
    snprintf(path, sizeof(path), "tests/corpus/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t cut = 0; cut <= n; cut++) {
        /* A copy of its own, so that a byte read beyond the end is found. */
        uint8_t *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
}

static void survives_every_file_of_the_corpus(void **state) {
    (void)state;
    DIR *folder = opendir("tests/corpus");
    size_t count = 0;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        run_file(entry->d_name);
        count++;
    }
    closedir(folder);
    assert_true(count >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_every_file_of_the_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

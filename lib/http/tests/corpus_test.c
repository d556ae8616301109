/* Runs the fuzz target over every file of tests/corpus. */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "parley/base/str.h"

#define MAX_INPUT (1024 * 1024)
#define CORPUS    "tests/corpus"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pl_buf read_file(const char *path) {
    pl_buf buf = pl_buf_make(MAX_INPUT);
    char chunk[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        assert_true(pl_buf_append(&buf, chunk, n));
    fclose(file);
    return buf;
}

static void survives_every_file_of_the_corpus(void **state) {
    (void)state;
    DIR *folder = opendir(CORPUS);
    assert_non_null(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        pl_buf path = pl_buf_make(4096);
        pl_buf_printf(&path, CORPUS "/%s", entry->d_name);
        pl_buf bytes = read_file(path.p);
        LLVMFuzzerTestOneInput((const uint8_t *)bytes.p, bytes.n);
        pl_buf_done(&bytes);
        pl_buf_done(&path);
        count++;
    }
    closedir(folder);
    assert_true(count >= 20);
}

static void survives_the_empty_input(void **state) {
    (void)state;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_file_of_the_corpus),
        cmocka_unit_test(survives_the_empty_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

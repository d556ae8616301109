/* The fuzz target over its corpus, as it stands and changed at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define CORPUS    "corpus"
#define INPUT_MAX 8192
#define CHANGES   2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_input(const char *name, uint8_t out[INPUT_MAX]) {
    char path[512];
    size_t n;
    FILE *file;

    snprintf(path, sizeof path, CORPUS "/%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(out, 1, INPUT_MAX, file);
    fclose(file);
    return n;
}

/* A few bytes replaced, and every fifth time the end cut off. */
static void run_changed(const uint8_t *good, size_t n) {
    uint8_t bytes[INPUT_MAX];
    uint32_t x = 1;

    for (unsigned round = 0; n && round < CHANGES; round++) {
        size_t size = n;
        memcpy(bytes, good, n);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            x = x * 1664525u + 1013904223u;
            bytes[(x >> 8) % n] = (uint8_t)(x >> 24);
        }
        if (round % 5 == 0)
            size = (x >> 4) % n;
        LLVMFuzzerTestOneInput(bytes, size);
    }
}

static void keeps_its_promises_over_the_corpus(void **state) {
    DIR *folder = opendir(CORPUS);
    uint8_t bytes[INPUT_MAX];
    struct dirent *entry;
    unsigned inputs = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        size_t n;
        if (entry->d_name[0] == '.')
            continue;
        n = read_input(entry->d_name, bytes);
        LLVMFuzzerTestOneInput(bytes, n);
        run_changed(bytes, n < 512 ? n : 512);
        inputs++;
    }
    closedir(folder);
    assert_true(inputs >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_its_promises_over_the_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The fuzz target over the corpus: every case, cut off at many places and damaged at others. */
#include <stdlib.h>

#include "shop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRIDE = 97 };

static void try(const char *begin, size_t size, uint32_t *seed) {
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, begin, size);
    LLVMFuzzerTestOneInput((const uint8_t *)text, size);
    for (size_t i = STRIDE; i < size; i += STRIDE) {
        static const char odd[] = "!{}[]:,#&*'\"-\n 09~\xff";
        *seed = *seed * 1664525u + 1013904223u;
        size_t at = *seed % size;
        char kept = text[at];
        LLVMFuzzerTestOneInput((const uint8_t *)text, i);
        text[at] = odd[(*seed >> 20) % (sizeof odd - 1)];
        LLVMFuzzerTestOneInput((const uint8_t *)text, size);
        text[at] = kept;
    }
    free(text);
}

static void nothing_in_or_near_the_corpus_leads_astray(void **state) {
    static const char *const files[] = {"yaml", "head",  "calls",   "fields",
                                        "tags", "steps", "overlap", "right"};
    uint32_t seed = 1;
    (void)state;
    for (size_t i = 0; i < PL_COUNT(files); i++) {
        char path[64];
        snprintf(path, sizeof path, "tests/corpus/%s.txt", files[i]);
        pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        for (int c; (c = fgetc(file)) != EOF;)
            pl_buf_putc(&text, (char)c);
        fclose(file);
        for (const char *at = text.p; (at = strstr(at, "=== "));) {
            const char *begin = strchr(at, '\n') + 1, *end = strstr(begin, "---\n");
            try(begin, (size_t)(end - begin), &seed);
            at = end;
        }
        pl_buf_done(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_or_near_the_corpus_leads_astray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

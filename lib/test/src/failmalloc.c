#include "parley/test/failmalloc.h"

/* The linker's --wrap gives these names their meaning. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static size_t remaining; /* 0: not counting */
static bool failed;

void pl_test_fail_allocation(size_t n) {
    remaining = n;
    failed = false;
}

bool pl_test_allocation_failed(void) {
    remaining = 0;
    return failed;
}

static bool fails(void) {
    if (remaining == 0 || --remaining > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : __real_strdup(text);
}

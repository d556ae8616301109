#include "parley/test/failmalloc.h"

#include <stdatomic.h>

/* The linker's --wrap gives these names their meaning. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static atomic_size_t remaining; /* 0: not counting */
static atomic_bool failed;

void pl_test_fail_allocation(size_t n) {
    atomic_store(&failed, false);
    atomic_store(&remaining, n);
}

bool pl_test_allocation_failed(void) {
    atomic_store(&remaining, 0);
    return atomic_load(&failed);
}

static bool fails(void) {
    size_t n = atomic_load(&remaining);

    while (n > 0 && !atomic_compare_exchange_weak(&remaining, &n, n - 1)) {
    }
    if (n != 1)
        return false;
    atomic_store(&failed, true);
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

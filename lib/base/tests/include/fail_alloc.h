/* Makes the n-th allocation fail, for tests that fail each allocation once.
 *
 * Include in one source of a test that is linked with
 *     target_link_options(t PRIVATE
 * LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup) which catches the allocations of
 * our own (static) code and of no shared library.
 *
 *     for (long n = 0; !done; n++) {
 *         fail_alloc_after(n);
 *         pl_code code = thing_new(&thing, &err);
 *         done = !fail_alloc_stop();
 *         ...
 *     }
 */
#ifndef PARLEY_BASE_TESTS_FAIL_ALLOC_H
#define PARLEY_BASE_TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Allocations until one fails; negative: none fails. */
static long fail_alloc_left = -1;
static bool fail_alloc_hit;

/* The allocation after the next N ones fails, and each after it. */
static inline void fail_alloc_after(long n) {
    fail_alloc_left = n;
    fail_alloc_hit = false;
}

/* Allocations work again; whether one failed. */
static inline bool fail_alloc_stop(void) {
    fail_alloc_left = -1;
    return fail_alloc_hit;
}

static inline bool fail_alloc_now(void) {
    if (fail_alloc_left < 0)
        return false;
    if (fail_alloc_left > 0) {
        fail_alloc_left--;
        return false;
    }
    fail_alloc_hit = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size) {
    return fail_alloc_now() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
    return fail_alloc_now() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size) {
    return fail_alloc_now() ? NULL : __real_realloc(old, size);
}
char *__wrap_strdup(const char *text) {
    return fail_alloc_now() ? NULL : __real_strdup(text);
}

#endif

/* Fails the n-th allocation of the code under test.
 *
 * For tests linked with parley::test_failmalloc, which puts a counter before malloc,
 * calloc, realloc and strdup of everything linked statically; shared libraries are
 * not touched. Allocations of all threads are counted; one test at a time.
 *
 *     for (size_t n = 1; n < 1000; n++) {
 *         pl_test_fail_allocation(n);
 *         pl_code code = thing(...);
 *         if (!pl_test_allocation_failed())
 *             break;               (there were fewer than n)
 *         assert(code == PL_RESOURCE_EXHAUSTED);
 *     }
 */
#ifndef PARLEY_TEST_FAILMALLOC_H
#define PARLEY_TEST_FAILMALLOC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The N-th allocation from now on returns NULL, counted from 1; 0: none. */
void pl_test_fail_allocation(size_t n);

/* Whether that has happened; ends the counting. */
bool pl_test_allocation_failed(void);

#ifdef __cplusplus
}
#endif
#endif

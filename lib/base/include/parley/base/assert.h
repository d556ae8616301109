/* Programming errors end the process, in release builds too: a wrong pointer
 * that goes on is worse than a restart. Input errors are never assertions. */
#ifndef PARLEY_BASE_ASSERT_H
#define PARLEY_BASE_ASSERT_H

#include "parley/base/macros.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : pl_assert_failed(#condition, __FILE__, __LINE__, __func__))

/* Writes "FILE:LINE: FUNCTION: assertion failed: CONDITION" to stderr and aborts. */
void pl_assert_failed(const char *condition, const char *file, int line,
                      const char *function) PL_NORETURN;

#ifdef __cplusplus
}
#endif
#endif

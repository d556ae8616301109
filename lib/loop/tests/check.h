/* cmocka with what it needs before it. */
#ifndef PARLEY_LOOP_TESTS_CHECK_H
#define PARLEY_LOOP_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parley/loop/loop.h"

/* How long a test waits for an effect before it fails. */
#define PATIENCE_MS 10000

/* Runs LOOP until CONDITION holds, or fails the test. */
#define run_until(loop, condition)                                                                 \
    do {                                                                                           \
        int64_t patience_ = pl_deadline_ms(PATIENCE_MS);                                           \
        while (!(condition)) {                                                                     \
            if (pl_now_ns() > patience_)                                                           \
                fail_msg("waited in vain for %s", #condition);                                     \
            assert_int_equal(pl_loop_run_once((loop), 20, NULL), PL_OK);                           \
        }                                                                                          \
    } while (0)

#endif

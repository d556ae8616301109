/* Waiting for an effect while the loop runs. */
#ifndef PARLEY_LOOP_TESTS_PATIENCE_H
#define PARLEY_LOOP_TESTS_PATIENCE_H

#include "check.h"

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

/* What the tests of lib/http assert beside cmocka's own. */
#ifndef PARLEY_HTTP_TESTS_TEXT_H
#define PARLEY_HTTP_TESTS_TEXT_H

#include "check.h"

#include "parley/base/str.h"

#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        pl_str text_ = (text), expected_ = pl_str_c(expected);                                     \
        if (!pl_str_eq(text_, expected_))                                                          \
            fail_msg("\"%.*s\" is not \"%.*s\"", PL_FMT(text_), PL_FMT(expected_));                \
    } while (0)

#endif

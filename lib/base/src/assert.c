#include "parley/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void pl_assert_failed(const char *condition, const char *file, int line, const char *function) {
    (void)fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, function, condition);
    abort();
}

/* The kernel's random numbers. getrandom() is Linux only. */
#include <errno.h>
#include <sys/random.h>

#include "parley/base/assert.h"
#include "parley/base/clock.h"

void pl_random(void *out, size_t size) {
    char *p = out;
    while (size) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        PL_ASSERT(n > 0);
        p += n;
        size -= (size_t)n;
    }
}

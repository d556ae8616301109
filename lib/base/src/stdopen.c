#include "parley/base/stdopen.h"

#include <fcntl.h>
#include <unistd.h>

void pl_stdopen(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* The lowest that is free is FD: those below it are open. For what it is not used for. */
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/* bench-fdatasync: what the disk below a folder takes to make one write durable, as a
 * database's log does it: 8 KiB written over a file that has its size already. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "samples.h"

enum { BLOCK = 8192, BLOCKS = 512, MAX_SYNCS = 20000, PATH_SIZE = 4096 };

static bool fill(int fd, const char *block) {
    for (int i = 0; i < BLOCKS; i++) {
        if (pwrite(fd, block, BLOCK, (off_t)i * BLOCK) != BLOCK)
            return false;
    }
    return fsync(fd) == 0;
}

static bool measure(int fd, char *block, int64_t end_ns, samples *out) {
    for (int i = 0; i < MAX_SYNCS; i++) {
        int64_t begun = pl_now_ns();
        if (begun >= end_ns)
            break;
        memset(block, i & 0xff, BLOCK);
        if (pwrite(fd, block, BLOCK, (off_t)(i % BLOCKS) * BLOCK) != BLOCK || fdatasync(fd) != 0)
            return false;
        samples_add(out, pl_now_ns() - begun);
    }
    return true;
}

int main(int argc, char **argv) {
    static char block[BLOCK];
    char path[PATH_SIZE];
    samples s;
    char *end = NULL;
    double seconds = argc == 3 ? strtod(argv[2], &end) : 0;
    if (argc != 3 || *end || !(seconds > 0 && seconds <= 60)) {
        (void)fprintf(stderr, "usage: bench-fdatasync FOLDER SECONDS\n");
        return 2;
    }
    (void)snprintf(path, sizeof path, "%s/bench-fdatasync.XXXXXX", argv[1]);
    int fd = mkstemp(path);
    if (fd < 0 || !samples_init(&s, MAX_SYNCS)) {
        perror(path);
        return EXIT_FAILURE;
    }
    (void)unlink(path);
    bool measured = fill(fd, block) &&
                    measure(fd, block, pl_now_ns() + (int64_t)(seconds * 1e9), &s);
    close(fd);
    if (!measured) {
        perror("bench-fdatasync");
        samples_done(&s);
        return EXIT_FAILURE;
    }
    samples_sort(&s);
    printf("syncs %zu\n", s.count);
    samples_print(&s, "fdatasync");
    samples_done(&s);
    return 0;
}

/* What is Linux only: /proc and malloc's knobs. */
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "service_internal.h"

enum { MALLOC_ARENAS = 2 };

void pl_process_tune(void) {
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
}
void pl_process_trim(void) {
    malloc_trim(0);
}

/* Resident pages, the second number of statm. */
static long resident_pages(void) {
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return 0;
    text[n] = 0;
    char *end;
    strtol(text, &end, 10);
    return strtol(end, NULL, 10);
}

/* Entries of a folder of /proc, without "." and "..". */
static long count_entries(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    long count = 0;
    for (const struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

void pl_process_metrics(void *self, pl_metrics *metrics) {
    (void)self;
    struct timespec cpu = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    pl_metrics_sample(metrics, PL_METRIC_COUNTER, "process_cpu_seconds_total",
                      "CPU time used, user and system.", PL_NO_LABELS,
                      (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "process_resident_memory_bytes",
                      "Resident memory, shared pages included.", PL_NO_LABELS,
                      (double)resident_pages() * (double)sysconf(_SC_PAGESIZE));
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "process_open_fds", "Open file descriptors.",
                      PL_NO_LABELS, (double)(count_entries("/proc/self/fd") - 1));
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "process_threads", "Threads.", PL_NO_LABELS,
                      (double)count_entries("/proc/self/task"));
}

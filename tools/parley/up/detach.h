/* A start in the background: the process forks, the parent waits for one report of the
 * child, prints it and exits with its status. */
#ifndef PARLEY_UP_DETACH_H
#define PARLEY_UP_DETACH_H

#include <stdbool.h>

typedef struct detach_link {
    int fd; /* -1: reported */
} detach_link;

/* True in the child, which is a session of its own with its output in LOG; false in the
 * parent, once the child has reported or ended: *out_status is the exit status. */
bool detach_fork(detach_link *link, const char *log, int *out_status);

/* Tells the parent; the first report counts. */
void detach_report(detach_link *link, int status, const char *text);

#endif

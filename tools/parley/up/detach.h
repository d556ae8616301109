/* A start in the background: the process forks, the parent waits for one report of the
 * child, prints it and exits with its status. Ctrl-C in between is passed on to the
 * child, which then stops what it has started.
 */
#ifndef PARLEY_UP_DETACH_H
#define PARLEY_UP_DETACH_H

#include <stdbool.h>

typedef struct detach_link {
    int fd; /* -1: reported */
} detach_link;

/* True in the child, which is a session of its own with its output in LOG; false in the
 * parent, once the child has reported or ended: *out_status is the exit status. */
bool detach_fork(detach_link *link, const char *log, int *out_status);

/* Has the parent print TEXT to stderr. Nothing happens after the report. */
void detach_note(detach_link *link, const char *text);

/* Tells the parent its exit status; TEXT goes to stdout where it is 0, else to stderr. The first
 * report counts. */
void detach_report(detach_link *link, int status, const char *text);

#endif

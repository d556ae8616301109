/* A gRPC server of others: one that sends a status without details, as most do, or with any;
 * ours never leave them out of UNAVAILABLE. */
#ifndef VERIFY_TESTS_FOREIGN_H
#define VERIFY_TESTS_FOREIGN_H

#include <pthread.h>

typedef struct foreign {
    char address[32];
    const char *message; /* as it is sent: percent-encoded */
    const char *details; /* in base64; NULL: none */
    int listener;
    pthread_t thread;
} foreign;

/* Answers every call with UNAVAILABLE, MESSAGE and DETAILS (in base64; NULL: none), which are
 * borrowed. */
void foreign_start(foreign *f, const char *message, const char *details);
/* Once every client has hung up. */
void foreign_stop(foreign *f);

#endif

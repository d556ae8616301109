#include "core.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OS_ERROR_KEY "os_error:\""
#define OS_ERROR_MAX 128

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local char last_os_error[OS_ERROR_MAX];

/* A library does not write to stderr between the lines of its program. */
static void keep_os_error(gpr_log_func_args *args) {
    const char *found = strstr(args->message, OS_ERROR_KEY);

    if (args->severity != GPR_LOG_SEVERITY_ERROR || !found)
        return;
    found += sizeof OS_ERROR_KEY - 1;
    snprintf(last_os_error, sizeof last_os_error, "%.*s", (int)strcspn(found, "\""), found);
}

/* Who asks core to be verbose shall see what it says. */
static void take_log(void) {
    if (!getenv("GRPC_VERBOSITY") && !getenv("GRPC_TRACE"))
        gpr_set_log_function(keep_os_error);
}

void pl_core_init(void) {
    pthread_once(&once, take_log);
    grpc_init();
}

void pl_core_shutdown(void) {
    grpc_shutdown_blocking();
}

const char *pl_core_last_os_error(void) {
    return last_os_error;
}

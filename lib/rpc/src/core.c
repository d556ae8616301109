#include "core.h"

#include <grpc/compression.h>
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

grpc_arg pl_core_int_arg(const char *key, int value) {
    grpc_arg arg = {.type = GRPC_ARG_INTEGER, .key = (char *)(uintptr_t)key};

    arg.value.integer = value;
    return arg;
}

grpc_arg pl_core_text_arg(const char *key, const char *value) {
    grpc_arg arg = {.type = GRPC_ARG_STRING, .key = (char *)(uintptr_t)key};

    arg.value.string = (char *)(uintptr_t)value;
    return arg;
}

int pl_core_encodings(bool compressed) {
    int set = 1 << GRPC_COMPRESS_NONE;

    return compressed ? set | 1 << GRPC_COMPRESS_GZIP | 1 << GRPC_COMPRESS_DEFLATE : set;
}

const char *pl_core_last_os_error(void) {
    return last_os_error;
}

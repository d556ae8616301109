/* parley call and parley ls. */
#ifndef PARLEY_CALL_H
#define PARLEY_CALL_H

#include "call/input.h"
#include "call/reflect.h"
#include "call/target.h"
#include "common/args.h"

#define CALL_TIMEOUT_MS  10000
#define CALL_MESSAGE_MAX (64u << 20)

/* What was asked for on the command line. */
typedef struct call_request {
    tool_args *args;
    const char *target;                /* NULL: any service of what runs here */
    const char *method;                /* "OrderService.GetOrder"; of ls NULL */
    const char *words[CALL_WORDS_MAX]; /* JSON documents; "-": on standard input */
    size_t word_count;
    size_t max_messages; /* after so many answers it is enough; 0: all */
    pl_metadata metadata[PL_CALL_METADATA_MAX];
    size_t metadata_count;
    int64_t deadline_ns;
    bool timeout_given; /* else a call that streams has no deadline */
    pl_tls_opts tls;    /* ca_file NULL: plain text */
} call_request;

/* Each returns an exit code. */
int call_method(const call_request *request);
int call_list(const call_request *request);

/* Opens a channel and a reflection to TARGET; both are the caller's. */
PL_NODISCARD pl_code call_open(const call_request *request, const call_target *target,
                               pl_channel **out_channel, reflection *out_reflection, pl_error *err);

/* Prints a message of METHOD's answer: indented, or with --json on one line. */
PL_NODISCARD pl_code call_print_message(const call_request *request, const pl_method_type *method,
                                        pl_str message, pl_error *err);
/* Prints initial and trailing metadata to stderr. */
void call_print_metadata(const pl_bytes_reply *reply);

/* Prints an error, with its details, and returns the exit code of a failure. */
int call_fail(const call_request *request, const pl_error *err, const pl_bytes_reply *reply);

#endif

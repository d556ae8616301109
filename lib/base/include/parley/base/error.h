/* Errors: the 17 gRPC codes and a message a person can act on.
 *
 * Every fallible function of Parley returns a pl_code and, where the caller
 * passes one, fills a pl_error. Input errors are codes; programming errors are
 * PL_ASSERT (assert.h). Nothing here allocates; everything is thread-safe in
 * that it touches only its arguments.
 *
 *     pl_error err = PL_ERROR_INIT;
 *     if (pl_thing_open(path, &thing, &err))
 *         return pl_error_wrap(e, &err, "cannot start");
 */
#ifndef PARLEY_BASE_ERROR_H
#define PARLEY_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* symbol, name on the wire, HTTP status, may be retried without asking */
#define PL_CODE_TABLE(X)                                                                           \
    X(PL_OK, "OK", 200, false)                                                                     \
    X(PL_CANCELLED, "CANCELLED", 499, false)                                                       \
    X(PL_UNKNOWN, "UNKNOWN", 500, false)                                                           \
    X(PL_INVALID_ARGUMENT, "INVALID_ARGUMENT", 400, false)                                         \
    X(PL_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504, false)                                       \
    X(PL_NOT_FOUND, "NOT_FOUND", 404, false)                                                       \
    X(PL_ALREADY_EXISTS, "ALREADY_EXISTS", 409, false)                                             \
    X(PL_PERMISSION_DENIED, "PERMISSION_DENIED", 403, false)                                       \
    X(PL_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429, true)                                      \
    X(PL_FAILED_PRECONDITION, "FAILED_PRECONDITION", 400, false)                                   \
    X(PL_ABORTED, "ABORTED", 409, false)                                                           \
    X(PL_OUT_OF_RANGE, "OUT_OF_RANGE", 400, false)                                                 \
    X(PL_UNIMPLEMENTED, "UNIMPLEMENTED", 501, false)                                               \
    X(PL_INTERNAL, "INTERNAL", 500, false)                                                         \
    X(PL_UNAVAILABLE, "UNAVAILABLE", 503, true)                                                    \
    X(PL_DATA_LOSS, "DATA_LOSS", 500, false)                                                       \
    X(PL_UNAUTHENTICATED, "UNAUTHENTICATED", 401, false)

#define PL_CODE_ENUM(symbol, name, http, retriable) symbol,
/* The codes of gRPC, with their numbers. */
typedef enum pl_code { PL_CODE_TABLE(PL_CODE_ENUM) } pl_code;
#undef PL_CODE_ENUM

#define PL_CODE_COUNT 17

/* Bytes of an error's texts, terminating NUL included; longer ones are cut at a
 * character boundary. */
#define PL_ERROR_MESSAGE_MAX 512
#define PL_ERROR_REASON_MAX  64
#define PL_ERROR_DOMAIN_MAX  32

/* What went wrong. A plain value: copy it, keep it, forget it. */
typedef struct pl_error {
    pl_code code;
    char message[PL_ERROR_MESSAGE_MAX]; /* names the thing, what was expected, what to do */
    char reason[PL_ERROR_REASON_MAX];   /* google.rpc.ErrorInfo reason, or "" */
    char domain[PL_ERROR_DOMAIN_MAX];   /* google.rpc.ErrorInfo domain, or "" */
    int64_t retry_after_ms;             /* 0: nothing is known about it */
} pl_error;

#ifdef __cplusplus
#define PL_ERROR_INIT                                                                              \
    {}
#else
#define PL_ERROR_INIT                                                                              \
    { 0 }
#endif

/* Sets code and message of ERR (NULL is allowed), clears the rest, returns CODE. */
pl_code pl_error_set(pl_error *err, pl_code code, const char *format, ...) PL_PRINTF(3, 4);
pl_code pl_error_setv(pl_error *err, pl_code code, const char *format, va_list args);

/* Sets ERR to FROM with "CONTEXT: " before its message; returns FROM's code.
 * ERR may be NULL or FROM itself. */
pl_code pl_error_wrap(pl_error *err, const pl_error *from, const char *format, ...) PL_PRINTF(3, 4);

/* Adds domain and reason (google.rpc.ErrorInfo) to an error that is set; NULL is allowed. */
void pl_error_info(pl_error *err, const char *domain, const char *reason);

/* Maps an errno to a code with "WHAT: text of the errno" as message. */
pl_code pl_error_errno(pl_error *err, int errnum, const char *what, ...) PL_PRINTF(3, 4);

/* "NOT_FOUND"; "UNKNOWN" for a number that is no code. */
const char *pl_code_name(pl_code code);

/* 404 for PL_NOT_FOUND, and so on. */
int pl_code_http_status(pl_code code);

/* A repeat of an idempotent call may help. */
bool pl_code_retriable(pl_code code);

/* The code named NAME ("NOT_FOUND"); false where there is none. */
bool pl_code_find(const char *name, pl_code *out_code);

#ifdef __cplusplus
}
#endif
#endif

#include "parley/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "parley/base/str.h"

typedef struct code_row {
    const char *name;
    int http_status;
    bool retriable;
} code_row;

#define CODE_ROW(symbol, name, http, retriable) {name, http, retriable},
static const code_row code_rows[PL_CODE_COUNT] = {PL_CODE_TABLE(CODE_ROW)};
#undef CODE_ROW

static const code_row *row_of(pl_code code) {
    unsigned index = (unsigned)code;
    return &code_rows[index < PL_CODE_COUNT ? index : PL_UNKNOWN];
}

const char *pl_code_name(pl_code code) {
    return row_of(code)->name;
}

int pl_code_http_status(pl_code code) {
    return row_of(code)->http_status;
}

bool pl_code_retriable(pl_code code) {
    return row_of(code)->retriable;
}

bool pl_code_find(const char *name, pl_code *out_code) {
    for (size_t i = 0; i < PL_CODE_COUNT; i++) {
        if (strcmp(code_rows[i].name, name) == 0) {
            *out_code = (pl_code)i;
            return true;
        }
    }
    return false;
}

/* A cut text must not end within a character. */
static void trim_to_character(char *text, size_t capacity) {
    pl_str whole = pl_str_c(text);
    if (whole.n + 1 < capacity)
        return;
    text[pl_utf8_cut(whole, whole.n).n] = '\0';
}

pl_code pl_error_setv(pl_error *err, pl_code code, const char *format, va_list args) {
    if (!err)
        return code;
    /* Formatted apart, because an argument may be this error's own text. */
    char message[PL_ERROR_MESSAGE_MAX];
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    trim_to_character(message, sizeof message);
    err->code = code;
    memcpy(err->message, message, sizeof message);
    err->reason[0] = '\0';
    err->domain[0] = '\0';
    err->retry_after_ms = 0;
    return code;
}

pl_code pl_error_set(pl_error *err, pl_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pl_error_setv(err, code, format, args);
    va_end(args);
    return code;
}

pl_code pl_error_wrap(pl_error *err, const pl_error *from, const char *format, ...) {
    pl_code code = from->code;
    if (!err)
        return code;
    pl_error out = *from;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out.message, sizeof out.message, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used < sizeof out.message)
        (void)snprintf(out.message + used, sizeof out.message - used, ": %s", from->message);
    trim_to_character(out.message, sizeof out.message);
    *err = out;
    return code;
}

void pl_error_info(pl_error *err, const char *domain, const char *reason) {
    if (!err)
        return;
    (void)snprintf(err->domain, sizeof err->domain, "%s", domain ? domain : "");
    (void)snprintf(err->reason, sizeof err->reason, "%s", reason ? reason : "");
}

static pl_code code_of_errno(int errnum) {
    switch (errnum) {
    case 0:
        return PL_OK;
    case ENOENT:
    case ENOTDIR:
        return PL_NOT_FOUND;
    case EEXIST:
        return PL_ALREADY_EXISTS;
    case EACCES:
    case EPERM:
        return PL_PERMISSION_DENIED;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
        return PL_RESOURCE_EXHAUSTED;
    case EINVAL:
        return PL_INVALID_ARGUMENT;
    case ETIMEDOUT:
        return PL_DEADLINE_EXCEEDED;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
        return PL_UNAVAILABLE;
    case EADDRINUSE:
        return PL_ALREADY_EXISTS;
    case ECANCELED:
        return PL_CANCELLED;
    default:
        return PL_INTERNAL;
    }
}

pl_code pl_error_errno(pl_error *err, int errnum, const char *what, ...) {
    pl_code code = code_of_errno(errnum);
    if (!err)
        return code;
    char context[PL_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, what);
    if (vsnprintf(context, sizeof context, what, args) < 0)
        context[0] = '\0';
    va_end(args);
    char text[128];
    if (strerror_r(errnum, text, sizeof text) != 0)
        (void)snprintf(text, sizeof text, "errno %d", errnum);
    return pl_error_set(err, code, "%s: %s", context, text);
}

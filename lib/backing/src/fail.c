#include <string.h>

#include "parley/backing/backing.h"
#include "parley/base/log.h"

/* What a caller is told of an error of the database, and as which code. The rest is the operator's
 * alone: names of tables, constraints and hosts. */
static pl_code told(pl_code code, const char **out_text) {
    switch (code) {
    case PL_UNAVAILABLE:
        *out_text = "the database cannot be reached; try again";
        return code;
    case PL_DEADLINE_EXCEEDED:
        *out_text = "the database did not answer in time";
        return code;
    case PL_UNKNOWN:
        *out_text = "it is not known whether the change was stored; read it, or repeat it";
        return PL_DEADLINE_EXCEEDED;
    case PL_ABORTED:
        *out_text = "the same data was changed at the same time; try again";
        return code;
    case PL_RESOURCE_EXHAUSTED:
        *out_text = "the database has no room for it";
        return code;
    case PL_INVALID_ARGUMENT:
        *out_text = "the request has a value that cannot be stored";
        return code;
    default:
        *out_text = "the database refused; the service's log says why";
        return PL_INTERNAL;
    }
}

void pl_backing_public_error(const pl_error *err, pl_error *out_public) {
    if (strcmp(err->domain, "pg") != 0) {
        *out_public = *err;
        return;
    }
    const char *text = "";
    pl_code code = told(err->code, &text);
    pl_log(PL_LOG_WARN, "store.failed", PL_LOG_STR("code", pl_code_name(err->code)),
           PL_LOG_STR("reason", err->reason), PL_LOG_STR("error", err->message));
    *out_public = (pl_error)PL_ERROR_INIT;
    pl_error_set(out_public, code, "%s", text);
}

pl_code pl_backing_fail(pl_call *call, const pl_error *err) {
    pl_error public_error;
    pl_backing_public_error(err, &public_error);
    return pl_call_fail_error(call, &public_error);
}

#include "request.h"

#include <stdio.h>

#include "call_internal.h"
#include "codec.h"

static pl_code check_size(const pl_method_desc *desc, pl_call *call, pl_str bytes) {
    if (desc->max_request && bytes.n > desc->max_request)
        return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL,
                            "%s: the request has %zu bytes, at most %u are accepted", desc->path,
                            bytes.n, desc->max_request);
    return PL_OK;
}

static pl_code check_limits(const pl_method_desc *desc, pl_call *call,
                            const ProtobufCMessage *request) {
    pl_violations *violations = &call->violations;
    char more[48] = "";

    if (!desc->validate || desc->validate(request, violations) == PL_OK)
        return PL_OK;
    if (!violations->kept)
        return pl_call_fail(call, PL_INVALID_ARGUMENT, "INVALID_REQUEST",
                            "%s: the request keeps not all limits", desc->path);
    if (violations->count > 1)
        snprintf(more, sizeof more, " (and %zu more violation%s)", violations->count - 1,
                 violations->count > 2 ? "s" : "");
    return pl_call_fail(call, PL_INVALID_ARGUMENT, "INVALID_REQUEST", "%s %s%s",
                        violations->items[0].field, violations->items[0].description, more);
}

pl_code pl_request_unpack(const pl_method_desc *method, pl_call *call, pl_str bytes,
                          pl_arena *arena, ProtobufCMessage **out_request) {
    pl_code code = check_size(method, call, bytes);

    if (code == PL_OK)
        code = pl_message_unpack(method->request, bytes, arena, &call->violations, out_request,
                                 &call->error);
    if (code == PL_INVALID_ARGUMENT)
        pl_error_info(&call->error, call->domain, "INVALID_REQUEST");
    if (code == PL_OK)
        code = check_limits(method, call, *out_request);
    return code;
}

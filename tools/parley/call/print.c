/* Errors as people and programs read them. */
#include <stdio.h>

#include "call/call.h"

enum { PRINT_MAX = 256 * 1024 };

static void print_json(const pl_error *err, const pl_bytes_reply *reply) {
    pl_buf out = pl_buf_make(PRINT_MAX);
    pl_buf_printf(&out, "{\"error\":{\"code\":\"%s\",\"message\":", pl_code_name(err->code));
    pl_buf_json(&out, pl_str_c(err->message));
    if (err->reason[0]) {
        pl_buf_puts(&out, ",\"reason\":");
        pl_buf_json(&out, pl_str_c(err->reason));
        pl_buf_puts(&out, ",\"domain\":");
        pl_buf_json(&out, pl_str_c(err->domain));
    }
    if (err->retry_after_ms > 0)
        pl_buf_printf(&out, ",\"retry_after_ms\":%lld", (long long)err->retry_after_ms);
    pl_buf_puts(&out, ",\"violations\":[");
    for (size_t i = 0; reply && i < reply->violation_count; i++) {
        pl_buf_puts(&out, i ? ",{\"field\":" : "{\"field\":");
        pl_buf_json(&out, pl_str_c(reply->violations[i].field));
        pl_buf_puts(&out, ",\"description\":");
        pl_buf_json(&out, pl_str_c(reply->violations[i].description));
        pl_buf_putc(&out, '}');
    }
    pl_buf_puts(&out, "]}}");
    printf("%s\n", out.p);
    pl_buf_done(&out);
}

int call_fail(const call_request *request, const pl_error *err, const pl_bytes_reply *reply) {
    if (request->args->json) {
        print_json(err, reply);
        return TOOL_EXIT_FAILED;
    }
    (void)fprintf(stderr, "%s: %s\n", pl_code_name(err->code), err->message);
    if (err->reason[0])
        (void)fprintf(stderr, "  reason: %s%s%s\n", err->reason, err->domain[0] ? ", of " : "",
                      err->domain);
    for (size_t i = 0; reply && i < reply->violation_count; i++)
        (void)fprintf(stderr, "  %s: %s\n", reply->violations[i].field,
                      reply->violations[i].description);
    if (err->retry_after_ms > 0)
        (void)fprintf(stderr, "  try again after %lld ms\n", (long long)err->retry_after_ms);
    return TOOL_EXIT_FAILED;
}

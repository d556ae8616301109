/* Errors as people and programs read them. */
#include <stdio.h>

#include "call/call.h"
#include "common/plain.h"
#include "parley/json/base64.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"

enum { PRINT_MAX = 256 * 1024, INDENT = 2, ARENA_FACTOR = 8 };

pl_code call_print_message(const call_request *request, const pl_method_type *method,
                           pl_str message, pl_error *err) {
    pl_buf json = pl_buf_make(CALL_MESSAGE_MAX);
    pl_buf pretty = pl_buf_make(CALL_MESSAGE_MAX);
    pl_buf shown = pl_buf_make(CALL_MESSAGE_MAX);
    pl_arena arena = pl_arena_make((size_t)CALL_MESSAGE_MAX * ARENA_FACTOR);
    const pl_json_value *root = NULL;
    pl_code code = pl_wire_to_json(method->output, message, NULL, &json, err);
    if (code == PL_OK && !request->args->json)
        code = pl_json_parse(pl_buf_view(&json), "answer", &arena, &root, err);
    if (root && !(pl_json_print(root, INDENT, &pretty) &&
                  tool_put_plain(&shown, pl_buf_view(&pretty), TOOL_PLAIN_JSON)))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer is too large to be printed");
    if (code == PL_OK && (printf("%s\n", root ? shown.p : json.p) < 0 || fflush(stdout) != 0))
        code = pl_error_set(err, PL_UNAVAILABLE, "standard output takes no more");
    pl_arena_done(&arena);
    pl_buf_done(&shown);
    pl_buf_done(&pretty);
    pl_buf_done(&json);
    return code;
}

void call_print_metadata(const pl_bytes_reply *reply) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        const pl_metadata *m = &reply->metadata[i];
        pl_buf text = pl_buf_make(PRINT_MAX);
        if (!pl_str_ends(pl_str_c(m->key), pl_str_c("-bin")))
            pl_buf_str(&text, m->value);
        else if (!pl_base64_encode(m->value, &text))
            pl_buf_printf(&text, "(%zu bytes)", m->value.n);
        tool_print_plain(stderr, "%s: %s\n", m->key, text.n ? text.p : "");
        pl_buf_done(&text);
    }
}

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
    tool_print_plain(stderr, "%s: %s\n", pl_code_name(err->code), err->message);
    if (err->reason[0])
        tool_print_plain(stderr, "  reason: %s%s%s\n", err->reason, err->domain[0] ? ", of " : "",
                         err->domain);
    for (size_t i = 0; reply && i < reply->violation_count; i++)
        tool_print_plain(stderr, "  %s: %s\n", reply->violations[i].field,
                         reply->violations[i].description);
    if (err->code == PL_UNAVAILABLE && !request->tls.ca_file && !reply)
        tool_print_plain(stderr, "hint: gRPC ports are in parley status; a server with TLS needs "
                                 "--tls-ca; -v shows why a connection failed\n");
    if (err->retry_after_ms > 0)
        tool_print_plain(stderr, "  try again after %lld ms\n", (long long)err->retry_after_ms);
    return TOOL_EXIT_FAILED;
}

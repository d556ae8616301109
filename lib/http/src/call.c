#include "chars.h"
#include "client_internal.h"

#include "parley/base/macros.h"

static pl_code invalid(const pl_http_call *call, const char *what, pl_error *err) {
    return pl_error_set(err, PL_INVALID_ARGUMENT, "request to %.64s: %s", call->address, what);
}

static pl_http_method find_method(pl_str name) {
    for (int m = 0; m < PL_HTTP_OTHER; m++)
        if (pl_str_eqc(name, pl_http_method_name((pl_http_method)m)))
            return (pl_http_method)m;
    return PL_HTTP_OTHER;
}

static bool target_valid(pl_str target) {
    if (target.n == 0 || target.n > PL_HTTP_MAX_TARGET)
        return false;
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] <= ' ' || target.p[i] == 0x7f)
            return false;
    return true;
}

static const char *check_fields(const pl_http_call *call) {
    static const char *const own[] = {"host", "content-type", "content-length", "connection",
                                      "transfer-encoding"};
    for (size_t i = 0; i < call->field_count; i++) {
        const pl_http_field *field = &call->fields[i];
        if (!pl_http_field_valid(field->name, field->value))
            return "a field that cannot be sent";
        for (size_t k = 0; k < PL_COUNT(own); k++)
            if (pl_str_eq_nocase(field->name, pl_str_c(own[k])))
                return "a field that the client sets itself";
    }
    return NULL;
}

static void put_field(pl_buf *out, pl_str name, pl_str value) {
    pl_buf_str(out, name);
    pl_buf_append(out, ": ", 2);
    pl_buf_str(out, value);
    pl_buf_append(out, "\r\n", 2);
}

static bool has_content(pl_http_method method) {
    return method == PL_HTTP_POST || method == PL_HTTP_PUT || method == PL_HTTP_PATCH;
}

pl_code pl_http_call_write(const pl_http_call *call, pl_http_method *out_method,
                           pl_buf *out_request, pl_error *err) {
    pl_str method = call->method.n ? call->method : pl_str_c("GET");
    pl_str target = call->target.n ? call->target : pl_str_c("/");
    pl_str host = call->host;
    if (host.n == 0)
        host = pl_str_starts(pl_str_c(call->address), pl_str_c("unix:")) ? pl_str_c("localhost")
                                                                         : pl_str_c(call->address);
    if (!pl_http_all(method, PL_CHAR_TOKEN) || method.n > PL_HTTP_MAX_METHOD)
        return invalid(call, "the method is no token", err);
    if (!target_valid(target))
        return invalid(call, "the target must be encoded and at most 8 kB", err);
    if (!pl_http_all(host, PL_CHAR_VALUE) || !pl_http_all(call->content_type, PL_CHAR_VALUE))
        return invalid(call, "control character in a field", err);
    const char *error = check_fields(call);
    if (error)
        return invalid(call, error, err);

    *out_method = find_method(method);
    pl_buf *out = out_request;
    pl_buf_str(out, method);
    pl_buf_putc(out, ' ');
    pl_buf_str(out, target);
    pl_buf_puts(out, " HTTP/1.1\r\n");
    put_field(out, pl_str_c("Host"), host);
    if (call->content_type.n)
        put_field(out, pl_str_c("Content-Type"), call->content_type);
    for (size_t i = 0; i < call->field_count; i++)
        put_field(out, call->fields[i].name, call->fields[i].value);
    if (call->body.n || has_content(*out_method)) {
        pl_buf_puts(out, "Content-Length: ");
        pl_buf_u64(out, call->body.n);
        pl_buf_append(out, "\r\n", 2);
    }
    pl_buf_append(out, "\r\n", 2);
    pl_buf_str(out, call->body);
    if (out->failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "request to %.64s: over 64 MiB, or no memory", call->address);
    return PL_OK;
}

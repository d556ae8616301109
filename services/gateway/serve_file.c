/* A static file as an answer. */
#include "files.h"
#include "serve_call.h"

static bool has_etag(const pl_http_head *head, const char *etag) {
    pl_str value;
    if (!pl_http_head_find(head, "if-none-match", &value))
        return false;
    return pl_http_head_has_token(head, "if-none-match", etag) || pl_str_eqc(value, "*");
}

/* 405 for a file. */
static void refuse_change(serve_call *call, const pl_http_head *head) {
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, PL_UNIMPLEMENTED, "a file can only be read: GET, HEAD");
    const pl_rest_pair headers[] = {
        {PL_STR("content-type"), PL_STR("application/json")},
        {PL_STR("allow"), PL_STR("GET, HEAD")},
    };
    const pl_rest_response response = {405, headers, PL_COUNT(headers),
                                       pl_rest_error(&call->arena, 405, &err, head->path)->body};
    serve_send(call, "", &response);
}

void serve_file(serve_call *call, pl_str rest) {
    const pl_http_head *head = pl_http_request_head(call->http);
    if (head->method != PL_HTTP_GET && head->method != PL_HTTP_HEAD_METHOD) {
        refuse_change(call, head);
        return;
    }
    gateway_file file;
    pl_error err = PL_ERROR_INIT;
    if (gateway_file_read(call->folder, rest, &call->arena, &file, &err)) {
        serve_send(call, "", pl_rest_error(&call->arena, 0, &err, head->path));
        return;
    }
    const pl_rest_pair headers[] = {
        {PL_STR("content-type"), pl_str_c(file.type)},
        {PL_STR("etag"), pl_str_c(file.etag)},
        {PL_STR("cache-control"), PL_STR("public, max-age=60")},
    };
    pl_rest_response response = {200, headers, PL_COUNT(headers), file.content};
    if (has_etag(head, file.etag))
        response = (pl_rest_response){304, headers + 1, PL_COUNT(headers) - 1, {NULL, 0}};
    serve_send(call, "", &response);
}

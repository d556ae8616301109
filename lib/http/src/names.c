/* Names of methods and statuses. */
#include "parley/http/parser.h"

static const char *const method_names[] = {
    [PL_HTTP_GET] = "GET",         [PL_HTTP_HEAD_METHOD] = "HEAD", [PL_HTTP_POST] = "POST",
    [PL_HTTP_PUT] = "PUT",         [PL_HTTP_PATCH] = "PATCH",      [PL_HTTP_DELETE] = "DELETE",
    [PL_HTTP_OPTIONS] = "OPTIONS", [PL_HTTP_CONNECT] = "CONNECT",  [PL_HTTP_TRACE] = "TRACE",
    [PL_HTTP_OTHER] = ""};

const char *pl_http_method_name(pl_http_method method) {
    return (size_t)method < PL_COUNT(method_names) ? method_names[method] : "";
}

static const struct {
    int status;
    const char *reason;
} statuses[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *pl_http_status_reason(int status) {
    for (size_t i = 0; i < PL_COUNT(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].reason;
    return "Status";
}

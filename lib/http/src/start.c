#include "chars.h"
#include "parser_internal.h"
#include "target.h"

#define VERSION_SIZE 8 /* "HTTP/1.1" */

static bool fail(pl_http_parser *parser, int status, const char *reason) {
    pl_http_fail(parser, status, reason);
    return false;
}

static pl_http_method find_method(pl_str text) {
    for (int m = 0; m < PL_HTTP_OTHER; m++)
        if (pl_str_eqc(text, pl_http_method_name((pl_http_method)m)))
            return (pl_http_method)m;
    return PL_HTTP_OTHER;
}

static bool parse_version(pl_http_parser *parser, pl_str version) {
    static const pl_str name = PL_STR("HTTP/");
    if (pl_str_eqc(version, "HTTP/1.1"))
        parser->view.minor = 1;
    else if (pl_str_eqc(version, "HTTP/1.0"))
        parser->view.minor = 0;
    else if (pl_str_starts(version, name))
        return fail(parser, 505, "version other than HTTP/1.0 and HTTP/1.1");
    else
        return fail(parser, 400, "the first line does not end with an HTTP version");
    return true;
}

bool pl_http_parse_request_line(pl_http_parser *parser, pl_str line) {
    pl_http_head *view = &parser->view;
    size_t method_n = pl_str_index(line, ' ');
    view->method_text = pl_str_make(line.p, method_n);
    if (method_n == 0 || method_n > PL_HTTP_MAX_METHOD ||
        !pl_http_all(view->method_text, PL_CHAR_TOKEN))
        return fail(parser, 400, "the first line does not begin with a method");
    if (method_n == line.n)
        return fail(parser, 400, "the first line has no target");
    view->method = find_method(view->method_text);

    pl_str rest = pl_str_make(line.p + method_n + 1, line.n - method_n - 1);
    size_t target_n = pl_str_index(rest, ' ');
    if (target_n == rest.n)
        return fail(parser, 400, "the first line has no HTTP version");
    view->target = pl_str_make(rest.p, target_n);
    pl_str version = pl_str_make(rest.p + target_n + 1, rest.n - target_n - 1);
    if (target_n == 0 || pl_str_index(version, ' ') < version.n)
        return fail(parser, 400, "more than two spaces in the first line");
    if (target_n > PL_HTTP_MAX_TARGET)
        return fail(parser, 414, "target longer than 8 kB");
    if (!parse_version(parser, version))
        return false;
    const char *error = pl_http_target_split(view);
    return error ? fail(parser, 400, error) : true;
}

bool pl_http_parse_status_line(pl_http_parser *parser, pl_str line) {
    pl_http_head *view = &parser->view;
    size_t version_n = pl_str_index(line, ' ');
    if (!parse_version(parser, pl_str_make(line.p, version_n)))
        return false;
    /* "HTTP/1.1 200 OK": the space before an empty reason is often left out. */
    pl_str rest = pl_str_make(line.p + VERSION_SIZE, line.n - VERSION_SIZE);
    if (rest.n < 4 || (rest.n > 4 && rest.p[4] != ' '))
        return fail(parser, 400, "malformed status line");
    int status = 0;
    for (size_t i = 1; i < 4; i++) {
        if (rest.p[i] < '0' || rest.p[i] > '9')
            return fail(parser, 400, "malformed status");
        status = status * 10 + (rest.p[i] - '0');
    }
    if (status < 100 || status > 599)
        return fail(parser, 400, "status out of range");
    view->status = status;
    view->reason = rest.n > 5 ? pl_str_make(rest.p + 5, rest.n - 5) : pl_str_make("", 0);
    if (view->reason.n > PL_HTTP_MAX_REASON || !pl_http_all(view->reason, PL_CHAR_VALUE))
        return fail(parser, 400, "malformed reason phrase");
    return true;
}

#include "parser_internal.h"

static pl_http_line fail(pl_http_parser *parser, int status, const char *reason) {
    pl_http_fail(parser, status, reason);
    return LINE_FAILED;
}

pl_http_line pl_http_take_line(pl_http_parser *parser, pl_buf *buf, size_t line_start, size_t size,
                               int too_long, const char *reason, pl_str *input) {
    if (input->n == 0)
        return LINE_MORE;
    if (parser->line_cr && input->p[0] != '\n')
        return fail(parser, 400, "CR without LF");
    size_t have = buf->n - line_start;
    size_t room = size > have ? size - have : 0;
    size_t scan = input->n < room ? input->n : room;
    const char *lf = scan ? memchr(input->p, '\n', scan) : NULL;
    size_t take = lf ? (size_t)(lf - input->p) + 1 : scan;
    /* The only CR is the one before LF, or the last byte so far. */
    const char *cr = take ? memchr(input->p, '\r', take) : NULL;
    if (cr && cr + 1 < input->p + take && cr[1] != '\n')
        return fail(parser, 400, "CR without LF");
    bool crlf = lf && (lf > input->p ? lf[-1] == '\r' : parser->line_cr);
    if (lf && !crlf)
        return fail(parser, 400, "line ended by LF without CR");
    if (!lf && scan == room)
        return fail(parser, too_long, reason);
    if (!pl_buf_append(buf, input->p, take))
        return fail(parser, 500, "no memory for the head");
    parser->line_cr = !lf && cr;
    input->p += take;
    input->n -= take;
    return lf ? LINE_DONE : LINE_MORE;
}

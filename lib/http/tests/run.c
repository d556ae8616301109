#include "run.h"

#define LOG_MAX (8 * 1024 * 1024)

typedef struct runner {
    pl_http_parser *parser;
    run result;
    pl_buf body;
    int64_t max_body;
    bool failed;
} runner;

static void log_head(runner *r, pl_http_side side) {
    const pl_http_head *head = pl_http_parser_head(r->parser);
    pl_buf *log = &r->result.log;
    if (side == PL_HTTP_REQUESTS)
        pl_buf_printf(log, "HEAD %.*s path=%.*s query=%.*s host=%.*s", PL_FMT(head->method_text),
                      PL_FMT(head->path), PL_FMT(head->query), PL_FMT(head->host));
    else
        pl_buf_printf(log, "HEAD %d %.*s", head->status, PL_FMT(head->reason));
    for (size_t i = 0; i < head->field_count; i++)
        pl_buf_printf(log, " %.*s=[%.*s]", PL_FMT(head->fields[i].name),
                      PL_FMT(head->fields[i].value));
    pl_buf_printf(log, " length=%lld chunked=%d keep=%d\n", (long long)head->content_length,
                  head->chunked, head->keep_alive);
}

static void take(runner *r, pl_http_event event, pl_str piece, pl_http_side side) {
    switch (event) {
    case PL_HTTP_HEAD:
        log_head(r, side);
        if (r->max_body)
            pl_http_parser_set_max_body(r->parser, r->max_body);
        break;
    case PL_HTTP_BODY:
        pl_buf_str(&r->body, piece);
        break;
    case PL_HTTP_END:
        pl_buf_printf(&r->result.log, "END body=%.*s\n", PL_FMT(pl_buf_view(&r->body)));
        pl_buf_clear(&r->body);
        r->result.messages++;
        break;
    case PL_HTTP_ERROR:
        r->failed = true;
        r->result.status = pl_http_parser_status(r->parser);
        r->result.reason = pl_http_parser_reason(r->parser);
        pl_buf_printf(&r->result.log, "ERROR %d %s\n", r->result.status, r->result.reason);
        break;
    case PL_HTTP_MORE:
        break;
    }
}

static void feed(runner *r, pl_str piece, pl_http_side side) {
    pl_http_event event = PL_HTTP_BODY;
    while (event != PL_HTTP_MORE && !r->failed) {
        pl_str body = {NULL, 0};
        event = pl_http_parser_feed(r->parser, &piece, &body);
        take(r, event, body, side);
    }
}

run run_parser(pl_str bytes, const run_opts *opts) {
    runner r = {.parser = pl_http_parser_new(opts->side), .max_body = opts->max_body};
    r.result.log = pl_buf_make(LOG_MAX);
    r.body = pl_buf_make(LOG_MAX);
    if (!r.parser)
        return r.result;
    pl_http_parser_expect(r.parser, opts->answers);
    if (opts->bytewise) {
        for (size_t i = 0; i < bytes.n; i++)
            feed(&r, pl_str_make(bytes.p + i, 1), opts->side);
    } else {
        feed(&r, pl_str_make(bytes.p, opts->cut), opts->side);
        feed(&r, pl_str_make(bytes.p + opts->cut, bytes.n - opts->cut), opts->side);
    }
    if (opts->to_close && !r.failed)
        take(&r, pl_http_parser_finish(r.parser), pl_str_make(NULL, 0), opts->side);
    pl_http_parser_free(r.parser);
    pl_buf_done(&r.body);
    return r.result;
}

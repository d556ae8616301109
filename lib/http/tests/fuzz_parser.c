/* Fuzz target of the parser: any bytes, as requests and as responses, whole and cut, must say
 * the same; a message that was accepted keeps the promises of parser.h.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_parser.c run.c, see README.md
 */
#include <stdlib.h>

#include "parley/base/assert.h"
#include "parley/http/parser.h"
#include "run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a handler may rely on. */
static void check_head(const pl_http_head *head) {
    PL_ASSERT(head->field_count <= PL_HTTP_MAX_FIELDS);
    PL_ASSERT(head->target.n <= PL_HTTP_MAX_TARGET);
    PL_ASSERT(!head->chunked || head->content_length < 0);
    for (size_t i = 0; i < head->field_count; i++)
        PL_ASSERT(pl_http_field_valid(head->fields[i].name, head->fields[i].value));
    if (head->status == 0 && head->path.n && head->path.p[0] == '/')
        PL_ASSERT(!pl_http_path_error(head->path));
}

static void check_promises(pl_str bytes, pl_http_side side) {
    pl_http_parser *parser = pl_http_parser_new(side);
    PL_ASSERT(parser);
    int64_t body = 0;
    for (bool more = true; more;) {
        pl_str piece = {NULL, 0};
        switch (pl_http_parser_feed(parser, &bytes, &piece)) {
        case PL_HTTP_HEAD:
            check_head(pl_http_parser_head(parser));
            break;
        case PL_HTTP_BODY:
            PL_ASSERT(piece.n > 0);
            body += (int64_t)piece.n;
            PL_ASSERT(body <= PL_HTTP_MAX_BODY);
            break;
        case PL_HTTP_END:
            body = 0;
            break;
        case PL_HTTP_MORE:
            PL_ASSERT(bytes.n == 0);
            more = false;
            break;
        case PL_HTTP_ERROR:
            PL_ASSERT(pl_http_parser_status(parser) >= 400 && pl_http_parser_reason(parser));
            more = false;
            break;
        }
    }
    pl_http_parser_finish(parser);
    pl_http_parser_free(parser);
}

static void check_cuts(pl_str bytes, pl_http_side side) {
    run_opts whole = {.side = side, .to_close = true};
    run_opts bytewise = whole, cut = whole;
    bytewise.bytewise = true;
    cut.cut = bytes.n ? (size_t)(unsigned char)bytes.p[bytes.n - 1] * bytes.n / 256 : 0;
    run a = run_parser(bytes, &whole), b = run_parser(bytes, &bytewise),
        c = run_parser(bytes, &cut);
    PL_ASSERT(pl_str_eq(pl_buf_view(&a.log), pl_buf_view(&b.log)));
    PL_ASSERT(pl_str_eq(pl_buf_view(&a.log), pl_buf_view(&c.log)));
    pl_buf_done(&a.log);
    pl_buf_done(&b.log);
    pl_buf_done(&c.log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_str bytes = pl_str_make((const char *)data, size);
    check_promises(bytes, PL_HTTP_REQUESTS);
    check_promises(bytes, PL_HTTP_RESPONSES);
    check_cuts(bytes, PL_HTTP_REQUESTS);
    check_cuts(bytes, PL_HTTP_RESPONSES);
    return 0;
}

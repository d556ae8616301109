#include "parley/http/parser.h"

#include <stdlib.h>

#include "parley/base/assert.h"
#include "parser_internal.h"

/* Fields a parser has room for at first, and bytes of a head it keeps between messages. */
#define FIRST_FIELDS 16
#define KEPT_HEAD    1024

pl_http_parser *pl_http_parser_new(pl_http_side side) {
    pl_http_parser *parser = calloc(1, sizeof(*parser));
    if (!parser)
        return NULL;
    parser->side = side;
    parser->max_body = PL_HTTP_MAX_BODY;
    parser->head = pl_buf_make(PL_HTTP_START_MAX + PL_HTTP_MAX_HEAD + 2);
    parser->trailer = pl_buf_make(PL_HTTP_MAX_HEAD);
    return parser;
}

void pl_http_parser_free(pl_http_parser *parser) {
    if (!parser)
        return;
    pl_buf_done(&parser->head);
    pl_buf_done(&parser->trailer);
    free(parser->fields);
    free(parser);
}

pl_http_event pl_http_fail(pl_http_parser *parser, int status, const char *reason) {
    parser->state = STATE_ERROR;
    parser->status = status;
    parser->reason = reason;
    return PL_HTTP_ERROR;
}

/* The next message begins. */
static void begin(pl_http_parser *parser) {
    pl_buf_clear(&parser->head);
    parser->view = (pl_http_head){.content_length = -1};
    parser->line_start = 0;
    parser->line_cr = false;
    parser->span_count = 0;
    parser->max_body = PL_HTTP_MAX_BODY;
    parser->body_n = 0;
    parser->trailer_bytes = parser->trailer_count = 0;
    parser->chunk_excess = 0;
    parser->empty_line_skipped = false;
    parser->state = STATE_START_LINE;
}

/* One empty line before a request is skipped (RFC 9112 section 2.2). */
static pl_http_event feed_start(pl_http_parser *parser, pl_str *input) {
    char c = input->p[0];
    if (parser->state == STATE_START_LF) {
        if (c != '\n')
            return pl_http_fail(parser, 400, "CR without LF");
        parser->state = STATE_START;
    } else if (c == '\r' && parser->side == PL_HTTP_REQUESTS && !parser->empty_line_skipped) {
        parser->empty_line_skipped = true;
        parser->state = STATE_START_LF;
    } else {
        begin(parser);
        return PL_HTTP_MORE;
    }
    input->p++;
    input->n--;
    return PL_HTTP_MORE;
}

static pl_http_event feed_start_line(pl_http_parser *parser, pl_str *input) {
    pl_buf *head = &parser->head;
    bool request = parser->side == PL_HTTP_REQUESTS;
    switch (pl_http_take_line(parser, head, 0, PL_HTTP_START_MAX, request ? 414 : 400,
                              request ? "target longer than 8 kB" : "status line too long",
                              input)) {
    case LINE_MORE:
        return PL_HTTP_MORE;
    case LINE_FAILED:
        return PL_HTTP_ERROR;
    case LINE_DONE:
        break;
    }
    /* Checked now, so that what follows a line that is no HTTP is not waited for; the
     * views are made again when the head does not move any more. */
    pl_str line = pl_str_make(head->p, head->n - 2);
    if (request ? !pl_http_parse_request_line(parser, line)
                : !pl_http_parse_status_line(parser, line))
        return PL_HTTP_ERROR;
    parser->line_start = parser->fields_start = head->n;
    parser->state = STATE_FIELDS;
    return PL_HTTP_MORE;
}

static bool reserve_fields(pl_http_parser *parser) {
    if (parser->span_count <= parser->fields_cap)
        return true;
    size_t cap = parser->span_count <= FIRST_FIELDS ? FIRST_FIELDS : PL_HTTP_MAX_FIELDS;
    pl_http_field *fields = realloc(parser->fields, cap * sizeof(*fields));
    if (!fields)
        return false;
    parser->fields = fields;
    parser->fields_cap = cap;
    return true;
}

/* The views into a head that is complete. */
static bool make_views(pl_http_parser *parser) {
    char *p = parser->head.p;
    pl_str line = pl_str_make(p, parser->fields_start - 2);
    bool ok = parser->side == PL_HTTP_REQUESTS ? pl_http_parse_request_line(parser, line)
                                               : pl_http_parse_status_line(parser, line);
    if (!ok)
        return false;
    if (!reserve_fields(parser)) {
        pl_http_fail(parser, 500, "no memory for the head");
        return false;
    }
    for (size_t i = 0; i < parser->span_count; i++) {
        const pl_http_span *span = &parser->spans[i];
        parser->fields[i] = (pl_http_field){.name = {p + span->name, span->name_n},
                                            .value = {p + span->value, span->value_n}};
    }
    parser->view.fields = parser->fields;
    parser->view.field_count = parser->span_count;
    return true;
}

static bool add_field(pl_http_parser *parser, size_t line_n) {
    if (parser->span_count == PL_HTTP_MAX_FIELDS) {
        pl_http_fail(parser, 431, "more than 100 fields");
        return false;
    }
    pl_http_field field;
    char *p = parser->head.p;
    if (!pl_http_parse_field(parser, p + parser->line_start, line_n, &field))
        return false;
    parser->spans[parser->span_count++] = (pl_http_span){.name = (uint16_t)(field.name.p - p),
                                                         .name_n = (uint16_t)field.name.n,
                                                         .value = (uint16_t)(field.value.p - p),
                                                         .value_n = (uint16_t)field.value.n};
    return true;
}

static pl_http_event feed_fields(pl_http_parser *parser, pl_str *input) {
    pl_buf *head = &parser->head;
    size_t used = parser->line_start - parser->fields_start;
    switch (pl_http_take_line(parser, head, parser->line_start, PL_HTTP_MAX_HEAD + 2 - used, 431,
                              "fields over 16 kB", input)) {
    case LINE_MORE:
        return PL_HTTP_MORE;
    case LINE_FAILED:
        return PL_HTTP_ERROR;
    case LINE_DONE:
        break;
    }
    size_t line_n = head->n - parser->line_start - 2;
    if (line_n == 0) {
        if (!make_views(parser) || !pl_http_apply_fields(parser))
            return PL_HTTP_ERROR;
        parser->state = STATE_HEAD_DONE;
        return PL_HTTP_HEAD;
    }
    if (head->n - parser->fields_start > PL_HTTP_MAX_HEAD)
        return pl_http_fail(parser, 431, "fields over 16 kB");
    if (!add_field(parser, line_n))
        return PL_HTTP_ERROR;
    parser->line_start = head->n;
    return PL_HTTP_MORE;
}

static pl_http_event end(pl_http_parser *parser) {
    parser->state = STATE_START;
    if (parser->view.status >= 200)
        parser->expected = PL_HTTP_GET;
    return PL_HTTP_END;
}

/* RFC 9112 section 6.3, rules 1 and 2. */
static bool has_no_body(const pl_http_parser *parser) {
    int status = parser->view.status;
    if (parser->side == PL_HTTP_REQUESTS)
        return false;
    return status < 200 || status == 204 || status == 304 ||
           parser->expected == PL_HTTP_HEAD_METHOD ||
           (parser->expected == PL_HTTP_CONNECT && status < 300);
}

static pl_http_event begin_body(pl_http_parser *parser) {
    pl_http_head *view = &parser->view;
    if (has_no_body(parser))
        return end(parser);
    if (view->chunked) {
        parser->state = STATE_CHUNK_SIZE;
        return PL_HTTP_MORE;
    }
    if (view->content_length > parser->max_body)
        return pl_http_fail(parser, 413, "the body is too large");
    if (view->content_length > 0) {
        parser->remaining = view->content_length;
        parser->state = STATE_BODY_LENGTH;
        return PL_HTTP_MORE;
    }
    if (view->content_length == 0 || parser->side == PL_HTTP_REQUESTS)
        return end(parser);
    view->keep_alive = false;
    parser->state = STATE_BODY_TO_CLOSE;
    return PL_HTTP_MORE;
}

static pl_http_event feed_length(pl_http_parser *parser, pl_str *input, pl_str *out_piece) {
    if (parser->remaining == 0)
        return end(parser);
    if (input->n == 0)
        return PL_HTTP_MORE;
    size_t n = input->n;
    if ((uint64_t)n > (uint64_t)parser->remaining)
        n = (size_t)parser->remaining;
    *out_piece = pl_str_make(input->p, n);
    input->p += n;
    input->n -= n;
    parser->body_n += (int64_t)n;
    parser->remaining -= (int64_t)n;
    return PL_HTTP_BODY;
}

static pl_http_event feed_to_close(pl_http_parser *parser, pl_str *input, pl_str *out_piece) {
    if (input->n == 0)
        return PL_HTTP_MORE;
    if ((uint64_t)input->n > (uint64_t)(parser->max_body - parser->body_n))
        return pl_http_fail(parser, 413, "the body is too large");
    *out_piece = *input;
    parser->body_n += (int64_t)input->n;
    *input = pl_str_make(input->p + input->n, 0);
    return PL_HTTP_BODY;
}

pl_http_event pl_http_parser_feed(pl_http_parser *parser, pl_str *input, pl_str *out_piece) {
    for (;;) {
        pl_http_state before = parser->state;
        pl_http_event event = PL_HTTP_MORE;
        switch (parser->state) {
        case STATE_START:
        case STATE_START_LF:
            if (input->n == 0)
                return PL_HTTP_MORE;
            event = feed_start(parser, input);
            break;
        case STATE_START_LINE:
            event = feed_start_line(parser, input);
            break;
        case STATE_FIELDS:
            event = feed_fields(parser, input);
            break;
        case STATE_HEAD_DONE:
            event = begin_body(parser);
            break;
        case STATE_BODY_LENGTH:
            return feed_length(parser, input, out_piece);
        case STATE_BODY_TO_CLOSE:
            return feed_to_close(parser, input, out_piece);
        case STATE_ERROR:
            return PL_HTTP_ERROR;
        default:
            event = pl_http_feed_chunked(parser, input, out_piece);
            return event == PL_HTTP_END ? end(parser) : event;
        }
        if (event != PL_HTTP_MORE)
            return event;
        /* Without input only a change of state leads on. */
        if (input->n == 0 && parser->state == before)
            return PL_HTTP_MORE;
    }
}

pl_http_event pl_http_parser_finish(pl_http_parser *parser) {
    if (parser->state == STATE_BODY_TO_CLOSE)
        return end(parser);
    if (pl_http_parser_idle(parser))
        return PL_HTTP_MORE;
    return parser->state == STATE_ERROR ? PL_HTTP_ERROR
                                        : pl_http_fail(parser, 400, "the message is cut off");
}

void pl_http_parser_set_max_body(pl_http_parser *parser, int64_t bytes) {
    PL_ASSERT(bytes >= 0);
    parser->max_body = bytes;
}

void pl_http_parser_expect(pl_http_parser *parser, pl_http_method method) {
    parser->expected = method;
}

const pl_http_head *pl_http_parser_head(const pl_http_parser *parser) {
    return &parser->view;
}

bool pl_http_parser_idle(const pl_http_parser *parser) {
    return parser->state == STATE_START || parser->state == STATE_START_LF;
}

int pl_http_parser_status(const pl_http_parser *parser) {
    return parser->status;
}

const char *pl_http_parser_reason(const pl_http_parser *parser) {
    return parser->reason;
}

void pl_http_parser_trim(pl_http_parser *parser) {
    if (pl_http_parser_idle(parser) && parser->head.cap > KEPT_HEAD) {
        pl_buf_done(&parser->head);
        parser->head = pl_buf_make(PL_HTTP_START_MAX + PL_HTTP_MAX_HEAD + 2);
        parser->view = (pl_http_head){.content_length = -1};
    }
}

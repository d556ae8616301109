/* The parser's state, and what its files share.
 *
 *   parser.c  events: which part of a message the bytes belong to
 *   lines.c   lines, with their limits and line ends
 *   start.c   request lines and status lines
 *   fields.c  fields: syntax, and what they say about the message
 *   chunks.c  the chunked coding
 */
#ifndef PARLEY_HTTP_PARSER_INTERNAL_H
#define PARLEY_HTTP_PARSER_INTERNAL_H

#include "parley/http/parser.h"

/* The longest start line that can be right, with its line end. */
#define PL_HTTP_START_MAX (PL_HTTP_MAX_METHOD + 1 + PL_HTTP_MAX_TARGET + 1 + 8 + 2)

typedef enum pl_http_state {
    STATE_START,      /* between messages */
    STATE_START_LF,   /* after the CR of an empty line before a request */
    STATE_START_LINE, /* within the first line */
    STATE_FIELDS,
    STATE_HEAD_DONE, /* told; the body's limit may be set */
    STATE_BODY_LENGTH,
    STATE_BODY_TO_CLOSE,
    STATE_CHUNK_SIZE,
    STATE_CHUNK_EXTENSION,
    STATE_CHUNK_SIZE_LF,
    STATE_CHUNK_DATA,
    STATE_CHUNK_DATA_CR,
    STATE_CHUNK_DATA_LF,
    STATE_TRAILERS,
    STATE_ERROR
} pl_http_state;

/* A field as offsets into the head's bytes, which may move while it grows. */
typedef struct pl_http_span {
    uint16_t name, name_n, value, value_n;
} pl_http_span;

struct pl_http_parser {
    pl_http_side side;
    pl_http_state state;
    bool empty_line_skipped; /* before this request */

    pl_buf head;       /* the lines of the head, as they came */
    size_t line_start; /* in head: of the line being collected */
    size_t fields_start;
    bool line_cr; /* the line collected so far ends with CR */
    pl_http_span spans[PL_HTTP_MAX_FIELDS];
    size_t span_count;
    pl_http_field *fields; /* of view */
    size_t fields_cap;
    pl_http_head view;

    pl_http_method expected; /* by the next response */
    int64_t max_body;
    int64_t body_n;    /* bytes of body so far */
    int64_t remaining; /* of a Content-Length or a chunk */

    uint64_t chunk_size;
    size_t chunk_digits;
    size_t chunk_extension;
    int64_t chunk_excess; /* framing bytes beyond what honest chunks need */

    pl_buf trailer; /* the line being collected */
    size_t trailer_bytes, trailer_count;

    int status; /* of the error */
    const char *reason;
};

/* Enters the error state; returns PL_HTTP_ERROR. */
pl_http_event pl_http_fail(pl_http_parser *parser, int status, const char *reason);

typedef enum pl_http_line { LINE_MORE, LINE_DONE, LINE_FAILED } pl_http_line;

/* Moves bytes of INPUT to the end of BUF, up to a line end, which must be CRLF. SIZE is what the
 * line may have, line end included; beyond it the parser fails with TOO_LONG and REASON.
 * LINE_START is where the line begins in BUF. */
pl_http_line pl_http_take_line(pl_http_parser *parser, pl_buf *buf, size_t line_start, size_t size,
                               int too_long, const char *reason, pl_str *input);

/* LINE is without its line end. False: the parser has failed. */
bool pl_http_parse_request_line(pl_http_parser *parser, pl_str line);
bool pl_http_parse_status_line(pl_http_parser *parser, pl_str line);

/* Splits and checks a field line; makes its name lower case in place. False: failed. */
bool pl_http_parse_field(pl_http_parser *parser, char *line, size_t n, pl_http_field *out_field);
/* What the fields of a complete head say, into view. False: the parser has failed. */
bool pl_http_apply_fields(pl_http_parser *parser);
/* A trailer line. False: the parser has failed. */
bool pl_http_parse_trailer(pl_http_parser *parser, char *line, size_t n);

/* The chunked states. PL_HTTP_END when the last line was taken. */
pl_http_event pl_http_feed_chunked(pl_http_parser *parser, pl_str *input, pl_str *out_piece);

#endif

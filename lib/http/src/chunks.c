/* The chunked coding (RFC 9112 section 7.1). */
#include "chars.h"
#include "parser_internal.h"

/* Framing that every chunk may have, however small; what is beyond adds up. */
#define HONEST_OVERHEAD 16

static pl_http_event size_byte(pl_http_parser *parser, char c) {
    int digit = pl_http_hex(c);
    if (digit >= 0) {
        if (++parser->chunk_digits > PL_HTTP_MAX_CHUNK_DIGITS)
            return pl_http_fail(parser, 400, "chunk size of more than 16 digits");
        parser->chunk_size = parser->chunk_size * 16 + (uint64_t)digit;
        return PL_HTTP_MORE;
    }
    if (parser->chunk_digits == 0 || (c != ';' && c != '\r'))
        return pl_http_fail(parser, 400, "malformed chunk size");
    parser->state = c == ';' ? STATE_CHUNK_EXTENSION : STATE_CHUNK_SIZE_LF;
    return PL_HTTP_MORE;
}

static pl_http_event extension_byte(pl_http_parser *parser, char c) {
    if (c == '\r') {
        parser->state = STATE_CHUNK_SIZE_LF;
        return PL_HTTP_MORE;
    }
    if (c == '\t' || !pl_http_is(c, PL_CHAR_VALUE))
        return pl_http_fail(parser, 400, "control character in a chunk extension");
    if (++parser->chunk_extension > PL_HTTP_MAX_CHUNK_EXTENSION)
        return pl_http_fail(parser, 400, "chunk extension longer than 256 bytes");
    return PL_HTTP_MORE;
}

/* The line with the chunk's size is complete. */
static pl_http_event size_done(pl_http_parser *parser) {
    if (parser->chunk_size > INT64_MAX)
        return pl_http_fail(parser, 400, "chunk size is too large");
    int64_t size = (int64_t)parser->chunk_size;
    if (size > parser->max_body - parser->body_n)
        return pl_http_fail(parser, 413, "the body is too large");
    parser->chunk_excess += (int64_t)(parser->chunk_digits + parser->chunk_extension) -
                            HONEST_OVERHEAD;
    parser->chunk_excess -= size < PL_HTTP_MAX_CHUNK_OVERHEAD ? size : PL_HTTP_MAX_CHUNK_OVERHEAD;
    if (parser->chunk_excess < 0)
        parser->chunk_excess = 0;
    if (parser->chunk_excess > PL_HTTP_MAX_CHUNK_OVERHEAD)
        return pl_http_fail(parser, 400, "chunks with more framing than data");
    parser->chunk_size = 0;
    parser->chunk_digits = 0;
    parser->chunk_extension = 0;
    parser->remaining = size;
    parser->state = size == 0 ? STATE_TRAILERS : STATE_CHUNK_DATA;
    return PL_HTTP_MORE;
}

/* A byte of framing, in every state but data and trailers. */
static pl_http_event framing_byte(pl_http_parser *parser, char c) {
    switch (parser->state) {
    case STATE_CHUNK_SIZE:
        return size_byte(parser, c);
    case STATE_CHUNK_EXTENSION:
        return extension_byte(parser, c);
    case STATE_CHUNK_SIZE_LF:
        if (c != '\n')
            return pl_http_fail(parser, 400, "chunk size not ended by CRLF");
        return size_done(parser);
    case STATE_CHUNK_DATA_CR:
        if (c != '\r')
            return pl_http_fail(parser, 400, "chunk longer than its size, or not ended by CRLF");
        parser->state = STATE_CHUNK_DATA_LF;
        return PL_HTTP_MORE;
    default:
        if (c != '\n')
            return pl_http_fail(parser, 400, "chunk not ended by CRLF");
        parser->state = STATE_CHUNK_SIZE;
        return PL_HTTP_MORE;
    }
}

static pl_http_event trailer_line(pl_http_parser *parser, pl_str *input) {
    pl_buf *line = &parser->trailer;
    size_t room = PL_HTTP_MAX_HEAD - parser->trailer_bytes;
    switch (pl_http_take_line(parser, line, 0, room, 431, "trailers over 16 kB", input)) {
    case LINE_MORE:
        return PL_HTTP_MORE;
    case LINE_FAILED:
        return PL_HTTP_ERROR;
    case LINE_DONE:
        break;
    }
    size_t n = line->n - 2;
    if (n == 0) {
        pl_buf_clear(line);
        return PL_HTTP_END;
    }
    parser->trailer_bytes += line->n;
    if (!pl_http_parse_trailer(parser, line->p, n))
        return PL_HTTP_ERROR;
    pl_buf_clear(line);
    return PL_HTTP_MORE;
}

static pl_http_event data(pl_http_parser *parser, pl_str *input, pl_str *out_piece) {
    size_t n = input->n;
    if ((uint64_t)n > (uint64_t)parser->remaining)
        n = (size_t)parser->remaining;
    *out_piece = pl_str_make(input->p, n);
    input->p += n;
    input->n -= n;
    parser->body_n += (int64_t)n;
    parser->remaining -= (int64_t)n;
    if (parser->remaining == 0)
        parser->state = STATE_CHUNK_DATA_CR;
    return PL_HTTP_BODY;
}

pl_http_event pl_http_feed_chunked(pl_http_parser *parser, pl_str *input, pl_str *out_piece) {
    pl_http_event event = PL_HTTP_MORE;
    while (input->n && event == PL_HTTP_MORE) {
        if (parser->state == STATE_CHUNK_DATA)
            return data(parser, input, out_piece);
        if (parser->state == STATE_TRAILERS) {
            event = trailer_line(parser, input);
        } else {
            event = framing_byte(parser, input->p[0]);
            input->p++;
            input->n--;
        }
    }
    return event;
}

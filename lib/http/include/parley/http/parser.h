/* HTTP/1.1 messages (RFC 9112), strictly, without I/O.
 *
 * Bytes go in as they come; events come out. What RFC 9112 leaves to the
 * recipient is refused: see README.md for the list. Requests and responses.
 *
 * What it does not do: no connections, no time, no content coding, no HTTP/2.
 *
 * Invariants
 * - The events of a message do not depend on how its bytes were cut.
 * - At most PL_HTTP_MAX_TARGET + PL_HTTP_MAX_HEAD bytes and a few of framing are
 *   kept; bodies are handed out in place and never kept.
 * - After PL_HTTP_ERROR the parser only says PL_HTTP_ERROR: close the connection.
 * - One thread at a time.
 *
 *     pl_str in = {bytes, n}, piece;
 *     for (;;)
 *         switch (pl_http_parser_feed(parser, &in, &piece)) {
 *         case PL_HTTP_MORE: return;                              read more bytes
 *         case PL_HTTP_HEAD: head = pl_http_parser_head(parser);  valid until the next message
 *         case PL_HTTP_BODY: pl_buf_str(&body, piece);
 *         case PL_HTTP_END:  answer(head, body);
 *         case PL_HTTP_ERROR: refuse(pl_http_parser_status(parser));
 *         }
 */
#ifndef PARLEY_HTTP_PARSER_H
#define PARLEY_HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_HTTP_MAX_TARGET          (8 * 1024) /* bytes of a request target; 414 */
#define PL_HTTP_MAX_METHOD          32         /* bytes of a method */
#define PL_HTTP_MAX_HEAD            (16 * 1024) /* bytes of all fields of a head, and of all trailers; 431 */
#define PL_HTTP_MAX_FIELDS          100           /* fields of a head, and of the trailers; 431 */
#define PL_HTTP_MAX_BODY            (1024 * 1024) /* bytes of a body unless set otherwise; 413 */
#define PL_HTTP_MAX_CHUNK_DIGITS    16            /* hexadecimal digits of a chunk's size */
#define PL_HTTP_MAX_CHUNK_EXTENSION 256           /* bytes of a chunk's extension */
#define PL_HTTP_MAX_CHUNK_OVERHEAD                                                                 \
    (16 * 1024)                /* framing bytes allowed beyond the body's own size */
#define PL_HTTP_MAX_REASON 256 /* bytes of a response's reason phrase */

typedef enum pl_http_method {
    PL_HTTP_GET,
    PL_HTTP_HEAD_METHOD,
    PL_HTTP_POST,
    PL_HTTP_PUT,
    PL_HTTP_PATCH,
    PL_HTTP_DELETE,
    PL_HTTP_OPTIONS,
    PL_HTTP_CONNECT,
    PL_HTTP_TRACE,
    PL_HTTP_OTHER /* see method_text */
} pl_http_method;

/* A field line. */
typedef struct pl_http_field {
    pl_str name;  /* in lower case, where the parser made it */
    pl_str value; /* without the white space around it */
} pl_http_field;

/* The head of a message. Borrowed from the parser until its next message. */
typedef struct pl_http_head {
    /* requests */
    pl_http_method method;
    pl_str method_text;
    pl_str target; /* as it came */
    pl_str path;   /* raw: not decoded; begins with '/', or is "*" (OPTIONS), or empty (CONNECT) */
    pl_str query;  /* raw, without '?' */
    bool has_query;
    pl_str host; /* of an absolute target, else of Host; with its port; empty in HTTP/1.0 without */
    /* responses */
    int status;
    pl_str reason;
    /* both */
    int minor; /* HTTP/1.minor: 0 or 1 */
    const pl_http_field *fields;
    size_t field_count;
    bool keep_alive;      /* the connection may be used again after this message */
    bool expect_continue; /* Expect: 100-continue in HTTP/1.1 */
    bool chunked;
    int64_t content_length; /* -1: not said */
} pl_http_head;

/* The first field named NAME (in lower case); false where there is none. */
bool pl_http_head_find(const pl_http_head *head, const char *name, pl_str *out_value);

/* Whether a comma-separated field (all its lines together) has TOKEN, without case. */
bool pl_http_head_has_token(const pl_http_head *head, const char *name, const char *token);

typedef enum pl_http_event {
    PL_HTTP_MORE, /* all bytes are used: feed more */
    PL_HTTP_HEAD, /* the head is complete: set the body's limit now, if not the default */
    PL_HTTP_BODY, /* a piece of the body, in place */
    PL_HTTP_END,  /* the message is complete; the next feed begins the next one */
    PL_HTTP_ERROR /* refused; see pl_http_parser_status and _reason */
} pl_http_event;

typedef enum pl_http_side { PL_HTTP_REQUESTS, PL_HTTP_RESPONSES } pl_http_side;

typedef struct pl_http_parser pl_http_parser;

/* A parser of the messages of one connection; the caller frees it. NULL without memory. */
pl_http_parser *pl_http_parser_new(pl_http_side side);
void pl_http_parser_free(pl_http_parser *parser);

/* Takes bytes from the front of *INPUT until something is to be told. *OUT_PIECE is
 * written on PL_HTTP_BODY only and points into the input. Feeding an empty input is
 * allowed, and needed after PL_HTTP_HEAD: a message without a body then ends. */
pl_http_event pl_http_parser_feed(pl_http_parser *parser, pl_str *input, pl_str *out_piece);

/* The peer sends no more: PL_HTTP_END for a response that ends so, PL_HTTP_MORE
 * between messages, else PL_HTTP_ERROR. */
pl_http_event pl_http_parser_finish(pl_http_parser *parser);

/* Bytes a body may have, for this message; call it after PL_HTTP_HEAD. A longer body is
 * refused with 413, before a byte of it is taken where its length is known. */
void pl_http_parser_set_max_body(pl_http_parser *parser, int64_t bytes);

/* Responses only: what the next one answers; HEAD and CONNECT have no body. Call
 * before its first byte; holds for one final (not 1xx) response, then GET again. */
void pl_http_parser_expect(pl_http_parser *parser, pl_http_method method);

/* The head, from PL_HTTP_HEAD until the first byte of the next message is fed. */
const pl_http_head *pl_http_parser_head(const pl_http_parser *parser);

/* No byte of a message has come since the last one ended. */
bool pl_http_parser_idle(const pl_http_parser *parser);

/* After PL_HTTP_ERROR: the status to refuse a request with (400, 413, 414, 417, 431,
 * 501, 505; 500 without memory), and why, for the log and the answer: a constant text. */
int pl_http_parser_status(const pl_http_parser *parser);
const char *pl_http_parser_reason(const pl_http_parser *parser);

/* Gives back what a long head needed; only between messages. */
void pl_http_parser_trim(pl_http_parser *parser);

/* "GET"; "" for PL_HTTP_OTHER. */
const char *pl_http_method_name(pl_http_method method);
/* "Not Found"; "Status" for a status without a name. */
const char *pl_http_status_reason(int status);

/* What pl_http_percent_decode leaves encoded. */
typedef enum pl_http_decode {
    PL_HTTP_DECODE_ALL,        /* nothing */
    PL_HTTP_DECODE_KEEP_SLASH, /* %2F, for captures of several segments */
    PL_HTTP_DECODE_FORM        /* nothing, and '+' is a space: query parameters, forms */
} pl_http_decode;

/* Appends TEXT with its %XX decoded once; false on a broken escape, on %00 and where it
 * does not fit (then the buffer has failed). The result may be anything but NUL: check UTF-8. */
bool pl_http_percent_decode(pl_str text, pl_http_decode mode, pl_buf *out);

/* Appends TEXT with everything but RFC 3986's unreserved characters as %XX. */
bool pl_http_percent_encode(pl_str text, pl_buf *out);
/* The same of a path, whose '/' stay. */
bool pl_http_percent_encode_path(pl_str path, pl_buf *out);

/* Whether a raw path is fit to be matched: begins with '/', has no "//", no dot segment (encoded
 * or not), no broken escape, no %00, only characters a path may have. Requests were
 * checked by the parser. NULL, or the reason: a constant text. */
const char *pl_http_path_error(pl_str path);

/* Whether NAME is a token and VALUE has no control but tab: safe to be sent. */
bool pl_http_field_valid(pl_str name, pl_str value);

#ifdef __cplusplus
}
#endif
#endif

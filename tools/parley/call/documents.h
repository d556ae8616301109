/* JSON documents that stand one after the other, cut out of text that comes in pieces.
 * Each is taken as soon as it is complete, so that a call can be talked to line by line.
 * No I/O.
 *
 *     {"note": "one"} {"note": "two"}         white space between them, or
 *     [{"note": "one"}, {"note": "two"}]      a list of them
 *
 * What a document is made of is not looked at: where it is wrong, its reader says so.
 *
 *     call_documents_init(&d);
 *     call_documents_feed(&d, text, &err); ... call_documents_end(&d);
 *     while (call_documents_next(&d, &document, &came, &err) == PL_OK && came) ...
 *     call_documents_done(&d);
 */
#ifndef PARLEY_CALL_DOCUMENTS_H
#define PARLEY_CALL_DOCUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

/* Bytes of a document and of what comes at a time together. */
#define CALL_DOCUMENT_MAX (64u << 20)

typedef struct call_document {
    pl_str text;        /* until the next one is asked for */
    uint32_t line, col; /* of its first byte, from 1 */
} call_document;

typedef struct call_documents {
    pl_buf text;
    size_t taken; /* bytes at the front that are done with */
    size_t at;    /* the next byte to look at */
    uint32_t line, col;
    bool ended;
    bool list, first, comma; /* in a list; before its first document; behind a comma */
    bool inside;             /* of a document, which begins here: */
    size_t start;
    uint32_t start_line, start_col;
    unsigned depth;
    bool quoted, escaped;
    bool bare; /* a number or a word: what follows ends it */
} call_documents;

void call_documents_init(call_documents *d);
/* A zeroed one is allowed. */
void call_documents_done(call_documents *d);

/* Adds text. PL_RESOURCE_EXHAUSTED: a document is larger than CALL_DOCUMENT_MAX. */
PL_NODISCARD pl_code call_documents_feed(call_documents *d, pl_str text, pl_error *err);
/* No more comes: what has begun is complete. */
void call_documents_end(call_documents *d);

/* The next document. *out_came is false where none is complete yet, or none is left.
 * PL_INVALID_ARGUMENT: "line 1, column 2: expected , or ] ...". */
PL_NODISCARD pl_code call_documents_next(call_documents *d, call_document *out, bool *out_came,
                                         pl_error *err);

#endif

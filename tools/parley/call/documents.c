#include "call/documents.h"

#include <string.h>

void call_documents_init(call_documents *d) {
    memset(d, 0, sizeof *d);
    d->text = pl_buf_make(CALL_DOCUMENT_MAX);
    d->line = 1;
    d->col = 1;
}

void call_documents_done(call_documents *d) {
    pl_buf_done(&d->text);
    memset(d, 0, sizeof *d);
}

pl_code call_documents_feed(call_documents *d, pl_str text, pl_error *err) {
    return pl_buf_str(&d->text, text)
               ? PL_OK
               : pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                              "line %u, column %u: a message larger than %u bytes", d->start_line,
                              d->start_col, CALL_DOCUMENT_MAX);
}

void call_documents_end(call_documents *d) {
    d->ended = true;
}

static void advance(call_documents *d) {
    d->col++;
    if (d->text.p[d->at++] == '\n') {
        d->line++;
        d->col = 1;
    }
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool opens(char c) {
    return c == '{' || c == '[';
}

static bool closes(char c) {
    return c == '}' || c == ']';
}

/* Between documents: a byte that belongs to none is passed, any other one begins the next. */
static pl_code step_between(call_documents *d, pl_error *err) {
    char c = d->text.p[d->at];
    if (is_space(c)) {
        advance(d);
    } else if (d->list && (c == ']' || (c == ',' && !d->first && !d->comma))) {
        d->comma = c == ',';
        d->list = c == ',';
        advance(d);
    } else if (d->list && !d->first && !d->comma) {
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "line %u, column %u: expected , or ] behind a message of the list",
                            d->line, d->col);
    } else if (!d->list && c == '[') {
        d->list = true;
        d->first = true;
        advance(d);
    } else {
        d->inside = true;
        d->start = d->at;
        d->start_line = d->line;
        d->start_col = d->col;
        d->depth = 0;
        d->quoted = false;
        d->escaped = false;
        d->bare = !opens(c) && c != '"';
    }
    return PL_OK;
}

/* Within a document; true where the one byte was its last, or the one before was. */
static bool step_inside(call_documents *d) {
    char c = d->text.p[d->at];
    bool begins = d->at == d->start;
    if (d->quoted) {
        d->quoted = d->escaped || c != '"';
        d->escaped = !d->escaped && c == '\\';
        advance(d);
        return !d->quoted && d->depth == 0;
    }
    if (d->bare && !begins && (is_space(c) || c == ',' || c == '"' || opens(c) || closes(c)))
        return true;
    advance(d);
    d->quoted = c == '"';
    d->depth += opens(c);
    if (!closes(c))
        return false;
    d->depth -= d->depth > 0;
    return d->depth == 0;
}

static void finish(call_documents *d, call_document *out) {
    out->text = pl_str_make(d->text.p + d->start, d->at - d->start);
    out->line = d->start_line;
    out->col = d->start_col;
    d->inside = false;
    d->first = false;
    d->comma = false;
    d->taken = d->at;
}

pl_code call_documents_next(call_documents *d, call_document *out, bool *out_came, pl_error *err) {
    pl_buf_consume(&d->text, d->taken);
    d->at -= d->taken;
    d->start -= d->inside ? d->taken : 0;
    d->taken = 0;
    while (d->at < d->text.n) {
        if (!d->inside) {
            pl_code code = step_between(d, err);
            if (code != PL_OK)
                return code;
        } else if (step_inside(d)) {
            finish(d, out);
            *out_came = true;
            return PL_OK;
        }
    }
    if (d->ended && d->inside) {
        finish(d, out);
        *out_came = true;
        return PL_OK;
    }
    if (d->ended && d->list)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "line %u, column %u: expected ] at the end of the list, got the end",
                            d->line, d->col);
    *out_came = false;
    return PL_OK;
}

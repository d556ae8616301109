#include "chars.h"
#include "parser_internal.h"
#include "target.h"

static bool fail(pl_http_parser *parser, int status, const char *reason) {
    pl_http_fail(parser, status, reason);
    return false;
}

bool pl_http_field_valid(pl_str name, pl_str value) {
    return name.n > 0 && pl_http_all(name, PL_CHAR_TOKEN) && pl_http_all(value, PL_CHAR_VALUE);
}

bool pl_http_head_find(const pl_http_head *head, const char *name, pl_str *out_value) {
    pl_str wanted = pl_str_c(name);
    for (size_t i = 0; i < head->field_count; i++) {
        if (pl_str_eq(head->fields[i].name, wanted)) {
            *out_value = head->fields[i].value;
            return true;
        }
    }
    return false;
}

static bool list_has(pl_str list, pl_str token) {
    pl_str item;
    while (pl_str_split(&list, ',', &item))
        if (pl_str_eq_nocase(pl_str_trim(item), token))
            return true;
    return false;
}

bool pl_http_head_has_token(const pl_http_head *head, const char *name, const char *token) {
    pl_str wanted = pl_str_c(name), item = pl_str_c(token);
    for (size_t i = 0; i < head->field_count; i++)
        if (pl_str_eq(head->fields[i].name, wanted) && list_has(head->fields[i].value, item))
            return true;
    return false;
}

bool pl_http_parse_field(pl_http_parser *parser, char *line, size_t n, pl_http_field *out_field) {
    if (line[0] == ' ' || line[0] == '\t')
        return fail(parser, 400, "line that begins with white space");
    size_t name_n = pl_str_index(pl_str_make(line, n), ':');
    if (name_n == n)
        return fail(parser, 400, "field without a colon");
    if (name_n == 0)
        return fail(parser, 400, "field without a name");
    pl_http_field field = {.name = {line, name_n}};
    if (!pl_http_all(field.name, PL_CHAR_TOKEN))
        return fail(parser, 400, "character in a field name that is not allowed");
    field.value = pl_str_trim(pl_str_make(line + name_n + 1, n - name_n - 1));
    if (!pl_http_all(field.value, PL_CHAR_VALUE))
        return fail(parser, 400, "control character in a field value");
    for (size_t i = 0; i < name_n; i++)
        if (line[i] >= 'A' && line[i] <= 'Z')
            line[i] = (char)(line[i] | 0x20);
    *out_field = field;
    return true;
}

static bool apply_host(pl_http_parser *parser, pl_str value) {
    const char *error = pl_http_host_error(value);
    if (error)
        return fail(parser, 400, error);
    if (parser->view.host.n == 0)
        parser->view.host = value;
    return true;
}

static bool apply_content_length(pl_http_parser *parser, pl_str value) {
    if (value.n == 0)
        return fail(parser, 400, "Content-Length is not a number");
    uint64_t length = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return fail(parser, 400, "Content-Length is not a number");
        uint64_t digit = (uint64_t)(value.p[i] - '0');
        if (length > (INT64_MAX - digit) / 10)
            return fail(parser, 400, "Content-Length is too large");
        length = length * 10 + digit;
    }
    if (parser->view.content_length >= 0)
        return fail(parser, 400, "more than one Content-Length");
    parser->view.content_length = (int64_t)length;
    return true;
}

static bool apply_transfer_encoding(pl_http_parser *parser, pl_str value) {
    if (parser->view.minor == 0)
        return fail(parser, 400, "Transfer-Encoding in HTTP/1.0");
    if (parser->view.chunked)
        return fail(parser, 400, "more than one Transfer-Encoding");
    if (!pl_str_eqc(value, "chunked"))
        return fail(parser, 400, "Transfer-Encoding other than chunked");
    parser->view.chunked = true;
    return true;
}

static bool apply_expect(pl_http_parser *parser, pl_str value) {
    if (!pl_str_eq_nocase(value, pl_str_c("100-continue")))
        return fail(parser, 417, "Expect other than 100-continue");
    parser->view.expect_continue = parser->view.minor > 0;
    return true;
}

static bool apply_upgrade(pl_http_parser *parser, pl_str value) {
    if (list_has(value, pl_str_c("h2c")))
        return fail(parser, 400, "Upgrade to h2c is not offered");
    return true;
}

typedef bool apply_fn(pl_http_parser *parser, pl_str value);

/* Fields that say how to read the message. */
static const struct {
    pl_str name;
    apply_fn *apply;
    bool requests_only;
} meanings[] = {
    {PL_STR("host"), apply_host, true},
    {PL_STR("content-length"), apply_content_length, false},
    {PL_STR("transfer-encoding"), apply_transfer_encoding, false},
    {PL_STR("expect"), apply_expect, true},
    {PL_STR("upgrade"), apply_upgrade, true},
};

static apply_fn *find_meaning(const pl_http_parser *parser, pl_str name) {
    for (size_t i = 0; i < PL_COUNT(meanings); i++)
        if (pl_str_eq(meanings[i].name, name) &&
            (!meanings[i].requests_only || parser->side == PL_HTTP_REQUESTS))
            return meanings[i].apply;
    return NULL;
}

bool pl_http_apply_fields(pl_http_parser *parser) {
    pl_http_head *view = &parser->view;
    view->content_length = -1;
    size_t hosts = 0;
    for (size_t i = 0; i < view->field_count; i++) {
        const pl_http_field *field = &view->fields[i];
        apply_fn *apply = find_meaning(parser, field->name);
        hosts += apply == apply_host;
        if (apply && !apply(parser, field->value))
            return false;
    }
    if (hosts > 1)
        return fail(parser, 400, "more than one Host");
    if (hosts == 0 && view->minor > 0 && parser->side == PL_HTTP_REQUESTS)
        return fail(parser, 400, "no Host");
    if (view->chunked && view->content_length >= 0)
        return fail(parser, 400, "Content-Length with Transfer-Encoding");
    bool close = pl_http_head_has_token(view, "connection", "close");
    bool keep = view->minor > 0 || pl_http_head_has_token(view, "connection", "keep-alive");
    view->keep_alive = keep && !close;
    return true;
}

bool pl_http_parse_trailer(pl_http_parser *parser, char *line, size_t n) {
    static const char *const forbidden[] = {"content-length", "transfer-encoding", "host",
                                            "authorization"};
    pl_http_field field;
    if (++parser->trailer_count > PL_HTTP_MAX_FIELDS)
        return fail(parser, 431, "more than 100 trailers");
    if (!pl_http_parse_field(parser, line, n, &field))
        return false;
    for (size_t i = 0; i < PL_COUNT(forbidden); i++)
        if (pl_str_eqc(field.name, forbidden[i]))
            return fail(parser, 400, "trailer that belongs into the head");
    return true;
}

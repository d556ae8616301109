#include "parley/rest/template.h"

/* Where the parser stands in one template. */
typedef struct template_parser {
    pl_str text;
    size_t at;
    pl_rest_segment segments[PL_REST_MAX_SEGMENTS];
    size_t segment_count;
    pl_rest_variable variables[PL_REST_MAX_VARIABLES];
    size_t variable_count;
    pl_str verb;
    pl_error *err;
} template_parser;

static pl_code refuse(const template_parser *p, const char *what) {
    return pl_error_set(p->err, PL_INVALID_ARGUMENT, "template \"%.*s\", column %zu: %s",
                        PL_FMT(p->text), p->at + 1, what);
}

static int peek(const template_parser *p) {
    return p->at < p->text.n ? (unsigned char)p->text.p[p->at] : -1;
}

/* What a path segment may hold plainly (RFC 3986 pchar), without ':' and '*', which
 * the grammar uses. Bytes of UTF-8 stand for their percent-encoded form. */
static bool literal_char(int c) {
    if (c >= 0x80)
        return true;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c > 0 && strchr("-._~!$&'()+,;=@", c) != NULL;
}

static bool ident_char(int c, bool first) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return true;
    return !first && c >= '0' && c <= '9';
}

static pl_code take_literal(template_parser *p, pl_str *out_literal) {
    size_t start = p->at;
    while (literal_char(peek(p)))
        p->at++;
    pl_str literal = pl_str_make(p->text.p + start, p->at - start);
    if (peek(p) == '%')
        return refuse(p, "write the character itself instead of a percent escape");
    if (literal.n == 0)
        return refuse(p, "expected a literal, '*', '**' or '{'");
    if (pl_str_eqc(literal, ".") || pl_str_eqc(literal, ".."))
        return refuse(p, "a dot segment never matches a request");
    if (!pl_utf8_valid(literal))
        return refuse(p, "a literal is not UTF-8");
    *out_literal = literal;
    return PL_OK;
}

static pl_code add_segment(template_parser *p, pl_rest_segment segment) {
    if (p->segment_count > 0 && p->segments[p->segment_count - 1].kind == PL_REST_MULTI)
        return refuse(p, "'**' must be the last segment");
    if (p->segment_count == PL_REST_MAX_SEGMENTS)
        return refuse(p, "more than 32 segments");
    p->segments[p->segment_count++] = segment;
    return PL_OK;
}

/* "*", "**" or a literal. */
static pl_code take_plain_segment(template_parser *p) {
    pl_rest_segment segment = {PL_REST_SINGLE, {NULL, 0}};
    if (peek(p) == '*') {
        p->at++;
        if (peek(p) == '*') {
            p->at++;
            segment.kind = PL_REST_MULTI;
        }
    } else {
        segment.kind = PL_REST_LITERAL;
        pl_code code = take_literal(p, &segment.literal);
        if (code)
            return code;
    }
    return add_segment(p, segment);
}

static pl_code take_field_path(template_parser *p, pl_str *out_field) {
    size_t start = p->at;
    for (;;) {
        size_t part = p->at;
        while (ident_char(peek(p), p->at == part))
            p->at++;
        if (p->at == part)
            return refuse(p, "expected a field name");
        if (peek(p) != '.')
            break;
        p->at++;
    }
    *out_field = pl_str_make(p->text.p + start, p->at - start);
    return PL_OK;
}

/* What follows "=" in a variable, up to its "}". */
static pl_code take_variable_segments(template_parser *p) {
    for (;;) {
        if (peek(p) == '{')
            return refuse(p, "braces do not nest");
        pl_code code = take_plain_segment(p);
        if (code)
            return code;
        if (peek(p) != '/')
            return PL_OK;
        p->at++;
    }
}

static pl_code take_variable(template_parser *p) {
    size_t start = p->at++;
    pl_rest_variable variable = {.first = p->segment_count};
    pl_code code = take_field_path(p, &variable.field);
    if (code)
        return code;
    for (size_t i = 0; i < p->variable_count; i++) {
        if (pl_str_eq(p->variables[i].field, variable.field)) {
            p->at = start;
            return refuse(p, "the field is bound twice");
        }
    }
    if (peek(p) == '=') {
        p->at++;
        code = take_variable_segments(p);
    } else {
        code = add_segment(p, (pl_rest_segment){PL_REST_SINGLE, {NULL, 0}});
    }
    if (code)
        return code;
    if (peek(p) != '}')
        return refuse(p, "expected '}'");
    p->at++;
    variable.count = p->segment_count - variable.first;
    variable.multi = variable.count > 1 || p->segments[p->segment_count - 1].kind == PL_REST_MULTI;
    if (p->variable_count == PL_REST_MAX_VARIABLES)
        return refuse(p, "more than 16 variables");
    p->variables[p->variable_count++] = variable;
    return PL_OK;
}

static pl_code take_template(template_parser *p) {
    if (peek(p) != '/')
        return refuse(p, "a template begins with '/'");
    while (peek(p) == '/') {
        p->at++;
        if (peek(p) == -1)
            return refuse(p, "a template does not end with '/'");
        if (peek(p) == '/')
            return refuse(p, "an empty segment never matches");
        pl_code code = peek(p) == '{' ? take_variable(p) : take_plain_segment(p);
        if (code)
            return code;
    }
    if (peek(p) == ':') {
        p->at++;
        pl_code code = take_literal(p, &p->verb);
        if (code)
            return code;
    }
    return peek(p) == -1 ? PL_OK : refuse(p, "expected '/', ':' or the end");
}

pl_code pl_rest_template_parse(pl_arena *arena, pl_str text, pl_rest_template *out_template,
                               pl_error *err) {
    template_parser p = {.text = text, .err = err};
    pl_code code = take_template(&p);
    if (code)
        return code;
    pl_rest_segment *segments = pl_arena_calloc(arena, p.segment_count, sizeof *segments);
    pl_rest_variable *variables = pl_arena_calloc(arena, p.variable_count, sizeof *variables);
    if (!segments || !variables)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "template \"%.*s\": out of memory",
                            PL_FMT(text));
    memcpy(segments, p.segments, p.segment_count * sizeof *segments);
    memcpy(variables, p.variables, p.variable_count * sizeof *variables);
    *out_template = (pl_rest_template){
        .text = text,
        .segments = segments,
        .segment_count = p.segment_count,
        .variables = variables,
        .variable_count = p.variable_count,
        .verb = p.verb,
    };
    return PL_OK;
}

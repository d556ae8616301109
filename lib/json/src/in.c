#include "in.h"

bool json_problem(json_in *in, const char *at, const char *problem) {
    in->problem = problem;
    in->at = at;
    return false;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at P; -1 where there are none. */
static int32_t hex4(const char *p, const char *end) {
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* An escape begins at *P (on the backslash); moves behind it. */
static bool check_escape(json_in *in, const char **p) {
    const char *at = *p;
    if (in->end - at < 2)
        return json_problem(in, at, "expected the end of the escape");
    if (at[1] != 'u') {
        if (at[1] == '\0' || !strchr("\"\\/bfnrt", at[1]))
            return json_problem(in, at, "an escape that JSON does not have");
        *p = at + 2;
        return true;
    }
    int32_t unit = hex4(at + 2, in->end);
    if (unit < 0)
        return json_problem(in, at, "expected four hex digits behind \\u");
    *p = at + 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit > 0xdbff || in->end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
        return json_problem(in, at, "half of a surrogate pair");
    unit = hex4(*p + 2, in->end);
    if (unit < 0xdc00 || unit > 0xdfff)
        return json_problem(in, at, "half of a surrogate pair");
    *p += 6;
    return true;
}

bool json_string_take(json_in *in, json_string *out_string) {
    const char *start = in->p + 1, *p = start;
    uint64_t high = 0;
    bool escaped = false;
    p = json_plain_skip(p, in->end, &high);
    for (;;) {
        if (p == in->end)
            return json_problem(in, in->p, "the string has no end");
        unsigned char c = (unsigned char)*p;
        if (c == '"')
            break;
        if (c < 0x20)
            return json_problem(in, p, "a control character in a string, expected an escape");
        if (c == '\\') {
            escaped = true;
            if (!check_escape(in, &p))
                return false;
            p = json_plain_skip(p, in->end, &high);
            continue;
        }
        high |= c;
        p++;
    }
    out_string->raw = pl_str_make(start, (size_t)(p - start));
    out_string->escaped = escaped;
    if ((high & JSON_EACH(0x80)) && !pl_utf8_valid(out_string->raw))
        return json_problem(in, in->p, "the string is not UTF-8");
    in->p = p + 1;
    return true;
}

static bool take_digits(json_in *in) {
    const char *start = in->p;
    while (in->p < in->end && *in->p >= '0' && *in->p <= '9')
        in->p++;
    return in->p > start || json_problem(in, in->p, "expected a digit");
}

bool json_number_take(json_in *in, pl_str *out_number) {
    const char *start = in->p;
    if (*in->p == '-')
        in->p++;
    if (in->p < in->end && *in->p == '0') {
        in->p++;
        if (in->p < in->end && *in->p >= '0' && *in->p <= '9')
            return json_problem(in, start, "a number with a leading zero");
    } else if (!take_digits(in)) {
        return false;
    }
    if (in->p < in->end && *in->p == '.') {
        in->p++;
        if (!take_digits(in))
            return false;
    }
    if (in->p < in->end && (*in->p == 'e' || *in->p == 'E')) {
        in->p++;
        if (in->p < in->end && (*in->p == '+' || *in->p == '-'))
            in->p++;
        if (!take_digits(in))
            return false;
    }
    *out_number = pl_str_make(start, (size_t)(in->p - start));
    return true;
}

bool json_word_take(json_in *in, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(in->end - in->p) < n || memcmp(in->p, word, n) != 0)
        return json_problem(in, in->p, "expected a value");
    in->p += n;
    return true;
}

static bool skip_items(json_in *in, unsigned depth, char close) {
    in->p++;
    if (json_take(in, close))
        return true;
    do {
        if (close == '}') {
            json_string key;
            if (json_peek(in) != '"')
                return json_problem(in, in->p, "expected a name in quotes");
            if (!json_string_take(in, &key))
                return false;
            if (!json_take(in, ':'))
                return json_problem(in, in->p, "expected ':'");
        }
        if (!json_value_skip(in, depth - 1))
            return false;
    } while (json_take(in, ','));
    return json_take(in, close) ||
           json_problem(in, in->p, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
}

bool json_value_skip(json_in *in, unsigned depth) {
    json_string string;
    pl_str number;
    char c = json_peek(in);
    if (c == '{' || c == '[') {
        if (depth == 0)
            return json_problem(in, in->p, "values are nested too deep");
        return skip_items(in, depth, c == '{' ? '}' : ']');
    }
    switch (c) {
    case '"':
        return json_string_take(in, &string);
    case 't':
        return json_word_take(in, "true");
    case 'f':
        return json_word_take(in, "false");
    case 'n':
        return json_word_take(in, "null");
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return json_number_take(in, &number);
        return json_problem(in, in->p, "expected a value");
    }
}

static size_t put_utf8(uint32_t c, char *out) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t json_unescape(pl_str raw, char *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = raw.p, *end = p + raw.n;
    size_t n = 0;
    while (p < end) {
        if (*p != '\\') {
            out[n++] = *p++;
            continue;
        }
        if (p[1] != 'u') {
            const char *which = memchr(from, p[1], sizeof(from) - 1);
            out[n++] = which ? to[which - from] : p[1];
            p += 2;
            continue;
        }
        uint32_t c = (uint32_t)hex4(p + 2, end);
        p += 6;
        if (c >= 0xd800 && c <= 0xdbff) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)hex4(p + 2, end) - 0xdc00);
            p += 6;
        }
        n += put_utf8(c, out + n);
    }
    return n;
}

bool json_unescape_to(pl_str raw, pl_buf *out) {
    char *p = pl_buf_reserve(out, raw.n);
    if (!p)
        return false;
    pl_buf_wrote(out, json_unescape(raw, p));
    return true;
}

void json_position(const json_in *in, const char *at, uint32_t *out_line, uint32_t *out_col) {
    uint32_t line = 1;
    const char *start = in->start;
    for (const char *p = in->start; p < at; p++)
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    *out_line = line;
    *out_col = (uint32_t)(at - start) + 1;
}

const char *json_what(const json_in *in, const char *at) {
    if (at >= in->end)
        return "the end of the text";
    switch (*at) {
    case '"':
        return "a string";
    case '{':
        return "an object";
    case '[':
        return "an array";
    case 't':
        return "true";
    case 'f':
        return "false";
    case 'n':
        return "null";
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return "a number";
    default:
        return "another character";
    }
}

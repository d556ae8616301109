/* Groovy's tokens. */
#include <ctype.h>

#include "import/groovy.h"

enum { TEXT_MAX = SCC_FILE_MAX };

static char at(const lexer *l, size_t ahead) {
    return l->at + ahead < l->s->text.n ? l->s->text.p[l->at + ahead] : '\0';
}

static bool ahead(const lexer *l, const char *text) {
    size_t n = strlen(text);
    return l->s->text.n - l->at >= n && memcmp(l->s->text.p + l->at, text, n) == 0;
}

static void step(lexer *l) {
    l->at++;
    if (l->s->text.p[l->at - 1] == '\n') {
        l->place.line++;
        l->place.column = 1;
    } else if (((unsigned char)at(l, 0) & 0xC0) != 0x80) {
        l->place.column++; /* a character has ended */
    }
}

static void skip(lexer *l, size_t n) {
    for (size_t i = 0; i < n && l->at < l->s->text.n; i++)
        step(l);
}

static bool name_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* White space and comments; false: a comment has no end. */
static bool skip_space(lexer *l, token *t) {
    for (;;) {
        char c = at(l, 0);
        if (c && strchr(" \t\r\n\f\v", c)) {
            t->new_line = t->new_line || c == '\n';
            step(l);
        } else if (ahead(l, "//")) {
            while (l->at < l->s->text.n && at(l, 0) != '\n')
                step(l);
        } else if (ahead(l, "/*")) {
            while (l->at < l->s->text.n && !ahead(l, "*/"))
                step(l);
            if (l->at >= l->s->text.n)
                return false;
            skip(l, 2);
        } else if (c == '\\' && at(l, 1) == '\n') {
            skip(l, 2);
        } else {
            return true;
        }
        t->space = true;
    }
}

static void put_utf8(pl_buf *out, uint32_t c) {
    if (c < 0x80) {
        pl_buf_putc(out, (char)c);
    } else if (c < 0x800) {
        pl_buf_putc(out, (char)(0xc0 | c >> 6));
        pl_buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else {
        if (c < 0x10000) {
            pl_buf_putc(out, (char)(0xe0 | c >> 12));
        } else {
            pl_buf_putc(out, (char)(0xf0 | c >> 18));
            pl_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        pl_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        pl_buf_putc(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* The digits behind "\u", until the last of them. */
static uint32_t read_unit(lexer *l) {
    uint32_t code = 0;
    for (int i = 0; i < 4 && isxdigit((unsigned char)at(l, 1)); i++) {
        step(l);
        int d = tolower((unsigned char)at(l, 0));
        code = code * 16 + (uint32_t)(d <= '9' ? d - '0' : d - 'a' + 10);
    }
    return code;
}

/* Behind a backslash. */
static void put_escape(lexer *l, pl_buf *out) {
    static const char from[] = "ntrbf", to[] = "\n\t\r\b\f";
    char c = at(l, 0);
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        pl_buf_putc(out, to[known - from]);
    } else if (c == 'u' && isxdigit((unsigned char)at(l, 1))) {
        uint32_t code = read_unit(l);
        /* Above 0xffff a character is two units. */
        if (code >= 0xd800 && code <= 0xdbff && at(l, 1) == '\\' && at(l, 2) == 'u') {
            skip(l, 2);
            uint32_t low = read_unit(l);
            bool pair = low >= 0xdc00 && low <= 0xdfff;
            if (!pair)
                put_utf8(out, 0xfffd);
            code = pair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : low;
        }
        put_utf8(out, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
    } else if (c && c != '\n') {
        pl_buf_putc(out, c);
    }
    skip(l, c != '\0');
}

/* Groovy computes what stands behind "$". */
static bool interpolates(const lexer *l) {
    char next = at(l, 1);
    return at(l, 0) == '$' && (next == '{' || next == '_' || isalpha((unsigned char)next));
}

/* What is between OPEN and CLOSE. RAW: only the close itself is escaped. */
static void read_text(lexer *l, token *t, const char *open, const char *close, bool raw) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    bool computed = false, one_line = strlen(close) == 1 && !raw;
    skip(l, strlen(open));
    t->text_at = l->place;
    while (l->at < l->s->text.n && !ahead(l, close) && !(one_line && at(l, 0) == '\n')) {
        computed = computed || (close[0] != '\'' && interpolates(l));
        if (at(l, 0) == '\\' && (!raw || at(l, 1) == '/')) {
            step(l);
            put_escape(l, &out);
            continue;
        }
        pl_buf_putc(&out, at(l, 0));
        step(l);
    }
    if (ahead(l, close)) {
        skip(l, strlen(close));
        t->kind = computed ? TOKEN_DYNAMIC_TEXT : TOKEN_TEXT;
        t->text = scc_copy(l->s, pl_buf_view(&out));
    } else {
        t->kind = TOKEN_WRONG;
        t->text = pl_str_c("a text without end");
    }
    l->s->full = l->s->full || out.failed;
    pl_buf_done(&out);
}

static void read_number(lexer *l, token *t) {
    pl_buf out = pl_buf_make(64);
    t->kind = TOKEN_NUMBER;
    while (isdigit((unsigned char)at(l, 0)) || at(l, 0) == '_' ||
           (at(l, 0) == '.' && isdigit((unsigned char)at(l, 1)))) {
        if (at(l, 0) != '_')
            pl_buf_putc(&out, at(l, 0));
        step(l);
    }
    if ((at(l, 0) == 'e' || at(l, 0) == 'E') &&
        (isdigit((unsigned char)at(l, 1)) || at(l, 1) == '-' || at(l, 1) == '+')) {
        do {
            pl_buf_putc(&out, at(l, 0));
            step(l);
        } while (isdigit((unsigned char)at(l, 0)) || at(l, 0) == '-' || at(l, 0) == '+');
    }
    if (at(l, 0) && strchr("lLgGfFdDiI", at(l, 0)))
        step(l); /* of which type it is, the proto says */
    if (name_char(at(l, 0)) || out.failed) {
        t->kind = TOKEN_WRONG;
        out.failed = true;
    }
    t->text = out.failed ? pl_str_c("a number that is none") : scc_copy(l->s, pl_buf_view(&out));
    pl_buf_done(&out);
}

token lexer_next(lexer *l) {
    static const struct {
        const char *open, *close;
        bool raw;
    } quotes[] = {{"'''", "'''", false},
                  {"\"\"\"", "\"\"\"", false},
                  {"'", "'", false},
                  {"\"", "\"", false},
                  {"$/", "/$", true}};
    token t = {.kind = TOKEN_SIGN};
    bool after_value = l->after_value;
    l->after_value = false;
    bool whole = skip_space(l, &t);
    t.at = l->place;
    if (!whole || l->at >= l->s->text.n) {
        t.kind = whole ? TOKEN_END : TOKEN_WRONG;
        t.text = pl_str_c(whole ? "the end of the file" : "a comment without end");
        return t;
    }
    for (size_t i = 0; i < PL_COUNT(quotes); i++) {
        if (!ahead(l, quotes[i].open))
            continue;
        l->after_value = true;
        read_text(l, &t, quotes[i].open, quotes[i].close, quotes[i].raw);
        return t;
    }
    char c = at(l, 0);
    size_t from = l->at;
    if (c == '/' && !after_value) {
        read_text(l, &t, "/", "/", true);
    } else if (isdigit((unsigned char)c)) {
        read_number(l, &t);
    } else if (name_char(c)) {
        t.kind = TOKEN_NAME;
        while (name_char(at(l, 0)))
            step(l);
        t.text = scc_copy(l->s, pl_str_make(l->s->text.p + from, l->at - from));
    } else {
        step(l);
        t.text = scc_copy(l->s, pl_str_make(&c, 1));
    }
    l->after_value = t.kind != TOKEN_SIGN || strchr(")]}", c);
    return t;
}

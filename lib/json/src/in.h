/* JSON text being read: tokens and positions. Strict RFC 8259. A function that returns
 * false has set `problem` and where it lies; nothing is allocated. */
#ifndef JSON_IN_H
#define JSON_IN_H

#include "parley/base/str.h"

typedef struct json_in {
    const char *start, *p, *end;
    const char *problem; /* static text: what was expected, or what is wrong */
    const char *at;      /* where */
} json_in;

/* A string as it stands between its quotes. */
typedef struct json_string {
    pl_str raw;
    bool escaped; /* raw has escapes */
} json_string;

static inline json_in json_in_make(pl_str text) {
    const char *p = text.n ? text.p : "";
    json_in in = {p, p, p + text.n, NULL, NULL};
    return in;
}

#define JSON_EACH(byte)     (UINT64_C(0x0101010101010101) * (byte))
#define JSON_HAS_ZERO(word) (((word)-JSON_EACH(0x01)) & ~(word)&JSON_EACH(0x80))

/* Moves P over bytes that stand in a string as they are, eight at a time; the byte at the
 * place returned may still be such a byte. *HIGH gathers bits: JSON_EACH(0x80) & *HIGH is 0
 * where all bytes passed were ASCII. */
static inline const char *json_plain_skip(const char *p, const char *end, uint64_t *high) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        uint64_t hit = ((word - JSON_EACH(0x20)) & ~word & JSON_EACH(0x80)) |
                       JSON_HAS_ZERO(word ^ JSON_EACH('"')) | JSON_HAS_ZERO(word ^ JSON_EACH('\\'));
        if (hit) {
            /* Carries go upwards only: the lowest hit is one. */
            *high |= word & ((hit & -hit) - 1);
            return p + __builtin_ctzll(hit) / 8;
        }
        *high |= word;
    }
#endif
    return p;
}

static inline void json_skip_space(json_in *in) {
    while (in->p < in->end && (*in->p == ' ' || *in->p == '\n' || *in->p == '\r' || *in->p == '\t'))
        in->p++;
}

/* The next byte behind white space; NUL at the end, which is no token either. */
static inline char json_peek(json_in *in) {
    if (in->p < in->end && (unsigned char)*in->p > ' ')
        return *in->p;
    json_skip_space(in);
    return in->p < in->end ? *in->p : '\0';
}

/* Takes C where it is next. */
static inline bool json_take(json_in *in, char c) {
    if (json_peek(in) != c || in->p == in->end)
        return false;
    in->p++;
    return true;
}

bool json_problem(json_in *in, const char *at, const char *problem);

/* At a quote: the string, checked (escapes, control characters, UTF-8, surrogates). */
bool json_string_take(json_in *in, json_string *out_string);
/* At a digit or minus: the number as it stands. */
bool json_number_take(json_in *in, pl_str *out_number);
/* At a letter: "true", "false" or "null". */
bool json_word_take(json_in *in, const char *word);
/* Any value, checked but not kept; at most DEPTH deep. */
bool json_value_skip(json_in *in, unsigned depth);

/* Writes the content of a checked string, at most raw.n bytes; returns its size. */
size_t json_unescape(pl_str raw, char *out);
/* Appends it to a buffer; false where it is full. */
bool json_unescape_to(pl_str raw, pl_buf *out);

/* Line and column, from 1, of a place in the text. */
void json_position(const json_in *in, const char *at, uint32_t *out_line, uint32_t *out_col);
/* "a string", "end of text", ... for what stands at AT. */
const char *json_what(const json_in *in, const char *at);

#endif

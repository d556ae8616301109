/* The predefined patterns, and texts that match a pattern. */
#include "import/scc.h"
#include "parley/schema/pattern.h"

/* Bytes of a text that is made, and groups within one another. */
enum { EXAMPLE_MAX = 256, GROUPS_MAX = 16 };

static const struct {
    const char *names; /* in Groovy and YAML */
    scc_pattern pattern;
} patterns[] = {
    {"anyAlphaUnicode onlyAlphaUnicode only_alpha_unicode",
     {"alphaUnicode", "\\p{L}*", "text", ""}},
    {"anyAlphaNumeric alphaNumeric alpha_numeric", {"alphaNumeric", "[a-zA-Z0-9]+", "abc123", ""}},
    {"anyNumber number", {"number", "-?(\\d*\\.\\d+|\\d+)", "1", ""}},
    {"anyInteger anInteger an_integer any_integer integer", {"integer", "-?\\d+", "1", ""}},
    {"anyPositiveInt positiveInt positive_int", {"positiveInt", "[1-9]\\d*", "1", ""}},
    {"anyDouble aDouble a_double any_double double", {"double", "-?\\d*\\.\\d+", "1.5", ""}},
    {"anyHex hex any_hex", {"hex", "[a-fA-F0-9]+", "0a1b", ""}},
    {"aBoolean anyBoolean any_boolean", {"boolean", "true|false", "true", ""}},
    {"anyIpAddress ipAddress ip_address",
     {"ipAddress", "(([01]?\\d\\d?|2[0-4]\\d|25[0-5])(\\.|$)){4}", "192.0.2.1", ""}},
    {"anyHostname hostname",
     {"hostname", "((https?|ftp):/)?/?[^:/\\s]+(:\\d{1,5})?", "example.com", ""}},
    {"anyEmail email",
     {"email", "[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,6}", "a@example.com", ""}},
    {"anyUrl url", {"url", "([A-Za-z][A-Za-z0-9+.-]*://)?\\S+", "http://example.com", ""}},
    {"anyHttpsUrl httpsUrl https_url", {"httpsUrl", "https://\\S+", "https://example.com", ""}},
    {"anyUuid uuid",
     {"uuid", "[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60",
      "!uuid"}},
    {"anyDate isoDate iso_date by_date byDate",
     {"isoDate", "\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\\d|3[01])", "2026-01-01", ""}},
    {"anyDateTime isoDateTime iso_date_time by_timestamp byTimestamp",
     {"isoDateTime", "\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3])(:[0-5]\\d){2}",
      "2026-01-01T12:00:00", ""}},
    {"anyTime isoTime iso_time by_time byTime",
     {"isoTime", "([01]\\d|2[0-3])(:[0-5]\\d){2}", "12:00:00", ""}},
    {"anyIso8601WithOffset iso8601WithOffset iso_8601_with_offset",
     {"iso8601WithOffset",
      "\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3])(:[0-5]\\d){2}(\\.\\d{1,9})?"
      "(Z|[+-][01]\\d:[0-5]\\d)",
      "2026-01-01T12:00:00Z", "!timestamp"}},
    {"anyNonBlankString nonBlank non_blank", {"nonBlank", "\\s*\\S[\\S\\s]*", "text", ""}},
    {"anyNonEmptyString nonEmpty non_empty", {"nonEmpty", "[\\S\\s]+", "text", "!non_empty"}},
};

const scc_pattern *scc_pattern_find(pl_str name) {
    for (size_t i = 0; i < PL_COUNT(patterns); i++) {
        pl_str rest = pl_str_c(patterns[i].names), one;
        while (pl_str_split(&rest, ' ', &one)) {
            if (pl_str_eq(one, name))
                return &patterns[i].pattern;
        }
    }
    return NULL;
}

/* ---- examples -------------------------------------------------------------------------------- */

/* Writes the shortest text for the first alternatives of a pattern. What it does not know makes it
 * fail: the result is tried against the pattern anyway. */
typedef struct maker {
    pl_str regex;
    size_t at;
    pl_buf *out;
    bool failed;
    int depth;
} maker;

static char peek(const maker *m) {
    return m->at < m->regex.n ? m->regex.p[m->at] : '\0';
}

static bool take(maker *m, char c) {
    if (m->at >= m->regex.n || m->regex.p[m->at] != c)
        return false;
    m->at++;
    return true;
}

/* What an escape stands for as one character; '\0': nothing. */
static char escaped(maker *m) {
    char c = peek(m);
    m->at += m->at < m->regex.n;
    switch (c) {
    case 'd':
        return '1';
    case 'w':
    case 'S':
    case 'D':
        return 'a';
    case 's':
    case 'W':
        return ' ';
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'b':
        return '\0';
    case 'p':
        while (peek(m) && !take(m, '}'))
            m->at++;
        return 'a';
    default:
        m->failed = m->failed || !c || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z');
        return c;
    }
}

/* A character of a class, behind its bracket. */
static void put_class(maker *m) {
    static const char usual[] = "1aA-_ .0bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "23456789!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~";
    bool set[128] = {false}, not = take(m, '^');
    for (bool first = true; first || peek(m) != ']'; first = false) {
        if (m->at >= m->regex.n) {
            m->failed = true;
            return;
        }
        char low = m->regex.p[m->at++];
        if (low == '\\')
            low = escaped(m);
        char high = low;
        if (peek(m) == '-' && m->at + 1 < m->regex.n && m->regex.p[m->at + 1] != ']') {
            m->at++;
            high = m->regex.p[m->at++];
            if (high == '\\')
                high = escaped(m);
        }
        for (unsigned c = (unsigned char)low; c <= (unsigned char)high && c < sizeof set; c++)
            set[c] = true;
    }
    m->at++;
    for (const char *c = usual; *c; c++) {
        if (set[(unsigned char)*c] != not ) {
            pl_buf_putc(m->out, *c);
            return;
        }
    }
    m->failed = true;
}

static void put_group(maker *m);

static void put_atom(maker *m) {
    char c = m->regex.p[m->at++];
    if (c == '\\') {
        char e = escaped(m);
        if (e)
            pl_buf_putc(m->out, e);
    } else if (c == '[') {
        put_class(m);
    } else if (c == '(') {
        if (take(m, '?') && !take(m, ':'))
            m->failed = true;
        else
            put_group(m);
        m->failed = m->failed || !take(m, ')');
    } else if (c == '.') {
        pl_buf_putc(m->out, 'a');
    } else if (c == '*' || c == '+' || c == '?' || c == '{') {
        m->failed = true;
    } else if (c != '^' && c != '$') {
        pl_buf_putc(m->out, c);
    }
}

static size_t read_number(maker *m) {
    size_t n = 0;
    while (peek(m) >= '0' && peek(m) <= '9' && n <= EXAMPLE_MAX)
        n = 10 * n + (size_t)(m->regex.p[m->at++] - '0');
    return n;
}

/* How often the atom before it stands at least. */
static size_t quantity(maker *m) {
    size_t n = 1;
    if (take(m, '*') || take(m, '?')) {
        n = 0;
    } else if (take(m, '{')) {
        n = read_number(m);
        while (peek(m) && peek(m) != '}')
            m->at++;
        m->failed = m->failed || !take(m, '}');
    } else if (!take(m, '+')) {
        return 1;
    }
    if (!take(m, '?'))
        (void)take(m, '+');
    return n;
}

static void put_sequence(maker *m) {
    while (!m->failed && peek(m) && peek(m) != '|' && peek(m) != ')') {
        size_t from = m->out->n;
        put_atom(m);
        size_t size = m->out->n - from, n = quantity(m);
        if (n == 0)
            pl_buf_cut(m->out, from);
        char one[EXAMPLE_MAX];
        if (n > 1 && size <= sizeof one) {
            memcpy(one, m->out->p + from, size);
            for (size_t i = 1; i < n && !m->out->failed; i++)
                pl_buf_append(m->out, one, size);
        }
        m->failed = m->failed || m->out->failed;
    }
}

/* The first alternative; the others are passed over. */
static void put_group(maker *m) {
    if (++m->depth > GROUPS_MAX)
        m->failed = true;
    put_sequence(m);
    while (!m->failed && take(m, '|')) {
        size_t from = m->out->n;
        put_sequence(m);
        pl_buf_cut(m->out, from);
    }
    m->depth--;
}

pl_str scc_pattern_example(scc_source *s, pl_str regex) {
    pl_buf out = pl_buf_make(EXAMPLE_MAX);
    maker m = {.regex = regex, .out = &out};
    pl_str example = pl_str_make("", 0);
    /* All of its memory at once: later it fails for its size alone. */
    if (!pl_buf_reserve(&out, EXAMPLE_MAX)) {
        s->full = true;
        return example;
    }
    put_group(&m);
    if (!m.failed && m.at == regex.n && scc_pattern_matches(s, regex, pl_buf_view(&out)))
        example = scc_copy(s, pl_buf_view(&out));
    pl_buf_done(&out);
    return example;
}

bool scc_pattern_matches(scc_source *s, pl_str regex, pl_str text) {
    pl_pattern *pattern = NULL;
    bool matches = false;
    pl_code code = pl_pattern_new(regex, &pattern, NULL);
    s->full = s->full || code == PL_RESOURCE_EXHAUSTED;
    if (code == PL_OK && pl_pattern_match(pattern, text, &matches, NULL) != PL_OK)
        matches = false;
    pl_pattern_free(pattern);
    return matches;
}

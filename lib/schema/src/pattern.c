/* Patterns over PCRE2; the only file that includes it. */
#include "parley/schema/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

struct pl_pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static pl_code compile(pl_pattern *p, pl_str text, uint32_t anchors, pl_error *err) {
    int number = 0;
    PCRE2_SIZE offset = 0;
    /* NEVER_BACKSLASH_C: a match must not end within a character. */
    const uint32_t flags = PCRE2_UTF | anchors | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    p->code = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n, flags, &number, &offset,
                            NULL);
    if (!p->code) {
        PCRE2_UCHAR message[128] = "";
        pcre2_get_error_message(number, message, sizeof(message));
        pl_code code = number == PCRE2_ERROR_NOMEMORY ? PL_RESOURCE_EXHAUSTED : PL_INVALID_ARGUMENT;
        return pl_error_set(err, code, "pattern \"%.*s\": %s at byte %zu",
                            PL_FMT(pl_utf8_cut(text, 64)), (const char *)message, (size_t)offset);
    }
    p->limits = pcre2_match_context_create(NULL);
    if (!p->limits)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "pattern: no memory");
    pcre2_set_match_limit(p->limits, PL_PATTERN_STEPS_MAX);
    pcre2_set_depth_limit(p->limits, PL_PATTERN_DEPTH_MAX);
    pcre2_set_heap_limit(p->limits, PL_PATTERN_HEAP_KIB);
    return PL_OK;
}

static pl_code make(pl_str text, uint32_t anchors, pl_pattern **out_pattern, pl_error *err) {
    if (text.n > PL_PATTERN_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "pattern: %zu bytes, at most %u are allowed",
                            text.n, PL_PATTERN_MAX);
    pl_pattern *p = calloc(1, sizeof(*p));
    if (!p)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "pattern: no memory");
    pl_code code = compile(p, text, anchors, err);
    if (code) {
        pl_pattern_free(p);
        return code;
    }
    *out_pattern = p;
    return PL_OK;
}

pl_code pl_pattern_new(pl_str text, pl_pattern **out_pattern, pl_error *err) {
    return make(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED, out_pattern, err);
}

pl_code pl_pattern_new_search(pl_str text, pl_pattern **out_pattern, pl_error *err) {
    return make(text, 0, out_pattern, err);
}

void pl_pattern_free(pl_pattern *pattern) {
    if (!pattern)
        return;
    pcre2_match_context_free(pattern->limits);
    pcre2_code_free(pattern->code);
    free(pattern);
}

pl_code pl_pattern_match(const pl_pattern *pattern, pl_str text, bool *out_matches, pl_error *err) {
    if (text.n > PL_PATTERN_TEXT_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "text of %zu bytes, at most %u are matched",
                            text.n, PL_PATTERN_TEXT_MAX);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "pattern: no memory");
    int rc = pcre2_match(pattern->code, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0, 0, data,
                         pattern->limits);
    pcre2_match_data_free(data);
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH) {
        *out_matches = rc >= 0;
        return PL_OK;
    }
    if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "text is not UTF-8");
    PCRE2_UCHAR message[128] = "";
    pcre2_get_error_message(rc, message, sizeof(message));
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "pattern gave up on a text of %zu bytes: %s",
                        text.n, (const char *)message);
}

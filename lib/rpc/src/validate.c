/* The limits of (parley.limits), one function a kind of value. */
#include <inttypes.h>
#include <string.h>

#include "parley/base/assert.h"
#include "parley/rpc/violations.h"
#include "parley/schema/pattern.h"

/* Bytes of a refused value that a message repeats. */
#define SHOWN_MAX 64

void pl_check_present(pl_violations *list, const char *field, bool present) {
    if (!present)
        pl_violations_add(list, field, "is required");
}

/* The compiled pattern, made on first use. Two threads may compile at once: the
 * first to finish wins. NULL without memory. */
static const pl_pattern *compiled(pl_rpc_pattern *lazy) {
    void *have = __atomic_load_n(&lazy->compiled, __ATOMIC_ACQUIRE);
    pl_pattern *made = NULL;
    pl_code code;

    if (have)
        return have;
    code = pl_pattern_new(pl_str_c(lazy->text), &made, NULL);
    /* The generator compiled the pattern before it wrote it down. */
    PL_ASSERT(code == PL_OK || code == PL_RESOURCE_EXHAUSTED);
    if (code != PL_OK)
        return NULL;
    if (__atomic_compare_exchange_n(&lazy->compiled, &have, made, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return made;
    pl_pattern_free(made);
    return have;
}

static void check_pattern(pl_violations *list, const char *field, pl_str text,
                          pl_rpc_pattern *lazy) {
    const pl_pattern *pattern = compiled(lazy);
    pl_str shown = pl_utf8_cut(text, SHOWN_MAX);
    bool matches = false;

    if (!pattern || pl_pattern_match(pattern, text, &matches, NULL) != PL_OK)
        pl_violations_add(list, field, "could not be matched with \"%s\"", lazy->text);
    else if (!matches)
        pl_violations_add(list, field, "must match \"%s\", got \"%.*s\"", lazy->text,
                          PL_FMT(shown));
}

void pl_check_text(pl_violations *list, const char *field, const char *value,
                   const pl_text_limits *limits) {
    pl_str text = pl_str_c(value);
    size_t length;

    if (limits->required && text.n == 0) {
        pl_violations_add(list, field, "is required");
        return;
    }
    /* A length in characters is asked for only where the one in bytes does not tell. */
    length = limits->min_length || (limits->max_length && text.n > limits->max_length)
                 ? pl_utf8_length(text)
                 : 0;
    if (length < limits->min_length)
        pl_violations_add(list, field, "must have at least %u characters, got %zu",
                          limits->min_length, length);
    else if (limits->max_length && length > limits->max_length)
        pl_violations_add(list, field, "must have at most %u characters, got %zu",
                          limits->max_length, length);
    else if (limits->pattern && text.n)
        check_pattern(list, field, text, limits->pattern);
}

void pl_check_bytes(pl_violations *list, const char *field, size_t size,
                    const pl_text_limits *limits) {
    if (limits->required && size == 0)
        pl_violations_add(list, field, "is required");
    else if (size < limits->min_length)
        pl_violations_add(list, field, "must have at least %u bytes, got %zu", limits->min_length,
                          size);
    else if (limits->max_length && size > limits->max_length)
        pl_violations_add(list, field, "must have at most %u bytes, got %zu", limits->max_length,
                          size);
}

void pl_check_i64(pl_violations *list, const char *field, int64_t value,
                  const pl_number_limits *limits) {
    if (limits->required && value == 0)
        pl_violations_add(list, field, "is required and must not be 0");
    else if (limits->has_min && value < limits->min)
        pl_violations_add(list, field, "must be at least %" PRId64 ", got %" PRId64, limits->min,
                          value);
    else if (limits->has_max && value > limits->max)
        pl_violations_add(list, field, "must be at most %" PRId64 ", got %" PRId64, limits->max,
                          value);
}

void pl_check_u64(pl_violations *list, const char *field, uint64_t value,
                  const pl_number_limits *limits) {
    if (limits->required && value == 0)
        pl_violations_add(list, field, "is required and must not be 0");
    else if (limits->has_min && limits->min > 0 && value < (uint64_t)limits->min)
        pl_violations_add(list, field, "must be at least %" PRId64 ", got %" PRIu64, limits->min,
                          value);
    else if (limits->has_max && (limits->max < 0 || value > (uint64_t)limits->max))
        pl_violations_add(list, field, "must be at most %" PRId64 ", got %" PRIu64, limits->max,
                          value);
}

void pl_check_f64(pl_violations *list, const char *field, double value,
                  const pl_number_limits *limits) {
    if (limits->required && value == 0)
        pl_violations_add(list, field, "is required and must not be 0");
    /* Written so that a NaN keeps no limit. */
    else if (limits->has_min && !(value >= (double)limits->min))
        pl_violations_add(list, field, "must be at least %" PRId64 ", got %g", limits->min, value);
    else if (limits->has_max && !(value <= (double)limits->max))
        pl_violations_add(list, field, "must be at most %" PRId64 ", got %g", limits->max, value);
}

void pl_check_items(pl_violations *list, const char *field, size_t count,
                    const pl_item_limits *limits) {
    if (limits->required && count == 0)
        pl_violations_add(list, field, "is required and must not be empty");
    else if (count < limits->min_items)
        pl_violations_add(list, field, "must have at least %u items, got %zu", limits->min_items,
                          count);
    else if (limits->max_items && count > limits->max_items)
        pl_violations_add(list, field, "must have at most %u items, got %zu", limits->max_items,
                          count);
}

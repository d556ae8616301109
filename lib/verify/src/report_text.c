/* The report for people, and as JSON. */
#include <stdio.h>

#include "parley/json/base64.h"
#include "parley/verify/report.h"

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define AMBER "\033[33m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

/* ---- console --------------------------------------------------------------------------------- */

static const char *color_of(pl_verify_verdict verdict) {
    switch (verdict) {
    case PL_VERIFY_PASSED:
        return GREEN;
    case PL_VERIFY_FAILED:
        return RED;
    case PL_VERIFY_IN_PROGRESS:
        return AMBER;
    default:
        return DIM;
    }
}

static void print_difference(const pl_verify_result *r, const pl_verify_difference *d,
                             pl_buf *out) {
    pl_buf_printf(out, "  %.*s: expected %.*s, got %.*s\n    at %s:%u:%u\n", PL_FMT(d->path),
                  PL_FMT(d->expected), PL_FMT(d->actual), r->contract->file->path.p, d->at.line,
                  d->at.column);
}

bool pl_verify_result_text(const pl_verify_result *r, bool color, pl_buf *out) {
    const pl_contract *c = r->contract;

    pl_buf_printf(out, "%s%s%s: %s: %s  (%s:%u)\n", color ? color_of(r->verdict) : "",
                  pl_verify_verdict_name(r->verdict), color ? PLAIN : "", c->file->consumer.p,
                  c->name.p, c->file->path.p, c->at.line);
    if (r->message.n)
        pl_buf_printf(out, "  %.*s\n", PL_FMT(r->message));
    for (size_t i = 0; i < r->difference_count; i++)
        print_difference(r, &r->differences[i], out);
    if (r->difference_total > r->difference_count)
        pl_buf_printf(out, "  and %zu more differences\n",
                      r->difference_total - r->difference_count);
    if (r->note.n)
        pl_buf_printf(out, "  note: %.*s\n", PL_FMT(r->note));
    return !out->failed;
}

/* It was left out with many others: the summary counts them. */
static bool is_left_out(const pl_verify_result *r) {
    return r->verdict == PL_VERIFY_SKIPPED && (pl_str_eqc(r->message, "filtered out") ||
                                               pl_str_starts(r->message, pl_str_c("not tried: ")));
}

bool pl_verify_text(const pl_verify_report *report, bool verbose, bool color, pl_buf *out) {
    for (size_t i = 0; i < report->result_count; i++) {
        const pl_verify_result *r = &report->results[i];
        if (verbose || (r->verdict != PL_VERIFY_PASSED && !is_left_out(r)))
            (void)pl_verify_result_text(r, color, out);
    }
    return !out->failed;
}

bool pl_verify_summary(const pl_verify_report *report, pl_buf *out) {
    pl_buf_printf(out, "%.*s: %zu passed, %zu failed", PL_FMT(report->provider), report->passed,
                  report->failed);
    if (report->in_progress)
        pl_buf_printf(out, ", %zu in progress", report->in_progress);
    if (report->skipped)
        pl_buf_printf(out, ", %zu skipped", report->skipped);
    pl_buf_printf(out, "; %zu %s", report->comparisons,
                  report->comparisons == 1 ? "comparison" : "comparisons");
    if (!report->comparisons)
        pl_buf_puts(out, ": nothing was verified");
    return !out->failed;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void member(pl_buf *out, const char *name, pl_str value) {
    pl_buf_printf(out, "\"%s\":", name);
    pl_buf_json(out, value);
}

static void print_differences(const pl_verify_result *r, bool places, pl_buf *out) {
    pl_buf_puts(out, ",\"differences\":[");
    for (size_t i = 0; i < r->difference_count; i++) {
        const pl_verify_difference *d = &r->differences[i];
        pl_buf_puts(out, i ? ",{" : "{");
        member(out, "path", d->path);
        pl_buf_putc(out, ',');
        member(out, "expected", d->expected);
        pl_buf_putc(out, ',');
        member(out, "actual", d->actual);
        if (places)
            pl_buf_printf(out, ",\"line\":%u,\"column\":%u", d->at.line, d->at.column);
        pl_buf_putc(out, '}');
    }
    pl_buf_putc(out, ']');
}

static void print_contract(const pl_verify_result *r, pl_buf *out) {
    const pl_contract *c = r->contract;

    member(out, "name", c->name);
    pl_buf_putc(out, ',');
    member(out, "consumer", c->file->consumer);
    pl_buf_putc(out, ',');
    member(out, "file", c->file->path);
    pl_buf_printf(out, ",\"line\":%u", c->at.line);
}

static void print_result(const pl_verify_result *r, pl_buf *out) {
    static const char *const verdicts[] = {"", "passed", "failed", "skipped", "in_progress"};

    pl_buf_putc(out, '{');
    print_contract(r, out);
    pl_buf_printf(out, ",\"verdict\":\"%s\",\"comparisons\":%zu,\"ms\":%lld", verdicts[r->verdict],
                  r->comparisons, (long long)(r->took_us / 1000));
    print_differences(r, true, out);
    if (r->message.n) {
        pl_buf_putc(out, ',');
        member(out, "message", r->message);
    }
    if (r->note.n) {
        pl_buf_putc(out, ',');
        member(out, "note", r->note);
    }
    pl_buf_putc(out, '}');
}

bool pl_verify_json(const pl_verify_report *report, pl_buf *out) {
    pl_buf_putc(out, '{');
    member(out, "provider", report->provider);
    pl_buf_printf(out, ",\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"in_progress\":%zu",
                  report->passed, report->failed, report->skipped, report->in_progress);
    pl_buf_printf(out, ",\"comparisons\":%zu,\"contracts\":[", report->comparisons);
    for (size_t i = 0; i < report->result_count; i++) {
        pl_buf_puts(out, i ? "," : "");
        print_result(&report->results[i], out);
    }
    pl_buf_putc(out, ']');
    if (report->message.n) {
        pl_buf_putc(out, ',');
        member(out, "message", report->message);
    }
    pl_buf_puts(out, "}\n");
    return !out->failed;
}

/* ---- parley.contract.v1.VerificationReport --------------------------------------------------- */

static void print_proto_result(const pl_verify_result *r, pl_buf *out) {
    static const char *const verdicts[] = {"VERDICT_UNSPECIFIED", "VERDICT_PASSED",
                                           "VERDICT_FAILED", "VERDICT_SKIPPED",
                                           "VERDICT_IN_PROGRESS"};

    pl_buf_putc(out, '{');
    print_contract(r, out);
    pl_buf_printf(out, ",\"verdict\":\"%s\"", verdicts[r->verdict]);
    print_differences(r, false, out);
    if (r->message.n) {
        pl_buf_putc(out, ',');
        member(out, "message", r->message);
    }
    pl_buf_putc(out, '}');
}

bool pl_verify_proto_json(const pl_verify_report *report, pl_buf *out) {
    pl_buf_puts(out, "{\"hash\":\"");
    (void)pl_base64_encode(pl_str_make((const char *)report->hash, sizeof report->hash), out);
    pl_buf_puts(out, "\",");
    member(out, "provider", report->provider);
    pl_buf_putc(out, ',');
    member(out, "version", report->version);
    pl_buf_printf(out, ",\"timeMs\":\"%lld\",\"comparisons\":\"%zu\",\"contracts\":[",
                  (long long)report->time_ms, report->comparisons);
    for (size_t i = 0; i < report->result_count; i++) {
        pl_buf_puts(out, i ? ",\n" : "\n");
        print_proto_result(&report->results[i], out);
    }
    pl_buf_puts(out, "]}\n");
    return !out->failed;
}

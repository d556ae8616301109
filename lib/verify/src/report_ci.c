/* The report for CI systems: JUnit, SARIF, Markdown, annotations of GitHub. */
#include <stdio.h>
#include <string.h>

#include "parley/http/parser.h"
#include "parley/verify/report.h"

/* ---- rows: what is wrong, one place each ----------------------------------------------------- */

/* A difference, or a contract that failed otherwise. */
typedef struct row {
    const pl_verify_result *result;
    const pl_verify_difference *difference; /* NULL: the message of the result */
    pl_contract_at at;
} row;

static bool is_told(const pl_verify_result *r) {
    return r->verdict == PL_VERIFY_FAILED || r->verdict == PL_VERIFY_IN_PROGRESS;
}

static size_t rows_of(const pl_verify_result *r) {
    return is_told(r) ? r->difference_count + (r->message.n > 0) : 0;
}

static row row_at(const pl_verify_result *r, size_t index) {
    row one = {.result = r, .at = r->contract->at};

    if (index < r->difference_count) {
        one.difference = &r->differences[index];
        one.at = one.difference->at;
    }
    return one;
}

/* "a product on sale: response.name: expected 'TV', got ''" */
static void print_text(const row *one, pl_buf *out) {
    pl_buf_printf(out, "%s: ", one->result->contract->name.p);
    if (one->difference)
        pl_buf_printf(out, "%.*s: expected %.*s, got %.*s", PL_FMT(one->difference->path),
                      PL_FMT(one->difference->expected), PL_FMT(one->difference->actual));
    else
        pl_buf_str(out, one->result->message);
}

static const char *rule_of(const row *one) {
    return one->difference ? "CONTRACT_NOT_KEPT" : "CONTRACT_NOT_ANSWERED";
}

/* ---- JUnit ----------------------------------------------------------------------------------- */

/* XML 1.0 has no control characters, whatever escapes it. */
static void print_xml(pl_str text, pl_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        switch (c) {
        case '&':
            pl_buf_puts(out, "&amp;");
            break;
        case '<':
            pl_buf_puts(out, "&lt;");
            break;
        case '>':
            pl_buf_puts(out, "&gt;");
            break;
        case '"':
            pl_buf_puts(out, "&quot;");
            break;
        case '\n':
            pl_buf_puts(out, "&#10;");
            break;
        default:
            pl_buf_putc(out, c < ' ' && c != '\t' ? '?' : (char)c);
        }
    }
}

/* What lists of tests show without a click. */
static void print_difference(const pl_verify_difference *d, pl_buf *out) {
    print_xml(d->path, out);
    pl_buf_puts(out, ": expected ");
    print_xml(d->expected, out);
    pl_buf_puts(out, ", got ");
    print_xml(d->actual, out);
}

static void print_failure(const pl_verify_result *r, pl_buf *out) {
    pl_buf text = pl_buf_make(1 << 20);
    bool counts = r->verdict == PL_VERIFY_FAILED;

    (void)pl_verify_result_text(r, false, &text);
    pl_buf_puts(out, counts ? "<failure message=\"" : "<skipped message=\"in progress: ");
    if (r->message.n || !r->difference_count)
        print_xml(r->message, out);
    else
        print_difference(&r->differences[0], out);
    pl_buf_puts(out, counts ? "\">" : "\"/><system-out>");
    print_xml(pl_buf_view(&text), out);
    pl_buf_puts(out, counts ? "</failure>" : "</system-out>");
    pl_buf_done(&text);
}

static void print_case(const pl_verify_result *r, pl_buf *out) {
    const pl_contract *c = r->contract;

    pl_buf_puts(out, "<testcase classname=\"");
    print_xml(c->file->provider, out);
    pl_buf_putc(out, '.');
    print_xml(c->file->consumer, out);
    pl_buf_puts(out, "\" name=\"");
    print_xml(c->name, out);
    pl_buf_puts(out, "\" file=\"");
    print_xml(c->file->path, out);
    pl_buf_printf(out, "\" line=\"%u\" time=\"%.6f\">", c->at.line, (double)r->took_us / 1e6);
    if (is_told(r)) {
        print_failure(r, out);
    } else if (r->verdict == PL_VERIFY_SKIPPED) {
        pl_buf_puts(out, "<skipped message=\"");
        print_xml(r->message, out);
        pl_buf_puts(out, "\"/>");
    }
    pl_buf_puts(out, "</testcase>\n");
}

bool pl_verify_junit(const pl_verify_report *report, pl_buf *out) {
    pl_buf_puts(out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"");
    print_xml(report->provider, out);
    pl_buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\">\n",
                  report->result_count + !report->comparisons, report->failed,
                  report->comparisons ? 0 : 1, report->skipped + report->in_progress);
    for (size_t i = 0; i < report->result_count; i++)
        print_case(&report->results[i], out);
    if (!report->comparisons) {
        pl_buf_puts(out, "<testcase classname=\"");
        print_xml(report->provider, out);
        pl_buf_puts(out, "\" name=\"something is verified\"><error message=\"nothing was "
                         "verified\"/></testcase>\n");
    }
    pl_buf_puts(out, "</testsuite>\n</testsuites>\n");
    return !out->failed;
}

/* ---- SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/ ------------------------------
 */

static void print_sarif(const row *one, pl_buf *out) {
    pl_buf text = pl_buf_make(1 << 16);
    const char *level = one->result->verdict == PL_VERIFY_FAILED ? "error" : "note";

    print_text(one, &text);
    pl_buf_printf(out, "{\"ruleId\":\"%s\",\"level\":\"%s\",\"message\":{\"text\":", rule_of(one),
                  level);
    pl_buf_json(out, pl_buf_view(&text));
    pl_buf_puts(out, "},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"");
    pl_http_percent_encode_path(one->result->contract->file->path, out);
    pl_buf_printf(out, "\"},\"region\":{\"startLine\":%u,\"startColumn\":%u}}}]}",
                  one->at.line ? one->at.line : 1, one->at.column ? one->at.column : 1);
    pl_buf_done(&text);
}

bool pl_verify_sarif(const pl_verify_report *report, pl_buf *out) {
    bool first = true;

    pl_buf_puts(out,
                "{\"version\":"
                "\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"parley verify\",\"rules\":["
                "{\"id\":\"CONTRACT_NOT_KEPT\",\"shortDescription\":{\"text\":\"The provider does "
                "not do what a contract says\"}},{\"id\":\"CONTRACT_NOT_ANSWERED\","
                "\"shortDescription\":{\"text\":\"The provider could not be asked, or did not "
                "answer\"}}]}},\"results\":[");
    for (size_t i = 0; i < report->result_count; i++) {
        for (size_t k = 0; k < rows_of(&report->results[i]); k++) {
            row one = row_at(&report->results[i], k);
            pl_buf_puts(out, first ? "" : ",");
            print_sarif(&one, out);
            first = false;
        }
    }
    pl_buf_puts(out, "]}]}\n");
    return !out->failed;
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/* A cell of a table: what would end it, or be taken for markup, is escaped. */
static void print_cell(pl_str text, pl_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        if (strchr("|\\`*_<[", text.p[i]))
            pl_buf_putc(out, '\\');
        pl_buf_putc(out, text.p[i] == '\n' ? ' ' : text.p[i]);
    }
}

static void print_markdown(const row *one, pl_buf *out) {
    const pl_contract *c = one->result->contract;

    pl_buf_printf(out, "| %s | ", pl_verify_verdict_name(one->result->verdict));
    print_cell(c->file->consumer, out);
    pl_buf_puts(out, " | ");
    print_cell(c->name, out);
    pl_buf_puts(out, " | ");
    if (one->difference) {
        print_cell(one->difference->path, out);
        pl_buf_puts(out, " | ");
        print_cell(one->difference->expected, out);
        pl_buf_puts(out, " | ");
        print_cell(one->difference->actual, out);
    } else {
        pl_buf_puts(out, " | | ");
        print_cell(one->result->message, out);
    }
    pl_buf_puts(out, " | ");
    print_cell(c->file->path, out);
    pl_buf_printf(out, ":%u |\n", one->at.line);
}

bool pl_verify_markdown(const pl_verify_report *report, pl_buf *out) {
    bool first = true;

    pl_buf_puts(out, pl_verify_passed(report) ? "**Passed.** " : "**Failed.** ");
    (void)pl_verify_summary(report, out);
    pl_buf_putc(out, '\n');
    for (size_t i = 0; i < report->result_count; i++) {
        for (size_t k = 0; k < rows_of(&report->results[i]); k++) {
            row one = row_at(&report->results[i], k);
            if (first)
                pl_buf_puts(out, "\n| | consumer | contract | field | expected | got | where |\n"
                                 "|---|---|---|---|---|---|---|\n");
            print_markdown(&one, out);
            first = false;
        }
    }
    return !out->failed;
}

/* ---- GitHub ---------------------------------------------------------------------------------- */

/* As workflow commands want it; PROPERTY: also what ends one. */
static void print_command(pl_str text, bool property, pl_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            pl_buf_printf(out, "%%%02X", (unsigned)c);
        else
            pl_buf_putc(out, c);
    }
}

bool pl_verify_github(const pl_verify_report *report, pl_buf *out) {
    pl_buf text = pl_buf_make(1 << 16);

    for (size_t i = 0; i < report->result_count; i++) {
        const pl_verify_result *r = &report->results[i];
        for (size_t k = 0; k < rows_of(r); k++) {
            row one = row_at(r, k);
            pl_buf_clear(&text);
            print_text(&one, &text);
            pl_buf_puts(out, r->verdict == PL_VERIFY_FAILED ? "::error file=" : "::warning file=");
            print_command(r->contract->file->path, true, out);
            pl_buf_printf(out, ",line=%u,col=%u,title=", one.at.line, one.at.column);
            print_command(r->contract->file->consumer, true, out);
            pl_buf_puts(out, "::");
            print_command(pl_buf_view(&text), false, out);
            pl_buf_putc(out, '\n');
        }
    }
    if (!report->comparisons)
        pl_buf_printf(out, "::error::%s: nothing was verified\n", report->provider.p);
    pl_buf_done(&text);
    return !out->failed;
}

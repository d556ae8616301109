#include "fixture_report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/contract/bundle.h"
#include "parley/verify/report.h"

enum { REPORT_MAX = 16 << 20 };

pl_code fixture_report_add(fixture_report *r, const pl_verify_result *result, pl_error *err) {
    pl_verify_report *report = &r->report;
    pl_verify_result *results = realloc(r->results, (report->result_count + 1) * sizeof *results);

    if (!results)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the report");
    results[report->result_count++] = *result;
    r->results = results;
    report->results = results;
    report->comparisons += result->comparisons;
    return PL_OK;
}

static pl_code write_file(const char *path, pl_str text, pl_error *err) {
    FILE *file = fopen(path, "wbe");

    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    bool written = fwrite(text.p, 1, text.n, file) == text.n;
    return (fclose(file) == 0) & written ? PL_OK : pl_error_errno(err, errno, "%s", path);
}

pl_code fixture_report_write(fixture_report *r, const pl_contract_set *set, const char *provider,
                             pl_error *err) {
    const char *folder = getenv("PARLEY_REPORTS"), *version = getenv("PARLEY_PROVIDER_VERSION");
    pl_buf text = pl_buf_make(REPORT_MAX);
    char path[PATH_MAX];

    if (!folder || !*folder || !r->report.result_count)
        return PL_OK;
    (void)snprintf(path, sizeof path, "%s/%s.verified.json", folder, provider);
    r->report.provider = pl_str_c(provider);
    r->report.version = pl_str_c(version ? version : "");
    r->report.time_ms = pl_time_us() / 1000;
    pl_code code = pl_contract_set_hash(set, r->report.hash, err);
    if (code == PL_OK && !pl_verify_proto_json(&r->report, &text))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d bytes", path, REPORT_MAX);
    if (code == PL_OK)
        code = write_file(path, pl_buf_view(&text), err);
    pl_buf_done(&text);
    return code;
}

void fixture_report_done(fixture_report *r) {
    free(r->results);
}

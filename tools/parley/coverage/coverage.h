/* `parley coverage`: what providers have, and which consumers use it. */
#ifndef PARLEY_TOOL_COVERAGE_H
#define PARLEY_TOOL_COVERAGE_H

#include "common/contracts.h"
#include "parley/breaking/coverage.h"

/* Providers of one workspace. */
#define PROVIDERS_MAX 1000

typedef struct provider {
    pl_str package;
    pl_coverage coverage;
    bool contracts; /* somebody has one with it */
} provider;

typedef struct report {
    provider list[PROVIDERS_MAX]; /* by package */
    size_t count;
    pl_arena arena;
} report;

/* Every package of the workspace's own protos that has an RPC or an event. */
PL_NODISCARD pl_code report_load(report *r, const contracts *c, pl_error *err);
void report_done(report *r);

/* Percent, rounded down, so that 100 means all. */
unsigned coverage_percent(const pl_coverage *coverage);
/* FIELD is called NAME: "product_name", "productName", "ProductChanged.product_name" or whole. */
bool coverage_is_field(const pl_field *field, const char *name);

/* ---- print.c; ONE: one provider, or NULL: all that have contracts, and the names of the others --
 */

void report_text(const report *r, const provider *one, pl_buf *out);
void report_json(const report *r, const provider *one, pl_buf *out);
/* Who uses the fields called NAME; false where there is none, with nothing written. */
bool report_field(const report *r, const provider *one, const char *name, bool json, pl_buf *out);

#endif

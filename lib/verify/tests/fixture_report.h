/* What the tests of a fixture have verified, kept for who publishes: PROVIDER.verified.json, as
 * `parley verify --report` writes it, in the folder that PARLEY_REPORTS names. The provider's
 * version is PARLEY_PROVIDER_VERSION. The test's thread only. */
#ifndef PARLEY_VERIFY_FIXTURE_REPORT_H
#define PARLEY_VERIFY_FIXTURE_REPORT_H

#include "parley/verify/verify.h"

typedef struct fixture_report {
    pl_verify_result *results;
    pl_verify_report report;
} fixture_report;

/* The result is borrowed, from a verifier that outlives the report. PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code fixture_report_add(fixture_report *report, const pl_verify_result *result,
                                        pl_error *err);
/* Writes the file, where there is PARLEY_REPORTS and something was verified. SET is what was. */
PL_NODISCARD pl_code fixture_report_write(fixture_report *report, const pl_contract_set *set,
                                          const char *provider, pl_error *err);
void fixture_report_done(fixture_report *report);

#endif

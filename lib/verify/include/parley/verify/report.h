/* What a verification found, for people and for programs.
 *
 * Every writer appends to OUT and returns false where OUT is full; the report is not changed.
 *
 *     pl_verify_text(report, false, color, &out);
 *     pl_verify_junit(report, &out);
 *
 * No state: any thread.
 */
#ifndef PARLEY_VERIFY_REPORT_H
#define PARLEY_VERIFY_REPORT_H

#include "parley/verify/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Console: a line a contract, below it every difference by field path with the place of the
 * contract; VERBOSE: also what passed. COLOR: for a terminal. */
bool pl_verify_text(const pl_verify_report *report, bool verbose, bool color, pl_buf *out);
/* One contract of it, the same way: what a test prints when it fails. */
bool pl_verify_result_text(const pl_verify_result *result, bool color, pl_buf *out);
/* "12 passed, 1 failed, 340 comparisons", or why nothing was verified; without an end of line. */
bool pl_verify_summary(const pl_verify_report *report, pl_buf *out);

/* {"provider","passed","failed","skipped","comparisons","contracts":[{"name","consumer","file",
 * "line","verdict","differences":[{"path","expected","actual"}]}]} and more; one line. */
bool pl_verify_json(const pl_verify_report *report, pl_buf *out);
/* ProtoJSON of parley.contract.v1.VerificationReport: what a stub reads. */
bool pl_verify_proto_json(const pl_verify_report *report, pl_buf *out);
/* JUnit XML: a case a contract, in one suite; nothing verified is an error of its own. */
bool pl_verify_junit(const pl_verify_report *report, pl_buf *out);
/* SARIF 2.1.0: a result a difference, at its place in the contract. */
bool pl_verify_sarif(const pl_verify_report *report, pl_buf *out);
/* Markdown, for a pull request. */
bool pl_verify_markdown(const pl_verify_report *report, pl_buf *out);
/* Workflow commands of GitHub: ::error file=...,line=...::... */
bool pl_verify_github(const pl_verify_report *report, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif

/* parley verify: its parts. */
#ifndef PARLEY_VERIFY_VERB_H
#define PARLEY_VERIFY_VERB_H

#include "common/contracts.h"
#include "parley/verify/report.h"
#include "verify/local.h"

/* Bytes of one report. */
#define VERIFY_OUTPUT_MAX (256u << 20)

/* Files that are written; the option of each is its name. */
enum { VERIFY_JUNIT, VERIFY_SARIF, VERIFY_MARKDOWN, VERIFY_REPORT, VERIFY_FILES };

typedef struct verify_line {
    tool_args args;
    const char *provider; /* a package or a bundle */
    const char *system;   /* that runs here and has it; NULL: any */
    local local;          /* found there, where no target was given */
    pl_verify_opts opts;
    pl_tls_opts tls;
    const char *files[VERIFY_FILES]; /* NULL: not wanted */
    bool last_failed;
    bool github;
    bool misused; /* what the line says is there no provider, consumer or system of */
} verify_line;

/* ---- output.c ---- */

/* Writes the files of LINE, each that can be. What the system says of the first that cannot. */
PL_NODISCARD pl_code verify_write_files(const verify_line *line, const pl_verify_report *report,
                                        pl_error *err);

typedef struct verify_progress {
    bool shown;
} verify_progress;

/* Shows on stderr which contract is tried; false after Ctrl-C. SELF is a verify_progress. */
pl_verify_progress_fn verify_progressed;
/* Takes the line away again. */
void verify_progress_end(const verify_progress *progress);
/* From here on Ctrl-C and SIGTERM end the run after the contract at hand, what was set up taken
 * back; a second one ends the process. */
void verify_watch_interrupt(void);

bool verify_interrupted(void);

/* ---- names.c: what the line says, against what there is; an error says what was meant ---- */

/* PACKAGE has no contracts: PL_OK where it is one of the protos all the same. */
PL_NODISCARD pl_code verify_check_package(contracts *c, const char *package, pl_error *err);
/* Some contract with PACKAGE is of CONSUMER (NULL: all are wanted). */
PL_NODISCARD pl_code verify_check_consumer(const contracts *c, const char *package,
                                           const char *consumer, pl_error *err);

/* ---- failed.c: what failed last, in the workspace's .parley/ ---- */

typedef struct failed_line {
    pl_str consumer, name;
} failed_line;

typedef struct failed_list {
    pl_arena *arena;
    failed_line *lines; /* sorted */
    size_t count;
} failed_list;

/* PL_OK and nothing where there is no file. */
PL_NODISCARD pl_code failed_read(const workspace *space, const char *provider, failed_list *out,
                                 pl_error *err);
/* SELF is a failed_list. */
pl_verify_wanted_fn failed_has;
/* Notes what has failed; what was not tried stays as it was. Nothing without a workspace. */
PL_NODISCARD pl_code failed_write(const workspace *space, const pl_verify_report *report,
                                  pl_error *err);

#endif

/* Files that are written, progress, and Ctrl-C. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/whole_file.h"
#include "verify/verb.h"

static volatile sig_atomic_t interrupted;

/* ---- files ----------------------------------------------------------------------------------- */

pl_code verify_write_files(const verify_line *line, const pl_verify_report *report, pl_error *err) {
    static bool (*const writers[VERIFY_FILES])(const pl_verify_report *, pl_buf *) = {
        [VERIFY_JUNIT] = pl_verify_junit,
        [VERIFY_SARIF] = pl_verify_sarif,
        [VERIFY_MARKDOWN] = pl_verify_markdown,
        [VERIFY_REPORT] = pl_verify_proto_json,
    };
    pl_code code = PL_OK;

    for (size_t i = 0; i < VERIFY_FILES; i++) {
        pl_error *first = code == PL_OK ? err : NULL;
        pl_buf text = pl_buf_make(VERIFY_OUTPUT_MAX);
        pl_code one = PL_OK;
        if (line->files[i] && !writers[i](report, &text))
            one = pl_error_set(first, PL_RESOURCE_EXHAUSTED, "%s: more than %u bytes",
                               line->files[i], VERIFY_OUTPUT_MAX);
        else if (line->files[i])
            one = whole_file_write(line->files[i], pl_buf_view(&text), first);
        code = code == PL_OK ? one : code;
        pl_buf_done(&text);
    }
    return code;
}

/* ---- progress -------------------------------------------------------------------------------- */

bool verify_progressed(void *self, const pl_contract *contract, size_t index, size_t count) {
    const verify_progress *progress = self;

    if (progress->shown)
        (void)fprintf(stderr, "\r\033[K%zu/%zu %.60s", index + 1, count, contract->name.p);
    return !interrupted;
}

void verify_progress_end(const verify_progress *progress) {
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
}

/* ---- Ctrl-C ---------------------------------------------------------------------------------- */

static void on_interrupt(int signo) {
    (void)signo;
    if (interrupted)
        _exit(TOOL_EXIT_INTERRUPTED);
    interrupted = 1;
}

bool verify_interrupted(void) {
    return interrupted;
}

void verify_watch_interrupt(void) {
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL); /* what a CI sends to a job that is cancelled */
}

/* What is wrong with the .proto files: collected, so that one run tells everything, and
 * told as compilers do: "file:line:col: what is wrong; what to do". */
#ifndef PL_GEN_REPORT_H
#define PL_GEN_REPORT_H

#include "model.h"

/* Errors told; more are only counted. */
#define PL_GEN_ERRORS_MAX 100

typedef struct pl_gen_fault {
    const char *file;
    int line, col;
    const char *text;
    size_t order; /* of being found, to keep equal places in order */
} pl_gen_fault;

typedef struct pl_gen_report {
    pl_arena *arena;
    pl_gen_fault faults[PL_GEN_ERRORS_MAX];
    size_t kept;
    size_t count;
    bool failed; /* no memory for a text */
} pl_gen_report;

/* One error at PLACE. */
void pl_gen_fault_add(pl_gen_report *report, const pl_gen_place *place, const char *format, ...)
    PL_PRINTF(3, 4);

/* All of them, in the order of the files' lines, one a line; NULL without memory. */
const char *pl_gen_report_text(pl_gen_report *report);

#endif

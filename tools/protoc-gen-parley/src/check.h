/* The rules a .proto must keep before code is made of it. Every breach is reported,
 * with its place and the way out. */
#ifndef PL_GEN_CHECK_H
#define PL_GEN_CHECK_H

#include "emit.h"
#include "report.h"

/* Everything about FILE, as far as MODE uses it. */
void pl_check_file(pl_gen_report *report, const pl_gen *gen, const pl_gen_file *file,
                   pl_gen_mode mode);

/* Its parts. */
void pl_check_names(pl_gen_report *report, const pl_gen *gen, const pl_gen_file *file,
                    pl_gen_mode mode);
void pl_check_limits(pl_gen_report *report, const pl_gen_file *file);
void pl_check_methods(pl_gen_report *report, const pl_gen_file *file);
void pl_check_rest(pl_gen_report *report, const pl_gen_file *file);
void pl_check_events(pl_gen_report *report, const pl_gen_file *file);

#endif

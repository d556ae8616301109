#include "check.h"

void pl_check_file(pl_gen_report *report, const pl_gen *gen, const pl_gen_file *file,
                   pl_gen_mode mode) {
    (void)report; (void)gen; (void)file; (void)mode;
}

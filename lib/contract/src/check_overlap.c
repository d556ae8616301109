#include "compiler.h"

pl_code check_overlaps(compiler *c, const pl_contract_source *sources, size_t count,
                       pl_error *err) {
    (void)c;
    (void)sources;
    (void)count;
    (void)err;
    return PL_OK;
}

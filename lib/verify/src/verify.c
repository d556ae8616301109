#include "parley/verify/verify.h"

pl_code pl_verify(const pl_contract_set *set, const char *provider, const pl_verify_opts *opts,
                  pl_verify_report **out_report, pl_error *err) {
    (void)set;
    (void)opts;
    (void)out_report;
    return pl_error_set(err, PL_UNIMPLEMENTED, "%s: not verified yet", provider);
}

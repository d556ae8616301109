/* A stub and what it answers from. */
#ifndef PARLEY_STUB_VERB_PROVIDER_H
#define PARLEY_STUB_VERB_PROVIDER_H

#include "stub/stub.h"

typedef struct stub_provider stub_provider;
struct stub_provider {
    contracts contracts;
    pl_stub *stub; /* NULL until it is made */
    stub_provider *older;
};

/* The contracts that LINE names; what is wrong with them is in their findings. */
PL_NODISCARD pl_code stub_provider_load(const stub_line *line, stub_provider **out_provider,
                                        pl_error *err);
/* Makes its stub, with the reports of verifications that there are: PROVIDER.verified.json beside a
 * bundle, and --verified. */
PL_NODISCARD pl_code stub_provider_make(stub_provider *provider, const stub_line *line,
                                        pl_error *err);
/* NULL is allowed. */
void stub_provider_free(stub_provider *provider);

#endif

/* Whether what services say they serve exists: a name that is wrong would leave the gateway without
 * an address for its routes, and each of them UNAVAILABLE. */
#ifndef PARLEY_UP_SERVES_H
#define PARLEY_UP_SERVES_H

#include "common/system.h"

/* Checks `serves:` of MODEL against the descriptor set that its gateway reads: DESCRIPTORS of its
 * settings, below ROOT or BUILD. PL_INVALID_ARGUMENT with file:line:col of the first name that is
 * no service there; PL_OK too where there is no gateway, or no set yet: the gateway tells that. */
PL_NODISCARD pl_code serves_check(const system_model *model, const char *root, pl_str build,
                                  pl_error *err);

#endif

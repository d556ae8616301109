/* Every rule of the check in words: what stands in the brackets of its findings. */
#ifndef PARLEY_CONTRACT_RULES_H
#define PARLEY_CONTRACT_RULES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_contract_rule {
    const char *name; /* "FIELD_UNKNOWN" */
    const char *says; /* what it asks for */
} pl_contract_rule;

extern const pl_contract_rule pl_contract_rules[];
extern const size_t pl_contract_rule_count;

/* NULL: there is none of this name. */
const pl_contract_rule *pl_contract_rule_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif

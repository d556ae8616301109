/* Rules of the verbs that are neither the break gate's (parley/breaking/diff.h) nor the check's
 * (parley/contract/rules.h), in words. */
#ifndef PARLEY_EXPLAIN_RULES_H
#define PARLEY_EXPLAIN_RULES_H

#include <stddef.h>

/* A rule of the verb that prints it. Rules of one verb stand together. */
typedef struct explain_rule {
    const char *verb; /* "parley import scc" */
    const char *name; /* "NOT_CARRIED" */
    const char *says;
} explain_rule;

extern const explain_rule explain_rules[];
extern const size_t explain_rule_count;

/* NULL: there is none of this name. */
const explain_rule *explain_rule_find(const char *name);

#endif

/* Whether a provider would refuse a request after a limit became stricter. */
#ifndef PL_BREAKING_REFUSE_H
#define PL_BREAKING_REFUSE_H

#include "parley/breaking/diff.h"
#include "parley/contract/matcher.h"

/* A request of TYPE that M describes may be refused because of the changed field's new limits. What
 * a matcher leaves open counts as refused: the consumer may send it. */
bool refused_by_change(const pl_matcher *m, const pl_message_type *type, const pl_change *change);

#endif

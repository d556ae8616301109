/* Matchers compared: which of two admits more. */
#ifndef PL_BREAKING_WEAKER_H
#define PL_BREAKING_WEAKER_H

#include "parley/contract/matcher.h"

/* B admits something that A refuses, or they cannot be compared. FIELD is what they match; NULL: a
 * message as a whole. */
bool weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field);

#endif

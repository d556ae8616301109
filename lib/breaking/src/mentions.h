/* Inside the library: what a matcher says of values. */
#ifndef PL_BREAKING_MENTIONS_H
#define PL_BREAKING_MENTIONS_H

#include "parley/contract/matcher.h"

/* MATCHER, of an enum's field, sends or accepts the value NUMBER by name or number. */
bool mentions_number(const pl_matcher *matcher, int32_t number);
/* It accepts some values alone. */
bool mentions_some(const pl_matcher *matcher);
/* Values that it does not name would do as well: who sends by it may send any. */
bool mentions_any(const pl_matcher *matcher);
/* MATCHER, of the paths of a FieldMask, has NAME in one of them. */
bool mentions_in_path(const pl_matcher *matcher, pl_str name);

#endif

/* Inside the library: which messages are parts of which. */
#ifndef PL_BREAKING_REACH_H
#define PL_BREAKING_REACH_H

#include "parley/schema/pool.h"

/* A message of type FROM can have one named FULL_NAME in it, at any depth, or is one. Of more than
 * PL_REACH_MAX types it can. */
#define PL_REACH_MAX 1024u
bool reaches(const pl_message_type *from, pl_str full_name);

#endif

/* Inside the library: which messages are parts of which, and which files import which. */
#ifndef PL_BREAKING_REACH_H
#define PL_BREAKING_REACH_H

#include "parley/schema/pool.h"

/* Types, or files, that one question looks at; where there are more, the answer is yes. */
#define PL_REACH_MAX 1024u
/* A message of type FROM can have one named FULL_NAME in it, at any depth, or is one. */
bool reaches(const pl_message_type *from, pl_str full_name);
/* A file of PACKAGE is the one called NAME, or imports it, by others or itself. */
bool imports(const pl_pool *pool, pl_str package, pl_str name);

#endif

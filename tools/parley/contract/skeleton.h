/* A contract as a beginning: text that checks clean, to be made one's own. */
#ifndef PARLEY_CONTRACT_SKELETON_H
#define PARLEY_CONTRACT_SKELETON_H

#include "parley/schema/pool.h"

/* Appends a contract on METHOD: what it must be sent, and every field of its answer by type. */
void skeleton_call(const pl_method_type *method, const char *name, pl_buf *out);
/* Appends a contract on an event. */
void skeleton_event(const pl_message_type *event, const char *name, pl_buf *out);
/* Appends a text that LIMITS (NULL: none) let in. */
void skeleton_text(const pl_limits_options *limits, pl_buf *out);
/* "GetProduct" as "get product", or with '_' for spaces. */
void skeleton_words(pl_str name, char space, pl_buf *out);

#endif

/* Where a setting that a service refuses was written: a service knows its flags only. */
#ifndef PARLEY_UP_ORIGIN_H
#define PARLEY_UP_ORIGIN_H

#include "common/system.h"
#include "parley/base/str.h"

/* Appends to TEXT, the last lines of PROCESS ("orders" or "orders-1"), a line for each setting of
 * its service in MODEL that they blame: its key, and the file and line it is from. */
void origin_tell(const system_model *model, const char *process, pl_buf *text);

#endif

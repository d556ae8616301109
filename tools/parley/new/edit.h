/* Two files that grow with each service, changed where it belongs and nowhere else: comments, order
 * and layout of what is there stay. */
#ifndef PARLEY_NEW_EDIT_H
#define PARLEY_NEW_EDIT_H

#include "parley/base/error.h"
#include "parley/base/str.h"

/* TEXT of a system.yaml, from FILE for messages, with ENTRY, whose lines begin at column 1,
 * as last of its services. PL_INVALID_ARGUMENT: malformed; PL_FAILED_PRECONDITION: written in a
 * way that has no place for it. */
PL_NODISCARD pl_code edit_services(pl_str text, const char *file, pl_str entry, pl_buf *out,
                                   pl_error *err);

/* TEXT of a CMakeLists.txt with SERVICE as last argument of pl_system(...). As above. */
PL_NODISCARD pl_code edit_pl_system(pl_str text, const char *file, const char *service, pl_buf *out,
                                    pl_error *err);

#endif

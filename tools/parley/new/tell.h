/* What parley new says at the end, on stdout. */
#ifndef PARLEY_NEW_TELL_H
#define PARLEY_NEW_TELL_H

#include "common/args.h"
#include "common/workspace.h"
#include "new/make.h"

/* The files made and changed, as text or JSON. FROM: what was kept; NULL: nothing was there before.
 */
void tell_files(const tool_args *args, const plan *p, const first_protos *from, bool dry_run);

/* What comes next. FRESH: the folder has become a workspace, and a CMakeLists.txt that was there
 * was left alone; one that was a workspace before may have become one that is built. */
void tell_next_of_system(const workspace *space, const plan *p, const char *name, bool fresh);

/* The same of a service. A repository of its own is built with CMake, this one by ./dev. */
void tell_next_of_service(const workspace *space, const wanted_service *wanted,
                          const made_service *made);

#endif

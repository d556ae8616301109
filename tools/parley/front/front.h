/* Where the front's other half is. */
#ifndef PARLEY_FRONT_H
#define PARLEY_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/commands.h"

/* The path of libexec/parley/NAME beside the folder of this program; false where it
 * cannot be told. */
bool front_libexec(const char *name, char *out, size_t size);

/* COMMAND is in this installation; true where that cannot be told. */
bool front_has(const tool_command *command);

#endif

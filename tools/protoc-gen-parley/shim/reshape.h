/* Makes files palatable for protoc-gen-c.
 *
 * protoc-gen-c refuses proto3 `optional`, emits a service layer of its own,
 * includes a header for every import, and gives strings as `char *`. So before it
 * sees a file: optional becomes the one-field oneof it is anyway, services and
 * extensions go, imports that give no type to the file go, and strings become
 * `const char *`.
 */
#ifndef PL_GEN_RESHAPE_H
#define PL_GEN_RESHAPE_H

#include "plugin.h"

/* Changes every file of REQUEST in place. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_reshape(pl_plugin_request *request, pl_arena *arena, pl_error *err);

#endif

/* Talking to the supervisors of the workspace's systems, over their control sockets. */
#ifndef PARLEY_TOOL_CONTROL_H
#define PARLEY_TOOL_CONTROL_H

#include <stdbool.h>

#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/json/json.h"

/* A system that was started in this workspace. */
typedef struct control_system {
    char name[SYSTEM_NAME_MAX];
    char address[160]; /* "unix:..."; "" where it does not run */
} control_system;

/* The systems with a state folder, running or not; returns how many, at most MAX. */
size_t control_systems(const workspace *space, control_system *out, size_t max);

/* The running system that SERVICE ("orders", "mall/orders", "orders#2") belongs to, and the
 * service's own name in OUT_NAME. PL_NOT_FOUND: nothing runs, or no system has it (with "did you
 * mean"); PL_INVALID_ARGUMENT: several systems have it. */
PL_NODISCARD pl_code control_find(const workspace *space, const char *service,
                                  control_system *out_system, char out_name[64], pl_error *err);

/* One request; the answer is parsed into ARENA. An answer other than 200 is PL_FAILED_PRECONDITION
 * with the message it carries; no connection is PL_UNAVAILABLE. */
PL_NODISCARD pl_code control_request(const control_system *system, const char *method,
                                     const char *target, pl_arena *arena,
                                     const pl_json_value **out_answer, pl_error *err);

/* The services of a status document, and the one named NAME, or NULL. */
const pl_json_value *control_services(const pl_json_value *status);
const pl_json_value *control_service(const pl_json_value *status, const char *name);

#endif

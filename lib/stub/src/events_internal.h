/* Events of the stub, between its parts.
 *
 *   events.c            the publisher
 *   events_trigger.c    from a trigger's name to an event
 *   events_override.c   the example with other values
 *   events_limits.c     what no publisher could have sent
 */
#ifndef PARLEY_STUB_EVENTS_INTERNAL_H
#define PARLEY_STUB_EVENTS_INTERNAL_H

#include "parley/base/assert.h"
#include "parley/event/memory_log.h"
#include "parley/stub/events.h"
#include "stub_internal.h"

/* Makes the log of STREAM where there is none. */
PL_NODISCARD pl_code stub_events_open(pl_stub_events *events, const char *stream, pl_error *err);
/* Publishes an event of TYPE, whose stream is open. Codes of pl_memory_log_publish. */
PL_NODISCARD pl_code stub_events_publish(pl_stub_events *events, const pl_message_type *type,
                                         const pl_memory_event *event, pl_memory_place *out_place,
                                         pl_error *err);

/* Gives MESSAGE the values of OVERRIDES, JSON as pl_stub_trigger_opts has it; texts go to ARENA.
 * PL_INVALID_ARGUMENT names the field. */
PL_NODISCARD pl_code stub_override(pl_dynamic *message, pl_str overrides, pl_arena *arena,
                                   pl_error *err);

/* No text or list of MESSAGE is longer than (parley.limits) allow: consumers would park the event.
 * PL_INVALID_ARGUMENT names the field. */
PL_NODISCARD pl_code stub_check_limits(const pl_dynamic *message, pl_error *err);

#endif

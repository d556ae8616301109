/* Leases of this process and the one thread a store that renews them. A lease saves
 * work; what fences an owner that was overtaken is its epoch or cursor, never this. */
#ifndef PARLEY_EVENT_LEASE_H
#define PARLEY_EVENT_LEASE_H

#include "parley/event/store.h"

#define PL_LEASES_MAX     64
#define PL_LEASE_NAME_MAX (PL_EVENT_SUBSCRIPTION_MAX + PL_EVENT_STREAM_MAX + 32)

typedef struct pl_lease pl_lease;

pl_code pl_lease_keeper_new(pl_event_store *store, pl_lease_keeper **out,
                            pl_error *err) PL_NODISCARD;
/* No lease may be held. NULL is allowed. */
void pl_lease_keeper_free(pl_lease_keeper *keeper);

/* Asks for the lease NAME; *out is NULL where somebody else holds it. PL_RESOURCE_EXHAUSTED:
 * PL_LEASES_MAX, or no thread. */
pl_code pl_lease_take(pl_event_store *store, const char *name, const char *holder,
                      pl_lease **out_lease, pl_lease_grant *out_grant, pl_error *err) PL_NODISCARD;
/* It was renewed in time, as far as this process knows. */
bool pl_lease_held(pl_lease *lease);
/* Ends it; HAND_OVER also tells the store, so that another may take it at once. NULL is allowed. */
void pl_lease_give(pl_lease *lease, bool hand_over);

#endif

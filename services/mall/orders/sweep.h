/* The sweep: finishes what a crash, a cut connection or a slow payment left unfinished.
 *
 * A thread that looks, at its start and once a second, for orders that are pending or
 * abandoned and that nobody has worked on for ORDERS_SWEEP_AFTER_MS. A pending one repeats
 * the idempotent charge and is placed, or dropped where the charge is refused; an abandoned
 * one is refunded, which also bars a charge that arrives later, and dropped. Several sweeps
 * may run: claiming an order moves its fence.
 */
#ifndef MALL_ORDERS_SWEEP_H
#define MALL_ORDERS_SWEEP_H

#include "place.h"

#define ORDERS_SWEEP_AFTER_MS 3000
#define ORDERS_SWEEP_EVERY_MS 1000
/* Orders of one round. */
#define ORDERS_SWEEP_BATCH 50

typedef struct orders_sweep orders_sweep;

/* Starts the thread. PLACING is borrowed. PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code orders_sweep_start(orders_placing *placing, orders_sweep **out_sweep,
                                        pl_error *err);
/* Ends it, at the latest after the call under way. NULL is allowed. */
void orders_sweep_stop(orders_sweep *sweep);

#endif

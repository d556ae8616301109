/* Arrivals: completes the deliveries whose time has come.
 *
 * One thread that sleeps until the next delivery is due, or until a delivery starts. It runs also
 * where deliveries take no time: those that started under another setting are still to arrive. */
#ifndef MALL_DELIVERY_ARRIVALS_H
#define MALL_DELIVERY_ARRIVALS_H

#include "store.h"

/* Deliveries completed in one transaction. */
#define ARRIVALS_BATCH 100

typedef struct arrivals arrivals;

/* Starts the thread; STORE is borrowed and tells it of what starts. PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code arrivals_start(delivery_store *store, arrivals **out_arrivals, pl_error *err);
/* Ends it. NULL is allowed. */
void arrivals_stop(arrivals *a);

#endif

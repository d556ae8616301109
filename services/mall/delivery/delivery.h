/* Deliveries: the rules, without I/O.
 *
 *     PREPARING --StockAllocated--> STARTED --time--> COMPLETED
 *         any of them --OrderCancelled--> CANCELLED
 *
 * OrderPlaced creates a delivery; what the order's other events said before it is
 * remembered, so that their order does not matter.
 */
#ifndef MALL_DELIVERY_DELIVERY_H
#define MALL_DELIVERY_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

typedef enum delivery_state {
    DELIVERY_PREPARING = 1,
    DELIVERY_STARTED = 2,
    DELIVERY_COMPLETED = 3,
    DELIVERY_CANCELLED = 4,
} delivery_state;

/* A delivery. Texts are borrowed from whoever filled it. */
typedef struct delivery {
    int64_t id;
    int64_t order_id;
    int64_t ver; /* of its last event */
    delivery_state state;
    int64_t product_id;
    pl_str product_name;
    int32_t quantity;
    pl_str customer_id;
    pl_str customer_name;
    pl_str delivery_address;
    int64_t created_us;
} delivery;

/* What was heard of an order before its OrderPlaced. */
typedef struct delivery_early {
    bool allocated;
    bool cancelled;
} delivery_early;

/* "DeliveryStarted" and so on. */
const char *delivery_state_name(delivery_state state);

/* The state in which a delivery begins its life, PREPARING or CANCELLED. */
delivery_state delivery_first_state(const delivery_early *early);

/* Whether it may go from one state to another. */
bool delivery_can_start(delivery_state state);
bool delivery_can_complete(delivery_state state);
bool delivery_can_cancel(delivery_state state);

#endif

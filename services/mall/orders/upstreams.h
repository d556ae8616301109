/* The services that orders calls, in the words of the domain. */
#ifndef MALL_ORDERS_UPSTREAMS_H
#define MALL_ORDERS_UPSTREAMS_H

#include "orders.h"
#include "parley/rpc/call.h"
#include "parley/rpc/channel.h"

typedef struct orders_upstreams {
    pl_channel *products; /* borrowed */
    pl_channel *payment;  /* borrowed */
} orders_upstreams;

/* What products knows of a product now. PL_NOT_FOUND; PL_UNAVAILABLE where products cannot be
 * asked. The error is CALL's. Texts live in CALL's arena. */
PL_NODISCARD pl_code upstreams_product(const orders_upstreams *up, pl_call *call, int64_t id,
                                       order_product *out_product);

/* What became of a charge. */
typedef enum charge_fate {
    CHARGE_DONE,
    CHARGE_REFUSED,   /* and will be for ever: CALL's error says why */
    CHARGE_BARRED,    /* the key was refunded: somebody else dropped the order */
    CHARGE_NOT_KNOWN, /* it may have happened, or may still: CALL's error says why */
} charge_fate;

charge_fate upstreams_charge(const orders_upstreams *up, pl_call *call, const order *pending);

/* PL_OK once the charge is returned and its key barred. */
PL_NODISCARD pl_code upstreams_refund(const orders_upstreams *up, pl_call *call,
                                      const order *abandoned);

#endif

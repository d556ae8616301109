/* Stock in PostgreSQL: allocations of orders, and the orders that wait.
 *
 * Everything here runs within a transaction and takes the product's row lock first, so
 * that stock, allocations and the versions of the product's events change together and in
 * one order.
 */
#ifndef MALL_PRODUCTS_STOCK_H
#define MALL_PRODUCTS_STOCK_H

#include "parley/event/event_pg.h"
#include "products.h"

/* Waiting orders served in one transaction; the rest is served by the next change. */
#define STOCK_SERVE_MAX 100

/* Locks the product and reads it, its options excepted; *out_there is false for one that is removed
 * or never was. Texts live as long as TX. */
PL_NODISCARD pl_code stock_lock(pl_event_tx *tx, int64_t product_id, product *out_product,
                                bool *out_there, pl_error *err);

/* Writes stock and ver back. Queued. */
PL_NODISCARD pl_code stock_save(pl_event_tx *tx, const product *changed, pl_error *err);

/* Answers an order, once: a second time, or after its cancellation, nothing happens. */
PL_NODISCARD pl_code stock_allocate(pl_event_tx *tx, const allocation *wanted, pl_str stock_policy,
                                    pl_error *err);

/* Gives back what the order took, or remembers that nothing may be taken for it. */
PL_NODISCARD pl_code stock_release(pl_event_tx *tx, int64_t order_id, int64_t product_id,
                                   int64_t quantity, pl_error *err);

/* Serves the orders that wait for PRODUCT, which is locked, oldest first; PRODUCT changes. */
PL_NODISCARD pl_code stock_serve(pl_event_tx *tx, product *from, pl_error *err);

#endif

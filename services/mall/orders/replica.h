/* The replica of the catalogue: what products said last of each product. */
#ifndef MALL_ORDERS_REPLICA_H
#define MALL_ORDERS_REPLICA_H

#include "orders.h"
#include "parley/base/arena.h"
#include "parley/pg/pg.h"

/* Keeps PRODUCT unless a later version is there. Queued in TX. */
PL_NODISCARD pl_code replica_put(pl_pg_tx *tx, const order_product *product, int64_t version,
                                 pl_error *err);
/* Queued in TX. */
PL_NODISCARD pl_code replica_remove(pl_pg_tx *tx, int64_t product_id, pl_error *err);
/* PL_NOT_FOUND where products never spoke of it. Its name lives in ARENA. */
PL_NODISCARD pl_code replica_get(pl_pg *pg, int64_t deadline_ns, int64_t product_id,
                                 pl_arena *arena, order_product *out_product, pl_error *err);

#endif

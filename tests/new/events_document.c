/* The C of docs/events.md, which compiles as it stands. */
#include "mall/orders/v1/events.parley.h"
#include "parley/backing/access.h"
#include "parley/event/consumer.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"

typedef struct stock stock;
pl_code order_tell(pl_event_pg *events, pl_pg *pg, const pl_access *access, int64_t id,
                   pl_error *err);
pl_code stock_take(stock *self, pl_pg_tx *tx, int64_t product_id, int32_t pieces, pl_error *err);
void stock_react(pl_consumer *orders, stock *self);

#include "events_document.inc"

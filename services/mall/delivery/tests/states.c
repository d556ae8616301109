/* The states of delivery that contracts name. */
#include "parley/verify/states_pg.h"
#include "store.h"

typedef struct world {
    pl_states_pg base;
    delivery_store store; /* deliveries take no time */
} world;

static pl_code open_world(void *self, const char *const *settings, pl_error *err) {
    world *w = self;
    pl_code code = pl_states_pg_open(&w->base, settings, "mall.delivery", err);
    w->store = (delivery_store){.pg = w->base.pg, .events = w->base.events};
    return code;
}

static void close_world(void *self) {
    pl_states_pg_close(&((world *)self)->base);
}

static const pl_state_field order_fields[] = {{"order_id", PL_STATE_INT64, false}};

static pl_code delivery_completed(void *self, const pl_state_values *with, pl_state_values *returns,
                                  pl_error *err) {
    world *w = self;
    const delivery wanted = {.order_id = pl_state_i64(with, "order_id"),
                             .product_id = 1,
                             .product_name = PL_STR("TV"),
                             .quantity = 3,
                             .customer_id = PL_STR("user-1"),
                             .customer_name = PL_STR("홍길동"),
                             .delivery_address = PL_STR("서울시")};
    pl_event_tx tx;
    (void)returns;
    pl_code code = pl_states_pg_begin(&w->base, &tx, err);
    if (code != PL_OK)
        return code;
    code = delivery_store_prepare(&w->store, &tx, &wanted, err);
    if (code == PL_OK)
        code = delivery_store_start(&w->store, &tx, wanted.order_id, err);
    return pl_states_pg_end(&tx, code, err);
}

static const pl_state_def states[] = {
    {"delivery_completed", "An order that has arrived.", PL_STATE_FIELDS(order_fields),
     PL_STATE_NO_FIELDS, delivery_completed},
};

const pl_states_def pl_service_states = {.provider = "mall.delivery.v1",
                                         .states = states,
                                         .state_count = PL_COUNT(states),
                                         .self_size = sizeof(world),
                                         .open = open_world,
                                         .close = close_world};

/* The states and triggers of orders that contracts name. */
#include "parley/verify/states_pg.h"
#include "store.h"

enum { PRICE = 10000 };

/* Of the contract 'a wallet holds too little' that orders has with payment. */
#define REFUSED_CUSTOMER "user-2"

typedef struct world {
    pl_states_pg base;
    orders_store store;
    int64_t product_id; /* of the order that order_placed places; 0: none was wanted */
    int32_t quantity;
    int64_t order_id; /* placed last; 0: none since the last teardown */
} world;

static pl_code open_world(void *self, const char *const *settings, pl_error *err) {
    world *w = self;
    pl_code code = pl_states_pg_open(&w->base, settings, "mall.orders", err);
    w->store = (orders_store){w->base.pg, w->base.events};
    return code;
}

static void close_world(void *self) {
    pl_states_pg_close(&((world *)self)->base);
}

static pl_access access_of(world *w) {
    return (pl_access){.deadline_ns = pl_states_pg_deadline(&w->base), .arena = &w->base.arena};
}

/* An order as the service places one, once it is charged. */
static pl_code place(world *w, order *out_order, pl_error *err) {
    static const orders_key no_key;
    const pl_access call = access_of(w);
    order o = {.product_id = w->product_id,
               .product_name = PL_STR("TV"),
               .quantity = w->quantity,
               .price = PRICE,
               .customer_id = PL_STR("user-1"),
               .customer_name = PL_STR("홍길동"),
               .customer_addr = PL_STR("서울시"),
               .customer_phone = PL_STR("010-1234-5678")};
    pl_uuid7(o.charge_key);
    pl_code code = orders_store_create(&w->store, &call, &no_key, &o, err);
    if (code == PL_OK)
        code = orders_store_place(&w->store, &call, POLICY_BACKORDER, &o, err);
    if (code == PL_OK)
        *out_order = o;
    return code;
}

/* ---- states ---- */

static const pl_state_field order_fields[] = {{"product_id", PL_STATE_INT64, false},
                                              {"quantity", PL_STATE_INT32, false}};
static const pl_state_field placed_fields[] = {{"order_id", PL_STATE_INT64, false},
                                               {"charge_key", PL_STATE_STRING, false}};

static pl_code order_wanted(void *self, const pl_state_values *with, pl_state_values *returns,
                            pl_error *err) {
    world *w = self;
    (void)returns;
    (void)err;
    w->product_id = pl_state_i64(with, "product_id");
    w->quantity = (int32_t)pl_state_i64(with, "quantity");
    return PL_OK;
}

/* What a wallet holds is payment's to say. In the tests of orders payment is a stub, which refuses
 * the charges of one customer. */
static pl_code customer_cannot_pay(void *self, const pl_state_values *with,
                                   pl_state_values *returns, pl_error *err) {
    pl_str customer = pl_state_str(with, "customer_id");
    (void)self;
    (void)returns;
    return pl_str_eqc(customer, REFUSED_CUSTOMER)
               ? PL_OK
               : pl_error_set(err, PL_INVALID_ARGUMENT,
                              "customer_id: payment's stub refuses %s, not '%.*s'",
                              REFUSED_CUSTOMER, PL_FMT(pl_utf8_cut(customer, 64)));
}

static pl_code order_placed(void *self, const pl_state_values *with, pl_state_values *returns,
                            pl_error *err) {
    world *w = self;
    order placed;
    char key[PL_UUID_SIZE];
    pl_code code = order_wanted(self, with, NULL, err);
    if (code == PL_OK)
        code = place(w, &placed, err);
    if (code != PL_OK)
        return code;
    w->order_id = placed.id;
    pl_uuid_text(placed.charge_key, key);
    pl_state_return_i64(returns, "order_id", placed.id);
    pl_state_return_str(returns, "charge_key", pl_str_c(key));
    return PL_OK;
}

static pl_code teardown(void *self, pl_error *err) {
    world *w = self;
    (void)err;
    w->product_id = w->order_id = 0;
    return PL_OK;
}

/* ---- triggers ---- */

static pl_code when_placed(void *self, pl_error *err) {
    world *w = self;
    order placed;
    if (!w->product_id)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "nothing is wanted: give order_wanted");
    return place(w, &placed, err);
}

static pl_code when_cancelled(void *self, pl_error *err) {
    world *w = self;
    const pl_access call = access_of(w);
    order cancelled;
    if (!w->order_id)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "no order is there: give order_placed");
    return orders_store_cancel(&w->store, &call, w->order_id, &cancelled, err);
}

static const pl_state_field customer_fields[] = {{"customer_id", PL_STATE_STRING, false}};

static const pl_state_def states[] = {
    {"customer_cannot_pay", "Payment refuses every charge of this customer.",
     PL_STATE_FIELDS(customer_fields), PL_STATE_NO_FIELDS, customer_cannot_pay},
    {"order_wanted", "Somebody is about to order this; the trigger order_placed lets it happen.",
     PL_STATE_FIELDS(order_fields), PL_STATE_NO_FIELDS, order_wanted},
    {"order_placed", "An order of user-1 that is charged and placed.",
     PL_STATE_FIELDS(order_fields), PL_STATE_FIELDS(placed_fields), order_placed},
};

static const pl_trigger_def triggers[] = {
    {"order_placed", when_placed},
    {"order_cancelled", when_cancelled},
};

const pl_states_def pl_service_states = {.provider = "mall.orders.v1",
                                         .states = states,
                                         .state_count = PL_COUNT(states),
                                         .triggers = triggers,
                                         .trigger_count = PL_COUNT(triggers),
                                         .self_size = sizeof(world),
                                         .open = open_world,
                                         .close = close_world,
                                         .teardown = teardown};

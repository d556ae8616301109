/* The states and triggers of products that contracts name. */
#include "parley/backing/access.h"
#include "parley/verify/states_pg.h"
#include "policies.h"
#include "stock.h"
#include "store.h"

enum {
    STOCK = 10,
    PRICE = 10000,
    /* Of orders that triggers answer: numbers that no test of orders gets to. */
    ORDER_FIRST = 1000000000,
    ORDER_QUANTITY = 1,
};

typedef struct world {
    pl_states_pg base;
    products_store store;
    int64_t product_id; /* put on sale last; 0: none since the last teardown */
} world;

static pl_code open_world(void *self, const char *const *settings, pl_error *err) {
    world *w = self;
    pl_code code = pl_states_pg_open(&w->base, settings, "mall.products", err);
    w->store = (products_store){w->base.pg, w->base.events};
    return code;
}

static void close_world(void *self) {
    world *w = self;
    pl_states_pg_close(&w->base);
}

static pl_access access_of(world *w) {
    return (pl_access){.deadline_ns = pl_states_pg_deadline(&w->base), .arena = &w->base.arena};
}

/* ---- states ---- */

static const pl_state_field on_sale_fields[] = {{"id", PL_STATE_INT64, false},
                                                {"stock", PL_STATE_INT64, true},
                                                {"price", PL_STATE_INT64, true},
                                                {"name", PL_STATE_STRING, true}};

/* A row with this id, sold or not: the operations give ids away, contracts name them. */
static pl_code make_row(world *w, int64_t id, pl_error *err) {
    return pl_states_pg_exec(
        &w->base,
        "WITH made AS (INSERT INTO product (id, name, price, stock, image_url) "
        "VALUES ($1, '', 0, 0, '') ON CONFLICT (id) DO UPDATE SET removed = false) "
        "DELETE FROM allocation WHERE product_id = $1",
        PL_PG_ARGS(pl_pg_i64(id)), err);
}

static pl_code product_on_sale(void *self, const pl_state_values *with, pl_state_values *returns,
                               pl_error *err) {
    world *w = self;
    const pl_access call = access_of(w);
    const product wanted = {.id = pl_state_i64(with, "id"),
                            .name = pl_state_has(with, "name") ? pl_state_str(with, "name")
                                                               : pl_str_c("TV"),
                            .price = pl_state_i64_or(with, "price", PRICE),
                            .stock = pl_state_i64_or(with, "stock", STOCK),
                            .image_url = pl_str_c("/goods/img/TV.jpg")};
    product made;
    (void)returns;
    pl_code code = make_row(w, wanted.id, err);
    if (code == PL_OK)
        code = products_store_update(&w->store, &call, &wanted, PRODUCT_ALL, -1, &made, err);
    if (code == PL_OK)
        w->product_id = wanted.id;
    return code;
}

static pl_code teardown(void *self, pl_error *err) {
    (void)err;
    ((world *)self)->product_id = 0;
    return PL_OK;
}

/* ---- triggers ---- */

static pl_code no_product(pl_error *err) {
    return pl_error_set(err, PL_FAILED_PRECONDITION,
                        "no product was put on sale: give product_on_sale");
}

static pl_code product_changed(void *self, pl_error *err) {
    world *w = self;
    const pl_access call = access_of(w);
    product changed;
    if (!w->product_id)
        return no_product(err);
    return products_store_restock(&w->store, &call, w->product_id, 1, &changed, err);
}

static pl_code product_removed(void *self, pl_error *err) {
    world *w = self;
    const pl_access call = access_of(w);
    return w->product_id ? products_store_remove(&w->store, &call, w->product_id, err)
                         : no_product(err);
}

/* Answers an order of ORDER_QUANTITY pieces under POLICY. */
static pl_code order_comes(world *w, const char *policy, pl_error *err) {
    pl_event_tx tx;
    pl_pg_rows *rows = NULL;
    if (!w->product_id)
        return no_product(err);
    pl_code code = pl_states_pg_begin(&w->base, &tx, err);
    if (code != PL_OK)
        return code;
    code = pl_pg_query(pl_event_tx_pg(&tx),
                       "SELECT coalesce(max(order_id), $1) + 1 FROM allocation WHERE order_id > $1",
                       PL_PG_ARGS(pl_pg_i64(ORDER_FIRST)), &rows, err);
    if (code == PL_OK) {
        const allocation wanted = {.order_id = pl_pg_get_i64(rows, 0, 0),
                                   .product_id = w->product_id,
                                   .quantity = ORDER_QUANTITY};
        code = stock_allocate(&tx, &wanted, pl_str_c(policy), err);
    }
    return pl_states_pg_end(&tx, code, err);
}

static pl_code stock_allocated(void *self, pl_error *err) {
    return order_comes(self, "backorder", err);
}

static pl_code order_waits(void *self, pl_error *err) {
    return order_comes(self, "backorder", err);
}

static pl_code order_refused(void *self, pl_error *err) {
    return order_comes(self, "reject", err);
}

static const pl_state_def states[] = {
    {"product_on_sale", "A product that can be ordered, with so many pieces in stock.",
     PL_STATE_FIELDS(on_sale_fields), PL_STATE_NO_FIELDS, product_on_sale},
};

static const pl_trigger_def triggers[] = {
    {"product_changed", product_changed}, {"product_removed", product_removed},
    {"stock_allocated", stock_allocated}, {"order_waits", order_waits},
    {"order_refused", order_refused},
};

const pl_states_def pl_service_states = {.provider = "mall.products.v1",
                                         .states = states,
                                         .state_count = PL_COUNT(states),
                                         .triggers = triggers,
                                         .trigger_count = PL_COUNT(triggers),
                                         .self_size = sizeof(world),
                                         .open = open_world,
                                         .close = close_world,
                                         .teardown = teardown};

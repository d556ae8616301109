/* mall-delivery: brings what was ordered. Wiring only. */
#include "api.h"
#include "arrivals.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"

typedef struct state {
    pl_backing_state base;
    const char *orders_addr;
    const char *products_addr;
    int64_t duration_ms;
    delivery_store store;
    arrivals *arrivals;
} state;

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, base.settings),
    PL_SETTING_STRING("ORDERS_ADDR", state, orders_addr, PL_REQUIRED,
                      "Where orders is, asked for events the stream no longer has."),
    PL_SETTING_STRING("PRODUCTS_ADDR", state, products_addr, PL_REQUIRED,
                      "Where products is, asked for events the stream no longer has."),
    PL_SETTING_INT("DELIVERY_TIME_MS", state, duration_ms, "0", 0, 86400000,
                   "How long a delivery takes, in milliseconds; 0: it arrives as it starts."),
};

static pl_code subscribe(state *s, pl_error *err) {
    pl_consumer *orders = NULL;
    pl_consumer *products = NULL;
    pl_code code = pl_backing_subscribe(s->base.backing, "orders", s->orders_addr, "mall.orders",
                                        &orders, err);
    if (code == PL_OK)
        code = pl_backing_subscribe(s->base.backing, "products", s->products_addr, "mall.products",
                                    &products, err);
    if (code != PL_OK)
        return code;
    delivery_react_to_orders(orders, &s->store);
    delivery_react_to_products(products, &s->store);
    return PL_OK;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    s->store.pg = pl_backing_pg(s->base.backing);
    s->store.events = pl_backing_events(s->base.backing);
    s->store.duration_ms = s->duration_ms;
    pl_code code = pl_service_add(service, delivery_api_bind(&s->store));
    if (code == PL_OK)
        code = subscribe(s, err);
    return code == PL_OK ? arrivals_start(&s->store, &s->arrivals, err) : code;
}

static void stop(pl_service *service, void *self) {
    state *s = self;
    (void)service;
    arrivals_stop(s->arrivals);
}

int main(int argc, char **argv) {
    static const pl_backing_def def = {
        .service =
            {
                .system = "mall",
                .name = "delivery",
                .version = PL_SERVICE_VERSION,
                .summary = "The deliveries of 12 STREET.",
                .settings = settings,
                .setting_count = PL_COUNT(settings),
                .state_size = sizeof(state),
                .start = start,
                .stop = stop,
            },
        .migrations = &pl_service_migrations,
    };
    return pl_backing_main(argc, argv, &def);
}

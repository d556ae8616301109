/* mall-delivery: brings what was ordered. Wiring only. */
#include "api.h"
#include "arrivals.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"

typedef struct state {
    pl_backing_settings backing_settings;
    const char *orders_addr;
    const char *products_addr;
    int64_t duration_ms;
    pl_backing_opts backing_opts;
    pl_backing *backing;
    delivery_store store;
    arrivals *arrivals;
} state;

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, backing_settings),
    PL_SETTING_STRING("ORDERS_ADDR", state, orders_addr, PL_REQUIRED,
                      "Where orders is, asked for events the stream no longer has."),
    PL_SETTING_STRING("PRODUCTS_ADDR", state, products_addr, PL_REQUIRED,
                      "Where products is, asked for events the stream no longer has."),
    PL_SETTING_INT("DELIVERY_TIME_MS", state, duration_ms, "0", 0, 86400000,
                   "How long a delivery takes, in milliseconds; 0: it arrives as it starts."),
};

static const pl_backing_opts *backing_opts(state *s) {
    s->backing_opts = (pl_backing_opts){.settings = &s->backing_settings,
                                        .source = "mall.delivery",
                                        .migrations = &pl_service_migrations};
    return &s->backing_opts;
}

static pl_code subscribe(state *s, pl_error *err) {
    pl_consumer *orders = NULL;
    pl_consumer *products = NULL;
    pl_code code = pl_backing_subscribe(s->backing, "orders", s->orders_addr, "mall.orders",
                                        &orders, err);
    if (code == PL_OK)
        code = pl_backing_subscribe(s->backing, "products", s->products_addr, "mall.products",
                                    &products, err);
    if (code != PL_OK)
        return code;
    delivery_react_to_orders(orders, &s->store);
    delivery_react_to_products(products, &s->store);
    return PL_OK;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    pl_code code = pl_backing_open(service, backing_opts(s), &s->backing, err);
    if (code != PL_OK)
        return code;
    s->store.pg = pl_backing_pg(s->backing);
    s->store.events = pl_backing_events(s->backing);
    s->store.duration_ms = s->duration_ms;
    code = pl_service_add(service, delivery_api_bind(&s->store));
    if (code == PL_OK)
        code = subscribe(s, err);
    if (code == PL_OK)
        code = arrivals_start(&s->store, &s->arrivals, err);
    return code == PL_OK ? pl_backing_run(s->backing, err) : code;
}

static void stop(pl_service *service, void *self) {
    state *s = self;
    (void)service;
    arrivals_stop(s->arrivals);
    pl_backing_close(s->backing);
}

static pl_code migrate(pl_service *service, void *self, pl_error *err) {
    (void)service;
    return pl_backing_migrate(backing_opts(self), err);
}

int main(int argc, char **argv) {
    static const pl_service_def def = {
        .system = "mall",
        .name = "delivery",
        .version = PL_SERVICE_VERSION,
        .summary = "The deliveries of 12 STREET.",
        .settings = settings,
        .setting_count = PL_COUNT(settings),
        .state_size = sizeof(state),
        .start = start,
        .stop = stop,
        .migrate = migrate,
    };
    return pl_service_main(argc, argv, &def);
}

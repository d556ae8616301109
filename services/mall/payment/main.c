/* mall-payment: wallets, charges and refunds. Wiring only. */
#include "api.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"

typedef struct state {
    pl_backing_settings backing_settings;
    const char *orders_addr;
    pl_backing_opts backing_opts;
    pl_backing *backing;
    payment_store store;
} state;

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, backing_settings),
    PL_SETTING_STRING("ORDERS_ADDR", state, orders_addr, PL_REQUIRED,
                      "Where orders is, asked for events the stream no longer has."),
};

static const pl_backing_opts *backing_opts(state *s) {
    s->backing_opts = (pl_backing_opts){.settings = &s->backing_settings,
                                        .source = "mall.payment",
                                        .migrations = &pl_service_migrations};
    return &s->backing_opts;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    pl_consumer *orders = NULL;
    pl_code code = pl_backing_open(service, backing_opts(s), &s->backing, err);
    if (code != PL_OK)
        return code;
    s->store.pg = pl_backing_pg(s->backing);
    s->store.events = pl_backing_events(s->backing);
    code = pl_service_add(service, payment_api_bind(&s->store));
    if (code == PL_OK)
        code = pl_backing_subscribe(s->backing, "orders", s->orders_addr, "mall.orders", &orders,
                                    err);
    if (code != PL_OK)
        return code;
    payment_react(orders, &s->store);
    return pl_backing_run(s->backing, err);
}

static void stop(pl_service *service, void *self) {
    state *s = self;
    (void)service;
    pl_backing_close(s->backing);
}

static pl_code migrate(pl_service *service, void *self, pl_error *err) {
    (void)service;
    return pl_backing_migrate(backing_opts(self), err);
}

int main(int argc, char **argv) {
    static const pl_service_def def = {
        .system = "mall",
        .name = "payment",
        .version = PL_SERVICE_VERSION,
        .summary = "Wallets, charges and refunds of 12 STREET.",
        .settings = settings,
        .setting_count = PL_COUNT(settings),
        .state_size = sizeof(state),
        .start = start,
        .stop = stop,
        .migrate = migrate,
    };
    return pl_service_main(argc, argv, &def);
}

/* mall-payment: wallets, charges and refunds. Wiring only. */
#include "api.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"

typedef struct state {
    pl_backing_state base;
    const char *orders_addr;
    payment_store store;
} state;

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, base.settings),
    PL_SETTING_STRING("ORDERS_ADDR", state, orders_addr, PL_REQUIRED,
                      "Where orders is, asked for events the stream no longer has."),
};

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    pl_consumer *orders = NULL;
    s->store.pg = pl_backing_pg(s->base.backing);
    s->store.events = pl_backing_events(s->base.backing);
    pl_code code = pl_service_add(service, payment_api_bind(&s->store));
    if (code == PL_OK)
        code = pl_backing_subscribe(s->base.backing, "orders", s->orders_addr, "mall.orders",
                                    &orders, err);
    if (code == PL_OK)
        payment_react(orders, &s->store);
    return code;
}

int main(int argc, char **argv) {
    static const pl_backing_def def = {
        .service =
            {
                .system = "mall",
                .name = "payment",
                .version = PL_SERVICE_VERSION,
                .summary = "Wallets, charges and refunds of 12 STREET.",
                .settings = settings,
                .setting_count = PL_COUNT(settings),
                .state_size = sizeof(state),
                .start = start,
            },
        .migrations = &pl_service_migrations,
    };
    return pl_backing_main(argc, argv, &def);
}

/* mall-products: the catalogue and its stock. Wiring only. */
#include "api.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"

enum { DEMO_ARENA = 64 * 1024, DEMO_TIMEOUT_MS = 5000 };

typedef struct state {
    pl_backing_state base;
    const char *orders_addr;
    products_store store;
} state;

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, base.settings),
    PL_SETTING_STRING("ORDERS_ADDR", state, orders_addr, PL_REQUIRED,
                      "Where orders is, asked for events the stream no longer has."),
};

/* Five products for who looks at it for the first time. */
static pl_code insert_demo(state *s, pl_error *err) {
    bool inserted = false;
    pl_arena arena = pl_arena_make(DEMO_ARENA);
    const pl_access call = {.deadline_ns = pl_deadline_ms(DEMO_TIMEOUT_MS), .arena = &arena};
    pl_code code = products_store_demo(&s->store, &call, &inserted, err);
    pl_arena_done(&arena);
    return code;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    pl_consumer *orders = NULL;
    pl_code code = PL_OK;
    s->store.pg = pl_backing_pg(s->base.backing);
    s->store.events = pl_backing_events(s->base.backing);
    if (pl_service_demo(service))
        code = insert_demo(s, err);
    if (code == PL_OK)
        code = pl_service_add(service, products_api_bind(&s->store));
    if (code == PL_OK)
        code = pl_backing_subscribe(s->base.backing, "orders", s->orders_addr, "mall.orders",
                                    &orders, err);
    if (code == PL_OK)
        products_react(orders, &s->store);
    return code;
}

int main(int argc, char **argv) {
    static const pl_backing_def def = {
        .service =
            {
                .system = "mall",
                .name = "products",
                .version = PL_SERVICE_VERSION,
                .summary = "The catalogue of 12 STREET and its stock.",
                .settings = settings,
                .setting_count = PL_COUNT(settings),
                .state_size = sizeof(state),
                .start = start,
            },
        .migrations = &pl_service_migrations,
    };
    return pl_backing_main(argc, argv, &def);
}

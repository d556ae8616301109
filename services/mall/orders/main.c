/* mall-orders: takes, shows and cancels orders. Wiring only. */
#include "api.h"
#include "migrations.h"
#include "parley/backing/backing.h"
#include "policies.h"
#include "sweep.h"

enum { GAUGE_TIMEOUT_MS = 500 };

typedef struct state {
    pl_backing_state base;
    const char *products_addr;
    const char *payment_addr;
    int policy;
    int check_stock;
    orders_store store;
    orders_placing placing;
    orders_sweep *sweep;
} state;

static const char *const policies[] = {"backorder", "reject", "saga", NULL};
static const char *const checks[] = {"true", "strict", NULL};

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(state, base.settings),
    PL_SETTING_STRING("PRODUCTS_ADDR", state, products_addr, PL_REQUIRED, "Where products is."),
    PL_SETTING_STRING("PAYMENT_ADDR", state, payment_addr, PL_REQUIRED, "Where payment is."),
    PL_SETTING_ENUM("STOCK_POLICY", state, policy, "backorder", policies,
                    "What happens when the stock does not suffice: the order waits, is refused, or "
                    "is taken and cancelled later."),
    PL_SETTING_ENUM("CHECK_STOCK", state, check_stock, "true", checks,
                    "While products is down: true takes orders from the replica, strict refuses."),
};

static void sample(void *self, pl_metrics *metrics) {
    static const char help[] = "Orders not finished yet.";
    state *s = self;
    int64_t pending = 0;
    int64_t abandoned = 0;
    if (orders_store_count_unfinished(&s->store, pl_deadline_ms(GAUGE_TIMEOUT_MS), &pending,
                                      &abandoned, NULL) != PL_OK)
        return;
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "mall_orders_unfinished", help,
                      PL_LABELS({"state", "pending"}), (double)pending);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "mall_orders_unfinished", help,
                      PL_LABELS({"state", "abandoned"}), (double)abandoned);
}

static pl_code connect_upstreams(state *s, pl_error *err) {
    orders_upstreams *up = &s->placing.upstreams;
    pl_code code = pl_backing_channel(s->base.backing, "products", s->products_addr, &up->products,
                                      err);
    return code == PL_OK
               ? pl_backing_channel(s->base.backing, "payment", s->payment_addr, &up->payment, err)
               : code;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    pl_consumer *products = NULL;
    s->store.pg = pl_backing_pg(s->base.backing);
    s->store.events = pl_backing_events(s->base.backing);
    s->placing.store = &s->store;
    s->placing.policy = (stock_policy)s->policy;
    s->placing.strict = s->check_stock == 1;
    pl_code code = connect_upstreams(s, err);
    if (code == PL_OK)
        code = pl_service_add(service, orders_api_bind(&s->placing));
    if (code == PL_OK)
        code = pl_metrics_on_scrape(pl_service_metrics(service), sample, s);
    if (code == PL_OK)
        code = pl_backing_subscribe(s->base.backing, "products", s->products_addr, "mall.products",
                                    &products, err);
    if (code != PL_OK)
        return code;
    orders_react(products, &s->store);
    return orders_sweep_start(&s->placing, &s->sweep, err);
}

static void stop(pl_service *service, void *self) {
    state *s = self;
    pl_metrics_forget(pl_service_metrics(service), s);
    orders_sweep_stop(s->sweep);
}

int main(int argc, char **argv) {
    static const pl_backing_def def = {
        .service =
            {
                .system = "mall",
                .name = "orders",
                .version = PL_SERVICE_VERSION,
                .summary = "The orders of 12 STREET.",
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

/* The states of payment that contracts name. */
#include "parley/base/clock.h"
#include "parley/verify/states_pg.h"
#include "store.h"

enum { ORDER_ID = 1 };

typedef struct world {
    pl_states_pg base;
    payment_store store;
} world;

static pl_code open_world(void *self, const char *const *settings, pl_error *err) {
    world *w = self;
    pl_code code = pl_states_pg_open(&w->base, settings, "mall.payment", err);
    w->store = (payment_store){w->base.pg, w->base.events};
    return code;
}

static void close_world(void *self) {
    pl_states_pg_close(&((world *)self)->base);
}

/* Forgets what was charged to a customer, whose ledger begins with BALANCE; the wallet's events go
 * on counting. */
static pl_code begin_wallet(world *w, pl_str customer_id, int64_t balance, pl_error *err) {
    return pl_states_pg_exec(
        &w->base,
        "WITH p AS (DELETE FROM payment WHERE customer_id = $1), "
        "l AS (DELETE FROM ledger WHERE customer_id = $1), "
        "w AS (INSERT INTO wallet (customer_id, balance) VALUES ($1, $2) "
        "ON CONFLICT (customer_id) DO UPDATE SET balance = $2) "
        "INSERT INTO ledger (customer_id, kind, amount) VALUES ($1, 'opening', $2)",
        PL_PG_ARGS(pl_pg_text(customer_id), pl_pg_i64(balance)), err);
}

static const pl_state_field wallet_fields[] = {{"customer_id", PL_STATE_STRING, false},
                                               {"balance", PL_STATE_INT64, false}};

static pl_code wallet(void *self, const pl_state_values *with, pl_state_values *returns,
                      pl_error *err) {
    (void)returns;
    return begin_wallet(self, pl_state_str(with, "customer_id"), pl_state_i64(with, "balance"),
                        err);
}

static pl_code read_key(const pl_state_values *with, uint8_t out[16], pl_error *err) {
    pl_str key = pl_state_str(with, "charge_key");
    return pl_uuid_parse(key, out)
               ? PL_OK
               : pl_error_set(err, PL_INVALID_ARGUMENT, "charge_key: expected a UUID, got '%.*s'",
                              PL_FMT(pl_utf8_cut(key, 64)));
}

static const pl_state_field charged_fields[] = {{"charge_key", PL_STATE_STRING, false},
                                                {"customer_id", PL_STATE_STRING, false},
                                                {"amount", PL_STATE_INT64, false}};

static pl_code charged(void *self, const pl_state_values *with, pl_state_values *returns,
                       pl_error *err) {
    world *w = self;
    payment_charge charge = {.order_id = ORDER_ID,
                             .customer_id = pl_state_str(with, "customer_id"),
                             .amount = pl_state_i64(with, "amount")};
    const pl_access call = {.deadline_ns = pl_states_pg_deadline(&w->base),
                            .arena = &w->base.arena};
    payment paid;
    (void)returns;
    pl_code code = read_key(with, charge.charge_key, err);
    if (code == PL_OK)
        code = begin_wallet(w, charge.customer_id, PAYMENT_OPENING_BALANCE, err);
    return code == PL_OK ? payment_store_charge(&w->store, &call, &charge, &paid, err) : code;
}

static const pl_state_field refunded_fields[] = {{"charge_key", PL_STATE_STRING, false},
                                                 {"customer_id", PL_STATE_STRING, false}};

static pl_code refunded(void *self, const pl_state_values *with, pl_state_values *returns,
                        pl_error *err) {
    world *w = self;
    payment_refund refund = {.order_id = ORDER_ID,
                             .customer_id = pl_state_str(with, "customer_id")};
    const pl_access call = {.deadline_ns = pl_states_pg_deadline(&w->base),
                            .arena = &w->base.arena};
    payment paid;
    (void)returns;
    pl_code code = read_key(with, refund.charge_key, err);
    if (code == PL_OK)
        code = begin_wallet(w, refund.customer_id, PAYMENT_OPENING_BALANCE, err);
    return code == PL_OK ? payment_store_refund(&w->store, &call, &refund, &paid, err) : code;
}

static const pl_state_def states[] = {
    {"wallet", "A wallet with this balance; nothing was ever charged to its customer.",
     PL_STATE_FIELDS(wallet_fields), PL_STATE_NO_FIELDS, wallet},
    {"charged", "A charge of a customer who has nothing else charged.",
     PL_STATE_FIELDS(charged_fields), PL_STATE_NO_FIELDS, charged},
    {"refunded", "A key that was given back, and with which nothing can be charged any more.",
     PL_STATE_FIELDS(refunded_fields), PL_STATE_NO_FIELDS, refunded},
};

const pl_states_def pl_service_states = {.provider = "mall.payment.v1",
                                         .states = states,
                                         .state_count = PL_COUNT(states),
                                         .self_size = sizeof(world),
                                         .open = open_world,
                                         .close = close_world};

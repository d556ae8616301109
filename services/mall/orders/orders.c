#include "orders.h"

enum { KEY_MAX = 64 };

const char *orders_policy_name(stock_policy policy) {
    static const char *const names[] = {"backorder", "reject", "saga"};
    return names[policy];
}

pl_code orders_judge_stock(stock_policy policy, const order_product *product, int32_t quantity,
                           bool *out_backorder, pl_error *err) {
    bool short_of = product->stock < quantity;
    if (short_of && policy == POLICY_REJECT) {
        pl_error_set(err, PL_FAILED_PRECONDITION, "No Available stock!");
        pl_error_info(err, ORDERS_DOMAIN, "OUT_OF_STOCK");
        return PL_FAILED_PRECONDITION;
    }
    *out_backorder = short_of && policy == POLICY_BACKORDER;
    return PL_OK;
}

order_state orders_charged(const order *o) {
    return o->backorder ? ORDER_BACKORDERED : ORDER_PLACED;
}

bool orders_visible(const order *o) {
    return o->state != ORDER_ABANDONED;
}

pl_code orders_judge_cancel(const order *o, bool *out_change, pl_error *err) {
    switch (o->state) {
    case ORDER_PLACED:
    case ORDER_BACKORDERED:
        *out_change = true;
        return PL_OK;
    case ORDER_CANCELLED:
        *out_change = false;
        return PL_OK;
    case ORDER_PENDING:
        return pl_error_set(err, PL_ABORTED,
                            "order %lld is still being placed; try again in a few seconds",
                            (long long)o->id);
    case ORDER_ABANDONED:
        break;
    }
    return pl_error_set(err, PL_NOT_FOUND, "order %lld: no such order", (long long)o->id);
}

order_state orders_allocated(order_state state) {
    return state == ORDER_BACKORDERED ? ORDER_PLACED : state;
}

order_state orders_out_of_stock(order_state state, bool waiting) {
    if (state != ORDER_PLACED && state != ORDER_BACKORDERED)
        return state;
    return waiting ? ORDER_BACKORDERED : ORDER_CANCELLED;
}

bool orders_key_valid(pl_str key) {
    if (key.n == 0 || key.n > KEY_MAX)
        return false;
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] < 0x21 || key.p[i] > 0x7e)
            return false;
    }
    return true;
}

#include "place.h"

#include <string.h>

#include "parley/backing/backing.h"
#include "parley/base/failpoint.h"
#include "parley/base/log.h"
#include "replica.h"

static bool fenced_out(pl_code code, const pl_error *err) {
    return code == PL_ABORTED && strcmp(err->reason, "FENCED") == 0;
}

static pl_code not_known(pl_call *call, const pl_error *why) {
    pl_error told;
    pl_backing_public_error(why, &told);
    return pl_call_fail(call, PL_DEADLINE_EXCEEDED, NULL,
                        "it is not known whether the order was placed (%s); repeat the request "
                        "with the same idempotency-key",
                        told.message);
}

static pl_code unavailable(pl_call *call, const char *what, const pl_error *why) {
    int64_t retry_after = why->retry_after_ms;
    pl_error copy = *why; /* pl_call_fail replaces what it may point to */
    pl_code code = pl_call_fail(call, PL_UNAVAILABLE, NULL, "%s: %s", what, copy.message);
    if (retry_after)
        pl_call_retry_after(call, retry_after);
    return code;
}

/* Price, name and stock: from products, else, unless strict, from the replica. */
static pl_code find_product(orders_placing *placing, pl_call *call, const pl_access *access,
                            int64_t id, order_product *out) {
    pl_code code = upstreams_product(&placing->upstreams, call, id, out);
    if (code == PL_OK || code == PL_NOT_FOUND)
        return code;
    pl_error why = *pl_call_error(call);
    if (placing->strict)
        return unavailable(call, "products cannot be asked", &why);
    pl_error err = PL_ERROR_INIT;
    pl_call_error_clear(call);
    code = replica_get(placing->store->pg, access->deadline_ns, id, access->arena, out, &err);
    if (code == PL_NOT_FOUND)
        return unavailable(call, "products cannot be asked, and orders does not know the product",
                           &why);
    return code == PL_OK ? PL_OK : pl_backing_fail(call, &err);
}

/* Answers what the row says: for whoever has lost the fence. */
static pl_code answer_row(orders_placing *placing, pl_call *call, const pl_access *access,
                          order *o) {
    pl_error err = PL_ERROR_INIT;
    order now;
    pl_code code = orders_store_get(placing->store, access, o->id, &now, &err);
    if (code == PL_NOT_FOUND || (code == PL_OK && now.state == ORDER_ABANDONED))
        return pl_call_fail(call, PL_UNAVAILABLE, NULL,
                            "the order could not be placed; nothing was charged, try again");
    if (code != PL_OK)
        return not_known(call, &err);
    if (now.state == ORDER_PENDING) {
        pl_error_set(&err, PL_ABORTED, "another call is finishing it");
        return not_known(call, &err);
    }
    pl_call_error_clear(call);
    *o = now;
    return PL_OK;
}

/* A step failed, as CALL's error says, and WHAT says which: from here on the order must never
 * appear. */
static pl_code give_up(orders_placing *placing, pl_call *call, const pl_access *access, order *o,
                       const char *what) {
    pl_error why = *pl_call_error(call);
    pl_error err = PL_ERROR_INIT;
    pl_code code = orders_store_abandon(placing->store, access, o, &err);
    if (fenced_out(code, &err))
        return answer_row(placing, call, access, o);
    return code == PL_OK ? unavailable(call, what, &why) : not_known(call, &err);
}

pl_code orders_drop(orders_placing *placing, const pl_access *access, const order *unfinished,
                    pl_error *err) {
    pl_code code = orders_store_drop(placing->store, access, unfinished, err);
    if (code != PL_OK)
        pl_log(PL_LOG_WARN, "orders.drop_failed", PL_LOG_I64("order", unfinished->id),
               PL_LOG_STR("error", err->message));
    return code;
}

/* Refused: nothing was charged and nothing ever will be. Said only once the order is gone: until
 * then it may still appear. */
static pl_code refuse(orders_placing *placing, pl_call *call, const pl_access *access,
                      const order *o) {
    pl_error why = *pl_call_error(call);
    pl_error err = PL_ERROR_INIT;
    pl_code code = orders_drop(placing, access, o, &err);
    /* Whoever took the fence is refused as well. */
    if (code != PL_OK && !fenced_out(code, &err))
        return not_known(call, &err);
    return pl_call_fail_error(call, &why);
}

pl_code orders_finish(orders_placing *placing, pl_call *call, const pl_access *access,
                      order *pending) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = orders_store_place(placing->store, access, placing->policy, pending, &err);
    if (code == PL_OK)
        return PL_OK;
    if (fenced_out(code, &err))
        return answer_row(placing, call, access, pending);
    /* A commit without an answer may have happened: it is never given up. */
    if (code == PL_UNKNOWN)
        return not_known(call, &err);
    (void)pl_backing_fail(call, &err);
    return give_up(placing, call, access, pending, "the order cannot be stored");
}

static pl_code charge_and_finish(orders_placing *placing, pl_call *call, const pl_access *access,
                                 order *pending) {
    charge_fate fate = upstreams_charge(&placing->upstreams, call, pending);
    if (PL_FAILPOINT("orders.after_charge"))
        fate = CHARGE_NOT_KNOWN;
    switch (fate) {
    case CHARGE_DONE:
        break;
    case CHARGE_REFUSED:
        return refuse(placing, call, access, pending);
    case CHARGE_BARRED:
        return answer_row(placing, call, access, pending);
    case CHARGE_NOT_KNOWN:
        return give_up(placing, call, access, pending, "payment cannot be reached");
    }
    pl_code code = orders_finish(placing, call, access, pending);
    (void)PL_FAILPOINT("orders.after_placed");
    return code;
}

/* A new order, or the one another call has just stored under the same key. */
static pl_code create(orders_placing *placing, pl_call *call, const pl_access *access,
                      const orders_key *key, order *o) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = orders_store_create(placing->store, access, key, o, &err);
    if (code == PL_ALREADY_EXISTS && key->key.n) {
        code = orders_store_find_key(placing->store, access, o->customer_id, key, o, &err);
        if (code == PL_NOT_FOUND)
            return pl_call_fail(call, PL_UNAVAILABLE, NULL,
                                "another request with this idempotency-key has just failed; "
                                "nothing was charged, try again");
    }
    if (code == PL_UNKNOWN)
        return not_known(call, &err);
    return code == PL_OK ? PL_OK : pl_backing_fail(call, &err);
}

/* PL_OK with *out_found where the key has its order. */
static pl_code find_earlier(orders_placing *placing, pl_call *call, const pl_access *access,
                            const order *wanted, const orders_key *key, order *out,
                            bool *out_found) {
    pl_error err = PL_ERROR_INIT;
    *out_found = false;
    if (key->key.n == 0)
        return PL_OK;
    pl_code code = orders_store_find_key(placing->store, access, wanted->customer_id, key, out,
                                         &err);
    *out_found = code == PL_OK;
    return code == PL_OK || code == PL_NOT_FOUND ? PL_OK : pl_backing_fail(call, &err);
}

static pl_code prepare(orders_placing *placing, pl_call *call, const pl_access *access, order *o) {
    pl_error err = PL_ERROR_INIT;
    order_product product;
    pl_code code = find_product(placing, call, access, o->product_id, &product);
    if (code != PL_OK)
        return code;
    code = orders_judge_stock(placing->policy, &product, o->quantity, &o->backorder, &err);
    if (code != PL_OK)
        return pl_call_fail_error(call, &err);
    pl_uuid7(o->charge_key);
    o->product_name = product.name;
    o->price = product.price;
    return PL_OK;
}

pl_code orders_place(orders_placing *placing, pl_call *call, const order *wanted,
                     const orders_key *key, order *out_order) {
    int64_t budget = pl_deadline_ms(ORDERS_PLACE_BUDGET_MS);
    pl_access access = pl_access_of(call);
    order o = *wanted;
    bool found = false;
    access.deadline_ns = access.deadline_ns < budget ? access.deadline_ns : budget;
    pl_call_limit(call, pl_deadline_ms(ORDERS_UPSTREAMS_BUDGET_MS));
    pl_code code = find_earlier(placing, call, &access, wanted, key, &o, &found);
    if (code == PL_OK && !found) {
        code = prepare(placing, call, &access, &o);
        if (code == PL_OK && PL_FAILPOINT("orders.before_pending"))
            code = pl_call_fail(call, PL_UNAVAILABLE, NULL, "failpoint");
        if (code == PL_OK)
            code = create(placing, call, &access, key, &o);
    }
    (void)PL_FAILPOINT("orders.after_pending");
    /* One that is pending under this key is finished by whoever comes first: the charge is
     * idempotent and the row is fenced. */
    if (code == PL_OK && o.state == ORDER_PENDING)
        code = charge_and_finish(placing, call, &access, &o);
    if (code == PL_OK)
        *out_order = o;
    return code;
}

#include "fixture.h"

const orders_key no_key;
const orders_key key = {.key = PL_STR("k1"), .request = PL_STR("request")};

orders_store fixture_store(const bed *b) {
    return (orders_store){b->pg, b->events};
}

pl_access fixture_call(bed *b) {
    return (pl_access){.deadline_ns = bed_deadline(), .arena = &b->arena};
}

order order_wanted(void) {
    order o = {.product_id = 1,
               .product_name = PL_STR("TV"),
               .quantity = 3,
               .price = 10000,
               .customer_id = PL_STR(CUSTOMER),
               .customer_name = PL_STR("유엔진"),
               .customer_addr = PL_STR("서울시"),
               .customer_phone = PL_STR("010")};
    pl_uuid7(o.charge_key);
    return o;
}

order order_pending(bed *b, const orders_key *with) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order o = order_wanted();
    bed_must(b, orders_store_create(&store, &call, with, &o, &b->err));
    return o;
}

pl_code order_place(bed *b, order *o) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    return orders_store_place(&store, &call, POLICY_BACKORDER, o, &b->err);
}

order order_placed(bed *b) {
    order o = order_pending(b, &no_key);
    bed_must(b, order_place(b, &o));
    return o;
}

pl_code order_abandon(bed *b, const order *o) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    return orders_store_abandon(&store, &call, o, &b->err);
}

pl_code order_drop(bed *b, const order *o) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    return orders_store_drop(&store, &call, o, &b->err);
}

pl_code order_cancel(bed *b, int64_t id, order *out) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    return orders_store_cancel(&store, &call, id, out, &b->err);
}

order order_get(bed *b, int64_t id) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order o = {0};
    bed_must(b, orders_store_get(&store, &call, id, &o, &b->err));
    return o;
}

pl_code order_find_key(bed *b, const orders_key *with, order *out) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    return orders_store_find_key(&store, &call, pl_str_c(CUSTOMER), with, out, &b->err);
}

orders_list order_list(bed *b, const orders_query *query) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    orders_list found = {0};
    bed_must(b, orders_store_list(&store, &call, query, &found, &b->err));
    return found;
}

orders_list order_claim(bed *b, int64_t limit) {
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    orders_list found = {0};
    bed_must(b, orders_store_claim(&store, &call, 3000, limit, &found, &b->err));
    return found;
}

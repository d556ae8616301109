#include "api.h"

#include <string.h>

#include "mall/orders/v1/orders.parley.h"
#include "parley/backing/backing.h"
#include "parley/backing/messages.h"

enum { PAGE_SIZE = 20 };

static mall_orders_v1_Order *make_order(pl_call *call, const order *o) {
    pl_arena *arena = pl_call_arena(call);
    mall_orders_v1_Order *message = mall_orders_v1_Order_new(arena);
    if (!message)
        return NULL;
    message->id = o->id;
    message->product_id = o->product_id;
    message->product_name = pl_arena_cstr(arena, o->product_name);
    message->quantity = o->quantity;
    message->price = o->price;
    message->customer_id = pl_arena_cstr(arena, o->customer_id);
    message->customer_name = pl_arena_cstr(arena, o->customer_name);
    message->customer_addr = pl_arena_cstr(arena, o->customer_addr);
    message->customer_phone = pl_arena_cstr(arena, o->customer_phone);
    message->state = (mall_orders_v1_OrderState)o->state;
    message->reason = pl_arena_cstr(arena, o->reason);
    message->created_at = pl_message_time(arena, o->created_us);
    bool whole = message->created_at && message->product_name && message->customer_id &&
                 message->customer_name && message->customer_addr && message->customer_phone &&
                 message->reason;
    return whole ? message : NULL;
}

static pl_code answer(pl_call *call, const order *o, mall_orders_v1_Order **out_response) {
    mall_orders_v1_Order *message = make_order(call, o);
    if (!message)
        return pl_call_no_memory(call);
    *out_response = message;
    return PL_OK;
}

/* The metadata idempotency-key and the bytes of the request it stands for. */
static pl_code read_key(pl_call *call, const mall_orders_v1_PlaceOrderRequest *request,
                        orders_key *out) {
    *out = (orders_key){.key = pl_call_metadata(call, "idempotency-key")};
    if (!out->key.p)
        return PL_OK;
    if (!orders_key_valid(out->key)) {
        pl_call_violation(call, "idempotency-key", "expected 1 to 64 printable characters");
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL,
                            "idempotency-key: expected 1 to 64 printable characters");
    }
    size_t size = protobuf_c_message_get_packed_size(&request->base);
    uint8_t *bytes = pl_arena_alloc(pl_call_arena(call), size);
    if (!bytes)
        return pl_call_no_memory(call);
    protobuf_c_message_pack(&request->base, bytes);
    out->request = pl_str_make((const char *)bytes, size);
    return PL_OK;
}

static pl_code place_order(void *self, pl_call *call,
                           const mall_orders_v1_PlaceOrderRequest *request,
                           mall_orders_v1_Order **out_response) {
    orders_key key;
    order placed;
    const order wanted = {.product_id = request->product_id,
                          .quantity = request->quantity,
                          .state = ORDER_PENDING,
                          .customer_id = pl_str_c(request->customer_id),
                          .customer_name = pl_str_c(request->customer_name),
                          .customer_addr = pl_str_c(request->customer_addr),
                          .customer_phone = pl_str_c(request->customer_phone)};
    pl_code code = read_key(call, request, &key);
    if (code == PL_OK)
        code = orders_place(self, call, &wanted, &key, &placed);
    return code == PL_OK ? answer(call, &placed, out_response) : code;
}

/* An order that its customer may see. */
static bool shown(const order *o) {
    if (o->state != ORDER_PENDING)
        return orders_visible(o);
    return pl_time_us() - o->created_us > (int64_t)ORDERS_PENDING_SHOWN_MS * 1000;
}

static pl_code get_order(void *self, pl_call *call, const mall_orders_v1_GetOrderRequest *request,
                         mall_orders_v1_Order **out_response) {
    const orders_placing *placing = self;
    pl_error err = PL_ERROR_INIT;
    order found;
    const pl_access access = pl_access_of(call);
    pl_code code = orders_store_get(placing->store, &access, request->order_id, &found, &err);
    if (code == PL_OK && !shown(&found))
        return pl_call_fail(call, PL_NOT_FOUND, NULL, "order %lld: no such order",
                            (long long)request->order_id);
    return code == PL_OK ? answer(call, &found, out_response) : pl_backing_fail(call, &err);
}

/* A page of orders as messages. */
typedef struct page {
    mall_orders_v1_Order **orders;
    size_t count;
    parley_rest_v1_Page *info;
} page;

static pl_code list(const orders_placing *placing, pl_call *call, orders_query *query,
                    int32_t number, int32_t size, page *out) {
    pl_error err = PL_ERROR_INIT;
    orders_list found = {0};
    pl_arena *arena = pl_call_arena(call);
    const pl_access access = pl_access_of(call);
    query->limit = size ? size : PAGE_SIZE;
    query->offset = number * query->limit;
    if (orders_store_list(placing->store, &access, query, &found, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    out->count = found.count;
    out->orders = pl_arena_calloc(arena, found.count, sizeof *out->orders);
    out->info = pl_message_page(arena, query->offset, query->limit, found.total);
    if (!out->orders || !out->info)
        return pl_call_no_memory(call);
    for (size_t i = 0; i < found.count; i++) {
        out->orders[i] = make_order(call, &found.items[i]);
        if (!out->orders[i])
            return pl_call_no_memory(call);
    }
    return PL_OK;
}

static pl_code list_orders(void *self, pl_call *call,
                           const mall_orders_v1_ListOrdersRequest *request,
                           mall_orders_v1_ListOrdersResponse **out_response) {
    page p;
    orders_query query = {.ascending = strcmp(request->sort, "id") == 0 ||
                                       strcmp(request->sort, "id,asc") == 0};
    pl_code code = list(self, call, &query, request->page, request->size, &p);
    if (code != PL_OK)
        return code;
    mall_orders_v1_ListOrdersResponse *response = mall_orders_v1_ListOrdersResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->orders = p.orders;
    response->n_orders = p.count;
    response->page = p.info;
    *out_response = response;
    return PL_OK;
}

static pl_code find_by_customer_id(void *self, pl_call *call,
                                   const mall_orders_v1_FindByCustomerIdRequest *request,
                                   mall_orders_v1_FindByCustomerIdResponse **out_response) {
    page p;
    orders_query query = {.customer_id = pl_str_c(request->customer_id)};
    pl_code code = list(self, call, &query, request->page, request->size, &p);
    if (code != PL_OK)
        return code;
    mall_orders_v1_FindByCustomerIdResponse *response = mall_orders_v1_FindByCustomerIdResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->orders = p.orders;
    response->n_orders = p.count;
    response->page = p.info;
    *out_response = response;
    return PL_OK;
}

static pl_code cancel(const orders_placing *placing, pl_call *call, int64_t id,
                      mall_orders_v1_Order **out_response) {
    pl_error err = PL_ERROR_INIT;
    order cancelled;
    const pl_access access = pl_access_of(call);
    pl_code code = orders_store_cancel(placing->store, &access, id, &cancelled, &err);
    return code == PL_OK ? answer(call, &cancelled, out_response) : pl_backing_fail(call, &err);
}

static pl_code refuse_field(pl_call *call, const char *path) {
    pl_call_violation(call, path, "cannot be changed; only state can, to OrderCancelled");
    return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL,
                        "%s: cannot be changed; only state can, to OrderCancelled", path);
}

static pl_code update_order(void *self, pl_call *call,
                            const mall_orders_v1_UpdateOrderRequest *request,
                            mall_orders_v1_Order **out_response) {
    const google_protobuf_FieldMask *mask = request->update_mask;
    for (size_t i = 0; mask && i < mask->n_paths; i++) {
        if (strcmp(mask->paths[i], "state") != 0)
            return refuse_field(call, mask->paths[i]);
    }
    if (request->order->state != mall_orders_v1_ORDER_STATE_CANCELLED) {
        pl_call_violation(call, "state", "can only become OrderCancelled");
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL,
                            "state: can only become OrderCancelled");
    }
    return cancel(self, call, request->order_id, out_response);
}

static pl_code cancel_order(void *self, pl_call *call,
                            const mall_orders_v1_CancelOrderRequest *request,
                            mall_orders_v1_Order **out_response) {
    return cancel(self, call, request->order_id, out_response);
}

static pl_code get_policy(void *self, pl_call *call, const mall_orders_v1_GetPolicyRequest *request,
                          mall_orders_v1_Policy **out_response) {
    const orders_placing *placing = self;
    (void)request;
    pl_arena *arena = pl_call_arena(call);
    mall_orders_v1_Policy *policy = mall_orders_v1_Policy_new(arena);
    if (policy)
        policy->stock_policy = pl_arena_strdup(arena, orders_policy_name(placing->policy));
    if (!policy || !policy->stock_policy)
        return pl_call_no_memory(call);
    *out_response = policy;
    return PL_OK;
}

static const mall_orders_v1_OrderService_ops operations = {
    .place_order = place_order,
    .get_order = get_order,
    .list_orders = list_orders,
    .find_by_customer_id = find_by_customer_id,
    .update_order = update_order,
    .cancel_order = cancel_order,
    .get_policy = get_policy,
};

pl_service_binding orders_api_bind(orders_placing *placing) {
    static mall_orders_v1_OrderService service; /* one a process, as the store is */
    service.self = placing;
    service.ops = &operations;
    return mall_orders_v1_OrderService_bind(&service);
}

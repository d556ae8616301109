#include "api.h"

#include "mall/delivery/v1/delivery.parley.h"
#include "parley/backing/backing.h"
#include "parley/backing/messages.h"

enum { PAGE_SIZE = 20, OF_ONE_ORDER_MAX = 100 };

static mall_delivery_v1_Delivery *make_delivery(pl_call *call, const delivery *d) {
    pl_arena *arena = pl_call_arena(call);
    mall_delivery_v1_Delivery *message = mall_delivery_v1_Delivery_new(arena);
    if (!message)
        return NULL;
    message->delivery_id = d->id;
    message->order_id = d->order_id;
    message->product_id = d->product_id;
    message->product_name = pl_arena_cstr(arena, d->product_name);
    message->quantity = d->quantity;
    message->customer_id = pl_arena_cstr(arena, d->customer_id);
    message->customer_name = pl_arena_cstr(arena, d->customer_name);
    message->delivery_address = pl_arena_cstr(arena, d->delivery_address);
    message->delivery_state = (mall_delivery_v1_DeliveryState)d->state;
    message->created_at = pl_message_time(arena, d->created_us);
    bool whole = message->created_at && message->product_name && message->customer_id &&
                 message->customer_name && message->delivery_address;
    return whole ? message : NULL;
}

static pl_code get_delivery(void *self, pl_call *call,
                            const mall_delivery_v1_GetDeliveryRequest *request,
                            mall_delivery_v1_Delivery **out_response) {
    pl_error err = PL_ERROR_INIT;
    delivery found;
    const pl_access access = pl_access_of(call);
    if (delivery_store_get(self, &access, request->delivery_id, &found, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    mall_delivery_v1_Delivery *message = make_delivery(call, &found);
    if (!message)
        return pl_call_no_memory(call);
    *out_response = message;
    return PL_OK;
}

/* A page of deliveries as messages. */
typedef struct page {
    mall_delivery_v1_Delivery **deliveries;
    size_t count;
    parley_rest_v1_Page *info;
} page;

static pl_code list(delivery_store *store, pl_call *call, const delivery_query *query, page *out) {
    pl_error err = PL_ERROR_INIT;
    delivery_list found = {0};
    pl_arena *arena = pl_call_arena(call);
    const pl_access access = pl_access_of(call);
    if (delivery_store_list(store, &access, query, &found, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    out->count = found.count;
    out->deliveries = pl_arena_calloc(arena, found.count, sizeof *out->deliveries);
    out->info = pl_message_page(arena, query->offset, query->limit, found.total);
    if (!out->deliveries || !out->info)
        return pl_call_no_memory(call);
    for (size_t i = 0; i < found.count; i++) {
        out->deliveries[i] = make_delivery(call, &found.items[i]);
        if (!out->deliveries[i])
            return pl_call_no_memory(call);
    }
    return PL_OK;
}

static pl_code list_deliveries(void *self, pl_call *call,
                               const mall_delivery_v1_ListDeliveriesRequest *request,
                               mall_delivery_v1_ListDeliveriesResponse **out_response) {
    page p;
    int64_t limit = request->size ? request->size : PAGE_SIZE;
    const delivery_query query = {.limit = limit, .offset = request->page * limit};
    pl_code code = list(self, call, &query, &p);
    if (code != PL_OK)
        return code;
    mall_delivery_v1_ListDeliveriesResponse *response = mall_delivery_v1_ListDeliveriesResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->deliveries = p.deliveries;
    response->n_deliveries = p.count;
    response->page = p.info;
    *out_response = response;
    return PL_OK;
}

static pl_code find_by_order_id(void *self, pl_call *call,
                                const mall_delivery_v1_FindByOrderIdRequest *request,
                                mall_delivery_v1_FindByOrderIdResponse **out_response) {
    page p;
    const delivery_query query = {.order_id = request->order_id, .limit = OF_ONE_ORDER_MAX};
    pl_code code = list(self, call, &query, &p);
    if (code != PL_OK)
        return code;
    mall_delivery_v1_FindByOrderIdResponse *response = mall_delivery_v1_FindByOrderIdResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->deliveries = p.deliveries;
    response->n_deliveries = p.count;
    response->page = p.info;
    *out_response = response;
    return PL_OK;
}

static const mall_delivery_v1_DeliveryService_ops operations = {
    .get_delivery = get_delivery,
    .list_deliveries = list_deliveries,
    .find_by_order_id = find_by_order_id,
};

pl_service_binding delivery_api_bind(delivery_store *store) {
    static mall_delivery_v1_DeliveryService service; /* one a process, as the store is */
    service.self = store;
    service.ops = &operations;
    return mall_delivery_v1_DeliveryService_bind(&service);
}

#include "api.h"

#include "mall/payment/v1/payment.parley.h"
#include "parley/backing/backing.h"
#include "parley/backing/messages.h"

static pl_code fill(pl_call *call, const payment *paid, mall_payment_v1_Payment *message) {
    pl_arena *arena = pl_call_arena(call);
    message->id = paid->id;
    message->order_id = paid->order_id;
    message->customer_id = pl_arena_cstr(arena, paid->customer_id);
    message->amount = paid->amount;
    message->state = (mall_payment_v1_PaymentState)paid->state;
    message->balance = paid->balance;
    if (paid->charged_us)
        message->charged_at = pl_message_time(arena, paid->charged_us);
    if (paid->refunded_us)
        message->refunded_at = pl_message_time(arena, paid->refunded_us);
    bool whole = message->customer_id && (!paid->charged_us || message->charged_at) &&
                 (!paid->refunded_us || message->refunded_at);
    return whole ? PL_OK : pl_call_no_memory(call);
}

static pl_code answer(pl_call *call, pl_code code, const payment *paid, const pl_error *err,
                      mall_payment_v1_Payment **out_response) {
    if (code != PL_OK)
        return pl_backing_fail(call, err);
    mall_payment_v1_Payment *message = mall_payment_v1_Payment_new(pl_call_arena(call));
    if (!message)
        return pl_call_no_memory(call);
    code = fill(call, paid, message);
    if (code == PL_OK)
        *out_response = message;
    return code;
}

/* The validator has seen that it is a UUID. */
static bool read_key(const char *text, uint8_t out[16]) {
    return pl_uuid_parse(pl_str_c(text), out);
}

static pl_code charge(void *self, pl_call *call, const mall_payment_v1_ChargeRequest *request,
                      mall_payment_v1_Payment **out_response) {
    pl_error err = PL_ERROR_INIT;
    payment paid = {0};
    const pl_access access = pl_access_of(call);
    payment_charge wanted = {.order_id = request->order_id,
                             .customer_id = pl_str_c(request->customer_id),
                             .amount = request->amount};
    if (!read_key(request->charge_key, wanted.charge_key))
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL, "charge_key: expected a UUID");
    pl_code code = payment_store_charge(self, &access, &wanted, &paid, &err);
    return answer(call, code, &paid, &err, out_response);
}

static pl_code refund(void *self, pl_call *call, const mall_payment_v1_RefundRequest *request,
                      mall_payment_v1_Payment **out_response) {
    pl_error err = PL_ERROR_INIT;
    payment paid = {0};
    const pl_access access = pl_access_of(call);
    payment_refund wanted = {.order_id = request->order_id,
                             .customer_id = pl_str_c(request->customer_id)};
    if (!read_key(request->charge_key, wanted.charge_key))
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL, "charge_key: expected a UUID");
    pl_code code = payment_store_refund(self, &access, &wanted, &paid, &err);
    return answer(call, code, &paid, &err, out_response);
}

static pl_code get_wallet(void *self, pl_call *call,
                          const mall_payment_v1_GetWalletRequest *request,
                          mall_payment_v1_Wallet **out_response) {
    pl_error err = PL_ERROR_INIT;
    int64_t balance = 0;
    const pl_access access = pl_access_of(call);
    pl_code code = payment_store_balance(self, &access, pl_str_c(request->customer_id), &balance,
                                         &err);
    if (code != PL_OK)
        return pl_backing_fail(call, &err);
    mall_payment_v1_Wallet *wallet = mall_payment_v1_Wallet_new(pl_call_arena(call));
    if (!wallet)
        return pl_call_no_memory(call);
    wallet->customer_id = request->customer_id; /* the request lives as long as the call */
    wallet->balance = balance;
    *out_response = wallet;
    return PL_OK;
}

static pl_code find_by_order_id(void *self, pl_call *call,
                                const mall_payment_v1_FindByOrderIdRequest *request,
                                mall_payment_v1_FindByOrderIdResponse **out_response) {
    pl_error err = PL_ERROR_INIT;
    pl_arena *arena = pl_call_arena(call);
    payment *list = NULL;
    size_t count = 0;
    const pl_access access = pl_access_of(call);
    pl_code code = payment_store_find(self, &access, request->order_id, &list, &count, &err);
    if (code != PL_OK)
        return pl_backing_fail(call, &err);
    mall_payment_v1_FindByOrderIdResponse *response = mall_payment_v1_FindByOrderIdResponse_new(
        arena);
    parley_rest_v1_Page *page = pl_message_page(arena, 0, PAYMENT_FIND_MAX, (int64_t)count);
    if (response)
        response->payments = pl_arena_calloc(arena, count, sizeof *response->payments);
    if (!response || !page || !response->payments)
        return pl_call_no_memory(call);
    for (size_t i = 0; i < count; i++) {
        mall_payment_v1_Payment *message = mall_payment_v1_Payment_new(arena);
        if (!message)
            return pl_call_no_memory(call);
        code = fill(call, &list[i], message);
        if (code != PL_OK)
            return code;
        response->payments[response->n_payments++] = message;
    }
    response->page = page;
    *out_response = response;
    return PL_OK;
}

static const mall_payment_v1_PaymentService_ops operations = {
    .charge = charge,
    .refund = refund,
    .get_wallet = get_wallet,
    .find_by_order_id = find_by_order_id,
};

pl_service_binding payment_api_bind(payment_store *store) {
    static mall_payment_v1_PaymentService service; /* one a process, as the store is */
    service.self = store;
    service.ops = &operations;
    return mall_payment_v1_PaymentService_bind(&service);
}

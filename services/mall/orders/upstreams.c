#include "upstreams.h"

#include <string.h>

#include "mall/payment/v1/payment.parley.h"
#include "mall/products/v1/products.parley.h"

pl_code upstreams_product(const orders_upstreams *up, pl_call *call, int64_t id,
                          order_product *out_product) {
    mall_products_v1_ProductService products = mall_products_v1_ProductService_client(up->products);
    mall_products_v1_GetProductRequest request = mall_products_v1_GET_PRODUCT_REQUEST_INIT;
    mall_products_v1_Product *product = NULL;
    request.product_id = id;
    pl_code code = mall_products_v1_ProductService_get_product(&products, call, &request, &product);
    if (code == PL_OK)
        *out_product = (order_product){.id = product->id,
                                       .name = pl_str_c(product->name),
                                       .price = product->price,
                                       .stock = product->stock};
    /* Anything but an answer about the product is products not being there. */
    return code == PL_OK || code == PL_NOT_FOUND ? code : PL_UNAVAILABLE;
}

charge_fate upstreams_charge(const orders_upstreams *up, pl_call *call, const order *pending) {
    mall_payment_v1_PaymentService service = mall_payment_v1_PaymentService_client(up->payment);
    mall_payment_v1_ChargeRequest request = mall_payment_v1_CHARGE_REQUEST_INIT;
    mall_payment_v1_Payment *paid = NULL;
    char key[PL_UUID_SIZE];
    char *customer = pl_arena_cstr(pl_call_arena(call), pending->customer_id);
    if (!customer)
        return CHARGE_NOT_KNOWN;
    pl_uuid_text(pending->charge_key, key);
    request.charge_key = key;
    request.order_id = pending->id;
    request.customer_id = customer;
    request.amount = pending->price * pending->quantity;
    pl_code code = mall_payment_v1_PaymentService_charge(&service, call, &request, &paid);
    if (code == PL_OK)
        return CHARGE_DONE;
    if (code != PL_FAILED_PRECONDITION)
        return CHARGE_NOT_KNOWN;
    return strcmp(pl_call_error(call)->reason, "CHARGE_REFUNDED") == 0 ? CHARGE_BARRED
                                                                       : CHARGE_REFUSED;
}

pl_code upstreams_refund(const orders_upstreams *up, pl_call *call, const order *abandoned) {
    mall_payment_v1_PaymentService service = mall_payment_v1_PaymentService_client(up->payment);
    mall_payment_v1_RefundRequest request = mall_payment_v1_REFUND_REQUEST_INIT;
    mall_payment_v1_Payment *paid = NULL;
    char key[PL_UUID_SIZE];
    char *customer = pl_arena_cstr(pl_call_arena(call), abandoned->customer_id);
    if (!customer)
        return PL_RESOURCE_EXHAUSTED;
    pl_uuid_text(abandoned->charge_key, key);
    request.charge_key = key;
    request.order_id = abandoned->id;
    request.customer_id = customer;
    return mall_payment_v1_PaymentService_refund(&service, call, &request, &paid);
}

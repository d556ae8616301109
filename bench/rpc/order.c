#include "order.h"

static char product[] = "Kettle of brushed steel, 1.7 litres";
static char customer_id[] = "customer-0000004711";
static char name[] = "Jeongmin Park";
static char addr[] = "12 Street 34, apartment 5607, Seocho-gu, Seoul 06611, Republic of Korea";
static char phone[] = "+82 10 5555 0123";
static char note[] = "Please leave it with the neighbours on the fourth floor when nobody is at "
                     "home; the bell is broken, so knock.";

void order_init(bench_v1_Order *out_order, bench_v1_Instant *out_instant) {
    *out_instant = (bench_v1_Instant)bench_v1_INSTANT_INIT;
    out_instant->seconds = 1760000000;
    out_instant->nanos = 123456789;
    *out_order = (bench_v1_Order)bench_v1_ORDER_INIT;
    out_order->id = 1234567;
    out_order->product_id = 42;
    out_order->product_name = product;
    out_order->quantity = 3;
    out_order->price = 39900;
    out_order->customer_id = customer_id;
    out_order->customer_name = name;
    out_order->customer_addr = addr;
    out_order->customer_phone = phone;
    out_order->note = note;
    out_order->created_at = out_instant;
}

size_t order_encode(uint8_t out_bytes[ORDER_BYTES_MAX]) {
    bench_v1_Instant instant;
    bench_v1_Order order;

    order_init(&order, &instant);
    return protobuf_c_message_pack(&order.base, out_bytes);
}

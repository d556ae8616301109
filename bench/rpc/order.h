/* The order that every client of bench/rpc sends, about 300 bytes. */
#ifndef BENCH_RPC_ORDER_H
#define BENCH_RPC_ORDER_H

#include "bench/v1/bench.parley.h"

enum { ORDER_BYTES_MAX = 512 };

/* Its texts are constants; the instant that it points to is in OUT_INSTANT. */
void order_init(bench_v1_Order *out_order, bench_v1_Instant *out_instant);
/* The same encoded; returns how many bytes. */
size_t order_encode(uint8_t out_bytes[ORDER_BYTES_MAX]);

#endif

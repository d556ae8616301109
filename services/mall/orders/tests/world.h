/* A world for orders to be placed in: a real database, and mocks of products and payment, served
 * over gRPC as the real ones are. */
#ifndef MALL_ORDERS_TESTS_WORLD_H
#define MALL_ORDERS_TESTS_WORLD_H

#include "bed_rpc.h"

#include <pthread.h>

#include "mall/payment/v1/payment.parley.h"
#include "mall/products/v1/products.parley.h"
#include "place.h"

#define CUSTOMER "1@uengine.org"

/* orders' upstreams. Payment takes money at `charge`, unless it is told to be slow. */
typedef struct world {
    bed *b;
    pl_server *products_server;
    pl_server *payment_server;
    mall_products_v1_ProductService_mock *products;
    mall_payment_v1_PaymentService_mock *payment;
    mall_payment_v1_PaymentService slow;
    pl_channel *products_channel;
    pl_channel *payment_channel;
    orders_store store;
    orders_placing placing;
    pthread_mutex_t mu;
    /* guarded by mu */
    char trace[PL_TRACEPARENT_SIZE]; /* of the last one */
    char trace_state[32];
} world;

/* What a client hears. */
typedef struct answer {
    pl_code code;
    pl_error error;
    order order;
    char name[32];
    int64_t ms;
} answer;

/* The world of each test. Products sells ten TVs, and payment takes any money. */
int world_setup(void **state);
int world_teardown(void **state);
world *world_of(void **state);
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

/* Lets products have STOCK TVs. */
void sell(world *w, int64_t stock);
/* Orders three TVs under KEY ("": none), with the request BODY. */
answer place(world *w, const char *key, const char *body);
#define PLACE(w) place((w), "", "")
/* Runs the sweep over what lies there until nothing is unfinished. */
void sweep(world *w);

int64_t orders_in(world *w, order_state state);
/* How often payment was asked. */
unsigned charges(world *w);
unsigned refunds(world *w);
/* Fails the test where there is an order, or an event of one. */
void no_order(world *w);

#endif

/* A gateway over real HTTP, in front of a gRPC server with a generated mock of orders: its payment
 * never answers, its delivery does not listen. */
#ifndef GATEWAY_TESTS_FIXTURE_H
#define GATEWAY_TESTS_FIXTURE_H

#include "gateway.h"

#include "check.h"
#include "mall/orders/v1/orders.parley.h"
#include "parley/base/arena.h"
#include "parley/http/client.h"
#include "parley/rpc/mock.h"
#include "parley/rpc/server.h"
#include "parley/test/proxy.h"

/* Listeners of the gateway. */
enum { MAIN, ORDERS, PRODUCTS, LISTENERS };

/* How long an effect is waited for. */
#define PATIENCE_MS 10000

typedef struct fixture {
    pl_arena arena;
    mall_orders_v1_OrderService_mock *orders;
    mall_orders_v1_OrderService orders_service;
    pl_server *server;
    pl_test_proxy *line; /* to the server of orders */
    int deaf;            /* a socket that listens and never answers */
    gateway_config config;
    char folder[64];
    char descriptors[128];
    gateway *gateway;
    pl_http_answer *answer;
} fixture;

/* The mall's descriptors; set by main. */
extern const char *descriptors;
/* The name of the last request as a span. */
extern char seen_request[64];
/* A request for an order, and the order that answers it. */
extern const char order_json[];
const mall_orders_v1_Order *an_order(void);

void copy_file(const char *from, const char *to);

int set_up(void **state);
int set_up_two_loops(void **state);
int tear_down(void **state);

pl_http_call call_of(fixture *f, size_t listener, const char *method, const char *target);
/* Sends CALL and keeps its answer in F. */
void fetch(fixture *f, const pl_http_call *call);
void get(fixture *f, size_t listener, const char *target);
void post(fixture *f, const char *target, const char *body);
/* Of the last answer; NULL where there is no such header. */
const char *body_of(fixture *f);
const char *header_of(fixture *f, const char *name);
/* The last answer has this status, and TEXT in its body. */
void expect(fixture *f, int status, const char *text);

#endif

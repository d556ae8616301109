/* Names in C: ours, and those that protoc-gen-c gives.
 *
 * Every function returns text in ARENA, NULL without memory.
 */
#ifndef PL_GEN_NAMES_H
#define PL_GEN_NAMES_H

#include <stdbool.h>

#include "parley/base/arena.h"

/* "mall.orders.v1.Order" -> "mall_orders_v1_Order"; also for paths. */
const char *pl_name_flat(pl_arena *arena, const char *name);
/* "PlaceOrder" -> "place_order", "GetHTTPUrl" -> "get_http_url". */
const char *pl_name_snake(pl_arena *arena, const char *name);
/* "PlaceOrder" -> "PLACE_ORDER". */
const char *pl_name_upper(pl_arena *arena, const char *name);
/* "mall/orders/v1/orders" -> "MALL_ORDERS_V1_ORDERS_PARLEY_H". */
const char *pl_name_guard(pl_arena *arena, const char *base);

/* protoc-gen-c's rules (c_helpers.cc): "my_pkg.v1.FooBar" -> "MyPkg__V1__FooBar",
 * "my_pkg__v1__foo_bar", "MY_PKG__V1__FOO_BAR". */
const char *pl_name_pbc_type(pl_arena *arena, const char *full);
const char *pl_name_pbc_lower(pl_arena *arena, const char *full);
const char *pl_name_pbc_upper(pl_arena *arena, const char *full);
/* A member of the operations table: SNAKE, with "_" behind a word of C or C++. */
const char *pl_name_op(pl_arena *arena, const char *snake);
/* "mall_orders_v1_OrderService_place_order": calls a method; "_" behind what its SERVICE has of
 * that name itself ("client_"). */
const char *pl_name_function(pl_arena *arena, const char *service, const char *snake);
/* Whether NAME is a word of C or C++, or a macro that stands for something. */
bool pl_name_is_word(const char *name);
/* The same of those words that protoc-gen-c leaves alone. */
bool pl_name_is_unsafe(const char *member);
/* A member: lower case, with "_" behind a C++ keyword. */
const char *pl_name_pbc_member(pl_arena *arena, const char *field);
/* "_min" -> "_min", "fooBar" -> "foo_bar": a oneof in its case member. */
const char *pl_name_pbc_oneof(pl_arena *arena, const char *oneof);
/* The constant of FIELD in ONEOF of the message with that upper name. */
const char *pl_name_pbc_case(pl_arena *arena, const char *message_upper, const char *oneof,
                             const char *field);

#endif

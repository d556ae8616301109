/* Products and their stock: the rules, without I/O.
 *
 * Each order has one allocation, which says how its OrderPlaced was answered. Stock
 * is taken when the allocation becomes TAKEN and given back when a TAKEN one is
 * cancelled, never otherwise; so stock + what TAKEN allocations hold is conserved.
 */
#ifndef MALL_PRODUCTS_PRODUCTS_H
#define MALL_PRODUCTS_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#define PRODUCTS_DOMAIN "mall"
/* Options of one product, as the proto limits them. */
#define PRODUCTS_OPTIONS_MAX 100

typedef struct product_option {
    int64_t id;
    pl_str name;
    pl_str desc;
} product_option;

/* A product. Texts and options are borrowed from whoever filled it. */
typedef struct product {
    int64_t id;
    int64_t ver; /* of its last event */
    pl_str name;
    int64_t price;
    int64_t stock;
    pl_str image_url;
    const product_option *options;
    size_t option_count;
} product;

typedef enum allocation_state {
    ALLOCATION_TAKEN = 1,
    ALLOCATION_WAITING = 2,
    ALLOCATION_REFUSED = 3,
    ALLOCATION_CANCELLED = 4, /* also of an order whose OrderPlaced has not come yet */
} allocation_state;

typedef struct allocation {
    int64_t order_id;
    int64_t product_id;
    int64_t quantity;
    allocation_state state;
} allocation;

/* How an order of QUANTITY is answered with STOCK pieces there, under the policy the
 * order carries. */
allocation_state products_answer(int64_t stock, int64_t quantity, pl_str stock_policy);

/* Whether the longest-waiting order can have its pieces now. */
bool products_can_serve(int64_t stock, const allocation *waiting);

/* What a change of a product may touch, a bit each. */
enum {
    PRODUCT_NAME = 1,
    PRODUCT_PRICE = 2,
    PRODUCT_STOCK = 4,
    PRODUCT_IMAGE_URL = 8,
    PRODUCT_OPTIONS = 16,
    PRODUCT_ALL = 31,
};

/* The bit of a field of Product, by its Protobuf name; 0 where it cannot be changed. */
unsigned products_field(pl_str path);

#endif

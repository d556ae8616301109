/* The catalogue in PostgreSQL. Stock and allocations are in stock.h; together they are all
 * SQL of the service.
 *
 * Every operation is one transaction. Results live in the given arena. Codes beside the
 * named ones: those of parley/pg/pg.h.
 */
#ifndef MALL_PRODUCTS_STORE_H
#define MALL_PRODUCTS_STORE_H

#include "parley/backing/access.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"
#include "products.h"

typedef struct products_store {
    pl_pg *pg;           /* borrowed */
    pl_event_pg *events; /* borrowed */
} products_store;

typedef enum products_sort {
    PRODUCTS_BY_ID,
    PRODUCTS_BY_NAME,
    PRODUCTS_BY_PRICE,
    PRODUCTS_BY_STOCK,
} products_sort;

/* Which products to list. */
typedef struct products_query {
    pl_str name_part; /* empty: all */
    products_sort sort;
    bool descending;
    int64_t offset;
    int64_t limit;
} products_query;

typedef struct products_list {
    product *items;
    size_t count;
    int64_t total; /* of all pages */
} products_list;

/* PL_NOT_FOUND where there is none. */
PL_NODISCARD pl_code products_store_get(products_store *store, const pl_access *call, int64_t id,
                                        product *out_product, pl_error *err);
PL_NODISCARD pl_code products_store_list(products_store *store, const pl_access *call,
                                         const products_query *query, products_list *out_list,
                                         pl_error *err);
/* Stores PRODUCT, whose id and ver are given by the store. */
PL_NODISCARD pl_code products_store_create(products_store *store, const pl_access *call,
                                           const product *wanted, product *out_product,
                                           pl_error *err);
/* Changes what FIELDS (bits of products.h) names and serves waiting orders. EXPECTED_VER -1:
 * whatever the version is; else PL_ABORTED where it is another one. */
PL_NODISCARD pl_code products_store_update(products_store *store, const pl_access *call,
                                           const product *wanted, unsigned fields,
                                           int64_t expected_ver, product *out_product,
                                           pl_error *err);
/* Adds QUANTITY pieces and serves waiting orders. PL_FAILED_PRECONDITION: more than fits. */
PL_NODISCARD pl_code products_store_restock(products_store *store, const pl_access *call,
                                            int64_t id, int64_t quantity, product *out_product,
                                            pl_error *err);
PL_NODISCARD pl_code products_store_remove(products_store *store, const pl_access *call, int64_t id,
                                           pl_error *err);

/* Inserts the demonstration's products into an empty catalogue; *out_inserted says whether. Several
 * processes may try at once. */
PL_NODISCARD pl_code products_store_demo(products_store *store, const pl_access *call,
                                         bool *out_inserted, pl_error *err);

#endif

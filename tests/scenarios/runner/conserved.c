/* `conserved`: what must never happen in the mall has not happened: money and stock are where the
 * live orders say, nothing is doubled, nothing is left unfinished. To be asked after `settle`,
 * since refunds and allocations travel by events. */
#include <stdio.h>

#include "stores.h"

/* Orders that are paid for: placed or backordered. */
#define LIVE "state IN (2, 3)"

/* NAME of what is wrong where SQL finds rows. */
static bool nothing(context *c, const pl_yaml_node *at, const stores *all, const char *service,
                    const char *what, const char *sql) {
    const store *s = stores_find(c, at, all, service);
    pl_pg_rows *rows = s ? store_ask(c, at, s, sql, PL_PG_NO_ARGS) : NULL;
    if (!rows)
        return false;
    bool none = pl_pg_count(rows) == 0;
    if (!none)
        blame(c->failure, at, "%s: %s (%zu of them, such as %.*s)", service, what,
              pl_pg_count(rows), PL_FMT(pl_pg_get_str(rows, 0, 0)));
    pl_pg_rows_free(rows);
    return none;
}

static bool each_alone(context *c, const pl_yaml_node *at, const stores *all) {
    return nothing(c, at, all, "orders", "an order that is neither placed nor gone",
                   "SELECT id::text FROM orders WHERE state IN (1, 5)") &&
           nothing(c, at, all, "payment", "a balance that is not the sum of its ledger",
                   "SELECT w.customer_id FROM wallet w WHERE balance <> (SELECT "
                   "coalesce(sum(amount), 0) FROM ledger l WHERE l.customer_id = w.customer_id)") &&
           nothing(c, at, all, "products", "a negative stock",
                   "SELECT id::text FROM product WHERE stock < 0") &&
           nothing(c, at, all, "delivery", "an order with two deliveries",
                   "SELECT order_id::text FROM delivery GROUP BY order_id HAVING count(*) > 1");
}

/* Two services' sums, KEY and sum a row in the order of KEY, are the same. */
static bool same_sums(context *c, const pl_yaml_node *at, const stores *all, const char *what,
                      const char *const services[2], const char *const sql[2]) {
    pl_pg_rows *rows[2] = {NULL, NULL};
    bool same = true;
    for (size_t i = 0; same && i < 2; i++) {
        const store *s = stores_find(c, at, all, services[i]);
        rows[i] = s ? store_ask(c, at, s, sql[i], PL_PG_NO_ARGS) : NULL;
        same = rows[i] != NULL;
    }
    size_t a = same ? pl_pg_count(rows[0]) : 0;
    size_t b = same ? pl_pg_count(rows[1]) : 0;
    for (size_t i = 0; same && (i < a || i < b); i++) {
        pl_str key[2] = {{NULL, 0}, {NULL, 0}};
        pl_str sum[2] = {{NULL, 0}, {NULL, 0}};
        for (size_t k = 0; k < 2; k++) {
            if (i < pl_pg_count(rows[k])) {
                key[k] = pl_pg_get_str(rows[k], i, 0);
                sum[k] = pl_pg_get_str(rows[k], i, 1);
            }
        }
        same = (pl_str_eq(key[0], key[1]) && pl_str_eq(sum[0], sum[1])) ||
               blame(c->failure, at, "%s: %s says %.*s %.*s, %s says %.*s %.*s", what, services[0],
                     PL_FMT(key[0]), PL_FMT(sum[0]), services[1], PL_FMT(key[1]), PL_FMT(sum[1]));
    }
    pl_pg_rows_free(rows[0]);
    pl_pg_rows_free(rows[1]);
    return same;
}

static bool money(context *c, const pl_yaml_node *at, const stores *all) {
    static const char *const services[] = {"orders", "payment"};
    static const char *const sql[] = {
        "SELECT customer_id, sum(price * quantity)::text FROM orders WHERE " LIVE
        " GROUP BY customer_id HAVING sum(price * quantity) <> 0 ORDER BY customer_id COLLATE "
        "\"C\"",
        "SELECT customer_id, (1000000 - balance)::text FROM wallet WHERE balance <> 1000000 "
        "ORDER BY customer_id COLLATE \"C\""};
    return same_sums(c, at, all, "money", services, sql);
}

static bool stock(context *c, const pl_yaml_node *at, const stores *all) {
    static const char *const services[] = {"orders", "products"};
    static const char *const sql[] = {
        "SELECT product_id::text, sum(quantity)::text FROM orders WHERE state = 2 "
        "GROUP BY product_id ORDER BY product_id",
        "SELECT product_id::text, sum(quantity)::text FROM allocation WHERE state = 1 "
        "GROUP BY product_id ORDER BY product_id"};
    return same_sums(c, at, all, "stock taken by live orders", services, sql);
}

bool step_conserved(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    stores all;
    bool ok = stores_open(c, step, &all) && each_alone(c, step, &all) && money(c, step, &all) &&
              stock(c, step, &all);
    (void)value;
    stores_close(&all);
    return ok;
}

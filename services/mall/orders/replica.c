#include "replica.h"

pl_code replica_put(pl_pg_tx *tx, const order_product *product, int64_t version, pl_error *err) {
    return pl_pg_exec(tx,
                      "INSERT INTO product_replica (id, ver, name, price, stock) "
                      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE "
                      "SET ver = excluded.ver, name = excluded.name, price = excluded.price, "
                      "stock = excluded.stock WHERE product_replica.ver < excluded.ver",
                      PL_PG_ARGS(pl_pg_i64(product->id), pl_pg_i64(version),
                                 pl_pg_text(product->name), pl_pg_i64(product->price),
                                 pl_pg_i64(product->stock)),
                      err);
}

pl_code replica_remove(pl_pg_tx *tx, int64_t product_id, pl_error *err) {
    return pl_pg_exec(tx, "DELETE FROM product_replica WHERE id = $1",
                      PL_PG_ARGS(pl_pg_i64(product_id)), err);
}

pl_code replica_get(pl_pg *pg, int64_t deadline_ns, int64_t product_id, pl_arena *arena,
                    order_product *out_product, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(pg, deadline_ns,
                              "SELECT name, price, stock FROM product_replica WHERE id = $1",
                              PL_PG_ARGS(pl_pg_i64(product_id)), &rows, err);
    if (code != PL_OK)
        return code;
    if (pl_pg_count(rows) == 0) {
        code = pl_error_set(err, PL_NOT_FOUND, "product %lld: no such product",
                            (long long)product_id);
    } else {
        const char *name = pl_arena_cstr(arena, pl_pg_get_str(rows, 0, 0));
        if (name)
            *out_product = (order_product){.id = product_id,
                                           .name = pl_str_c(name),
                                           .price = pl_pg_get_i64(rows, 0, 1),
                                           .stock = pl_pg_get_i64(rows, 0, 2)};
        else
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    }
    pl_pg_rows_free(rows);
    return code;
}

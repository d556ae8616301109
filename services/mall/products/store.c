#include "store.h"

#include "policies.h"
#include "stock.h"

/* Greatest stock, as the proto limits it. */
#define STOCK_MAX INT64_C(1000000000)
/* Ids a new product tries. */
enum { CREATE_TRIES = 100 };

static pl_code not_found(int64_t id, pl_error *err) {
    return pl_error_set(err, PL_NOT_FOUND, "product %lld: no such product", (long long)id);
}

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
}

static bool keep(pl_str *text, pl_arena *arena) {
    const char *copy = pl_arena_cstr(arena, *text);
    if (copy)
        text->p = copy;
    return copy != NULL;
}

/* The options of COUNT products, in one query. */
static pl_code read_options(pl_pg_tx *tx, product *products, size_t count, pl_arena *arena,
                            pl_error *err) {
    pl_pg_rows *rows = NULL;
    int64_t *ids = pl_arena_calloc(arena, count, sizeof *ids);
    if (!ids)
        return no_memory(err);
    for (size_t i = 0; i < count; i++)
        ids[i] = products[i].id;
    pl_code code = pl_pg_query(tx,
                               "SELECT product_id, id, name, descr FROM product_option "
                               "WHERE product_id = ANY($1) ORDER BY product_id, id",
                               PL_PG_ARGS(pl_pg_i64s(ids, count)), &rows, err);
    if (code != PL_OK)
        return code;
    size_t total = pl_pg_count(rows);
    product_option *options = pl_arena_calloc(arena, total, sizeof *options);
    if (!options)
        return no_memory(err);
    for (size_t r = 0; r < total; r++) {
        options[r].id = pl_pg_get_i64(rows, r, 1);
        options[r].name = pl_pg_get_str(rows, r, 2);
        options[r].desc = pl_pg_get_str(rows, r, 3);
        if (!keep(&options[r].name, arena) || !keep(&options[r].desc, arena))
            return no_memory(err);
        int64_t owner = pl_pg_get_i64(rows, r, 0);
        for (size_t i = 0; i < count; i++) {
            if (products[i].id != owner)
                continue;
            if (products[i].option_count++ == 0)
                products[i].options = &options[r];
        }
    }
    return PL_OK;
}

#define PRODUCT_COLUMNS "id, ver, name, price, stock, image_url"

static pl_code read_row(const pl_pg_rows *rows, size_t row, pl_arena *arena, product *out,
                        pl_error *err) {
    *out = (product){.id = pl_pg_get_i64(rows, row, 0),
                     .ver = pl_pg_get_i64(rows, row, 1),
                     .name = pl_pg_get_str(rows, row, 2),
                     .price = pl_pg_get_i64(rows, row, 3),
                     .stock = pl_pg_get_i64(rows, row, 4),
                     .image_url = pl_pg_get_str(rows, row, 5)};
    return keep(&out->name, arena) && keep(&out->image_url, arena) ? PL_OK : no_memory(err);
}

static pl_code read_products(const pl_pg_rows *rows, pl_arena *arena, product *out, pl_error *err) {
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < pl_pg_count(rows); i++)
        code = read_row(rows, i, arena, &out[i], err);
    return code;
}

/* A product with its options in one query: a row an option, or one row without. */
static const char get_sql[] =
    "SELECT p.id, p.ver, p.name, p.price, p.stock, p.image_url, o.id, o.name, o.descr "
    "FROM product p LEFT JOIN product_option o ON o.product_id = p.id "
    "WHERE p.id = $1 AND NOT p.removed ORDER BY o.id";

enum { OPTION_ID = 6, OPTION_NAME, OPTION_DESC };

static pl_code read_product(const pl_pg_rows *rows, int64_t id, pl_arena *arena, product *out,
                            pl_error *err) {
    size_t count = pl_pg_count(rows);
    if (count == 0)
        return not_found(id, err);
    product_option *options = pl_arena_calloc(arena, count, sizeof *options);
    if (!options)
        return no_memory(err);
    pl_code code = read_row(rows, 0, arena, out, err);
    if (code != PL_OK || pl_pg_is_null(rows, 0, OPTION_ID))
        return code;
    out->options = options;
    out->option_count = count;
    for (size_t i = 0; i < count; i++) {
        options[i].id = pl_pg_get_i64(rows, i, OPTION_ID);
        options[i].name = pl_pg_get_str(rows, i, OPTION_NAME);
        options[i].desc = pl_pg_get_str(rows, i, OPTION_DESC);
        if (!keep(&options[i].name, arena) || !keep(&options[i].desc, arena))
            return no_memory(err);
    }
    return PL_OK;
}

/* The product as it stands in TX. */
static pl_code get_in(pl_pg_tx *tx, int64_t id, pl_arena *arena, product *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx, get_sql, PL_PG_ARGS(pl_pg_i64(id)), &rows, err);
    return code == PL_OK ? read_product(rows, id, arena, out, err) : code;
}

/* Every order asks for its product: one round trip, and no transaction around it. */
pl_code products_store_get(products_store *store, const pl_access *call, int64_t id,
                           product *out_product, pl_error *err) {
    pl_pg_rows *rows = NULL;
    product found;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns, get_sql, PL_PG_ARGS(pl_pg_i64(id)),
                              &rows, err);
    if (code != PL_OK)
        return code;
    code = read_product(rows, id, call->arena, &found, err);
    pl_pg_rows_free(rows);
    if (code == PL_OK)
        *out_product = found;
    return code;
}

/* One literal for each order: SQL is never put together. */
static const char *list_sql(products_sort sort, bool descending) {
#define LIST_BY(order)                                                                             \
    "SELECT " PRODUCT_COLUMNS ", count(*) OVER () FROM product "                                   \
    "WHERE NOT removed AND ($1 = '' OR position(lower($1) IN lower(name)) > 0) "                   \
    "ORDER BY " order " LIMIT $2 OFFSET $3"
    static const char *const by[][2] = {
        {LIST_BY("id"), LIST_BY("id DESC")},
        {LIST_BY("name, id"), LIST_BY("name DESC, id")},
        {LIST_BY("price, id"), LIST_BY("price DESC, id")},
        {LIST_BY("stock, id"), LIST_BY("stock DESC, id")},
    };
#undef LIST_BY
    return by[sort][descending];
}

static pl_code list_in(pl_pg_tx *tx, const products_query *query, pl_arena *arena,
                       products_list *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(
        tx, list_sql(query->sort, query->descending),
        PL_PG_ARGS(pl_pg_text(query->name_part), pl_pg_i64(query->limit), pl_pg_i64(query->offset)),
        &rows, err);
    if (code != PL_OK)
        return code;
    out->count = pl_pg_count(rows);
    out->items = pl_arena_calloc(arena, out->count, sizeof *out->items);
    if (!out->items)
        return no_memory(err);
    code = read_products(rows, arena, out->items, err);
    if (code == PL_OK && out->count) {
        out->total = pl_pg_get_i64(rows, 0, 6);
        return read_options(tx, out->items, out->count, arena, err);
    }
    if (code != PL_OK || query->offset == 0)
        return code;
    /* A page behind the last one has no row to carry the total. */
    code = pl_pg_query(tx,
                       "SELECT count(*) FROM product WHERE NOT removed AND "
                       "($1 = '' OR position(lower($1) IN lower(name)) > 0)",
                       PL_PG_ARGS(pl_pg_text(query->name_part)), &rows, err);
    if (code == PL_OK)
        out->total = pl_pg_get_i64(rows, 0, 0);
    return code;
}

pl_code products_store_list(products_store *store, const pl_access *call,
                            const products_query *query, products_list *out_list, pl_error *err) {
    pl_pg_tx *tx = NULL;
    products_list list = {0};
    pl_code code = pl_pg_begin(store->pg, call->deadline_ns, &tx, err);
    if (code != PL_OK)
        return code;
    code = list_in(tx, query, call->arena, &list, err);
    pl_pg_rollback(tx);
    if (code == PL_OK)
        *out_list = list;
    return code;
}

static pl_code write_options(pl_pg_tx *tx, int64_t id, const product *wanted, pl_error *err) {
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < wanted->option_count; i++)
        code = pl_pg_exec(tx,
                          "INSERT INTO product_option (product_id, name, descr) "
                          "VALUES ($1, $2, $3)",
                          PL_PG_ARGS(pl_pg_i64(id), pl_pg_text(wanted->options[i].name),
                                     pl_pg_text(wanted->options[i].desc)),
                          err);
    return code;
}

/* A new row; its id. Ids that orders named before products gave them away are taken by
 * tombstones and passed over. */
static pl_code insert_product(pl_pg_tx *tx, const product *wanted, int64_t *out_id, pl_error *err) {
    for (int tries = 0; tries < CREATE_TRIES; tries++) {
        pl_pg_rows *rows = NULL;
        pl_code code = pl_pg_query(
            tx,
            "INSERT INTO product (ver, name, price, stock, image_url) "
            "VALUES (1, $1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING id",
            PL_PG_ARGS(pl_pg_text(wanted->name), pl_pg_i64(wanted->price), pl_pg_i64(wanted->stock),
                       pl_pg_text(wanted->image_url)),
            &rows, err);
        if (code != PL_OK)
            return code;
        if (pl_pg_count(rows) == 1) {
            *out_id = pl_pg_get_i64(rows, 0, 0);
            return PL_OK;
        }
    }
    return pl_error_set(err, PL_ABORTED, "no free product id within %d; try again", CREATE_TRIES);
}

static pl_code create_in(pl_event_tx *tx, const product *wanted, int64_t *out_id, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    product made = *wanted;
    made.ver = 0;
    pl_code code = insert_product(pg, wanted, &made.id, err);
    if (code == PL_OK)
        code = write_options(pg, made.id, wanted, err);
    if (code == PL_OK)
        code = products_say_changed(tx, &made, err);
    if (code == PL_OK)
        *out_id = made.id;
    return code;
}

pl_code products_store_create(products_store *store, const pl_access *call, const product *wanted,
                              product *out_product, pl_error *err) {
    pl_event_tx tx;
    product made;
    int64_t id = 0;
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &call->context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = create_in(&tx, wanted, &id, err);
    if (code == PL_OK)
        code = get_in(pg, id, call->arena, &made, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_product = made;
    return code;
}

static pl_code apply(pl_event_tx *tx, const product *wanted, unsigned fields, product *current,
                     pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    if (fields & PRODUCT_NAME)
        current->name = wanted->name;
    if (fields & PRODUCT_PRICE)
        current->price = wanted->price;
    if (fields & PRODUCT_STOCK)
        current->stock = wanted->stock;
    if (fields & PRODUCT_IMAGE_URL)
        current->image_url = wanted->image_url;
    pl_code code = pl_pg_exec(
        pg, "UPDATE product SET name = $2, price = $3, image_url = $4 WHERE id = $1",
        PL_PG_ARGS(pl_pg_i64(current->id), pl_pg_text(current->name), pl_pg_i64(current->price),
                   pl_pg_text(current->image_url)),
        err);
    if (code == PL_OK && (fields & PRODUCT_OPTIONS)) {
        code = pl_pg_exec(pg, "DELETE FROM product_option WHERE product_id = $1",
                          PL_PG_ARGS(pl_pg_i64(current->id)), err);
        if (code == PL_OK)
            code = write_options(pg, current->id, wanted, err);
    }
    return code;
}

/* What a change does to a locked product that is there. */
typedef struct change {
    const product *wanted; /* NULL: a restock */
    unsigned fields;
    int64_t expected_ver; /* -1: any */
    int64_t restock;
} change;

static pl_code change_in(pl_event_tx *tx, int64_t id, const change *c, pl_error *err) {
    product current;
    bool there = false;
    pl_code code = stock_lock(tx, id, &current, &there, err);
    if (code == PL_OK && !there)
        code = not_found(id, err);
    if (code == PL_OK && c->expected_ver >= 0 && c->expected_ver != current.ver)
        code = pl_error_set(err, PL_ABORTED,
                            "product %lld has changed since (if-match \"%lld\", now \"%lld\"); "
                            "read it again",
                            (long long)id, (long long)c->expected_ver, (long long)current.ver);
    if (code == PL_OK && !c->wanted) {
        if (current.stock > STOCK_MAX - c->restock)
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "quantity: the stock would be above %lld", (long long)STOCK_MAX);
        current.stock += c->restock;
    } else if (code == PL_OK) {
        code = apply(tx, c->wanted, c->fields, &current, err);
    }
    if (code == PL_OK)
        code = products_say_changed(tx, &current, err);
    if (code == PL_OK)
        code = stock_serve(tx, &current, err);
    return code == PL_OK ? stock_save(tx, &current, err) : code;
}

static pl_code change_product(products_store *store, const pl_access *call, int64_t id,
                              const change *c, product *out_product, pl_error *err) {
    pl_event_tx tx;
    product changed;
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &call->context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = change_in(&tx, id, c, err);
    if (code == PL_OK)
        code = get_in(pg, id, call->arena, &changed, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_product = changed;
    return code;
}

pl_code products_store_update(products_store *store, const pl_access *call, const product *wanted,
                              unsigned fields, int64_t expected_ver, product *out_product,
                              pl_error *err) {
    const change c = {.wanted = wanted, .fields = fields, .expected_ver = expected_ver};
    return change_product(store, call, wanted->id, &c, out_product, err);
}

pl_code products_store_restock(products_store *store, const pl_access *call, int64_t id,
                               int64_t quantity, product *out_product, pl_error *err) {
    const change c = {.expected_ver = -1, .restock = quantity};
    return change_product(store, call, id, &c, out_product, err);
}

static pl_code remove_in(pl_event_tx *tx, int64_t id, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    product current;
    bool there = false;
    pl_code code = stock_lock(tx, id, &current, &there, err);
    if (code == PL_OK && !there)
        code = not_found(id, err);
    if (code == PL_OK)
        code = products_say_removed(tx, &current, err);
    if (code == PL_OK)
        code = pl_pg_exec(pg, "UPDATE product SET removed = true WHERE id = $1",
                          PL_PG_ARGS(pl_pg_i64(id)), err);
    return code == PL_OK ? stock_save(tx, &current, err) : code;
}

pl_code products_store_remove(products_store *store, const pl_access *call, int64_t id,
                              pl_error *err) {
    pl_event_tx tx;
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &call->context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    code = remove_in(&tx, id, err);
    return pl_event_pg_end(&tx, code, err);
}

static pl_code insert_demo(pl_event_tx *tx, pl_arena *arena, pl_error *err) {
    static const char *const names[] = {"TV", "RADIO", "NOTEBOOK", "TABLE", "CLOCK"};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        const char *texts[] = {pl_arena_printf(arena, "%s_detail", names[i]),
                               pl_arena_printf(arena, "%s_desc", names[i]),
                               pl_arena_printf(arena, "%s구매설명", names[i]),
                               pl_arena_printf(arena, "%s설명입니다", names[i]),
                               pl_arena_printf(arena, "/goods/img/%s.jpg", names[i])};
        for (size_t t = 0; t < PL_COUNT(texts); t++) {
            if (!texts[t])
                return no_memory(err);
        }
        const product_option options[] = {{.name = pl_str_c(texts[0]), .desc = pl_str_c(texts[1])},
                                          {.name = pl_str_c(texts[2]), .desc = pl_str_c(texts[3])}};
        const product demo = {.name = pl_str_c(names[i]),
                              .price = (int64_t)(i + 1) * 10000,
                              .stock = (int64_t)(i + 1) * 10,
                              .image_url = pl_str_c(texts[4]),
                              .options = options,
                              .option_count = PL_COUNT(options)};
        int64_t id;
        pl_code code = create_in(tx, &demo, &id, err);
        if (code != PL_OK)
            return code;
    }
    return PL_OK;
}

pl_code products_store_demo(products_store *store, const pl_access *call, bool *out_inserted,
                            pl_error *err) {
    pl_event_tx tx;
    pl_pg_rows *rows = NULL;
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &call->context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = pl_pg_exec(pg, "LOCK TABLE product IN EXCLUSIVE MODE", PL_PG_NO_ARGS, err);
    if (code == PL_OK)
        code = pl_pg_query(pg, "SELECT EXISTS (SELECT FROM product)", PL_PG_NO_ARGS, &rows, err);
    bool empty = code == PL_OK && !pl_pg_get_bool(rows, 0, 0);
    if (empty)
        code = insert_demo(&tx, call->arena, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_inserted = empty;
    return code;
}

#include "api.h"

#include "mall/products/v1/products.parley.h"
#include "parley/backing/backing.h"
#include "parley/backing/messages.h"

enum { PAGE_SIZE = 20 };

/* Texts from the store live in the call's arena and end in NUL. */
static char *text(pl_call *call, pl_str value) {
    return pl_arena_cstr(pl_call_arena(call), value);
}

static mall_products_v1_ProductOption *make_option(pl_call *call, const product_option *option) {
    mall_products_v1_ProductOption *message = mall_products_v1_ProductOption_new(
        pl_call_arena(call));
    if (!message)
        return NULL;
    message->id = option->id;
    message->name = text(call, option->name);
    message->desc = text(call, option->desc);
    return message->name && message->desc ? message : NULL;
}

static mall_products_v1_Product *make_product(pl_call *call, const product *p) {
    pl_arena *arena = pl_call_arena(call);
    mall_products_v1_Product *message = mall_products_v1_Product_new(arena);
    if (!message)
        return NULL;
    message->id = p->id;
    message->name = text(call, p->name);
    message->price = p->price;
    message->stock = p->stock;
    message->image_url = text(call, p->image_url);
    message->etag = pl_arena_printf(arena, "%lld", (long long)p->ver);
    message->product_options = pl_arena_calloc(arena, p->option_count,
                                               sizeof *message->product_options);
    if (!message->name || !message->image_url || !message->etag || !message->product_options)
        return NULL;
    for (size_t i = 0; i < p->option_count; i++) {
        mall_products_v1_ProductOption *option = make_option(call, &p->options[i]);
        if (!option)
            return NULL;
        message->product_options[message->n_product_options++] = option;
    }
    return message;
}

static pl_code answer(pl_call *call, pl_code code, const product *p, const pl_error *err,
                      mall_products_v1_Product **out_response) {
    if (code != PL_OK)
        return pl_backing_fail(call, err);
    mall_products_v1_Product *message = make_product(call, p);
    if (!message)
        return pl_call_no_memory(call);
    *out_response = message;
    return PL_OK;
}

static pl_code get_product(void *self, pl_call *call,
                           const mall_products_v1_GetProductRequest *request,
                           mall_products_v1_Product **out_response) {
    const pl_access access = pl_access_of(call);
    product found = {0};
    pl_error err = PL_ERROR_INIT;
    pl_code code = products_store_get(self, &access, request->product_id, &found, &err);
    return answer(call, code, &found, &err, out_response);
}

/* A page as asked for, and as it is answered. */
static products_query query_of(int32_t page, int32_t size) {
    int64_t limit = size ? size : PAGE_SIZE;
    products_query query = {.offset = page * limit, .limit = limit};
    return query;
}

static mall_products_v1_Product **make_list(pl_call *call, const products_list *list) {
    mall_products_v1_Product **products = pl_arena_calloc(pl_call_arena(call), list->count,
                                                          sizeof *products);
    for (size_t i = 0; products && i < list->count; i++) {
        products[i] = make_product(call, &list->items[i]);
        if (!products[i])
            return NULL;
    }
    return products;
}

/* "price,desc"; the validator has seen that it is one of these. */
static void read_sort(pl_str sort, products_query *query) {
    static const char *const names[] = {"id", "name", "price", "stock"};
    pl_str field = pl_str_make(sort.p, pl_str_index(sort, ','));
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(field, names[i]))
            query->sort = (products_sort)i;
    }
    query->descending = pl_str_ends(sort, pl_str_c(",desc"));
}

static pl_code list_products(void *self, pl_call *call,
                             const mall_products_v1_ListProductsRequest *request,
                             mall_products_v1_ListProductsResponse **out_response) {
    const pl_access access = pl_access_of(call);
    products_list list = {0};
    pl_error err = PL_ERROR_INIT;
    products_query query = query_of(request->page, request->size);
    read_sort(pl_str_c(request->sort), &query);
    if (products_store_list(self, &access, &query, &list, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    mall_products_v1_ListProductsResponse *response = mall_products_v1_ListProductsResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->products = make_list(call, &list);
    response->n_products = list.count;
    response->page = pl_message_page(pl_call_arena(call), query.offset, query.limit, list.total);
    if (!response->products || !response->page)
        return pl_call_no_memory(call);
    *out_response = response;
    return PL_OK;
}

static pl_code find_by_name(void *self, pl_call *call,
                            const mall_products_v1_FindByNameRequest *request,
                            mall_products_v1_FindByNameResponse **out_response) {
    const pl_access access = pl_access_of(call);
    products_list list = {0};
    pl_error err = PL_ERROR_INIT;
    products_query query = query_of(request->page, request->size);
    query.name_part = pl_str_c(request->name);
    if (products_store_list(self, &access, &query, &list, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    mall_products_v1_FindByNameResponse *response = mall_products_v1_FindByNameResponse_new(
        pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    response->products = make_list(call, &list);
    response->n_products = list.count;
    response->page = pl_message_page(pl_call_arena(call), query.offset, query.limit, list.total);
    if (!response->products || !response->page)
        return pl_call_no_memory(call);
    *out_response = response;
    return PL_OK;
}

/* The request's product as the store takes it; texts stay the request's. */
static pl_code read_product(pl_call *call, const mall_products_v1_Product *message, product *out) {
    product_option *options = pl_arena_calloc(pl_call_arena(call), message->n_product_options,
                                              sizeof *options);
    if (!options)
        return pl_call_no_memory(call);
    for (size_t i = 0; i < message->n_product_options; i++) {
        options[i].name = pl_str_c(message->product_options[i]->name);
        options[i].desc = pl_str_c(message->product_options[i]->desc);
    }
    *out = (product){.name = pl_str_c(message->name),
                     .price = message->price,
                     .stock = message->stock,
                     .image_url = pl_str_c(message->image_url),
                     .options = options,
                     .option_count = message->n_product_options};
    return PL_OK;
}

static pl_code require_name(pl_call *call, const product *wanted) {
    if (wanted->name.n)
        return PL_OK;
    pl_call_violation(call, "product.name", "is required");
    return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL, "product.name: is required");
}

static pl_code create_product(void *self, pl_call *call,
                              const mall_products_v1_CreateProductRequest *request,
                              mall_products_v1_Product **out_response) {
    const pl_access access = pl_access_of(call);
    product wanted;
    product made = {0};
    pl_error err = PL_ERROR_INIT;
    pl_code code = read_product(call, request->product, &wanted);
    if (code == PL_OK)
        code = require_name(call, &wanted);
    if (code != PL_OK)
        return code;
    code = products_store_create(self, &access, &wanted, &made, &err);
    return answer(call, code, &made, &err, out_response);
}

static pl_code read_mask(pl_call *call, const google_protobuf_FieldMask *mask, unsigned *out) {
    unsigned fields = 0;
    if (!mask || mask->n_paths == 0) {
        *out = PRODUCT_ALL;
        return PL_OK;
    }
    for (size_t i = 0; i < mask->n_paths; i++) {
        unsigned field = products_field(pl_str_c(mask->paths[i]));
        if (!field) {
            pl_call_violation(call, mask->paths[i],
                              "cannot be changed; name, price, stock, image_url and "
                              "product_options can");
            return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL, "%s: cannot be changed",
                                mask->paths[i]);
        }
        fields |= field;
    }
    *out = fields;
    return PL_OK;
}

/* if-match is an entity tag, "7" in quotes, or * for any. */
static pl_code read_if_match(pl_call *call, int64_t *out_ver) {
    pl_str tag = pl_call_metadata(call, "if-match");
    *out_ver = -1;
    if (!tag.p || pl_str_eqc(tag, "*"))
        return PL_OK;
    if (tag.n > 2 && tag.p[0] == '"' && tag.p[tag.n - 1] == '"')
        tag = pl_str_make(tag.p + 1, tag.n - 2);
    if (!pl_str_i64(tag, out_ver) || *out_ver < 0)
        return pl_call_fail(call, PL_ABORTED, NULL,
                            "if-match %.*s is not this product's entity tag; read it again",
                            PL_FMT(pl_call_metadata(call, "if-match")));
    return PL_OK;
}

static pl_code update_product(void *self, pl_call *call,
                              const mall_products_v1_UpdateProductRequest *request,
                              mall_products_v1_Product **out_response) {
    const pl_access access = pl_access_of(call);
    product wanted;
    product changed = {0};
    unsigned fields = 0;
    int64_t expected_ver = -1;
    pl_error err = PL_ERROR_INIT;
    pl_code code = read_mask(call, request->update_mask, &fields);
    if (code == PL_OK)
        code = read_if_match(call, &expected_ver);
    if (code == PL_OK)
        code = read_product(call, request->product, &wanted);
    if (code == PL_OK && (fields & PRODUCT_NAME))
        code = require_name(call, &wanted);
    if (code != PL_OK)
        return code;
    wanted.id = request->product_id;
    code = products_store_update(self, &access, &wanted, fields, expected_ver, &changed, &err);
    return answer(call, code, &changed, &err, out_response);
}

static pl_code delete_product(void *self, pl_call *call,
                              const mall_products_v1_DeleteProductRequest *request,
                              google_protobuf_Empty **out_response) {
    const pl_access access = pl_access_of(call);
    pl_error err = PL_ERROR_INIT;
    if (products_store_remove(self, &access, request->product_id, &err) != PL_OK)
        return pl_backing_fail(call, &err);
    google_protobuf_Empty *response = google_protobuf_Empty_new(pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    *out_response = response;
    return PL_OK;
}

static pl_code restock_product(void *self, pl_call *call,
                               const mall_products_v1_RestockProductRequest *request,
                               mall_products_v1_Product **out_response) {
    const pl_access access = pl_access_of(call);
    product changed = {0};
    pl_error err = PL_ERROR_INIT;
    pl_code code = products_store_restock(self, &access, request->product_id, request->quantity,
                                          &changed, &err);
    return answer(call, code, &changed, &err, out_response);
}

static const mall_products_v1_ProductService_ops operations = {
    .get_product = get_product,
    .get_item = get_product, /* one operation by two names, so that they cannot differ */
    .list_products = list_products,
    .find_by_name = find_by_name,
    .create_product = create_product,
    .update_product = update_product,
    .delete_product = delete_product,
    .restock_product = restock_product,
};

pl_service_binding products_api_bind(products_store *store) {
    static mall_products_v1_ProductService service; /* one a process, as the store is */
    service.self = store;
    service.ops = &operations;
    return mall_products_v1_ProductService_bind(&service);
}

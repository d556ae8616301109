/* ProductService as its callers see it. */
#include "bed_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "mall/products/v1/products.parley.h"
#include "migrations.h"

typedef struct world {
    bed *b;
    products_store store;
    bed_api api;
    mall_products_v1_ProductService products;
} world;

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    w->b = bed_new("mall.products", &pl_service_migrations);
    w->store = (products_store){w->b->pg, w->b->events};
    w->api = bed_api_open(w->b, "mall", "products", products_api_bind(&w->store));
    w->products = mall_products_v1_ProductService_client(w->api.channel);
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    void *opened = w->b;
    bed_api_close(&w->api);
    free(w);
    return bed_teardown(&opened);
}

static mall_products_v1_Product tv(void) {
    mall_products_v1_Product item = mall_products_v1_PRODUCT_INIT;
    item.name = "TV";
    item.price = 10000;
    item.stock = 10;
    return item;
}

static pl_code create(world *w, mall_products_v1_Product *item, mall_products_v1_Product **out) {
    mall_products_v1_CreateProductRequest request = mall_products_v1_CREATE_PRODUCT_REQUEST_INIT;
    request.product = item;
    return w->products.ops->create_product(w->products.self, w->api.call, &request, out);
}

static void have_tv(world *w) {
    mall_products_v1_Product item = tv();
    mall_products_v1_Product *out = NULL;
    assert_int_equal(create(w, &item, &out), PL_OK);
    assert_int_equal(out->id, 1);
}

/* PATCH of PATH with what CHANGED says, if-match TAG ("": none). */
static pl_code patch(world *w, const char *path, mall_products_v1_Product *changed, const char *tag,
                     mall_products_v1_Product **out) {
    const char *paths[] = {path};
    google_protobuf_FieldMask mask = google_protobuf_FIELD_MASK_INIT;
    mall_products_v1_UpdateProductRequest request = mall_products_v1_UPDATE_PRODUCT_REQUEST_INIT;
    mask.paths = paths;
    mask.n_paths = 1;
    request.product_id = 1;
    request.product = changed;
    request.update_mask = &mask;
    if (*tag)
        pl_call_set_outgoing(w->api.call, "if-match", pl_str_c(tag));
    return w->products.ops->update_product(w->products.self, w->api.call, &request, out);
}

static pl_code set_stock(world *w, int64_t stock, const char *tag, mall_products_v1_Product **out) {
    mall_products_v1_Product changed = mall_products_v1_PRODUCT_INIT;
    changed.stock = stock;
    return patch(w, "stock", &changed, tag, out);
}

static void a_created_product_is_answered_whole(void **state) {
    world *w = *state;
    mall_products_v1_ProductOption size = mall_products_v1_PRODUCT_OPTION_INIT;
    mall_products_v1_ProductOption *options[] = {&size};
    mall_products_v1_Product item = tv();
    mall_products_v1_Product *out = NULL;
    size.name = "size";
    size.desc = "large";
    item.image_url = "/goods/img/TV.jpg";
    item.product_options = options;
    item.n_product_options = 1;
    assert_int_equal(create(w, &item, &out), PL_OK);
    assert_int_equal(out->id, 1);
    assert_string_equal(out->name, "TV");
    assert_int_equal(out->price, 10000);
    assert_int_equal(out->stock, 10);
    assert_string_equal(out->image_url, "/goods/img/TV.jpg");
    assert_string_equal(out->etag, "1");
    assert_int_equal(out->n_product_options, 1);
    assert_string_equal(out->product_options[0]->desc, "large");
}

static void a_product_without_a_name_is_refused(void **state) {
    world *w = *state;
    mall_products_v1_Product item = tv();
    mall_products_v1_Product *out = NULL;
    item.name = "";
    assert_int_equal(create(w, &item, &out), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "product.name");
    have_tv(w);
    assert_int_equal(patch(w, "name", &item, "", &out), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "product.name");
}

static void a_price_or_stock_below_zero_is_refused(void **state) {
    world *w = *state;
    mall_products_v1_Product item = tv();
    mall_products_v1_Product *out = NULL;
    item.price = -1;
    assert_int_equal(create(w, &item, &out), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "product.price");
    have_tv(w);
    assert_int_equal(set_stock(w, -1, "", &out), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "product.stock");
}

static void a_patch_honours_if_match(void **state) {
    world *w = *state;
    mall_products_v1_Product *out = NULL;
    have_tv(w);
    assert_int_equal(set_stock(w, 20, "\"1\"", &out), PL_OK);
    assert_string_equal(out->etag, "2");
    assert_int_equal(set_stock(w, 30, "\"1\"", &out), PL_ABORTED);
    assert_int_equal(set_stock(w, 30, "*", &out), PL_OK);
    assert_int_equal(set_stock(w, 40, "3", &out), PL_OK);
    assert_int_equal(bed_number(w->b, "SELECT stock FROM product"), 40);
}

static void an_if_match_of_something_else_matches_nothing(void **state) {
    world *w = *state;
    const char *const tags[] = {"\"abc\"", "W/\"1\"", "\"-1\"", "\"1", "\"\""};
    mall_products_v1_Product *out = NULL;
    have_tv(w);
    for (size_t i = 0; i < PL_COUNT(tags); i++)
        assert_int_equal(set_stock(w, 20, tags[i], &out), PL_ABORTED);
    assert_int_equal(bed_number(w->b, "SELECT stock FROM product"), 10);
}

static void a_patch_of_a_field_that_cannot_be_changed_is_refused(void **state) {
    world *w = *state;
    mall_products_v1_Product changed = tv();
    mall_products_v1_Product *out = NULL;
    have_tv(w);
    assert_int_equal(patch(w, "id", &changed, "", &out), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "id");
}

static void a_restock_of_nothing_is_refused(void **state) {
    world *w = *state;
    mall_products_v1_RestockProductRequest request = mall_products_v1_RESTOCK_PRODUCT_REQUEST_INIT;
    mall_products_v1_Product *out = NULL;
    have_tv(w);
    request.product_id = 1;
    assert_int_equal(
        w->products.ops->restock_product(w->products.self, w->api.call, &request, &out),
        PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "quantity");
    request.quantity = 40;
    assert_int_equal(
        w->products.ops->restock_product(w->products.self, w->api.call, &request, &out), PL_OK);
    assert_int_equal(out->stock, 50);
}

static void a_removed_product_is_not_found(void **state) {
    world *w = *state;
    mall_products_v1_DeleteProductRequest remove = mall_products_v1_DELETE_PRODUCT_REQUEST_INIT;
    mall_products_v1_GetProductRequest get = mall_products_v1_GET_PRODUCT_REQUEST_INIT;
    mall_products_v1_Product *out = NULL;
    google_protobuf_Empty *empty = NULL;
    have_tv(w);
    remove.product_id = 1;
    get.product_id = 1;
    assert_int_equal(
        w->products.ops->delete_product(w->products.self, w->api.call, &remove, &empty), PL_OK);
    assert_int_equal(
        w->products.ops->delete_product(w->products.self, w->api.call, &remove, &empty),
        PL_NOT_FOUND);
    assert_int_equal(w->products.ops->get_product(w->products.self, w->api.call, &get, &out),
                     PL_NOT_FOUND);
}

static void a_list_is_sorted_and_says_where_it_stands(void **state) {
    world *w = *state;
    mall_products_v1_ListProductsRequest request = mall_products_v1_LIST_PRODUCTS_REQUEST_INIT;
    mall_products_v1_ListProductsResponse *out = NULL;
    mall_products_v1_Product clock = tv();
    mall_products_v1_Product *made = NULL;
    have_tv(w);
    clock.name = "CLOCK";
    clock.price = 50000;
    assert_int_equal(create(w, &clock, &made), PL_OK);
    request.sort = "price,desc";
    request.size = 1;
    assert_int_equal(w->products.ops->list_products(w->products.self, w->api.call, &request, &out),
                     PL_OK);
    assert_int_equal(out->n_products, 1);
    assert_string_equal(out->products[0]->name, "CLOCK");
    assert_int_equal(out->page->total_elements, 2);
    assert_int_equal(out->page->total_pages, 2);
    request.sort = "colour";
    assert_int_equal(w->products.ops->list_products(w->products.self, w->api.call, &request, &out),
                     PL_INVALID_ARGUMENT);
}

static void a_search_by_name_answers_a_page(void **state) {
    world *w = *state;
    mall_products_v1_FindByNameRequest request = mall_products_v1_FIND_BY_NAME_REQUEST_INIT;
    mall_products_v1_FindByNameResponse *out = NULL;
    have_tv(w);
    request.name = "tv";
    assert_int_equal(w->products.ops->find_by_name(w->products.self, w->api.call, &request, &out),
                     PL_OK);
    assert_int_equal(out->n_products, 1);
    assert_int_equal(out->page->size, 20);
}

static void an_item_is_the_product_by_its_new_name(void **state) {
    world *w = *state;
    mall_products_v1_GetProductRequest request = mall_products_v1_GET_PRODUCT_REQUEST_INIT;
    mall_products_v1_Product *old = NULL;
    mall_products_v1_Product *item = NULL;
    have_tv(w);
    request.product_id = 1;
    assert_int_equal(w->products.ops->get_product(w->products.self, w->api.call, &request, &old),
                     PL_OK);
    assert_int_equal(w->products.ops->get_item(w->products.self, w->api.call, &request, &item),
                     PL_OK);
    assert_int_equal(item->id, 1);
    assert_string_equal(item->name, old->name);
    assert_int_equal(item->price, old->price);
    assert_int_equal(item->stock, old->stock);
    assert_string_equal(item->etag, old->etag);
    request.product_id = 999;
    assert_int_equal(w->products.ops->get_item(w->products.self, w->api.call, &request, &item),
                     PL_NOT_FOUND);
}

#define API_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(a_created_product_is_answered_whole),
        API_TEST(a_product_without_a_name_is_refused),
        API_TEST(a_price_or_stock_below_zero_is_refused),
        API_TEST(a_patch_honours_if_match),
        API_TEST(an_if_match_of_something_else_matches_nothing),
        API_TEST(a_patch_of_a_field_that_cannot_be_changed_is_refused),
        API_TEST(a_restock_of_nothing_is_refused),
        API_TEST(a_removed_product_is_not_found),
        API_TEST(a_list_is_sorted_and_says_where_it_stands),
        API_TEST(a_search_by_name_answers_a_page),
        API_TEST(an_item_is_the_product_by_its_new_name),
    };
    return BED_RUN(tests);
}

/* The gateway's settings that are lists. */
#include "config.h"

#include "check.h"

static gateway_config config;

static int set_up(void **state) {
    (void)state;
    memset(&config, 0, sizeof config);
    return 0;
}

static void reads_upstreams(void **state) {
    (void)state;
    assert_int_equal(
        gateway_config_upstreams(
            &config, "mall.orders.v1.OrderService=file:/x/orders.addr, b=ipv4:a:1,c:2", NULL),
        PL_OK);
    assert_int_equal(config.upstream_count, 2);
    assert_string_equal(config.upstreams[0].name, "mall.orders.v1.OrderService");
    assert_string_equal(config.upstreams[0].target, "file:/x/orders.addr");
    assert_string_equal(config.upstreams[1].target, "ipv4:a:1,c:2");
}

static void refuses_malformed_upstreams(void **state) {
    (void)state;
    static const char *const texts[] = {"x", "=a", "a=", "a,b=c"};
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        pl_error err = PL_ERROR_INIT;
        memset(&config, 0, sizeof config);
        assert_int_equal(gateway_config_upstreams(&config, texts[i], &err), PL_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, "UPSTREAMS"));
    }
}

static void reads_listeners(void **state) {
    (void)state;
    assert_int_equal(gateway_config_listeners(&config, "127.0.0.1:8088",
                                              "orders=127.0.0.1:8081,products=[::1]:8085", NULL),
                     PL_OK);
    assert_int_equal(config.listener_count, 3);
    assert_string_equal(config.listeners[0].name, "");
    assert_string_equal(config.listeners[0].address, "127.0.0.1:8088");
    assert_string_equal(config.listeners[2].name, "products");
    assert_string_equal(config.listeners[2].address, "[::1]:8085");
}

static void refuses_more_listeners_than_the_limit(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(4096);
    for (int i = 0; i < GATEWAY_MAX_LISTENERS; i++)
        pl_buf_puts(&text, "a=127.0.0.1:0,");
    assert_int_equal(gateway_config_listeners(&config, "127.0.0.1:0", text.p, NULL),
                     PL_INVALID_ARGUMENT);
    pl_buf_done(&text);
}

static void reads_folders(void **state) {
    (void)state;
    assert_int_equal(
        gateway_config_folders(&config, "/goods/img=/srv/pictures;nocase,/ui=/srv/page", NULL),
        PL_OK);
    assert_int_equal(config.folder_count, 2);
    assert_string_equal(config.folders[0].prefix, "/goods/img");
    assert_string_equal(config.folders[0].path, "/srv/pictures");
    assert_true(config.folders[0].nocase);
    assert_false(config.folders[1].nocase);
}

static void refuses_malformed_folders(void **state) {
    (void)state;
    static const char *const texts[] = {"goods=/x", "/=/x", "/a/=/x", "/a", "/a=", "/a=/x;other"};
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        memset(&config, 0, sizeof config);
        assert_int_equal(gateway_config_folders(&config, texts[i], NULL), PL_INVALID_ARGUMENT);
    }
}

static void knows_local_addresses(void **state) {
    (void)state;
    assert_true(gateway_address_local("127.0.0.1:8088"));
    assert_true(gateway_address_local("127.9.9.9:1"));
    assert_true(gateway_address_local("[::1]:8088"));
    assert_true(gateway_address_local("localhost:8088"));
    assert_true(gateway_address_local("unix:/run/x.sock"));
    assert_false(gateway_address_local("0.0.0.0:8088"));
    assert_false(gateway_address_local("[::]:8088"));
    assert_false(gateway_address_local(":8088"));
    assert_false(gateway_address_local("127.0.0.1"));
    assert_false(gateway_address_local("localhost.example.com:80"));
}

static void finds_a_service_by_any_of_its_names(void **state) {
    (void)state;
    static const char service[] = "mall.orders.v1.OrderService";
    assert_true(gateway_name_means("mall.orders.v1.OrderService", service));
    assert_true(gateway_name_means("mall.orders.v1", service));
    assert_true(gateway_name_means("orders", service));
    assert_false(gateway_name_means("OrderService", service));
    assert_false(gateway_name_means("order", service));
    assert_false(gateway_name_means("", service));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_upstreams, set_up),
        cmocka_unit_test_setup(refuses_malformed_upstreams, set_up),
        cmocka_unit_test_setup(reads_listeners, set_up),
        cmocka_unit_test_setup(refuses_more_listeners_than_the_limit, set_up),
        cmocka_unit_test_setup(reads_folders, set_up),
        cmocka_unit_test_setup(refuses_malformed_folders, set_up),
        cmocka_unit_test(knows_local_addresses),
        cmocka_unit_test(finds_a_service_by_any_of_its_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

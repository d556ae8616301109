#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "parley/base/macros.h"

static redis_url parse(const char *text) {
    redis_url url;
    memset(&url, 0, sizeof url);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(redis_url_parse(text, &url, &err), PL_OK);
    return url;
}

static void a_unix_path_may_have_a_database(void **state) {
    (void)state;
    redis_url url = parse("unix:///run/a%20b/redis.sock?db=3");
    assert_string_equal(url.path, "/run/a b/redis.sock");
    assert_int_equal(url.db, 3);
}

static void a_unix_path_may_have_a_login(void **state) {
    (void)state;
    redis_url url = parse("unix://mall-orders:s%40cret@/run/redis.sock");
    assert_string_equal(url.user, "mall-orders");
    assert_string_equal(url.password, "s@cret");
    assert_string_equal(url.path, "/run/redis.sock");
}

static void tcp_has_host_port_and_database(void **state) {
    (void)state;
    redis_url url = parse("redis://user:p:w@db.example:7000/2");
    assert_string_equal(url.host, "db.example");
    assert_int_equal(url.port, 7000);
    assert_int_equal(url.db, 2);
    assert_string_equal(url.user, "user");
    assert_string_equal(url.password, "p:w");
    assert_string_equal(url.path, "");
}

static void the_port_is_6379_where_none_is_given(void **state) {
    (void)state;
    assert_int_equal(parse("redis://localhost").port, 6379);
    assert_string_equal(parse("redis://[::1]:9").host, "::1");
    assert_int_equal(parse("redis://[::1]:9").port, 9);
}

static void malformed_urls_are_refused_without_repeating_them(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "hunter2",
        "http://hunter2",
        "redis://",
        "redis://hunter2:0",
        "redis://hunter2:65536",
        "redis://hunter2:12x",
        "redis://hunter2/x",
        "redis://[hunter2",
        "redis://hunter2%zz",
        "redis://hunter2%00",
        "unix://hunter2",
        "unix:///hunter2?x=1",
        "unix:///hunter2?db=-1",
    };
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        redis_url url;
        pl_error err = PL_ERROR_INIT;
        assert_int_equal(redis_url_parse(bad[i], &url, &err), PL_INVALID_ARGUMENT);
        assert_null(strstr(err.message, "hunter2"));
    }
}

static void a_path_longer_than_a_socket_address_is_refused(void **state) {
    (void)state;
    char text[200] = "unix:///";
    memset(text + 8, 'x', 150);
    redis_url url;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(redis_url_parse(text, &url, &err), PL_INVALID_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unix_path_may_have_a_database),
        cmocka_unit_test(a_unix_path_may_have_a_login),
        cmocka_unit_test(tcp_has_host_port_and_database),
        cmocka_unit_test(the_port_is_6379_where_none_is_given),
        cmocka_unit_test(malformed_urls_are_refused_without_repeating_them),
        cmocka_unit_test(a_path_longer_than_a_socket_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

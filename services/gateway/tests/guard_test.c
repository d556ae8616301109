/* Who may talk to a listener that asks for no login. */
#include "guard.h"

#include "check.h"
#include "parley/base/macros.h"

static const char *guard(const char *host, const char *name, const char *value) {
    const pl_http_field field = {pl_str_c(name), pl_str_c(value)};
    const pl_http_head head = {
        .host = pl_str_c(host), .fields = &field, .field_count = name ? 1 : 0};
    return gateway_guard(&head);
}

static void lets_programs_of_this_machine_pass(void **state) {
    (void)state;
    static const char *const hosts[] = {"localhost",  "localhost:8081", "127.0.0.1:8081",
                                        "[::1]:8081", "[::1]",          "LOCALHOST:1"};
    for (size_t i = 0; i < PL_COUNT(hosts); i++)
        assert_null(guard(hosts[i], NULL, NULL));
}

static void refuses_a_foreign_host(void **state) {
    (void)state;
    static const char *const hosts[] = {"",
                                        "evil.example:8081",
                                        "localhost.evil.example",
                                        "127.0.0.2",
                                        "10.0.0.1:8081",
                                        "[::2]:8081",
                                        "127.0.0.1.evil.example:8081"};
    for (size_t i = 0; i < PL_COUNT(hosts); i++)
        assert_non_null(guard(hosts[i], NULL, NULL));
}

static void refuses_a_foreign_origin(void **state) {
    (void)state;
    assert_null(guard("localhost:8081", "origin", "http://localhost:8081"));
    assert_non_null(guard("localhost:8081", "origin", "http://localhost:9999"));
    assert_non_null(guard("localhost:8081", "origin", "https://localhost:8081"));
    assert_non_null(guard("localhost:8081", "origin", "http://evil.example"));
    assert_non_null(guard("localhost:8081", "origin", "null"));
}

static void refuses_fetches_of_other_sites(void **state) {
    (void)state;
    assert_null(guard("localhost", "sec-fetch-site", "same-origin"));
    assert_null(guard("localhost", "sec-fetch-site", "none"));
    assert_non_null(guard("localhost", "sec-fetch-site", "same-site"));
    assert_non_null(guard("localhost", "sec-fetch-site", "cross-site"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_programs_of_this_machine_pass),
        cmocka_unit_test(refuses_a_foreign_host),
        cmocka_unit_test(refuses_a_foreign_origin),
        cmocka_unit_test(refuses_fetches_of_other_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

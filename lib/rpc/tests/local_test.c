/* A method in bytes that is called without a connection. */
#include "parley/rpc/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parley/rpc/server.h"

#define IMPL "the implementation"

static pl_bytes_reply *reply;

/* Answers with the metadata x-name; "!" fails with what it can say. */
static pl_code hello(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    assert_string_equal(impl, IMPL);
    (void)pl_call_send_header(call, "x-header", pl_str_c("h"));
    (void)pl_call_send_metadata(call, "x-method", pl_str_c(pl_call_method(call)->name));
    if (pl_str_eqc(request, "!")) {
        pl_call_violation(call, "name", "must be one");
        return pl_call_fail(call, PL_NOT_FOUND, "GONE", "nobody has it");
    }
    if (pl_str_eqc(request, "+")) {
        for (unsigned i = 0; i <= PL_SERVER_MAX_MESSAGE; i++)
            pl_buf_putc(response, 'x');
        return PL_OK;
    }
    if (pl_str_eqc(request, "?"))
        return PL_ABORTED;
    pl_buf_str(response, pl_call_metadata(call, "x-name"));
    return PL_OK;
}

static const pl_method_desc method = {.name = "Hello",
                                      .path = "/made.v1.MadeService/Hello",
                                      .kind = PL_METHOD_UNARY,
                                      .auth_arg = "",
                                      .answer = hello};

static pl_code call(const char *body, const char *key) {
    const pl_metadata name = {key, PL_STR("Ann")};
    const pl_bytes_request request = {.path = method.path,
                                      .body = pl_str_c(body),
                                      .deadline_ns = PL_NEVER,
                                      .metadata = &name,
                                      .metadata_count = 1};

    return pl_local_call_bytes(&method, IMPL, "made", &request, &reply);
}

static const char *answered(const char *key) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (strcmp(reply->metadata[i].key, key) == 0)
            return reply->metadata[i].value.p;
    }
    return "";
}

static int tear_down(void **state) {
    (void)state;
    pl_bytes_reply_free(reply);
    reply = NULL;
    return 0;
}

static void it_answers_with_headers_and_trailers(void **state) {
    (void)state;
    assert_int_equal(call("", "x-name"), PL_OK);
    assert_true(pl_str_eqc(reply->body, "Ann"));
    assert_string_equal(answered("x-header"), "h");
    assert_string_equal(answered("x-method"), "Hello");
}

static void its_error_has_reason_domain_violations_and_details(void **state) {
    (void)state;
    assert_int_equal(call("!", "x-name"), PL_NOT_FOUND);
    assert_string_equal(reply->error.message, "nobody has it");
    assert_string_equal(reply->error.reason, "GONE");
    assert_string_equal(reply->error.domain, "made");
    assert_int_equal(reply->violation_count, 1);
    assert_string_equal(reply->violations[0].description, "must be one");
    assert_true(answered("grpc-status-details-bin")[0] != '\0');
    assert_string_equal(answered("x-header"), ""); /* as on a connection */
}

static void an_error_without_words_names_the_method(void **state) {
    (void)state;
    assert_int_equal(call("?", "x-name"), PL_ABORTED);
    assert_non_null(strstr(reply->error.message, "/made.v1.MadeService/Hello"));
}

static void an_answer_that_is_too_long_is_an_error(void **state) {
    (void)state;
    assert_int_equal(call("+", "x-name"), PL_INTERNAL);
    assert_int_equal(reply->body.n, 0);
}

static void what_is_no_metadata_is_refused(void **state) {
    (void)state;
    assert_int_equal(call("", "X Name"), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(reply->error.message, "X Name"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_answers_with_headers_and_trailers),
        TEST(its_error_has_reason_domain_violations_and_details),
        TEST(an_error_without_words_names_the_method),
        TEST(an_answer_that_is_too_long_is_an_error),
        TEST(what_is_no_metadata_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

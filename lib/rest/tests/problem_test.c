/* The one shape of errors, and the details that a service sent. */
#include "problem.h"

#include "check.h"
#include "parley/schema/wire.h"

typedef struct fixture {
    pl_arena arena;
    pl_buf status, any, detail;
} fixture;

static int set_up(void **state) {
    fixture *f = test_calloc(1, sizeof *f);
    f->arena = pl_arena_make(1 << 20);
    f->status = pl_buf_make(4096);
    f->any = pl_buf_make(4096);
    f->detail = pl_buf_make(4096);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_buf_done(&f->status);
    pl_buf_done(&f->any);
    pl_buf_done(&f->detail);
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

static void put_text(pl_buf *out, uint32_t number, const char *text) {
    pl_wire_put_bytes(out, number, pl_str_c(text));
}

/* Adds what is in f->detail as a google.rpc detail TYPE. */
static void add_detail(fixture *f, const char *type) {
    pl_buf_clear(&f->any);
    put_text(&f->any, 1, type);
    pl_wire_put_bytes(&f->any, 2, pl_buf_view(&f->detail));
    pl_wire_put_bytes(&f->status, 3, pl_buf_view(&f->any));
    pl_buf_clear(&f->detail);
}

static const char *header_of(const pl_rest_response *response, const char *name) {
    for (size_t i = 0; i < response->header_count; i++) {
        if (pl_str_eqc(response->headers[i].name, name))
            return response->headers[i].value.p;
    }
    return NULL;
}

/* The body but for its time, which is cut out: ..."timestamp":"","path"... */
static const char *body_of(fixture *f, const pl_rest_response *response) {
    char *body = pl_arena_cstr(&f->arena, response->body);
    char *time = strstr(body, "\"timestamp\":\"");
    assert_non_null(time);
    time += strlen("\"timestamp\":\"");
    char *end = strchr(time, '"');
    memmove(time, end, strlen(end) + 1);
    return body;
}

static void has_code_status_message_details_and_path(void **state) {
    fixture *f = *state;
    const rest_problem problem = {
        .code = PL_FAILED_PRECONDITION,
        .message = PL_STR("No Available stock!"),
        .path = PL_STR("/orders"),
    };
    const pl_rest_response *response = rest_problem_response(&f->arena, &problem);
    assert_int_equal(response->status, 400);
    assert_string_equal(header_of(response, "content-type"), "application/json");
    assert_string_equal(body_of(f, response),
                        "{\"code\":9,\"status\":\"FAILED_PRECONDITION\",\"message\":\"No Available "
                        "stock!\",\"details\":[],\"timestamp\":\"\",\"path\":\"/orders\"}");
}

static void shows_reason_and_violations(void **state) {
    fixture *f = *state;
    put_text(&f->detail, 1, "OUT_OF_STOCK");
    put_text(&f->detail, 2, "mall");
    pl_buf entry = pl_buf_make(100);
    put_text(&entry, 1, "k");
    put_text(&entry, 2, "v");
    pl_wire_put_bytes(&f->detail, 3, pl_buf_view(&entry));
    add_detail(f, "type.googleapis.com/google.rpc.ErrorInfo");
    pl_buf_clear(&entry);
    put_text(&entry, 1, "items[2].quantity");
    put_text(&entry, 2, "expected 1..1000");
    pl_wire_put_bytes(&f->detail, 1, pl_buf_view(&entry));
    pl_buf_done(&entry);
    add_detail(f, "type.googleapis.com/google.rpc.BadRequest");
    const rest_problem problem = {.code = PL_INVALID_ARGUMENT, .details = pl_buf_view(&f->status)};
    assert_non_null(
        strstr(body_of(f, rest_problem_response(&f->arena, &problem)),
               "\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
               "\"OUT_OF_STOCK\",\"domain\":\"mall\",\"metadata\":{\"k\":\"v\"}},{\"@type\":"
               "\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":[{\"field\":"
               "\"items[2].quantity\",\"description\":\"expected 1..1000\"}]}]"));
}

static void turns_retry_info_into_retry_after(void **state) {
    fixture *f = *state;
    pl_buf delay = pl_buf_make(100);
    pl_wire_put_tag(&delay, 1, PL_WIRE_VARINT);
    pl_wire_put_varint(&delay, 4);
    pl_wire_put_tag(&delay, 2, PL_WIRE_VARINT);
    pl_wire_put_varint(&delay, 500000000);
    pl_wire_put_bytes(&f->detail, 1, pl_buf_view(&delay));
    pl_buf_done(&delay);
    add_detail(f, "type.googleapis.com/google.rpc.RetryInfo");
    const rest_problem problem = {.code = PL_UNAVAILABLE, .details = pl_buf_view(&f->status)};
    const pl_rest_response *response = rest_problem_response(&f->arena, &problem);
    assert_int_equal(response->status, 503);
    assert_string_equal(header_of(response, "retry-after"), "5");
    assert_non_null(strstr(body_of(f, response), "\"retryDelay\":\"4.500s\""));
}

static void shows_an_unknown_detail_in_base64(void **state) {
    fixture *f = *state;
    static const char *const encoded[] = {"", "AQ==", "AQI=", "AQID", "AQIDBA=="};
    for (size_t n = 0; n < PL_COUNT(encoded); n++) {
        pl_buf_clear(&f->status);
        pl_buf_append(&f->detail, "\1\2\3\4", n);
        add_detail(f, "example.com/x.Y");
        const rest_problem problem = {.code = PL_INTERNAL, .details = pl_buf_view(&f->status)};
        const char *body = body_of(f, rest_problem_response(&f->arena, &problem));
        const char *wanted = pl_arena_printf(
            &f->arena, "[{\"@type\":\"example.com/x.Y\",\"value\":\"%s\"}]", encoded[n]);
        assert_non_null(strstr(body, wanted));
    }
}

static void survives_details_that_are_no_status(void **state) {
    fixture *f = *state;
    const rest_problem problem = {.code = PL_INTERNAL, .details = PL_STR("\x1a\xff\xff\xff")};
    const char *body = body_of(f, rest_problem_response(&f->arena, &problem));
    assert_non_null(strstr(body, "\"details\":[]"));
}

static void says_when_to_come_back_for_every_503(void **state) {
    fixture *f = *state;
    const rest_problem problem = {.code = PL_UNAVAILABLE};
    assert_string_equal(header_of(rest_problem_response(&f->arena, &problem), "retry-after"), "1");
}

static void names_the_field_of_its_own_refusals(void **state) {
    fixture *f = *state;
    const rest_problem problem = {
        .code = PL_INVALID_ARGUMENT,
        .message = PL_STR("expected int64"),
        .field = PL_STR("quantity"),
    };
    assert_non_null(strstr(body_of(f, rest_problem_response(&f->arena, &problem)),
                           "\"fieldViolations\":[{\"field\":\"quantity\",\"description\":"
                           "\"expected int64\"}]"));
}

static void answers_a_fixed_503_without_memory(void **state) {
    (void)state;
    pl_arena none = pl_arena_make(0);
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, PL_NOT_FOUND, "x");
    const pl_rest_response *response = pl_rest_error(&none, 0, &err, pl_str_c("/x"));
    assert_int_equal(response->status, 503);
    assert_true(response->body.n > 0);
    pl_arena_done(&none);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(has_code_status_message_details_and_path), T(shows_reason_and_violations),
        T(turns_retry_info_into_retry_after),        T(shows_an_unknown_detail_in_base64),
        T(survives_details_that_are_no_status),      T(says_when_to_come_back_for_every_503),
        T(names_the_field_of_its_own_refusals),      T(answers_a_fixed_503_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

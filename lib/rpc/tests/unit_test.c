/* The parts that need no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "breaker.h"
#include "call_internal.h"
#include "clock_grpc.h"
#include "codec.h"
#include "fixture.h"
#include "parley/schema/pattern.h"
#include "retry.h"
#include "status.h"
#include "target.h"

/* ---- unpacking and packing ---- */

static pl_code check(const char *bytes, size_t n) {
    pl_arena arena = pl_arena_make(1 << 20);
    ProtobufCMessage *message;
    pl_code code = pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make(bytes, n), &arena, NULL,
                                     &message, NULL);

    pl_arena_done(&arena);
    return code;
}
#define CHECK(literal) check(literal, sizeof(literal) - 1)

static void accepts_what_protobuf_writes(void **state) {
    (void)state;
    assert_int_equal(CHECK(""), PL_OK);
    assert_int_equal(CHECK("\x0a\x05hello\x10\x2a"), PL_OK);
    assert_int_equal(CHECK("\x32\x02\x01\x02"), PL_OK); /* packed */
    assert_int_equal(CHECK("\x30\x01\x30\x02"), PL_OK); /* not packed */
    assert_int_equal(CHECK("\x98\x06\x01"), PL_OK);     /* unknown field 99 */
}

static void rejects_a_wrong_wire_type(void **state) {
    (void)state;
    assert_int_equal(CHECK("\x08\x01"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x11\x01\x02\x03\x04\x05\x06\x07\x08"), PL_INVALID_ARGUMENT);
}

static void rejects_text_that_is_not_utf8_or_holds_a_nul(void **state) {
    (void)state;
    assert_int_equal(CHECK("\x0a\x01\xff"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x0a\x03"
                           "a\0b"),
                     PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x2a\x03"
                           "a\0\xff"),
                     PL_OK); /* bytes */
}

static void rejects_bytes_that_are_cut_off(void **state) {
    (void)state;
    assert_int_equal(CHECK("\x0a"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x0a\x05hi"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x10\x80"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x32\x01\x80"), PL_INVALID_ARGUMENT);
}

static void rejects_groups_and_field_number_zero(void **state) {
    (void)state;
    assert_int_equal(CHECK("\x9b\x06\x9c\x06"), PL_INVALID_ARGUMENT);
    assert_int_equal(CHECK("\x00\x01"), PL_INVALID_ARGUMENT);
}

static void merges_a_message_given_twice(void **state) {
    /* child { text: "a" items: "b" } child { number: 1 items: "c" } */
    static const char bytes[] = "\x1a\x06\x0a\x01"
                                "a\x22\x01"
                                "b\x1a\x05\x10\x01\x22\x01"
                                "c";
    pl_arena arena = pl_arena_make(4096);
    ProtobufCMessage *message;
    echo_request *child;

    (void)state;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make(bytes, sizeof bytes - 1),
                                       &arena, NULL, &message, NULL),
                     PL_OK);
    child = ((echo_request *)message)->child;
    assert_string_equal(child->text, "a");
    assert_int_equal(child->number, 1);
    assert_int_equal(child->n_items, 2);
    assert_string_equal(child->items[1], "c");
    pl_arena_done(&arena);
}

static void of_a_oneof_the_last_is_kept_and_merged_with_its_like_only(void **state) {
    /* nested { number: 1 }, then name: "a", nested { text: "b" }, nested { number: 2 } */
    static const char bytes[] = "\x42\x02\x10\x01\x3a\x01"
                                "a\x42\x03\x0a\x01"
                                "b\x42\x02\x10\x02";
    pl_arena arena = pl_arena_make(4096);
    ProtobufCMessage *message;
    echo_request *request;

    (void)state;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make(bytes, sizeof bytes - 1),
                                       &arena, NULL, &message, NULL),
                     PL_OK);
    request = (echo_request *)message;
    assert_int_equal(request->choice_case, PARLEY__TEST__ECHO__V1__ECHO_REQUEST__CHOICE_NESTED);
    assert_string_equal(request->nested->text, "b");
    assert_int_equal(request->nested->number, 2);
    pl_arena_done(&arena);
}

static void names_the_place_of_what_is_malformed(void **state) {
    /* child { items: "a" number: 1 items: "\xff" } */
    static const char bytes[] = "\x1a\x08\x22\x01\x61\x10\x01\x22\x01\xff";
    pl_arena arena = pl_arena_make(4096);
    pl_violations violations = pl_violations_make(&arena);
    ProtobufCMessage *message = NULL;
    pl_error err = PL_ERROR_INIT;

    (void)state;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make(bytes, sizeof bytes - 1),
                                       &arena, &violations, &message, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "child.items[1] is not UTF-8");
    assert_int_equal(violations.kept, 1);
    assert_string_equal(violations.items[0].field, "child.items[1]");
    assert_string_equal(violations.items[0].description, "is not UTF-8");
    pl_arena_done(&arena);
}

static void names_the_type_of_a_message_that_is_malformed_as_a_whole(void **state) {
    pl_arena arena = pl_arena_make(4096);
    pl_violations violations = pl_violations_make(&arena);
    ProtobufCMessage *message = NULL;
    pl_error err = PL_ERROR_INIT;

    (void)state;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make("\x0a", 1), &arena,
                                       &violations, &message, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "parley.test.echo.v1.EchoRequest: the message is no "
                                     "well-formed Protobuf message");
    assert_int_equal(violations.kept, 0);
    pl_arena_done(&arena);
}

static void illegal_bytes_of_metadata_are_seen_wherever_they_are(void **state) {
    char value[20];
    grpc_metadata entry = {.key = grpc_slice_from_static_string("x-a")};
    grpc_metadata_array metadata = {1, 1, &entry};
    pl_str key;

    (void)state;
    for (size_t at = 0; at < sizeof value; at++) {
        for (int c = 0; c < 256; c++) {
            memset(value, '~', sizeof value);
            value[at] = (char)c;
            entry.value = grpc_slice_from_static_buffer(value, sizeof value);
            assert_int_equal(pl_metadata_array_legal(&metadata, &key), c >= ' ' && c <= '~');
        }
    }
}

/* DEPTH messages, each the child of the next. */
static size_t nest(char *out, size_t size, unsigned depth) {
    size_t at = size;

    for (unsigned i = 1; i < depth; i++) {
        size_t n = size - at;
        if (n >= 128)
            out[--at] = (char)(n >> 7);
        out[--at] = (char)(n >= 128 ? (n & 0x7f) | 0x80 : n);
        out[--at] = 0x1a;
    }
    memmove(out, out + at, size - at);
    return size - at;
}

static void rejects_nesting_deeper_than_the_maximum(void **state) {
    char bytes[8192];
    size_t n;

    (void)state;
    n = nest(bytes, sizeof bytes, PL_MESSAGE_DEPTH_MAX);
    assert_int_equal(check(bytes, n), PL_OK);
    n = nest(bytes, sizeof bytes, PL_MESSAGE_DEPTH_MAX + 1);
    assert_int_equal(check(bytes, n), PL_INVALID_ARGUMENT);
    n = nest(bytes, sizeof bytes, 1400);
    assert_int_equal(check(bytes, n), PL_INVALID_ARGUMENT);
}

static void unpacks_into_the_arena_and_no_further(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    ProtobufCMessage *message = NULL;
    char many[2000];

    (void)state;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_c("\x0a\x05hello"), &arena, NULL,
                                       &message, NULL),
                     PL_OK);
    assert_string_equal(((echo_request *)message)->text, "hello");
    message = NULL;
    for (size_t i = 0; i < sizeof many; i += 2) {
        many[i] = 0x22; /* an empty item */
        many[i + 1] = 0;
    }
    pl_arena_clear(&arena);
    arena.budget = 4096;
    assert_int_equal(pl_message_unpack(ECHO_REQUEST_TYPE, pl_str_make(many, sizeof many), &arena,
                                       NULL, &message, NULL),
                     PL_RESOURCE_EXHAUSTED);
    assert_null(message);
    pl_arena_done(&arena);
}

static void refuses_to_pack_more_than_the_maximum(void **state) {
    echo_request request = ECHO_REQUEST_INIT;
    char text[] = "twelve bytes";
    grpc_slice slice;

    (void)state;
    request.text = text;
    assert_int_equal(pl_message_pack(&request.base, 10, &slice, NULL), PL_INTERNAL);
}

/* ---- violations and validators ---- */

static void violation_names_the_whole_path(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);
    size_t outer, inner;

    (void)state;
    outer = pl_violations_enter_item(&list, "items", 2);
    inner = pl_violations_enter(&list, "price");
    pl_violations_add(&list, "amount", "must be %d", 1);
    pl_violations_leave(&list, inner);
    pl_violations_add(&list, "", "is odd");
    pl_violations_leave(&list, outer);
    pl_check_present(&list, "name", false);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].field, "items[2].price.amount");
    assert_string_equal(list.items[0].description, "must be 1");
    assert_string_equal(list.items[1].field, "items[2]");
    assert_string_equal(list.items[2].field, "name");
    pl_arena_done(&arena);
}

static void path_that_grows_too_long_is_cut(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);
    size_t outer = pl_violations_enter_item(&list, "items", 1048570);

    (void)state;
    for (int i = 0; i < PL_VIOLATION_PATH_MAX; i++)
        (void)pl_violations_enter_item(&list, "child", 0);
    assert_int_equal(list.path_length, PL_VIOLATION_PATH_MAX - 1);
    assert_int_equal(strlen(list.path), list.path_length);
    assert_memory_equal(list.path, "items[1048570].child[0].child[0].", 33);
    pl_violations_leave(&list, outer);
    assert_string_equal(list.path, "");
    pl_arena_done(&arena);
}

static void violations_beyond_the_maximum_are_counted_only(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);

    (void)state;
    for (int i = 0; i < PL_VIOLATIONS_MAX + 5; i++)
        pl_violations_add(&list, "x", "no");
    assert_int_equal(list.kept, PL_VIOLATIONS_MAX);
    assert_int_equal(list.count, PL_VIOLATIONS_MAX + 5);
    pl_arena_done(&arena);
}

static void text_is_measured_in_characters(void **state) {
    static const pl_text_limits limits = {true, 2, 3, NULL};
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);

    (void)state;
    pl_check_text(&list, "x", "\xea\xb0\x80\xeb\x82\x98\xeb\x8b\xa4", &limits); /* three */
    assert_int_equal(list.count, 0);
    pl_check_text(&list, "x", "\xea\xb0\x80", &limits);
    pl_check_text(&list, "x", "abcd", &limits);
    pl_check_text(&list, "x", NULL, &limits);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].description, "must have at least 2 characters, got 1");
    assert_string_equal(list.items[1].description, "must have at most 3 characters, got 4");
    assert_string_equal(list.items[2].description, "is required");
    pl_arena_done(&arena);
}

static void text_must_match_its_pattern_as_a_whole(void **state) {
    static pl_rpc_pattern pattern = PL_RPC_PATTERN("id(,(asc|desc))?");
    const pl_text_limits limits = {false, 0, 0, &pattern};
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);

    (void)state;
    pl_check_text(&list, "sort", "id,desc", &limits);
    pl_check_text(&list, "sort", "", &limits);
    assert_int_equal(list.count, 0);
    pl_check_text(&list, "sort", "id,down", &limits);
    assert_int_equal(list.count, 1);
    pl_arena_done(&arena);
    pl_pattern_free(pattern.compiled);
}

static void numbers_are_held_to_their_range(void **state) {
    static const pl_number_limits limits = {true, true, true, 1, 1000};
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations list = pl_violations_make(&arena);

    (void)state;
    pl_check_i64(&list, "quantity", 1, &limits);
    pl_check_u64(&list, "quantity", 1000, &limits);
    pl_check_f64(&list, "quantity", 0.5 + 0.5, &limits);
    assert_int_equal(list.count, 0);
    pl_check_i64(&list, "quantity", 0, &limits);
    pl_check_i64(&list, "quantity", -5, &limits);
    pl_check_u64(&list, "quantity", UINT64_MAX, &limits);
    pl_check_f64(&list, "quantity", 0.0 / (double)(list.count - 3), &limits);
    assert_int_equal(list.count, 4);
    pl_arena_done(&arena);
}

/* ---- google.rpc.Status ---- */

static void status_comes_back_as_it_was_sent(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations sent = pl_violations_make(&arena), back = pl_violations_make(&arena);
    pl_error error = PL_ERROR_INIT, got = PL_ERROR_INIT;
    pl_buf bytes = pl_buf_make(PL_STATUS_DETAILS_MAX);

    (void)state;
    pl_error_set(&error, PL_NOT_FOUND, "no such thing");
    pl_error_info(&error, "mall", "GONE");
    error.retry_after_ms = 2345;
    pl_violations_add(&sent, "a.b", "is wrong");
    pl_status_encode(&error, pl_str_make(NULL, 0), &sent, &bytes);
    assert_false(bytes.failed);
    pl_status_decode(pl_buf_view(&bytes), &got, &back);
    assert_string_equal(got.reason, "GONE");
    assert_string_equal(got.domain, "mall");
    assert_int_equal(got.retry_after_ms, 2345);
    assert_int_equal(back.kept, 1);
    assert_string_equal(back.items[0].field, "a.b");
    assert_string_equal(back.items[0].description, "is wrong");
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
}

static void status_of_many_violations_stays_below_its_maximum(void **state) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations sent = pl_violations_make(&arena), back = pl_violations_make(&arena);
    pl_error error = PL_ERROR_INIT, got = PL_ERROR_INIT;
    pl_buf bytes = pl_buf_make(PL_STATUS_DETAILS_MAX);

    (void)state;
    pl_error_set(&error, PL_INVALID_ARGUMENT, "%0500d", 1);
    pl_error_info(&error, "mall", "INVALID");
    for (int i = 0; i < PL_VIOLATIONS_MAX; i++)
        pl_violations_add(&sent, "field", "%0200d", i);
    pl_status_encode(&error, pl_str_make(NULL, 0), &sent, &bytes);
    assert_false(bytes.failed);
    pl_status_decode(pl_buf_view(&bytes), &got, &back);
    assert_string_equal(got.reason, "INVALID");
    assert_in_range(back.kept, 5, PL_VIOLATIONS_MAX - 1);
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
}

static void malformed_status_is_passed_over(void **state) {
    pl_error got = PL_ERROR_INIT;
    char bytes[64];

    (void)state;
    for (unsigned seed = 1; seed < 2000; seed++) {
        uint32_t x = seed * 2654435761u;
        for (size_t i = 0; i < sizeof bytes; i++) {
            x = x * 1664525u + 1013904223u;
            bytes[i] = (char)(x >> 24);
        }
        bytes[0] = 0x1a;
        bytes[1] = 40;
        pl_status_decode(pl_str_make(bytes, sizeof bytes), &got, NULL);
    }
    assert_string_equal(got.reason, "");
}

/* ---- breaker ---- */

#define SECOND(n) ((1000 + (n)) * PL_NS_PER_S)

static void record_many(pl_breaker *breaker, int64_t now, unsigned good, unsigned bad) {
    while (good--)
        pl_breaker_record(breaker, now, false, false);
    while (bad--)
        pl_breaker_record(breaker, now, false, true);
}

static void breaker_stays_closed_below_its_least_calls(void **state) {
    pl_breaker breaker = {0};

    (void)state;
    record_many(&breaker, SECOND(0), 0, PL_BREAKER_CALLS_MIN - 1);
    assert_int_equal(breaker.state, PL_BREAKER_CLOSED);
    record_many(&breaker, SECOND(0), 0, 1);
    assert_int_equal(breaker.state, PL_BREAKER_OPEN);
}

static void breaker_stays_closed_while_most_succeed(void **state) {
    pl_breaker breaker = {0};

    (void)state;
    record_many(&breaker, SECOND(0), 30, 29);
    assert_int_equal(breaker.state, PL_BREAKER_CLOSED);
    record_many(&breaker, SECOND(1), 0, 1);
    assert_int_equal(breaker.state, PL_BREAKER_OPEN);
}

static void breaker_forgets_what_is_older_than_its_window(void **state) {
    pl_breaker breaker = {0};

    (void)state;
    record_many(&breaker, SECOND(0), 0, PL_BREAKER_CALLS_MIN - 1);
    record_many(&breaker, SECOND(PL_BREAKER_WINDOW_S), 0, 1);
    assert_int_equal(breaker.state, PL_BREAKER_CLOSED);
}

static void half_open_breaker_lets_one_trial_through(void **state) {
    pl_breaker breaker = {0};
    int64_t retry_ns = 0;
    bool trial = false;

    (void)state;
    record_many(&breaker, SECOND(0), 0, PL_BREAKER_CALLS_MIN);
    assert_false(pl_breaker_allow(&breaker, SECOND(1), &trial, &retry_ns));
    assert_int_equal(retry_ns, 4 * PL_NS_PER_S);
    assert_true(pl_breaker_allow(&breaker, SECOND(5), &trial, &retry_ns));
    assert_true(trial);
    assert_false(pl_breaker_allow(&breaker, SECOND(5), &trial, &retry_ns));
    pl_breaker_record(&breaker, SECOND(6), true, true);
    assert_int_equal(breaker.state, PL_BREAKER_OPEN);
    assert_true(pl_breaker_allow(&breaker, SECOND(11), &trial, &retry_ns));
    pl_breaker_record(&breaker, SECOND(11), true, false);
    assert_int_equal(breaker.state, PL_BREAKER_CLOSED);
    assert_int_equal(breaker.opened, 2);
}

static void late_outcomes_do_not_close_an_open_breaker(void **state) {
    pl_breaker breaker = {0};

    (void)state;
    record_many(&breaker, SECOND(0), 0, PL_BREAKER_CALLS_MIN);
    record_many(&breaker, SECOND(1), 100, 0);
    assert_int_equal(breaker.state, PL_BREAKER_OPEN);
}

/* ---- retry ---- */

static void budget_grants_a_fifth_of_the_calls(void **state) {
    pl_retry_budget budget;
    unsigned granted = 0;

    (void)state;
    pl_retry_init(&budget);
    while (pl_retry_spend(&budget))
        continue;
    for (int i = 0; i < 100; i++) {
        pl_retry_earn(&budget);
        granted += pl_retry_spend(&budget);
    }
    assert_int_equal(granted, 20);
}

static void backoff_doubles_up_to_its_maximum(void **state) {
    (void)state;
    assert_true(pl_retry_backoff(2, UINT64_MAX / 3) < PL_RETRY_BACKOFF_MS * PL_NS_PER_MS);
    for (uint64_t r = 1; r < 1000; r++)
        assert_true(pl_retry_backoff(50, r * UINT64_C(1234567890123)) <
                    PL_RETRY_BACKOFF_MAX_MS * PL_NS_PER_MS);
}

/* ---- targets ---- */

static void expect_target(const char *target, const char *wanted) {
    pl_buf out = pl_buf_make(1024);

    assert_int_equal(pl_target_resolve(target, &out, NULL), PL_OK);
    assert_string_equal(out.p, wanted);
    pl_buf_done(&out);
}

static void targets_become_what_core_resolves(void **state) {
    pl_buf out = pl_buf_make(1024);

    (void)state;
    expect_target("127.0.0.1:9085", "ipv4:127.0.0.1:9085");
    expect_target("[::1]:80", "ipv6:[::1]:80");
    expect_target("payment:9085", "dns:///payment:9085");
    expect_target("dns:///x:1", "dns:///x:1");
    assert_int_equal(pl_target_resolve("payment", &out, NULL), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_target_resolve("payment:0", &out, NULL), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_target_resolve("a b:1", &out, NULL), PL_INVALID_ARGUMENT);
    pl_buf_done(&out);
}

static pl_code lines(const char *text, pl_buf *out) {
    pl_buf_clear(out);
    return pl_target_from_lines("addr", pl_str_c(text), out, NULL);
}

static void address_file_has_one_address_a_line(void **state) {
    pl_buf out = pl_buf_make(1024);

    (void)state;
    assert_int_equal(lines("127.0.0.1:1\n# old\n\n127.0.0.1:2\r\n", &out), PL_OK);
    assert_string_equal(out.p, "ipv4:127.0.0.1:1,127.0.0.1:2");
    assert_int_equal(lines("host:1", &out), PL_OK);
    assert_string_equal(out.p, "dns:///host:1");
    assert_int_equal(lines("", &out), PL_UNAVAILABLE);
    assert_int_equal(lines("127.0.0.1:1\n[::1]:1\n", &out), PL_UNAVAILABLE);
    assert_int_equal(lines("what is this\n", &out), PL_UNAVAILABLE);
    pl_buf_done(&out);
}

#define T(name) cmocka_unit_test(name)
/* grpc-timeout: 99999999H */
static void deadline_beyond_what_nanoseconds_hold_is_none(void **state) {
    gpr_timespec time = gpr_now(GPR_CLOCK_MONOTONIC);

    (void)state;
    time.tv_sec += INT64_C(99999999) * 3600;
    assert_true(pl_from_gpr(time) == PL_NEVER);
    time.tv_sec = INT64_MAX - 1;
    assert_true(pl_from_gpr(time) == PL_NEVER);
    time.tv_sec = 5;
    time.tv_nsec = 7;
    assert_true(pl_from_gpr(time) == 5 * PL_NS_PER_S + 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(deadline_beyond_what_nanoseconds_hold_is_none),
        T(accepts_what_protobuf_writes),
        T(rejects_a_wrong_wire_type),
        T(rejects_text_that_is_not_utf8_or_holds_a_nul),
        T(rejects_bytes_that_are_cut_off),
        T(rejects_groups_and_field_number_zero),
        T(merges_a_message_given_twice),
        T(of_a_oneof_the_last_is_kept_and_merged_with_its_like_only),
        T(illegal_bytes_of_metadata_are_seen_wherever_they_are),
        T(names_the_place_of_what_is_malformed),
        T(names_the_type_of_a_message_that_is_malformed_as_a_whole),
        T(rejects_nesting_deeper_than_the_maximum),
        T(unpacks_into_the_arena_and_no_further),
        T(refuses_to_pack_more_than_the_maximum),
        T(violation_names_the_whole_path),
        T(path_that_grows_too_long_is_cut),
        T(violations_beyond_the_maximum_are_counted_only),
        T(text_is_measured_in_characters),
        T(text_must_match_its_pattern_as_a_whole),
        T(numbers_are_held_to_their_range),
        T(status_comes_back_as_it_was_sent),
        T(status_of_many_violations_stays_below_its_maximum),
        T(malformed_status_is_passed_over),
        T(breaker_stays_closed_below_its_least_calls),
        T(breaker_stays_closed_while_most_succeed),
        T(breaker_forgets_what_is_older_than_its_window),
        T(half_open_breaker_lets_one_trial_through),
        T(late_outcomes_do_not_close_an_open_breaker),
        T(budget_grants_a_fifth_of_the_calls),
        T(backoff_doubles_up_to_its_maximum),
        T(targets_become_what_core_resolves),
        T(address_file_has_one_address_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

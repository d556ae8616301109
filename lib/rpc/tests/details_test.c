/* What a handler adds to its error: the metadata of google.rpc.ErrorInfo, as they stand on the
 * wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "parley/rpc/local.h"
#include "parley/schema/wire.h"

/* What a handler is to do, and what came of it. */
typedef struct errand {
    pl_code (*handler)(pl_call *call);
    pl_code added;
    pl_bytes_reply *reply;
} errand;

static errand now;

static pl_code run(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl;
    (void)request;
    (void)response;
    return now.handler(call);
}

static const pl_method_desc method = {.name = "Fail",
                                      .path = "/made.v1.MadeService/Fail",
                                      .kind = PL_METHOD_UNARY,
                                      .auth = PL_AUTH_RULE_PUBLIC,
                                      .auth_arg = "",
                                      .answer = run};
static const pl_service_desc service = {
    .abi = PL_RPC_ABI, .name = "made.v1.MadeService", .methods = &method, .method_count = 1};

static int tear_down(void **state) {
    (void)state;
    pl_bytes_reply_free(now.reply);
    memset(&now, 0, sizeof now);
    return 0;
}

static void call_handler(pl_code (*handler)(pl_call *call)) {
    const pl_bytes_request request = {.path = method.path, .deadline_ns = PL_NEVER};

    now.handler = handler;
    (void)pl_local_call_bytes(&method, NULL, "made", &request, &now.reply);
    assert_non_null(now.reply);
}

static pl_str field(pl_str message, uint32_t number) {
    pl_wire_field found;

    return pl_wire_find(message, number, &found) ? found.bytes : pl_str_make(NULL, 0);
}

/* The detail of TYPE in the answer's google.rpc.Status; {NULL, 0}: none. */
static pl_str detail(const char *type) {
    pl_str status = {NULL, 0};
    pl_wire_field found;

    for (size_t i = 0; i < now.reply->metadata_count; i++) {
        if (strcmp(now.reply->metadata[i].key, "grpc-status-details-bin") == 0)
            status = now.reply->metadata[i].value;
    }
    for (pl_wire_reader r = pl_wire_reader_make(status); pl_wire_next(&r, &found);) {
        if (found.number == 3 && pl_str_ends(field(found.bytes, 1), pl_str_c(type)))
            return field(found.bytes, 2);
    }
    return pl_str_make(NULL, 0);
}

/* The metadata of the answer's ErrorInfo: "level=2;plate=12;". */
static const char *metadata(void) {
    static char text[2 * PL_CALL_DETAILS_MAX];
    pl_wire_field found;

    text[0] = '\0';
    for (pl_wire_reader r = pl_wire_reader_make(detail("/google.rpc.ErrorInfo"));
         pl_wire_next(&r, &found);) {
        if (found.number == 3)
            (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s=%.*s;",
                           PL_FMT(field(found.bytes, 1)), PL_FMT(field(found.bytes, 2)));
    }
    return text;
}

static pl_code say_the_level(pl_call *call) {
    (void)pl_call_error_metadata(call, "level", "%d", 2);
    (void)pl_call_error_metadata(call, "plate", "%s", "12 가 3456");
    return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, "LEVEL_FULL", "level %d is full", 2);
}

static void metadata_go_with_the_reason(void **state) {
    (void)state;
    call_handler(say_the_level);
    assert_string_equal(now.reply->error.reason, "LEVEL_FULL");
    assert_string_equal(metadata(), "level=2;plate=12 가 3456;");
}

static void they_reach_a_caller_on_a_connection(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_channel_opts channel_opts = PL_CHANNEL_OPTS_INIT;
    const pl_bytes_request request = {.path = method.path,
                                      .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS)};
    pl_server *server;
    pl_channel *channel;
    char address[32];

    (void)state;
    now.handler = say_the_level;
    assert_int_equal(pl_server_new(&opts, &server, NULL), PL_OK);
    assert_int_equal(pl_server_add(server, (pl_service_binding){&service, NULL}, NULL), PL_OK);
    assert_int_equal(pl_server_start(server, NULL), PL_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", pl_server_port(server));
    channel_opts.target = address;
    assert_int_equal(pl_channel_new(&channel_opts, &channel, NULL), PL_OK);
    (void)pl_channel_call_bytes(channel, &request, &now.reply);
    assert_string_equal(metadata(), "level=2;plate=12 가 3456;");
    pl_channel_free(channel);
    pl_server_free(server);
}

static pl_code give_no_reason(pl_call *call) {
    (void)pl_call_error_metadata(call, "level", "2");
    return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "level 2 is full");
}

static void without_a_reason_there_are_none(void **state) {
    (void)state;
    call_handler(give_no_reason);
    assert_null(detail("/google.rpc.ErrorInfo").p);
}

static pl_code think_again(pl_call *call) {
    (void)pl_call_error_metadata(call, "level", "2");
    pl_call_error_clear(call);
    return pl_call_fail(call, PL_NOT_FOUND, "GONE", "it is gone");
}

static void clearing_the_error_forgets_them(void **state) {
    (void)state;
    call_handler(think_again);
    assert_string_equal(now.reply->error.reason, "GONE");
    assert_string_equal(metadata(), "");
}

static pl_code repeat_a_key(pl_call *call) {
    (void)pl_call_error_metadata(call, "level", "2");
    now.added = pl_call_error_metadata(call, "level", "3");
    return pl_call_fail(call, PL_ABORTED, "AGAIN", "again");
}

static void a_key_is_there_once(void **state) {
    (void)state;
    call_handler(repeat_a_key);
    assert_int_equal(now.added, PL_ALREADY_EXISTS);
    assert_string_equal(metadata(), "level=2;");
}

static pl_code add_what_is_no_metadata(pl_call *call) {
    char key[PL_CALL_ERROR_KEY_MAX + 2];

    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    assert_int_equal(pl_call_error_metadata(call, "", "x"), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_call_error_metadata(call, key, "x"), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_call_error_metadata(call, "\xff", "x"), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_call_error_metadata(call, "k", "\xff"), PL_INVALID_ARGUMENT);
    key[sizeof key - 2] = '\0';
    assert_int_equal(pl_call_error_metadata(call, key, "x"), PL_OK);
    return pl_call_fail(call, PL_ABORTED, "AGAIN", "again");
}

static void what_is_no_metadata_is_left_out(void **state) {
    (void)state;
    call_handler(add_what_is_no_metadata);
    assert_int_equal(strlen(metadata()), PL_CALL_ERROR_KEY_MAX + strlen("=x;"));
}

/* Fills what there is room for, on top of all that the runtime itself may have to say. */
static pl_code add_too_much(pl_call *call) {
    char key[16];
    unsigned count = 0;

    assert_int_equal(pl_call_error_metadata(call, "all", "%0*d", PL_CALL_DETAILS_MAX + 1, 1),
                     PL_RESOURCE_EXHAUSTED);
    while (now.added == PL_OK && count < PL_CALL_DETAILS_MAX) {
        (void)snprintf(key, sizeof key, "k%u", count++);
        now.added = pl_call_error_metadata(call, key, "x");
    }
    assert_int_equal(pl_call_detail(call, "made.v1.Detail", pl_str_c("x")), PL_RESOURCE_EXHAUSTED);
    for (int i = 0; i < PL_VIOLATIONS_MAX; i++)
        pl_call_violation(call, "field", "%0200d", i);
    pl_call_retry_after(call, 1500);
    return pl_call_fail(call, PL_ABORTED, "A_REASON_AS_LONG_AS_A_REASON_CAN_BE_WITHOUT_BEING_CUT",
                        "%0*d", PL_ERROR_MESSAGE_MAX, 1);
}

static void what_has_no_room_is_left_out(void **state) {
    const char *all;

    (void)state;
    call_handler(add_too_much);
    assert_int_equal(now.added, PL_RESOURCE_EXHAUSTED);
    all = metadata();
    assert_memory_equal(all, "k0=x;k1=x;", 10);
    assert_in_range(strlen(all), PL_CALL_DETAILS_MAX / 4, PL_CALL_DETAILS_MAX);
}

static pl_code add_a_detail_first(pl_call *call) {
    char big[PL_CALL_DETAILS_MAX - 100];

    memset(big, 'x', sizeof big);
    assert_int_equal(pl_call_detail(call, "made.v1.Detail", pl_str_make(big, sizeof big)), PL_OK);
    now.added = pl_call_error_metadata(call, "k", "%0100d", 1);
    return pl_call_fail(call, PL_ABORTED, "AGAIN", "again");
}

static void they_share_the_room_of_details(void **state) {
    (void)state;
    call_handler(add_a_detail_first);
    assert_int_equal(now.added, PL_RESOURCE_EXHAUSTED);
    assert_int_equal(detail("/made.v1.Detail").n, PL_CALL_DETAILS_MAX - 100);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(metadata_go_with_the_reason),
        TEST(they_reach_a_caller_on_a_connection),
        TEST(without_a_reason_there_are_none),
        TEST(clearing_the_error_forgets_them),
        TEST(a_key_is_there_once),
        TEST(what_is_no_metadata_is_left_out),
        TEST(what_has_no_room_is_left_out),
        TEST(they_share_the_room_of_details),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

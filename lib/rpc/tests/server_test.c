/* The server, through the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>

#include "fixture.h"
#include "stream_client.h"

typedef struct one {
    echo_server echo;
    pl_channel *channel;
    pl_call *call;
    char address[32];
} one;

static void open_with(one *f, const pl_server_opts *opts) {
    echo_server_start(&f->echo, opts);
    f->channel = echo_channel(echo_server_address(&f->echo, f->address));
    f->call = echo_new_call(FIXTURE_PATIENCE_MS);
}

static void close_all(one *f) {
    pl_call_free(f->call);
    pl_channel_free(f->channel);
    echo_server_stop(&f->echo);
}

static void answers_a_unary_call(void **state) {
    echo_response *response = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_PLAIN, "hello", 42, &response), PL_OK);
    assert_string_equal(response->text, "hello");
    assert_int_equal(response->number, 42);
    close_all(&f);
}

static void answers_an_inline_method_on_the_poller(void **state) {
    echo_response *response = NULL;
    pl_server_stats stats;
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_INLINE, "x", 1, &response), PL_OK);
    pl_server_read_stats(f.echo.server, &stats);
    assert_int_equal(stats.workers, 0);
    close_all(&f);
}

static void continues_the_trace_of_the_caller(void **state) {
    echo_response *response = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_PLAIN, "", 0, &response), PL_OK);
    assert_memory_equal(response->seen, pl_call_traceparent(f.call), 36);
    assert_memory_not_equal(response->seen + 36, pl_call_traceparent(f.call) + 36, 16);
    close_all(&f);
}

static void two_traceparents_are_none(void **state) {
    static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    echo_response *response = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    pl_call_set_outgoing(f.call, "traceparent", pl_str_c(parent));
    assert_int_equal(echo_call(f.channel, f.call, ECHO_PLAIN, "", 0, &response), PL_OK);
    assert_memory_equal(response->seen, parent, 36);
    pl_call_set_outgoing(f.call, "traceparent", pl_str_c(parent));
    pl_call_set_outgoing(f.call, "traceparent", pl_str_c(parent));
    assert_int_equal(echo_call(f.channel, f.call, ECHO_PLAIN, "", 0, &response), PL_OK);
    assert_memory_not_equal(response->seen, parent, 36);
    close_all(&f);
}

static void unknown_method_is_unimplemented(void **state) {
    pl_bytes_request request = {.path = "/no.Such/Method"};
    pl_bytes_reply *reply = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    assert_int_equal(pl_channel_call_bytes(f.channel, &request, &reply), PL_UNIMPLEMENTED);
    assert_non_null(strstr(reply->error.message, "/no.Such/Method"));
    pl_bytes_reply_free(reply);
    close_all(&f);
}

static pl_code send_bytes(one *f, int method, pl_str body) {
    pl_bytes_request request = {.path = echo_service_desc.methods[method].path, .body = body};
    pl_bytes_reply *reply = NULL;
    pl_code code;

    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    code = pl_channel_call_bytes(f->channel, &request, &reply);
    pl_bytes_reply_free(reply);
    return code;
}

static void malformed_bytes_are_an_invalid_argument_and_the_server_goes_on(void **state) {
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(send_bytes(&f, ECHO_PLAIN, pl_str_c("not protobuf")), PL_INVALID_ARGUMENT);
    assert_int_equal(send_bytes(&f, ECHO_PLAIN, pl_str_c("\x0a\x02\xff\xfe")), PL_INVALID_ARGUMENT);
    assert_int_equal(echo_server_calls(&f.echo), 0);
    assert_int_equal(echo_once(f.channel, ECHO_PLAIN, "still here", 0), PL_OK);
    close_all(&f);
}

static void malformed_field_is_a_violation(void **state) {
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Plain",
                                .body = pl_str_c("\x0a\x01\xff")};
    pl_bytes_reply *reply = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    assert_int_equal(pl_channel_call_bytes(f.channel, &request, &reply), PL_INVALID_ARGUMENT);
    assert_string_equal(reply->error.message, "text is not UTF-8");
    assert_string_equal(reply->error.reason, "INVALID_REQUEST");
    assert_int_equal(reply->violation_count, 1);
    assert_string_equal(reply->violations[0].field, "text");
    assert_string_equal(reply->violations[0].description, "is not UTF-8");
    pl_bytes_reply_free(reply);
    close_all(&f);
}

static void start_that_failed_may_be_tried_again(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    echo_server echo;
    pl_server *second = NULL;
    char address[32];

    (void)state;
    echo_server_start(&echo, NULL);
    opts.listen = echo_server_address(&echo, address);
    opts.reflection = true;
    assert_int_equal(pl_server_new(&opts, &second, NULL), PL_OK);
    assert_int_equal(pl_server_start(second, NULL), PL_UNAVAILABLE);
    assert_int_equal(pl_server_start(second, NULL), PL_UNAVAILABLE);
    echo_server_stop(&echo);
    assert_int_equal(pl_server_start(second, NULL), PL_OK);
    pl_server_free(second);
}

static void *drain(void *server) {
    return (void *)(uintptr_t)pl_server_drain(server, FIXTURE_PATIENCE_MS);
}

static void drains_at_once_are_one(void **state) {
    pthread_t threads[4];
    echo_server echo;

    (void)state;
    echo_server_start(&echo, NULL);
    for (size_t i = 0; i < PL_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, drain, echo.server), 0);
    for (size_t i = 0; i < PL_COUNT(threads); i++) {
        void *code = NULL;
        pthread_join(threads[i], &code);
        assert_int_equal((uintptr_t)code, PL_OK);
    }
    echo_server_stop(&echo);
}

static void message_over_the_maximum_is_resource_exhausted(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    char *body = calloc(1, 70000);
    one f;

    (void)state;
    opts.max_message = 65536;
    open_with(&f, &opts);
    assert_int_equal(send_bytes(&f, ECHO_PLAIN, pl_str_make(body, 70000)), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(echo_once(f.channel, ECHO_PLAIN, "still here", 0), PL_OK);
    free(body);
    close_all(&f);
}

static void request_over_the_maximum_of_its_method_is_resource_exhausted(void **state) {
    char body[103] = {0x2a, 100};
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(send_bytes(&f, ECHO_LIMITED, pl_str_make(body, 102)), PL_RESOURCE_EXHAUSTED);
    close_all(&f);
}

static void request_that_unpacks_to_more_than_the_budget_is_resource_exhausted(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    char *body = malloc(2 * 30000);
    one f;

    (void)state;
    for (size_t i = 0; i < 30000; i++) { /* items: "" */
        body[2 * i] = 0x22;
        body[2 * i + 1] = 0;
    }
    opts.arena_budget = 100000;
    open_with(&f, &opts);
    assert_int_equal(send_bytes(&f, ECHO_PLAIN, pl_str_make(body, 60000)), PL_RESOURCE_EXHAUSTED);
    free(body);
    close_all(&f);
}

static void request_beyond_its_limits_never_reaches_the_handler(void **state) {
    const pl_violations *violations;
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_LIMITED, "too long", 0, NULL),
                     PL_INVALID_ARGUMENT);
    violations = pl_call_violations(f.call);
    assert_int_equal(violations->kept, 1);
    assert_string_equal(violations->items[0].field, "text");
    assert_string_equal(violations->items[0].description, "must have at most 5 characters, got 8");
    assert_int_equal(echo_server_calls(&f.echo), 0);
    close_all(&f);
}

static void error_details_reach_the_caller(void **state) {
    const pl_error *error;
    const pl_violations *violations;
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_FAIL, "pears", PL_FAILED_PRECONDITION, NULL),
                     PL_FAILED_PRECONDITION);
    error = pl_call_error(f.call);
    assert_string_equal(error->message, "pears: no more");
    assert_string_equal(error->reason, "OUT_OF_STOCK");
    assert_string_equal(error->domain, "test");
    assert_int_equal(error->retry_after_ms, 1500);
    violations = pl_call_violations(f.call);
    assert_int_equal(violations->kept, 2);
    assert_string_equal(violations->items[0].field, "items[2].quantity");
    assert_string_equal(violations->items[1].description, "is required");
    close_all(&f);
}

static void metadata_goes_both_ways(void **state) {
    pl_metadata sent[] = {{"x-colour", {"blue", 4}}, {"x-raw-bin", {"\0\1\2", 3}}};
    const char body[] = "\x0a\x08"
                        "x-colour";
    pl_bytes_request request = {
        .path = "/" ECHO_SERVICE "/Meta", .metadata = sent, .metadata_count = 2};
    pl_bytes_reply *reply = NULL;
    bool found = false;
    one f;

    (void)state;
    open_with(&f, NULL);
    request.body = pl_str_c(body);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    assert_int_equal(pl_channel_call_bytes(f.channel, &request, &reply), PL_OK);
    for (size_t i = 0; i < reply->metadata_count; i++)
        found = found || (strcmp(reply->metadata[i].key, "x-seen") == 0 &&
                          pl_str_eqc(reply->metadata[i].value, "blue"));
    assert_true(found);
    pl_bytes_reply_free(reply);
    close_all(&f);
}

static void outgoing_metadata_is_sent_once(void **state) {
    echo_response *response = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    pl_call_set_outgoing(f.call, "x-colour", pl_str_c("red"));
    assert_int_equal(echo_call(f.channel, f.call, ECHO_META, "x-colour", 0, &response), PL_OK);
    assert_string_equal(response->seen, "red");
    assert_int_equal(echo_call(f.channel, f.call, ECHO_META, "x-colour", 0, &response), PL_OK);
    assert_string_equal(response->seen, "");
    close_all(&f);
}

static void demo_caller_is_hidden_outside_demo_mode(void **state) {
    echo_response *response = NULL;
    one f;

    (void)state;
    open_with(&f, NULL);
    pl_call_set_outgoing(f.call, "x-parley-demo", pl_str_c("admin"));
    assert_int_equal(echo_call(f.channel, f.call, ECHO_META, "x-parley-demo", 0, &response), PL_OK);
    assert_string_equal(response->seen, "");
    close_all(&f);
}

static void demo_caller_is_accepted_in_demo_mode_from_this_machine(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    echo_response *response = NULL;
    one f;

    (void)state;
    opts.demo = true;
    open_with(&f, &opts);
    pl_call_set_outgoing(f.call, "x-parley-demo", pl_str_c("admin"));
    assert_int_equal(echo_call(f.channel, f.call, ECHO_META, "x-parley-demo", 0, &response), PL_OK);
    assert_string_equal(response->seen, "admin");
    close_all(&f);
}

static void internal_method_is_refused_outside_demo_mode(void **state) {
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_once(f.channel, ECHO_INTERNAL, "", 0), PL_PERMISSION_DENIED);
    assert_string_equal(pl_server_internal_method(f.echo.server), "/" ECHO_SERVICE "/Internal");
    close_all(&f);
}

static void internal_method_answers_this_machine_in_demo_mode(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    one f;

    (void)state;
    opts.demo = opts.allow_internal_loopback = true;
    open_with(&f, &opts);
    assert_int_equal(echo_once(f.channel, ECHO_INTERNAL, "", 0), PL_OK);
    close_all(&f);
}

/* An address of this machine that is not its loopback; false: there is none. */
static bool outer_address(char out[INET_ADDRSTRLEN]) {
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)a->ifa_addr;
        if (!in4 || in4->sin_family != AF_INET || !inet_ntop(AF_INET, &in4->sin_addr, out, 16))
            continue;
        found = strncmp(out, "127.", 4) != 0;
    }
    freeifaddrs(all);
    return found;
}

static void neither_internal_methods_nor_demo_callers_are_accepted_from_outside(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    char address[INET_ADDRSTRLEN + 8], host[INET_ADDRSTRLEN];
    echo_response *response = NULL;
    pl_channel *outside;
    one f;

    (void)state;
    if (!outer_address(host))
        skip();
    opts.demo = opts.allow_internal_loopback = true;
    opts.listen = "0.0.0.0:0";
    open_with(&f, &opts);
    snprintf(address, sizeof address, "%s:%d", host, pl_server_port(f.echo.server));
    outside = echo_channel(address);
    assert_int_equal(echo_once(outside, ECHO_INTERNAL, "", 0), PL_PERMISSION_DENIED);
    pl_call_set_outgoing(f.call, "x-parley-demo", pl_str_c("admin"));
    assert_int_equal(echo_call(outside, f.call, ECHO_META, "x-parley-demo", 0, &response), PL_OK);
    assert_string_equal(response->seen, "");
    pl_channel_free(outside);
    close_all(&f);
}

static void call_ends_at_its_deadline_and_the_handler_sees_it(void **state) {
    pl_call *call = echo_new_call(1000); /* for the handler to begin */
    one f;

    (void)state;
    open_with(&f, NULL);
    assert_int_equal(echo_call(f.channel, call, ECHO_BLOCK, "", 0, NULL), PL_DEADLINE_EXCEEDED);
    assert_true(echo_server_await(&f.echo, &f.echo.cancellations, 1));
    pl_call_free(call);
    close_all(&f);
}

static void call_whose_request_never_comes_ends_at_the_servers_deadline(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    stream_client silent;
    one f;

    (void)state;
    opts.deadline_ms = 50;
    open_with(&f, &opts);
    stream_open(&silent, f.address, "/" ECHO_SERVICE "/Plain");
    assert_int_equal(stream_close(&silent), GRPC_STATUS_DEADLINE_EXCEEDED);
    assert_true(echo_server_await(&f.echo, &f.echo.finished, 1));
    assert_int_equal(f.echo.last_code, PL_DEADLINE_EXCEEDED);
    /* The server goes on. */
    assert_int_equal(echo_once(f.channel, ECHO_INLINE, "x", 1), PL_OK);
    close_all(&f);
}

static void observer_is_told_of_every_call(void **state) {
    one f;

    (void)state;
    open_with(&f, NULL);
    echo_call(f.channel, f.call, ECHO_FAIL, "x", PL_ABORTED, NULL);
    assert_true(echo_server_await(&f.echo, &f.echo.finished, 1));
    assert_int_equal(f.echo.last_code, PL_ABORTED);
    assert_memory_equal(f.echo.last_peer, "127.0.0.1:", 10);
    assert_memory_equal(f.echo.last_trace, pl_call_traceparent(f.call), 36);
    close_all(&f);
}

static void second_server_on_the_same_port_is_refused(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *second = NULL;
    pl_error err = PL_ERROR_INIT;
    one f;

    (void)state;
    open_with(&f, NULL);
    opts.listen = f.address;
    assert_int_equal(pl_server_new(&opts, &second, NULL), PL_OK);
    assert_int_equal(pl_server_start(second, &err), PL_UNAVAILABLE);
    assert_non_null(strstr(err.message, "Address already in use"));
    pl_server_free(second);
    close_all(&f);
}

static void service_of_another_abi_is_refused(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_service_desc old = echo_service_desc;
    pl_server *server = NULL;

    (void)state;
    old.abi = PL_RPC_ABI + 1;
    assert_int_equal(pl_server_new(&opts, &server, NULL), PL_OK);
    assert_int_equal(pl_server_add(server, (pl_service_binding){&old, NULL}, NULL),
                     PL_INVALID_ARGUMENT);
    pl_server_free(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_a_unary_call),
        cmocka_unit_test(answers_an_inline_method_on_the_poller),
        cmocka_unit_test(continues_the_trace_of_the_caller),
        cmocka_unit_test(two_traceparents_are_none),
        cmocka_unit_test(unknown_method_is_unimplemented),
        cmocka_unit_test(malformed_bytes_are_an_invalid_argument_and_the_server_goes_on),
        cmocka_unit_test(malformed_field_is_a_violation),
        cmocka_unit_test(start_that_failed_may_be_tried_again),
        cmocka_unit_test(drains_at_once_are_one),
        cmocka_unit_test(message_over_the_maximum_is_resource_exhausted),
        cmocka_unit_test(request_over_the_maximum_of_its_method_is_resource_exhausted),
        cmocka_unit_test(request_that_unpacks_to_more_than_the_budget_is_resource_exhausted),
        cmocka_unit_test(request_beyond_its_limits_never_reaches_the_handler),
        cmocka_unit_test(error_details_reach_the_caller),
        cmocka_unit_test(metadata_goes_both_ways),
        cmocka_unit_test(outgoing_metadata_is_sent_once),
        cmocka_unit_test(demo_caller_is_hidden_outside_demo_mode),
        cmocka_unit_test(demo_caller_is_accepted_in_demo_mode_from_this_machine),
        cmocka_unit_test(internal_method_is_refused_outside_demo_mode),
        cmocka_unit_test(internal_method_answers_this_machine_in_demo_mode),
        cmocka_unit_test(neither_internal_methods_nor_demo_callers_are_accepted_from_outside),
        cmocka_unit_test(call_ends_at_its_deadline_and_the_handler_sees_it),
        cmocka_unit_test(call_whose_request_never_comes_ends_at_the_servers_deadline),
        cmocka_unit_test(observer_is_told_of_every_call),
        cmocka_unit_test(second_server_on_the_same_port_is_refused),
        cmocka_unit_test(service_of_another_abi_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

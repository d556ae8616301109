/* Fails every allocation once: nothing leaks, nothing crashes, and what cannot be done is
 * said. */
#include "check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/http/client.h"
#include "parley/http/server.h"
#include "parley/test/failmalloc.h"

#define MAX_ALLOCATIONS 1000
#define TRIES           50 /* rounds of the loop an exchange may take without memory */

static void answer(void *self, pl_http_request *request) {
    (void)self;
    pl_http_respond(request, &(pl_http_reply){.status = 200,
                                              .content_type = pl_str_c("text/plain"),
                                              .body = pl_http_request_body(request)});
}

typedef struct outcome {
    int count;
    pl_code code;
} outcome;

static void on_done(void *self, const pl_http_answer *answer_, const pl_error *error) {
    outcome *o = self;
    o->count++;
    o->code = answer_ ? PL_OK : error->code;
}

/* A server and an exchange with it, on one loop. The code of what failed first. */
static pl_code exchange(void) {
    pl_loop *loop = NULL;
    pl_http_server *server = NULL;
    pl_http_client *client = NULL;
    pl_error err = PL_ERROR_INIT;
    uint16_t port = 0;
    outcome o = {0};
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    opts.on_request = answer;
    pl_http_listen_opts listen = {.address = "127.0.0.1:0"};
    char address[64];

    pl_code code = pl_loop_new(&loop, &err);
    if (!code)
        code = pl_http_server_new(loop, &opts, &server, &err);
    if (!code)
        code = pl_http_server_listen(server, &listen, &port, &err);
    if (!code)
        code = pl_http_client_new(loop, &client, &err);
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    pl_http_call call = PL_HTTP_CALL_INIT;
    call.address = address;
    call.method = pl_str_c("POST");
    call.body = pl_str_c("hello");
    call.timeout_ms = 1000;
    if (!code)
        code = pl_http_client_start(client, &call, on_done, &o, NULL, &err);
    for (int i = 0; !code && !o.count && i < TRIES; i++)
        code = pl_loop_run_once(loop, 100, &err);
    if (!code)
        code = o.count ? o.code : PL_DEADLINE_EXCEEDED;
    pl_http_client_free(client);
    pl_http_server_free(server);
    pl_loop_free(loop);
    return code;
}

static void says_so_when_an_exchange_runs_out_of_memory(void **state) {
    (void)state;
    size_t n = 1;
    for (; n < MAX_ALLOCATIONS; n++) {
        pl_test_fail_allocation(n);
        pl_code code = exchange();
        if (!pl_test_allocation_failed()) {
            assert_int_equal(code, PL_OK);
            break;
        }
        /* Where the server lacks memory, the client is told so by 503 or a closed connection. */
        if (code != PL_OK && code != PL_RESOURCE_EXHAUSTED && code != PL_UNAVAILABLE &&
            code != PL_INVALID_ARGUMENT)
            fail_msg("allocation %zu: %s", n, pl_code_name(code));
    }
    assert_in_range(n, 10, MAX_ALLOCATIONS - 1);
}

/* A request with many fields, chunks and trailers. */
static int parse(void) {
    pl_http_parser *parser = pl_http_parser_new(PL_HTTP_REQUESTS);
    if (!parser)
        return 500;
    pl_buf bytes = pl_buf_make(64 * 1024);
    pl_buf_puts(&bytes, "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n");
    for (int i = 0; i < 60; i++)
        pl_buf_printf(&bytes, "x-field-%d: some value that makes the head grow\r\n", i);
    pl_buf_puts(&bytes, "\r\n3\r\nabc\r\n0\r\nX-Trailer: value\r\n\r\n");
    bool complete = false, failed = bytes.failed;
    for (size_t i = 0; i < bytes.n && !failed; i += 7) {
        pl_str in = pl_str_make(bytes.p + i, bytes.n - i < 7 ? bytes.n - i : 7), piece;
        pl_http_event event = PL_HTTP_BODY;
        while (event != PL_HTTP_MORE && !failed) {
            event = pl_http_parser_feed(parser, &in, &piece);
            complete |= event == PL_HTTP_END;
            failed = event == PL_HTTP_ERROR;
        }
    }
    int status = complete                                  ? 200
                 : failed && pl_http_parser_status(parser) ? pl_http_parser_status(parser)
                                                           : 500;
    pl_buf_done(&bytes);
    pl_http_parser_free(parser);
    return status;
}

static void answers_500_when_the_parser_runs_out_of_memory(void **state) {
    (void)state;
    for (size_t n = 1; n < MAX_ALLOCATIONS; n++) {
        pl_test_fail_allocation(n);
        int status = parse();
        if (!pl_test_allocation_failed()) {
            assert_int_equal(status, 200);
            return;
        }
        assert_int_equal(status, 500);
    }
    fail_msg("the parser allocates for ever");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_500_when_the_parser_runs_out_of_memory),
        cmocka_unit_test(says_so_when_an_exchange_runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

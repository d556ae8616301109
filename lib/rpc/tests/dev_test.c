/* Handlers that break the rules, each in a process of its own: dev builds end it and say which
 * method it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "parley/base/assert.h"
#include "parley/base/hold.h"

#ifdef PL_DEV

#define SERVICE "parley.test.dev.v1.RuleService"

extern char **environ;

/* ---- the handlers ---- */

static echo_response response = PARLEY__TEST__ECHO__V1__ECHO_RESPONSE__INIT;

static pl_code without_answer(const void *impl, pl_call *call, const ProtobufCMessage *request,
                              ProtobufCMessage **out_response) {
    (void)impl;
    (void)call;
    (void)request;
    (void)out_response;
    return PL_OK;
}

static pl_code answers_twice(const void *impl, pl_call *call, const ProtobufCMessage *request,
                             ProtobufCMessage **out_response) {
    (void)impl;
    (void)request;
    *out_response = &response.base;
    return pl_call_fail(call, PL_NOT_FOUND, NULL, "not here");
}

static pl_code answers_another_type(const void *impl, pl_call *call,
                                    const ProtobufCMessage *request,
                                    ProtobufCMessage **out_response) {
    static echo_request wrong = ECHO_REQUEST_INIT;

    (void)impl;
    (void)call;
    (void)request;
    *out_response = &wrong.base;
    return PL_OK;
}

static pl_code returns_no_code(const void *impl, pl_call *call, const ProtobufCMessage *request,
                               ProtobufCMessage **out_response) {
    (void)impl;
    (void)call;
    (void)request;
    (void)out_response;
    return (pl_code)PL_CODE_COUNT;
}

static pl_code keeps_a_transaction(const void *impl, pl_call *call, const ProtobufCMessage *request,
                                   ProtobufCMessage **out_response) {
    (void)impl;
    (void)call;
    (void)request;
    pl_base_hold_enter();
    *out_response = &response.base;
    return PL_OK;
}

/* Looks at what an earlier call has left. */
static pl_code keeps_a_pointer(const void *impl, pl_call *call, const ProtobufCMessage *request,
                               ProtobufCMessage **out_response) {
    static const char *volatile kept;

    (void)impl;
    (void)call;
    if (!kept)
        kept = ((const echo_request *)request)->text;
    response.number = (unsigned char)kept[0];
    *out_response = &response.base;
    return PL_OK;
}

#define METHOD(name_, dispatch_)                                                                   \
    {                                                                                              \
        .name = name_, .path = "/" SERVICE "/" name_, .kind = PL_METHOD_UNARY,                     \
        .request = &parley__test__echo__v1__echo_request__descriptor,                              \
        .response = &parley__test__echo__v1__echo_response__descriptor, .dispatch = dispatch_,     \
        .auth = PL_AUTH_RULE_PUBLIC, .auth_arg = ""                                                \
    }

static const pl_method_desc methods[] = {
    METHOD("WithoutAnswer", without_answer),
    METHOD("AnswersTwice", answers_twice),
    METHOD("AnswersAnotherType", answers_another_type),
    METHOD("ReturnsNoCode", returns_no_code),
    METHOD("KeepsATransaction", keeps_a_transaction),
    METHOD("KeepsAPointer", keeps_a_pointer),
};
static const pl_service_desc service = {PL_RPC_ABI,        SERVICE, methods,
                                        PL_COUNT(methods), NULL,    NULL};

/* ---- the process ---- */

/* Calls the method again and again, until the process ends or the patience is over. */
static int break_the_rule(size_t method) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_service_binding binding = {&service, &service};
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_server *server = NULL;
    pl_channel *channel;
    char address[32];

    PL_ASSERT(pl_server_new(&opts, &server, NULL) == PL_OK &&
              pl_server_add(server, binding, NULL) == PL_OK &&
              pl_server_start(server, NULL) == PL_OK);
    snprintf(address, sizeof address, "127.0.0.1:%d", pl_server_port(server));
    channel = echo_channel(address);
    while (pl_now_ns() < deadline) {
        char text[] = "remembered";
        echo_request request = ECHO_REQUEST_INIT;
        ProtobufCMessage *answer = NULL;
        pl_call *call = echo_new_call(0);
        request.text = text;
        (void)pl_channel_call(channel, call, &methods[method], &request.base, &answer);
        pl_call_free(call);
    }
    pl_channel_free(channel);
    pl_server_free(server);
    return 0;
}

/* Runs the case METHOD in a process; *out_text is what it wrote to stderr. */
static int run_case(size_t method, char *out_text, size_t size) {
    char number[16], program[] = "/proc/self/exe";
    char *argv[] = {program, number, NULL};
    posix_spawn_file_actions_t actions;
    size_t n = 0;
    int pipes[2], status = 0;
    pid_t pid;

    snprintf(number, sizeof number, "%zu", method);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipes[1]);
    for (;;) {
        ssize_t got = read(pipes[0], out_text + n, size - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    out_text[n] = '\0';
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_caught(size_t method, const char *expected) {
    static char text[1 << 16];
    int status = run_case(method, text, sizeof text);

    if (!strstr(text, expected))
        print_error("%s\n", text);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    assert_non_null(strstr(text, expected));
}

static void ok_without_a_response_is_caught(void **state) {
    (void)state;
    assert_caught(0, "the handler of /" SERVICE "/WithoutAnswer breaks a rule: it returned OK "
                     "without setting *out_response");
}

static void answer_and_error_at_once_are_caught(void **state) {
    (void)state;
    assert_caught(1, "the handler of /" SERVICE "/AnswersTwice breaks a rule: it answered twice, "
                     "with a response and with NOT_FOUND");
}

static void response_of_another_type_is_caught(void **state) {
    (void)state;
    assert_caught(2, "the handler of /" SERVICE "/AnswersAnotherType breaks a rule: its response "
                     "is a parley.test.echo.v1.EchoRequest");
}

static void number_that_is_no_code_is_caught(void **state) {
    (void)state;
    assert_caught(3, "the handler of /" SERVICE "/ReturnsNoCode breaks a rule: it returned a "
                     "number that is no pl_code");
}

static void transaction_that_is_left_open_is_caught(void **state) {
    (void)state;
    assert_caught(4, "the handler of /" SERVICE "/KeepsATransaction breaks a rule: it returned "
                     "while its thread holds a database transaction; end it");
}

#ifdef __SANITIZE_ADDRESS__
static void pointer_that_outlives_its_call_is_caught(void **state) {
    (void)state;
    assert_caught(5, "pointer into the arena of the finished call /" SERVICE "/KeepsAPointer: copy "
                     "what must outlive the call");
}
#endif

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_without_a_response_is_caught),
        cmocka_unit_test(answer_and_error_at_once_are_caught),
        cmocka_unit_test(response_of_another_type_is_caught),
        cmocka_unit_test(number_that_is_no_code_is_caught),
        cmocka_unit_test(transaction_that_is_left_open_is_caught),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(pointer_that_outlives_its_call_is_caught),
#endif
    };

    if (argc == 2)
        return break_the_rule(strtoul(argv[1], NULL, 10));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    print_message("skipped: not a dev build\n");
    return 0;
}

#endif

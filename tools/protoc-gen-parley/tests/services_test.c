/* The generated operations table, descriptor and mock, on golden/v1/services.proto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/v1/services.parley.h"

typedef struct fixture {
    golden_v1_EverythingService_mock *mock;
    golden_v1_EverythingService service;
    pl_call *call;
} fixture;

static int set_up(void **state) {
    static fixture f;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    f.mock = golden_v1_EverythingService_mock_new();
    f.service = golden_v1_EverythingService_mock_service(f.mock);
    *state = &f;
    return f.mock && pl_call_new(&opts, &f.call, NULL) == PL_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_call_free(f->call);
    golden_v1_EverythingService_mock_free(f->mock);
    return 0;
}

static const pl_method_desc *method(size_t index) {
    return &golden_v1_EverythingService_desc.methods[index];
}

static void describes_every_method_in_order(void **state) {
    (void)state;
    const pl_service_desc *desc = &golden_v1_EverythingService_desc;
    assert_int_equal(desc->abi, PL_RPC_ABI);
    assert_string_equal(desc->name, "golden.v1.EverythingService");
    assert_int_equal(desc->method_count, golden_v1_EverythingService_METHOD_COUNT);
    assert_string_equal(method(golden_v1_EverythingService_FOR_USERS)->path,
                        "/golden.v1.EverythingService/ForUsers");
}

static void carries_the_rules_and_settings_of_methods(void **state) {
    (void)state;
    const pl_method_desc *users = method(golden_v1_EverythingService_FOR_USERS);
    assert_int_equal(users->auth, PL_AUTH_RULE_USER);
    assert_int_equal(users->max_request, 1024);
    assert_int_equal(users->timeout_ms, 250);
    const pl_method_desc *owner = method(golden_v1_EverythingService_FOR_OWNER);
    assert_int_equal(owner->auth, PL_AUTH_RULE_OWNER);
    assert_string_equal(owner->auth_arg, "customer_id");
    assert_int_equal(owner->idempotency, PL_IDEMPOTENCY_IF_KEY);
    assert_true(method(golden_v1_EverythingService_GET_OPEN)->run_inline);
    assert_string_equal(method(golden_v1_EverythingService_FOR_ADMINS)->auth_arg, "USER_ADMIN");
}

static void embeds_its_file_and_what_it_imports(void **state) {
    (void)state;
    const pl_file_desc *file = golden_v1_EverythingService_desc.file;
    assert_string_equal(file->name, "golden/v1/services.proto");
    assert_true(file->size > 0);
    assert_int_equal(file->dep_count, 4);
    assert_string_equal(file->deps[1]->name, "google/api/annotations.proto");
    assert_string_equal(file->deps[1]->deps[0]->name, "google/api/http.proto");
}

static pl_code echo(void *self, pl_call *call, const golden_v1_Free *request,
                    golden_v1_Free **out_response) {
    golden_v1_Free *response = golden_v1_Free_new(pl_call_arena(call));
    int *calls = self;
    if (!response)
        return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "out of memory");
    *calls += 1;
    response->text = request->text;
    *out_response = response;
    return PL_OK;
}

static void dispatches_to_the_operation(void **state) {
    fixture *f = *state;
    int calls = 0;
    static const golden_v1_EverythingService_ops OPS = {.get_open = echo};
    golden_v1_EverythingService impl = {&calls, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT;
    ProtobufCMessage *response = NULL;
    request.text = "hello";
    pl_service_binding binding = golden_v1_EverythingService_bind(&impl);
    assert_int_equal(
        binding.desc->methods[0].dispatch(binding.impl, f->call, &request.base, &response), PL_OK);
    assert_int_equal(calls, 1);
    assert_string_equal(((golden_v1_Free *)response)->text, "hello");
}

static void answers_unimplemented_where_there_is_no_operation(void **state) {
    fixture *f = *state;
    static const golden_v1_EverythingService_ops OPS = {.get_open = NULL};
    golden_v1_EverythingService impl = {NULL, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT;
    ProtobufCMessage *response = NULL;
    assert_int_equal(method(0)->dispatch(&impl, f->call, &request.base, &response),
                     PL_UNIMPLEMENTED);
    assert_null(response);
}

static pl_code forget(void *self, pl_call *call, const golden_v1_Free *request,
                      golden_v1_Free **out_response) {
    (void)self;
    (void)call;
    (void)request;
    (void)out_response;
    return PL_OK;
}

/* The server checks it, and dev builds end there: forget_test.c. */
static void an_ok_without_an_answer_reaches_the_server_as_it_is(void **state) {
    fixture *f = *state;
    static const golden_v1_EverythingService_ops OPS = {.get_open = forget};
    golden_v1_EverythingService impl = {NULL, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT;
    ProtobufCMessage *response = &request.base;
    assert_int_equal(method(0)->dispatch(&impl, f->call, &request.base, &response), PL_OK);
    assert_null(response);
}

static void names_the_operation_that_is_lacking(void **state) {
    (void)state;
    static const golden_v1_EverythingService_ops OPS = {.get_open = echo};
    golden_v1_EverythingService impl = {NULL, &OPS};
    const pl_service_desc *desc = &golden_v1_EverythingService_desc;
    assert_null(desc->lacks(&impl, golden_v1_EverythingService_GET_OPEN));
    assert_string_equal(desc->lacks(&impl, golden_v1_EverythingService_FOR_USERS), "for_users");
}

static void a_function_calls_whatever_implements_the_service(void **state) {
    fixture *f = *state;
    golden_v1_Free request = golden_v1_FREE_INIT, answer = golden_v1_FREE_INIT, *response = NULL;
    int calls = 0;
    static const golden_v1_EverythingService_ops OPS = {.get_open = echo};
    const golden_v1_EverythingService impl = {&calls, &OPS};
    request.text = "hello";
    answer.text = "answer";
    assert_int_equal(golden_v1_EverythingService_get_open(&impl, f->call, &request, &response),
                     PL_OK);
    assert_string_equal(response->text, "hello");
    assert_int_equal(golden_v1_EverythingService_mock_get_open_answer(f->mock, &answer), PL_OK);
    assert_int_equal(
        golden_v1_EverythingService_get_open(&f->service, f->call, &request, &response), PL_OK);
    assert_string_equal(response->text, "answer");
}

static void a_function_is_unimplemented_where_there_is_no_operation(void **state) {
    fixture *f = *state;
    static const golden_v1_EverythingService_ops OPS = {.get_open = NULL};
    const golden_v1_EverythingService impl = {NULL, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT, *response = NULL;
    assert_int_equal(golden_v1_EverythingService_get_open(&impl, f->call, &request, &response),
                     PL_UNIMPLEMENTED);
    assert_string_equal(pl_call_error(f->call)->message,
                        "golden.v1.EverythingService.GetOpen is not implemented");
    assert_null(response);
}

static pl_code say_nothing(void *self, pl_call *call, const golden_v1_Free *request,
                           golden_v1_Free **out_response) {
    (void)self;
    (void)call;
    (void)request;
    (void)out_response;
    return PL_OK;
}

static void an_ok_without_an_answer_is_an_internal_error(void **state) {
    fixture *f = *state;
    static const golden_v1_EverythingService_ops OPS = {.get_open = say_nothing};
    const golden_v1_EverythingService impl = {NULL, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT, *response = NULL;
    assert_int_equal(golden_v1_EverythingService_get_open(&impl, f->call, &request, &response),
                     PL_INTERNAL);
}

static void mock_answers_what_was_set_and_remembers(void **state) {
    fixture *f = *state;
    golden_v1_Free request = golden_v1_FREE_INIT, answer = golden_v1_FREE_INIT, *response = NULL;
    request.text = "question";
    answer.text = "answer";
    assert_int_equal(golden_v1_EverythingService_mock_get_open_answer(f->mock, &answer), PL_OK);
    assert_int_equal(f->service.ops->get_open(f->service.self, f->call, &request, &response),
                     PL_OK);
    assert_string_equal(response->text, "answer");
    assert_int_equal(golden_v1_EverythingService_mock_get_open_count(f->mock), 1);
    assert_string_equal(golden_v1_EverythingService_mock_get_open_last(f->mock)->text, "question");
}

static void mock_fails_as_it_was_told(void **state) {
    fixture *f = *state;
    golden_v1_Free request = golden_v1_FREE_INIT, *response = NULL;
    golden_v1_EverythingService_mock_get_open_fail(f->mock, PL_NOT_FOUND, "NO_SUCH_DOOR", "no");
    assert_int_equal(f->service.ops->get_open(f->service.self, f->call, &request, &response),
                     PL_NOT_FOUND);
    assert_string_equal(pl_call_error(f->call)->reason, "NO_SUCH_DOOR");
    assert_null(response);
}

static void mock_hands_calls_to_an_implementation(void **state) {
    fixture *f = *state;
    int calls = 0;
    static const golden_v1_EverythingService_ops OPS = {.get_open = echo};
    golden_v1_EverythingService impl = {&calls, &OPS};
    golden_v1_Free request = golden_v1_FREE_INIT, *response = NULL;
    request.text = "hello";
    golden_v1_EverythingService_mock_get_open_handle(f->mock, &impl);
    assert_int_equal(f->service.ops->get_open(f->service.self, f->call, &request, &response),
                     PL_OK);
    assert_int_equal(calls, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(describes_every_method_in_order),
        TEST(carries_the_rules_and_settings_of_methods),
        TEST(embeds_its_file_and_what_it_imports),
        TEST(dispatches_to_the_operation),
        TEST(answers_unimplemented_where_there_is_no_operation),
        TEST(an_ok_without_an_answer_reaches_the_server_as_it_is),
        TEST(names_the_operation_that_is_lacking),
        TEST(a_function_calls_whatever_implements_the_service),
        TEST(a_function_is_unimplemented_where_there_is_no_operation),
        TEST(an_ok_without_an_answer_is_an_internal_error),
        TEST(mock_answers_what_was_set_and_remembers),
        TEST(mock_fails_as_it_was_told),
        TEST(mock_hands_calls_to_an_implementation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A request between its bytes and its handler. */
#include "request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

/* Text "xxx": a tag, a length and three bytes. */
static const char bytes[] = "\x0a\x03xxx";
#define BYTES (sizeof bytes - 1)

static size_t violations;

static pl_code find(const ProtobufCMessage *request, pl_violations *out) {
    (void)request;
    for (size_t i = 0; i < violations; i++)
        pl_violations_add(out, "text", "is wrong");
    return violations ? PL_INVALID_ARGUMENT : PL_OK;
}

static pl_code unpack(pl_call *call, uint32_t max_request, size_t found) {
    const pl_method_desc method = {.path = "/x.Y/Z",
                                   .request = &parley__test__echo__v1__echo_request__descriptor,
                                   .max_request = max_request,
                                   .validate = find};
    ProtobufCMessage *request = NULL;
    pl_code code;

    violations = found;
    pl_call_error_clear(call);
    code = pl_request_unpack(&method, call, pl_str_make(bytes, BYTES), pl_call_arena(call),
                             &request);
    if (code == PL_OK)
        assert_non_null(request);
    return code;
}

static void a_request_may_be_as_long_as_its_method_says_and_no_longer(void **state) {
    pl_call *call = echo_new_call(0);

    (void)state;
    assert_int_equal(unpack(call, BYTES, 0), PL_OK);
    assert_int_equal(unpack(call, BYTES - 1, 0), PL_RESOURCE_EXHAUSTED);
    assert_string_equal(pl_call_error(call)->message,
                        "/x.Y/Z: the request has 5 bytes, at most 4 are accepted");
    pl_call_free(call);
}

static void the_first_violation_is_said_and_the_others_are_counted(void **state) {
    static const char *const said[] = {"text is wrong", "text is wrong (and 1 more violation)",
                                       "text is wrong (and 2 more violations)"};
    pl_call *call = echo_new_call(0);

    (void)state;
    for (size_t i = 0; i < PL_COUNT(said); i++) {
        assert_int_equal(unpack(call, 0, i + 1), PL_INVALID_ARGUMENT);
        assert_string_equal(pl_call_error(call)->message, said[i]);
        assert_string_equal(pl_call_error(call)->reason, "INVALID_REQUEST");
    }
    pl_call_free(call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_may_be_as_long_as_its_method_says_and_no_longer),
        cmocka_unit_test(the_first_violation_is_said_and_the_others_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

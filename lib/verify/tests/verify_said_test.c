/* What core says of a call, which may be cut off anywhere, and what is reported of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"

/* MESSAGE is the peer's, of what core SAID. */
static void is_message(const char *said, const char *message) {
    char out[PL_ERROR_MESSAGE_MAX];

    assert_true(said_message(said, out));
    assert_string_equal(out, message);
}

static void a_message_is_unescaped(void **state) {
    (void)state;
    is_message("UNKNOWN:Error {grpc_status:14, grpc_message:\"a \\\"b\\\"\\n\\xea\\xb0\\x80\"}",
               "a \"b\"\n\xea\xb0\x80");
}

static void a_text_that_is_cut_off_ends_there(void **state) {
    (void)state;
    /* Behind the NUL is what is not of the text. */
    is_message("{grpc_message:\"a\\xe\0beyond", "a");
    is_message("{grpc_message:\"a\\x\0beyond", "a");
    is_message("{grpc_message:\"a\\\0beyond", "a");
    is_message("{grpc_message:\"a\0beyond", "a");
}

static void what_has_no_message_of_the_peer_has_none(void **state) {
    char out[PL_ERROR_MESSAGE_MAX] = "as it was";

    (void)state;
    assert_false(said_message("UNAVAILABLE:failed to connect to all addresses", out));
    assert_string_equal(out, "as it was");
}

/* TEXT, of a provider, is reported as SHOWN. */
static void is_shown_as(const char *text, const char *shown) {
    pl_verifier v = {.arena = pl_arena_make(1 << 20)};
    const pl_contract contract = {.within_ms = 0};
    pl_verify_result result = {.took_us = 0};
    engine_run run = engine_run_make(&v, &contract, &result);

    engine_fails(&run, "%s", text);
    assert_string_equal(result.message.p, shown);
    pl_arena_done(&run.scratch);
    pl_arena_done(&v.arena);
}

static void what_is_not_utf_8_is_shown_byte_by_byte(void **state) {
    (void)state;
    is_shown_as("ferm\xe9, \xc3\xa9", "ferm\\xe9, \xc3\xa9");
    is_shown_as("cut: \xea\xb0", "cut: \\xea\\xb0");
    is_shown_as("overlong: \xc0\x8a, surrogate: \xed\xa0\x80",
                "overlong: \\xc0\\x8a, surrogate: \\xed\\xa0\\x80");
    is_shown_as("\xea\xb0\x80\xf0\x9f\x8d\x8e", "\xea\xb0\x80\xf0\x9f\x8d\x8e");
}

static void control_characters_are_shown_by_number(void **state) {
    (void)state;
    is_shown_as("\x1b[31m \t\n \x7f \xc2\x80\xc2\x9f\xc2\xa0",
                "\\x1b[31m \\x09\\x0a \\x7f \\x80\\x9f\xc2\xa0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_unescaped),
        cmocka_unit_test(a_text_that_is_cut_off_ends_there),
        cmocka_unit_test(what_has_no_message_of_the_peer_has_none),
        cmocka_unit_test(what_is_not_utf_8_is_shown_byte_by_byte),
        cmocka_unit_test(control_characters_are_shown_by_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

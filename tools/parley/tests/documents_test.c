/* JSON documents cut out of text: however it is cut into pieces, the same come out. */
#include "call/documents.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

enum { OUT_MAX = 4096 };

/* What comes out of TEXT in pieces of STEP bytes: "line:col=text;" for each document, then what is
 * wrong, if anything. */
static void cut(const char *text, size_t step, char out[OUT_MAX]) {
    call_documents d;
    pl_error err = PL_ERROR_INIT;
    pl_str rest = pl_str_c(text);
    pl_buf got = pl_buf_make(OUT_MAX);
    pl_code code = PL_OK;
    call_documents_init(&d);
    while (code == PL_OK) {
        call_document document;
        bool came = false;
        bool whole = rest.n == 0;
        size_t n = rest.n < step ? rest.n : step;
        assert_int_equal(call_documents_feed(&d, pl_str_make(rest.p, n), NULL), PL_OK);
        rest = pl_str_make(rest.p + n, rest.n - n);
        if (whole)
            call_documents_end(&d);
        while ((code = call_documents_next(&d, &document, &came, &err)) == PL_OK && came)
            pl_buf_printf(&got, "%u:%u=%.*s;", document.line, document.col, PL_FMT(document.text));
        if (whole)
            break;
    }
    if (code != PL_OK)
        pl_buf_puts(&got, err.message);
    (void)snprintf(out, OUT_MAX, "%s", got.n ? got.p : "");
    pl_buf_done(&got);
    call_documents_done(&d);
}

static void check(const char *text, const char *expected) {
    char got[OUT_MAX];
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        cut(text, step, got);
        assert_string_equal(got, expected);
    }
}

static void documents_stand_one_after_the_other(void **state) {
    (void)state;
    check("", "");
    check(" \n\t ", "");
    check("{}", "1:1={};");
    check("{\"a\":1}{\"b\":[2]}", "1:1={\"a\":1};1:8={\"b\":[2]};");
    check("{\n}\n  {\"a\":{}}\n", "1:1={\n};3:3={\"a\":{}};");
    check("\"a\" 1 true\nnull\"b\"", "1:1=\"a\";1:5=1;1:7=true;2:1=null;2:5=\"b\";");
}

static void a_list_is_its_documents(void **state) {
    (void)state;
    check("[]", "");
    check("[{\"a\":1}, {} ]", "1:2={\"a\":1};1:11={};");
    check("[1,[2],\"]\"] {}", "1:2=1;1:4=[2];1:8=\"]\";1:13={};");
}

static void braces_in_texts_are_no_braces(void **state) {
    (void)state;
    check("{\"a\":\"}\\\"{\"} {}", "1:1={\"a\":\"}\\\"{\"};1:14={};");
    check("{\"\\\\\":1}{}", "1:1={\"\\\\\":1};1:9={};");
}

static void what_is_wrong_is_left_to_the_reader_of_the_document(void **state) {
    (void)state;
    check("{} , {}", "1:1={};1:4=,;1:6={};");
    check("} {}", "1:1=};1:3={};");
    check("{\"a\":[}", "1:1={\"a\":[};");
    check("{\"a\": \"", "1:1={\"a\": \";");
    check("[1,,2]", "1:2=1;1:4=,2;");
}

static void a_list_that_is_no_list_is_refused(void **state) {
    (void)state;
    check("[{} {}]", "1:2={};line 1, column 5: expected , or ] behind a message of the list");
    check("[{},\n{}",
          "1:2={};2:1={};line 2, column 3: expected ] at the end of the list, got the end");
}

static void a_document_is_taken_before_the_next_one_has_come(void **state) {
    (void)state;
    call_documents d;
    call_document document;
    bool came = false;
    call_documents_init(&d);
    assert_int_equal(call_documents_feed(&d, pl_str_c("{\"a\":"), NULL), PL_OK);
    assert_int_equal(call_documents_next(&d, &document, &came, NULL), PL_OK);
    assert_false(came);
    assert_int_equal(call_documents_feed(&d, pl_str_c("1}"), NULL), PL_OK);
    assert_int_equal(call_documents_next(&d, &document, &came, NULL), PL_OK);
    assert_true(came);
    assert_int_equal(document.text.n, strlen("{\"a\":1}"));
    call_documents_done(&d);
}

/* The generator of Numerical Recipes: the same texts in every run. */
static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void any_text_gives_the_same_however_it_comes(void **state) {
    static const char bytes[] = "{{}}[[]],,\"\"\\ \n1a:\xc3";
    enum { TEXTS = 3000, LENGTH_MAX = 40 };
    uint32_t seed = 1;
    (void)state;
    for (int i = 0; i < TEXTS; i++) {
        char text[LENGTH_MAX + 1] = "";
        char whole[OUT_MAX];
        char pieces[OUT_MAX];
        size_t n = next_random(&seed) % LENGTH_MAX;
        for (size_t k = 0; k < n; k++)
            text[k] = bytes[next_random(&seed) % (sizeof bytes - 1)];
        cut(text, LENGTH_MAX, whole);
        for (size_t step = 1; step < 6; step++) {
            cut(text, step, pieces);
            assert_string_equal(pieces, whole);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_stand_one_after_the_other),
        cmocka_unit_test(a_list_is_its_documents),
        cmocka_unit_test(braces_in_texts_are_no_braces),
        cmocka_unit_test(what_is_wrong_is_left_to_the_reader_of_the_document),
        cmocka_unit_test(a_list_that_is_no_list_is_refused),
        cmocka_unit_test(any_text_gives_the_same_however_it_comes),
        cmocka_unit_test(a_document_is_taken_before_the_next_one_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

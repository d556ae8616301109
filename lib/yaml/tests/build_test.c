/* Wrong documents, and where each says that it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/yaml/yaml.h"

static void assert_refused_text(pl_str text, const char *expected) {
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_yaml_parse(text, "a.yaml", &doc, &err);
    pl_yaml_free(doc);
    assert_int_equal(code, PL_INVALID_ARGUMENT);
    assert_null(doc);
    assert_string_equal(err.message, expected);
}

static void assert_refused(const char *text, const char *expected) {
    assert_refused_text(pl_str_c(text), expected);
}

static void refuses_a_key_given_twice(void **state) {
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: key 'a' is already at line 1");
    assert_refused("x: {a: 1, \"a\": 2}", "a.yaml:1:11: key 'a' is already at line 1");
}

static void refuses_tabs_in_indentation(void **state) {
    (void)state;
    assert_refused("a:\n\tb: 1\n", "a.yaml:2:1: a tab in the indentation; use spaces");
    assert_refused("a:\n  \tb: 1\n", "a.yaml:2:3: a tab in the indentation; use spaces");
}

static void a_tag_without_the_blank_behind_it_is_said(void **state) {
    (void)state;
    assert_refused("a: { b: !any}\n",
                   "a.yaml:1:13: a tag ends with a blank: { a: !any }, not { a: !any}");
}

static void refuses_a_second_document(void **state) {
    (void)state;
    assert_refused("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins; a file holds one");
}

static void refuses_bytes_that_are_not_utf8(void **state) {
    (void)state;
    assert_refused("a: 1\nb: \xC3\xA9\xFF\n",
                   "a.yaml:2:5: byte 0xFF is not UTF-8; save the file as UTF-8");
    assert_refused("\xFF\xFE"
                   "a",
                   "a.yaml:1:1: byte 0xFF is not UTF-8; save the file as UTF-8");
}

static void refuses_control_characters(void **state) {
    (void)state;
    assert_refused("a: 1\nb: x\x01y\n", "a.yaml:2:5: control characters are not allowed (0x01)");
    pl_str nul = PL_STR("a: b\0c");
    assert_refused_text(nul, "a.yaml:1:5: control characters are not allowed (0x00)");
    assert_refused("a: \"x\\0y\"", "a.yaml:1:4: a NUL character in a text");
}

static void refuses_keys_that_are_no_texts(void **state) {
    (void)state;
    assert_refused("? [a, b]\n: 1\n", "a.yaml:1:3: a key is a text, not a sequence or a mapping");
    assert_refused("a: &m {b: 1}\n*m : 2\n",
                   "a.yaml:2:1: a key is a text, not a sequence or a mapping");
    assert_refused("?\n: 2\n", "a.yaml:1:2: a key is missing before the colon");
}

static void refuses_aliases_without_an_anchor_before_them(void **state) {
    (void)state;
    assert_refused("a: *nothing\n", "a.yaml:1:4: alias *nothing: no such anchor before it");
    assert_refused("a: &x\n  b: *x\n", "a.yaml:2:6: alias *x contains itself");
}

static void refuses_merges_of_what_is_no_mapping(void **state) {
    (void)state;
    assert_refused("a:\n  <<: text\n", "a.yaml:2:3: << takes a mapping or a sequence of mappings");
    assert_refused("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n",
                   "a.yaml:4:3: key '<<' is already at line 3");
    assert_refused("a: &a {x: 1}\nb:\n  <<: [*a, 3]\n",
                   "a.yaml:3:3: << takes a mapping or a sequence of mappings");
}

static void refuses_malformed_structure(void **state) {
    (void)state;
    assert_refused("a: [1, 2\n", "a.yaml:2:1: did not find expected ',' or ']', while parsing a "
                                 "flow sequence that begins at 1:4");
    assert_refused("a: b: c\n", "a.yaml:1:5: mapping values are not allowed in this context");
    assert_refused("a: 'x\n", "a.yaml:2:1: found unexpected end of stream, while scanning a quoted "
                              "scalar that begins at 1:4");
    assert_refused("\xC3\xA9\xC3\xA9: @x\n",
                   "a.yaml:1:5: found character that cannot start any token, while scanning for "
                   "the next token that begins at 1:5");
}

static void refuses_nesting_deeper_than_64(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(1000);
    for (int i = 0; i < 64; i++)
        pl_buf_putc(&text, '[');
    for (int i = 0; i < 64; i++)
        pl_buf_putc(&text, ']');
    pl_yaml_doc *doc;
    assert_int_equal(pl_yaml_parse(pl_buf_view(&text), "a.yaml", &doc, NULL), PL_OK);
    pl_yaml_free(doc);
    pl_buf_clear(&text);
    for (int i = 0; i < 65; i++)
        pl_buf_putc(&text, '[');
    assert_refused(text.p, "a.yaml:1:65: nested deeper than 64 levels");
    pl_buf_done(&text);
}

static void refuses_aliases_that_nest_deeper_than_64(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(10000);
    pl_buf_puts(&text, "a0: &a0 x\n");
    for (int i = 1; i < 70; i++)
        pl_buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    pl_yaml_doc *doc;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_parse(pl_buf_view(&text), "a.yaml", &doc, &err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "nested deeper than 64 levels"));
    pl_buf_done(&text);
}

static void refuses_aliases_that_stand_for_more_than_10000_nodes(void **state) {
    (void)state;
    /* The "billion laughs": each line ten times the one before. */
    assert_refused("a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
                   "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                   "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                   "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
                   "a.yaml:4:36: aliases stand for more than 10000 nodes");
}

static void a_mapping_has_no_more_than_2000_keys(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(1 << 20);
    for (int i = 0; i <= 2000; i++)
        pl_buf_printf(&text, "k%d: 1\n", i);
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_parse(pl_buf_view(&text), "a.yaml", &doc, &err), PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "a.yaml:2001:1: more than 2000 keys in a mapping");
    pl_buf_done(&text);
}

static void reads_many_nodes_that_are_written(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(1 << 20);
    for (int i = 0; i < 40000; i++)
        pl_buf_puts(&text, "- a: 1\n");
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_parse(pl_buf_view(&text), "a.yaml", &doc, &err), PL_OK);
    assert_int_equal(pl_yaml_count(pl_yaml_root(doc)), 40000);
    pl_yaml_free(doc);
    pl_buf_done(&text);
}

static void refuses_a_document_that_is_too_large(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(PL_YAML_MAX_SIZE + 1);
    char *room = pl_buf_reserve(&text, PL_YAML_MAX_SIZE + 1);
    memset(room, '#', PL_YAML_MAX_SIZE + 1);
    pl_buf_wrote(&text, PL_YAML_MAX_SIZE + 1);
    assert_refused(text.p, "a.yaml:1:1: the document has 4194305 bytes, at most 4194304 are read");
    pl_buf_done(&text);
}

static void survives_random_damage(void **state) {
    (void)state;
    static const char source[] = "a: &a {x: [1, 'two', \"thr\\u00e9\"], y: |\n    text\n  }\n"
                                 "b:\n  <<: *a\n  - {z: >\n   folded}\n# c\nd: !tag ~\n";
    char text[sizeof source];
    uint32_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        memcpy(text, source, sizeof source);
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525 + 1013904223;
            text[(seed >> 8) % (sizeof source - 1)] =
                "{}[]&*<:-|>'\"\n\t #!%@`,?\x80x"[(seed >> 24) % 26];
        }
        pl_yaml_doc *doc;
        pl_error err = PL_ERROR_INIT;
        if (pl_yaml_parse(pl_str_make(text, sizeof source - 1), "a.yaml", &doc, &err) == PL_OK)
            pl_yaml_free(doc);
        else
            assert_memory_equal(err.message, "a.yaml:", 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_key_given_twice),
        cmocka_unit_test(refuses_tabs_in_indentation),
        cmocka_unit_test(refuses_a_second_document),
        cmocka_unit_test(refuses_bytes_that_are_not_utf8),
        cmocka_unit_test(refuses_control_characters),
        cmocka_unit_test(refuses_keys_that_are_no_texts),
        cmocka_unit_test(refuses_aliases_without_an_anchor_before_them),
        cmocka_unit_test(refuses_merges_of_what_is_no_mapping),
        cmocka_unit_test(refuses_malformed_structure),
        cmocka_unit_test(a_tag_without_the_blank_behind_it_is_said),
        cmocka_unit_test(refuses_nesting_deeper_than_64),
        cmocka_unit_test(a_mapping_has_no_more_than_2000_keys),
        cmocka_unit_test(reads_many_nodes_that_are_written),
        cmocka_unit_test(refuses_aliases_that_nest_deeper_than_64),
        cmocka_unit_test(a_mapping_has_no_more_than_2000_keys),
        cmocka_unit_test(reads_many_nodes_that_are_written),
        cmocka_unit_test(refuses_aliases_that_stand_for_more_than_10000_nodes),
        cmocka_unit_test(refuses_a_document_that_is_too_large),
        cmocka_unit_test(survives_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Documents that are right: structure, positions, styles, merges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "parley/yaml/yaml.h"

static pl_yaml_doc *parse(const char *text) {
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_yaml_parse(pl_str_c(text), "a.yaml", &doc, &err))
        fail_msg("%s", err.message);
    return doc;
}

static void assert_text(const pl_yaml_node *node, const char *text) {
    assert_non_null(node);
    assert_string_equal(pl_yaml_text(node).p, text);
}

static void keeps_the_text_of_scalars_as_written(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("version: 1.10\ncountry: no\nquoted: '1'\n");
    const pl_yaml_node *root = pl_yaml_root(doc);
    assert_text(pl_yaml_find(root, "version"), "1.10");
    assert_text(pl_yaml_find(root, "country"), "no");
    assert_int_equal(pl_yaml_style_of(pl_yaml_find(root, "quoted")), PL_YAML_SINGLE_QUOTED);
    assert_int_equal(pl_yaml_style_of(pl_yaml_find(root, "version")), PL_YAML_PLAIN);
    pl_yaml_free(doc);
}

static void keeps_the_order_of_keys(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("z: 1\na: 2\nm: 3\n");
    const pl_yaml_node *root = pl_yaml_root(doc);
    assert_int_equal(pl_yaml_count(root), 3);
    assert_text(pl_yaml_key_at(root, 0), "z");
    assert_text(pl_yaml_key_at(root, 2), "m");
    assert_text(pl_yaml_at(root, 1), "2");
    pl_yaml_free(doc);
}

static void counts_columns_in_characters(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("# c\n가격: {값: 3}\n");
    const pl_yaml_node *price = pl_yaml_find(pl_yaml_root(doc), "가격");
    const pl_yaml_node *value = pl_yaml_find(price, "값");
    assert_int_equal(pl_yaml_line(value), 2);
    assert_int_equal(pl_yaml_column(value), 9);
    pl_yaml_free(doc);
}

static void keeps_tags_and_block_styles(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("a: !regex x.*\nb: |\n  two\n  lines\nc: >\n  one\n  line\n");
    const pl_yaml_node *root = pl_yaml_root(doc);
    assert_string_equal(pl_yaml_tag(pl_yaml_find(root, "a")), "!regex");
    assert_string_equal(pl_yaml_tag(pl_yaml_find(root, "b")), "");
    assert_text(pl_yaml_find(root, "b"), "two\nlines\n");
    assert_text(pl_yaml_find(root, "c"), "one line\n");
    assert_int_equal(pl_yaml_style_of(pl_yaml_find(root, "b")), PL_YAML_LITERAL);
    pl_yaml_free(doc);
}

static void an_alias_is_the_node_of_its_anchor(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("a: &x [1, 2]\nb: *x\n");
    const pl_yaml_node *root = pl_yaml_root(doc);
    assert_ptr_equal(pl_yaml_find(root, "a"), pl_yaml_find(root, "b"));
    pl_yaml_free(doc);
}

static void written_keys_win_over_merged_ones(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("base: &base {x: 1, y: 2}\nmore: &more {y: 3, z: 4}\n"
                             "all:\n  <<: [*base, *more]\n  x: 9\n");
    const pl_yaml_node *all = pl_yaml_find(pl_yaml_root(doc), "all");
    assert_int_equal(pl_yaml_count(all), 3);
    assert_text(pl_yaml_key_at(all, 0), "x");
    assert_text(pl_yaml_find(all, "x"), "9");
    assert_text(pl_yaml_find(all, "y"), "2");
    assert_text(pl_yaml_find(all, "z"), "4");
    assert_null(pl_yaml_find(all, "<<"));
    pl_yaml_free(doc);
}

static void an_empty_document_is_null(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# only a comment\n", "---\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        pl_yaml_doc *doc = parse(texts[i]);
        assert_true(pl_yaml_is_null(pl_yaml_root(doc)));
        assert_null(pl_yaml_find(pl_yaml_root(doc), "x"));
        pl_yaml_free(doc);
    }
}

static void only_plain_scalars_are_null(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("- ~\n- null\n-\n- 'null'\n- Null\n- x\n");
    static const bool expected[] = {true, true, true, false, false, false};
    assert_int_equal(pl_yaml_count(pl_yaml_root(doc)), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pl_yaml_is_null(pl_yaml_at(pl_yaml_root(doc), i)), expected[i]);
    pl_yaml_free(doc);
}

static void shows_a_line_of_the_source(void **state) {
    (void)state;
    pl_yaml_doc *doc = parse("a: 1\r\nb: 2\n");
    assert_true(pl_str_eqc(pl_yaml_source_line(doc, 1), "a: 1"));
    assert_true(pl_str_eqc(pl_yaml_source_line(doc, 2), "b: 2"));
    assert_true(pl_str_eqc(pl_yaml_source_line(doc, 9), ""));
    pl_yaml_free(doc);
}

static void loads_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/parley-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\n", 5), 5);
    close(fd);
    pl_yaml_doc *doc = NULL;
    pl_code code = pl_yaml_load(path, &doc, NULL);
    unlink(path);
    assert_int_equal(code, PL_OK);
    assert_string_equal(pl_yaml_name(doc), path);
    assert_text(pl_yaml_find(pl_yaml_root(doc), "a"), "1");
    pl_yaml_free(doc);
}

static void says_which_file_is_missing(void **state) {
    (void)state;
    pl_yaml_doc *doc;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_load("no/such.yaml", &doc, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "no/such.yaml"));
    assert_int_not_equal(pl_yaml_load("/tmp", &doc, &err), PL_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_text_of_scalars_as_written),
        cmocka_unit_test(keeps_the_order_of_keys),
        cmocka_unit_test(counts_columns_in_characters),
        cmocka_unit_test(keeps_tags_and_block_styles),
        cmocka_unit_test(an_alias_is_the_node_of_its_anchor),
        cmocka_unit_test(written_keys_win_over_merged_ones),
        cmocka_unit_test(an_empty_document_is_null),
        cmocka_unit_test(only_plain_scalars_are_null),
        cmocka_unit_test(shows_a_line_of_the_source),
        cmocka_unit_test(loads_a_file),
        cmocka_unit_test(says_which_file_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The layout: what it makes of a file, that it loses nothing, and that it is at rest. */
#include <stdlib.h>

#include "parley/contract/format.h"
#include "shop.h"

static void formats(const char *text, const char *expected) {
    pl_buf once = pl_buf_make(SHOP_TEXT_MAX), twice = pl_buf_make(SHOP_TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_format(pl_str_c(text), "a.yaml", &once, &err))
        fail_msg("%s", err.message);
    assert_string_equal(once.p, expected);
    assert_int_equal(pl_contract_format(pl_buf_view(&once), "a.yaml", &twice, &err), PL_OK);
    assert_string_equal(twice.p, once.p);
    pl_buf_done(&once);
    pl_buf_done(&twice);
}

static void two_spaces_a_level_and_items_below_their_key(void **state) {
    (void)state;
    formats("a:\n    b:\n         c: 1\n    d:\n      - e\n      -   f: 1\n          g: 2\n",
            "a:\n  b:\n    c: 1\n  d:\n  - e\n  - f: 1\n    g: 2\n");
    formats("a:\n-\n    b: 1\n-\n    - c\n", "a:\n-\n  b: 1\n-\n  - c\n");
}

static void brackets_have_their_spaces(void **state) {
    (void)state;
    formats("a: {b:   1 ,c: [ 1,2 ],d: { },e: [ ]}\n", "a: { b: 1, c: [1, 2], d: {}, e: [] }\n");
    formats("a:   !regex   {pattern: '^[a-z, ]{1,2}$',example: \"x{ }\"}\n",
            "a: !regex { pattern: '^[a-z, ]{1,2}$', example: \"x{ }\" }\n");
    formats("a: it's {not} a  mapping\n", "a: it's {not} a  mapping\n");
    formats("a: { b: it's, c: 'it''s  [1 , 2]' }\n", "a: { b: it's, c: 'it''s  [1 , 2]' }\n");
}

static void comments_stay_and_stand_with_what_follows(void **state) {
    (void)state;
    formats("#  one\na: 1   #   two\nb:\n      # three\n  c: '#no'\n # four\n  d: x#no   #  "
            "five\n#six\n",
            "#  one\na: 1 #   two\nb:\n  # three\n  c: '#no'\n  # four\n  d: x#no #  five\n#six\n");
}

static void an_empty_line_stands_between_contracts(void **state) {
    (void)state;
    formats("\n\nconsumer: a\n\n\n\ncontracts:\n- name: a\n# of b\n- name: b\n\n\n- name: c\n\n\n",
            "consumer: a\n\ncontracts:\n- name: a\n\n# of b\n- name: b\n\n- name: c\n");
}

static void texts_of_several_lines_keep_their_shape(void **state) {
    (void)state;
    formats("a:\n      b: |\n          x  \n            {y:1}\n\n          # z\n      c: >-\n      "
            "   d\n",
            "a:\n  b: |\n      x  \n        {y:1}\n\n      # z\n  c: >-\n     d\n");
    formats("a:\n    b: \"x\n      y  z\"\n    c: d\n       e\n",
            "a:\n  b: \"x\n    y  z\"\n  c: d\n     e\n");
    formats("a: {\n  b: 1,\n      c: 2 }\n", "a: {\n  b: 1,\n      c: 2 }\n");
}

static void aliases_and_merges_stay_what_they_are(void **state) {
    (void)state;
    formats("a:   &x   { b: 1 }\nc: *x\nd:\n    <<:  *x\n    e: 1\nf:\n    g: *x\n",
            "a: &x { b: 1 }\nc: *x\nd:\n  <<: *x\n  e: 1\nf:\n  g: *x\n");
}

static void ends_of_lines_become_those_of_this_world(void **state) {
    (void)state;
    formats("\xEF\xBB\xBF"
            "a: 1\r\nb: 2",
            "a: 1\nb: 2\n");
}

static void what_is_no_yaml_is_said_where_it_is(void **state) {
    (void)state;
    pl_buf out = pl_buf_make(SHOP_TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_contract_format(pl_str_c("a: [1\n"), "a.yaml", &out, &err),
                     PL_INVALID_ARGUMENT);
    assert_true(pl_str_starts(pl_str_c(err.message), pl_str_c("a.yaml:2:1: ")));
    assert_int_equal(out.n, 0);
}

/* Every case of the corpus that is YAML: laid out without a change of what it says, and at rest. */
static void the_corpus_keeps_what_it_says(void **state) {
    static const char *const files[] = {"head",  "calls",   "fields", "tags",
                                        "steps", "overlap", "right"};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(files); i++) {
        char path[64];
        snprintf(path, sizeof path, "tests/corpus/%s.txt", files[i]);
        pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        for (int c; (c = fgetc(file)) != EOF;)
            pl_buf_putc(&text, (char)c);
        fclose(file);
        const char *at = text.p;
        while ((at = strstr(at, "=== "))) {
            const char *begin = strchr(at, '\n') + 1, *end = strstr(begin, "---\n");
            pl_buf once = pl_buf_make(SHOP_TEXT_MAX), twice = pl_buf_make(SHOP_TEXT_MAX);
            pl_error err = PL_ERROR_INIT;
            pl_str contract = pl_str_make(begin, (size_t)(end - begin));
            if (pl_contract_format(contract, "a.yaml", &once, &err) ||
                pl_contract_format(pl_buf_view(&once), "a.yaml", &twice, &err))
                fail_msg("%.*s: %s", PL_FMT(contract), err.message);
            assert_string_equal(once.p, twice.p);
            pl_buf_done(&once);
            pl_buf_done(&twice);
            at = end;
        }
        pl_buf_done(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spaces_a_level_and_items_below_their_key),
        cmocka_unit_test(brackets_have_their_spaces),
        cmocka_unit_test(comments_stay_and_stand_with_what_follows),
        cmocka_unit_test(an_empty_line_stands_between_contracts),
        cmocka_unit_test(texts_of_several_lines_keep_their_shape),
        cmocka_unit_test(aliases_and_merges_stay_what_they_are),
        cmocka_unit_test(ends_of_lines_become_those_of_this_world),
        cmocka_unit_test(what_is_no_yaml_is_said_where_it_is),
        cmocka_unit_test(the_corpus_keeps_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

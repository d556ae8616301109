/* The grammar of google.api.http templates: what is accepted, what is refused. */
#include "parley/rest/template.h"

#include "check.h"

typedef struct fixture {
    pl_arena arena;
    pl_rest_template tmpl;
    pl_error err;
} fixture;

static pl_code parse(fixture *f, const char *text) {
    return pl_rest_template_parse(&f->arena, pl_str_c(text), &f->tmpl, &f->err);
}

static int set_up(void **state) {
    fixture *f = test_calloc(1, sizeof *f);
    f->arena = pl_arena_make(1 << 16);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

static void accepts_every_form_of_the_grammar(void **state) {
    static const char *const accepted[] = {
        "/a",
        "/a/*",
        "/a/**",
        "/{x}",
        "/{x=a/*}",
        "/{x=a/*/b/**}:v",
        "/{x.y.z}",
        "/a/{x}/{y}:verb",
        "/{x=**}",
        "/v1/{name=shelves/*}/books/{b}",
        "/.well-known/jwks.json",
        "/a@b",
        "/**:v",
        "/\xEC\x83\x81\xED\x92\x88/{x}",
    };
    for (size_t i = 0; i < PL_COUNT(accepted); i++) {
        pl_code code = parse(*state, accepted[i]);
        if (code)
            print_error("%s: %s\n", accepted[i], ((fixture *)*state)->err.message);
        assert_int_equal(code, PL_OK);
    }
}

static void refuses_what_the_grammar_does_not_have(void **state) {
    static const char *const refused[] = {
        "",          "a",        "/",      "/a/",     "//",       "/a//b", "/**/a",
        "/{x=**}/a", "/{x={y}}", "/{}",    "/{x=}",   "/{x}/{x}", "/:",    "/a:",
        "/a:v/b",    "/{x",      "/x}",    "/{x=a/}", "/{x=/a}",  "/{.x}", "/{x.}",
        "/{x..y}",   "/{1x}",    "/a%2Fb", "/***",    "/a*",      "/*a",   "/a b",
        "/a?b",      "/a#b",     "/..",    "/a/./b",  "/a:b:c",   "/{x}y", "/{x=a/**/b}",
    };
    for (size_t i = 0; i < PL_COUNT(refused); i++) {
        pl_code code = parse(*state, refused[i]);
        if (!code)
            print_error("accepted: %s\n", refused[i]);
        assert_int_equal(code, PL_INVALID_ARGUMENT);
    }
}

static void names_the_column_where_it_stopped(void **state) {
    fixture *f = *state;
    assert_int_equal(parse(f, "/a/{x}/{x}"), PL_INVALID_ARGUMENT);
    assert_string_equal(f->err.message,
                        "template \"/a/{x}/{x}\", column 8: the field is bound twice");
}

static void takes_variables_and_verb_apart(void **state) {
    fixture *f = *state;
    assert_int_equal(parse(f, "/a/{x.y=b/*/**}:go"), PL_OK);
    assert_int_equal(f->tmpl.segment_count, 4);
    assert_int_equal(f->tmpl.segments[0].kind, PL_REST_LITERAL);
    assert_int_equal(f->tmpl.segments[2].kind, PL_REST_SINGLE);
    assert_int_equal(f->tmpl.segments[3].kind, PL_REST_MULTI);
    assert_int_equal(f->tmpl.variable_count, 1);
    assert_true(pl_str_eqc(f->tmpl.variables[0].field, "x.y"));
    assert_int_equal(f->tmpl.variables[0].first, 1);
    assert_int_equal(f->tmpl.variables[0].count, 3);
    assert_true(f->tmpl.variables[0].multi);
    assert_true(pl_str_eqc(f->tmpl.verb, "go"));
}

static void refuses_more_segments_than_the_limit(void **state) {
    char text[2 * (PL_REST_MAX_SEGMENTS + 1) + 1] = "";
    for (size_t i = 0; i < PL_REST_MAX_SEGMENTS + 1; i++)
        memcpy(text + 2 * i, "/a", 3);
    assert_int_equal(parse(*state, text), PL_INVALID_ARGUMENT);
    text[2 * PL_REST_MAX_SEGMENTS] = '\0';
    assert_int_equal(parse(*state, text), PL_OK);
}

static void answers_resource_exhausted_when_the_arena_is_full(void **state) {
    (void)state;
    pl_arena tiny = pl_arena_make(0);
    pl_rest_template tmpl;
    assert_int_equal(pl_rest_template_parse(&tiny, pl_str_c("/a/{x}"), &tmpl, NULL),
                     PL_RESOURCE_EXHAUSTED);
    pl_arena_done(&tiny);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(accepts_every_form_of_the_grammar),
        T(refuses_what_the_grammar_does_not_have),
        T(names_the_column_where_it_stopped),
        T(takes_variables_and_verb_apart),
        T(refuses_more_segments_than_the_limit),
        T(answers_resource_exhausted_when_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

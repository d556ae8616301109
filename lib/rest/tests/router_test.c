/* Routing: precedence, verbs, percent escapes, 404, 405. */
#include "parley/rest/router.h"

#include "check.h"

#define MAX_ROUTES 16

typedef struct fixture {
    pl_arena arena;
    pl_rest_router *router;
    pl_rest_template templates[MAX_ROUTES];
    size_t count;
    pl_rest_match match;
    pl_error err;
} fixture;

static int set_up(void **state) {
    fixture *f = test_calloc(1, sizeof *f);
    f->arena = pl_arena_make(1 << 20);
    f->router = pl_rest_router_new(&f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

/* The route is its own template's text. */
static pl_code add(fixture *f, const char *method, const char *text) {
    pl_rest_template *tmpl = &f->templates[f->count++];
    const void *other = NULL;
    assert_int_equal(pl_rest_template_parse(&f->arena, pl_str_c(text), tmpl, NULL), PL_OK);
    return pl_rest_router_add(f->router, pl_str_c(method), tmpl, text, &other, &f->err);
}

static pl_code match(fixture *f, const char *method, const char *path) {
    f->match = (pl_rest_match){.route = NULL};
    return pl_rest_router_match(f->router, pl_str_c(method), pl_str_c(path), &f->arena, &f->match,
                                &f->err);
}

static void expect_route(fixture *f, const char *path, const char *template_text) {
    assert_int_equal(match(f, "GET", path), PL_OK);
    if (!template_text) {
        assert_null(f->match.route);
        return;
    }
    assert_non_null(f->match.route);
    assert_string_equal(f->match.route, template_text);
}

static void expect_variable(fixture *f, size_t i, const char *text) {
    assert_int_equal(f->match.values[i].n, strlen(text));
    assert_memory_equal(f->match.values[i].p, text, strlen(text));
}

static void prefers_literal_to_single_to_multi(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/**");
    (void)!add(f, "GET", "/a/{x}");
    (void)!add(f, "GET", "/a/b");
    expect_route(f, "/a/b", "/a/b");
    expect_route(f, "/a/c", "/a/{x}");
    expect_route(f, "/a/c/d", "/a/**");
    expect_route(f, "/a", "/a/**");
}

static void goes_back_where_the_literal_leads_nowhere(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/b/c");
    (void)!add(f, "GET", "/a/{x}/d");
    (void)!add(f, "GET", "/{y=**}");
    expect_route(f, "/a/b/d", "/a/{x}/d");
    expect_variable(f, 0, "b");
    expect_route(f, "/a/b/e", "/{y=**}");
    expect_variable(f, 0, "a/b/e");
}

static void does_not_let_another_method_hide_a_route(void **state) {
    fixture *f = *state;
    (void)!add(f, "POST", "/a/b");
    (void)!add(f, "GET", "/a/{x}");
    expect_route(f, "/a/b", "/a/{x}");
}

static void takes_a_registered_verb_only(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/{x}:go");
    (void)!add(f, "GET", "/a/{x}");
    expect_route(f, "/a/1:go", "/a/{x}:go");
    expect_variable(f, 0, "1");
    expect_route(f, "/a/1:stop", "/a/{x}");
    expect_variable(f, 0, "1:stop");
    expect_route(f, "/a/1:2:go", "/a/{x}:go");
    expect_variable(f, 0, "1:2");
    expect_route(f, "/a/1%3Ago", "/a/{x}");
    expect_variable(f, 0, "1:go");
    expect_route(f, "/a/:go", "/a/{x}");
}

static void verb_follows_several_segments(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/{x=a/*/b/**}:v");
    expect_route(f, "/a/1/b/2/3:v", "/{x=a/*/b/**}:v");
    expect_variable(f, 0, "a/1/b/2/3");
    expect_route(f, "/a/1/b:v", "/{x=a/*/b/**}:v");
    expect_variable(f, 0, "a/1/b");
    expect_route(f, "/a/1/b/2", NULL);
}

static void decodes_a_single_segment_completely(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/{x}/c");
    expect_route(f, "/a/b%2Fc%20d%2525/c", "/a/{x}/c");
    expect_variable(f, 0, "b/c d%25");
}

static void keeps_an_encoded_slash_in_several_segments(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/{x=**}");
    expect_route(f, "/a/b%2Fc/d%20e", "/a/{x=**}");
    expect_variable(f, 0, "b%2Fc/d e");
}

static void compares_literals_after_decoding(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/abc");
    expect_route(f, "/a%62c", "/abc");
}

static void refuses_malformed_paths(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/**");
    static const char *const malformed[] = {
        "",      "a",      "//",       "/a//b",    "/a/../b", "/a/.",   "/a/%2e%2E/b",
        "/a/%2", "/a/%zz", "/a/b%00c", "/a/b%2fc", "/a%2fb",  "/a/%ff",
    };
    for (size_t i = 0; i < PL_COUNT(malformed); i++) {
        pl_code code = match(f, "GET", malformed[i]);
        if (code != PL_INVALID_ARGUMENT)
            print_error("%s: %s\n", malformed[i], pl_code_name(code));
        assert_int_equal(code, PL_INVALID_ARGUMENT);
    }
}

static void trailing_slash_matches_nothing(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/**");
    (void)!add(f, "GET", "/a/{x}");
    expect_route(f, "/a/b/", NULL);
    expect_route(f, "/a/", NULL);
    assert_string_equal(f->match.allow, "");
}

static void head_falls_back_to_get(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a");
    assert_int_equal(match(f, "HEAD", "/a"), PL_OK);
    assert_string_equal(f->match.route, "/a");
}

static void lists_the_methods_of_a_path_it_has(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/a/{x}");
    (void)!add(f, "PATCH", "/a/{y}");
    (void)!add(f, "POST", "/a/b");
    assert_int_equal(match(f, "DELETE", "/a/b"), PL_OK);
    assert_null(f->match.route);
    assert_string_equal(f->match.allow, "POST, PATCH, GET, HEAD");
    assert_int_equal(match(f, "DELETE", "/b"), PL_OK);
    assert_string_equal(f->match.allow, "");
}

static void refuses_two_routes_that_match_the_same(void **state) {
    fixture *f = *state;
    assert_int_equal(add(f, "GET", "/a/{x}"), PL_OK);
    assert_int_equal(add(f, "GET", "/a/{y=*}"), PL_ALREADY_EXISTS);
    assert_int_equal(add(f, "POST", "/a/{y}"), PL_OK);
    assert_int_equal(add(f, "GET", "/a/{y}:v"), PL_OK);
    assert_int_equal(add(f, "GET", "/{z=a/*}"), PL_ALREADY_EXISTS);
}

static void refuses_a_path_of_too_many_segments(void **state) {
    fixture *f = *state;
    (void)!add(f, "GET", "/**");
    char path[2 * (PL_REST_MAX_PATH_SEGMENTS + 1) + 1] = "";
    for (size_t i = 0; i < PL_REST_MAX_PATH_SEGMENTS + 1; i++)
        memcpy(path + 2 * i, "/a", 3);
    assert_int_equal(match(f, "GET", path), PL_INVALID_ARGUMENT);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(prefers_literal_to_single_to_multi),
        T(goes_back_where_the_literal_leads_nowhere),
        T(does_not_let_another_method_hide_a_route),
        T(takes_a_registered_verb_only),
        T(verb_follows_several_segments),
        T(decodes_a_single_segment_completely),
        T(keeps_an_encoded_slash_in_several_segments),
        T(compares_literals_after_decoding),
        T(refuses_malformed_paths),
        T(trailing_slash_matches_nothing),
        T(head_falls_back_to_get),
        T(lists_the_methods_of_a_path_it_has),
        T(refuses_two_routes_that_match_the_same),
        T(refuses_a_path_of_too_many_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is refused when routes are loaded, and where it says so. */
#include "fixture.h"

static void names_every_wrong_binding_with_its_place(void **state) {
    (void)state;
    /* Each line of the golden is "LINE: what must be in the problem there", in order. */
    pl_arena arena = pl_arena_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    pl_pool *pool = NULL;
    const char *path = pl_arena_printf(&arena, "%s/bad.binpb", fixture_sets);
    assert_int_equal(pl_pool_load(path, NULL, &pool, &err), PL_OK);
    pl_buf problems = pl_buf_make(1 << 16);
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.pool = pool;
    opts.problems = &problems;
    pl_rest *rest = NULL;
    assert_int_equal(pl_rest_new(&opts, &rest, &err), PL_INVALID_ARGUMENT);
    assert_null(rest);
    static const struct {
        const char *place;
        const char *text;
    } expected[] = {
        {"bad.proto:11:", "TrailingSlash: template \"/a/\", column 4: a template does not end"},
        {"bad.proto:14:", "UnknownField: template \"/b/{nothing}\": {nothing} is no field of"},
        {"bad.proto:17:", "RepeatedField: template \"/c/{names}\": {names} is repeated"},
        {"bad.proto:20:", "MessageField: template \"/d/{inner}\": {inner} is a message"},
        {"bad.proto:23:", "BodyOfGet: \"GET /e\" cannot have a body"},
        {"bad.proto:26:", "UnknownBody: body: \"nothing\" is no field"},
        {"bad.proto:29:", "BodyInPath: body: \"id\" is bound by the path as well"},
        {"bad.proto:35:", "Second: \"GET /h/{name}\" matches the same as \"GET /h/{id}\" of "
                          "restbad.v1.BadService.First"},
        {"bad.proto:39:", "UnknownBinding: (parley.http) \"GET /j\" names no binding"},
        {"bad.proto:43:", "UnknownCreated: created: {nothing}: no such field"},
        {"bad.proto:46:", "UnknownResponse: response_body: \"nothing\" is no field"},
        {"bad.proto:49:", "Streaming: a streaming method has no REST form"},
        {"bad.proto:52:", "Internal: an internal method has no REST form"},
        {"bad.proto:75:", "restbad.v1.Thing: (parley.resource): {gone}: no such field"},
    };
    pl_str rest_of = pl_buf_view(&problems);
    pl_str line;
    for (size_t i = 0; i < PL_COUNT(expected); i++) {
        assert_true(pl_str_split(&rest_of, '\n', &line));
        const char *text = pl_arena_cstr(&arena, line);
        if (!strstr(text, expected[i].text))
            fail_msg("expected \"%s\" in \"%s\"", expected[i].text, text);
        if (strncmp(text, expected[i].place, strlen("bad.proto:")) != 0)
            fail_msg("expected a place in \"%s\"", text);
        int line_number = (int)strtol(text + strlen("bad.proto:"), NULL, 10);
        int wanted = (int)strtol(expected[i].place + strlen("bad.proto:"), NULL, 10);
        /* The option's line, or the method's just above it. */
        if (line_number != wanted && line_number != wanted - 1)
            fail_msg("expected line %d in \"%s\"", wanted, text);
    }
    assert_int_equal(rest_of.n, 0);
    pl_buf_done(&problems);
    pl_pool_free(pool);
    pl_arena_done(&arena);
}

static void shows_the_routes_of_the_wanted_services_only(void **state) {
    fixture *f = *state;
    const char *const services[] = {"resttest.v1.ItemService"};
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.pool = f->pool;
    opts.services = services;
    opts.service_count = 1;
    pl_rest *rest = NULL;
    assert_int_equal(pl_rest_new(&opts, &rest, NULL), PL_OK);
    assert_int_equal(pl_rest_route_count(rest), pl_rest_route_count(f->rest));
    assert_true(pl_str_eqc(pl_rest_route_at(rest, 0)->path_template, "/items/{item_id}"));
    pl_rest_free(rest);
    opts.service_count = 0;
    assert_int_equal(pl_rest_new(&opts, &rest, NULL), PL_OK);
    assert_int_equal(pl_rest_route_count(rest), 0);
    pl_rest_free(rest);
}

static void refuses_a_service_that_does_not_exist(void **state) {
    fixture *f = *state;
    const char *const services[] = {"resttest.v1.NoService"};
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.pool = f->pool;
    opts.services = services;
    opts.service_count = 1;
    pl_rest *rest = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_rest_new(&opts, &rest, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "resttest.v1.NoService"));
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_wrong_binding_with_its_place),
        T(shows_the_routes_of_the_wanted_services_only),
        T(refuses_a_service_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "parley/schema/options.h"

#include "shapes.h"

static const pl_method_type *draw(void) {
    const pl_method_type *m = pl_pool_method(shapes_pool, pl_str_c("shapes.v1.ShapeService.Draw"));
    assert_non_null(m);
    return m;
}

static void reads_http_rules_with_additional_and_custom_ones(void **state) {
    (void)state;
    const pl_method_type *m = draw();
    assert_int_equal(m->http_count, 3);
    assert_text(m->http[0].verb, "POST");
    assert_text(m->http[0].path, "/shapes/{name}");
    assert_text(m->http[0].body, "*");
    assert_text(m->http[1].verb, "GET");
    assert_text(m->http[1].response_body, "corner");
    assert_int_equal(m->http[1].body.n, 0);
    assert_text(m->http[2].verb, "DRAW");
    assert_text(m->http[2].path, "/draw");
    assert_true(m->http[0].source.line > m->source.line);
}

static void gives_a_binding_its_options_over_the_defaults_of_the_file(void **state) {
    (void)state;
    const pl_method_type *m = draw();
    assert_true(m->http[0].has_rest);
    assert_text(m->http[0].rest.created, "/shapes/{name}");
    assert_true(m->http[0].rest.defaults && m->http[0].rest.int64_numbers);
    assert_false(m->http[1].has_rest);
    assert_true(m->http[1].rest.int64_numbers);
    assert_false(m->http[1].rest.defaults);
}

static void tells_rest_options_that_name_no_binding(void **state) {
    (void)state;
    const pl_method_type *m = draw();
    assert_int_equal(m->rest_count, 2);
    assert_true(m->rest[0].used);
    assert_false(m->rest[1].used);
    assert_text(m->rest[1].binding, "GET /shape");
    assert_int_equal(m->rest[1].source.line, m->rest[0].source.line + 1);
}

static void reads_auth_and_call(void **state) {
    (void)state;
    const pl_method_type *m = draw();
    assert_int_equal(m->auth.kind, PL_AUTH_OWNER);
    assert_text(m->auth.argument, "name");
    assert_true(m->call.run_inline);
    assert_int_equal(m->call.idempotency, PL_IDEMPOTENCY_OPTION_IF_KEY);
    assert_int_equal(m->call.timeout_ms, 250);
    assert_int_equal(m->call.max_request, 4096);
    const pl_method_type *watch = pl_service_method(m->service, pl_str_c("Watch"));
    assert_int_equal(watch->auth.kind, PL_AUTH_ROLE);
    assert_text(watch->auth.argument, "USER_ADMIN");
}

static void reads_an_owner_that_is_empty(void **state) {
    (void)state;
    const pl_method_type *m = pl_pool_method(shapes_pool,
                                             pl_str_c("mall.orders.v1.OrderService.GetOrder"));
    assert_int_equal(m->auth.kind, PL_AUTH_OWNER);
    assert_int_equal(m->auth.argument.n, 0);
}

static void merges_limits_set_in_pieces(void **state) {
    (void)state;
    const pl_limits_options *l = field_of(SHAPE, "width")->limits;
    assert_true(l->has_min && l->has_max);
    assert_int_equal(l->min, -5);
    assert_int_equal(l->max, 7);
    l = field_of(SHAPE, "name")->limits;
    assert_true(l->required);
    assert_int_equal(l->max_length, 20);
    assert_text(l->pattern, "[a-z]+");
    assert_null(field_of(SHAPE, "height")->limits);
    assert_true(field_of(SHAPE, "pin")->sensitive);
}

static void reads_resources_events_and_streams(void **state) {
    (void)state;
    const pl_resource_options *r = type_of(SHAPE)->resource;
    assert_text(r->self, "/shapes/{name}");
    assert_text(r->id_alias, "@id");
    assert_int_equal(r->link_count, 2);
    assert_true(r->links[0].relative);
    assert_text(r->links[1].href, "/shapes");
    assert_true(type_of("shapes.v1.Drawn")->is_event);
    assert_text(type_of("shapes.v1.Drawn")->event_aggregate, "name");
    assert_false(type_of(SHAPE)->is_event);
    assert_text(type_of(SHAPE)->file->stream, "test.shapes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_http_rules_with_additional_and_custom_ones),
        cmocka_unit_test(gives_a_binding_its_options_over_the_defaults_of_the_file),
        cmocka_unit_test(tells_rest_options_that_name_no_binding),
        cmocka_unit_test(reads_auth_and_call),
        cmocka_unit_test(reads_an_owner_that_is_empty),
        cmocka_unit_test(merges_limits_set_in_pieces),
        cmocka_unit_test(reads_resources_events_and_streams),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}

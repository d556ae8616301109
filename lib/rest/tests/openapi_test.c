/* The OpenAPI document of tests/proto/items.proto: what is in it, and that it holds together. That
 * it is OpenAPI is checked by somebody else's validator: tools/parley/tests/openapi.sh. */
#include "fixture.h"

#include "parley/json/json.h"
#include "parley/rest/openapi.h"

enum { DOCUMENT_MAX = 1 << 20, NAME_MAX_BYTES = 256 };

static const pl_json_value *document;

static int set_up(void **state) {
    pl_buf out = pl_buf_make(DOCUMENT_MAX);
    pl_error err = PL_ERROR_INIT;

    if (fixture_set_up(state) != 0)
        return -1;
    fixture *f = *state;
    pl_code code = pl_rest_openapi(f->rest, pl_str_c("items"), pl_str_c("v1"), &out, &err);
    if (code == PL_OK)
        code = pl_json_parse(pl_buf_view(&out), "openapi", &f->arena, &document, &err);
    if (code != PL_OK)
        print_error("%s: %s\n", err.message, out.p);
    pl_buf_done(&out);
    return code == PL_OK ? 0 : -1;
}

/* The value at PATH, names and positions in a list, with '|' between them. */
static const pl_json_value *at(const pl_json_value *value, const char *path) {
    pl_str rest = pl_str_c(path), name;
    uint64_t index;

    while (value && pl_str_split(&rest, '|', &name)) {
        if (value->kind == PL_JSON_OBJECT) {
            value = pl_json_member(value, name);
            continue;
        }
        assert_true(pl_str_u64(name, &index));
        for (value = value->children; value && index; index--)
            value = value->next;
    }
    return value;
}

static void is(const char *path, const char *expected) {
    const pl_json_value *value = at(document, path);
    pl_buf text = pl_buf_make(DOCUMENT_MAX);

    if (!value)
        fail_msg("%s: expected %s, there is nothing", path, expected);
    pl_json_print(value, 0, &text);
    if (strcmp(text.p, expected) != 0)
        fail_msg("%s: expected %s, got %s", path, expected, text.p);
    pl_buf_done(&text);
}

static void is_not_there(const char *path) {
    if (at(document, path))
        fail_msg("%s is there", path);
}

#define ITEM "#/components/schemas/resttest.v1.Item"
#define JSON "content|application/json|schema|"
#define HAL  "content|application/hal+json|schema|"

static void says_what_it_is(void **state) {
    (void)state;
    is("openapi", "\"3.1.0\"");
    is("info", "{\"title\":\"items\",\"version\":\"v1\"}");
}

static void has_the_verbs_of_a_path_in_one_place(void **state) {
    (void)state;
    is("paths|/items/{item_id}|get|operationId", "\"ItemService.GetItem\"");
    is("paths|/items/{item_id}|patch|operationId", "\"ItemService.UpdateItem\"");
    is("paths|/items/{item_id}|put|operationId", "\"ItemService.UpdateItem.2\"");
    is("paths|/items/{item_id}|delete|operationId", "\"ItemService.DeleteItem\"");
    is("paths|/plain/{item_id}|get|operationId", "\"ItemService.GetItem.2\"");
}

static void names_the_variables_of_a_path(void **state) {
    (void)state;
    is("paths|/items/{item_id}:touch|post|parameters|0|name", "\"item_id\"");
    is("paths|/items/{item_id}:touch|post|parameters|0|required", "true");
    is("paths|/items/{item_id}:touch|post|parameters|0|schema|type", "\"integer\"");
    is("paths|/shelves/{shelf.id}/{item_id}|post|parameters|0|name", "\"shelf.id\"");
    is("paths|/files/{name}|get|parameters|0|description", "\"may have several segments\"");
}

static void leaves_out_what_it_has_no_word_for(void **state) {
    const pl_json_value *files, *paths;

    (void)state;
    /* The binding that takes one segment has the same path and verb. */
    files = at(document, "paths|/files/{name}");
    assert_non_null(files);
    assert_non_null(files->children);
    assert_null(files->children->next);
    is("paths|/files/{name}|get|operationId", "\"ItemService.ReadFile\"");
    paths = at(document, "paths");
    for (const pl_json_value *path = paths->children; path; path = path->next)
        assert_false(pl_str_starts(path->key, pl_str_c("/folders")));
}

static void takes_what_is_left_in_the_query(void **state) {
    (void)state;
    is("paths|/items|get|parameters|0|name", "\"page\"");
    is("paths|/items|get|parameters|3|schema",
       "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
    is("paths|/items|get|parameters|5|name", "\"filter.name\"");
    is("paths|/items|get|parameters|7|name", "\"madeAfter\"");
    is("paths|/items|get|parameters|7|schema|format", "\"date-time\"");
    is_not_there("paths|/items/{item_id}|get|parameters|1");
    is_not_there("paths|/items/{item_id}:touch|post|parameters|1");
    is("paths|/items/{item_id}|patch|parameters|1|name", "\"updateMask\"");
    is_not_there("paths|/items/{item_id}|patch|parameters|2");
}

static void has_bodies_without_what_the_path_says(void **state) {
    (void)state;
    is("paths|/items|post|requestBody|" JSON "$ref", "\"" ITEM "\"");
    is("paths|/items/{item_id}:touch|post|requestBody|" JSON "properties|times|type",
       "\"integer\"");
    is_not_there("paths|/items/{item_id}:touch|post|requestBody|" JSON "properties|itemId");
    is("paths|/form|post|requestBody|content|application/x-www-form-urlencoded|schema|$ref",
       "\"#/components/schemas/resttest.v1.TouchItemRequest\"");
    is_not_there("paths|/items|get|requestBody");
}

static void needs_no_field_in_a_patch(void **state) {
    (void)state;
    is("paths|/items/{item_id}|patch|requestBody|" JSON "properties|displayName|maxLength", "20");
    is_not_there("paths|/items/{item_id}|patch|requestBody|" JSON "required");
    is("paths|/items/{item_id}|put|requestBody|" JSON "$ref", "\"" ITEM "\"");
    is("components|schemas|resttest.v1.Item|required", "[\"displayName\"]");
}

static void shows_answers_as_they_are_sent(void **state) {
    (void)state;
    is("paths|/items/{item_id}|get|responses|200|" HAL "allOf|0|$ref", "\"" ITEM "\"");
    is("paths|/items/{item_id}|get|responses|200|" HAL "allOf|1|properties|@id|format",
       "\"int64\"");
    is("paths|/plain/{item_id}|get|responses|200|" JSON "$ref", "\"" ITEM "\"");
    is_not_there("paths|/plain/{item_id}|get|responses|200|content|application/hal+json");
    is("paths|/items|get|responses|200|" HAL
       "allOf|1|properties|_embedded|properties|items|items|allOf|0|$ref",
       "\"" ITEM "\"");
    is_not_there("paths|/items|get|responses|200|" HAL "allOf|0|properties|items");
    is("paths|/items|get|responses|200|" HAL "allOf|0|properties|page|$ref",
       "\"#/components/schemas/parley.rest.v1.Page\"");
    is("paths|/whole/{user}|get|responses|200|" JSON "anyOf|0|items|$ref", "\"" ITEM "\"");
    is("paths|/files/{name}|get|responses|200|" JSON "type", "\"string\"");
    is("paths|/items|post|responses|201|description", "\"created\"");
    is("paths|/items/{item_id}|delete|responses|204", "{\"description\":\"done\"}");
}

static void every_operation_has_the_one_shape_of_errors(void **state) {
    (void)state;
    const pl_json_value *paths = at(document, "paths");

    for (const pl_json_value *path = paths->children; path; path = path->next) {
        for (const pl_json_value *one = path->children; one; one = one->next)
            assert_true(pl_str_eqc(at(one, "responses|default|$ref")->text,
                                   "#/components/responses/Error"));
    }
    is("components|schemas|Error|required", "[\"code\",\"status\",\"message\",\"details\"]");
}

/* Every reference within VALUE leads somewhere. */
static void check_references(const pl_json_value *value) {
    for (const pl_json_value *one = value->children; one; one = one->next) {
        char path[NAME_MAX_BYTES];
        check_references(one);
        if (value->kind != PL_JSON_OBJECT || !pl_str_eqc(one->key, "$ref"))
            continue;
        assert_true(pl_str_starts(one->text, pl_str_c("#/")));
        snprintf(path, sizeof path, "%s", one->text.p + 2);
        for (char *c = path; *c; c++)
            *c = *c == '/' ? '|' : *c;
        if (!at(document, path))
            fail_msg("%s leads nowhere", one->text.p);
    }
}

static void every_reference_leads_somewhere(void **state) {
    (void)state;
    check_references(document);
}

static void is_refused_where_it_does_not_fit(void **state) {
    fixture *f = *state;
    pl_buf out = pl_buf_make(1000);
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_rest_openapi(f->rest, pl_str_c("items"), pl_str_c("v1"), &out, &err),
                     PL_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.message, "items: "));
    pl_buf_done(&out);
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(says_what_it_is),
        T(has_the_verbs_of_a_path_in_one_place),
        T(names_the_variables_of_a_path),
        T(leaves_out_what_it_has_no_word_for),
        T(takes_what_is_left_in_the_query),
        T(has_bodies_without_what_the_path_says),
        T(needs_no_field_in_a_patch),
        T(shows_answers_as_they_are_sent),
        T(every_operation_has_the_one_shape_of_errors),
        T(every_reference_leads_somewhere),
        T(is_refused_where_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

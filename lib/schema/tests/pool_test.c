#include "parley/schema/pool.h"

#include "shapes.h"

static void finds_messages_enums_services_and_files_by_name(void **state) {
    (void)state;
    assert_text(type_of(SHAPE)->name, "Shape");
    assert_text(type_of("shapes.v1.Shape.Inner")->parent->name, "Shape");
    assert_non_null(pl_pool_enum(shapes_pool, pl_str_c("shapes.v1.Style")));
    assert_non_null(pl_pool_service(shapes_pool, pl_str_c("shapes.v1.ShapeService")));
    assert_non_null(pl_pool_file(shapes_pool, pl_str_c("shapes/v1/shapes.proto")));
    assert_null(pl_pool_message(shapes_pool, pl_str_c("shapes.v1.Style")));
    assert_null(pl_pool_message(shapes_pool, pl_str_c("shapes.v1.Nothing")));
}

static void lists_files_after_what_they_import(void **state) {
    (void)state;
    for (size_t i = 0; i < pl_pool_file_count(shapes_pool); i++) {
        const pl_file *file = pl_pool_file_at(shapes_pool, i);
        for (size_t k = 0; k < file->dependency_count; k++) {
            size_t at = 0;
            while (pl_pool_file_at(shapes_pool, at) != file->dependencies[k])
                at++;
            assert_true(at < i);
        }
    }
    assert_null(pl_pool_file_at(shapes_pool, pl_pool_file_count(shapes_pool)));
}

static void finds_fields_by_number_name_and_json_name(void **state) {
    (void)state;
    const pl_message_type *type = type_of(SHAPE);
    const pl_field *f = pl_message_field_by_number(type, 5);
    assert_text(f->name, "long_tilt");
    assert_ptr_equal(pl_message_field_by_json(type, pl_str_c("longTilt")), f);
    assert_ptr_equal(pl_message_field_by_json(type, pl_str_c("long_tilt")), f);
    assert_ptr_equal(pl_message_field_by_name(type, pl_str_c("long_tilt")), f);
    assert_null(pl_message_field_by_name(type, pl_str_c("longTilt")));
    assert_null(pl_message_field_by_number(type, 99));
    assert_text(pl_message_field_by_json(type, pl_str_c("perhaps"))->name, "maybe_text");
    assert_text(pl_message_field_by_number(type_of("shapes.v1.Point"), 70000)->name, "far_field");
    for (size_t i = 0; i < type->field_count; i++)
        assert_ptr_equal(pl_message_field_by_name(type, type->fields[i].name), &type->fields[i]);
}

static void knows_what_kind_of_field_each_is(void **state) {
    (void)state;
    assert_int_equal(field_of(SHAPE, "tilt")->kind, PL_KIND_SINT32);
    assert_ptr_equal(field_of(SHAPE, "corner")->message, type_of("shapes.v1.Point"));
    assert_text(field_of(SHAPE, "style")->enumeration->full_name, "shapes.v1.Style");
    assert_true(field_of(SHAPE, "points")->repeated);
    assert_true(field_of(SHAPE, "packed_numbers")->packed);
    assert_false(field_of(SHAPE, "loose_numbers")->packed);
    assert_false(field_of(SHAPE, "tags")->packed);
    assert_true(field_of(SHAPE, "places")->map);
    assert_int_equal(field_of(SHAPE, "places")->message->fields[0].kind, PL_KIND_INT64);
    assert_text(field_of(SHAPE, "corner")->json_key, "\"corner\":");
    assert_text(field_of(SHAPE, "long_tilt")->proto_key, "\"long_tilt\":");
}

static void tells_presence_of_proto3_fields(void **state) {
    (void)state;
    assert_false(field_of(SHAPE, "name")->presence);
    assert_true(field_of(SHAPE, "maybe")->presence);
    assert_null(field_of(SHAPE, "maybe")->oneof);
    assert_true(field_of(SHAPE, "color")->presence);
    assert_true(field_of(SHAPE, "corner")->presence);
    assert_false(field_of(SHAPE, "points")->presence);
}

static void keeps_oneofs_without_the_synthetic_ones(void **state) {
    (void)state;
    const pl_message_type *type = type_of(SHAPE);
    assert_int_equal(type->oneof_count, 1);
    assert_text(type->oneofs[0].name, "fill");
    assert_int_equal(type->oneofs[0].field_count, 4);
    assert_ptr_equal(field_of(SHAPE, "gradient")->oneof, &type->oneofs[0]);
}

static void reads_proto2_as_it_is(void **state) {
    (void)state;
    assert_true(type_of(LEGACY)->file->proto2);
    assert_true(field_of(LEGACY, "id")->required);
    assert_true(field_of(LEGACY, "name")->presence);
    assert_text(field_of(LEGACY, "name")->default_text, "nobody");
    assert_true(field_of(LEGACY, "packed")->packed);
    assert_false(field_of(LEGACY, "loose")->packed);
    assert_int_equal(field_of(LEGACY, "result")->kind, PL_KIND_GROUP);
    assert_true(field_of(LEGACY, "level")->enumeration->closed);
}

static void extensions_are_fields_of_what_they_extend(void **state) {
    (void)state;
    const pl_field *f = pl_message_field_by_number(type_of(LEGACY), 100);
    assert_true(f->extension && f->presence);
    assert_text(f->full_name, "shapes.v1.rank");
    assert_ptr_equal(pl_message_field_by_json(type_of(LEGACY), pl_str_c("[shapes.v1.rank]")), f);
    assert_null(pl_message_field_by_json(type_of(LEGACY), pl_str_c("rank")));
}

static void finds_enum_values_by_number_name_and_json_name(void **state) {
    (void)state;
    const pl_enum_type *style = pl_pool_enum(shapes_pool, pl_str_c("shapes.v1.Style"));
    assert_text(pl_enum_by_number(style, 5)->name, "STYLE_DASHED");
    assert_text(pl_enum_by_number(style, -3)->name, "STYLE_NONE");
    assert_null(pl_enum_by_number(style, 2));
    assert_null(pl_enum_by_number(style, INT32_MAX));
    assert_int_equal(pl_enum_by_name(style, pl_str_c("STYLE_SOLID"))->number, 1);
    assert_int_equal(pl_enum_by_json_name(style, pl_str_c("Dashed"))->number, 5);
    assert_null(pl_enum_by_json_name(style, pl_str_c("STYLE_DASHED")));
    assert_true(pl_enum_by_number(style, 5)->deprecated);
}

static void finds_methods_by_full_name_and_by_path(void **state) {
    (void)state;
    const pl_method_type *m = pl_pool_method(shapes_pool, pl_str_c("/shapes.v1.ShapeService/Draw"));
    assert_non_null(m);
    assert_ptr_equal(pl_pool_method(shapes_pool, pl_str_c("shapes.v1.ShapeService/Draw")), m);
    assert_ptr_equal(pl_pool_method(shapes_pool, pl_str_c("shapes.v1.ShapeService.Draw")), m);
    assert_null(pl_pool_method(shapes_pool, pl_str_c("/shapes.v1.ShapeService/Erase")));
    assert_text(m->path, "/shapes.v1.ShapeService/Draw");
    assert_ptr_equal(m->input, type_of(SHAPE));
    const pl_method_type *watch = pl_service_method(m->service, pl_str_c("Watch"));
    assert_true(watch->client_streaming && watch->server_streaming && watch->deprecated);
}

static void follows_field_paths_by_either_name(void **state) {
    (void)state;
    const pl_field *path[PL_FIELD_PATH_MAX];
    const pl_message_type *type = type_of(SHAPE);
    assert_int_equal(pl_message_field_path(type, pl_str_c("child.corner.farField"), path), 3);
    assert_text(path[2]->name, "far_field");
    assert_int_equal(pl_message_field_path(type, pl_str_c("long_tilt"), path), 1);
    assert_int_equal(pl_message_field_path(type, pl_str_c("points.x"), path), 0);
    assert_int_equal(pl_message_field_path(type, pl_str_c("name.x"), path), 0);
    assert_int_equal(pl_message_field_path(type, pl_str_c("corner..x"), path), 0);
    assert_int_equal(pl_message_field_path(type, pl_str_c(""), path), 0);
}

static void refuses_field_paths_that_are_too_long(void **state) {
    (void)state;
    const pl_field *path[PL_FIELD_PATH_MAX];
    pl_buf text = pl_buf_make(1024);
    for (int i = 0; i < PL_FIELD_PATH_MAX; i++)
        pl_buf_puts(&text, i ? ".child" : "child");
    assert_int_equal(pl_message_field_path(type_of(SHAPE), pl_buf_view(&text), path),
                     PL_FIELD_PATH_MAX);
    pl_buf_puts(&text, ".child");
    assert_int_equal(pl_message_field_path(type_of(SHAPE), pl_buf_view(&text), path), 0);
    pl_buf_done(&text);
}

static void knows_well_known_types(void **state) {
    (void)state;
    assert_int_equal(field_of(SHAPE, "at")->message->well_known, PL_WELL_KNOWN_TIMESTAMP);
    assert_int_equal(field_of(SHAPE, "boxed")->message->well_known, PL_WELL_KNOWN_WRAPPER);
    assert_int_equal(type_of(SHAPE)->well_known, PL_WELL_KNOWN_NONE);
}

static void gives_places_and_comments_of_elements(void **state) {
    (void)state;
    pl_buf text = pl_buf_make(256);
    const pl_field *f = field_of(SHAPE, "name");
    assert_text(f->doc, "Its name.");
    pl_source_print(&f->source, &text);
    assert_true(pl_str_starts(pl_buf_view(&text), pl_str_c("shapes/v1/shapes.proto:")));
    assert_int_equal(f->source.col, 3);
    assert_int_equal(type_of(SHAPE)->source.col, 1);
    assert_true(f->source.line > type_of(SHAPE)->source.line);
    pl_buf_done(&text);
}

static void describes_fields_for_people(void **state) {
    (void)state;
    static const char *const expected[][2] = {{"width", "int64"},
                                              {"tags", "list of string"},
                                              {"corner", "shapes.v1.Point"},
                                              {"places", "map of int64 to shapes.v1.Point"}};
    for (size_t i = 0; i < PL_COUNT(expected); i++) {
        pl_buf text = pl_buf_make(256);
        pl_field_describe(field_of(SHAPE, expected[i][0]), &text);
        assert_string_equal(text.p, expected[i][1]);
        pl_buf_done(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_messages_enums_services_and_files_by_name),
        cmocka_unit_test(lists_files_after_what_they_import),
        cmocka_unit_test(finds_fields_by_number_name_and_json_name),
        cmocka_unit_test(knows_what_kind_of_field_each_is),
        cmocka_unit_test(tells_presence_of_proto3_fields),
        cmocka_unit_test(keeps_oneofs_without_the_synthetic_ones),
        cmocka_unit_test(reads_proto2_as_it_is),
        cmocka_unit_test(extensions_are_fields_of_what_they_extend),
        cmocka_unit_test(finds_enum_values_by_number_name_and_json_name),
        cmocka_unit_test(finds_methods_by_full_name_and_by_path),
        cmocka_unit_test(follows_field_paths_by_either_name),
        cmocka_unit_test(refuses_field_paths_that_are_too_long),
        cmocka_unit_test(knows_well_known_types),
        cmocka_unit_test(gives_places_and_comments_of_elements),
        cmocka_unit_test(describes_fields_for_people),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}

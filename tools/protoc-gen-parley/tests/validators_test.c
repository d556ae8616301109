/* What generated validators accept and refuse, on golden/v1/limits.proto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/v1/limits.parley.h"

#define BUDGET (1u << 20)

typedef struct fixture {
    pl_arena arena;
    pl_violations violations;
    golden_v1_Single single; /* valid */
    golden_v1_Tree tree;
} fixture;

static int set_up(void **state) {
    static uint8_t key[16];
    static fixture f;
    f.arena = pl_arena_make(BUDGET);
    pl_violations_init(&f.violations, &f.arena);
    golden_v1_Tree tree = golden_v1_TREE_INIT;
    golden_v1_Single single = golden_v1_SINGLE_INIT;
    f.tree = tree;
    f.single = single;
    f.single.name = "abc";
    f.single.key.data = key;
    f.single.key.len = sizeof(key);
    f.single.big = 1;
    f.single.count = 1;
    f.single.agreed = true;
    f.single.must = golden_v1_COLOUR_RED;
    f.single.tree = &f.tree;
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    return 0;
}

/* The request is refused for FIELD alone. */
static void refused(fixture *f, pl_code code, const char *field) {
    assert_int_equal(code, PL_INVALID_ARGUMENT);
    assert_int_equal(f->violations.kept, 1);
    assert_string_equal(f->violations.items[0].field, field);
}

static void single_refused(fixture *f, const char *field) {
    refused(f, golden_v1_Single_validate(&f->single, &f->violations), field);
}

static void accepts_what_keeps_all_limits(void **state) {
    fixture *f = *state;
    assert_int_equal(golden_v1_Single_validate(&f->single, &f->violations), PL_OK);
    assert_int_equal(f->violations.count, 0);
}

static void rejects_an_empty_required_string(void **state) {
    fixture *f = *state;
    f->single.name = "";
    assert_int_equal(golden_v1_Single_validate(&f->single, &f->violations), PL_INVALID_ARGUMENT);
    assert_string_equal(f->violations.items[0].field, "name");
}

static void counts_the_length_in_characters(void **state) {
    fixture *f = *state;
    f->single.name =
        "\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80"; /* 5 in 15 bytes */
    assert_int_equal(golden_v1_Single_validate(&f->single, &f->violations), PL_OK);
    f->single.name = "abcdef";
    single_refused(f, "name");
}

static void rejects_a_string_below_its_length(void **state) {
    fixture *f = *state;
    f->single.name = "a";
    single_refused(f, "name");
}

static void matches_the_whole_string_against_a_pattern(void **state) {
    fixture *f = *state;
    f->single.code = "ABC1";
    assert_int_equal(golden_v1_Single_validate(&f->single, &f->violations), PL_OK);
    f->single.code = "xABC1x";
    single_refused(f, "code");
}

static void counts_bytes_in_bytes(void **state) {
    fixture *f = *state;
    f->single.key.len = 15;
    single_refused(f, "key");
}

static void rejects_numbers_outside_their_range(void **state) {
    fixture *f = *state;
    f->single.small = -6;
    single_refused(f, "small");
}

static void rejects_an_unsigned_number_above_its_range(void **state) {
    fixture *f = *state;
    f->single.wide = UINT64_MAX;
    single_refused(f, "wide");
}

static void rejects_a_ratio_above_its_range(void **state) {
    fixture *f = *state;
    f->single.ratio = 1.5;
    single_refused(f, "ratio");
}

static void rejects_a_required_number_that_is_zero(void **state) {
    fixture *f = *state;
    f->single.big = 0;
    single_refused(f, "big");
}

static void rejects_an_enum_number_nobody_declared(void **state) {
    fixture *f = *state;
    f->single.colour = (golden_v1_Colour)7;
    single_refused(f, "colour");
}

static void rejects_a_required_message_that_is_absent(void **state) {
    fixture *f = *state;
    f->single.tree = NULL;
    single_refused(f, "tree");
}

static void names_the_item_of_a_list(void **state) {
    fixture *f = *state;
    golden_v1_Single bad = f->single, *items[] = {&f->single, &bad};
    golden_v1_Many many = golden_v1_MANY_INIT;
    int32_t numbers[] = {1};
    bad.small = 9;
    many.items = items;
    many.n_items = 2;
    many.numbers = numbers;
    many.n_numbers = 1;
    refused(f, golden_v1_Many_validate(&many, &f->violations), "items[1].small");
}

static void names_the_item_itself_in_a_list_of_strings(void **state) {
    fixture *f = *state;
    const char *tags[] = {"ok", "NO"};
    golden_v1_Single *items[] = {&f->single};
    golden_v1_Many many = golden_v1_MANY_INIT;
    int32_t numbers[] = {1};
    many.items = items;
    many.n_items = 1;
    many.numbers = numbers;
    many.n_numbers = 1;
    many.tags = tags;
    many.n_tags = 2;
    refused(f, golden_v1_Many_validate(&many, &f->violations), "tags[1]");
}

static void tells_everything_that_is_wrong(void **state) {
    fixture *f = *state;
    golden_v1_Many many = golden_v1_MANY_INIT; /* no numbers, no items */
    assert_int_equal(golden_v1_Many_validate(&many, &f->violations), PL_INVALID_ARGUMENT);
    assert_int_equal(f->violations.kept, 2);
    assert_string_equal(f->violations.items[0].field, "numbers");
    assert_string_equal(f->violations.items[1].field, "items");
}

static void judges_an_optional_field_only_where_it_is_there(void **state) {
    fixture *f = *state;
    golden_v1_Perhaps perhaps = golden_v1_PERHAPS_INIT;
    perhaps._note_case = GOLDEN__V1__PERHAPS___NOTE_NOTE;
    perhaps.note = "abc";
    assert_int_equal(golden_v1_Perhaps_validate(&perhaps, &f->violations), PL_OK);
    perhaps._size_case = GOLDEN__V1__PERHAPS___SIZE_SIZE;
    perhaps.size = 0;
    refused(f, golden_v1_Perhaps_validate(&perhaps, &f->violations), "size");
}

static void judges_the_choice_of_a_oneof(void **state) {
    fixture *f = *state;
    golden_v1_Perhaps perhaps = golden_v1_PERHAPS_INIT;
    perhaps._note_case = GOLDEN__V1__PERHAPS___NOTE_NOTE;
    perhaps.note = "abc";
    perhaps.choice_case = GOLDEN__V1__PERHAPS__CHOICE_NUMBER;
    perhaps.number = 4;
    refused(f, golden_v1_Perhaps_validate(&perhaps, &f->violations), "number");
}

static void goes_into_messages_within_messages(void **state) {
    fixture *f = *state;
    golden_v1_Perhaps outer = golden_v1_PERHAPS_INIT, inner = golden_v1_PERHAPS_INIT;
    outer._note_case = GOLDEN__V1__PERHAPS___NOTE_NOTE;
    outer.note = "abc";
    outer.inner = &inner;
    refused(f, golden_v1_Perhaps_validate(&outer, &f->violations), "inner.note");
}

static void judges_an_update_by_its_mask(void **state) {
    fixture *f = *state;
    golden_v1_Many many = golden_v1_MANY_INIT; /* no numbers, no items */
    google_protobuf_FieldMask mask = google_protobuf_FIELD_MASK_INIT;
    golden_v1_UpdateManyRequest update = golden_v1_UPDATE_MANY_REQUEST_INIT;
    const char *paths[] = {"tags"};
    mask.paths = paths;
    mask.n_paths = 1;
    update.many = &many;
    update.update_mask = &mask;
    assert_int_equal(golden_v1_UpdateManyRequest_validate(&update, &f->violations), PL_OK);
    paths[0] = "numbers";
    refused(f, golden_v1_UpdateManyRequest_validate(&update, &f->violations), "many.numbers");
}

static void judges_an_update_without_a_mask_whole(void **state) {
    fixture *f = *state;
    golden_v1_Many many = golden_v1_MANY_INIT;
    golden_v1_UpdateManyRequest update = golden_v1_UPDATE_MANY_REQUEST_INIT;
    update.many = &many;
    assert_int_equal(golden_v1_UpdateManyRequest_validate(&update, &f->violations),
                     PL_INVALID_ARGUMENT);
    assert_int_equal(f->violations.kept, 2);
}

static void gives_enums_the_names_of_the_specification(void **state) {
    golden_v1_Colour colour;
    (void)state;
    assert_string_equal(golden_v1_Colour_name(golden_v1_COLOUR_RED), "Red");
    assert_null(golden_v1_Colour_name((golden_v1_Colour)99));
    assert_true(golden_v1_Colour_find(pl_str_c("Red"), &colour));
    assert_int_equal(colour, golden_v1_COLOUR_RED);
    assert_false(golden_v1_Colour_find(pl_str_c("COLOUR_RED"), &colour));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(accepts_what_keeps_all_limits),
        TEST(rejects_an_empty_required_string),
        TEST(counts_the_length_in_characters),
        TEST(rejects_a_string_below_its_length),
        TEST(matches_the_whole_string_against_a_pattern),
        TEST(counts_bytes_in_bytes),
        TEST(rejects_numbers_outside_their_range),
        TEST(rejects_an_unsigned_number_above_its_range),
        TEST(rejects_a_ratio_above_its_range),
        TEST(rejects_a_required_number_that_is_zero),
        TEST(rejects_an_enum_number_nobody_declared),
        TEST(rejects_a_required_message_that_is_absent),
        TEST(names_the_item_of_a_list),
        TEST(names_the_item_itself_in_a_list_of_strings),
        TEST(tells_everything_that_is_wrong),
        TEST(judges_an_optional_field_only_where_it_is_there),
        TEST(judges_the_choice_of_a_oneof),
        TEST(goes_into_messages_within_messages),
        TEST(judges_an_update_by_its_mask),
        TEST(judges_an_update_without_a_mask_whole),
        TEST(gives_enums_the_names_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

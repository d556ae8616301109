/* What is generated of Protobuf's constructs, at work: through the wire and the validators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "golden/v1/across.parley.h"
#include "golden/v1/known.parley.h"
#include "golden/v1/maps.parley.h"
#include "golden/v1/nested.parley.h"
#include "golden/v1/scalars.parley.h"
#include "golden/v1/words.parley.h"
#include "plain.parley.h"

#define WIRE_MAX 4096

/* What comes out of the wire after MESSAGE went in; the caller frees it. */
static ProtobufCMessage *through_the_wire(const ProtobufCMessage *message) {
    uint8_t bytes[WIRE_MAX];
    size_t size = protobuf_c_message_get_packed_size(message);
    assert_true(size <= sizeof(bytes));
    assert_int_equal(protobuf_c_message_pack(message, bytes), size);
    ProtobufCMessage *out = protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
    assert_non_null(out);
    return out;
}

static void free_message(ProtobufCMessage *message) {
    protobuf_c_message_free_unpacked(message, NULL);
}

/* The only violation in VIOLATIONS is about PATH. */
static void assert_only(pl_violations *violations, const char *path) {
    assert_int_equal(violations->count, 1);
    assert_string_equal(violations->items[0].field, path);
}

static void every_scalar_survives_the_wire_in_its_extremes(void **state) {
    (void)state;
    golden_v1_Scalars in = golden_v1_SCALARS_INIT;
    in.int32_field = INT32_MIN;
    in.uint64_field = UINT64_MAX;
    in.sint64_field = INT64_MIN;
    in.sfixed32_field = INT32_MIN;
    in.bool_field = true;
    in.enum_field = golden_v1_SEASON_LOST;
    in.far = "far";
    golden_v1_Scalars *out = (golden_v1_Scalars *)through_the_wire(&in.base);
    assert_int_equal(out->int32_field, INT32_MIN);
    assert_true(out->uint64_field == UINT64_MAX);
    assert_true(out->sint64_field == INT64_MIN);
    assert_int_equal(out->sfixed32_field, INT32_MIN);
    assert_true(out->bool_field);
    assert_int_equal(out->enum_field, golden_v1_SEASON_LOST);
    assert_string_equal(out->far, "far");
    free_message(&out->base);
}

static void an_optional_field_tells_absent_from_zero(void **state) {
    (void)state;
    golden_v1_Optionals in = golden_v1_OPTIONALS_INIT;
    in._int32_field_case = golden_v1_OPTIONALS_HAS_INT32_FIELD;
    golden_v1_Optionals *out = (golden_v1_Optionals *)through_the_wire(&in.base);
    assert_int_equal(out->_int32_field_case, golden_v1_OPTIONALS_HAS_INT32_FIELD);
    assert_int_equal(out->int32_field, 0);
    assert_int_equal(out->_bool_field_case, 0);
    free_message(&out->base);
}

static void a_choice_is_the_one_that_was_made(void **state) {
    (void)state;
    golden_v1_Choice in = golden_v1_CHOICE_INIT;
    in.kind_case = golden_v1_CHOICE_KIND_SINT32_FIELD;
    in.sint32_field = -7;
    golden_v1_Choice *out = (golden_v1_Choice *)through_the_wire(&in.base);
    assert_int_equal(out->kind_case, golden_v1_CHOICE_KIND_SINT32_FIELD);
    assert_int_equal(out->sint32_field, -7);
    assert_int_equal(out->camel_case_case, 0);
    free_message(&out->base);
}

typedef struct fixture {
    pl_arena arena;
    pl_violations violations;
} fixture;

static int set_up(void **state) {
    static fixture f;
    f.arena = pl_arena_make(1u << 20);
    pl_violations_init(&f.violations, &f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    return 0;
}

static void only_the_choice_that_was_made_is_checked(void **state) {
    fixture *f = *state;
    golden_v1_Choice choice = golden_v1_CHOICE_INIT;
    choice.kind_case = golden_v1_CHOICE_KIND_ENUM_FIELD;
    choice.enum_field = golden_v1_SEASON_LAST;
    assert_int_equal(golden_v1_Choice_validate(&choice, &f->violations), PL_OK);
    choice.enum_field = (golden_v1_Season)77;
    assert_int_equal(golden_v1_Choice_validate(&choice, &f->violations), PL_INVALID_ARGUMENT);
    assert_only(&f->violations, "enum_field");
}

static void values_of_a_map_are_checked(void **state) {
    fixture *f = *state;
    golden_v1_Place place = golden_v1_PLACE_INIT;
    golden_v1_Maps_ToMessageEntry entry = golden_v1_MAPS_TO_MESSAGE_ENTRY_INIT,
                                  *entries[] = {&entry};
    golden_v1_Maps maps = golden_v1_MAPS_INIT;
    entry.value = &place;
    maps.to_message = entries;
    maps.n_to_message = 1;
    assert_int_equal(golden_v1_Maps_validate(&maps, &f->violations), PL_INVALID_ARGUMENT);
    assert_only(&f->violations, "to_message[0].value.name");
}

static void messages_that_hold_each_other_are_checked_to_the_bottom(void **state) {
    fixture *f = *state;
    golden_v1_Hen hen = golden_v1_HEN_INIT;
    golden_v1_Egg egg = golden_v1_EGG_INIT, *eggs[] = {&egg};
    hen.eggs = eggs;
    hen.n_eggs = 1;
    egg.grams = 201;
    assert_int_equal(golden_v1_Hen_validate(&hen, &f->violations), PL_INVALID_ARGUMENT);
    assert_only(&f->violations, "eggs[0].grams");
}

static void a_path_has_the_word_of_the_contract(void **state) {
    fixture *f = *state;
    golden_v1_Words words = golden_v1_WORDS_INIT;
    words.class_ = "four";
    assert_int_equal(golden_v1_Words_validate(&words, &f->violations), PL_INVALID_ARGUMENT);
    assert_only(&f->violations, "class");
}

static void a_missing_well_known_type_is_told(void **state) {
    fixture *f = *state;
    golden_v1_Known known = golden_v1_KNOWN_INIT;
    assert_int_equal(golden_v1_Known_validate(&known, &f->violations), PL_INVALID_ARGUMENT);
    assert_only(&f->violations, "timestamp");
}

static void types_of_two_packages_with_one_name_stay_apart(void **state) {
    (void)state;
    golden_other_v1_Note other = golden_other_v1_NOTE_INIT;
    golden_v1_Note note = golden_v1_NOTE_INIT;
    golden_v1_Pair pair = golden_v1_PAIR_INIT;
    other.text = "other";
    note.number = 3;
    pair.other = &other;
    pair.note = &note;
    golden_v1_Pair *out = (golden_v1_Pair *)through_the_wire(&pair.base);
    assert_string_equal(out->other->text, "other");
    assert_int_equal(out->note->number, 3);
    free_message(&out->base);
}

static void an_alias_has_the_name_of_the_first(void **state) {
    (void)state;
    golden_v1_Season season;
    assert_string_equal(golden_v1_Season_name(golden_v1_SEASON_FALL), "SEASON_AUTUMN");
    assert_true(golden_v1_Season_find(pl_str_c("SEASON_FALL"), &season));
    assert_int_equal(season, golden_v1_SEASON_AUTUMN);
    assert_true(golden_v1_Season_find(pl_str_c("Winter \"deep\""), &season));
    assert_int_equal(season, golden_v1_SEASON_WINTER);
}

static void a_file_without_a_package_is_served_by_its_bare_name(void **state) {
    (void)state;
    assert_string_equal(Courier_desc.name, "Courier");
    assert_string_equal(Courier_desc.methods[Courier_SEND].path, "/Courier/Send");
}

static void a_service_without_methods_is_described(void **state) {
    (void)state;
    assert_int_equal(golden_v1_EmptyService_desc.method_count, 0);
    assert_null(golden_v1_EmptyService_desc.methods);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_scalar_survives_the_wire_in_its_extremes),
        TEST(an_optional_field_tells_absent_from_zero),
        TEST(a_choice_is_the_one_that_was_made),
        TEST(only_the_choice_that_was_made_is_checked),
        TEST(values_of_a_map_are_checked),
        TEST(messages_that_hold_each_other_are_checked_to_the_bottom),
        TEST(a_path_has_the_word_of_the_contract),
        TEST(a_missing_well_known_type_is_told),
        TEST(types_of_two_packages_with_one_name_stay_apart),
        TEST(an_alias_has_the_name_of_the_first),
        TEST(a_file_without_a_package_is_served_by_its_bare_name),
        TEST(a_service_without_methods_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

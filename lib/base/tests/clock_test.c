#include "parley/base/clock.h"

#include "check.h"

static void writes_and_reads_rfc3339(void **state) {
    (void)state;
    char text[PL_RFC3339_SIZE];
    pl_rfc3339(INT64_C(1769862896789012), text);
    assert_string_equal(text, "2026-01-31T12:34:56.789012Z");
    pl_rfc3339(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    int64_t seconds;
    int32_t nanos;
    assert_true(pl_rfc3339_parse(pl_str_c("2026-01-31T21:34:56.789012+09:00"), &seconds, &nanos));
    assert_int_equal(seconds, 1769862896);
    assert_int_equal(nanos, 789012000);
    assert_true(pl_rfc3339_parse(pl_str_c("0001-01-01T00:00:00Z"), &seconds, &nanos));
    assert_int_equal(seconds, INT64_C(-62135596800));
}

static void refuses_what_is_no_rfc3339_time(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "2026-01-31",
                                        "2026-02-29T00:00:00Z",
                                        "2026-01-31 00:00:00Z",
                                        "2026-01-31T24:00:00Z",
                                        "2026-01-31T00:00:60Z",
                                        "2026-01-31T00:00:00",
                                        "2026-01-31T00:00:00.Z",
                                        "2026-01-31T00:00:00.1234567890Z",
                                        "2026-01-31T00:00:00+24:00",
                                        "0000-01-01T00:00:00Z",
                                        "0001-01-01T00:00:00+00:01",
                                        "2026-01-31T00:00:00Zx",
                                        "2026-13-01T00:00:00Z"};
    int64_t seconds = 42;
    int32_t nanos = 42;
    for (size_t i = 0; i < PL_COUNT(wrong); i++)
        assert_false(pl_rfc3339_parse(pl_str_c(wrong[i]), &seconds, &nanos));
    assert_int_equal(seconds, 42);
}

static void makes_uuids_of_version_7_that_round_trip(void **state) {
    (void)state;
    uint8_t uuid[16];
    uint8_t back[16];
    char text[PL_UUID_SIZE];
    pl_uuid7(uuid);
    pl_uuid_text(uuid, text);
    assert_int_equal(text[14], '7');
    assert_true(pl_uuid_parse(pl_str_c(text), back));
    assert_memory_equal(uuid, back, 16);
    assert_false(pl_uuid_parse(pl_str_c("01890a5d-ac96-774b-bcce-b302099a805"), back));
    assert_false(pl_uuid_parse(pl_str_c("01890a5d-ac96-774b-bcce_b302099a8057"), back));
    assert_false(pl_uuid_parse(pl_str_c("g1890a5d-ac96-774b-bcce-b302099a8057"), back));
}

static void rounds_what_remains_up(void **state) {
    (void)state;
    assert_int_equal(pl_remaining_ms(PL_NEVER), -1);
    assert_int_equal(pl_remaining_ms(pl_now_ns() - 1), 0);
    assert_in_range(pl_remaining_ms(pl_deadline_ms(100000)), 99000, 100000);
    assert_true(pl_deadline_ms(INT64_MAX) == PL_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_rfc3339),
        cmocka_unit_test(refuses_what_is_no_rfc3339_time),
        cmocka_unit_test(makes_uuids_of_version_7_that_round_trip),
        cmocka_unit_test(rounds_what_remains_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

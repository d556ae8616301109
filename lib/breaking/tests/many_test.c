/* Schemas with many elements: the time grows with their number, not with its square; and whoever
 * waits can stop it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "parley/breaking/diff.h"
#include "parley/schema/wire.h"

enum { SET_MAX = 16 << 20, PART_MAX = 1 << 12, NAME_SIZE = 16 };
/* By the square it would be minutes. */
enum { MESSAGES = 20000, RESERVED = 6000, SECONDS_MAX = 20 };
/* Fields of descriptors. */
enum {
    SET_FILE = 1,
    FILE_NAME = 1,
    FILE_MESSAGE = 4,
    FILE_SOURCE_INFO = 9,
    FILE_SYNTAX = 12,
    MESSAGE_NAME = 1,
    MESSAGE_FIELD = 2,
    MESSAGE_RESERVED_RANGE = 9,
    MESSAGE_RESERVED_NAME = 10,
    RANGE_START = 1,
    RANGE_END = 2,
    FIELD_NAME = 1,
    FIELD_NUMBER = 3,
    FIELD_LABEL = 4,
    FIELD_TYPE = 5,
    INFO_LOCATION = 1,
    LOCATION_PATH = 1,
    LOCATION_SPAN = 2
};

static void put_number(pl_buf *out, uint32_t number, uint64_t value) {
    assert_true(pl_wire_put_tag(out, number, PL_WIRE_VARINT));
    assert_true(pl_wire_put_varint(out, value));
}

/* Moves what is in PART to the end of OUT, as field NUMBER. */
static void put_part(pl_buf *out, uint32_t number, pl_buf *part) {
    assert_true(pl_wire_put_bytes(out, number, pl_buf_view(part)));
    pl_buf_done(part);
}

static void put_message(pl_buf *file, int index, const char *field_name) {
    pl_buf message = pl_buf_make(PART_MAX), field = pl_buf_make(PART_MAX);
    char name[NAME_SIZE];
    int n = snprintf(name, sizeof name, "M%d", index);
    assert_true(pl_wire_put_bytes(&field, FIELD_NAME, pl_str_c(field_name)));
    put_number(&field, FIELD_NUMBER, 1);
    put_number(&field, FIELD_LABEL, 1);
    put_number(&field, FIELD_TYPE, PL_KIND_STRING);
    assert_true(pl_wire_put_bytes(&message, MESSAGE_NAME, pl_str_make(name, (size_t)n)));
    put_part(&message, MESSAGE_FIELD, &field);
    put_part(file, FILE_MESSAGE, &message);
}

/* The name of the field of message INDEX stands in a line of its own. */
static void put_location(pl_buf *info, int index) {
    const uint64_t path[] = {FILE_MESSAGE, (uint64_t)index, MESSAGE_FIELD, 0, FIELD_NAME};
    const uint64_t span[] = {(uint64_t)index, 4, 8};
    pl_buf location = pl_buf_make(PART_MAX), numbers = pl_buf_make(PART_MAX);
    for (size_t i = 0; i < PL_COUNT(path); i++)
        assert_true(pl_wire_put_varint(&numbers, path[i]));
    put_part(&location, LOCATION_PATH, &numbers);
    numbers = pl_buf_make(PART_MAX);
    for (size_t i = 0; i < PL_COUNT(span); i++)
        assert_true(pl_wire_put_varint(&numbers, span[i]));
    put_part(&location, LOCATION_SPAN, &numbers);
    put_part(info, INFO_LOCATION, &location);
}

static pl_pool *pool_of(const char *field_name) {
    pl_buf set = pl_buf_make(SET_MAX), file = pl_buf_make(SET_MAX), info = pl_buf_make(SET_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_true(pl_wire_put_bytes(&file, FILE_NAME, pl_str_c("many.proto")));
    for (int i = 0; i < MESSAGES; i++) {
        put_message(&file, i, field_name);
        put_location(&info, i);
    }
    put_part(&file, FILE_SOURCE_INFO, &info);
    assert_true(pl_wire_put_bytes(&file, FILE_SYNTAX, pl_str_c("proto3")));
    put_part(&set, SET_FILE, &file);
    if (pl_pool_new(pl_buf_view(&set), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&set);
    return pool;
}

static void many_changes_of_one_file_are_found_in_seconds(void **state) {
    pl_pool *before = pool_of("name"), *after = pool_of("title");
    pl_changes *changes = NULL;
    (void)state;
    clock_t began = clock();
    assert_int_equal(pl_diff(before, after, NULL, &changes, NULL), PL_OK);
    assert_true((clock() - began) / CLOCKS_PER_SEC < SECONDS_MAX);
    assert_int_equal(pl_changes_count(changes), 2 * MESSAGES);
    /* Those of names have positions of their own, behind those that have none. */
    for (size_t i = 0; i < MESSAGES; i++)
        assert_int_equal(pl_changes_at(changes, MESSAGES + i)->new_at.line, i + 1);
    pl_changes_free(changes);
    pl_pool_free(before);
    pl_pool_free(after);
}

/* A message that reserves COUNT numbers, each by a range of its own, and as many names. */
static pl_pool *pool_of_reserved(int count) {
    pl_buf set = pl_buf_make(SET_MAX), file = pl_buf_make(SET_MAX), message = pl_buf_make(SET_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_true(pl_wire_put_bytes(&file, FILE_NAME, pl_str_c("many.proto")));
    assert_true(pl_wire_put_bytes(&message, MESSAGE_NAME, pl_str_c("M")));
    for (int i = 0; i < count; i++) {
        pl_buf range = pl_buf_make(PART_MAX);
        char name[NAME_SIZE];
        put_number(&range, RANGE_START, 2 * (uint64_t)i + 1);
        put_number(&range, RANGE_END, 2 * (uint64_t)i + 2);
        put_part(&message, MESSAGE_RESERVED_RANGE, &range);
        int n = snprintf(name, sizeof name, "n%d", i);
        assert_true(
            pl_wire_put_bytes(&message, MESSAGE_RESERVED_NAME, pl_str_make(name, (size_t)n)));
    }
    put_part(&file, FILE_MESSAGE, &message);
    assert_true(pl_wire_put_bytes(&file, FILE_SYNTAX, pl_str_c("proto3")));
    put_part(&set, SET_FILE, &file);
    if (pl_pool_new(pl_buf_view(&set), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&set);
    return pool;
}

static void of_many_reserved_numbers_and_names_each_is_compared(void **state) {
    pl_pool *before = pool_of_reserved(RESERVED), *after = pool_of_reserved(RESERVED - 1);
    pl_changes *changes = NULL;
    (void)state;
    assert_int_equal(pl_diff(before, before, NULL, &changes, NULL), PL_OK);
    assert_int_equal(pl_changes_count(changes), 0);
    pl_changes_free(changes);
    assert_int_equal(pl_diff(after, before, NULL, &changes, NULL), PL_OK);
    assert_int_equal(pl_changes_count(changes), 0);
    pl_changes_free(changes);
    assert_int_equal(pl_diff(before, after, NULL, &changes, NULL), PL_OK);
    assert_int_equal(pl_changes_count(changes), 2);
    assert_string_equal(pl_changes_at(changes, 1)->message.p,
                        "M no longer reserves the name 'n5999'");
    pl_changes_free(changes);
    pl_pool_free(before);
    pl_pool_free(after);
}

static int asked;

static bool stop_at_the_tenth(void) {
    return ++asked >= 10;
}

static void a_comparison_that_is_stopped_ends(void **state) {
    pl_pool *before = pool_of("name"), *after = pool_of("title");
    pl_changes *changes = NULL;
    pl_diff_opts opts = {.is_stopped = stop_at_the_tenth};
    (void)state;
    assert_int_equal(pl_diff(before, after, &opts, &changes, NULL), PL_CANCELLED);
    assert_null(changes);
    assert_int_equal(asked, 10);
    pl_pool_free(before);
    pl_pool_free(after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_changes_of_one_file_are_found_in_seconds),
        cmocka_unit_test(of_many_reserved_numbers_and_names_each_is_compared),
        cmocka_unit_test(a_comparison_that_is_stopped_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

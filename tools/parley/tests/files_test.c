/* Files from reflection, put together to a descriptor set. */
#include "call/files.h"

#include <string.h>

#include "check.h"
#include "parley/schema/wire.h"

enum { ARENA_BUDGET = 8 << 20, SET_MAX = 1 << 20, FILE_NAME = 1, FILE_DEPENDENCY = 3 };

typedef struct fixture {
    pl_arena arena;
    call_files files;
    pl_error err;
} fixture;

static int set_up(void **state) {
    static fixture f;
    memset(&f, 0, sizeof f);
    f.arena = pl_arena_make(ARENA_BUDGET);
    call_files_init(&f.files, &f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    return 0;
}

/* Adds a file that imports A and B (NULL: nothing). */
static pl_code add(fixture *f, const char *name, const char *a, const char *b) {
    pl_buf bytes = pl_buf_make(SET_MAX);
    assert_true(pl_wire_put_bytes(&bytes, FILE_NAME, pl_str_c(name)));
    if (a)
        assert_true(pl_wire_put_bytes(&bytes, FILE_DEPENDENCY, pl_str_c(a)));
    if (b)
        assert_true(pl_wire_put_bytes(&bytes, FILE_DEPENDENCY, pl_str_c(b)));
    pl_code code = call_files_add(&f->files, pl_buf_view(&bytes), &f->err);
    pl_buf_done(&bytes);
    return code;
}

/* The names of the set's files, in order. */
static void names_of(pl_str set, pl_buf *out) {
    pl_wire_reader reader = pl_wire_reader_make(set);
    pl_wire_field file, name;
    while (pl_wire_next(&reader, &file)) {
        assert_true(pl_wire_find(file.bytes, FILE_NAME, &name));
        pl_buf_str(out, name.bytes);
        pl_buf_putc(out, ' ');
    }
    assert_false(reader.failed);
}

static void imports_stand_before_those_that_import(void **state) {
    fixture *f = *state;
    pl_buf set = pl_buf_make(SET_MAX);
    pl_buf names = pl_buf_make(SET_MAX);
    assert_int_equal(add(f, "top", "left", "right"), PL_OK);
    assert_int_equal(add(f, "left", "base", NULL), PL_OK);
    assert_int_equal(add(f, "right", "base", "left"), PL_OK);
    assert_int_equal(add(f, "base", NULL, NULL), PL_OK);
    assert_int_equal(call_files_put(&f->files, &set, &f->err), PL_OK);
    names_of(pl_buf_view(&set), &names);
    assert_string_equal(names.p, "base left right top ");
    pl_buf_done(&set);
    pl_buf_done(&names);
}

static void names_the_import_that_is_missing(void **state) {
    fixture *f = *state;
    assert_int_equal(add(f, "top", "base", NULL), PL_OK);
    assert_true(pl_str_eqc(call_files_missing(&f->files), "base"));
    assert_int_equal(add(f, "base", NULL, NULL), PL_OK);
    assert_int_equal(call_files_missing(&f->files).n, 0);
}

static void same_file_twice_counts_once(void **state) {
    fixture *f = *state;
    assert_int_equal(add(f, "base", NULL, NULL), PL_OK);
    assert_int_equal(add(f, "base", NULL, NULL), PL_OK);
    assert_int_equal(f->files.count, 1);
}

static void refuses_a_circle(void **state) {
    fixture *f = *state;
    pl_buf set = pl_buf_make(SET_MAX);
    assert_int_equal(add(f, "a", "b", NULL), PL_OK);
    assert_int_equal(add(f, "b", "a", NULL), PL_OK);
    assert_int_equal(call_files_put(&f->files, &set, &f->err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(f->err.message, "imports itself"));
    pl_buf_done(&set);
}

static void refuses_what_is_no_file(void **state) {
    fixture *f = *state;
    assert_int_equal(call_files_add(&f->files, pl_str_c("\xff\xff"), &f->err), PL_INVALID_ARGUMENT);
    assert_int_equal(call_files_add(&f->files, pl_str_c(""), &f->err), PL_INVALID_ARGUMENT);
    assert_int_equal(f->files.count, 0);
}

static void refuses_more_files_than_there_is_room_for(void **state) {
    fixture *f = *state;
    for (int i = 0; i < CALL_FILES_MAX; i++) {
        const char *name = pl_arena_printf(&f->arena, "file%d", i);
        assert_int_equal(add(f, name, NULL, NULL), PL_OK);
    }
    assert_int_equal(add(f, "one more", NULL, NULL), PL_RESOURCE_EXHAUSTED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(imports_stand_before_those_that_import),
        TEST(names_the_import_that_is_missing),
        TEST(same_file_twice_counts_once),
        TEST(refuses_a_circle),
        TEST(refuses_what_is_no_file),
        TEST(refuses_more_files_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which files import which, where there are many ways from one to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "parley/schema/wire.h"
#include "reach.h"

enum { SET_MAX = 1 << 20, LAYERS = 48, NAME_SIZE = 16 };
/* Fields of FileDescriptorSet and FileDescriptorProto. */
enum { SET_FILE = 1, FILE_NAME = 1, FILE_PACKAGE = 2, FILE_DEPENDENCY = 3 };

static void put_name(pl_buf *out, uint32_t number, int layer, char side) {
    char name[NAME_SIZE];
    int n = snprintf(name, sizeof name, "%d%c.proto", layer, side);
    assert_true(pl_wire_put_bytes(out, number, pl_str_make(name, (size_t)n)));
}

/* Adds a file of LAYER that imports both of the layer TO. */
static void put_file(pl_buf *set, int layer, char side, int to) {
    pl_buf file = pl_buf_make(SET_MAX);
    put_name(&file, FILE_NAME, layer, side);
    assert_true(pl_wire_put_bytes(&file, FILE_PACKAGE, pl_str_c(layer ? "above" : "bottom")));
    for (const char *s = "ab"; to >= 0 && *s; s++)
        put_name(&file, FILE_DEPENDENCY, to, *s);
    assert_true(pl_wire_put_bytes(set, SET_FILE, pl_buf_view(&file)));
    pl_buf_done(&file);
}

static pl_pool *pool_of(int layers) {
    pl_buf set = pl_buf_make(SET_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    for (int layer = 0; layer < layers; layer++) {
        put_file(&set, layer, 'a', layer - 1);
        put_file(&set, layer, 'b', layer - 1);
    }
    if (pl_pool_new(pl_buf_view(&set), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&set);
    return pool;
}

/* From the top to the bottom there are 2 to the power of LAYERS ways. */
static void every_file_is_looked_at_once(void **state) {
    pl_pool *pool = pool_of(LAYERS);
    (void)state;
    assert_false(imports(pool, pl_str_c("above"), pl_str_c("another.proto")));
    assert_true(imports(pool, pl_str_c("above"), pl_str_c("0b.proto")));
    assert_true(imports(pool, pl_str_c("bottom"), pl_str_c("0b.proto")));
    assert_false(imports(pool, pl_str_c("bottom"), pl_str_c("1a.proto")));
    pl_pool_free(pool);
}

static void where_there_are_too_many_the_answer_is_yes(void **state) {
    pl_pool *most = pool_of(PL_REACH_MAX / 2), *too_many = pool_of(PL_REACH_MAX / 2 + 1);
    (void)state;
    assert_false(imports(most, pl_str_c("above"), pl_str_c("another.proto")));
    assert_true(imports(most, pl_str_c("above"), pl_str_c("0b.proto")));
    assert_true(imports(too_many, pl_str_c("above"), pl_str_c("another.proto")));
    pl_pool_free(most);
    pl_pool_free(too_many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_looked_at_once),
        cmocka_unit_test(where_there_are_too_many_the_answer_is_yes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pool of lib/schema/tests/proto and of orders and products, for tests: group set-up
 * and tear-down, and short ways to what is in it. */
#ifndef SCHEMA_TESTS_SHAPES_H
#define SCHEMA_TESTS_SHAPES_H

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "parley/schema/pool.h"

static pl_pool *shapes_pool;

static inline int shapes_open(void **state) {
    pl_error err = PL_ERROR_INIT;
    (void)state;
    if (pl_pool_load(PL_TEST_SET, NULL, &shapes_pool, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    return 0;
}

static inline int shapes_close(void **state) {
    (void)state;
    pl_pool_free(shapes_pool);
    return 0;
}

static inline const pl_message_type *type_of(const char *name) {
    const pl_message_type *type = pl_pool_message(shapes_pool, pl_str_c(name));
    assert_non_null(type);
    return type;
}

static inline const pl_field *field_of(const char *type, const char *name) {
    const pl_field *field = pl_message_field_by_name(type_of(type), pl_str_c(name));
    assert_non_null(field);
    return field;
}

#define SHAPE  "shapes.v1.Shape"
#define LEGACY "shapes.v1.Legacy"

#define assert_text(text, expected) assert_string_equal((text).p, (expected))

#endif

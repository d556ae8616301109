/* Fuzz target: any bytes, taken as JSON, as wire bytes and as a tree, are refused or
 * converted, and what is converted keeps what json.h and proto_json.h promise.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_json.c; see README.md
 */
#include <stddef.h>
#include <stdint.h>

#include "parley/base/assert.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"
#include "parley/schema/dynamic.h"

#define OUTPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const pl_message_type *shape(void) {
    static pl_pool *pool;
    if (!pool)
        PL_ASSERT(pl_pool_load(PL_TEST_SET, NULL, &pool, NULL) == PL_OK);
    return pl_pool_message(pool, pl_str_c("shapes.v1.Shape"));
}

/* What was read is well-formed, can be written, and what is written can be read. */
static void as_json(pl_str text, bool ignore_unknown) {
    pl_buf wire = pl_buf_make(OUTPUT_MAX), json = pl_buf_make(OUTPUT_MAX);
    pl_json_fault fault;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    opts.fault = &fault;
    opts.ignore_unknown = ignore_unknown;
    opts.enum_json_names = true;
    if (pl_json_to_wire(shape(), text, &opts, &wire, NULL)) {
        PL_ASSERT(fault.offset <= text.n && wire.n == 0);
    } else {
        PL_ASSERT(pl_wire_check(shape(), pl_buf_view(&wire), false, NULL) == PL_OK);
        PL_ASSERT(pl_wire_to_json(shape(), pl_buf_view(&wire), NULL, &json, NULL) == PL_OK);
        PL_ASSERT(pl_json_to_wire(shape(), pl_buf_view(&json), NULL, &wire, NULL) == PL_OK);
    }
    pl_buf_done(&wire);
    pl_buf_done(&json);
}

/* What can be written is well-formed JSON. */
static void as_wire(pl_str bytes) {
    pl_buf json = pl_buf_make(OUTPUT_MAX), wire = pl_buf_make(OUTPUT_MAX);
    pl_arena arena = pl_arena_make(64u << 20);
    const pl_json_value *root = NULL;
    if (pl_wire_to_json(shape(), bytes, NULL, &json, NULL) == PL_OK)
        PL_ASSERT(pl_json_parse(pl_buf_view(&json), NULL, &arena, &root, NULL) == PL_OK);
    if (pl_wire_check(shape(), bytes, false, NULL) == PL_OK)
        PL_ASSERT(pl_wire_normalize(shape(), bytes, &wire, NULL) != PL_INVALID_ARGUMENT);
    pl_buf_done(&json);
    pl_buf_done(&wire);
    pl_arena_done(&arena);
}

/* What is parsed prints as something equal. */
static void as_tree(pl_str text) {
    pl_arena arena = pl_arena_make(64u << 20);
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    const pl_json_value *root = NULL, *again = NULL;
    if (pl_json_parse(text, NULL, &arena, &root, NULL) == PL_OK) {
        PL_ASSERT(pl_json_print(root, 2, &out));
        PL_ASSERT(pl_json_parse(pl_buf_view(&out), NULL, &arena, &again, NULL) == PL_OK);
        PL_ASSERT(pl_json_equal(root, again));
    }
    pl_arena_done(&arena);
    pl_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_str all = pl_str_make((const char *)data, size);
    as_json(all, size & 1);
    as_wire(all);
    as_tree(all);
    return 0;
}

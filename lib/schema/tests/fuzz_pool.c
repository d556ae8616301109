/* Fuzz target: any bytes are refused as a descriptor set, or give a pool in which
 * everything can be found again.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_pool.c; see README.md
 */
#include <stddef.h>
#include <stdint.h>

#include "parley/base/assert.h"
#include "parley/schema/dynamic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const pl_pool *pool, const pl_message_type *type) {
    PL_ASSERT(pl_pool_message(pool, type->full_name) == type);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *f = &type->fields[i];
        PL_ASSERT(pl_message_field_by_number(type, f->number) == f);
        PL_ASSERT(pl_message_field_by_name(type, f->name) == f);
        PL_ASSERT(pl_message_field_by_json(type, f->json_name));
        PL_ASSERT(f->index == i && f->parent == type);
    }
    for (size_t i = 0; i < type->message_count; i++)
        walk(pool, type->messages[i]);
    pl_code code = pl_wire_check(type, type->file->bytes, true, NULL);
    PL_ASSERT(code == PL_OK || code == PL_INVALID_ARGUMENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_pool *pool = NULL;
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.memory_max = 32u << 20;
    if (pl_pool_new(pl_str_make((const char *)data, size), &opts, &pool, NULL))
        return 0;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        PL_ASSERT(pl_pool_file(pool, file->name) == file);
        for (size_t k = 0; k < file->message_count; k++)
            walk(pool, file->messages[k]);
        for (size_t k = 0; k < file->service_count; k++)
            for (size_t m = 0; m < file->services[k]->method_count; m++)
                PL_ASSERT(pl_pool_method(pool, file->services[k]->methods[m].full_name));
    }
    pl_pool_free(pool);
    return 0;
}

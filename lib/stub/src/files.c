#include "parley/stub/files.h"

pl_file_desc *pl_stub_files(const pl_pool *pool, pl_arena *arena) {
    size_t count = pl_pool_file_count(pool);
    pl_file_desc *files = pl_arena_calloc(arena, count + 1, sizeof *files);

    for (size_t i = 0; files && i < count; i++) {
        const pl_file *from = pl_pool_file_at(pool, i);
        const pl_file_desc **deps = pl_arena_calloc(arena, from->dependency_count + 1,
                                                    sizeof(const pl_file_desc *));
        if (!deps)
            return NULL;
        /* Files come after their imports. */
        for (size_t k = 0; k < i; k++) {
            for (size_t d = 0; d < from->dependency_count; d++) {
                if (pl_pool_file_at(pool, k) == from->dependencies[d])
                    deps[d] = &files[k];
            }
        }
        files[i] = (pl_file_desc){from->name.p, (const uint8_t *)from->bytes.p, from->bytes.n, deps,
                                  from->dependency_count};
    }
    return files;
}

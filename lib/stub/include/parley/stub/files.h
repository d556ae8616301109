/* The files of a pool as reflection wants them, for servers made at run time. */
#ifndef PARLEY_STUB_FILES_H
#define PARLEY_STUB_FILES_H

#include "parley/base/arena.h"
#include "parley/rpc/desc.h"
#include "parley/schema/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One a file of POOL, in its order, in ARENA; bytes and names are the pool's. NULL: no memory. */
pl_file_desc *pl_stub_files(const pl_pool *pool, pl_arena *arena);

#ifdef __cplusplus
}
#endif
#endif

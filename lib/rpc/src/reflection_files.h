/* Sets of embedded .proto files, and what they declare. */
#ifndef PARLEY_RPC_REFLECTION_FILES_H
#define PARLEY_RPC_REFLECTION_FILES_H

#include "parley/base/str.h"
#include "parley/rpc/desc.h"

/* Files of one server, imports included. */
#define PL_FILE_SET_MAX 256

typedef struct pl_file_set {
    const pl_file_desc *files[PL_FILE_SET_MAX];
    size_t count;
} pl_file_set;

/* Adds FILE and all it imports, each once; what does not fit is left out. */
void pl_file_set_add(pl_file_set *set, const pl_file_desc *file);
/* The file NAME, or NULL. */
const pl_file_desc *pl_file_set_find(const pl_file_set *set, pl_str name);
/* The file that declares SYMBOL ("mall.orders.v1.Order", a method as
 * "mall.orders.v1.OrderService.PlaceOrder"), or NULL. */
const pl_file_desc *pl_file_set_find_symbol(const pl_file_set *set, pl_str symbol);

#endif

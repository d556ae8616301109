/* Quarantine: finds pointers into memory that has ended.
 *
 * What lives in an arena ends with it, but a pointer that was kept goes on pointing, to memory that
 * soon belongs to somebody else. In dev builds (PL_DEV) the memory of an arena that is retired
 * stays out of use for a while; under AddressSanitizer whoever touches it is told whose it was,
 * with the place, and the process ends. Other builds just clear the arena.
 */
#ifndef PARLEY_BASE_QUARANTINE_H
#define PARLEY_BASE_QUARANTINE_H

#include "parley/base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Arenas that are kept; the oldest goes when another one comes. */
#define PL_QUARANTINE_ARENAS 64
/* Bytes of a single one; a greater one is not kept. */
#define PL_QUARANTINE_BYTES (1u << 20)

#ifdef PL_DEV
/* Forgets what ARENA holds; OWNER (borrowed for ever; NULL: nobody's, not kept) is who it was
 * handed to, "the finished call /mall.orders.v1.OrderService/PlaceOrder" without the first three
 * words. Thread-safe. */
void pl_arena_retire(pl_arena *arena, const char *owner);
#else
static inline void pl_arena_retire(pl_arena *arena, const char *owner) {
    (void)owner;
    pl_arena_clear(arena);
}
#endif

#ifdef __cplusplus
}
#endif
#endif

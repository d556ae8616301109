/* Arena: memory that is freed all at once, with a budget.
 *
 * A call's requests, answers and scratch live in its arena. An allocation beyond
 * the budget returns NULL, as does one the system refuses: check always. Blocks
 * grow from 4 KiB; the first block is kept by pl_arena_clear, so a reused arena
 * costs no malloc. One thread at a time.
 *
 *     pl_arena arena = pl_arena_make(1 << 20);
 *     char *p = pl_arena_alloc(&arena, 100);
 *     pl_arena_clear(&arena);
 *     pl_arena_done(&arena);
 */
#ifndef PARLEY_BASE_ARENA_H
#define PARLEY_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "parley/base/macros.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_arena_block pl_arena_block;

/* The fields are the arena's own; a value so that it can be embedded. */
typedef struct pl_arena {
    pl_arena_block *head; /* the block allocations come from */
    size_t used;          /* bytes handed out and lost to alignment, for the budget */
    size_t budget;        /* greatest `used` */
} pl_arena;

/* An empty arena that hands out at most BUDGET bytes. Allocates nothing yet. */
pl_arena pl_arena_make(size_t budget);

/* Frees everything; the arena may be used again. NULL is allowed. */
void pl_arena_done(pl_arena *arena);

/* Frees all but the first block and forgets its content. */
void pl_arena_clear(pl_arena *arena);

/* SIZE bytes aligned for any type, not zeroed; NULL beyond the budget. SIZE 0 is a
 * valid pointer. */
void *pl_arena_alloc(pl_arena *arena, size_t size);

/* COUNT * SIZE zeroed bytes; NULL beyond the budget or on overflow. */
void *pl_arena_calloc(pl_arena *arena, size_t count, size_t size);

/* A zeroed TYPE. */
#define PL_ARENA_NEW(arena, type) ((type *)pl_arena_calloc((arena), 1, sizeof(type)))

/* A NUL-terminated copy; NULL beyond the budget. */
char *pl_arena_strdup(pl_arena *arena, const char *text);
char *pl_arena_strndup(pl_arena *arena, const char *text, size_t length);
char *pl_arena_cstr(pl_arena *arena, pl_str text);

/* A formatted, NUL-terminated text; NULL beyond the budget. */
char *pl_arena_printf(pl_arena *arena, const char *format, ...) PL_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif
#endif

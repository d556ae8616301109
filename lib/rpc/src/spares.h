/* Things that are over and kept for the next of their kind: what is made once need not be cleared
 * and asked of malloc for every call. Thread-safe. */
#ifndef PARLEY_RPC_SPARES_H
#define PARLEY_RPC_SPARES_H

/* Most that are kept. */
#define PL_SPARES_MAX 64

typedef struct pl_spares pl_spares;
/* Embedded in the thing. */
typedef struct pl_spare {
    struct pl_spare *next;
} pl_spare;

/* FREE_ONE frees what is not kept. NULL without memory. */
pl_spares *pl_spares_new(void (*free_one)(pl_spare *spare));
/* Frees those that are kept; those that are out are freed when they come back. NULL is allowed. */
void pl_spares_close(pl_spares *spares);
/* Takes one out; NULL: there is none, and the caller makes one. */
pl_spare *pl_spares_take(pl_spares *spares);
/* Gives back one that was taken or made; NULL: none could be made. SPARES may be gone afterwards.
 */
void pl_spares_give(pl_spares *spares, pl_spare *spare);

#endif

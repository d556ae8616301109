/* Pairing heap of timers, the soonest on top. Intrusive: it allocates nothing, so starting
 * a timer cannot fail. Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap (1986). */
#ifndef PARLEY_LOOP_HEAP_H
#define PARLEY_LOOP_HEAP_H

#include "parley/loop/loop.h"

typedef struct pl_heap {
    pl_timer *top; /* NULL: empty */
} pl_heap;

/* O(1). TIMER's due_ns and order are set and do not change while it is in. */
void pl_heap_add(pl_heap *heap, pl_timer *timer);

/* O(log n) amortised. TIMER is in the heap. */
void pl_heap_remove(pl_heap *heap, pl_timer *timer);

#endif

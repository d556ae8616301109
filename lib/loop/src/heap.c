#include "heap.h"

/* A node's children are a list by `next`. `prev` of the first child is its parent, of
 * the others the sibling before it. */

static bool sooner(const pl_timer *a, const pl_timer *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

/* Makes one tree of two; NULL is an empty one. */
static pl_timer *meld(pl_timer *a, pl_timer *b) {
    if (!a)
        return b;
    if (!b)
        return a;
    if (sooner(b, a)) {
        pl_timer *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    b->prev = a;
    if (b->next)
        b->next->prev = b;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/* Makes one tree of a list of siblings: in pairs from the left, then all from the right. */
static pl_timer *merge_pairs(pl_timer *first) {
    pl_timer *pairs = NULL;
    while (first) {
        pl_timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    pl_timer *root = NULL;
    while (pairs) {
        pl_timer *rest = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    return root;
}

void pl_heap_add(pl_heap *heap, pl_timer *timer) {
    timer->child = timer->next = timer->prev = NULL;
    heap->top = meld(heap->top, timer);
}

void pl_heap_remove(pl_heap *heap, pl_timer *timer) {
    if (timer == heap->top) {
        heap->top = merge_pairs(timer->child);
    } else {
        if (timer->prev->child == timer)
            timer->prev->child = timer->next;
        else
            timer->prev->next = timer->next;
        if (timer->next)
            timer->next->prev = timer->prev;
        heap->top = meld(heap->top, merge_pairs(timer->child));
    }
    timer->child = timer->next = timer->prev = NULL;
}

#include "spares.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

struct pl_spares {
    void (*free_one)(pl_spare *spare);
    pthread_mutex_t mu;
    /* guarded by mu */
    pl_spare *first;
    unsigned kept, out;
    bool closed;
};

pl_spares *pl_spares_new(void (*free_one)(pl_spare *spare)) {
    pl_spares *spares = calloc(1, sizeof *spares);

    if (!spares)
        return NULL;
    pthread_mutex_init(&spares->mu, NULL);
    spares->free_one = free_one;
    return spares;
}

static void free_spares(pl_spares *spares) {
    pthread_mutex_destroy(&spares->mu);
    free(spares);
}

void pl_spares_close(pl_spares *spares) {
    bool last;

    if (!spares)
        return;
    pthread_mutex_lock(&spares->mu);
    spares->closed = true;
    while (spares->first) {
        pl_spare *spare = spares->first;
        spares->first = spare->next;
        spares->free_one(spare);
    }
    last = spares->out == 0;
    pthread_mutex_unlock(&spares->mu);
    if (last)
        free_spares(spares);
}

pl_spare *pl_spares_take(pl_spares *spares) {
    pl_spare *spare;

    pthread_mutex_lock(&spares->mu);
    spares->out++;
    spare = spares->first;
    if (spare) {
        spares->first = spare->next;
        spares->kept--;
    }
    pthread_mutex_unlock(&spares->mu);
    return spare;
}

void pl_spares_give(pl_spares *spares, pl_spare *spare) {
    bool keep, last;

    pthread_mutex_lock(&spares->mu);
    spares->out--;
    keep = spare && !spares->closed && spares->kept < PL_SPARES_MAX;
    if (keep) {
        spare->next = spares->first;
        spares->first = spare;
        spares->kept++;
    }
    last = spares->closed && spares->out == 0;
    pthread_mutex_unlock(&spares->mu);
    if (spare && !keep)
        spares->free_one(spare);
    if (last)
        free_spares(spares);
}

#include "parley/event/store.h"

#include "lease.h"

pl_code pl_event_store_init(pl_event_store *store, const pl_event_store_ops *ops,
                            const char *source, const char *stream, pl_error *err) {
    *store = (pl_event_store){.ops = ops, .source = source, .stream = stream, .parts = 1};
    return pl_lease_keeper_new(store, &store->keeper, err);
}

void pl_event_store_done(pl_event_store *store) {
    pl_lease_keeper_free(store->keeper);
    store->keeper = NULL;
}

void pl_event_store_committed(pl_event_store *store) {
    if (store->wake)
        store->wake(store->wake_self);
}

#include "parley/event/store.h"

/* Entries of at most PL_EVENT_BATCH_MAX envelopes, were each of the greatest size. */
#define BATCH_ARENA_MAX ((size_t)PL_EVENT_BATCH_MAX * (PL_EVENT_ENVELOPE_MAX + 64))

void pl_log_batch_init(pl_log_batch *batch) {
    *batch = (pl_log_batch){.arena = pl_arena_make(BATCH_ARENA_MAX)};
}

void pl_log_batch_done(pl_log_batch *batch) {
    if (!batch)
        return;
    pl_arena_done(&batch->arena);
    pl_log_batch_init(batch);
}

bool pl_log_batch_reset(pl_log_batch *batch, size_t count) {
    pl_arena_clear(&batch->arena);
    batch->entries = pl_arena_calloc(&batch->arena, count ? count : 1, sizeof *batch->entries);
    batch->count = 0;
    batch->head = (pl_event_pos){0, 0};
    batch->fenced = false;
    return batch->entries != NULL;
}

bool pl_log_batch_add(pl_log_batch *batch, pl_event_pos at, pl_event_pos prev, pl_str envelope) {
    char *copy = pl_arena_strndup(&batch->arena, envelope.p ? envelope.p : "", envelope.n);
    if (!copy)
        return false;
    batch->entries[batch->count++] = (pl_log_entry){
        .at = at, .prev = prev, .envelope = pl_str_make(copy, envelope.n)};
    return true;
}

static pl_code read_store(void *self, const char *stream, int32_t part, pl_event_pos after,
                          int32_t max, pl_log_batch *out, pl_error *err) {
    pl_event_store *store = self;
    if (!pl_str_eqc(pl_str_c(stream), store->stream) || part >= store->parts)
        return pl_error_set(err, PL_NOT_FOUND, "event log %s/%d: this service publishes on \"%s\"",
                            stream, (int)part, store->stream);
    return store->ops->log_read(store, part, after, max, out, err);
}

pl_log_reader pl_log_reader_store(pl_event_store *store) {
    return (pl_log_reader){.self = store, .read = read_store};
}

#include "parley/event/memory_log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory_log_impl.h"

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event log: no memory");
}

/* URL without user and password. */
static void address_of(const char *url, char *out, size_t size) {
    const char *begin = strstr(url, "://"), *at = strrchr(url, '@');

    begin = begin ? begin + 3 : url;
    (void)snprintf(out, size, "%.*s%s", (int)(begin - url), url, at && at > begin ? at + 1 : begin);
}

static pl_code check_opts(const pl_memory_log_opts *opts, pl_error *err) {
    if (!opts->redis_url || !opts->stream || !opts->source)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "event log: redis_url, stream and source are needed");
    if (!opts->stream[0] || strlen(opts->stream) > PL_EVENT_STREAM_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "event log: stream '%.64s': expected 1 to %d bytes", opts->stream,
                            PL_EVENT_STREAM_MAX);
    if (!opts->source[0] || strlen(opts->source) > PL_EVENT_SOURCE_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "event log: source '%.64s': expected 1 to %d bytes", opts->source,
                            PL_EVENT_SOURCE_MAX);
    return PL_OK;
}

pl_code pl_memory_log_new(const pl_memory_log_opts *opts, pl_memory_log **out_log, pl_error *err) {
    pl_code code = check_opts(opts, err);
    pl_memory_log *log = code == PL_OK ? calloc(1, sizeof *log) : NULL;

    if (code != PL_OK)
        return code;
    if (!log)
        return no_memory(err);
    (void)pthread_mutex_init(&log->publishing, NULL);
    (void)pthread_mutex_init(&log->mu, NULL);
    log->arena = pl_arena_make(PL_MEMORY_LOG_BYTES);
    log->same_aggregate = opts->same_aggregate;
    log->self = opts->self;
    (void)snprintf(log->source, sizeof log->source, "%s", opts->source);
    address_of(opts->redis_url, log->address, sizeof log->address);
    code = pl_event_stream_init(&log->stream, opts->redis_url, opts->source, opts->stream, err);
    if (code != PL_OK) {
        pl_memory_log_free(log);
        return code;
    }
    *out_log = log;
    return PL_OK;
}

void pl_memory_log_free(pl_memory_log *log) {
    if (!log)
        return;
    pl_event_stream_done(&log->stream);
    free(log->entries);
    pl_arena_done(&log->arena);
    (void)pthread_mutex_destroy(&log->mu);
    (void)pthread_mutex_destroy(&log->publishing);
    free(log);
}

/* ---- the log --------------------------------------------------------------------------------- */

pl_event_pos memory_log_head(const pl_memory_log *log) {
    return log->count ? log->entries[log->count - 1].at : (pl_event_pos){0, 0};
}

static bool grow(pl_memory_log *log) {
    size_t room = log->room ? 2 * log->room : 64;
    pl_log_entry *grown = realloc(log->entries, room * sizeof *grown);

    if (!grown)
        return false;
    log->entries = grown;
    log->room = room;
    return true;
}

pl_code memory_log_add(pl_memory_log *log, pl_event_pos at, pl_event_pos prev, pl_str envelope,
                       pl_error *err) {
    pl_code code = PL_OK;

    pthread_mutex_lock(&log->mu);
    char *copy = log->count < PL_MEMORY_LOG_ENTRIES
                     ? pl_arena_strndup(&log->arena, envelope.p, envelope.n)
                     : NULL;
    if (!copy)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "stream %s: its log is full, at most %u events and %zu MiB: end its "
                            "publisher, delete the stream (DEL %s) and begin anew",
                            log->stream.key, PL_MEMORY_LOG_ENTRIES, PL_MEMORY_LOG_BYTES >> 20,
                            log->stream.key);
    else if (log->count == log->room && !grow(log))
        code = no_memory(err);
    else
        log->entries[log->count++] = (pl_log_entry){
            .at = at, .prev = prev, .envelope = pl_str_make(copy, envelope.n)};
    pthread_mutex_unlock(&log->mu);
    return code;
}

void memory_log_forget(pl_memory_log *log) {
    pthread_mutex_lock(&log->mu);
    log->count = 0;
    pl_arena_clear(&log->arena);
    pthread_mutex_unlock(&log->mu);
}

size_t memory_log_after(const pl_memory_log *log, pl_event_pos after) {
    size_t low = 0, high = log->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pl_event_pos_cmp(log->entries[middle].at, after) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* As many entries from FIRST on as a batch holds, one at least. */
static size_t batch_size(const pl_memory_log *log, size_t first, int32_t max) {
    size_t most = max > 0 && max < PL_EVENT_BATCH_MAX ? (size_t)max : PL_EVENT_BATCH_MAX;
    size_t bytes = 0, count = 0;

    while (first + count < log->count && count < most) {
        bytes += log->entries[first + count].envelope.n;
        if (count && bytes > PL_EVENT_BATCH_BYTES)
            break;
        count++;
    }
    return count;
}

static pl_code read_memory(void *self, const char *stream, int32_t part, pl_event_pos after,
                           int32_t max, pl_log_batch *out, pl_error *err) {
    pl_memory_log *log = self;
    pl_code code = PL_OK;

    if (strcmp(stream, log->stream.key) != 0 || part != 0)
        return pl_error_set(err, PL_NOT_FOUND, "event log %s/%d: only \"%s\" is published here",
                            stream, (int)part, log->stream.key);
    pthread_mutex_lock(&log->mu);
    size_t first = memory_log_after(log, after), count = batch_size(log, first, max);
    if (!pl_log_batch_reset(out, count))
        code = no_memory(err);
    for (size_t i = first; code == PL_OK && i < first + count; i++) {
        const pl_log_entry *entry = &log->entries[i];
        if (!pl_log_batch_add(out, entry->at, entry->prev, entry->envelope))
            code = no_memory(err);
    }
    out->head = memory_log_head(log);
    pthread_mutex_unlock(&log->mu);
    return code;
}

pl_log_reader pl_memory_log_reader(pl_memory_log *log) {
    return (pl_log_reader){.self = log, .read = read_memory};
}

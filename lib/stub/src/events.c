/* The publisher behind a stub: a log in memory a stream, and EventLogService over all of them. */
#include "parley/stub/events.h"

#include <stdlib.h>
#include <string.h>

#include "events_internal.h"
#include "parley/event/event_rpc.h"

typedef struct stub_log stub_log;
struct stub_log {
    pl_memory_log *log;
    stub_log *next;
    char stream[PL_EVENT_STREAM_MAX + 1];
};

struct pl_stub_events {
    char *redis_url;
    pl_event_log_service *service;
    pl_service_desc desc;
    pl_method_desc *methods;
    pthread_mutex_t publishing;
    const pl_pool *pool; /* guarded by publishing: of the stub that publishes */
    pthread_mutex_t mu;
    stub_log *logs; /* guarded by mu; a log stays until the end */
};

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the stub's events");
}

static pl_memory_log *find_log(pl_stub_events *events, const char *stream) {
    pthread_mutex_lock(&events->mu);
    stub_log *one = events->logs;
    while (one && strcmp(one->stream, stream) != 0)
        one = one->next;
    pthread_mutex_unlock(&events->mu);
    return one ? one->log : NULL;
}

static pl_code read_logs(void *self, const char *stream, int32_t part, pl_event_pos after,
                         int32_t max, pl_log_batch *out, pl_error *err) {
    pl_memory_log *log = find_log(self, stream);

    if (!log)
        return pl_error_set(err, PL_NOT_FOUND, "event log %s: no contract of this stub is about it",
                            stream);
    pl_log_reader reader = pl_memory_log_reader(log);
    return reader.read(reader.self, stream, part, after, max, out, err);
}

/* The service as others have it asks who calls; a stub's does not. */
static bool open_service(pl_stub_events *events) {
    pl_service_binding binding = pl_event_log_service_binding(events->service);

    events->desc = *binding.desc;
    events->methods = calloc(events->desc.method_count, sizeof *events->methods);
    if (!events->methods)
        return false;
    for (size_t i = 0; i < events->desc.method_count; i++) {
        events->methods[i] = binding.desc->methods[i];
        events->methods[i].auth = PL_AUTH_RULE_PUBLIC;
    }
    events->desc.methods = events->methods;
    return true;
}

pl_code pl_stub_events_new(const char *redis_url, pl_stub_events **out_events, pl_error *err) {
    pl_stub_events *events = calloc(1, sizeof *events);
    pl_memory_log *trial = NULL;
    pl_memory_log_opts opts = {
        .redis_url = redis_url, .source = PL_STUB_EVENT_SOURCE, .stream = PL_STUB_EVENT_SOURCE};

    if (!events)
        return no_memory(err);
    (void)pthread_mutex_init(&events->publishing, NULL);
    (void)pthread_mutex_init(&events->mu, NULL);
    events->redis_url = strdup(redis_url);
    /* What is wrong with the url is said now, not at the first event. */
    pl_code code = events->redis_url ? pl_memory_log_new(&opts, &trial, err) : no_memory(err);
    pl_memory_log_free(trial);
    if (code == PL_OK)
        code = pl_event_log_service_of((pl_log_reader){events, read_logs}, &events->service, err);
    if (code == PL_OK && !open_service(events))
        code = no_memory(err);
    if (code != PL_OK) {
        pl_stub_events_free(events);
        return code;
    }
    *out_events = events;
    return PL_OK;
}

void pl_stub_events_free(pl_stub_events *events) {
    if (!events)
        return;
    for (stub_log *one = events->logs, *next; one; one = next) {
        next = one->next;
        pl_memory_log_free(one->log);
        free(one);
    }
    pl_event_log_service_free(events->service);
    free(events->methods);
    free(events->redis_url);
    (void)pthread_mutex_destroy(&events->mu);
    (void)pthread_mutex_destroy(&events->publishing);
    free(events);
}

pl_service_binding pl_stub_events_binding(const pl_stub_events *events) {
    return (pl_service_binding){&events->desc, pl_event_log_service_binding(events->service).impl};
}

/* ---- publishing ------------------------------------------------------------------------------ */

static bool same_aggregate(void *self, pl_str a, pl_str b) {
    const pl_stub_events *events = self;
    const pl_message_type *one = pl_pool_message(events->pool, a),
                          *other = pl_pool_message(events->pool, b);

    return one && other && one->event_aggregate.n &&
           pl_str_eq(one->event_aggregate, other->event_aggregate) &&
           pl_str_eq(one->file->package, other->file->package);
}

pl_code stub_events_open(pl_stub_events *events, const char *stream, pl_error *err) {
    pl_memory_log_opts opts = {.redis_url = events->redis_url,
                               .source = PL_STUB_EVENT_SOURCE,
                               .stream = stream,
                               .same_aggregate = same_aggregate,
                               .self = events};

    if (find_log(events, stream))
        return PL_OK;
    stub_log *one = calloc(1, sizeof *one);
    pl_code code = one ? pl_memory_log_new(&opts, &one->log, err) : no_memory(err);
    if (code != PL_OK) {
        free(one);
        return code;
    }
    (void)snprintf(one->stream, sizeof one->stream, "%s", stream);
    pthread_mutex_lock(&events->mu);
    one->next = events->logs;
    events->logs = one;
    pthread_mutex_unlock(&events->mu);
    return PL_OK;
}

pl_code stub_events_publish(pl_stub_events *events, const pl_message_type *type,
                            const pl_memory_event *event, pl_memory_place *out_place,
                            pl_error *err) {
    pl_memory_log *log = find_log(events, type->file->stream.p);

    PL_ASSERT(log);
    pthread_mutex_lock(&events->publishing);
    events->pool = type->pool;
    pl_code code = pl_memory_log_publish(log, event, out_place, err);
    pthread_mutex_unlock(&events->publishing);
    return code;
}

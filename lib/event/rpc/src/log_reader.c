#include "parley/event/event_rpc.h"
#include "parley/event/v1/event_log.parley.h"

static bool take(const parley_event_v1_ReadResponse *response, pl_log_batch *out) {
    if (!pl_log_batch_reset(out, response->n_entries))
        return false;
    out->head = (pl_event_pos){response->head_gen, response->head_pos};
    for (size_t i = 0; i < response->n_entries; i++) {
        const parley_event_v1_LogEntry *entry = response->entries[i];
        pl_event_pos at = {entry->gen, entry->pos};
        pl_event_pos prev = {entry->prev_gen, entry->prev_pos};
        pl_str envelope = pl_str_make((const char *)entry->envelope.data, entry->envelope.len);
        if (!pl_log_batch_add(out, at, prev, envelope))
            return false;
    }
    return true;
}

static pl_code call_read(pl_channel *channel, pl_call *call, const char *stream, int32_t part,
                         pl_event_pos after, int32_t max, pl_log_batch *out, pl_error *err) {
    parley_event_v1_EventLogService client = parley_event_v1_EventLogService_client(channel);
    parley_event_v1_ReadRequest request = parley_event_v1_READ_REQUEST_INIT;
    parley_event_v1_ReadResponse *response = NULL;
    char *name = pl_arena_strdup(pl_call_arena(call), stream);
    if (!name)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event log %s: no memory", stream);
    request.stream = name;
    request.part = part;
    request.after_gen = after.gen;
    request.after_pos = after.pos;
    request.max = max;
    if (client.ops->read(client.self, call, &request, &response) != PL_OK)
        return pl_error_wrap(err, pl_call_error(call), "event log %s", stream);
    if (!take(response, out))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event log %s: no memory", stream);
    return PL_OK;
}

static pl_code read_channel(void *self, const char *stream, int32_t part, pl_event_pos after,
                            int32_t max, pl_log_batch *out, pl_error *err) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    opts.timeout_ms = PL_LOG_READER_TIMEOUT_MS;
    pl_code code = pl_call_new(&opts, &call, err);
    if (code)
        return code;
    code = call_read(self, call, stream, part, after, max, out, err);
    pl_call_free(call);
    return code;
}

pl_log_reader pl_log_reader_channel(pl_channel *channel) {
    return (pl_log_reader){.self = channel, .read = read_channel};
}

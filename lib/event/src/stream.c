#include "stream.h"

#include <inttypes.h>
#include <stdio.h>

#include "parley/base/clock.h"
#include "parley/base/failpoint.h"

pl_event_pos pl_event_stream_id_pos(pl_event_stream_id id) {
    pl_event_pos pos = {
        .gen = id.ms > INT64_MAX ? INT64_MAX : (int64_t)id.ms,
        .pos = id.seq > INT64_MAX ? INT64_MAX : (int64_t)id.seq,
    };
    return pos;
}

bool pl_event_stream_id_parse(pl_str text, pl_event_stream_id *out) {
    size_t dash = pl_str_index(text, '-');
    pl_event_stream_id id;
    if (dash == text.n || !pl_str_u64(pl_str_make(text.p, dash), &id.ms) ||
        !pl_str_u64(pl_str_make(text.p + dash + 1, text.n - dash - 1), &id.seq))
        return false;
    *out = id;
    return true;
}

void pl_event_stream_id_text(pl_event_stream_id id, char out[PL_STREAM_ID_SIZE]) {
    (void)snprintf(out, PL_STREAM_ID_SIZE, "%" PRIu64 "-%" PRIu64, id.ms, id.seq);
}

pl_code pl_event_stream_init(pl_event_stream *stream, const char *url, const char *name,
                             const char *key, pl_error *err) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = url;
    opts.name = name;
    (void)snprintf(stream->key, sizeof stream->key, "%s", key);
    stream->checked = 0;
    return pl_redis_new(&opts, &stream->redis, err);
}

void pl_event_stream_done(pl_event_stream *stream) {
    pl_redis_free(stream->redis);
    stream->redis = NULL;
}

static int64_t command_deadline(void) {
    return pl_deadline_ms(PL_STREAM_COMMAND_MS);
}

pl_code pl_event_stream_check(pl_event_stream *stream, pl_error *err) {
    uint64_t session = pl_redis_session(stream->redis);
    if (session != 0 && session == stream->checked)
        return PL_OK;
    pl_redis_reply *reply = NULL;
    pl_code code = PL_REDIS_CALL(stream->redis, command_deadline(), &reply, err, "INFO", "memory");
    if (code)
        return code;
    pl_str policy = {NULL, 0};
    bool found = pl_redis_info_find(pl_redis_reply_str(reply), "maxmemory_policy", &policy);
    if (found && !pl_str_eqc(policy, "noeviction"))
        code = pl_error_set(err, PL_FAILED_PRECONDITION,
                            "Redis: maxmemory-policy is %.*s, which throws events away: set it to "
                            "noeviction",
                            PL_FMT(policy));
    else
        stream->checked = pl_redis_session(stream->redis);
    pl_redis_reply_free(reply);
    return code;
}

static pl_code parse_state(const pl_redis_reply *reply, pl_event_stream_state *out, pl_error *err) {
    pl_event_stream_state state = {
        .length = pl_redis_reply_int(pl_redis_reply_find(reply, "length"))};
    pl_str last = pl_redis_reply_str(pl_redis_reply_find(reply, "last-generated-id"));
    if (!pl_event_stream_id_parse(last, &state.last))
        return pl_error_set(err, PL_INTERNAL, "XINFO STREAM: no last-generated-id");
    pl_str first = pl_redis_reply_str(
        pl_redis_reply_at(pl_redis_reply_find(reply, "first-entry"), 0));
    if (!pl_event_stream_id_parse(first, &state.first))
        state.first = (pl_event_stream_id){0, 0};
    *out = state;
    return PL_OK;
}

/* A state from the answer to XINFO STREAM; that there is no key is a state, too. */
static pl_code take_state(pl_code code, pl_redis_reply *reply, pl_event_stream_state *out,
                          pl_error *err) {
    if (code == PL_NOT_FOUND) {
        *out = (pl_event_stream_state){.length = 0};
        return PL_OK;
    }
    if (code == PL_OK)
        code = parse_state(reply, out, err);
    pl_redis_reply_free(reply);
    return code;
}

pl_code pl_event_stream_read_state(pl_event_stream *stream, pl_event_stream_state *out,
                                   pl_error *err) {
    pl_redis_reply *reply = NULL;
    pl_code code = PL_REDIS_CALL(stream->redis, command_deadline(), &reply, err, "XINFO", "STREAM",
                                 stream->key);
    return take_state(code, reply, out, err);
}

static pl_code queue(pl_event_stream *stream, const pl_str *argv, size_t argc, pl_error *err) {
    return pl_redis_queue(stream->redis, argv, argc, err);
}

/* WATCH and XINFO in one round trip. */
static pl_code watch(pl_event_stream *stream, pl_event_stream_state *out, pl_error *err) {
    const pl_str watch_argv[] = {PL_STR("WATCH"), pl_str_c(stream->key)};
    const pl_str info_argv[] = {PL_STR("XINFO"), PL_STR("STREAM"), pl_str_c(stream->key)};
    pl_redis_reply *reply = NULL;
    pl_code code = queue(stream, watch_argv, PL_COUNT(watch_argv), err);
    if (code == PL_OK)
        code = queue(stream, info_argv, PL_COUNT(info_argv), err);
    if (code == PL_OK)
        code = pl_redis_next(stream->redis, command_deadline(), &reply, err);
    if (code)
        return code;
    pl_redis_reply_free(reply);
    reply = NULL;
    code = pl_redis_next(stream->redis, command_deadline(), &reply, err);
    return take_state(code, reply, out, err);
}

static pl_code queue_entry(pl_event_stream *stream, const pl_log_entry *entry, pl_error *err) {
    char at[PL_STREAM_ID_SIZE];
    char prev[PL_STREAM_ID_SIZE];
    pl_event_stream_id_text(pl_event_stream_id_of(entry->at), at);
    pl_event_stream_id_text(pl_event_stream_id_of(entry->prev), prev);
    const pl_str argv[] = {PL_STR("XADD"), pl_str_c(stream->key), pl_str_c(at),
                           PL_STR("at"),   pl_str_c(at),          PL_STR("prev"),
                           pl_str_c(prev), PL_STR("e"),           entry->envelope};
    return queue(stream, argv, PL_COUNT(argv), err);
}

/* Every reply inside EXEC must be the id that was asked for. */
static pl_code check_exec(const pl_redis_reply *reply, const pl_log_entry *entries, size_t count,
                          pl_error *err) {
    if (pl_redis_reply_type(reply) != PL_REDIS_ARRAY || pl_redis_reply_count(reply) != count)
        return pl_error_set(err, PL_ABORTED, "the stream was changed by somebody else");
    for (size_t i = 0; i < count; i++) {
        const pl_redis_reply *one = pl_redis_reply_at(reply, i);
        pl_code code = pl_redis_reply_code(one, err);
        if (code == PL_UNAVAILABLE || code == PL_PERMISSION_DENIED)
            return code;
        pl_event_stream_id id = {0, 0};
        if (code || !pl_event_stream_id_parse(pl_redis_reply_str(one), &id) ||
            pl_event_stream_id_cmp(id, pl_event_stream_id_of(entries[i].at)) != 0)
            return pl_error_set(err, PL_ABORTED, "XADD: entry %zu of %zu was refused", i + 1,
                                count);
    }
    return PL_OK;
}

/* Takes the replies of MULTI and COUNT times XADD, and then EXEC's. The first error is the
 * reason why EXEC fails, too. */
static pl_code take_exec(pl_event_stream *stream, const pl_log_entry *entries, size_t count,
                         pl_error *err) {
    pl_error first = PL_ERROR_INIT;
    pl_code code = PL_OK;
    for (size_t i = 0; i < count + 1; i++) {
        pl_redis_reply *reply = NULL;
        pl_error one = PL_ERROR_INIT;
        pl_code got = pl_redis_next(stream->redis, command_deadline(), &reply, &one);
        pl_redis_reply_free(reply);
        if (got && code == PL_OK) {
            code = got;
            first = one;
        }
        if (got && pl_redis_pending(stream->redis) == 0)
            return pl_error_wrap(err, &first, "XADD %s", stream->key);
    }
    pl_redis_reply *reply = NULL;
    pl_error last = PL_ERROR_INIT;
    pl_code got = pl_redis_next(stream->redis, command_deadline(), &reply, &last);
    if (code || got) {
        pl_redis_reply_free(reply);
        return pl_error_wrap(err, code ? &first : &last, "XADD %s", stream->key);
    }
    code = check_exec(reply, entries, count, err);
    pl_redis_reply_free(reply);
    return code;
}

pl_code pl_event_stream_append(pl_event_stream *stream, pl_event_stream_id known,
                               const pl_log_entry *entries, size_t count, pl_error *err) {
    static const pl_str multi_argv[] = {PL_STR("MULTI")};
    static const pl_str exec_argv[] = {PL_STR("EXEC")};
    pl_event_stream_state state;
    pl_code code = watch(stream, &state, err);
    if (code == PL_OK && PL_FAILPOINT("relay.mid_pipeline"))
        code = pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    if (code == PL_OK && pl_event_stream_id_cmp(state.last, known) != 0)
        code = pl_error_set(err, PL_ABORTED, "the stream's last id is not the one that was sent");
    if (code == PL_OK)
        code = queue(stream, multi_argv, 1, err);
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = queue_entry(stream, &entries[i], err);
    if (code == PL_OK)
        code = queue(stream, exec_argv, 1, err);
    if (code == PL_OK)
        return take_exec(stream, entries, count, err);
    /* The watch and what is queued would meet the next command. */
    pl_redis_drop(stream->redis);
    return code;
}

pl_code pl_event_stream_set_aside(pl_event_stream *stream, int64_t ms, pl_error *err) {
    char to[sizeof stream->key + 40];
    (void)snprintf(to, sizeof to, "%s.foreign.%" PRId64, stream->key, ms);
    pl_code code = PL_REDIS_CALL(stream->redis, command_deadline(), NULL, err, "RENAME",
                                 stream->key, to);
    return code == PL_NOT_FOUND ? PL_OK : code;
}

pl_code pl_event_stream_trim(pl_event_stream *stream, pl_event_pos first, int64_t *out_removed,
                             pl_error *err) {
    char id[PL_STREAM_ID_SIZE];
    pl_redis_reply *reply = NULL;
    pl_event_stream_id_text(pl_event_stream_id_of(first), id);
    pl_code code = PL_REDIS_CALL(stream->redis, command_deadline(), &reply, err, "XTRIM",
                                 stream->key, "MINID", id);
    if (code == PL_OK)
        *out_removed = pl_redis_reply_int(reply);
    pl_redis_reply_free(reply);
    return code;
}

#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

pl_code pl_event_stream_read(pl_event_stream *stream, pl_event_stream_id after,
                             pl_redis_reply **out_reply, pl_error *err) {
    char id[PL_STREAM_ID_SIZE];
    pl_redis_reply *reply = NULL;
    pl_event_stream_id_text(after, id);
    pl_code code = PL_REDIS_CALL(stream->redis,
                                 pl_deadline_ms(PL_STREAM_COMMAND_MS + PL_STREAM_BLOCK_MS), &reply,
                                 err, "XREAD", "COUNT", PL_STREAM_READ_COUNT, "BLOCK",
                                 TEXT_OF(PL_STREAM_BLOCK_MS), "STREAMS", stream->key, id);
    if (code)
        return code;
    if (pl_redis_reply_type(reply) == PL_REDIS_NIL) {
        pl_redis_reply_free(reply);
        reply = NULL;
    }
    *out_reply = reply;
    return PL_OK;
}

const pl_redis_reply *pl_event_stream_entries(const pl_redis_reply *reply) {
    return pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
}

static bool find_pos(const pl_redis_reply *fields, const char *name, pl_event_stream_id *out) {
    const pl_redis_reply *value = pl_redis_reply_find(fields, name);
    return value && pl_event_stream_id_parse(pl_redis_reply_str(value), out) &&
           out->ms <= INT64_MAX && out->seq <= INT64_MAX;
}

bool pl_event_stream_entry_at(const pl_redis_reply *entries, size_t index,
                              pl_event_stream_entry *out) {
    const pl_redis_reply *entry = pl_redis_reply_at(entries, index);
    const pl_redis_reply *fields = pl_redis_reply_at(entry, 1);
    pl_event_stream_entry result = {.id_text = pl_redis_reply_str(pl_redis_reply_at(entry, 0))};
    if (!pl_event_stream_id_parse(result.id_text, &result.id))
        return false;
    pl_event_stream_id at;
    pl_event_stream_id prev;
    const pl_redis_reply *envelope = pl_redis_reply_find(fields, "e");
    result.envelope = pl_redis_reply_str(envelope);
    if (find_pos(fields, "at", &at) && find_pos(fields, "prev", &prev) && envelope &&
        pl_event_stream_id_cmp(at, result.id) == 0) {
        result.ours = true;
        result.at = pl_event_stream_id_pos(at);
        result.prev = pl_event_stream_id_pos(prev);
    }
    *out = result;
    return true;
}

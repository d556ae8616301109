/* What stands in the streams: read from Redis as a consumer would, decoded by the descriptors. */
#include <stdio.h>

#include "parley/json/proto_json.h"
#include "parley/schema/dynamic.h"
#include "runner.h"

enum { REDIS_MS = 20000, EVENTS_MAX = 100000 };

static const char envelope_type[] = "parley.event.v1.Envelope";

/* The stream of a service: mall.orders. */
static void stream_of(const world *w, const pl_json_value *service, char out[NAME_MAX_BYTES * 2]) {
    (void)snprintf(out, NAME_MAX_BYTES * 2, "%s.%s", w->system,
                   pl_json_at(service, "name")->text.p);
}

static bool is_stream(const pl_json_value *service) {
    pl_str name = pl_json_at(service, "name")->text;
    return status_is_service(service) && pl_str_index(name, '#') == name.n; /* no replica */
}

static pl_str text_field(const pl_dynamic *m, const char *name) {
    pl_dynamic_value value = {0};
    const pl_field *field = pl_message_field_by_name(pl_dynamic_type(m), pl_str_c(name));
    return field && pl_dynamic_get(m, field, &value) ? value.text : pl_str_make("", 0);
}

/* {"type":"OrderPlaced","correlation":"7","payload":{...}} */
static bool put_event(context *c, const pl_yaml_node *at, pl_str entry, pl_buf *out,
                      const char *correlation, bool *out_put) {
    pl_error err = PL_ERROR_INIT;
    pl_dynamic *envelope = NULL;
    const pl_message_type *type = pl_pool_message(c->w->pool, pl_str_c(envelope_type));
    if (!type)
        return blame(c->failure, at, "the descriptor set lacks %s", envelope_type);
    if (pl_dynamic_decode(type, entry, c->arena, &envelope, &err) != PL_OK)
        return blame_error(c->failure, at, &err);
    pl_str name = text_field(envelope, "type");
    pl_str process = text_field(envelope, "correlation_id");
    *out_put = !correlation || pl_str_eqc(process, correlation);
    if (!*out_put)
        return true;
    const pl_message_type *payload = pl_pool_message(c->w->pool, name);
    if (!payload)
        return blame(c->failure, at, "the descriptor set lacks %.*s", PL_FMT(name));
    pl_buf_printf(out, "{\"type\":\"%.*s\",\"correlation\":", PL_FMT(payload->name));
    pl_buf_json(out, process);
    pl_buf_puts(out, ",\"payload\":");
    const pl_json_write_opts opts = {.int64_numbers = true, .defaults = true};
    if (pl_wire_to_json(payload, text_field(envelope, "payload"), &opts, out, &err) != PL_OK)
        return blame_error(c->failure, at, &err);
    pl_buf_putc(out, '}');
    return true;
}

static pl_redis_reply *redis_call(context *c, const pl_yaml_node *at, const char *const *words,
                                  size_t count) {
    pl_error err = PL_ERROR_INIT;
    pl_redis_reply *reply = NULL;
    if (c->parallel) {
        blame(c->failure, at, "only requests may stand in parallel");
        return NULL;
    }
    if (pl_redis_call_cstr(c->w->redis, pl_deadline_ms(REDIS_MS), words, count, &reply, &err) !=
        PL_OK)
        blame_error(c->failure, at, &err);
    return reply;
}

/* The stream's events after AFTER ("" for all), comma-separated. */
static bool put_stream(context *c, const pl_yaml_node *at, const char *stream, const char *after,
                       const char *correlation, pl_buf *out) {
    char start[NAME_MAX_BYTES + 2];
    (void)snprintf(start, sizeof start, "%s%s", *after ? "(" : "", *after ? after : "-");
    const char *const words[] = {"XRANGE", stream, start, "+"};
    pl_redis_reply *reply = redis_call(c, at, words, PL_COUNT(words));
    bool ok = reply != NULL;
    for (size_t i = 0; ok && i < pl_redis_reply_count(reply); i++) {
        const pl_redis_reply *entry = pl_redis_reply_at(reply, i);
        pl_str bytes = pl_redis_reply_str(pl_redis_reply_find(pl_redis_reply_at(entry, 1), "e"));
        size_t before = out->n;
        bool put = false;
        if (out->n > 1)
            pl_buf_putc(out, ',');
        ok = put_event(c, at, bytes, out, correlation, &put);
        if (!put)
            out->n = before;
    }
    pl_redis_reply_free(reply);
    return ok;
}

bool step_mark(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const pl_json_value *status = world_status(c, step);
    const pl_json_value *list = pl_json_at(status, "services");
    size_t index = 0;
    (void)value;
    if (!status)
        return false;
    for (const pl_json_value *s = list->children; s && index < STREAMS_MAX; s = s->next) {
        char stream[NAME_MAX_BYTES * 2];
        if (!is_stream(s))
            continue;
        stream_of(c->w, s, stream);
        const char *const words[] = {"XREVRANGE", stream, "+", "-", "COUNT", "1"};
        pl_redis_reply *reply = redis_call(c, step, words, PL_COUNT(words));
        if (!reply)
            return false;
        (void)snprintf(
            c->w->marks[index++], NAME_MAX_BYTES, "%.*s",
            PL_FMT(pl_redis_reply_str(pl_redis_reply_at(pl_redis_reply_at(reply, 0), 0))));
        pl_redis_reply_free(reply);
    }
    return true;
}

/* Expected: "OrderPlaced", or {ProductChanged: {productStock: 7}}. */
static bool match_event(context *c, const pl_yaml_node *expected, const pl_json_value *event) {
    if (pl_yaml_kind_of(expected) == PL_YAML_SCALAR) {
        const char *type = text_of(c, expected);
        return type && pl_json_is(pl_json_at(event, "type"), type);
    }
    return pl_yaml_kind_of(expected) == PL_YAML_MAPPING &&
           pl_json_is(pl_json_at(event, "type"), pl_yaml_text(pl_yaml_key_at(expected, 0)).p) &&
           match(c, pl_yaml_at(expected, 0), pl_json_at(event, "payload"), "payload");
}

static bool judge(context *c, const pl_yaml_node *are, const pl_json_value *events) {
    bool *used = pl_arena_calloc(c->arena, events->count + 1, sizeof *used);
    pl_buf got = pl_buf_make(TEXT_BYTES_MAX);
    bool ok = used && events->count == count_of(are);
    for (size_t i = 0; ok && i < count_of(are); i++) {
        size_t at = 0;
        const pl_json_value *event = events->children;
        while (event && (used[at] || !match_event(c, pl_yaml_at(are, i), event))) {
            event = event->next;
            at++;
        }
        ok = event != NULL;
        if (ok)
            used[at] = true;
    }
    if (!ok) {
        pl_json_print(events, 2, &got);
        blame(c->failure, are, "expected exactly these %zu events, got %zu: %s", count_of(are),
              events->count, got.p);
    }
    pl_buf_done(&got);
    return ok;
}

bool step_events(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const pl_yaml_node *are = pl_yaml_find(value, "are");
    const pl_yaml_node *process = pl_yaml_find(value, "correlation");
    const pl_yaml_node *since = pl_yaml_find(value, "since");
    const char *correlation = process ? text_of(c, process) : NULL;
    pl_error err = PL_ERROR_INIT;
    size_t index = 0;
    if (!are || (process && !correlation) || (since && !pl_str_eqc(pl_yaml_text(since), "mark")))
        return blame(c->failure, step, "expected correlation, since: mark, and are: [...]");
    const pl_json_value *status = world_status(c, step);
    if (!status)
        return false;
    pl_buf out = pl_buf_make(TEXT_BYTES_MAX);
    bool ok = true;
    pl_buf_putc(&out, '[');
    const pl_json_value *list = pl_json_at(status, "services");
    for (const pl_json_value *s = list->children; ok && s && index < STREAMS_MAX; s = s->next) {
        char stream[NAME_MAX_BYTES * 2];
        if (!is_stream(s))
            continue;
        stream_of(c->w, s, stream);
        ok = put_stream(c, step, stream, since ? c->w->marks[index] : "", correlation, &out);
        index++;
    }
    pl_buf_putc(&out, ']');
    const pl_json_value *events = NULL;
    if (ok && pl_json_parse(pl_buf_view(&out), "events", c->arena, &events, &err) != PL_OK)
        ok = blame_error(c->failure, step, &err);
    ok = ok && judge(c, are, events);
    pl_buf_done(&out);
    return ok;
}

/* From a trigger's name to events in their streams. */
#include <string.h>

#include "events_internal.h"
#include "parley/base/clock.h"
#include "parley/json/proto_json.h"

/* Memory of one event, and triggers that are looked at for "did you mean". */
enum { EVENT_MEMORY_MAX = 16 << 20, NAMES_MAX = 1000, LIST_MAX = 240 };

/* An event on its way. */
typedef struct event {
    stub_entry *entry;
    pl_arena arena;
    pl_dynamic *message;
    pl_verdict verdict;
    pl_buf payload, subject;
    pl_memory_place place;
} event;

/* ---- which ----------------------------------------------------------------------------------- */

static bool is_asked(const stub_entry *entry, const pl_stub_trigger_opts *opts) {
    return pl_str_eq(entry->contract->trigger, opts->name) &&
           (!opts->consumer.n || pl_str_eq(entry->contract->file->consumer, opts->consumer)) &&
           (!opts->contract.n || pl_str_eq(entry->contract->name, opts->contract));
}

/* The triggers that there are, each once, as text. */
static void list_names(const char *const *names, size_t count, pl_buf *out) {
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(out, "%s%s", i ? ", " : "", names[i]);
    if (out->failed)
        pl_buf_cut(out, pl_utf8_cut(pl_buf_view(out), LIST_MAX).n);
}

static pl_code no_trigger(const pl_stub *stub, const pl_stub_trigger_opts *opts, pl_error *err) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    pl_buf list = pl_buf_make(LIST_MAX);

    for (size_t i = 0; i < stub->event_count && count < NAMES_MAX; i++) {
        const char *name = stub->events[i].contract->trigger.p;
        size_t k = 0;
        while (k < count && strcmp(names[k], name) != 0)
            k++;
        if (k == count)
            names[count++] = name;
    }
    list_names(names, count, &list);
    const char *near = pl_str_nearest(opts->name, names, count);
    if (near && pl_str_eqc(opts->name, near))
        near = NULL; /* another consumer's */
    pl_code code = pl_error_set(
        err, PL_NOT_FOUND, "no contract%s%.*s%s%.*s has the trigger '%.*s'%s%s%s; there %s: %s",
        opts->contract.n ? " " : "", PL_FMT(pl_utf8_cut(opts->contract, 64)),
        opts->consumer.n ? " of " : "", PL_FMT(pl_utf8_cut(opts->consumer, 64)),
        PL_FMT(pl_utf8_cut(opts->name, 64)), near ? ", did you mean '" : "", near ? near : "",
        near ? "'?" : "", count == 1 ? "is" : "are", count ? list.p : "none");
    pl_buf_done(&list);
    return code;
}

static bool has_type(const event *events, size_t count, const pl_message_type *type) {
    for (size_t i = 0; i < count; i++) {
        if (events[i].entry->contract->event == type)
            return true;
    }
    return false;
}

/* Of each type of event the first contract that is asked for, with mu held; how many there are. */
static size_t choose(pl_stub *stub, const pl_stub_trigger_opts *opts, event *out, bool *out_known) {
    size_t count = 0;

    for (size_t i = 0; i < stub->event_count && count < PL_STUB_TRIGGER_EVENTS_MAX; i++) {
        stub_entry *entry = &stub->events[i];
        if (!is_asked(entry, opts))
            continue;
        *out_known = true;
        if (stub_scenario_allows(entry) && !has_type(out, count, entry->contract->event))
            out[count++].entry = entry;
    }
    return count;
}

static pl_code find(pl_stub *stub, const pl_stub_trigger_opts *opts, event *out, size_t *out_count,
                    pl_error *err) {
    bool known = false;

    pthread_mutex_lock(&stub->mu);
    *out_count = choose(stub, opts, out, &known);
    pthread_mutex_unlock(&stub->mu);
    if (!known)
        return no_trigger(stub, opts, err);
    if (!*out_count)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%.*s: its scenario is in another state; POST /__parley/reset begins "
                            "it anew",
                            PL_FMT(opts->name));
    return PL_OK;
}

/* ---- what ------------------------------------------------------------------------------------ */

static bool matches(event *e, const pl_match_opts *opts) {
    const pl_contract *contract = e->entry->contract;
    bool right = pl_match_message(contract->payload, e->message, opts, &e->verdict);

    return pl_match_without(e->message, contract->must_not_contain,
                            contract->must_not_contain_count, opts, &e->verdict) &&
           right;
}

static pl_code not_as_agreed(const event *e, pl_error *err) {
    const pl_difference *first = &e->verdict.differences[0];

    return pl_error_set(
        err, PL_INVALID_ARGUMENT,
        "the event would not be what '%s' says: %s%sexpected %s, got %s%s", e->entry->label,
        first->path.p, first->path.n ? ": " : "", first->expected.p, first->actual.p,
        e->verdict.total > 1 ? ", and more; --lenient publishes it" : "; --lenient publishes it");
}

/* The id of the aggregate, as text. */
static pl_code put_subject(event *e, pl_error *err) {
    const pl_message_type *type = e->entry->contract->event;
    const pl_field *field = pl_message_field_by_name(type, type->event_aggregate);
    pl_code code = PL_OK;

    if (!field)
        return PL_OK;
    code = pl_wire_field_to_text(field, pl_buf_view(&e->payload), NULL, &e->subject, err);
    if (code == PL_OK && !e->subject.n)
        code = pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: it is the id of the event's aggregate and must not be empty",
                            field->name.p);
    return code;
}

static pl_code make(event *e, const pl_stub *stub, pl_str overrides, pl_error *err) {
    const pl_contract *contract = e->entry->contract;
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_code code = PL_OK;

    opts.now_ms = pl_stub_clock(stub);
    e->message = pl_example_message(contract->payload, contract->event, &opts, &e->arena);
    if (!e->message)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory for its example",
                            e->entry->label);
    code = stub_override(e->message, overrides, &e->arena, err);
    if (code == PL_OK && !pl_dynamic_encode(e->message, &e->payload))
        code = pl_error_set(err, PL_INVALID_ARGUMENT, "the event has more than %d bytes",
                            PL_EVENT_PAYLOAD_MAX);
    if (code == PL_OK)
        code = stub_check_limits(e->message, err);
    if (code == PL_OK && !matches(e, &opts) && !stub->opts.lenient)
        code = not_as_agreed(e, err);
    return code == PL_OK ? put_subject(e, err) : code;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void put(pl_buf *out, const char *key, pl_str text) {
    pl_buf_printf(out, "%s\"%s\":", out->n && out->p[out->n - 1] != '{' ? "," : "", key);
    pl_buf_json(out, text);
}

static void put_place(const event *e, pl_buf *out) {
    char id[64], event_id[PL_UUID_SIZE];

    (void)snprintf(id, sizeof id, "%lld-%lld", (long long)e->place.at.gen,
                   (long long)e->place.at.pos);
    pl_uuid_text(e->place.id, event_id);
    put(out, "id", pl_str_c(id));
    put(out, "event_id", pl_str_c(event_id));
    put(out, "subject", pl_buf_view(&e->subject));
    pl_buf_printf(out, ",\"version\":%lld", (long long)e->place.version);
}

static void put_event(const event *e, pl_buf *out) {
    const pl_contract *contract = e->entry->contract;

    pl_buf_putc(out, '{');
    put(out, "event", contract->event->full_name);
    put(out, "stream", contract->stream);
    put_place(e, out);
    put(out, "contract", contract->name);
    put(out, "consumer", contract->file->consumer);
    put(out, "file", contract->file->path);
    pl_buf_printf(out, ",\"line\":%u,\"differences\":[", contract->at.line);
    for (size_t i = 0; i < e->verdict.count; i++) {
        pl_buf_puts(out, i ? ",{" : "{");
        put(out, "path", e->verdict.differences[i].path);
        put(out, "expected", e->verdict.differences[i].expected);
        put(out, "actual", e->verdict.differences[i].actual);
        pl_buf_putc(out, '}');
    }
    pl_buf_puts(out, "]}");
}

static bool put_answer(pl_str trigger, const event *events, size_t count, pl_buf *out) {
    pl_buf_putc(out, '{');
    put(out, "trigger", trigger);
    pl_buf_puts(out, ",\"events\":[");
    for (size_t i = 0; i < count; i++) {
        pl_buf_puts(out, i ? "," : "");
        put_event(&events[i], out);
    }
    pl_buf_puts(out, "]}");
    return !out->failed;
}

/* ---- a trigger ------------------------------------------------------------------------------- */

static pl_code publish(event *e, pl_stub *stub, const pl_stub_trigger_opts *opts, pl_error *err) {
    const pl_contract *contract = e->entry->contract;
    pl_memory_event what = {
        .type = contract->event->full_name,
        .subject = pl_buf_view(&e->subject),
        .payload = pl_buf_view(&e->payload),
        .context = {.correlation_id = pl_buf_view(&e->subject), .traceparent = opts->traceparent},
    };

    return stub_events_publish(stub->opts.events, contract->event, &what, &e->place, err);
}

static void note(pl_stub *stub, const event *e, pl_code code, const char *message) {
    stub_entry *entry = e->entry;

    pthread_mutex_lock(&stub->mu);
    if (code == PL_OK) {
        entry->calls++;
        if (entry->scenario && entry->contract->scenario_then.n)
            entry->scenario->now = entry->contract->scenario_then;
    }
    stub_journal_event(stub, entry, code, pl_buf_view(&e->payload), message);
    pthread_mutex_unlock(&stub->mu);
}

static void event_init(event *e) {
    e->arena = pl_arena_make(EVENT_MEMORY_MAX);
    e->verdict = pl_verdict_make(&e->arena);
    e->payload = pl_buf_make(PL_EVENT_PAYLOAD_MAX);
    e->subject = pl_buf_make(PL_EVENT_SUBJECT_MAX);
}

static void event_done(event *e) {
    pl_buf_done(&e->payload);
    pl_buf_done(&e->subject);
    pl_arena_done(&e->arena);
}

/* Nothing is published before all of it is made. */
static pl_code publish_all(pl_stub *stub, const pl_stub_trigger_opts *opts, event *events,
                           size_t count, pl_error *err) {
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < count; i++) {
        code = make(&events[i], stub, opts->overrides, err);
        if (code != PL_OK)
            note(stub, &events[i], code, err->message);
    }
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        code = publish(&events[i], stub, opts, err);
        note(stub, &events[i], code, err->message);
    }
    return code;
}

pl_code pl_stub_trigger(pl_stub *stub, const pl_stub_trigger_opts *opts, pl_buf *out,
                        pl_error *err) {
    event events[PL_STUB_TRIGGER_EVENTS_MAX];
    size_t count = 0;
    pl_error why = PL_ERROR_INIT;

    if (!stub->opts.events)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "this stub publishes no events: start it with --redis URL");
    pl_code code = find(stub, opts, events, &count, err);
    if (code != PL_OK)
        return code;
    for (size_t i = 0; i < count; i++)
        event_init(&events[i]);
    code = publish_all(stub, opts, events, count, &why);
    if (code != PL_OK)
        (void)pl_error_wrap(err, &why, "%.*s", PL_FMT(opts->name));
    else if (!put_answer(opts->name, events, count, out))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the answer");
    for (size_t i = 0; i < count; i++)
        event_done(&events[i]);
    return code;
}

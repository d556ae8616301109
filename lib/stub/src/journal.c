#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/json/proto_json.h"
#include "stub_internal.h"

/* Memory for one request that is shown. */
enum { SHOWN_MAX = 4 << 20 };

static void keep_text(char *out, size_t size, pl_str text) {
    pl_str cut = pl_utf8_cut(text, size - 1);

    if (cut.n)
        memcpy(out, cut.p, cut.n);
    out[cut.n] = '\0';
}

void stub_journal_add(pl_stub *stub, const stub_way *way, const stub_method *method,
                      const stub_entry *entry, pl_code code, pl_str request, const char *message) {
    stub_record *record = &stub->journal[stub->journaled++ % PL_STUB_JOURNAL_MAX];

    record->at_us = pl_time_us();
    record->method = method;
    record->entry = entry;
    record->code = code;
    record->route = way->route;
    record->status = way->status;
    keep_text(record->verb, sizeof record->verb, way->verb);
    keep_text(record->path, sizeof record->path, way->path);
    record->request_size = request.n;
    keep_text(record->message, sizeof record->message, pl_str_c(code == PL_OK ? "" : message));
    if (request.n > record->request_room && request.n <= PL_STUB_JOURNAL_REQUEST_MAX) {
        char *room = realloc(record->request, request.n);
        if (room) {
            record->request = room;
            record->request_room = request.n;
        }
    }
    record->request_kept = request.n <= record->request_room;
    if (record->request_kept && request.n)
        memcpy(record->request, request.p, request.n);
}

void stub_journal_event(pl_stub *stub, const stub_entry *entry, pl_code code, pl_str payload,
                        const char *message) {
    static const stub_way none = {.access = PL_ACCESS_EVENTS};

    stub_journal_add(stub, &none, NULL, entry, code, payload, message);
}

void stub_journal_free(pl_stub *stub) {
    for (size_t i = 0; stub->journal && i < PL_STUB_JOURNAL_MAX; i++)
        free(stub->journal[i].request);
    free(stub->journal);
}

/* ---- showing --------------------------------------------------------------------------------- */

/* Appends the request, of TYPE, as JSON, null where it was too long; whether it holds what is
 * redacted. */
static bool put_request(const stub_record *record, const pl_message_type *type, pl_buf *out) {
    pl_arena arena = pl_arena_make(SHOWN_MAX);
    pl_buf wire = pl_buf_make(SHOWN_MAX), json = pl_buf_make(SHOWN_MAX);
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_code code = PL_RESOURCE_EXHAUSTED;
    bool redacted = !record->request_kept;

    if (record->request_kept)
        code = pl_dynamic_decode(type, pl_str_make(record->request, record->request_size), &arena,
                                 &message, &err);
    if (code == PL_OK) {
        redacted = stub_redact(message, &arena);
        code = pl_dynamic_encode(message, &wire)
                   ? pl_wire_to_json(type, pl_buf_view(&wire), NULL, &json, &err)
                   : PL_RESOURCE_EXHAUSTED;
    }
    pl_buf_str(out, code == PL_OK ? pl_buf_view(&json) : pl_str_c("null"));
    pl_buf_done(&json);
    pl_buf_done(&wire);
    pl_arena_done(&arena);
    return redacted;
}

static void put_text(pl_buf *out, const char *key, pl_str text) {
    pl_buf_printf(out, "\"%s\":", key);
    pl_buf_json(out, text);
}

static void put_contract(const char *key, const pl_contract *contract, pl_buf *out) {
    put_text(out, key, contract->name);
    pl_buf_putc(out, ',');
    put_text(out, "consumer", contract->file->consumer);
    pl_buf_putc(out, ',');
    put_text(out, "file", contract->file->path);
    pl_buf_printf(out, ",\"line\":%u", contract->at.line);
}

static bool put_call(const stub_record *record, pl_buf *out) {
    pl_buf_printf(out, ",\"method\":\"%s\",\"code\":\"%s\",\"request\":",
                  record->method->type->full_name.p, pl_code_name(record->code));
    return put_request(record, record->method->type->input, out);
}

static void put_event(const stub_record *record, pl_buf *out) {
    const pl_contract *contract = record->entry->contract;

    pl_buf_putc(out, ',');
    put_text(out, "trigger", contract->trigger);
    pl_buf_printf(out,
                  ",\"event\":\"%s\",\"code\":\"%s\",\"payload\":", contract->event->full_name.p,
                  pl_code_name(record->code));
    (void)put_request(record, contract->event, out);
}

/* Where a part of the request is sensitive, the path may hold it: its template does not. */
static void put_http(const stub_record *record, bool redacted, pl_buf *out) {
    pl_buf_puts(out, ",\"http\":{");
    put_text(out, "method", pl_str_c(record->verb));
    pl_buf_putc(out, ',');
    put_text(out, "path",
             redacted && record->route ? record->route->path_template : pl_str_c(record->path));
    if (record->status)
        pl_buf_printf(out, ",\"status\":%d", record->status);
    pl_buf_putc(out, '}');
}

static void put_record(const stub_record *record, pl_buf *out) {
    char at[PL_RFC3339_SIZE];

    pl_rfc3339(record->at_us, at);
    pl_buf_printf(out, "{\"at\":\"%s\"", at);
    bool redacted = record->method && put_call(record, out);
    if (record->verb[0])
        put_http(record, redacted, out);
    if (record->entry && record->entry->contract->event)
        put_event(record, out);
    if (record->entry) {
        pl_buf_putc(out, ',');
        put_contract("contract", record->entry->contract, out);
    }
    if (record->message[0]) {
        pl_buf_putc(out, ',');
        put_text(out, "message", pl_str_c(record->message));
    }
    pl_buf_putc(out, '}');
}

/* Appends COUNT entries, or those of them that no call has reached; a comma before each but the
 * first, for which COMMA is "". */
static const char *put_entries(const stub_entry *entries, size_t count, bool unused,
                               const char *comma, pl_buf *out) {
    for (size_t i = 0; i < count; i++) {
        if (unused && entries[i].calls)
            continue;
        pl_buf_printf(out, "%s{", comma);
        put_contract("name", entries[i].contract, out);
        if (!unused)
            pl_buf_printf(out, ",\"calls\":%llu", (unsigned long long)entries[i].calls);
        pl_buf_putc(out, '}');
        comma = ",";
    }
    return comma;
}

static void put_contracts(const pl_stub *stub, bool unused, pl_buf *out) {
    const char *comma = "";

    for (size_t s = 0; s < stub->service_count; s++) {
        for (size_t m = 0; m < stub->services[s].desc.method_count; m++) {
            const stub_method *method = &stub->services[s].methods[m];
            comma = put_entries(method->entries, method->entry_count, unused, comma, out);
        }
    }
    (void)put_entries(stub->events, stub->event_count, unused, comma, out);
}

/* Appends the calls, of which the oldest are left out where all would be too much; how many. */
static uint64_t put_calls(const pl_stub *stub, pl_buf *out) {
    pl_buf backwards = pl_buf_make(PL_STUB_JOURNAL_SHOWN_MAX); /* the latest first */
    size_t ends[PL_STUB_JOURNAL_MAX + 1] = {0}, shown = 0;
    size_t kept = stub->journaled < PL_STUB_JOURNAL_MAX ? (size_t)stub->journaled
                                                        : PL_STUB_JOURNAL_MAX;

    while (shown < kept) {
        put_record(&stub->journal[(stub->journaled - shown - 1) % PL_STUB_JOURNAL_MAX], &backwards);
        if (backwards.failed)
            break;
        ends[++shown] = backwards.n;
    }
    for (size_t i = shown; i; i--) {
        pl_buf_append(out, backwards.p + ends[i - 1], ends[i] - ends[i - 1]);
        pl_buf_puts(out, i > 1 ? "," : "");
    }
    pl_buf_done(&backwards);
    return stub->journaled - shown;
}

bool pl_stub_journal(pl_stub *stub, pl_buf *out) {
    pthread_mutex_lock(&stub->mu);
    pl_buf_puts(out, "{\"calls\":[");
    uint64_t dropped = put_calls(stub, out);
    pl_buf_printf(out, "],\"dropped\":%llu,\"contracts\":[", (unsigned long long)dropped);
    put_contracts(stub, false, out);
    pthread_mutex_unlock(&stub->mu);
    pl_buf_puts(out, "]}");
    return !out->failed;
}

bool pl_stub_unused(pl_stub *stub, pl_buf *out) {
    pthread_mutex_lock(&stub->mu);
    pl_buf_puts(out, "{\"unused\":[");
    put_contracts(stub, true, out);
    pthread_mutex_unlock(&stub->mu);
    pl_buf_puts(out, "]}");
    return !out->failed;
}

void pl_stub_reset(pl_stub *stub) {
    pthread_mutex_lock(&stub->mu);
    stub->journaled = 0;
    for (stub_scenario *scenario = stub->scenarios; scenario; scenario = scenario->next)
        scenario->now = (pl_str){NULL, 0};
    for (size_t s = 0; s < stub->service_count; s++) {
        for (size_t m = 0; m < stub->services[s].desc.method_count; m++) {
            stub_method *method = &stub->services[s].methods[m];
            for (size_t i = 0; i < method->entry_count; i++)
                method->entries[i].calls = 0;
        }
    }
    for (size_t i = 0; i < stub->event_count; i++)
        stub->events[i].calls = 0;
    pthread_mutex_unlock(&stub->mu);
}

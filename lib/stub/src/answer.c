#include <stdio.h>
#include <time.h>

#include "parley/base/clock.h"
#include "stub_internal.h"

/* How often one that waits looks whether somebody still does. */
#define LOOK_NS (20 * PL_NS_PER_MS)

/* ---- does it match --------------------------------------------------------------------------- */

static bool is_secret(pl_str name) {
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie"};

    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(name, names[i]))
            return true;
    }
    return false;
}

/* The value that HEADER is about; {NULL, 0}: there are not so many. */
static pl_str value_of(const pl_contract_header *header, const pl_call *call) {
    pl_str key, value;
    uint32_t before = 0;

    if (header->nth == 0)
        return pl_call_metadata(call, header->name.p);
    for (size_t i = 0; pl_call_metadata_at(call, i, &key, &value); i++) {
        if (pl_str_eq(key, header->name) && before++ == header->nth)
            return value;
    }
    return pl_str_make(NULL, 0);
}

static bool match_header(const pl_contract_header *header, pl_call *call, int64_t now_ms,
                         pl_verdict *verdict) {
    pl_str value = value_of(header, call);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    char prefix[PL_VERDICT_TEXT_MAX];

    (void)snprintf(prefix, sizeof prefix, "metadata.%.*s", PL_FMT(header->name));
    opts.prefix = pl_str_c(prefix);
    opts.now_ms = now_ms;
    if (header->type && value.p)
        return pl_match_bytes(header->matcher->items[0], header->type, value, &opts, verdict,
                              pl_call_arena(call));
    if (!verdict || !is_secret(header->name))
        return pl_match_text(header->matcher, value.p != NULL, value, &opts, verdict);
    /* What differs is said to the journal, too. */
    return pl_match_text(header->matcher, value.p != NULL, value, &opts, NULL) ||
           pl_match_text(header->matcher, value.p != NULL, pl_str_c("(redacted)"), &opts, verdict);
}

bool stub_match_metadata(const pl_contract *contract, pl_call *call, int64_t now_ms,
                         pl_verdict *verdict) {
    bool right = true;

    for (size_t i = 0; i < contract->metadata_count && (right || verdict); i++)
        right = match_header(&contract->metadata[i], call, now_ms, verdict) && right;
    return right;
}

bool stub_scenario_allows(const stub_entry *entry) {
    return !entry->scenario || pl_str_eq(entry->scenario->now, entry->contract->scenario_when);
}

typedef struct asked {
    pl_stub *stub;
    const stub_way *way;
    pl_call *call;
    pl_str bytes; /* of the request */
    int64_t now_ms;
    bool broken; /* a contract that may have been the one cannot be read */
} asked;

/* SELF is an asked. */
static bool accepts(void *self, stub_entry *entry, const pl_dynamic *request) {
    asked *a = self;
    const pl_matcher *matcher;
    pl_match_opts opts = PL_MATCH_OPTS_INIT;

    if (stub_entry_takes(a->stub, entry, request, a->bytes))
        return stub_scenario_allows(entry) && stub_way_fits(a->way, entry) &&
               stub_match_metadata(entry->contract, a->call, a->now_ms, NULL);
    if (!stub_entry_ready(a->stub, entry)) {
        a->broken = true;
        return false;
    }
    matcher = pl_contract_request(entry->contract);
    opts.closed = true;
    opts.now_ms = a->now_ms;
    return stub_scenario_allows(entry) && stub_way_fits(a->way, entry) &&
           (!matcher || pl_match_message(matcher, request, &opts, NULL)) &&
           stub_match_metadata(entry->contract, a->call, a->now_ms, NULL);
}

/* ---- what is answered ------------------------------------------------------------------------ */

static pl_code send_trailers(const stub_entry *entry, pl_call *call, int64_t now_ms) {
    const pl_contract *contract = entry->contract;
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_code code = pl_call_send_metadata(call, "x-contract", pl_str_c(entry->label));

    opts.now_ms = now_ms;
    if (code == PL_OK)
        code = pl_call_send_metadata(call, "x-contract-verified", pl_str_c(entry->ready->verified));
    for (size_t i = 0; code == PL_OK && i < contract->trailer_count; i++) {
        const pl_contract_header *header = &contract->trailers[i];
        pl_buf packed = pl_buf_make(PL_CALL_METADATA_VALUE_MAX);
        if (header->type)
            code = pl_example_bytes(header->matcher->items[0], header->type, &opts,
                                    pl_call_arena(call), &packed);
        if (code == PL_OK && header->matcher->kind != PL_MATCH_ABSENT)
            code = pl_call_send_metadata(
                call, header->name.p,
                header->type ? pl_buf_view(&packed)
                             : pl_example_text(header->matcher, &opts, pl_call_arena(call)));
        pl_buf_done(&packed);
    }
    return code == PL_OK
               ? PL_OK
               : pl_call_fail(call, PL_INTERNAL, NULL, "%s: its metadata cannot be sent (%s)",
                              entry->label, pl_code_name(code));
}

static pl_code put_example(pl_stub *stub, stub_entry *entry, const stub_method *method,
                           pl_call *call, int64_t now_ms, pl_buf *response) {
    const pl_matcher *matcher = pl_contract_response(entry->contract);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_code code = PL_OK;

    if (entry->ready->answer.p)
        return pl_buf_str(response, entry->ready->answer) ? PL_OK : pl_call_no_memory(call);
    opts.now_ms = now_ms;
    if (matcher)
        code = pl_example_bytes(matcher, method->type->output, &opts, pl_call_arena(call),
                                response);
    if (code != PL_OK)
        return pl_call_no_memory(call);
    /* Without memory it is made again. */
    if (entry->ready->fixed)
        entry->ready->answer = pl_str_make(pl_arena_strndup(&stub->arena, response->p, response->n),
                                           response->n);
    return PL_OK;
}

/* The call ends as STATUS says. */
static pl_code end_with(const stub_entry *entry, const pl_contract_status *status, pl_call *call,
                        int64_t now_ms) {
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_str message = {NULL, 0};
    pl_code code = PL_OK;

    opts.now_ms = now_ms;
    if (status->message)
        message = pl_example_text(status->message, &opts, pl_call_arena(call));
    for (size_t i = 0; code == PL_OK && i < status->detail_count; i++) {
        const pl_matcher *detail = status->details[i];
        pl_buf packed = pl_buf_make(PL_CALL_DETAILS_MAX);
        code = pl_example_bytes(detail->items[0], detail->type, &opts, pl_call_arena(call),
                                &packed);
        if (code == PL_OK)
            code = pl_call_detail(call, detail->type->full_name.p, pl_buf_view(&packed));
        pl_buf_done(&packed);
    }
    if (code != PL_OK)
        return pl_call_fail(call, PL_INTERNAL, NULL,
                            "%s: the details of its status have more than %d bytes", entry->label,
                            PL_CALL_DETAILS_MAX);
    return pl_call_fail(call, (pl_code)status->code, NULL, "%.*s", PL_FMT(message));
}

pl_code stub_end(stub_entry *entry, pl_call *call, int64_t now_ms) {
    const pl_contract_status *status = pl_contract_status_of(entry->contract);
    pl_code code = send_trailers(entry, call, now_ms);

    entry->calls++;
    if (entry->scenario && entry->contract->scenario_then.n)
        entry->scenario->now = entry->contract->scenario_then;
    return code == PL_OK && status && status->code != PL_OK ? end_with(entry, status, call, now_ms)
                                                            : code;
}

/* What ENTRY says; mu is held. */
static pl_code answer_with(stub_entry *entry, const stub_method *method, const asked *by,
                           pl_buf *response) {
    pl_code code = stub_end(entry, by->call, by->now_ms);

    return code == PL_OK ? put_example(by->stub, entry, method, by->call, by->now_ms, response)
                         : code;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static bool is_hit(double rate) {
    uint32_t dice;

    if (rate <= 0)
        return false;
    pl_random(&dice, sizeof dice);
    return dice < rate * ((double)UINT32_MAX + 1);
}

void stub_wait(const pl_call *call, uint64_t ms) {
    int64_t end = pl_deadline_ms((int64_t)ms), now = pl_now_ns();

    if (end > pl_call_deadline(call))
        end = pl_call_deadline(call);
    for (; now < end && !pl_call_cancelled(call) && !pl_call_stopping(call); now = pl_now_ns()) {
        int64_t until = end - now > LOOK_NS ? now + LOOK_NS : end;
        struct timespec at = {(time_t)(until / PL_NS_PER_S), (long)(until % PL_NS_PER_S)};
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
}

pl_code stub_disturb(const pl_stub *stub, const stub_method *method, pl_call *call) {
    if (!is_hit(stub->opts.fault_rate))
        return PL_OK;
    return pl_call_fail(call, stub->opts.fault_code, PL_STUB_REASON_FAULT,
                        "%s: a fault that the stub was asked for", method->type->path.p);
}

/* ---- a call ---------------------------------------------------------------------------------- */

pl_code stub_answer_by(const stub_way *way, stub_service *service, const stub_method *method,
                       pl_call *call, pl_str request, pl_buf *response) {
    pl_stub *stub = service->stub;
    asked self = {stub, way, call, request, pl_stub_clock(stub), false};
    pl_dynamic *message = NULL;
    stub_entry *entry, *closest = NULL;
    pl_verdict differs;
    pl_error err = PL_ERROR_INIT;
    pl_code code;

    code = pl_dynamic_decode(method->type->input, request, pl_call_arena(call), &message, &err);
    if (code != PL_OK)
        return pl_call_fail(call, code, NULL, "%s: %s", method->type->path.p, err.message);
    pthread_mutex_lock(&stub->mu);
    entry = stub_index_find(method, message, accepts, &self);
    if (!entry && !self.broken)
        closest = stub_closest(stub, way, method, call, message, &differs);
    if (stub->opts.lenient && closest)
        entry = closest;
    if (entry)
        code = answer_with(entry, method, &self, response);
    else if (self.broken)
        code = stub->broken.code ? pl_call_fail_error(call, &stub->broken)
                                 : pl_call_no_memory(call);
    else
        code = stub_refuse(way, method, call, closest, &differs);
    stub_journal_add(stub, way, method, entry, code, request, pl_call_error(call)->message);
    pthread_mutex_unlock(&stub->mu);
    return code;
}

pl_code stub_answer(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    const stub_service *bound = impl;
    size_t index = (size_t)(pl_call_method(call) - bound->desc.methods);
    stub_service *service = stub_enter(bound);
    const stub_method *method = &service->methods[index];
    pl_code code;

    /* The server gives a call with latency a thread of its own. */
    if (service->stub->opts.latency_ms)
        stub_wait(call, service->stub->opts.latency_ms);
    code = stub_disturb(service->stub, method, call);
    if (code == PL_OK)
        code = stub_answer_by(&stub_by_grpc, service, method, call, request, response);
    stub_leave(service);
    return code;
}

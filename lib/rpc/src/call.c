#include "call_internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/assert.h"
#include "parley/base/cond.h"
#include "parley/base/quarantine.h"
#include "status.h"

static void clear_lists(pl_call *call) {
    call->outgoing.count = call->headers.count = call->trailing.count = call->received.count = 0;
    call->outgoing.bad.code = call->headers.bad.code = call->trailing.bad.code = PL_OK;
    call->received.bad.code = PL_OK;
}

pl_code pl_call_init(pl_call *call, size_t arena_budget) {
    memset(call, 0, offsetof(pl_call, outgoing));
    clear_lists(call);
    call->arena = pl_arena_make(arena_budget ? arena_budget : PL_CALL_ARENA_BUDGET);
    pl_violations_init(&call->violations, &call->arena);
    call->deadline = PL_NEVER;
    call->domain = "";
    pthread_mutex_init(&call->mu, NULL);
    pl_cond_init(&call->cond);
    return PL_OK;
}

void pl_call_reset(pl_call *call) {
    pl_arena_retire(&call->arena, call->method ? call->method->path : NULL);
    call->deadline = PL_NEVER;
    call->timeout_ms = call->retry_after_ms = 0;
    if (call->error.code != PL_OK)
        memset(&call->error, 0, sizeof call->error);
    pl_violations_init(&call->violations, &call->arena);
    call->details = call->error_metadata = pl_str_make(NULL, 0);
    clear_lists(call);
    call->authorization = call->demo = call->tracestate = pl_str_make(NULL, 0);
    call->peer = call->identity = NULL;
    call->method = NULL;
    call->stopping = NULL;
    call->incoming = NULL;
    call->grpc = NULL;
    call->watch = NULL;
    atomic_store(&call->cancelled, false);
}

void pl_call_done(pl_call *call) {
    pl_arena_done(&call->arena);
    pthread_cond_destroy(&call->cond);
    pthread_mutex_destroy(&call->mu);
}

/* A copy of TEXT in the call's arena; false without memory. */
static bool take_over(pl_call *call, pl_str text, pl_str *out) {
    const char *copy = text.n ? pl_arena_cstr(&call->arena, text) : NULL;
    if (copy)
        *out = pl_str_make(copy, text.n);
    return text.n == 0 || copy;
}

/* What a call takes over from the call it is made for. */
static pl_code inherit(pl_call *call, const pl_call *parent) {
    call->deadline = parent->deadline;
    bool taken = take_over(call, parent->authorization, &call->authorization) &&
                 take_over(call, parent->demo, &call->demo) &&
                 take_over(call, parent->tracestate, &call->tracestate);
    return taken ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

/* The state of the trace that CALL continues: a new one has none. */
static pl_code continue_state(pl_call *call, pl_str state) {
    if (!call->trace.parent[0] || !pl_tracestate_valid(state))
        return PL_OK;
    return take_over(call, state, &call->tracestate) ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

pl_code pl_call_begin(pl_call *call, const pl_call_opts *opts, pl_error *err) {
    const char *trace = opts->parent ? opts->parent->trace.traceparent : opts->traceparent;
    pl_code code;

    if (opts->timeout_ms < 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "timeout_ms: %lld, expected 0 or more",
                            (long long)opts->timeout_ms);
    call->arena.budget = opts->arena_budget ? opts->arena_budget : PL_CALL_ARENA_BUDGET;
    call->timeout_ms = opts->timeout_ms;
    pl_trace_continue(&call->trace, pl_str_c(trace));
    if (opts->idempotency_key)
        pl_call_set_outgoing(call, PL_KEY_IDEMPOTENCY, pl_str_c(opts->idempotency_key));
    code = opts->parent ? inherit(call, opts->parent)
                        : continue_state(call, pl_str_c(opts->tracestate));
    if (code != PL_OK)
        return pl_error_set(err, code, "no memory for a call");
    return PL_OK;
}

pl_code pl_call_new(const pl_call_opts *opts, pl_call **out_call, pl_error *err) {
    pl_call *call = malloc(sizeof *call);
    pl_code code;

    if (!call || pl_call_init(call, opts->arena_budget) != PL_OK) {
        free(call);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a call");
    }
    code = pl_call_begin(call, opts, err);
    if (code != PL_OK) {
        pl_call_free(call);
        return code;
    }
    *out_call = call;
    return PL_OK;
}

void pl_call_free(pl_call *call) {
    if (!call)
        return;
    pl_call_done(call);
    free(call);
}

pl_arena *pl_call_arena(pl_call *call) {
    return &call->arena;
}

int64_t pl_call_deadline(const pl_call *call) {
    return call->deadline;
}

void pl_call_limit(pl_call *call, int64_t deadline_ns) {
    if (deadline_ns < call->deadline)
        call->deadline = deadline_ns;
}

const pl_method_desc *pl_call_method(const pl_call *call) {
    return call->method;
}

static void watch(pl_call *call) {
    if (call->watch)
        call->watch(call);
}

bool pl_call_cancelled(const pl_call *call) {
    watch((pl_call *)(uintptr_t)call);
    return atomic_load(&call->cancelled);
}

bool pl_call_stopping(const pl_call *call) {
    return call->stopping && atomic_load(call->stopping);
}

void pl_call_cancel(pl_call *call) {
    pthread_mutex_lock(&call->mu);
    atomic_store(&call->cancelled, true);
    for (pl_call_hook *hook = call->hooks; hook; hook = hook->next)
        hook->cancelled(hook);
    pthread_cond_broadcast(&call->cond);
    pthread_mutex_unlock(&call->mu);
}

void pl_call_hook_add(pl_call *call, pl_call_hook *hook) {
    watch(call);
    pthread_mutex_lock(&call->mu);
    hook->next = call->hooks;
    call->hooks = hook;
    if (atomic_load(&call->cancelled))
        hook->cancelled(hook);
    pthread_mutex_unlock(&call->mu);
}

void pl_call_hook_remove(pl_call *call, pl_call_hook *hook) {
    pl_call_hook **at = &call->hooks;

    pthread_mutex_lock(&call->mu);
    while (*at != hook)
        at = &(*at)->next;
    *at = hook->next;
    pthread_mutex_unlock(&call->mu);
}

bool pl_call_wait(pl_call *call, int64_t deadline_ns) {
    bool early = true;

    watch(call);
    pthread_mutex_lock(&call->mu);
    while (!atomic_load(&call->cancelled) && early)
        early = pl_cond_wait(&call->cond, &call->mu, deadline_ns);
    pthread_mutex_unlock(&call->mu);
    return atomic_load(&call->cancelled);
}

pl_code pl_call_fail(pl_call *call, pl_code code, const char *reason, const char *format, ...) {
    va_list args;

    va_start(args, format);
    pl_error_setv(&call->error, code, format, args);
    va_end(args);
    if (reason)
        pl_error_info(&call->error, call->domain, reason);
    return code;
}

pl_code pl_call_no_memory(pl_call *call) {
    return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "the call's memory is used up");
}

pl_code pl_call_fail_error(pl_call *call, const pl_error *err) {
    call->error = *err;
    return err->code;
}

void pl_call_violation(pl_call *call, const char *field_path, const char *format, ...) {
    va_list args;

    va_start(args, format);
    pl_violations_addv(&call->violations, field_path, format, args);
    va_end(args);
}

void pl_call_retry_after(pl_call *call, int64_t retry_after_ms) {
    call->retry_after_ms = retry_after_ms;
}

/* Keeps ALL, where it is WHOLE, as LIST of CALL; ends it. */
static pl_code keep(pl_call *call, bool whole, pl_buf *all, pl_str *list) {
    char *kept = whole ? pl_arena_strndup(&call->arena, all->p, all->n) : NULL;

    if (kept)
        *list = pl_str_make(kept, all->n);
    pl_buf_done(all);
    return kept ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

pl_code pl_call_detail(pl_call *call, const char *type, pl_str message) {
    pl_buf all = pl_buf_make(PL_CALL_DETAILS_MAX - call->error_metadata.n);
    bool whole = pl_buf_str(&all, call->details) && pl_status_put_detail(type, message, &all);

    return keep(call, whole, &all, &call->details);
}

static pl_code add_error_metadata(pl_call *call, pl_str key, pl_str value) {
    pl_buf all = pl_buf_make(PL_CALL_DETAILS_MAX - call->details.n);
    bool whole;

    if (key.n == 0 || key.n > PL_CALL_ERROR_KEY_MAX || !pl_utf8_valid(key) || !pl_utf8_valid(value))
        return PL_INVALID_ARGUMENT;
    if (pl_status_has_metadata(call->error_metadata, key))
        return PL_ALREADY_EXISTS;
    whole = pl_buf_str(&all, call->error_metadata) && pl_status_put_metadata(key, value, &all);
    return keep(call, whole, &all, &call->error_metadata);
}

pl_code pl_call_error_metadata(pl_call *call, const char *key, const char *format, ...) {
    pl_buf value = pl_buf_make(PL_CALL_DETAILS_MAX);
    va_list args;
    pl_code code = PL_RESOURCE_EXHAUSTED;

    va_start(args, format);
    if (pl_buf_vprintf(&value, format, args))
        code = add_error_metadata(call, pl_str_c(key), pl_buf_view(&value));
    va_end(args);
    pl_buf_done(&value);
    return code;
}

const pl_error *pl_call_error(const pl_call *call) {
    return &call->error;
}

const pl_violations *pl_call_violations(const pl_call *call) {
    return &call->violations;
}

void pl_call_error_clear(pl_call *call) {
    memset(&call->error, 0, sizeof call->error);
    pl_violations_init(&call->violations, &call->arena);
    call->details = call->error_metadata = pl_str_make(NULL, 0);
}

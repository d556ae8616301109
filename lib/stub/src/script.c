/* A call that streams: its contract is a script.
 *
 * Several contracts may begin alike, so all that fit what has come are followed, by rank. When it
 * is the stub's turn, the first of them leads, and it alone from then on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "parley/base/clock.h"
#include "parley/rpc/stream.h"

/* Contracts that are followed at once; those of lower rank are not looked at. */
#define FOLLOWED_MAX 64
/* Memory for one message. */
#define MESSAGE_MEMORY_MAX (16u << 20)
/* Bytes of what is said about a message that does not fit. */
#define TEXT_MAX 256

typedef struct script {
    pl_stub *stub;
    const stub_method *method;
    pl_call *call;
    pl_stream *stream;
    pl_arena arena; /* of the message at hand */
    follower *followers;
    size_t count;
    size_t came; /* messages */
    char *first; /* the first one, for the journal */
    size_t first_size;
} script;

/* ---- which contracts ------------------------------------------------------------------------- */

static bool is_allowed(const script *s, stub_entry *entry) {
    return stub_entry_ready(s->stub, entry) && stub_scenario_allows(entry) &&
           stub_way_fits(&stub_by_grpc, entry) &&
           stub_match_metadata(entry->contract, s->call, pl_stub_clock(s->stub), NULL);
}

static void follow(script *s, stub_entry *entry, const pl_dynamic *message) {
    follower f = {.entry = entry, .now_ms = pl_stub_clock(s->stub)};

    if (s->count < FOLLOWED_MAX && follower_take(&f, message))
        s->followers[s->count++] = f;
}

/* Takes none, so that it is shown all that may match. */
static bool consider(void *self, stub_entry *entry, const pl_dynamic *message) {
    script *s = self;

    if (is_allowed(s, entry))
        follow(s, entry, message);
    return false;
}

static int by_rank(const void *left, const void *right) {
    const follower *a = left, *b = right;

    return a->entry->rank < b->entry->rank ? -1 : a->entry->rank > b->entry->rank;
}

/* The contracts that begin with MESSAGE (NULL: with no message at all). */
static void begin(script *s, const pl_dynamic *message) {
    pthread_mutex_lock(&s->stub->mu);
    if (message && !s->method->any_order)
        (void)stub_index_find(s->method, message, consider, s);
    for (size_t i = 0; i < s->method->entry_count && (!message || s->method->any_order); i++)
        (void)consider(s, &s->method->entries[i], message);
    pthread_mutex_unlock(&s->stub->mu);
    if (s->count > 1)
        qsort(s->followers, s->count, sizeof *s->followers, by_rank);
}

/* The contract of the lowest rank, where it is the stub that speaks first. */
static void begin_unasked(script *s) {
    pthread_mutex_lock(&s->stub->mu);
    for (size_t i = 0; i < s->method->entry_count; i++) {
        follower f = {.entry = &s->method->entries[i], .now_ms = pl_stub_clock(s->stub)};
        const pl_contract_step *step = follower_due(&f);
        if (!is_allowed(s, f.entry))
            continue;
        if (step && !follower_waits(&f, step))
            s->followers[s->count++] = f;
        break;
    }
    pthread_mutex_unlock(&s->stub->mu);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static pl_code refuse_first(script *s, const pl_dynamic *message) {
    pl_verdict verdict = pl_verdict_make(pl_call_arena(s->call));
    const stub_entry *closest = NULL;
    pl_code code;

    pthread_mutex_lock(&s->stub->mu);
    if (message)
        closest = stub_closest(s->stub, &stub_by_grpc, s->method, s->call, message, &verdict);
    code = message || !s->method->entry_count
               ? stub_refuse(&stub_by_grpc, s->method, s->call, closest, &verdict)
               : stub_refuse_step(s->call, &s->method->entries[0], "expected a message, got none");
    pthread_mutex_unlock(&s->stub->mu);
    return code;
}

/* MESSAGE is not what the leader waits for. */
static pl_code refuse_next(script *s, follower *leader, const pl_dynamic *message) {
    const pl_contract_step *step = follower_due(leader);
    pl_verdict verdict = pl_verdict_make(pl_call_arena(s->call));
    char text[TEXT_MAX], prefix[32];

    (void)snprintf(prefix, sizeof prefix, "message %zu", s->came);
    if (message && step && step->kind == PL_STEP_RECV &&
        !follower_fits(leader, step, message, prefix, &verdict))
        return stub_refuse(NULL, s->method, s->call, leader->entry, &verdict);
    if (message)
        (void)snprintf(text, sizeof text, "expected %s, got message %zu",
                       step && step->kind == PL_STEP_ANY_ORDER ? "another message"
                                                               : "no more messages",
                       s->came);
    else
        (void)snprintf(text, sizeof text, "expected another message after %zu, got none", s->came);
    return stub_refuse_step(s->call, leader->entry, text);
}

static void keep_first(script *s, pl_str bytes) {
    if (s->came != 1 || bytes.n > PL_STUB_JOURNAL_REQUEST_MAX)
        return;
    s->first = malloc(bytes.n + 1);
    if (!s->first)
        return;
    if (bytes.n)
        memcpy(s->first, bytes.p, bytes.n);
    s->first_size = bytes.n;
}

/* Receives what comes next; *out_message is NULL at the end. */
static pl_code receive(script *s, pl_dynamic **out_message) {
    pl_error err = PL_ERROR_INIT;
    pl_str bytes;
    bool came = false;
    pl_code code = pl_stream_recv_bytes(s->stream, &bytes, &came);

    *out_message = NULL;
    if (code != PL_OK || !came)
        return code;
    s->came++;
    keep_first(s, bytes);
    pl_arena_clear(&s->arena);
    code = pl_dynamic_decode(s->method->type->input, bytes, &s->arena, out_message, &err);
    return code == PL_OK ? PL_OK
                         : pl_call_fail(s->call, code, NULL, "%s: message %zu: %s",
                                        s->method->type->path.p, s->came, err.message);
}

/* The closest contract plays, whatever MESSAGE (NULL: the end) is. */
static void adopt(script *s, const pl_dynamic *message) {
    pl_verdict verdict;
    stub_entry *closest;

    pthread_mutex_lock(&s->stub->mu);
    closest = message ? stub_closest(s->stub, &stub_by_grpc, s->method, s->call, message, &verdict)
              : s->method->entry_count ? &s->method->entries[0]
                                       : NULL;
    if (closest && stub_entry_ready(s->stub, closest)) {
        s->followers[0] = (follower){.entry = closest, .now_ms = pl_stub_clock(s->stub)};
        s->count = 1;
        follower_overlook(&s->followers[0], message != NULL);
    }
    pthread_mutex_unlock(&s->stub->mu);
}

static pl_code follow_next(script *s) {
    pl_dynamic *message;
    size_t kept = 0;
    pl_code code = receive(s, &message);

    if (code != PL_OK)
        return code;
    if (s->count == 0) {
        begin(s, message);
        if (!s->count && s->stub->opts.lenient)
            adopt(s, message);
        return s->count ? PL_OK : refuse_first(s, message);
    }
    for (size_t i = 0; i < s->count; i++) {
        follower f = s->followers[i];
        if (follower_take(&f, message))
            s->followers[kept++] = f;
    }
    if (kept == 0 && !s->stub->opts.lenient)
        return refuse_next(s, &s->followers[0], message);
    if (kept == 0)
        follower_overlook(&s->followers[0], message != NULL);
    s->count = kept ? kept : 1;
    return PL_OK;
}

/* ---- sending --------------------------------------------------------------------------------- */

static pl_code send(script *s, const pl_contract_step *step) {
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_buf wire = pl_buf_make(PL_SERVER_MAX_MESSAGE);
    pl_code code;

    opts.now_ms = pl_stub_clock(s->stub);
    pl_arena_clear(&s->arena);
    code = pl_example_bytes(step->message, s->method->type->output, &opts, &s->arena, &wire);
    if (code != PL_OK)
        code = pl_call_no_memory(s->call);
    for (uint32_t i = 0; code == PL_OK && i < step->min; i++)
        code = pl_stream_send_bytes(s->stream, pl_buf_view(&wire));
    pl_buf_done(&wire);
    return code;
}

static pl_code send_all(script *s, follower *f, const pl_contract_step *group) {
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < follower_inner_count(group); i++) {
        if (group->steps[i].kind != PL_STEP_SEND)
            continue;
        code = send(s, &group->steps[i]);
        f->counts[i] = 1;
    }
    return code;
}

/* Does the stub's part of the leader's script; *out_over: the call is over. */
static pl_code speak(script *s, follower *leader, const pl_contract_step *step, bool *out_over) {
    pl_code code = PL_OK;

    s->count = 1;
    if (step->kind == PL_STEP_ANY_ORDER)
        return send_all(s, leader, step);
    if (step->kind == PL_STEP_SEND)
        code = send(s, step);
    else if (step->kind == PL_STEP_DELAY)
        stub_wait(s->call, step->delay_ms);
    *out_over = step->kind == PL_STEP_STATUS;
    follower_go_on(leader);
    return code;
}

/* ---- a call ---------------------------------------------------------------------------------- */

static pl_code finish(script *s) {
    stub_entry *entry = s->followers[0].entry;
    pl_code code;

    pthread_mutex_lock(&s->stub->mu);
    code = stub_end(entry, s->call, pl_stub_clock(s->stub));
    pthread_mutex_unlock(&s->stub->mu);
    return code;
}

static pl_code play(script *s) {
    pl_code code = PL_OK;
    bool over = false;

    begin_unasked(s);
    while (code == PL_OK && !over) {
        follower *leader = s->count ? &s->followers[0] : NULL;
        const pl_contract_step *step = leader ? follower_due(leader) : NULL;
        if (leader && !step)
            over = true;
        else if (!leader || follower_waits(leader, step))
            code = follow_next(s);
        else
            code = speak(s, leader, step, &over);
    }
    return code == PL_OK ? finish(s) : code;
}

static pl_code run(stub_service *self, const stub_method *method, pl_call *call,
                   pl_stream *stream) {
    pl_stub *stub = self->stub;
    script s = {.stub = stub, .method = method, .call = call, .stream = stream};
    pl_code code;

    if (stub->opts.latency_ms)
        stub_wait(call, stub->opts.latency_ms);
    code = stub_disturb(stub, method, call);
    if (code != PL_OK)
        return code;
    s.followers = calloc(FOLLOWED_MAX, sizeof *s.followers);
    if (!s.followers)
        return pl_call_no_memory(call);
    s.arena = pl_arena_make(MESSAGE_MEMORY_MAX);
    code = play(&s);
    pthread_mutex_lock(&stub->mu);
    stub_journal_add(stub, &stub_by_grpc, method, s.count ? s.followers[0].entry : NULL, code,
                     pl_str_make(s.first, s.first_size), pl_call_error(call)->message);
    pthread_mutex_unlock(&stub->mu);
    free(s.first);
    free(s.followers);
    pl_arena_done(&s.arena);
    return code;
}

pl_code stub_stream(const void *impl, pl_call *call, const ProtobufCMessage *request,
                    pl_stream *stream, ProtobufCMessage **out_response) {
    const stub_service *bound = impl;
    size_t index = (size_t)(pl_call_method(call) - bound->desc.methods);
    stub_service *service = stub_enter(bound);
    pl_code code = run(service, &service->methods[index], call, stream);

    (void)request;
    (void)out_response;
    stub_leave(service);
    return code;
}

/* One call: the steps of its contract, mirrored. */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "parley/base/clock.h"

/* Bytes of one request. */
#define REQUEST_MAX PL_CHANNEL_MAX_MESSAGE

typedef struct exchange {
    engine_run *run;
    const pl_contract *contract;
    pl_stream *stream;
    follow *follow;
    engine_answer answer;
    int64_t deadline_ns;
    size_t sent, came; /* messages */
    bool over;         /* the other side sends no more */
    bool garbled;      /* what it sent makes no sense: its status says nothing */
} exchange;

static bool no_memory(engine_run *run) {
    engine_fails(run, "%s: no memory for the exchange", run->contract->method->path.p);
    return false;
}

/* ---- what is sent ---------------------------------------------------------------------------- */

bool engine_header(engine_run *run, const pl_contract_header *header, pl_metadata *out) {
    pl_match_opts opts = engine_match_opts(run, "");
    pl_buf wire = pl_buf_make(PL_CALL_METADATA_VALUE_MAX);
    bool done = true;

    out->key = header->name.p;
    out->value = pl_example_text(header->matcher, &opts, &run->scratch);
    if (header->type) {
        done = pl_example_bytes(header->matcher->items[0], header->type, &opts, &run->scratch,
                                &wire) == PL_OK;
        char *copy = pl_arena_strndup(&run->scratch, wire.p, wire.n);
        out->value = pl_str_make(copy, wire.n);
        done = done && copy;
    }
    pl_buf_done(&wire);
    return done;
}

static bool open_stream(exchange *x) {
    const pl_contract *c = x->contract;
    pl_metadata *metadata = pl_arena_calloc(&x->run->scratch, c->metadata_count + 1,
                                            sizeof *metadata);
    pl_bytes_request request = {
        .path = c->method->path.p, .deadline_ns = x->deadline_ns, .metadata = metadata};
    pl_error err = PL_ERROR_INIT;

    if (!metadata)
        return no_memory(x->run);
    for (size_t i = 0; i < c->metadata_count; i++) {
        if (c->metadata[i].matcher->kind == PL_MATCH_ABSENT)
            continue;
        if (!engine_header(x->run, &c->metadata[i], &metadata[request.metadata_count]))
            return no_memory(x->run);
        request.metadata_count++;
    }
    if (pl_stream_open_bytes(x->run->v->target.channel, &request, &x->stream, &err) == PL_OK)
        return true;
    engine_unanswered(x->run, &x->run->v->target, c->method->path.p, &err);
    return false;
}

/* Sends the example of STEP as often as it must come. */
static void send_step(exchange *x, const pl_contract_step *step) {
    pl_match_opts opts = engine_match_opts(x->run, "");
    pl_arena arena = pl_arena_make(PL_VERIFY_EXCHANGE_MAX);
    pl_buf wire = pl_buf_make(REQUEST_MAX);

    pl_code code = pl_example_bytes(step->message, x->contract->method->input, &opts, &arena,
                                    &wire);
    if (code != PL_OK)
        (void)no_memory(x->run);
    /* Where the call is over already, its status says why. */
    for (uint32_t i = 0; code == PL_OK && i < step->min; i++) {
        code = pl_stream_send_bytes(x->stream, pl_buf_view(&wire));
        x->sent += code == PL_OK;
    }
    pl_buf_done(&wire);
    pl_arena_done(&arena);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static bool keep(exchange *x, pl_str bytes) {
    engine_answer *a = &x->answer;

    if (!x->contract->idempotent)
        return true;
    if (a->count == a->room) {
        size_t room = a->room ? 2 * a->room : 8;
        pl_str *grown = pl_arena_calloc(&x->run->scratch, room, sizeof *grown);
        if (!grown)
            return no_memory(x->run);
        if (a->count)
            memcpy(grown, a->messages, a->count * sizeof *grown);
        a->messages = grown;
        a->room = room;
    }
    char *copy = pl_arena_strndup(&x->run->scratch, bytes.p ? bytes.p : "", bytes.n);
    if (!copy)
        return no_memory(x->run);
    a->messages[a->count++] = pl_str_make(copy, bytes.n);
    return true;
}

static void check_forbidden(exchange *x, const pl_dynamic *message, pl_arena *arena) {
    const pl_contract *c = x->contract;
    pl_verdict verdict = pl_verdict_make(arena);
    pl_match_opts opts = engine_match_opts(x->run, "response");

    (void)pl_match_without(message, c->must_not_contain, c->must_not_contain_count, &opts,
                           &verdict);
    verdict.comparisons += c->must_not_contain_count;
    engine_take(x->run, &verdict, c->at);
}

/* Compares the next message that came, while the script stands at step LIMIT. */
static void take(exchange *x, pl_str bytes, size_t limit) {
    pl_arena arena = pl_arena_make(PL_VERIFY_EXCHANGE_MAX);
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;
    if (!keep(x, bytes)) {
        x->over = true;
    } else if (pl_dynamic_decode(x->contract->method->output, bytes, &arena, &message, &err)) {
        engine_differs(x->run, x->contract->at, "response",
                       x->contract->method->output->full_name.p, "%zu bytes that are none: %s",
                       bytes.n, err.message);
        x->over = x->garbled = true;
    } else {
        follow_take(x->follow, message, limit);
        if (x->contract->must_not_contain_count)
            check_forbidden(x, message, &arena);
    }
    pl_arena_done(&arena);
}

static void receive(exchange *x, size_t limit) {
    pl_str bytes;
    bool came = false;

    if (pl_stream_recv_bytes(x->stream, &bytes, &came) == PL_OK && came) {
        x->came++;
        take(x, bytes, limit);
    } else {
        x->over = true;
    }
}

/* ---- the script ------------------------------------------------------------------------------ */

static void play_step(exchange *x, size_t at) {
    const pl_contract_step *step = &x->contract->steps[at];

    switch (step->kind) {
    case PL_STEP_RECV:
        send_step(x, step);
        /* Who takes one message waits for no more, wherever the script closes. */
        if (!x->contract->method->client_streaming)
            pl_stream_end(x->stream);
        break;
    case PL_STEP_ANY_ORDER:
        for (size_t i = 0; i < step->step_count; i++) {
            if (step->steps[i].kind == PL_STEP_RECV)
                send_step(x, &step->steps[i]);
        }
        break;
    case PL_STEP_CLOSE:
        pl_stream_end(x->stream);
        break;
    default: /* a delay is the provider's; the deadline allows for it */
        break;
    }
    if (step->kind == PL_STEP_STATUS) {
        while (!x->over)
            receive(x, at);
    } else if (follow_sends(step)) {
        while (!x->over && !follow_has(x->follow, at))
            receive(x, at);
    }
}

static uint64_t allowed_ms(const engine_run *run) {
    const pl_contract *c = run->contract;
    uint64_t ms = engine_timeout_ms(run->v);

    if (c->within_ms > ms / 2)
        ms = 2 * c->within_ms;
    for (size_t i = 0; i < c->step_count; i++)
        ms += c->steps[i].delay_ms;
    return ms;
}

static bool is_too_wide(const pl_contract *c) {
    for (size_t i = 0; i < c->step_count; i++) {
        if (c->steps[i].step_count > FOLLOW_GROUP_MAX)
            return true;
    }
    return false;
}

static void check_time(engine_run *run, int64_t started_ns) {
    uint64_t took_ms = (uint64_t)((pl_now_ns() - started_ns) / PL_NS_PER_MS);
    pl_contract_at at = run->contract->within_at;
    char expected[32];

    if (!run->contract->within_ms)
        return;
    if (took_ms <= run->contract->within_ms) {
        engine_held(run);
        return;
    }
    (void)snprintf(expected, sizeof expected, "at most %llu ms",
                   (unsigned long long)run->contract->within_ms);
    engine_differs(run, at.line ? at : run->contract->at, "within", expected, "%llu ms",
                   (unsigned long long)took_ms);
}

/* Of a stream whose end nobody told: how far it had come, STEP being the last that was played. */
static void note_place(const exchange *x, const pl_contract_step *step) {
    const pl_method_type *method = x->contract->method;

    if (!method->client_streaming && !method->server_streaming)
        return;
    /* That a call ends is seldom written down. */
    if (step->kind == PL_STEP_STATUS)
        engine_notes(x->run, "%zu sent, %zu received; then it did not end", x->sent, x->came);
    else
        engine_notes(x->run, "%zu sent, %zu received; then nothing came for the step in line %u",
                     x->sent, x->came, step->at.line);
}

/* Over gRPC. False: there is no answer to look at further. */
static bool play(exchange *x, bool *out_as_said) {
    const pl_contract_step *step = x->contract->steps;
    pl_bytes_reply *reply = NULL;

    if (!open_stream(x))
        return false;
    for (size_t i = 0; i < x->contract->step_count && !x->over; i++) {
        step = &x->contract->steps[i];
        play_step(x, i);
    }
    if (x->over)
        pl_stream_end(x->stream);
    pl_stream_close_bytes(x->stream, &reply);
    bool answered = reply ? !x->garbled && engine_ending(x->run, reply, x->deadline_ns, out_as_said)
                          : no_memory(x->run);
    pl_bytes_reply_free(reply);
    if (!answered && !x->garbled)
        note_place(x, step);
    return answered;
}

/* The contract's call is one over HTTP. */
static bool is_rest(const engine_run *run) {
    const pl_contract *c = run->contract;

    return run->v->opts.rest && c->http && !c->method->client_streaming &&
           !c->method->server_streaming;
}

/* The same over HTTP. */
static bool play_rest(exchange *x, bool *out_as_said) {
    pl_match_opts opts = engine_match_opts(x->run, "");
    pl_buf wire = pl_buf_make(REQUEST_MAX);
    pl_bytes_reply reply;

    bool answered = pl_example_bytes(pl_contract_request(x->contract), x->contract->method->input,
                                     &opts, &x->run->scratch, &wire) == PL_OK
                        ? engine_http(x->run, pl_buf_view(&wire), x->deadline_ns, &reply)
                        : no_memory(x->run);
    pl_buf_done(&wire);
    if (answered && reply.code == PL_OK)
        take(x, reply.body, x->contract->step_count - 1);
    if (answered)
        *out_as_said = engine_status(x->run, &reply);
    return answered;
}

/* Calls once. False: there is no answer to look at further. */
static bool exchange_once(engine_run *run, engine_answer *out_answer) {
    exchange x = {.run = run, .contract = run->contract, .follow = follow_new(run)};
    int64_t started_ns = pl_now_ns();
    bool as_said = false;

    if (!x.follow)
        return no_memory(run);
    /* Over HTTP nothing is said, and what was said of another call is not of this one. */
    engine_listen(&run->v->target);
    x.deadline_ns = pl_deadline_ms((int64_t)allowed_ms(run));
    bool answered = is_rest(run) ? play_rest(&x, &as_said) : play(&x, &as_said);
    run->v->answered = run->v->answered || answered;
    /* Why a call that failed sent less is its status. */
    if (answered && as_said)
        follow_end(x.follow);
    if (answered)
        check_time(run, started_ns);
    *out_answer = x.answer;
    return answered;
}

void engine_call(engine_run *run) {
    const pl_contract *c = run->contract;
    engine_answer first, second;

    if (is_too_wide(c)) {
        engine_fails(run, "any_order of more than %d steps cannot be verified", FOLLOW_GROUP_MAX);
        return;
    }
    if (c->http && !is_rest(run))
        engine_notes(run, "over gRPC; its binding %s %s is not tried", c->http->verb.p,
                     c->http->path.p);
    else if (c->http && c->trailer_count)
        engine_notes(run, "over HTTP, which has no trailers: they are not compared");
    if (!exchange_once(run, &first) || !c->idempotent || engine_failed(run))
        return;
    if (exchange_once(run, &second) && !engine_failed(run))
        engine_same(run, &first, &second);
    else
        engine_notes(run, "idempotent: the first time it was right");
}

#include <stdio.h>

#include "engine.h"

bool engine_value(void *verifier, pl_str name, pl_str *out_text) {
    const engine_values *values = &((const pl_verifier *)verifier)->values;

    for (size_t i = values->count; i-- > 0;) {
        if (!pl_str_eq(values->names[i], name))
            continue;
        *out_text = values->texts[i];
        return true;
    }
    return false;
}

pl_match_opts engine_match_opts(const engine_run *run, const char *prefix) {
    pl_match_opts opts = PL_MATCH_OPTS_INIT;

    opts.now_ms = run->now_ms;
    opts.prefix = pl_str_c(prefix);
    if (run->v->states.channel) {
        opts.state_value = engine_value;
        opts.self = run->v;
    }
    return opts;
}

/* The character at the beginning of TEXT; of a byte that begins none, that byte. */
static pl_str first_character(pl_str text) {
    enum { BYTES_MAX = 4 };

    for (size_t n = 1; n <= BYTES_MAX && n <= text.n; n++) {
        if (pl_utf8_valid(pl_str_make(text.p, n)))
            return pl_str_make(text.p, n);
    }
    return pl_str_make(text.p, 1);
}

/* No control character, also of C1, and no byte that is not UTF-8. */
static bool is_shown(pl_str character) {
    unsigned char first = (unsigned char)character.p[0];

    if (character.n == 1)
        return first >= ' ' && first < 0x7f;
    return character.n > 2 || first != 0xc2 || (unsigned char)character.p[1] > 0x9f;
}

/* Text that is reported. What a provider says may have control characters, which a terminal would
 * obey and XML refuses, and may not be UTF-8: both are shown as \x1b. */
static pl_str kept(engine_run *run, pl_str text) {
    pl_buf shown = pl_buf_make(4 * text.n + 1);

    for (pl_str c; text.n; text = pl_str_make(text.p + c.n, text.n - c.n)) {
        c = first_character(text);
        if (is_shown(c))
            pl_buf_str(&shown, c);
        else
            pl_buf_printf(&shown, "\\x%02x", (unsigned char)c.p[c.n - 1]);
    }
    char *copy = shown.failed ? NULL : pl_arena_cstr(&run->v->arena, pl_buf_view(&shown));
    pl_str out = copy ? pl_str_make(copy, shown.n) : pl_str_c("(no memory)");
    pl_buf_done(&shown);
    return out;
}

static void add(engine_run *run, pl_contract_at at, pl_str path, pl_str expected, pl_str actual) {
    pl_verify_result *r = run->result;

    r->difference_total++;
    if (!run->differences)
        run->differences = pl_arena_calloc(&run->v->arena, PL_VERIFY_DIFFERENCES_MAX,
                                           sizeof *run->differences);
    if (!run->differences || r->difference_count == PL_VERIFY_DIFFERENCES_MAX)
        return;
    r->differences = run->differences;
    run->differences[r->difference_count++] = (pl_verify_difference){
        .path = kept(run, path),
        .expected = kept(run, expected),
        .actual = kept(run, actual),
        .at = at.line ? at : run->contract->at,
    };
}

void engine_take(engine_run *run, const pl_verdict *verdict, pl_contract_at at) {
    run->result->comparisons += verdict->comparisons;
    for (size_t i = 0; i < verdict->count; i++) {
        const pl_difference *d = &verdict->differences[i];
        add(run, d->matcher && d->matcher->at.line ? d->matcher->at : at, d->path, d->expected,
            d->actual);
    }
    run->result->difference_total += verdict->total - verdict->count;
}

void engine_differs(engine_run *run, pl_contract_at at, const char *path, const char *expected,
                    const char *format, ...) {
    char actual[ENGINE_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(actual, sizeof actual, format, args);
    va_end(args);
    run->result->comparisons++;
    add(run, at, pl_str_c(path), pl_str_c(expected), pl_str_c(actual));
}

void engine_held(engine_run *run) {
    run->result->comparisons++;
}

static void say(engine_run *run, pl_str *out, const char *format, va_list args) {
    char text[ENGINE_TEXT_MAX];

    if (out->n)
        return;
    (void)vsnprintf(text, sizeof text, format, args);
    *out = kept(run, pl_str_c(text));
}

void engine_fails(engine_run *run, const char *format, ...) {
    va_list args;

    va_start(args, format);
    say(run, &run->result->message, format, args);
    va_end(args);
}

/* One does not hide another. */
void engine_notes(engine_run *run, const char *format, ...) {
    char both[2 * ENGINE_TEXT_MAX];
    pl_str *note = &run->result->note, more = pl_str_c("");
    va_list args;

    va_start(args, format);
    say(run, &more, format, args);
    va_end(args);
    if (note->n) {
        (void)snprintf(both, sizeof both, "%s; %s", note->p, more.p);
        more = kept(run, pl_str_c(both));
    }
    *note = more;
}

bool engine_failed(const engine_run *run) {
    return run->result->difference_total > 0 || run->result->message.n > 0;
}

void engine_unanswered(engine_run *run, engine_peer *peer, const char *method,
                       const pl_error *err) {
    char said[ENGINE_SAID_MAX], words[PL_ERROR_MESSAGE_MAX];

    pthread_mutex_lock(&peer->mu);
    (void)snprintf(said, sizeof said, "%s", peer->said);
    pthread_mutex_unlock(&peer->mu);
    if (peer == &run->v->target)
        run->v->nobody = said_nobody(said);
    said_in_short(said, words);
    engine_fails(run, "%s at %s: %s: %s; the connection is %s%s%s", method, peer->address,
                 pl_code_name(err->code), err->message, pl_channel_connection(peer->channel),
                 *words ? "; the transport said: " : "", words);
}

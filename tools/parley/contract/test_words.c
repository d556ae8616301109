#include "contract/test_words.h"

#include <string.h>

enum { WORDS_MAX = 1 << 20 };

static void given(const pl_contract *c, pl_buf *out) {
    for (size_t i = 0; i < c->given_count; i++) {
        const pl_contract_state *state = &c->given[i];
        pl_buf_printf(out, "%s %s", i ? "  and" : "Given", state->name.p);
        for (size_t k = 0; k < state->parameter_count; k++)
            pl_buf_printf(out, "%s%s %s", k ? ", " : " (", state->parameters[k].name.p,
                          state->parameters[k].json.p);
        pl_buf_puts(out, state->parameter_count ? ")\n" : "\n");
    }
}

/* The fields of BODY, below what was said of it. */
static void fields(const pl_matcher *body, pl_buf *out) {
    size_t before = out->n;
    pl_buf_putc(out, '\n');
    show_rules(body, out);
    if (out->n == before + 1) {
        out->n = before;
        pl_buf_puts(out, ", whatever it is\n");
    }
}

static void ends(const pl_contract *c, const pl_contract_status *status, pl_buf *out) {
    pl_buf_printf(out, "  the call ends with %s", pl_code_name((pl_code)status->code));
    if (status->message) {
        pl_buf_puts(out, ", message ");
        pl_matcher_describe(status->message, pl_text_field(), out);
    }
    pl_buf_putc(out, '\n');
    for (size_t i = 0; i < status->detail_count; i++) {
        pl_buf_printf(out, "  with a detail %s", status->details[i]->type->full_name.p);
        fields(status->details[i]->items[0], out);
    }
    (void)c;
}

static void times(const pl_contract_step *step, pl_buf *out) {
    if (step->max <= 1)
        return;
    if (step->min == step->max)
        pl_buf_printf(out, " %u times", step->max);
    else
        pl_buf_printf(out, " %u to %u times", step->min, step->max);
}

static void steps(const pl_contract *c, const pl_contract_step *list, size_t count, pl_buf *out) {
    for (size_t i = 0; i < count; i++) {
        const pl_contract_step *step = &list[i];
        switch (step->kind) {
        case PL_STEP_RECV:
            pl_buf_puts(out, "  it is sent");
            times(step, out);
            fields(step->message, out);
            break;
        case PL_STEP_SEND:
            pl_buf_puts(out, "  it answers");
            times(step, out);
            fields(step->message, out);
            break;
        case PL_STEP_CLOSE:
            if (c->method->client_streaming)
                pl_buf_puts(out, "  nothing more is sent\n");
            break;
        case PL_STEP_DELAY:
            pl_buf_printf(out, "  %llu ms pass\n", (unsigned long long)step->delay_ms);
            break;
        case PL_STEP_STATUS:
            if (step->status.code != PL_OK || step->status.message || step->status.detail_count)
                ends(c, &step->status, out);
            break;
        case PL_STEP_ANY_ORDER:
            pl_buf_puts(out, "  in any order:\n");
            steps(c, step->steps, step->step_count, out);
        }
    }
}

static void conditions(const pl_contract *c, pl_buf *out) {
    if (c->within_ms)
        pl_buf_printf(out, "  within %llu ms\n", (unsigned long long)c->within_ms);
    if (c->idempotent)
        pl_buf_puts(out, "  and sent twice it is answered equally, with one effect\n");
    for (size_t i = 0; i < c->must_not_contain_count; i++)
        pl_buf_printf(out, "  and it never has %s\n", c->must_not_contain[i].p);
    if (c->ignored.until.n)
        pl_buf_printf(out, "  Ignored until %s: %s\n", c->ignored.until.p, c->ignored.because.p);
    if (c->in_progress.until.n)
        pl_buf_printf(out, "  In progress until %s: %s\n", c->in_progress.until.p,
                      c->in_progress.because.p);
}

static void say(const pl_contract *c, pl_buf *out) {
    pl_buf_printf(out, "%s:%u\n", c->file->path.p, c->at.line);
    given(c, out);
    if (c->event) {
        pl_buf_printf(out, "%s %s happens\n  %s is published on %s with",
                      c->given_count ? "when" : "When", c->trigger.p, c->event->name.p,
                      c->stream.p);
        fields(c->payload, out);
    } else {
        pl_buf_printf(out, "%s %s calls %s.%s", c->given_count ? "when" : "When",
                      c->file->consumer.p, c->method->service->name.p, c->method->name.p);
        if (c->http)
            pl_buf_printf(out, ", as %s %s", c->http->verb.p, c->http->path.p);
        pl_buf_putc(out, '\n');
        steps(c, c->steps, c->step_count, out);
    }
    conditions(c, out);
}

/* LINES as a comment: nothing in them ends or begins one. */
static void comment(pl_str lines, pl_buf *out) {
    pl_str line;
    const char *begin = "/* ";
    while (pl_str_split(&lines, '\n', &line)) {
        while (line.n && line.p[line.n - 1] == ' ')
            line.n--;
        if (!line.n && !lines.n)
            break;
        pl_buf_puts(out, begin);
        begin = "\n * ";
        for (size_t i = 0; i < line.n; i++) {
            bool delimits = i && ((line.p[i - 1] == '*' && line.p[i] == '/') ||
                                  (line.p[i - 1] == '/' && line.p[i] == '*'));
            if (delimits)
                pl_buf_putc(out, ' ');
            pl_buf_putc(out, (unsigned char)line.p[i] < ' ' ? ' ' : line.p[i]);
        }
    }
    pl_buf_puts(out, " */\n");
}

bool test_words(const pl_contract *contract, pl_buf *out) {
    pl_buf words = pl_buf_make(WORDS_MAX);
    say(contract, &words);
    bool whole = !words.failed;
    comment(pl_buf_view(&words), out);
    pl_buf_done(&words);
    return whole && !out->failed;
}

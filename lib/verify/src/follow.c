/* The messages that came, against the steps that send.
 *
 * A step may send several messages, and the next one's may look alike, so all the ways in which
 * what came fits the script are followed at once. A message that fits none of them is reported
 * against the furthest, and counts there all the same, so that those behind it are compared too.
 */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "parley/json/proto_json.h"

/* Ways that are followed at once; further ones are dropped. */
#define PLACES_MAX 256
/* Bytes of the place of a message, in words. */
#define PLACE_SIZE 48
/* Bytes of a message too many that are shown. */
#define SURPLUS_SHOWN 500u

/* One way: the step at hand, and how much of it has come. */
typedef struct place {
    size_t at;
    uint32_t counts[FOLLOW_GROUP_MAX]; /* [0] where the step is one of its own */
} place;

struct follow {
    engine_run *run;
    place *places, *next; /* PLACES_MAX each */
    size_t count, next_count;
    size_t came;  /* messages */
    size_t first; /* step that sends */
};

bool follow_sends(const pl_contract_step *step) {
    if (step->kind == PL_STEP_SEND)
        return true;
    for (size_t i = 0; step->kind == PL_STEP_ANY_ORDER && i < step->step_count; i++) {
        if (step->steps[i].kind == PL_STEP_SEND)
            return true;
    }
    return false;
}

static const pl_contract_step *step_of(const follow *f, size_t at) {
    return &f->run->contract->steps[at];
}

/* The first step from AT on that sends, or the number of steps. */
static size_t sender(const follow *f, size_t at) {
    while (at < f->run->contract->step_count && !follow_sends(step_of(f, at)))
        at++;
    return at;
}

/* The messages that STEP is: itself, or those of its group. */
static const pl_contract_step *parts(const pl_contract_step *step, size_t *out_count) {
    bool group = step->kind == PL_STEP_ANY_ORDER;

    *out_count = !group                                ? 1
                 : step->step_count < FOLLOW_GROUP_MAX ? step->step_count
                                                       : FOLLOW_GROUP_MAX;
    return group ? step->steps : step;
}

/* The first part of the place's step of which less than so much has come, or NULL. */
static const pl_contract_step *below(const follow *f, const place *p, bool max) {
    size_t count;
    const pl_contract_step *part = parts(step_of(f, p->at), &count);

    for (size_t i = 0; i < count; i++) {
        if (part[i].kind == PL_STEP_SEND && p->counts[i] < (max ? part[i].max : part[i].min))
            return &part[i];
    }
    return NULL;
}

/* The first part of which too little has come, or NULL. */
static const pl_contract_step *lacking(const follow *f, const place *p) {
    return below(f, p, false);
}

follow *follow_new(engine_run *run) {
    follow *f = PL_ARENA_NEW(&run->scratch, follow);

    if (!f)
        return NULL;
    f->run = run;
    f->places = pl_arena_calloc(&run->scratch, PLACES_MAX, sizeof *f->places);
    f->next = pl_arena_calloc(&run->scratch, PLACES_MAX, sizeof *f->next);
    if (!f->places || !f->next)
        return NULL;
    f->first = sender(f, 0);
    f->places[0].at = f->first;
    f->count = f->first < run->contract->step_count;
    return f;
}

static void add(follow *f, const place *p) {
    for (size_t i = 0; i < f->next_count; i++) {
        if (memcmp(&f->next[i], p, sizeof *p) == 0)
            return;
    }
    if (f->next_count < PLACES_MAX)
        f->next[f->next_count++] = *p;
    else
        engine_notes(f->run,
                     "its steps look alike in more than %d ways; the others were not followed",
                     PLACES_MAX);
}

/* "response[2]"; "response" where there is one at most. */
static void place_text(const follow *f, size_t index, char out[PLACE_SIZE]) {
    if (f->run->contract->method->server_streaming)
        (void)snprintf(out, PLACE_SIZE, "response[%zu]", index);
    else
        (void)snprintf(out, PLACE_SIZE, "response");
}

/* MESSAGE is one of PART's; REPORT: adds what differs. */
static bool fits(follow *f, const pl_contract_step *part, const pl_dynamic *message, bool report) {
    char prefix[PLACE_SIZE];
    pl_arena arena = pl_arena_make(PL_VERIFY_EXCHANGE_MAX);
    pl_verdict verdict = pl_verdict_make(&arena);

    place_text(f, f->came - 1, prefix);
    pl_match_opts opts = engine_match_opts(f->run, prefix);
    bool same = pl_match_message(part->message, message, &opts, &verdict);
    if (same || report)
        engine_take(f->run, &verdict, part->at);
    pl_arena_done(&arena);
    return same;
}

/* Adds the places that follow P where MESSAGE is of its step. */
static void take_at(follow *f, const place *p, const pl_dynamic *message) {
    size_t count;
    const pl_contract_step *part = parts(step_of(f, p->at), &count);

    for (size_t i = 0; i < count; i++) {
        if (part[i].kind != PL_STEP_SEND || p->counts[i] >= part[i].max ||
            !fits(f, &part[i], message, false))
            continue;
        place taken = *p;
        taken.counts[i]++;
        add(f, &taken);
    }
}

/* The place behind P, at its next step; false: there is none up to LIMIT. */
static bool behind(const follow *f, const place *p, size_t limit, place *out) {
    size_t at = sender(f, p->at + 1);

    if (lacking(f, p) || at > limit || at >= f->run->contract->step_count)
        return false;
    memset(out, 0, sizeof *out);
    out->at = at;
    return true;
}

/* Where in the contract the last message is that it sends; where none is, the contract. */
static pl_contract_at last_at(const follow *f) {
    const pl_contract *c = f->run->contract;

    for (size_t i = c->step_count; i-- > 0;) {
        if (follow_sends(&c->steps[i]))
            return c->steps[i].at;
    }
    return c->at;
}

/* It has a sensitive value, or an Any, which may hold one: it is not shown. */
static bool is_secret(const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    pl_dynamic_value value;

    if (pl_str_eqc(type->full_name, "google.protobuf.Any"))
        return true;
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        size_t count = pl_dynamic_count(message, field);
        if (count && field->sensitive)
            return true;
        for (size_t k = 0; field->message && k < count; k++) {
            if (field->repeated)
                value = pl_dynamic_at(message, field, k);
            else
                (void)pl_dynamic_get(message, field, &value);
            if (is_secret(value.message))
                return true;
        }
    }
    return false;
}

/* MESSAGE is one too many. */
static void surplus(follow *f, const pl_dynamic *message) {
    pl_buf wire = pl_buf_make(PL_CHANNEL_MAX_MESSAGE), json = pl_buf_make(PL_VERIFY_EXCHANGE_MAX);
    pl_error err = PL_ERROR_INIT;
    char text[PLACE_SIZE];

    place_text(f, f->came - 1, text);
    bool shown = !is_secret(message) && pl_dynamic_encode(message, &wire) &&
                 pl_wire_to_json(pl_dynamic_type(message), pl_buf_view(&wire), NULL, &json, &err) ==
                     PL_OK;
    size_t n = json.n < SURPLUS_SHOWN ? json.n : SURPLUS_SHOWN;
    engine_differs(f->run, last_at(f), text, "no more messages", "message %zu%s%.*s%s", f->came,
                   shown ? ": " : "", shown ? (int)n : 0, shown ? json.p : "",
                   shown && n < json.n ? "..." : "");
    pl_buf_done(&json);
    pl_buf_done(&wire);
}

/* No way takes MESSAGE: what it was to be, by the furthest of them. */
static void misfit(follow *f, const pl_dynamic *message, size_t limit) {
    place *p = f->count ? &f->places[0] : NULL, next;
    size_t count;

    for (size_t i = 1; i < f->count; i++) {
        if (f->places[i].at > p->at)
            p = &f->places[i];
    }
    const pl_contract_step *part = p ? lacking(f, p) : NULL;
    if (p && !part && behind(f, p, limit, &next)) {
        *p = next;
        part = lacking(f, p);
    }
    if (p && !part)
        part = below(f, p, true);
    if (!part) {
        surplus(f, message);
        return;
    }
    (void)fits(f, part, message, true);
    size_t index = (size_t)(part - parts(step_of(f, p->at), &count));
    p->counts[index]++;
    f->places[0] = *p;
    f->count = 1;
}

void follow_take(follow *f, const pl_dynamic *message, size_t limit) {
    place next;

    f->came++;
    f->next_count = 0;
    for (size_t i = 0; i < f->count; i++) {
        take_at(f, &f->places[i], message);
        if (behind(f, &f->places[i], limit, &next))
            take_at(f, &next, message);
    }
    if (f->next_count == 0) {
        misfit(f, message, limit);
        return;
    }
    place *spare = f->places;
    f->places = f->next;
    f->count = f->next_count;
    f->next = spare;
}

bool follow_has(const follow *f, size_t limit) {
    for (size_t i = 0; i < f->count; i++) {
        const place *p = &f->places[i];
        size_t at = sender(f, p->at + 1);
        if (!lacking(f, p) && at > limit)
            return true;
    }
    return f->first > limit;
}

void follow_end(follow *f) {
    const place *p = f->count ? &f->places[0] : NULL;

    if (!p || follow_has(f, f->run->contract->step_count - 1))
        return;
    for (size_t i = 1; i < f->count; i++) {
        if (f->places[i].at > p->at)
            p = &f->places[i];
    }
    const pl_contract_step *part = lacking(f, p);
    size_t at = part ? p->at : sender(f, p->at + 1), count;
    char text[PLACE_SIZE];
    part = part ? part : parts(step_of(f, at), &count);
    place_text(f, f->came, text);
    engine_differs(f->run, part->at, text, "another message", "the end, after %zu", f->came);
}

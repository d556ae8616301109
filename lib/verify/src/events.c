/* One event: triggered, read from its stream, compared. */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "parley/base/clock.h"
#include "tail.h"

/* Entries that are read behind a trigger. */
#define ENTRIES_MAX 1000
/* Milliseconds of one wait for entries, and after the event for a second one like it. */
#define WAIT_MS  250
#define AFTER_MS 20
/* How far the clocks of two machines may be apart. */
#define SKEW_US INT64_C(5000000)
/* Publishers that count whole milliseconds round down. */
#define ROUNDING_US 1000
/* Types that are named where the event does not come. */
#define INSTEAD_MAX 5

typedef struct watch {
    engine_run *run;
    const pl_contract *contract;
    tail tail;
    tail_entry *entries;
    size_t count;
    int64_t triggered_us;
    const tail_entry *match; /* the event; NULL: not yet */
} watch;

/* ---- one entry ------------------------------------------------------------------------------- */

/* The payload against the contract. True: it is the event. */
static bool compare(watch *w, const tail_entry *entry, pl_verdict *verdict, pl_arena *arena) {
    const pl_contract *c = w->contract;
    pl_match_opts opts = engine_match_opts(w->run, "payload");
    pl_dynamic *message = NULL;
    bool same = pl_match_bytes(c->payload, c->event, entry->payload, &opts, verdict, arena);

    if (c->must_not_contain_count &&
        pl_dynamic_decode(c->event, entry->payload, arena, &message, NULL) == PL_OK) {
        same = pl_match_without(message, c->must_not_contain, c->must_not_contain_count, &opts,
                                verdict) &&
               same;
        verdict->comparisons += c->must_not_contain_count;
    }
    return same;
}

static bool is_wanted(const watch *w, const tail_entry *entry) {
    return entry->has_event && pl_str_eq(entry->type, w->contract->event->full_name);
}

/* It was published before the trigger, and came late. */
static bool is_late(const watch *w, const tail_entry *entry) {
    return entry->time_us < w->triggered_us - ROUNDING_US;
}

static void look(watch *w, size_t from) {
    for (size_t i = from; i < w->count && !w->match; i++) {
        const tail_entry *entry = &w->entries[i];
        pl_arena arena = pl_arena_make(PL_VERIFY_EXCHANGE_MAX);
        pl_verdict verdict = pl_verdict_make(&arena);
        if (is_wanted(w, entry) && !is_late(w, entry) && compare(w, entry, &verdict, &arena)) {
            w->match = entry;
            engine_take(w->run, &verdict, w->contract->at);
        }
        pl_arena_done(&arena);
    }
}

/* ---- what must hold of the stream ------------------------------------------------------------ */

static void check_writer(watch *w, const tail_entry *entry) {
    pl_contract_at at = w->contract->at;

    if (!pl_str_eq(entry->at, entry->id))
        engine_differs(w->run, at, "event.at", entry->id.p,
                       "%s; the entry was not written by the stream's publisher",
                       entry->at.n ? entry->at.p : "absent");
    else
        engine_held(w->run);
    if (!pl_str_eq(entry->source, w->contract->stream))
        engine_differs(w->run, at, "event.source", w->contract->stream.p, "%s",
                       entry->source.n ? entry->source.p : "absent");
    else
        engine_held(w->run);
}

static void check_time(watch *w, const tail_entry *entry) {
    char now[PL_RFC3339_SIZE], then[PL_RFC3339_SIZE], expected[PL_RFC3339_SIZE + 32];

    if (entry->time_us <= pl_time_us() + SKEW_US) {
        engine_held(w->run);
        return;
    }
    pl_rfc3339(pl_time_us(), now);
    pl_rfc3339(entry->time_us, then);
    (void)snprintf(expected, sizeof expected, "not in the future: %s", now);
    engine_differs(w->run, w->contract->at, "event.time", expected, "%s", then);
}

/* Against those before it: no event twice, versions of one aggregate rise. */
static void check_order(watch *w, size_t index) {
    const tail_entry *entry = &w->entries[index];

    for (size_t i = 0; i < index; i++) {
        const tail_entry *before = &w->entries[i];
        if (!before->has_event)
            continue;
        if (entry->event_id.n && pl_str_eq(before->event_id, entry->event_id)) {
            engine_differs(w->run, w->contract->at, "event.id", "once in the stream",
                           "twice: %s and %s", before->id.p, entry->id.p);
            return;
        }
        if (pl_str_eq(before->source, entry->source) && entry->subject.n && entry->version &&
            pl_str_eq(before->type, entry->type) && pl_str_eq(before->subject, entry->subject) &&
            before->version >= entry->version) {
            char expected[64];
            (void)snprintf(expected, sizeof expected, "above %lld, that of %s",
                           (long long)before->version, before->id.p);
            engine_differs(w->run, w->contract->at, "event.version", expected, "%lld at %s",
                           (long long)entry->version, entry->id.p);
            return;
        }
    }
    engine_held(w->run);
}

/* Against the one before it in its partition: consumers follow the chain, and wait where it has a
 * gap. */
static void check_chain(watch *w, const tail_entry *entry) {
    if (!entry->before.n)
        return;
    if (pl_str_eq(entry->prev, entry->before))
        engine_held(w->run);
    else
        engine_differs(w->run, w->contract->at, "event.prev", entry->before.p, "%s at %s",
                       entry->prev.n ? entry->prev.p : "absent", entry->id.p);
}

static void check_stream(watch *w) {
    check_writer(w, w->match);
    check_time(w, w->match);
    for (size_t i = 0; i < w->count; i++) {
        if (!is_wanted(w, &w->entries[i]))
            continue;
        check_chain(w, &w->entries[i]);
        check_order(w, i);
    }
}

/* ---- it did not come ------------------------------------------------------------------------- */

/* "2 mall.products.v1.ProductRemoved" and so on. */
static void print_instead(const watch *w, pl_buf *out) {
    size_t named = 0;

    for (size_t i = 0; i < w->count && named < INSTEAD_MAX; i++) {
        pl_str type = w->entries[i].has_event ? w->entries[i].type : pl_str_c("no event");
        pl_buf_printf(out, "%s%s (%s)", named++ ? ", " : "", type.p, w->entries[i].id.p);
    }
    if (w->count > named)
        pl_buf_printf(out, " and %zu more", w->count - named);
    if (!w->count)
        pl_buf_puts(out, "nothing");
}

/* The event of the type that differs least is reported field by field. */
static bool take_closest(watch *w) {
    const tail_entry *closest = NULL;
    size_t fewest = 0;
    pl_arena arena = pl_arena_make(PL_VERIFY_EXCHANGE_MAX);

    for (size_t i = 0; i < w->count; i++) {
        pl_verdict verdict = pl_verdict_make(&arena);
        if (!is_wanted(w, &w->entries[i]) || is_late(w, &w->entries[i]))
            continue;
        (void)compare(w, &w->entries[i], &verdict, &arena);
        if (!closest || verdict.total < fewest) {
            closest = &w->entries[i];
            fewest = verdict.total;
        }
    }
    if (closest) {
        pl_verdict verdict = pl_verdict_make(&arena);
        (void)compare(w, closest, &verdict, &arena);
        engine_take(w->run, &verdict, w->contract->at);
    }
    pl_arena_done(&arena);
    return closest != NULL;
}

static void not_come(watch *w, uint64_t waited_ms) {
    const pl_contract *c = w->contract;
    char then[PL_RFC3339_SIZE], now[PL_RFC3339_SIZE], expected[PL_RFC3339_SIZE + 64];
    pl_buf instead = pl_buf_make(ENGINE_TEXT_MAX);

    if (take_closest(w))
        return;
    for (size_t i = 0; i < w->count; i++) {
        if (!is_wanted(w, &w->entries[i]))
            continue;
        pl_rfc3339(w->triggered_us, now);
        pl_rfc3339(w->entries[i].time_us, then);
        (void)snprintf(expected, sizeof expected, "not before the trigger at %s", now);
        engine_differs(w->run, c->at, "event.time", expected, "%s", then);
        return;
    }
    print_instead(w, &instead);
    if (w->count == ENTRIES_MAX)
        engine_fails(w->run,
                     "stream %s: %s is not among the first %d entries after the trigger %s; verify "
                     "where nothing else is published: %s",
                     c->stream.p, c->event->full_name.p, ENTRIES_MAX, c->trigger.p, instead.p);
    else
        engine_fails(w->run,
                     "stream %s: %s did not come within %llu ms after the trigger %s; what came: "
                     "%s",
                     c->stream.p, c->event->full_name.p, (unsigned long long)waited_ms,
                     c->trigger.p, instead.p);
    pl_buf_done(&instead);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool read_more(watch *w, unsigned block_ms) {
    pl_error err = PL_ERROR_INIT;
    size_t from = w->count;

    if (tail_read(&w->tail, block_ms, w->entries, ENTRIES_MAX, &w->count, &err) != PL_OK) {
        engine_fails(w->run, "stream %s: %s", w->contract->stream.p, err.message);
        return false;
    }
    look(w, from);
    return true;
}

static void wait_for(watch *w, int64_t started_ns) {
    uint64_t wait_ms = w->contract->within_ms ? w->contract->within_ms
                                              : engine_timeout_ms(w->run->v);
    int64_t until = started_ns + (int64_t)wait_ms * PL_NS_PER_MS;

    while (!w->match && pl_now_ns() < until && w->count < ENTRIES_MAX) {
        int left = pl_remaining_ms(until);
        if (!read_more(w, (unsigned)left < WAIT_MS ? (unsigned)left : WAIT_MS))
            return;
    }
    if (!w->match) {
        not_come(w, wait_ms);
    } else if (read_more(w, AFTER_MS)) {
        check_stream(w);
    }
}

static bool connect(pl_verifier *v, pl_error *err) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;

    opts.url = v->opts.redis;
    opts.name = "parley-verify";
    return v->redis || pl_redis_new(&opts, &v->redis, err) == PL_OK;
}

void engine_event(engine_run *run) {
    pl_verifier *v = run->v;
    const pl_contract *c = run->contract;
    watch w = {.run = run, .contract = c};
    pl_error err = PL_ERROR_INIT;

    if (!v->states.channel || !v->opts.redis) {
        engine_fails(run, "%s",
                     v->states.channel
                         ? "no Redis was given (--redis), and the event is read from its stream"
                         : "no states were given (--states), and nothing else can trigger the "
                           "event");
        return;
    }
    w.entries = pl_arena_calloc(&run->scratch, ENTRIES_MAX, sizeof *w.entries);
    if (!w.entries) {
        engine_fails(run, "no memory for the entries of %s", c->stream.p);
        return;
    }
    if (!connect(v, &err) || tail_begin(&w.tail, v->redis, c->stream, &run->scratch, &err)) {
        engine_fails(run, "stream %s: %s", c->stream.p, err.message);
        return;
    }
    int64_t started_ns = pl_now_ns();
    w.triggered_us = pl_time_us();
    if (engine_trigger(v, c->trigger, &err) != PL_OK)
        engine_unanswered(run, &v->states, "Trigger", &err);
    else
        wait_for(&w, started_ns);
}

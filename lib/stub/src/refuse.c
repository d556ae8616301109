#include <stdlib.h>
#include <string.h>

#include "stub_internal.h"

/* Differences that the message of a status lists; all are in its details. */
enum { LISTED_MAX = 3 };

static void compare(const stub_entry *entry, pl_call *call, const pl_dynamic *request,
                    int64_t now_ms, pl_verdict *verdict) {
    const pl_matcher *matcher = pl_contract_request(entry->contract);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;

    opts.closed = true;
    opts.now_ms = now_ms;
    if (matcher)
        (void)pl_match_message(matcher, request, &opts, verdict);
    (void)stub_match_metadata(entry->contract, call, now_ms, verdict);
}

/* Of more contracts than are compared, those of which the fewest fixed values differ. */
typedef struct shortlist {
    uint8_t *misses; /* of each entry; NULL: all are on it */
    size_t most;     /* misses of those on it */
    size_t room;     /* for those that have as many; of the others all are on it */
} shortlist;

/* Without memory the first are taken. */
static shortlist make_shortlist(const stub_method *method, const pl_dynamic *request) {
    shortlist list = {.room = PL_STUB_CLOSEST_MAX};
    size_t having[PL_LITERALS_MAX + 1] = {0};

    if (method->entry_count > PL_STUB_CLOSEST_MAX)
        list.misses = calloc(method->entry_count, 1);
    for (size_t i = 0; list.misses && i < method->entry_count; i++) {
        list.misses[i] = (uint8_t)stub_index_misses(&method->entries[i], request);
        having[list.misses[i]]++;
    }
    while (list.misses && having[list.most] < list.room)
        list.room -= having[list.most++];
    return list;
}

static bool is_listed(shortlist *list, size_t entry) {
    if (list->misses && list->misses[entry] != list->most)
        return list->misses[entry] < list->most;
    if (!list->room)
        return false;
    list->room--;
    return true;
}

stub_entry *stub_closest(pl_stub *stub, const stub_way *way, const stub_method *method,
                         pl_call *call, const pl_dynamic *request, pl_verdict *out_verdict) {
    pl_arena scratch = pl_arena_make(PL_CALL_ARENA_BUDGET);
    shortlist listed = make_shortlist(method, request);
    int64_t now_ms = pl_stub_clock(stub);
    stub_entry *closest = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < method->entry_count; i++) {
        stub_entry *entry = &method->entries[i];
        pl_verdict verdict = pl_verdict_make(&scratch);
        if (!is_listed(&listed, i) || !stub_entry_ready(stub, entry))
            continue;
        compare(entry, call, request, now_ms, &verdict);
        /* Of two that differ as much, the one that could be asked now. */
        size_t distance = 2 * (verdict.total + !stub_way_fits(way, entry)) +
                          !stub_scenario_allows(entry);
        if (distance < least) {
            least = distance;
            closest = entry;
        }
        pl_arena_clear(&scratch);
    }
    free(listed.misses);
    pl_arena_done(&scratch);
    *out_verdict = pl_verdict_make(pl_call_arena(call));
    if (closest)
        compare(closest, call, request, now_ms, out_verdict);
    return closest;
}

static void list(const pl_verdict *verdict, pl_buf *out) {
    for (size_t i = 0; i < verdict->count && i < LISTED_MAX; i++) {
        const pl_difference *d = &verdict->differences[i];
        pl_buf_printf(out, "%s%s%sexpected %s, got %s", i ? "; " : "", d->path.p,
                      d->path.n ? ": " : "", d->expected.p, d->actual.p);
    }
    if (verdict->total > LISTED_MAX)
        pl_buf_printf(out, "; and %zu more", verdict->total - LISTED_MAX);
}

static void put_moment(pl_str moment, pl_buf *out) {
    if (moment.n)
        pl_buf_printf(out, "'%.*s'", PL_FMT(moment));
    else
        pl_buf_puts(out, "its beginning");
}

static void list_scenario(const stub_entry *entry, pl_buf *out) {
    pl_buf_printf(out, "%sscenario '%.*s' would have to be at ", out->n ? "; " : "",
                  PL_FMT(entry->contract->scenario));
    put_moment(entry->contract->scenario_when, out);
    pl_buf_puts(out, ", it is at ");
    put_moment(entry->scenario->now, out);
}

pl_code stub_refuse_step(pl_call *call, const stub_entry *closest, const char *text) {
    return pl_call_fail(call, PL_UNIMPLEMENTED, PL_STUB_REASON_NO_CONTRACT,
                        "no contract covers this call; the closest is '%s': %s", closest->label,
                        text);
}

pl_code stub_refuse(const stub_way *way, const stub_method *method, pl_call *call,
                    const stub_entry *closest, const pl_verdict *verdict) {
    pl_buf text = pl_buf_make(PL_ERROR_MESSAGE_MAX * 8);
    stub_difference by;
    pl_code code;

    if (!closest)
        return pl_call_fail(call, PL_UNIMPLEMENTED, PL_STUB_REASON_NO_CONTRACT,
                            "%s: no contract is about this method; add one to contracts/%s/",
                            method->type->path.p, method->type->service->file->package.p);
    if (way && stub_way_differs(way, closest, &by)) {
        pl_call_violation(call, by.path, "expected %s, got %s", by.expected, by.actual);
        pl_buf_printf(&text, "%s: expected %s, got %s%s", by.path, by.expected, by.actual,
                      verdict->total ? "; " : "");
    }
    for (size_t i = 0; i < verdict->count; i++) {
        const pl_difference *d = &verdict->differences[i];
        pl_call_violation(call, d->path.p, "expected %s, got %s", d->expected.p, d->actual.p);
    }
    list(verdict, &text);
    if (way && !stub_scenario_allows(closest))
        list_scenario(closest, &text);
    if (text.n == 0)
        pl_buf_puts(&text, "it begins with other messages");
    code = stub_refuse_step(call, closest, text.p);
    pl_buf_done(&text);
    return code;
}

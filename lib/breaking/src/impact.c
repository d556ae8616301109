/* The verdict over all contracts. */
#include "parley/breaking/impact.h"

#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "reach.h"

const char *pl_impact_name(pl_impact impact) {
    static const char *const names[] = {"unused", "unknown", "used", "hazard"};
    return names[impact];
}

/* The provider's protos have the element, or import it. */
static bool provides(const pl_pool *pool, pl_str provider, const pl_file *of) {
    return pl_str_eq(provider, of->package) || imports(pool, provider, of->name);
}

/* The consumer could need it, though no contract says so. */
static bool could_need(const pl_contract_file *file, const pl_change *change) {
    if (change->http)
        return file->access & PL_ACCESS_REST;
    if (change->method || change->service)
        return file->access & (PL_ACCESS_GRPC | PL_ACCESS_REST);
    return true;
}

static bool same_contract(const pl_contract *a, const pl_contract *b) {
    return pl_str_eq(a->name, b->name) && pl_str_eq(a->file->consumer, b->file->consumer) &&
           pl_str_eq(a->file->provider, b->file->provider);
}

/* The lists of a judgement while they grow. */
typedef struct judging {
    pl_judgement said;
    pl_arena *arena;
    size_t user_room, open_room;
    const pl_contract *
        *slots; /* the users by hash: SLOT_COUNT, a power of two, half of them free */
    size_t slot_count;
    bool full;
} judging;

/* FNV-1a. */
static uint64_t add_hash(uint64_t hash, pl_str text) {
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Where CONTRACT is, or the same one of another set, or would be. */
static const pl_contract **slot_of(const judging *j, const pl_contract *contract) {
    uint64_t hash = add_hash(UINT64_C(0xcbf29ce484222325), contract->file->consumer);
    size_t at = add_hash(hash, contract->name) & (j->slot_count - 1);
    while (j->slots[at] && !same_contract(j->slots[at], contract))
        at = (at + 1) & (j->slot_count - 1);
    return &j->slots[at];
}

/* There is a slot for one more user. */
static bool make_slots(judging *j) {
    enum { FIRST_SLOTS = 32 };
    if (2 * (j->said.user_count + 1) <= j->slot_count)
        return true;
    size_t wanted = j->slot_count ? 2 * j->slot_count : FIRST_SLOTS;
    const pl_contract **slots = calloc(wanted, sizeof *slots);
    if (!slots)
        return false;
    free(j->slots);
    j->slots = slots;
    j->slot_count = wanted;
    for (size_t i = 0; i < j->said.user_count; i++)
        *slot_of(j, j->said.users[i]) = j->said.users[i];
    return true;
}

static void add_user(judging *j, const pl_contract *contract) {
    pl_judgement *said = &j->said;
    const pl_contract **slot = make_slots(j) ? slot_of(j, contract) : NULL;
    j->full = j->full || !slot;
    if (!slot || *slot)
        return;
    const pl_contract **users = grow(j->arena, (void *)said->users, said->user_count, &j->user_room,
                                     sizeof *users);
    j->full = j->full || !users;
    if (!users)
        return;
    said->users = users;
    *slot = users[said->user_count++] = contract;
}

static void add_open(judging *j, const pl_contract_file *file) {
    pl_judgement *said = &j->said;
    for (size_t i = 0; i < said->open_count; i++) {
        if (pl_str_eq(said->open[i]->consumer, file->consumer) &&
            pl_str_eq(said->open[i]->provider, file->provider))
            return;
    }
    const pl_contract_file **open = grow(j->arena, (void *)said->open, said->open_count,
                                         &j->open_room, sizeof *open);
    j->full = j->full || !open;
    if (!open)
        return;
    said->open = open;
    open[said->open_count++] = file;
}

/* True: FILE is about what has changed. */
static bool judge_file(judging *j, const pl_contract_set *set, const pl_contract_file *file,
                       const pl_change *change) {
    for (size_t i = 0; i < file->contract_count; i++) {
        if (pl_contract_needs(file->contracts[i], change))
            add_user(j, file->contracts[i]);
    }
    if (!change->file || !provides(pl_contract_set_pool(set), file->provider, change->file))
        return false;
    if (!file->complete && could_need(file, change))
        add_open(j, file);
    return true;
}

pl_code pl_impact_judge(const pl_change *change, const pl_contract_set *const *sets,
                        size_t set_count, pl_arena *arena, pl_judgement *out, pl_error *err) {
    judging j = {.arena = arena};
    bool known = false;
    for (size_t i = 0; i < set_count; i++) {
        for (size_t k = 0; k < pl_contract_set_file_count(sets[i]); k++)
            known = judge_file(&j, sets[i], pl_contract_set_file(sets[i], k), change) || known;
    }
    free(j.slots);
    if (j.full)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "judging %s: no memory",
                            change->rule->name);
    j.said.impact = change->rule->hazard          ? PL_IMPACT_HAZARD
                    : j.said.user_count           ? PL_IMPACT_USED
                    : j.said.open_count || !known ? PL_IMPACT_UNKNOWN
                                                  : PL_IMPACT_UNUSED;
    *out = j.said;
    return PL_OK;
}

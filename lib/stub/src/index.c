/* Finding contracts. Those whose requests fix the same fields are in one hash table, by the values
 * of these fields; a method has as many tables as there are such sets of fields, which are few. */
#include <string.h>

#include "stub_internal.h"

/* FNV-1a */
#define HASH_BEGIN UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

static uint64_t hash_bytes(uint64_t h, pl_str text) {
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (uint8_t)text.p[i]) * HASH_PRIME;
    return (h ^ text.n) * HASH_PRIME;
}

static uint64_t hash_bits(uint64_t h, uint64_t bits) {
    h = (h ^ bits) * HASH_PRIME;
    return h ^ h >> 32;
}

static bool is_text(const pl_field *field) {
    return field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES;
}

/* Values of FIELD have one form, the same in matchers and messages. */
static bool is_hashable(const pl_field *field) {
    if (field->repeated || field->default_text.n)
        return false;
    switch (field->kind) {
    case PL_KIND_INT64:
    case PL_KIND_UINT64:
    case PL_KIND_INT32:
    case PL_KIND_FIXED64:
    case PL_KIND_FIXED32:
    case PL_KIND_BOOL:
    case PL_KIND_STRING:
    case PL_KIND_BYTES:
    case PL_KIND_UINT32:
    case PL_KIND_SFIXED64:
        return true;
    default:
        return false;
    }
}

static bool is_plain_message(const pl_match_member *member) {
    return member->field->kind == PL_KIND_MESSAGE && !member->field->repeated &&
           member->field->message->well_known == PL_WELL_KNOWN_NONE &&
           member->matcher->kind == PL_MATCH_MESSAGE;
}

/* What a matcher's request fixes, in the order of the fields, and the hash of it. */
typedef struct fixed {
    stub_literal literals[STUB_LITERALS_MAX];
    size_t count;
    stub_literal at; /* the message at hand */
    uint64_t hash;
} fixed;

static void collect(fixed *f, const pl_matcher *message) {
    for (size_t i = 0; i < message->member_count; i++) {
        const pl_match_member *member = &message->members[i];
        const pl_leaf_value *value = &member->matcher->value;
        if (f->count == STUB_LITERALS_MAX || f->at.depth == STUB_DEPTH_MAX)
            return;
        f->at.path[f->at.depth++] = member->field;
        if (is_plain_message(member)) {
            collect(f, member->matcher);
        } else if (member->matcher->kind == PL_MATCH_EQUAL && is_hashable(member->field)) {
            f->literals[f->count++] = f->at;
            f->hash = is_text(member->field) ? hash_bytes(f->hash, value->text)
                                             : hash_bits(f->hash, value->bits);
        }
        f->at.path[--f->at.depth] = NULL;
    }
}

static fixed fixed_by(const pl_contract *contract) {
    const pl_matcher *request = pl_contract_request(contract);
    fixed f = {.hash = HASH_BEGIN};

    if (request && request->kind == PL_MATCH_MESSAGE)
        collect(&f, request);
    return f;
}

/* The value that REQUEST has at LITERAL; what is absent reads as its default. */
static pl_dynamic_value value_at(const pl_dynamic *request, const stub_literal *literal) {
    pl_dynamic_value value = {.message = NULL}, none;

    memset(&none, 0, sizeof none);
    for (size_t i = 0; i < literal->depth; i++) {
        if (!pl_dynamic_get(request, literal->path[i], &value))
            return none;
        request = value.message;
    }
    return value;
}

static uint64_t hash_request(const stub_shape *shape, const pl_dynamic *request) {
    uint64_t h = HASH_BEGIN;

    for (size_t i = 0; i < shape->literal_count; i++) {
        const stub_literal *literal = &shape->literals[i];
        pl_dynamic_value value = value_at(request, literal);
        h = is_text(literal->path[literal->depth - 1]) ? hash_bytes(h, value.text)
                                                       : hash_bits(h, value.bits);
    }
    return h;
}

/* ---- building -------------------------------------------------------------------------------- */

static bool is_of_shape(const stub_shape *shape, const fixed *f) {
    return shape->literal_count == f->count &&
           memcmp(shape->literals, f->literals, f->count * sizeof f->literals[0]) == 0;
}

/* The shape of F, added behind the others where it is new; NULL: no memory. */
static stub_shape *shape_of(stub_method *method, const fixed *f, uint32_t rank, pl_arena *arena) {
    stub_shape **at = &method->shapes;

    while (*at && !is_of_shape(*at, f))
        at = &(*at)->next;
    if (*at)
        return *at;
    *at = PL_ARENA_NEW(arena, stub_shape);
    if (!*at)
        return NULL;
    memcpy((*at)->literals, f->literals, sizeof f->literals);
    (*at)->literal_count = f->count;
    (*at)->rank = rank;
    return *at;
}

static bool make_slots(stub_method *method, pl_arena *arena) {
    for (stub_shape *shape = method->shapes; shape; shape = shape->next) {
        for (shape->slot_count = 1; shape->slot_count < 2 * shape->entry_count;)
            shape->slot_count *= 2;
        shape->slots = pl_arena_calloc(arena, shape->slot_count, sizeof(stub_entry *));
        if (!shape->slots)
            return false;
    }
    return true;
}

pl_code stub_index_build(stub_method *method, pl_arena *arena, pl_error *err) {
    /* Twice over the entries, so that tables have their size at once. */
    for (size_t i = 0; i < method->entry_count; i++) {
        stub_entry *entry = &method->entries[i];
        fixed f = fixed_by(entry->contract);
        stub_shape *shape = shape_of(method, &f, entry->rank, arena);
        if (!shape)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the contracts");
        shape->entry_count++;
        entry->hash = f.hash;
    }
    if (!make_slots(method, arena))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the contracts");
    /* From the last on, so that each slot is by rank. */
    for (size_t i = method->entry_count; i-- > 0;) {
        stub_entry *entry = &method->entries[i];
        fixed f = fixed_by(entry->contract);
        stub_shape *shape = shape_of(method, &f, entry->rank, arena);
        stub_entry **slot = &shape->slots[entry->hash & (shape->slot_count - 1)];
        entry->next = *slot;
        *slot = entry;
    }
    return PL_OK;
}

stub_entry *stub_index_find(const stub_method *method, const pl_dynamic *request,
                            stub_accept_fn *accept, void *self) {
    stub_entry *best = NULL;

    for (const stub_shape *shape = method->shapes; shape; shape = shape->next) {
        if (best && best->rank < shape->rank)
            break;
        uint64_t hash = hash_request(shape, request);
        stub_entry *entry = shape->slots[hash & (shape->slot_count - 1)];
        for (; entry && (!best || entry->rank < best->rank); entry = entry->next) {
            if (entry->hash == hash && accept(self, entry, request)) {
                best = entry;
                break;
            }
        }
    }
    return best;
}

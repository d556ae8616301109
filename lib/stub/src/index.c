/* Finding contracts. Those whose requests fix the same fields are in one hash table, by the values
 * of these fields; a method has as many tables as there are such sets of fields, which are few. */
#include <string.h>

#include "stub_internal.h"

#define HASH_BEGIN UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(0x9E3779B97F4A7C15)

static uint64_t hash_bits(uint64_t h, uint64_t bits) {
    h = (h ^ bits) * HASH_PRIME;
    return h ^ h >> 32;
}

/* Eight bytes at a time: texts are most of what is hashed. */
static uint64_t hash_bytes(uint64_t h, pl_str text) {
    const char *p = text.p;
    uint64_t word;

    for (size_t left = text.n; left;) {
        size_t step = left < sizeof word ? left : sizeof word;
        word = 0;
        memcpy(&word, p, step);
        p += step;
        left -= step;
        h = hash_bits(h, word);
    }
    return hash_bits(h, text.n);
}

static bool is_text(const pl_field *field) {
    return field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES;
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

static bool is_of_shape(const stub_shape *shape, const pl_literal *literals, size_t count) {
    if (shape->literal_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(shape->literals[i].path, literals[i].path, sizeof literals[i].path) != 0)
            return false;
    }
    return true;
}

/* The shape of LITERALS, added behind the others where it is new; NULL: no memory. */
static stub_shape *shape_of(stub_method *method, const pl_literal *literals, size_t count,
                            uint32_t rank, pl_arena *arena) {
    stub_shape **at = &method->shapes;

    while (*at && !is_of_shape(*at, literals, count))
        at = &(*at)->next;
    if (*at)
        return *at;
    *at = PL_ARENA_NEW(arena, stub_shape);
    if (!*at)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        memcpy((*at)->literals[i].path, literals[i].path, sizeof literals[i].path);
        (*at)->literals[i].depth = literals[i].depth;
    }
    (*at)->literal_count = count;
    (*at)->rank = rank;
    return *at;
}

/* ENTRY's shape and hash. */
static bool measure(stub_method *method, stub_entry *entry, pl_arena *arena) {
    pl_literal literals[PL_LITERALS_MAX];
    size_t count = pl_contract_literals(entry->contract, literals);

    entry->hash = HASH_BEGIN;
    for (size_t i = 0; i < count; i++) {
        const pl_field *field = literals[i].path[literals[i].depth - 1];
        entry->hash = is_text(field) ? hash_bytes(entry->hash, literals[i].value.text)
                                     : hash_bits(entry->hash, literals[i].value.bits);
    }
    entry->shape = shape_of(method, literals, count, entry->rank, arena);
    return entry->shape != NULL;
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
        if (!measure(method, &method->entries[i], arena))
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the contracts");
        method->entries[i].shape->entry_count++;
    }
    if (!make_slots(method, arena))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the contracts");
    /* From the last on, so that each slot is by rank. */
    for (size_t i = method->entry_count; i-- > 0;) {
        stub_entry *entry = &method->entries[i];
        stub_entry **slot = &entry->shape->slots[entry->hash & (entry->shape->slot_count - 1)];
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

static bool has_literal(const pl_dynamic *request, const pl_literal *literal) {
    stub_literal at = {.depth = literal->depth};

    memcpy(at.path, literal->path, sizeof at.path);
    pl_dynamic_value value = value_at(request, &at);
    return is_text(at.path[at.depth - 1]) ? pl_str_eq(value.text, literal->value.text)
                                          : value.bits == literal->value.bits;
}

size_t stub_index_misses(const stub_entry *entry, const pl_dynamic *request) {
    pl_literal literals[PL_LITERALS_MAX];
    size_t count = pl_contract_literals(entry->contract, literals), misses = 0;

    for (size_t i = 0; i < count; i++)
        misses += !has_literal(request, &literals[i]);
    return misses;
}

#include "symtab.h"

static symbol *slot_of(symbol *slots, size_t cap, pl_str name) {
    size_t i = name_hash(name.p, name.n) & (cap - 1);
    while (slots[i].kind != SYMBOL_NONE && !pl_str_eq(slots[i].name, name))
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static bool grow(symtab *t, pl_arena *arena) {
    size_t cap = t->cap ? t->cap * 2 : 64;
    symbol *slots = pl_arena_calloc(arena, cap, sizeof(*slots));
    if (!slots)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].kind != SYMBOL_NONE)
            *slot_of(slots, cap, t->slots[i].name) = t->slots[i];
    t->slots = slots;
    t->cap = cap;
    return true;
}

bool symtab_add(symtab *t, pl_arena *arena, symbol entry) {
    if (t->count * 2 >= t->cap && !grow(t, arena))
        return false;
    *slot_of(t->slots, t->cap, entry.name) = entry;
    t->count++;
    return true;
}

const symbol *symtab_find(const symtab *t, pl_str name) {
    if (!t->cap)
        return NULL;
    const symbol *s = slot_of(t->slots, t->cap, name);
    return s->kind == SYMBOL_NONE ? NULL : s;
}

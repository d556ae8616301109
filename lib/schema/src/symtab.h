/* A table from names to things, in an arena; grows, never shrinks. */
#ifndef SCHEMA_SYMTAB_H
#define SCHEMA_SYMTAB_H

#include "parley/base/arena.h"
#include "parley/base/str.h"

#include <stdint.h>

typedef enum symbol_kind {
    SYMBOL_NONE,
    SYMBOL_FILE,
    SYMBOL_PACKAGE,
    SYMBOL_MESSAGE,
    SYMBOL_ENUM,
    SYMBOL_SERVICE,
    SYMBOL_METHOD
} symbol_kind;

typedef struct symbol {
    pl_str name; /* borrowed */
    symbol_kind kind;
    const void *thing;
    void *node; /* of a message under construction, what builds it */
} symbol;

typedef struct symtab {
    symbol *slots;
    size_t cap, count; /* cap is a power of two, or 0 */
} symtab;

/* FNV-1a; names come from descriptor sets, not from clients. */
static inline uint32_t name_hash(const char *p, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)p[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Adds a symbol; false beyond the arena's budget. The name is not in the table yet. */
bool symtab_add(symtab *table, pl_arena *arena, symbol entry);
/* NULL where there is none. */
const symbol *symtab_find(const symtab *table, pl_str name);

#endif

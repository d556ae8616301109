#include "parley/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena_internal.h"

enum {
    BLOCK_MIN = 4096,
    BLOCK_MAX = 64 * 1024, /* greater requests get a block of their own */
};

pl_arena pl_arena_make(size_t budget) {
    pl_arena arena = {.head = NULL, .used = 0, .budget = budget};
    return arena;
}

static void free_blocks(pl_arena_block *block) {
    while (block) {
        pl_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void pl_arena_done(pl_arena *arena) {
    if (!arena)
        return;
    free_blocks(arena->head);
    arena->head = NULL;
    arena->used = 0;
}

void pl_arena_clear(pl_arena *arena) {
    pl_arena_block *first = NULL;
    while (arena->head) {
        pl_arena_block *block = arena->head;
        arena->head = block->next;
        if (!arena->head && block->size <= BLOCK_MAX)
            first = block;
        else
            free(block);
    }
    if (first)
        first->used = 0;
    arena->head = first;
    arena->used = 0;
}

PL_COLD static pl_arena_block *add_block(pl_arena *arena, size_t size) {
    size_t wanted = BLOCK_MIN - sizeof(pl_arena_block);
    if (arena->head && arena->head->size < BLOCK_MAX / 2)
        wanted = arena->head->size * 2;
    else if (arena->head)
        wanted = BLOCK_MAX - sizeof(pl_arena_block);
    if (wanted < size)
        wanted = size;
    pl_arena_block *block = malloc(sizeof *block + wanted);
    if (!block)
        return NULL;
    block->size = wanted;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *pl_arena_alloc(pl_arena *arena, size_t size) {
    if (size > SIZE_MAX - PL_ARENA_ALIGNMENT)
        return NULL;
    size_t rounded = (size + PL_ARENA_ALIGNMENT - 1) & ~(size_t)(PL_ARENA_ALIGNMENT - 1);
    if (rounded == 0)
        rounded = PL_ARENA_ALIGNMENT;
    if (rounded > arena->budget - arena->used)
        return NULL;
    pl_arena_block *block = arena->head;
    if (!block || block->size - block->used < rounded) {
        block = add_block(arena, rounded);
        if (!block)
            return NULL;
    }
    void *p = block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    return p;
}

void *pl_arena_calloc(pl_arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *p = pl_arena_alloc(arena, count * size);
    if (p)
        memset(p, 0, count * size);
    return p;
}

char *pl_arena_strndup(pl_arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX)
        return NULL;
    char *copy = pl_arena_alloc(arena, length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *pl_arena_strdup(pl_arena *arena, const char *text) {
    return pl_arena_strndup(arena, text, strlen(text));
}

char *pl_arena_cstr(pl_arena *arena, pl_str text) {
    return pl_arena_strndup(arena, text.p, text.n);
}

char *pl_arena_printf(pl_arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : pl_arena_alloc(arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

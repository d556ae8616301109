#include "parley/base/quarantine.h"

#ifdef PL_DEV

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena_internal.h"

/* Of the sanitizer's interface, whose header gcc does not bring. */
#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
void *__asan_get_report_address(void);
void __asan_on_error(void);
#endif

/* What is found where nothing should be looked for any more. */
#define JUNK 0xdd

typedef struct retired {
    pl_arena arena;
    const char *owner;
} retired;

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
/* guarded by mu */
static retired ring[PL_QUARANTINE_ARENAS];
static size_t next;

static void close_off(const pl_arena *arena) {
    for (pl_arena_block *block = arena->head; block; block = block->next) {
        memset(block->data, JUNK, block->used);
#ifdef __SANITIZE_ADDRESS__
        __asan_poison_memory_region(block->data, block->size);
#endif
    }
}

static void open_up(const pl_arena *arena) {
#ifdef __SANITIZE_ADDRESS__
    for (pl_arena_block *block = arena->head; block; block = block->next)
        __asan_unpoison_memory_region(block->data, block->size);
#else
    (void)arena;
#endif
}

void pl_arena_retire(pl_arena *arena, const char *owner) {
    retired now = {*arena, owner};
    retired oldest;

    if (!owner || !arena->head || arena->used > PL_QUARANTINE_BYTES) {
        pl_arena_clear(arena);
        return;
    }
    *arena = pl_arena_make(arena->budget);
    close_off(&now.arena);
    pthread_mutex_lock(&mu);
    oldest = ring[next];
    ring[next] = now;
    next = (next + 1) % PL_QUARANTINE_ARENAS;
    pthread_mutex_unlock(&mu);
    open_up(&oldest.arena);
    pl_arena_done(&oldest.arena);
}

#ifdef __SANITIZE_ADDRESS__

static bool holds(const pl_arena *arena, const unsigned char *address) {
    for (const pl_arena_block *block = arena->head; block; block = block->next) {
        if (address >= block->data && address < block->data + block->size)
            return true;
    }
    return false;
}

/* Called by the sanitizer before it reports. Without the lock: the process is about to end. */
void __asan_on_error(void) {
    const unsigned char *address = __asan_get_report_address();
    char text[512];
    int n;

    for (size_t i = 0; i < PL_QUARANTINE_ARENAS; i++) {
        if (!holds(&ring[i].arena, address))
            continue;
        n = snprintf(text, sizeof text,
                     "pointer into the arena of the finished call %s: copy what must outlive the "
                     "call\n",
                     ring[i].owner);
        if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
            return;
    }
}

#endif
#else
/* A translation unit is not empty. */
typedef int pl_quarantine_is_for_dev_builds;
#endif

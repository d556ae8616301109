#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

enum { ARENA_MAX = 64 << 20 };

void arrows_init(arrows *all) {
    memset(all, 0, sizeof *all);
    all->arena = pl_arena_make(ARENA_MAX);
}

void arrows_done(arrows *all) {
    free(all->list);
    pl_arena_done(&all->arena);
}

const char *arrow_short_name(const arrow *one) {
    size_t n = strlen(one->provider);
    bool below = strncmp(one->name, one->provider, n) == 0 && one->name[n] == '.';
    return below ? one->name + n + 1 : one->name;
}

static int by_place(const void *left, const void *right) {
    const arrow *a = left, *b = right;
    int order = strcmp(a->consumer, b->consumer);
    if (order == 0)
        order = strcmp(a->provider, b->provider);
    if (order == 0)
        order = (int)a->event - (int)b->event;
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0)
        order = strcmp(a->route, b->route);
    return order ? order : strcmp(a->stream, b->stream);
}

void arrows_sort(arrows *all) {
    if (all->count > 1)
        qsort(all->list, all->count, sizeof *all->list, by_place);
}

static bool make_room(arrows *all) {
    if (all->count < all->room)
        return true;
    size_t room = all->room ? 2 * all->room : 64;
    arrow *grown = all->count < ARROWS_MAX ? realloc(all->list, room * sizeof *grown) : NULL;
    if (!grown)
        return false;
    all->list = grown;
    all->room = room;
    return true;
}

void arrows_add(arrows *all, const arrow *one) {
    for (size_t i = all->count; i > 0; i--) { /* those of a file stand together */
        if (by_place(&all->list[i - 1], one) == 0) {
            all->list[i - 1].count++;
            return;
        }
    }
    arrow copy = {.consumer = pl_arena_strdup(&all->arena, one->consumer),
                  .provider = pl_arena_strdup(&all->arena, one->provider),
                  .name = pl_arena_strdup(&all->arena, one->name),
                  .route = pl_arena_strdup(&all->arena, one->route),
                  .stream = pl_arena_strdup(&all->arena, one->stream),
                  .event = one->event,
                  .count = 1,
                  .file = pl_arena_strdup(&all->arena, one->file),
                  .line = one->line};
    if (!copy.consumer || !copy.provider || !copy.name || !copy.route || !copy.stream ||
        !copy.file || !make_room(all)) {
        all->failed = true;
        return;
    }
    all->list[all->count++] = copy;
}

static void add_contract(arrows *all, const pl_contract *contract) {
    char route[512] = "";
    const pl_contract_file *file = contract->file;
    arrow one = {.consumer = file->consumer.p,
                 .provider = file->provider.p,
                 .name = contract->event ? contract->event->full_name.p : "",
                 .route = route,
                 .stream = contract->event ? contract->stream.p : "",
                 .event = contract->event,
                 .file = file->path.p,
                 .line = contract->at.line};
    if (contract->method)
        one.name = contract->method->full_name.p;
    if (contract->http)
        (void)snprintf(route, sizeof route, "%s %s", contract->http->verb.p,
                       contract->http->path.p);
    if (*one.name)
        arrows_add(all, &one);
}

pl_code arrows_of_contracts(arrows *all, const pl_contract_set *set, pl_error *err) {
    for (size_t i = 0; i < pl_contract_set_file_count(set); i++) {
        const pl_contract_file *file = pl_contract_set_file(set, i);
        for (size_t k = 0; k < file->contract_count; k++)
            add_contract(all, file->contracts[k]);
    }
    arrows_sort(all);
    if (all->failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "the graph of the contracts: more than %d arrows, or no memory",
                            ARROWS_MAX);
    return PL_OK;
}

/* The names that completion offers: what the workspace's files say, whether it runs or not. */
#include <stdio.h>
#include <string.h>

#include "common/system.h"
#include "ctl/ctl.h"
#include "parley/base/str.h"

enum { ARENA_BUDGET = 4 << 20 };

typedef struct models {
    system_model at[WORKSPACE_SYSTEMS_MAX];
    size_t count;
} models;

/* Systems whose file is wrong have no names; parley up says what is wrong. */
static void load(const workspace *space, pl_arena *arena, models *out) {
    for (size_t i = 0; i < space->system_count; i++) {
        if (system_load(space->systems[i], arena, &out->at[out->count], NULL) == PL_OK)
            out->count++;
    }
}

/* As it has to be written: with its system where another one has a service of that name. */
static void print_service(models *m, const system_model *model, const char *name) {
    bool elsewhere = false;
    for (size_t i = 0; i < m->count; i++)
        elsewhere = elsewhere || (&m->at[i] != model && system_find(&m->at[i], name));
    if (elsewhere)
        printf("%s/%s\n", model->name, name);
    else
        printf("%s\n", name);
}

int ctl_names(tool_args *args, const workspace *space) {
    static models m; /* large: not on the stack */
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    const char *what = "";
    while (tool_args_next(args) == TOOL_ARGS_WORD)
        what = args->value;
    load(space, &arena, &m);
    for (size_t i = 0; i < m.count; i++) {
        const system_model *model = &m.at[i];
        if (strcmp(what, "systems") == 0)
            printf("%s\n", model->name);
        for (size_t k = 0; strcmp(what, "services") == 0 && k < model->service_count; k++)
            print_service(&m, model, model->services[k].name);
    }
    pl_arena_done(&arena);
    return TOOL_EXIT_OK;
}

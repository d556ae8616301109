/* parley status, logs, stop, start, restart, scale, down; the names for completion. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "parley/base/assert.h"
#include "parley/base/str.h"

enum { SYSTEMS_MAX = 16 };

int ctl_fail(const tool_args *args, const pl_error *err) {
    (void)fprintf(stderr, "parley %s: %s\n", args->command->name, err->message);
    return TOOL_EXIT_FAILED;
}

int ctl_no_system(const tool_args *args, const control_system *systems, size_t count,
                  const char *only) {
    const char *known[SYSTEMS_MAX];
    for (size_t i = 0; i < count && i < SYSTEMS_MAX; i++)
        known[i] = systems[i].name;
    const char *near = pl_str_nearest(pl_str_c(only), known, count);
    (void)fprintf(stderr, "parley %s: no system '%s' was started here%s%s\n", args->command->name,
                  only, near ? ", did you mean " : "", near ? near : "");
    return TOOL_EXIT_FAILED;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(tool_args *, const workspace *);
    } commands[] = {
        {"status", ctl_status}, {"logs", ctl_logs},        {"stop", ctl_service},
        {"start", ctl_service}, {"restart", ctl_service},  {"scale", ctl_scale},
        {"down", ctl_down},     {"completion", ctl_names},
    };
    static workspace space; /* large: not on the stack */
    tool_args args;
    pl_error err = PL_ERROR_INIT;
    tool_args_init(&args, argc, argv);
    /* -C and --help may come first; the rest is the command's. */
    tool_args ahead = args;
    while (tool_args_next(&ahead) != TOOL_ARGS_END) {
    }
    args.entered = true;
    if (workspace_find(&space, &err) != PL_OK)
        return ctl_fail(&args, &err);
    for (size_t i = 0; i < PL_COUNT(commands); i++) {
        if (strcmp(commands[i].name, args.command->name) == 0)
            return commands[i].run(&args, &space);
    }
    PL_ASSERT(!"a command of the table that ctl does not know");
    return TOOL_EXIT_FAILED;
}

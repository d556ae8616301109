/* stop, start, restart, scale, down. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/system.h"
#include "ctl/ctl.h"
#include "parley/base/str.h"
#include "parley/loop/loop.h"
#include "parley/test/servers.h"

enum { SYSTEMS_MAX = 16, ARENA_BUDGET = 8 << 20, DOWN_TIMEOUT_MS = 60000, POLL_MS = 20 };

/* "mall/delivery: 2 replicas ready", or "mall/delivery: stopped". */
static void print_outcome(const pl_json_value *status, const char *system, const char *name) {
    const pl_json_value *list = control_services(status);
    int ready = 0;
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        const pl_json_value *text = pl_json_at(s, "name");
        if (text && pl_str_eqc(pl_str_make(text->text.p, pl_str_index(text->text, '#')), name))
            ready += pl_json_is(pl_json_at(s, "state"), "ready");
    }
    const pl_json_value *state = pl_json_at(control_service(status, name), "state");
    if (ready > 1)
        printf("%s/%s: %d replicas ready\n", system, name, ready);
    else
        printf("%s/%s: %s\n", system, name, ready ? "ready" : state ? state->text.p : "ready");
}

/* Asks for ACTION on SERVICE, waits until it is done, and says what is the case then. */
static int act(tool_args *args, const workspace *space, const char *service, const char *action) {
    pl_error err = PL_ERROR_INIT;
    control_system system;
    char name[64];
    char target[160];
    if (control_find(space, service, &system, name, &err) != PL_OK)
        return ctl_fail(args, &err);
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    const pl_json_value *status = NULL;
    const char *replica = strchr(service, '#');
    if (replica && strchr(action, '?'))
        tool_usage(args, "%s is a replica; scale its service", service);
    (void)snprintf(target, sizeof target, "/v1/services/%s/%s%s%s", name, action,
                   replica ? "?replica=" : "", replica ? replica + 1 : "");
    int exit_code = TOOL_EXIT_OK;
    if (control_request(&system, "POST", target, &arena, &status, &err) != PL_OK) {
        exit_code = ctl_fail(args, &err);
    } else if (args->json) {
        pl_buf out = pl_buf_make(ARENA_BUDGET);
        pl_json_print(status, 0, &out);
        pl_buf_putc(&out, '\n');
        exit_code = tool_print(args, &out, TOOL_EXIT_OK);
    } else if (!args->quiet) {
        print_outcome(status, system.name, name);
    }
    pl_arena_done(&arena);
    return exit_code;
}

int ctl_service(tool_args *args, const workspace *space) {
    const char *service = NULL;
    bool rolling = false;
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION)
            rolling = true;
        else if (service)
            tool_usage(args, "one service at a time");
        else
            service = args->value;
    }
    if (!service)
        tool_usage(args, "which service?");
    return act(args, space, service, rolling ? "roll" : args->command->name);
}

int ctl_scale(tool_args *args, const workspace *space) {
    char service[64];
    char action[64];
    const char *word = NULL;
    while (tool_args_next(args) == TOOL_ARGS_WORD) {
        if (word)
            tool_usage(args, "one service at a time");
        word = args->value;
    }
    const char *equals = word ? strchr(word, '=') : NULL;
    int64_t n;
    if (!equals || (size_t)(equals - word) >= sizeof service ||
        !pl_str_i64(pl_str_c(equals + 1), &n) || n < 1 || n > SYSTEM_REPLICAS_MAX)
        tool_usage(args, "expected SERVICE=N with N from 1 to %d, got '%s'; parley stop ends all",
                   SYSTEM_REPLICAS_MAX, word ? word : "");
    (void)snprintf(service, sizeof service, "%.*s", (int)(equals - word), word);
    (void)snprintf(action, sizeof action, "scale?n=%lld", (long long)n);
    return act(args, space, service, action);
}

static bool confirmed(const char *system) {
    char line[16];
    (void)fprintf(stderr, "remove all data of %s? [y/N] ", system);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* The lock of the state folder is free once the supervisor has ended. */
static bool wait_ended(const workspace *space, const char *system) {
    char path[PATH_MAX];
    workspace_state(space, system, "run", path);
    pl_loop *loop = NULL;
    if (pl_loop_new(&loop, NULL) != PL_OK)
        return false;
    int64_t deadline = pl_deadline_ms(DOWN_TIMEOUT_MS);
    bool there = access(path, F_OK) == 0;
    while (there && pl_now_ns() < deadline) {
        if (pl_loop_run_once(loop, POLL_MS, NULL) != PL_OK)
            break;
        there = access(path, F_OK) == 0;
    }
    pl_loop_free(loop);
    return !there;
}

/* Of a system that does not run. */
static int remove_volumes(const tool_args *args, const workspace *space, const char *system) {
    pl_error err = PL_ERROR_INIT;
    char path[PATH_MAX];
    workspace_state(space, system, "postgres", path);
    pl_code code = pl_test_postgres_erase(path, &err);
    workspace_state(space, system, "redis", path);
    if (code == PL_OK || code == PL_NOT_FOUND)
        code = pl_test_redis_erase(path, &err);
    return code == PL_OK || code == PL_NOT_FOUND ? TOOL_EXIT_OK : ctl_fail(args, &err);
}

static int down_one(const tool_args *args, const workspace *space, const control_system *system,
                    bool volumes) {
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    const pl_json_value *status = NULL;
    pl_code code = control_request(system, "POST", volumes ? "/v1/down?volumes=1" : "/v1/down",
                                   &arena, &status, &err);
    pl_arena_done(&arena);
    if (code == PL_UNAVAILABLE) {
        int exit_code = volumes ? remove_volumes(args, space, system->name) : TOOL_EXIT_OK;
        if (exit_code == TOOL_EXIT_OK && !args->quiet)
            (void)fprintf(stderr, "%s does not run%s\n", system->name,
                          volumes ? "; its data is removed" : "");
        return exit_code;
    }
    if (code != PL_OK)
        return ctl_fail(args, &err);
    if (!wait_ended(space, system->name)) {
        pl_error_set(&err, PL_DEADLINE_EXCEEDED, "%s did not stop within %d s; see parley logs",
                     system->name, DOWN_TIMEOUT_MS / 1000);
        return ctl_fail(args, &err);
    }
    if (!args->quiet)
        (void)fprintf(stderr, "%s is down%s\n", system->name,
                      volumes ? ", and its data removed" : "");
    return TOOL_EXIT_OK;
}

int ctl_down(tool_args *args, const workspace *space) {
    control_system systems[SYSTEMS_MAX];
    const char *only = NULL;
    bool volumes = false;
    bool yes = false;
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_WORD)
            only = args->value;
        else if (tool_args_is(args, "--volumes"))
            volumes = true;
        else
            yes = true;
    }
    size_t count = control_systems(space, systems, SYSTEMS_MAX);
    int exit_code = TOOL_EXIT_OK;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (only && strcmp(only, systems[i].name) != 0)
            continue;
        any = true;
        if (volumes && !yes && isatty(STDIN_FILENO) && !confirmed(systems[i].name)) {
            (void)fprintf(stderr, "%s is left as it is\n", systems[i].name);
            continue;
        }
        int status = down_one(args, space, &systems[i], volumes);
        exit_code = status ? status : exit_code;
    }
    if (only && !any)
        return ctl_no_system(args, systems, count, only);
    if (!any && !args->quiet)
        (void)fprintf(stderr, "nothing runs\n");
    return exit_code;
}

/* parley up: starts systems and keeps them running until it is told to stop. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/args.h"
#include "common/system.h"
#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "up/detach.h"
#include "up/ports.h"
#include "up/supervisor.h"
#include "up/table.h"

enum {
    SYSTEMS_MAX = 4,
    OVERRIDES_MAX = 128,
    MODEL_ARENA = 1 << 20,
    DEFAULT_BASE = 8000,
};

/* One --set, --without or --replicas. */
typedef struct override {
    char what; /* s, w, r */
    const char *text;
} override;

typedef struct up {
    tool_args args;
    workspace space;
    char bin[PATH_MAX];
    pl_arena arena;
    pl_loop *loop;
    const char *names[SYSTEMS_MAX];
    size_t count;
    system_model models[SYSTEMS_MAX];
    supervisor *systems[SYSTEMS_MAX];
    override overrides[OVERRIDES_MAX];
    size_t override_count;
    int port_base;
    bool detach;
    int64_t started_ns;
    detach_link link; /* to the process that waits for a detached start */
    int interrupts;
    bool interrupted;
    int exit_code;
} up;

static void parse(up *u, int argc, char **argv) {
    tool_args *args = &u->args;
    tool_args_init(args, argc, argv);
    u->port_base = DEFAULT_BASE;
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        int64_t number;
        if (what == TOOL_ARGS_WORD) {
            if (u->count == SYSTEMS_MAX)
                tool_usage(args, "more than %d systems", SYSTEMS_MAX);
            u->names[u->count++] = args->value;
        } else if (tool_args_is(args, "--detach")) {
            u->detach = true;
        } else if (tool_args_is(args, "--port-base")) {
            if (!pl_str_i64(pl_str_c(args->value), &number) || number < 1024 ||
                number > PORTS_BASE_MAX)
                tool_usage(args, "--port-base: expected 1024 to %d, got '%s'", PORTS_BASE_MAX,
                           args->value);
            u->port_base = (int)number;
        } else {
            if (u->override_count == OVERRIDES_MAX)
                tool_usage(args, "more than %d settings", OVERRIDES_MAX);
            u->overrides[u->override_count++] = (override){args->option[2], args->value};
        }
    }
    if (u->count == 0)
        tool_usage(args, "which system?");
}

/* The service that TEXT begins with, up to one of ENDS, in any of the systems. */
static system_service *service_of(up *u, const char *option, const char *text, char end,
                                  const char **out_rest) {
    char name[SYSTEM_NAME_MAX * 2];
    pl_str whole = pl_str_c(text);
    size_t at = end ? pl_str_index(whole, end) : whole.n;
    if ((end && at == whole.n) || at >= sizeof name)
        tool_usage(&u->args, "%s: got '%s'", option, text);
    (void)snprintf(name, sizeof name, "%.*s", (int)at, text);
    *out_rest = text + at + (end ? 1 : 0);
    for (size_t i = 0; i < u->count; i++) {
        system_service *service = system_find(&u->models[i], name);
        if (service)
            return service;
    }
    const char *known[SYSTEM_SERVICES_MAX];
    for (size_t i = 0; i < u->models[0].service_count; i++)
        known[i] = u->models[0].services[i].name;
    const char *near = pl_str_nearest(pl_str_c(name), known, u->models[0].service_count);
    tool_usage(&u->args, "%s: no service '%s'%s%s", option, name, near ? ", did you mean " : "",
               near ? near : "");
}

static pl_code apply_overrides(up *u, pl_error *err) {
    for (size_t i = 0; i < u->override_count; i++) {
        const override *o = &u->overrides[i];
        const char *rest;
        if (o->what == 'w') {
            service_of(u, "--without", o->text, '\0', &rest)->left_out = true;
        } else if (o->what == 'r') {
            int64_t n;
            system_service *service = service_of(u, "--replicas SERVICE=N", o->text, '=', &rest);
            if (!pl_str_i64(pl_str_c(rest), &n) || n < 1 || n > SYSTEM_REPLICAS_MAX)
                tool_usage(&u->args, "--replicas %s: expected 1 to %d", o->text,
                           SYSTEM_REPLICAS_MAX);
            service->replicas = (int)n;
        } else {
            system_service *service = service_of(u, "--set SERVICE.KEY=VALUE", o->text, '.', &rest);
            const char *equals = strchr(rest, '=');
            if (!equals || equals == rest)
                tool_usage(&u->args, "--set SERVICE.KEY=VALUE: got '%s'", o->text);
            const char *key = pl_arena_strndup(&u->arena, rest, (size_t)(equals - rest));
            if (!key)
                return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
            pl_code code = system_set(service, key, equals + 1, err);
            if (code != PL_OK)
                return code;
        }
    }
    return PL_OK;
}

static pl_code load(up *u, pl_error *err) {
    pl_code code = workspace_find(&u->space, err);
    for (size_t i = 0; code == PL_OK && i < u->count; i++) {
        const char *file = workspace_system(&u->space, u->names[i]);
        if (!file)
            return pl_error_set(err, PL_NOT_FOUND,
                                "no system '%s' in %s (looked for services/%s/system.yaml)",
                                u->names[i], u->space.root, u->names[i]);
        code = system_load(file, &u->arena, &u->models[i], err);
    }
    return code == PL_OK ? apply_overrides(u, err) : code;
}

static bool all_in(const up *u, supervisor_phase phase) {
    for (size_t i = 0; i < u->count; i++) {
        if (!u->systems[i] || u->systems[i]->phase != phase)
            return false;
    }
    return true;
}

static void say(const up *u, const char *text) {
    if (!u->args.quiet && !u->detach)
        (void)fprintf(stderr, "%s\n", text);
}

static void on_progress(void *self, supervisor *s, const process *failed) {
    static const char *const phases[] = {"starting the stores",
                                         "starting the services",
                                         "starting the gateway",
                                         NULL,
                                         "stopping",
                                         NULL};
    up *u = self;
    if (failed) {
        char text[LOGS_LAST_MAX * 2 + 256];
        (void)snprintf(text, sizeof text, "%s cannot start (%s). Its last lines:\n%s",
                       failed->log.name, failed->ended, failed->log.last.p);
        if (u->detach)
            detach_report(&u->link, TOOL_EXIT_FAILED, text);
        (void)fprintf(stderr, "parley up: %s\n", text);
        u->exit_code = TOOL_EXIT_FAILED;
        return;
    }
    if (phases[s->phase])
        say(u, phases[s->phase]);
    if (s->phase == SUPERVISOR_RUNNING && all_in(u, SUPERVISOR_RUNNING)) {
        char *table = table_make((const supervisor *const *)u->systems, u->count, u->args.json,
                                 u->args.color, (pl_now_ns() - u->started_ns) / PL_NS_PER_MS);
        if (u->detach)
            detach_report(&u->link, TOOL_EXIT_OK, table ? table : "");
        else if (table)
            (void)fputs(table, stdout);
        (void)fflush(stdout);
        free(table);
    }
    if (s->phase == SUPERVISOR_STOPPED && all_in(u, SUPERVISOR_STOPPED))
        pl_loop_stop(u->loop);
}

static void on_signal(void *self, int signo) {
    up *u = self;
    u->interrupted = u->interrupted || signo == SIGINT;
    if (signo == SIGHUP && u->detach)
        return;
    for (size_t i = 0; i < u->count; i++) {
        if (u->interrupts == 0)
            supervisor_stop(u->systems[i], false);
        else
            supervisor_kill(u->systems[i]);
    }
    if (u->interrupts++ == 0)
        say(u, "again to kill");
}

static pl_code start(up *u, pl_error *err) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    pl_code code = pl_loop_new(&u->loop, err);
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(signals); i++)
        code = pl_loop_on_signal(u->loop, signals[i], on_signal, u, err);
    int base = u->port_base;
    for (size_t i = 0; code == PL_OK && i < u->count; i++) {
        int taken = 0;
        int wanted = base;
        code = ports_choose(&u->models[i], wanted, &base, &taken, err);
        if (code != PL_OK)
            break;
        if (taken)
            (void)fprintf(stderr, "port %d is taken: %s moves to port base %d\n", taken,
                          u->models[i].name, base);
        supervisor_opts opts = {.loop = u->loop,
                                .space = &u->space,
                                .model = &u->models[i],
                                .bin = u->bin,
                                .port_base = base,
                                .terminal = !u->detach && !u->args.quiet && !u->args.json,
                                .color = u->args.color,
                                .progress = on_progress,
                                .self = u};
        code = supervisor_new(&opts, &u->systems[i], err);
        base += PORTS_STEP;
    }
    return code;
}

/* bin/ beside libexec/parley/, where this program is. */
static bool find_bin(char out[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    for (int levels = 0; levels < 3; levels++) {
        char *slash = strrchr(out, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    size_t length = strlen(out);
    return (size_t)snprintf(out + length, PATH_MAX - length, "/bin") < PATH_MAX - length;
}

static int run(up *u) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = find_bin(u->bin) ? start(u, &err)
                                    : pl_error_set(&err, PL_INTERNAL, "cannot find its own folder");
    if (code == PL_OK)
        code = pl_loop_run(u->loop, &err);
    if (code != PL_OK) {
        if (u->detach)
            detach_report(&u->link, TOOL_EXIT_FAILED, err.message);
        (void)fprintf(stderr, "parley up: %s\n", err.message);
        u->exit_code = TOOL_EXIT_FAILED;
    }
    for (size_t i = 0; i < u->count; i++)
        supervisor_free(u->systems[i]);
    pl_loop_free(u->loop);
    if (u->exit_code == 0 && u->interrupted)
        return TOOL_EXIT_INTERRUPTED;
    return u->exit_code;
}

int main(int argc, char **argv) {
    static up u; /* large: not on the stack */
    pl_error err = PL_ERROR_INIT;
    u.started_ns = pl_now_ns();
    u.arena = pl_arena_make(MODEL_ARENA);
    parse(&u, argc, argv);
    if (load(&u, &err) != PL_OK) {
        (void)fprintf(stderr, "parley up: %s\n", err.message);
        return TOOL_EXIT_FAILED;
    }
    if (u.detach) {
        char log[PATH_MAX];
        workspace_state(&u.space, u.names[0], "up.log", log);
        int status;
        if (!detach_fork(&u.link, log, &status))
            return status;
    }
    int status = run(&u);
    pl_arena_done(&u.arena);
    return status;
}

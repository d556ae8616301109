/* parley up: starts systems and keeps them running until it is told to stop. */
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "up/detach.h"
#include "up/options.h"
#include "up/origin.h"
#include "up/ports.h"
#include "up/serves.h"
#include "up/supervisor.h"
#include "up/table.h"

enum { MODEL_ARENA = 1 << 20, REPORT_MAX = 64 * 1024, SAY_MAX = 512 };

typedef struct up {
    up_options options;
    workspace space;
    char bin[PATH_MAX + 8]; /* of the workspace */
    char own_bin[PATH_MAX]; /* beside this program */
    pl_arena arena;
    pl_loop *loop;
    system_model models[UP_SYSTEMS_MAX];
    supervisor *systems[UP_SYSTEMS_MAX];
    int64_t started_ns;
    detach_link link; /* to the process that waits for a detached start */
    pl_buf failure;   /* what could not start, and its last lines */
    pl_timer reaper;
    int interrupts;
    bool interrupted;
    int exit_code;
} up;

static bool all_in(const up *u, supervisor_phase phase) {
    for (size_t i = 0; i < u->options.count; i++) {
        if (!u->systems[i] || u->systems[i]->phase != phase)
            return false;
    }
    return true;
}

/* Progress, in a line: on the terminal, or to whoever waits for a detached start. */
static void say(up *u, const char *format, ...) PL_PRINTF(2, 3);

static void say(up *u, const char *format, ...) {
    char text[SAY_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    (void)snprintf(text + strlen(text), 2, "\n");
    if (u->options.args.quiet)
        return;
    if (u->options.detach)
        detach_note(&u->link, text);
    else
        (void)fputs(text, stderr);
}

/* Systems that have stopped are freed from the loop, not from within their own call. */
static void reap(void *self) {
    up *u = self;
    bool any = false;
    for (size_t i = 0; i < u->options.count; i++) {
        if (u->systems[i] && u->systems[i]->phase == SUPERVISOR_STOPPED) {
            supervisor_free(u->systems[i]);
            u->systems[i] = NULL;
        }
        any = any || u->systems[i];
    }
    if (!any)
        pl_loop_stop(u->loop);
}

static void stop_all(up *u) {
    for (size_t i = 0; i < u->options.count; i++) {
        if (u->systems[i])
            supervisor_stop(u->systems[i], false);
    }
}

/* What cannot start ends the whole start. It is told of at the end, when the next start is
 * possible. */
static void fail(up *u, const process *failed) {
    if (!u->failure.n) {
        pl_buf_printf(&u->failure, "%s cannot start (%s). Its last lines:\n", failed->log.name,
                      failed->ended);
        log_stream_last(&failed->log, &u->failure);
        for (size_t i = 0; i < u->options.count; i++)
            origin_tell(&u->models[i], failed->log.name, &u->failure);
    }
    u->exit_code = TOOL_EXIT_FAILED;
    stop_all(u);
}

static void announce(up *u) {
    const tool_args *args = &u->options.args;
    bool silent = args->quiet && !args->json;
    char *table = silent ? NULL
                         : table_make((const supervisor *const *)u->systems, u->options.count,
                                      args->json, args->color,
                                      (pl_now_ns() - u->started_ns) / PL_NS_PER_MS);
    if (u->options.detach)
        detach_report(&u->link, TOOL_EXIT_OK, table ? table : "");
    else if (table)
        (void)fputs(table, stdout);
    (void)fflush(stdout);
    free(table);
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
        fail(u, failed);
        return;
    }
    if (phases[s->phase] && !u->interrupts && !u->options.detach &&
        (isatty(STDERR_FILENO) || u->options.args.verbose))
        say(u, "%s", phases[s->phase]);
    if (s->phase == SUPERVISOR_RUNNING && all_in(u, SUPERVISOR_RUNNING))
        announce(u);
    if (s->phase == SUPERVISOR_STOPPED)
        pl_timer_start(u->loop, &u->reaper, pl_now_ns(), reap, u);
}

static void on_signal(void *self, int signo) {
    up *u = self;
    u->interrupted = u->interrupted || signo == SIGINT;
    if (signo == SIGHUP && u->options.detach)
        return;
    if (u->interrupts++ == 0) {
        say(u, "stopping; Ctrl-C again kills");
        stop_all(u);
        return;
    }
    for (size_t i = 0; i < u->options.count; i++) {
        if (u->systems[i])
            supervisor_kill(u->systems[i]);
    }
}

static pl_code start_system(up *u, size_t i, int base, pl_error *err) {
    const tool_args *args = &u->options.args;
    supervisor_opts opts = {.loop = u->loop,
                            .space = &u->space,
                            .model = &u->models[i],
                            .bin = u->bin,
                            .own_bin = u->own_bin,
                            .port_base = base,
                            .terminal = !u->options.detach && !args->quiet,
                            .color = args->color_err,
                            .progress = on_progress,
                            .self = u};
    pl_code code = supervisor_new(&opts, &u->systems[i], err);
    if (code == PL_OK && u->systems[i]->port_taken)
        say(u, "port %d is taken: %s moves to port base %d", u->systems[i]->port_taken,
            u->models[i].name, u->systems[i]->opts.port_base);
    return code;
}

static pl_code start(up *u, pl_error *err) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    pl_code code = pl_loop_new(&u->loop, err);
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(signals); i++)
        code = pl_loop_on_signal(u->loop, signals[i], on_signal, u, err);
    int base = u->options.port_base;
    for (size_t i = 0; code == PL_OK && i < u->options.count; i++) {
        code = start_system(u, i, base, err);
        if (code == PL_OK)
            base = u->systems[i]->opts.port_base + PORTS_STEP;
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

/* Tells how it ended, and returns the exit code. */
static int finish(up *u, pl_code code, const pl_error *err) {
    if (code != PL_OK) {
        pl_buf_clear(&u->failure);
        pl_buf_puts(&u->failure, err->message);
        pl_buf_putc(&u->failure, '\n');
        u->exit_code = TOOL_EXIT_FAILED;
    } else if (u->exit_code == TOOL_EXIT_OK && u->interrupted) {
        u->exit_code = TOOL_EXIT_INTERRUPTED;
    }
    if (u->failure.n)
        (void)fprintf(stderr, "parley up: %s", u->failure.p);
    pl_buf text = pl_buf_make(REPORT_MAX + SAY_MAX);
    if (u->failure.n)
        pl_buf_printf(&text, "parley up: %s", u->failure.p);
    else if (!u->interrupted)
        pl_buf_puts(&text, "parley up: it was stopped before it was ready\n");
    detach_report(&u->link, u->exit_code ? u->exit_code : TOOL_EXIT_FAILED, text.p);
    pl_buf_done(&text);
    return u->exit_code;
}

static int run(up *u) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = find_bin(u->own_bin)
                       ? PL_OK
                       : pl_error_set(&err, PL_INTERNAL, "cannot find its own folder");
    if (u->space.build[0])
        (void)snprintf(u->bin, sizeof u->bin, "%s/bin", u->space.build);
    else
        (void)snprintf(u->bin, sizeof u->bin, "%s", u->own_bin);
    pl_str build = pl_str_make(u->bin, strlen(u->bin) - strlen("/bin"));
    for (size_t i = 0; code == PL_OK && i < u->options.count; i++)
        code = serves_check(&u->models[i], u->space.root, build, &err);
    if (code == PL_OK)
        code = start(u, &err);
    if (code == PL_OK)
        code = pl_loop_run(u->loop, &err);
    for (size_t i = 0; i < u->options.count; i++)
        supervisor_free(u->systems[i]);
    pl_timer_stop(&u->reaper);
    pl_loop_free(u->loop);
    return finish(u, code, &err);
}

int main(int argc, char **argv) {
    static up u; /* large: not on the stack */
    pl_error err = PL_ERROR_INIT;
    u.started_ns = pl_now_ns();
    u.arena = pl_arena_make(MODEL_ARENA);
    u.failure = pl_buf_make(REPORT_MAX);
    u.link.fd = -1;
    up_options_parse(&u.options, argc, argv);
    pl_code code = workspace_find(&u.space, &err);
    if (code == PL_OK)
        code = up_options_load(&u.options, &u.space, &u.arena, u.models, &err);
    if (code != PL_OK) {
        (void)fprintf(stderr, "parley up: %s\n", err.message);
        return TOOL_EXIT_FAILED;
    }
    if (u.options.detach) {
        char log[PATH_MAX];
        workspace_state(&u.space, u.options.names[0], "up.log", log);
        int status;
        if (!detach_fork(&u.link, log, &status))
            return status;
    }
    int status = run(&u);
    pl_buf_done(&u.failure);
    pl_arena_done(&u.arena);
    return status;
}

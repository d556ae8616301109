#include "up/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "parley/base/clock.h"

static void launch(process *p);

static void set_state(process *p, process_state state) {
    p->state = state;
    p->since_us = pl_time_us();
    p->owner.changed(p->owner.self, p);
}

pl_code process_init(process *p, pl_loop *loop, const process_owner *owner, const char *folder,
                     const char *name, pl_error *err) {
    p->loop = loop;
    p->owner = *owner;
    p->state = PROCESS_STOPPED;
    p->stop_signal = SIGTERM;
    p->backoff_ms = PROCESS_BACKOFF_FIRST_MS;
    p->since_us = pl_time_us();
    return log_stream_open(&p->log, folder, name, err);
}

void process_done(process *p) {
    if (!p->loop)
        return;
    pl_timer_stop(&p->timer);
    pl_child_free(p->child);
    log_stream_close(&p->log);
    memset(p, 0, sizeof *p);
}

static void on_line(void *self, pl_str line) {
    process *p = self;
    if (p->owner.line)
        p->owner.line(p->owner.self, p, line);
}

static void on_output(void *self, pl_child *child, int stream, pl_str data) {
    process *p = self;
    (void)child;
    log_stream_feed(&p->log, stream, data, on_line, p);
}

static void on_backoff_over(void *self) {
    process *p = self;
    if (p->wanted)
        launch(p);
}

/* It ended, or could not be started: again later, or never. HOPELESS: another start of the same
 * would end the same way. */
static void ended(process *p, bool hopeless) {
    pl_timer_stop(&p->timer);
    if (!p->wanted) {
        set_state(p, PROCESS_STOPPED);
        return;
    }
    if (p->state == PROCESS_STOPPING) { /* asked for again while it stopped */
        p->state = PROCESS_STOPPED;     /* a start that fails is an end of its own */
        launch(p);
        return;
    }
    if (!p->was_ready)
        p->failures = hopeless ? PROCESS_FAILURES_MAX : p->failures + 1;
    p->restarts++;
    if (pl_now_ns() - p->started_ns > (int64_t)PROCESS_STEADY_MS * PL_NS_PER_MS)
        p->backoff_ms = PROCESS_BACKOFF_FIRST_MS;
    int pause_ms = p->backoff_ms;
    pl_timer_start(p->loop, &p->timer, pl_deadline_ms(pause_ms), on_backoff_over, p);
    p->backoff_ms *= 2;
    if (p->backoff_ms > PROCESS_BACKOFF_MAX_MS)
        p->backoff_ms = PROCESS_BACKOFF_MAX_MS;
    set_state(p, PROCESS_BACKOFF);
    /* The owner may have stopped it because of that. */
    if (p->wanted)
        log_stream_say_error(&p->log, "ended (%s); again in %d ms", p->ended, pause_ms);
    else
        log_stream_say_error(&p->log, "ended (%s); given up", p->ended);
}

/* "exit 1", or "signal 11, SIGSEGV". */
static void name_end(process *p, pl_child_exit how) {
    static const struct {
        int number;
        const char *name;
    } signals[] = {
        {SIGABRT, "SIGABRT"}, {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
        {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},
        {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"}, {SIGPIPE, "SIGPIPE"}, {SIGTRAP, "SIGTRAP"},
        {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
    };
    const char *name = NULL;
    for (size_t i = 0; how.signalled && i < PL_COUNT(signals); i++) {
        if (signals[i].number == how.status)
            name = signals[i].name;
    }
    (void)snprintf(p->ended, sizeof p->ended, "%s %d%s%s", how.signalled ? "signal" : "exit",
                   how.status, name ? ", " : "", name ? name : "");
}

static void on_exit_of_child(void *self, pl_child *child, pl_child_exit how) {
    process *p = self;
    name_end(p, how);
    log_stream_end(&p->log, on_line, p);
    p->child = NULL;
    pl_child_free(child);
    if (p->once && p->wanted && !how.signalled && how.status == 0) {
        p->succeeded = true;
        p->wanted = false;
    }
    ended(p, !how.signalled && how.status == PROCESS_EXIT_USAGE);
}

static void launch(process *p) {
    pl_error err = PL_ERROR_INIT;
    pl_child_opts opts = PL_CHILD_OPTS_INIT;
    opts.out = PL_CHILD_PIPE;
    opts.err = PL_CHILD_PIPE;
    opts.new_group = true;
    p->started_ns = pl_now_ns();
    log_stream_forget(&p->log);
    pl_code code = p->owner.command(p->owner.self, p, &opts, &err);
    if (code == PL_OK) {
        opts.on_exit = on_exit_of_child;
        opts.on_output = on_output;
        opts.self = p;
        code = pl_child_start(p->loop, &opts, &p->child, &err);
    }
    if (code != PL_OK) {
        log_stream_say_error(&p->log, "cannot start: %s", err.message);
        (void)snprintf(p->ended, sizeof p->ended, "%.*s", (int)sizeof p->ended - 1, err.message);
        ended(p, code == PL_NOT_FOUND);
        return;
    }
    set_state(p, PROCESS_STARTING);
}

void process_start(process *p) {
    if (p->wanted)
        return;
    p->wanted = true;
    p->was_ready = false;
    p->succeeded = false;
    p->failures = 0;
    p->backoff_ms = PROCESS_BACKOFF_FIRST_MS;
    /* One that is still stopping is started again by its end. */
    if (p->state == PROCESS_STOPPED)
        launch(p);
}

static void on_stop_too_long(void *self) {
    process *p = self;
    log_stream_say_error(&p->log, "did not stop within %d ms; killed", PROCESS_STOP_MS);
    process_kill(p);
}

void process_stop(process *p) {
    if (!p->wanted)
        return;
    p->wanted = false;
    pl_timer_stop(&p->timer);
    if (!p->child) {
        set_state(p, PROCESS_STOPPED);
        return;
    }
    pl_child_kill(p->child, p->stop_signal);
    pl_timer_start(p->loop, &p->timer, pl_deadline_ms(PROCESS_STOP_MS), on_stop_too_long, p);
    set_state(p, PROCESS_STOPPING);
}

void process_kill(process *p) {
    p->wanted = false;
    if (p->child) {
        pl_child_kill_group(p->child, SIGKILL);
    } else if (p->state != PROCESS_STOPPED) { /* it waits for its next start */
        pl_timer_stop(&p->timer);
        set_state(p, PROCESS_STOPPED);
    }
}

void process_ready(process *p) {
    if (p->state != PROCESS_STARTING)
        return;
    p->was_ready = true;
    p->failures = 0;
    set_state(p, PROCESS_READY);
}

bool process_failed(const process *p) {
    return p->failures >= PROCESS_FAILURES_MAX;
}

int process_pid(const process *p) {
    return p->child ? (int)pl_child_pid(p->child) : 0;
}

const char *process_state_name(process_state state) {
    static const char *const names[] = {"stopped", "starting", "ready", "backoff", "stopping"};
    return names[state];
}

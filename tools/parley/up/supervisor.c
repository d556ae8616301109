#include "up/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "up/ports.h"

static pl_code make_folder(const char *path, mode_t mode, pl_error *err) {
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return pl_error_errno(err, errno, "%s", path);
    return PL_OK;
}

/* .parley/ and .parley/<system>/ with what stands in them. PostgreSQL's user must be able to
 * pass through to its data; everything below that matters is closed by itself. */
static pl_code make_folders(supervisor *s, pl_error *err) {
    static const char *const below[] = {"", "/logs", "/addr"};
    char path[PATH_MAX + 16];
    pl_code code = workspace_make_state(s->opts.space, err);
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(below); i++) {
        (void)snprintf(path, sizeof path, "%s%s", s->state, below[i]);
        code = make_folder(path, i == 0 ? 0755 : 0700, err);
    }
    return code;
}

static pl_code take_lock(supervisor *s, pl_error *err) {
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/lock", s->state);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return pl_error_errno(err, errno, "%s", path);
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return pl_error_set(err, PL_ALREADY_EXISTS,
                            "%s runs already; parley status shows it, parley down stops it",
                            s->opts.model->name);
    return PL_OK;
}

/* The folder of the control socket; its path is kept in the state folder. */
static pl_code make_run_folder(supervisor *s, pl_error *err) {
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/run", s->state);
    run_folders_sweep();
    pl_code code = run_folder_make(s->run, err);
    if (code != PL_OK)
        return code;
    FILE *file = fopen(path, "we");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    (void)fprintf(file, "%s\n", s->run);
    return fclose(file) == 0 ? PL_OK : pl_error_errno(err, errno, "%s", path);
}

static pl_code make_units(supervisor *s, pl_error *err) {
    for (size_t i = 0; i < s->opts.model->service_count; i++) {
        pl_code code = unit_init(&s->units[i], s, &s->opts.model->services[i], err);
        if (code != PL_OK)
            return code;
        s->unit_count = i + 1;
    }
    return PL_OK;
}

pl_code supervisor_new(const supervisor_opts *opts, supervisor **out_supervisor, pl_error *err) {
    supervisor *s = calloc(1, sizeof *s);
    if (!s)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    s->opts = *opts;
    s->lock = -1;
    workspace_state(opts->space, opts->model->name, "", s->state);
    pl_code code = make_folders(s, err);
    if (code == PL_OK)
        code = take_lock(s, err);
    if (code == PL_OK)
        code = ports_choose(opts->model, opts->port_base, &s->opts.port_base, &s->port_taken, err);
    if (code == PL_OK)
        code = make_run_folder(s, err);
    if (code == PL_OK)
        code = stores_prepare(s, err);
    if (code == PL_OK)
        code = make_units(s, err);
    if (code == PL_OK)
        code = control_open(s, err);
    if (code != PL_OK) {
        supervisor_free(s);
        return code;
    }
    *out_supervisor = s;
    stores_start(s);
    return PL_OK;
}

static void remove_tree(const supervisor *s, const char *name) {
    char path[PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/%s", s->state, name);
    (void)unlink(path);
    (void)rmdir(path);
}

/* The data goes, the logs stay: they say why somebody wanted the data gone. */
static void remove_data(supervisor *s) {
    char path[PATH_MAX + 16];
    pl_error err = PL_ERROR_INIT;
    (void)snprintf(path, sizeof path, "%s/postgres", s->state);
    pl_code code = pl_test_postgres_erase(path, &err);
    (void)snprintf(path, sizeof path, "%s/redis", s->state);
    if (code == PL_OK)
        code = pl_test_redis_erase(path, &err);
    if (code != PL_OK)
        (void)fprintf(stderr, "parley: the data was not removed: %s\n", err.message);
}

void supervisor_free(supervisor *s) {
    if (!s)
        return;
    control_close(s);
    pl_timer_stop(&s->probe);
    for (size_t i = 0; i < s->unit_count; i++)
        unit_done(&s->units[i]);
    process_done(&s->redis_process);
    process_done(&s->postgres_process);
    pl_test_redis_free(s->redis);
    pl_test_postgres_free(s->postgres);
    if (s->remove_data)
        remove_data(s);
    if (s->run[0]) {
        (void)rmdir(s->run);
        remove_tree(s, "run");
    }
    if (s->lock >= 0)
        close(s->lock);
    free(s);
}

static void enter(supervisor *s, supervisor_phase phase, const process *failed) {
    s->phase = phase;
    s->opts.progress(s->opts.self, s, failed);
}

static const process *failure(const supervisor *s) {
    if (process_failed(&s->postgres_process))
        return &s->postgres_process;
    if (process_failed(&s->redis_process))
        return &s->redis_process;
    for (size_t i = 0; i < s->unit_count; i++) {
        const process *p = unit_failure(&s->units[i]);
        if (p)
            return p;
    }
    return NULL;
}

static void start_units(supervisor *s, bool gateway) {
    for (size_t i = 0; i < s->unit_count; i++) {
        unit *u = &s->units[i];
        if (u->service->is_gateway == gateway && !u->service->left_out)
            unit_start(u);
    }
}

static bool units_settled(const supervisor *s, bool gateway) {
    for (size_t i = 0; i < s->unit_count; i++) {
        const unit *u = &s->units[i];
        if (u->service->is_gateway == gateway && u->wanted && !unit_settled(u))
            return false;
    }
    return true;
}

static void step_starting(supervisor *s) {
    const process *failed = failure(s);
    if (failed) {
        s->exit_code = 1;
        s->opts.progress(s->opts.self, s, failed);
        supervisor_stop(s, false);
        return;
    }
    if (s->phase == SUPERVISOR_STORES && stores_ready(s)) {
        pl_error err = PL_ERROR_INIT;
        if (stores_make_databases(s, &err) != PL_OK) {
            log_stream_say_error(&s->postgres_process.log, "cannot make the databases: %s",
                                 err.message);
            s->exit_code = 1;
            s->opts.progress(s->opts.self, s, &s->postgres_process);
            supervisor_stop(s, false);
            return;
        }
        enter(s, SUPERVISOR_SERVICES, NULL);
        start_units(s, false);
    }
    if (s->phase == SUPERVISOR_SERVICES && units_settled(s, false)) {
        enter(s, SUPERVISOR_GATEWAY, NULL);
        start_units(s, true);
    }
    if (s->phase == SUPERVISOR_GATEWAY && units_settled(s, true))
        enter(s, SUPERVISOR_RUNNING, NULL);
}

/* Gateway first, so that nobody asks a service that is gone; then the services; the stores last. */
static void step_stopping(supervisor *s) {
    bool gateway_stopped = true;
    bool all_stopped = true;
    for (size_t i = 0; i < s->unit_count; i++) {
        bool stopped = unit_stopped(&s->units[i]);
        all_stopped = all_stopped && stopped;
        if (s->units[i].service->is_gateway)
            gateway_stopped = gateway_stopped && stopped;
    }
    for (size_t i = 0; i < s->unit_count; i++) {
        if (s->units[i].service->is_gateway || gateway_stopped)
            unit_stop(&s->units[i]);
    }
    if (!all_stopped)
        return;
    stores_stop(s);
    if (stores_stopped(s))
        enter(s, SUPERVISOR_STOPPED, NULL);
}

void supervisor_step(supervisor *s) {
    /* A step starts and stops processes, which tell us of it: those calls only ask for
     * another round. */
    if (s->stepping) {
        s->step_again = true;
        return;
    }
    s->stepping = true;
    do {
        s->step_again = false;
        for (size_t i = 0; i < s->unit_count; i++)
            unit_step(&s->units[i]);
        if (s->phase < SUPERVISOR_RUNNING)
            step_starting(s);
        else if (s->phase == SUPERVISOR_STOPPING)
            step_stopping(s);
        control_step(s);
    } while (s->step_again && s->phase != SUPERVISOR_STOPPED);
    s->stepping = false;
}

void supervisor_stop(supervisor *s, bool with_data) {
    s->remove_data = s->remove_data || with_data;
    if (s->phase >= SUPERVISOR_STOPPING)
        return;
    enter(s, SUPERVISOR_STOPPING, NULL);
    supervisor_step(s);
}

void supervisor_kill(supervisor *s) {
    s->phase = SUPERVISOR_STOPPING;
    for (size_t i = 0; i < s->unit_count; i++)
        unit_kill(&s->units[i]);
    process_kill(&s->redis_process);
    process_kill(&s->postgres_process);
}

unit *supervisor_find(supervisor *s, const char *name) {
    const system_service *service = system_find(s->opts.model, name);
    for (size_t i = 0; service && i < s->unit_count; i++) {
        if (s->units[i].service == service)
            return &s->units[i];
    }
    return NULL;
}

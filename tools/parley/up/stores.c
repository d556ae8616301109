/* The private PostgreSQL and Redis of a system. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "parley/base/clock.h"
#include "up/supervisor.h"

enum { PROBE_EVERY_MS = 15, PROBE_TIMEOUT_MS = 200 };

static void fill(const pl_test_command *command, pl_child_opts *opts) {
    opts->argv = (const char *const *)command->argv;
    opts->env = (const char *const *)command->env;
    opts->cwd = command->cwd;
    opts->change_user = command->switch_user;
    opts->uid = command->uid;
    opts->gid = command->gid;
    opts->death_signal = command->death_signal;
}

static pl_code postgres_command(void *self, process *p, pl_child_opts *opts, pl_error *err) {
    const supervisor *s = self;
    (void)p;
    (void)err;
    fill(pl_test_postgres_command(s->postgres), opts);
    /* When we are killed there is no time for a checkpoint: the next start recovers. */
    opts->death_signal = SIGQUIT;
    return PL_OK;
}

static pl_code redis_command(void *self, process *p, pl_child_opts *opts, pl_error *err) {
    const supervisor *s = self;
    (void)p;
    (void)err;
    fill(pl_test_redis_command(s->redis), opts);
    return PL_OK;
}

static void on_probe(void *self) {
    supervisor *s = self;
    bool again = false;
    if (s->postgres_process.state == PROCESS_STARTING) {
        if (pl_test_postgres_probe(s->postgres, pl_deadline_ms(PROBE_TIMEOUT_MS), NULL) == PL_OK)
            process_ready(&s->postgres_process);
        else
            again = true;
    }
    if (s->redis_process.state == PROCESS_STARTING) {
        if (pl_test_redis_probe(s->redis, pl_deadline_ms(PROBE_TIMEOUT_MS), NULL) == PL_OK)
            process_ready(&s->redis_process);
        else
            again = true;
    }
    if (again)
        pl_timer_start(s->opts.loop, &s->probe, pl_deadline_ms(PROBE_EVERY_MS), on_probe, s);
}

static void on_changed(void *self, process *p) {
    supervisor *s = self;
    if (p->state == PROCESS_STARTING && !pl_timer_running(&s->probe))
        pl_timer_start(s->opts.loop, &s->probe, pl_deadline_ms(PROBE_EVERY_MS), on_probe, s);
    supervisor_step(s);
}

static pl_code prepare_process(supervisor *s, process *p, process_command_fn *command,
                               const char *name, int stop_signal, pl_error *err) {
    char folder[PATH_MAX + 8];
    process_owner owner = {command, on_changed, NULL, s};
    (void)snprintf(folder, sizeof folder, "%s/logs", s->state);
    pl_code code = process_init(p, s->opts.loop, &owner, folder, name, err);
    p->stop_signal = stop_signal;
    return code;
}

pl_code stores_prepare(supervisor *s, pl_error *err) {
    char folder[PATH_MAX + 16];
    pl_test_postgres_opts postgres = PL_TEST_POSTGRES_OPTS_INIT;
    pl_test_redis_opts redis = PL_TEST_REDIS_OPTS_INIT;
    (void)snprintf(folder, sizeof folder, "%s/postgres", s->state);
    postgres.dir = folder;
    pl_code code = pl_test_postgres_new(&postgres, &s->postgres, err);
    if (code != PL_OK)
        return code;
    (void)snprintf(folder, sizeof folder, "%s/redis", s->state);
    redis.dir = folder;
    code = pl_test_redis_new(&redis, &s->redis, err);
    if (code == PL_OK)
        code = prepare_process(s, &s->postgres_process, postgres_command, "postgres",
                               pl_test_postgres_command(s->postgres)->stop_signal, err);
    if (code == PL_OK)
        code = prepare_process(s, &s->redis_process, redis_command, "redis",
                               pl_test_redis_command(s->redis)->stop_signal, err);
    return code;
}

void stores_start(supervisor *s) {
    process_start(&s->postgres_process);
    process_start(&s->redis_process);
}

bool stores_ready(const supervisor *s) {
    return s->postgres_process.state == PROCESS_READY && s->redis_process.state == PROCESS_READY;
}

void stores_stop(supervisor *s) {
    pl_timer_stop(&s->probe);
    if (s->remove_data) /* no checkpoint of what is about to go */
        s->postgres_process.stop_signal = SIGQUIT;
    process_stop(&s->redis_process);
    process_stop(&s->postgres_process);
}

bool stores_stopped(const supervisor *s) {
    return s->postgres_process.state == PROCESS_STOPPED &&
           s->redis_process.state == PROCESS_STOPPED;
}

static void database_name(const supervisor *s, const system_service *service, const char *suffix,
                          char out[64]) {
    (void)snprintf(out, 64, "%s_%s%s", s->opts.model->name, service->name, suffix);
    for (char *c = out; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
}

void stores_database(const supervisor *s, const system_service *service, char out[64]) {
    database_name(s, service, "", out);
}

void stores_owner(const supervisor *s, const system_service *service, char out[64]) {
    database_name(s, service, "_owner", out);
}

pl_code stores_make_databases(supervisor *s, pl_error *err) {
    if (s->databases_made)
        return PL_OK;
    for (size_t i = 0; i < s->opts.model->service_count; i++) {
        const system_service *service = &s->opts.model->services[i];
        char database[64];
        char owner[64];
        if (service->store != SYSTEM_STORE_POSTGRES)
            continue;
        stores_database(s, service, database);
        stores_owner(s, service, owner);
        pl_code code = pl_test_postgres_database(s->postgres, database, owner, database, err);
        if (code != PL_OK)
            return code;
    }
    s->databases_made = true;
    return PL_OK;
}

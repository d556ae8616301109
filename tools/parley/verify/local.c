#include "verify/local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/control.h"
#include "parley/base/clock.h"

enum { SYSTEMS_MAX = 16, READY_MAX = 512, ENV_MAX = 1024 };

#define READY "ready states="

extern char **environ;

/* ---- where it is ----------------------------------------------------------------------------- */

static const char *text_of(const pl_json_value *object, const char *key) {
    const pl_json_value *value = pl_json_at(object, key);
    return value && value->text.n ? value->text.p : NULL;
}

/* Serves a service of PACKAGE: "mall.products.v1.ProductService" is one of mall.products.v1. */
static bool serves(const pl_json_value *service, const char *package) {
    const pl_json_value *list = pl_json_at(service, "serves");
    size_t n = strlen(package);
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        const char *dot = strrchr(s->text.p, '.');
        if (dot && (size_t)(dot - s->text.p) == n && strncmp(s->text.p, package, n) == 0)
            return true;
    }
    return false;
}

static bool is_ready(const pl_json_value *service) {
    return service && pl_json_is(pl_json_at(service, "state"), "ready");
}

static void take(const control_system *system, const pl_json_value *status,
                 const pl_json_value *service, pl_arena *arena, local *out) {
    const char *program = text_of(service, "program");
    *out = (local){.system = pl_arena_strdup(arena, system->name),
                   .service = text_of(service, "name"),
                   .target = is_ready(service) ? text_of(service, "grpc") : NULL,
                   .redis = text_of(pl_json_at(status, "stores"), "redis"),
                   .database = text_of(service, "database")};
    if (is_ready(control_service(status, "gateway")))
        out->gateway = text_of(service, "http");
    const char *states = program ? pl_arena_printf(arena, "%s-states", program) : NULL;
    if (states && access(states, X_OK) == 0)
        out->states_program = states;
}

static pl_code not_running(const char *system, const control_system *systems, size_t count,
                           pl_error *err) {
    const char *names[SYSTEMS_MAX];
    for (size_t i = 0; i < count; i++)
        names[i] = systems[i].name;
    const char *near = pl_str_nearest(pl_str_c(system), names, count);
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "no system '%s' runs here%s%s%s; parley status lists them", system,
                        near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

pl_code local_find(const workspace *space, const char *system, const char *package, pl_arena *arena,
                   local *out, pl_error *err) {
    control_system systems[SYSTEMS_MAX];
    size_t count = space->root[0] ? control_systems(space, systems, SYSTEMS_MAX) : 0, running = 0;
    local found = {0};
    for (size_t i = 0; i < count; i++) {
        const pl_json_value *status = NULL;
        if ((system && strcmp(system, systems[i].name) != 0) ||
            control_request(&systems[i], "GET", "/v1/status", arena, &status, NULL) != PL_OK)
            continue;
        running++;
        const pl_json_value *list = control_services(status), *one = NULL;
        for (const pl_json_value *s = list ? list->children : NULL; s && !one; s = s->next)
            one = serves(s, package) ? s : NULL; /* the first replica */
        if (one && found.system)
            return pl_error_set(err, PL_INVALID_ARGUMENT, "%s and %s serve it: --system says which",
                                found.system, systems[i].name);
        if (one)
            take(&systems[i], status, one, arena, &found);
    }
    if (system && !running)
        return not_running(system, systems, count, err);
    if (!found.system)
        return pl_error_set(err, PL_NOT_FOUND, "no system that runs here serves %s", package);
    if (!found.target)
        return pl_error_set(err, PL_UNAVAILABLE,
                            "%s/%s is not ready; parley status shows its state", found.system,
                            found.service);
    *out = found;
    return PL_OK;
}

/* ---- its states ------------------------------------------------------------------------------ */

/* In a group of its own, so that Ctrl-C leaves it for what has to be taken back; setpriv makes it
 * die with this process. */
static int spawn(local *l, const char **env, int out) {
    const char *argv[] = {"setpriv", "--pdeathsig", "TERM", l->states_program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    int status = posix_spawnp(&l->states_pid, "setpriv", &actions, &attributes,
                              (char *const *)(void *)argv, (char *const *)(void *)env);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (status != 0)
        l->states_pid = 0;
    return status;
}

/* Reads the line in which it says where it is, into LINE. */
static bool read_ready(int fd, char line[READY_MAX]) {
    int64_t deadline_ns = pl_deadline_ms(LOCAL_STATES_START_MS);
    size_t n = 0;
    line[0] = '\0';
    while (!strchr(line, '\n') && n + 1 < READY_MAX) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int some = poll(&ready, 1, pl_remaining_ms(deadline_ns));
        ssize_t got = some > 0 ? read(fd, line + n, READY_MAX - 1 - n) : some;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        n += (size_t)got;
        line[n] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
    return pl_str_starts(pl_str_c(line), pl_str_c(READY));
}

/* Passes on what is printed until nobody holds the other end of FD, which it closes. */
static void *pass_on(void *fd) {
    int from = (int)(intptr_t)fd;
    char bytes[READY_MAX];
    for (ssize_t n; (n = read(from, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR);)
        (void)fwrite(bytes, 1, n > 0 ? (size_t)n : 0, stderr);
    (void)close(from);
    return NULL;
}

/* A program whose output nobody reads would wait for it, or end by SIGPIPE. */
static bool read_on(int fd) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, pass_on, (void *)(intptr_t)fd) != 0)
        return false;
    (void)pthread_detach(thread); /* whom the program has started may hold its output longer */
    return true;
}

static bool make_environment(const local *l, pl_arena *arena, const char *env[ENV_MAX]) {
    size_t count = 0;
    bool whole = true;
    if (l->database)
        whole = (env[count++] = pl_arena_printf(arena, "DATABASE_URL=%s", l->database)) != NULL;
    if (l->redis)
        whole = (env[count++] = pl_arena_printf(arena, "REDIS_URL=%s", l->redis)) != NULL && whole;
    for (char **e = environ; *e && count + 1 < ENV_MAX; e++) {
        if (strncmp(*e, "DATABASE_URL=", strlen("DATABASE_URL=")) != 0 &&
            strncmp(*e, "REDIS_URL=", strlen("REDIS_URL=")) != 0)
            env[count++] = *e;
    }
    env[count] = NULL;
    return whole;
}

pl_code local_serve_states(local *l, pl_arena *arena, pl_error *err) {
    const char **env = pl_arena_calloc(arena, ENV_MAX, sizeof *env);
    char line[READY_MAX];
    int out[2];
    if (!env || !make_environment(l, arena, env))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    if (pipe(out) != 0)
        return pl_error_errno(err, errno, "%s: its output", l->states_program);
    (void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(out[1], F_SETFD, FD_CLOEXEC);
    int status = spawn(l, env, out[1]);
    (void)close(out[1]);
    bool ready = status == 0 && read_ready(out[0], line);
    bool read = ready && read_on(out[0]);
    if (!read)
        (void)close(out[0]);
    if (status != 0)
        return pl_error_errno(err, status, "%s cannot be started (setpriv of util-linux is needed)",
                              l->states_program);
    if (!ready)
        return pl_error_set(err, PL_UNAVAILABLE,
                            "%s did not say \"" READY "\": it has ended, or "
                            "took more than %d s",
                            l->states_program, LOCAL_STATES_START_MS / 1000);
    l->states = read ? pl_arena_strdup(arena, line + strlen(READY)) : NULL;
    return l->states ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
}

/* It has until the deadline; one that still opens its database does not hear the signal. */
static bool ends_in_time(pid_t pid, int64_t deadline_ns) {
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    int some = end.fd >= 0 ? -1 : 0;
    while (some < 0) {
        some = poll(&end, 1, pl_remaining_ms(deadline_ns));
        if (some < 0 && errno != EINTR)
            some = 0;
    }
    if (end.fd >= 0)
        (void)close(end.fd);
    return some > 0;
}

void local_done(local *l) {
    if (!l->states_pid)
        return;
    (void)kill(l->states_pid, SIGTERM);
    if (!ends_in_time(l->states_pid, pl_deadline_ms(LOCAL_STATES_END_MS)))
        (void)kill(l->states_pid, SIGKILL);
    while (waitpid(l->states_pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    l->states_pid = 0;
}

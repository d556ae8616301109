/* What a replica is told: its environment, its arguments, and the address files by which
 * replicas find each other. Nothing of the caller's environment but what a program needs
 * to run at all: a stray LISTEN must not reach a service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "up/supervisor.h"

enum { ENV_MAX = 128, TEXT_MAX = 64 * 1024 };

/* Of test builds, which read it from the environment: no setting of the service. */
#define FAILPOINT_KEY "FAILPOINT"

/* Built anew for every start; the child copies it. One loop thread only. */
typedef struct environment {
    const char *env[ENV_MAX];
    size_t count;
    char text[TEXT_MAX];
    size_t used;
    const char *argv[SYSTEM_SETTINGS_MAX + 3]; /* program, settings, --migrate, NULL */
    size_t argc;
    char path[PATH_MAX * 2];
    bool overflow;
} environment;

/* The one of the same key that is there already, or a new one. */
static const char **place_of(environment *e, const char *entry) {
    size_t key = pl_str_index(pl_str_c(entry), '=') + 1;
    for (size_t i = 0; i < e->count; i++) {
        if (strncmp(e->env[i], entry, key) == 0)
            return &e->env[i];
    }
    return &e->env[e->count++];
}

/* A later value of a key replaces an earlier one: a setting comes before what is worked out. */
static void put(environment *e, const char *format, ...) PL_PRINTF(2, 3);

static void put(environment *e, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text + e->used, sizeof e->text - e->used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof e->text - e->used || e->count + 1 >= ENV_MAX) {
        e->overflow = true;
        return;
    }
    *place_of(e, e->text + e->used) = e->text + e->used;
    e->used += (size_t)n + 1;
}

static void pass_on(environment *e, const char *name) {
    const char *value = getenv(name);
    if (value)
        put(e, "%s=%s", name, value);
}

/* KEY of a service's own name: products -> PRODUCTS_ADDR. */
static void put_address(environment *e, const supervisor *s, const char *service) {
    char key[SYSTEM_NAME_MAX];
    (void)snprintf(key, sizeof key, "%s", service);
    for (char *c = key; *c; c++)
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    put(e, "%s_ADDR=file:%s/addr/%s", key, s->state, service);
}

int supervisor_port(const supervisor *s, const system_service *service) {
    return service->port - SYSTEM_PORT_FIRST + s->opts.port_base;
}

/* KEY=VALUE as a flag: unlike a variable of the environment, one that does not exist is refused. */
static void put_flag(environment *e, const char *key, const char *value) {
    int n = snprintf(e->text + e->used, sizeof e->text - e->used, "--%s=%s", key, value);
    if (n < 0 || (size_t)n >= sizeof e->text - e->used) {
        e->overflow = true;
        return;
    }
    char *flag = e->text + e->used;
    for (char *c = flag; *c != '='; c++)
        *c = *c == '_' ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    e->argv[e->argc++] = flag;
    e->used += (size_t)n + 1;
}

/* VALUE with ${root}, ${build} and ${state} replaced. */
static void put_setting(environment *e, const supervisor *s, const system_setting *setting) {
    const struct {
        const char *name;
        const char *value;
        size_t cut; /* bytes at the end of the value that do not count */
    } variables[] = {
        {"${root}", s->opts.space->root, 0},
        {"${build}", s->opts.bin, strlen("/bin")},
        {"${state}", s->state, 0},
    };
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_str rest = pl_str_c(setting->value);
    while (rest.n) {
        bool found = false;
        for (size_t i = 0; i < PL_COUNT(variables) && !found; i++) {
            pl_str name = pl_str_c(variables[i].name);
            if (!pl_str_starts(rest, name))
                continue;
            pl_buf_append(&out, variables[i].value, strlen(variables[i].value) - variables[i].cut);
            rest = pl_str_make(rest.p + name.n, rest.n - name.n);
            found = true;
        }
        if (!found) {
            pl_buf_putc(&out, *rest.p);
            rest = pl_str_make(rest.p + 1, rest.n - 1);
        }
    }
    if (strcmp(setting->key, FAILPOINT_KEY) == 0)
        put(e, "%s=%s", setting->key, out.p);
    else
        put_flag(e, setting->key, out.n ? out.p : "");
    pl_buf_done(&out);
}

static void put_store(environment *e, const unit *u, bool migrate) {
    const supervisor *s = u->s;
    char database[64];
    char owner[64];
    if (u->service->store != SYSTEM_STORE_POSTGRES)
        return;
    stores_database(s, u->service, database);
    stores_owner(s, u->service, owner);
    put(e, "DATABASE_URL=%s", pl_test_postgres_conninfo(s->postgres, database, database));
    if (migrate)
        put(e, "MIGRATE_DATABASE_URL=%s", pl_test_postgres_conninfo(s->postgres, database, owner));
    put(e, "REDIS_URL=%s", pl_test_redis_url(s->redis));
}

/* The gateway opens the documented port of every service, and calls it by its address file. */
static void put_gateway(environment *e, const supervisor *s) {
    pl_buf upstreams = pl_buf_make(TEXT_MAX);
    pl_buf listeners = pl_buf_make(TEXT_MAX);
    for (size_t i = 0; i < s->opts.model->service_count; i++) {
        const system_service *service = &s->opts.model->services[i];
        if (service->is_gateway)
            continue;
        for (size_t k = 0; k < service->serves_count; k++)
            pl_buf_printf(&upstreams, "%s%s=file:%s/addr/%s", upstreams.n ? "," : "",
                          service->serves[k], s->state, service->name);
        pl_buf_printf(&listeners, "%s%s=127.0.0.1:%d", listeners.n ? "," : "", service->name,
                      supervisor_port(s, service));
    }
    put(e, "UPSTREAMS=%s", upstreams.p);
    put(e, "SERVICE_LISTEN=%s", listeners.p);
    pl_buf_done(&upstreams);
    pl_buf_done(&listeners);
}

/* One replica has the documented ports; the others take free ones and say which. */
static void put_ports(environment *e, const unit *u, const slot *replica) {
    int port = supervisor_port(u->s, u->service);
    bool first = replica && replica->documented;
    int listen = u->service->is_gateway ? port : port + SYSTEM_GRPC_OFFSET;
    put(e, "LISTEN=127.0.0.1:%d", first ? listen : 0);
    put(e, "ADMIN_LISTEN=127.0.0.1:%d", first ? port + SYSTEM_ADMIN_OFFSET : 0);
}

pl_code environment_make(const unit *u, const slot *replica, bool migrate,
                         const char *const **out_env, const char *const **out_argv, pl_error *err) {
    static environment e;
    static const char *const wanted[] = {"PATH",         "HOME",          "LANG",
                                         "TZ",           "TMPDIR",        "XDG_RUNTIME_DIR",
                                         "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    const supervisor *s = u->s;
    e.count = 0;
    e.used = 0;
    e.argc = 1; /* after the program */
    e.overflow = false;
    for (size_t i = 0; i < PL_COUNT(wanted); i++)
        pass_on(&e, wanted[i]);
    put(&e, "DEMO=true");
    put(&e, "LOG_FORMAT=json");
    put(&e, "INSTANCE=%s-%d", u->service->name, replica ? replica->number : 0);
    put_ports(&e, u, replica);
    put_store(&e, u, migrate);
    for (size_t i = 0; i < u->service->calls_count; i++)
        put_address(&e, s, u->service->calls[i]);
    for (size_t i = 0; i < u->service->events_count; i++) {
        bool told = false;
        for (size_t k = 0; k < u->service->calls_count && !told; k++)
            told = strcmp(u->service->calls[k], u->service->events[i]) == 0;
        if (!told)
            put_address(&e, s, u->service->events[i]);
    }
    if (u->service->is_gateway)
        put_gateway(&e, s);
    for (size_t i = 0; i < u->service->setting_count; i++)
        put_setting(&e, s, &u->service->settings[i]);
    if (e.overflow)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: its settings are too large",
                            u->service->name);
    e.env[e.count] = NULL;
    /* A repository that uses Parley builds its services; the gateway is Parley's. */
    (void)snprintf(e.path, sizeof e.path, "%s/%s", s->opts.bin, u->service->binary);
    if (access(e.path, X_OK) != 0)
        (void)snprintf(e.path, sizeof e.path, "%s/%s", s->opts.own_bin, u->service->binary);
    if (access(e.path, X_OK) != 0)
        return pl_error_set(err, PL_NOT_FOUND, "%s/%s: no such program; build it with %s",
                            s->opts.bin, u->service->binary,
                            s->opts.space->build[0] ? "ninja -C build" : "./dev build");
    e.argv[0] = e.path;
    if (migrate)
        e.argv[e.argc++] = "--migrate";
    e.argv[e.argc] = NULL;
    *out_env = e.env;
    *out_argv = e.argv;
    return PL_OK;
}

void environment_write_addresses(const unit *u) {
    char path[PATH_MAX + 64];
    char fresh[PATH_MAX + 80];
    (void)snprintf(path, sizeof path, "%s/addr/%s", u->s->state, u->service->name);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "we");
    if (!file)
        return;
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        const slot *replica = &u->slots[i];
        if (replica->process.state == PROCESS_READY && !replica->retiring && replica->grpc[0])
            (void)fprintf(file, "%s\n", replica->grpc);
    }
    if (fclose(file) == 0)
        (void)rename(fresh, path);
}

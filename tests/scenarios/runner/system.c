/* The system under test: `parley up` as a child, and the commands given to it. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "runner.h"
#include "workspace.h"

enum {
    ARGS_MAX = 128,
    UP_TIMEOUT_MS = 60000,
    COMMAND_TIMEOUT_MS = 60000,
    LOG_TAIL = 2500,
    LOG_LINE = 300
};

/* Consumers ask for it all the time. */
#define QUIET_METHOD "EventLogService"

/* Lets the loop work until DEADLINE at most; false when that has passed. */
static bool turn(world *w, int64_t deadline) {
    return pl_now_ns() < deadline &&
           pl_loop_run_once(w->loop, pl_remaining_ms(deadline), NULL) == PL_OK;
}

typedef struct run {
    pl_buf *out;
    bool ended;
    pl_child_exit how;
} run;

static void on_run_output(void *self, pl_child *child, int stream, pl_str data) {
    run *r = self;
    (void)child, (void)stream;
    pl_buf_str(r->out, data);
}

static void on_run_exit(void *self, pl_child *child, pl_child_exit how) {
    run *r = self;
    (void)child;
    r->ended = true;
    r->how = how;
}

bool world_parley(context *c, const pl_yaml_node *at, pl_buf *out, const char *const *words) {
    world *w = c->w;
    const char *argv[ARGS_MAX] = {NULL, "-C", w->folder};
    char program[PATH_MAX + NAME_MAX_BYTES];
    size_t n = 3;
    run r = {.out = out};
    pl_child *child = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_child_opts opts = PL_CHILD_OPTS_INIT;
    if (c->parallel)
        return blame(c->failure, at, "only requests may stand in parallel");
    (void)snprintf(program, sizeof program, "%s/parley", w->bin);
    argv[0] = program;
    for (; *words && n < ARGS_MAX - 1; words++)
        argv[n++] = *words;
    opts.argv = argv;
    opts.out = opts.err = PL_CHILD_PIPE;
    opts.on_output = on_run_output;
    opts.on_exit = on_run_exit;
    opts.self = &r;
    if (pl_child_start(w->loop, &opts, &child, &err) != PL_OK)
        return blame_error(c->failure, at, &err);
    int64_t deadline = pl_deadline_ms(COMMAND_TIMEOUT_MS);
    while (!r.ended && turn(w, deadline))
        continue;
    pl_child_free(child);
    if (!r.ended)
        return blame(c->failure, at, "parley %s: not done after %d s", argv[3],
                     COMMAND_TIMEOUT_MS / 1000);
    if (r.how.signalled || r.how.status != 0)
        return blame(c->failure, at, "parley %s %s: %s %d\n%s", argv[3], argv[4] ? argv[4] : "",
                     r.how.signalled ? "signal" : "exit", r.how.status, out->p);
    return true;
}

/* ---- up ------------------------------------------------------------------------------------ */

/* What it prints goes to a file: it prints as long as it runs, and nobody would empty a pipe. */
static bool open_up_log(world *w) {
    char path[PATH_MAX + NAME_MAX_BYTES];
    (void)snprintf(path, sizeof path, "%s/up.log", w->folder);
    w->up_log = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    return w->up_log >= 0;
}

static void read_up_log(world *w) {
    ssize_t n = 1;
    while (n > 0) {
        char *room = pl_buf_reserve(&w->up_out, LOG_TAIL);
        n = room ? pread(w->up_log, room, LOG_TAIL, (off_t)w->up_out.n) : 0;
        if (n > 0)
            pl_buf_wrote(&w->up_out, (size_t)n);
    }
}

static void on_up_exit(void *self, pl_child *child, pl_child_exit how) {
    world *w = self;
    (void)child;
    (void)how;
    w->up_ended = true;
}

/* Appends OPTION KEY=VALUE (KEY alone for a list) for each entry. */
static bool put_options(context *c, const char *option, const pl_yaml_node *node, const char **argv,
                        size_t *n) {
    for (size_t i = 0; i < count_of(node); i++) {
        const char *value = text_of(c, pl_yaml_at(node, i));
        const char *word = value;
        if (value && pl_yaml_kind_of(node) == PL_YAML_MAPPING)
            word = pl_arena_printf(c->arena, "%s=%s", pl_yaml_text(pl_yaml_key_at(node, i)).p,
                                   value);
        if (!word || *n + 3 > ARGS_MAX)
            return word ? blame(c->failure, node, "too many settings") : false;
        argv[(*n)++] = option;
        argv[(*n)++] = word;
    }
    return true;
}

static bool start_up(world *w, context *c, const pl_yaml_node *root) {
    char program[PATH_MAX + NAME_MAX_BYTES];
    char base[16];
    pl_error err = PL_ERROR_INIT;
    (void)snprintf(program, sizeof program, "%s/parley", w->bin);
    (void)snprintf(base, sizeof base, "%d", w->port_base);
    const char *argv[ARGS_MAX] = {program, "-C",      w->folder,     "--json",
                                  "up",    w->system, "--port-base", base};
    size_t n = 8;
    if (!put_options(c, "--set", pl_yaml_find(root, "set"), argv, &n) ||
        !put_options(c, "--without", pl_yaml_find(root, "without"), argv, &n) ||
        !put_options(c, "--replicas", pl_yaml_find(root, "replicas"), argv, &n))
        return false;
    pl_child_opts opts = PL_CHILD_OPTS_INIT;
    opts.argv = argv;
    if (!open_up_log(w))
        return blame(c->failure, root, "%s: no file can be made in it", w->folder);
    opts.out = opts.err = w->up_log;
    opts.on_exit = on_up_exit;
    opts.self = w;
    if (pl_child_start(w->loop, &opts, &w->up, &err) != PL_OK)
        return blame_error(c->failure, root, &err);
    int64_t deadline = pl_deadline_ms(UP_TIMEOUT_MS);
    /* The table of addresses, one document, is the sign that all are ready. */
    bool ready = false;
    while (!ready && !w->up_ended && pl_now_ns() < deadline) {
        (void)turn(w, pl_deadline_ms(POLL_EVERY_MS));
        read_up_log(w);
        ready = strstr(w->up_out.p, "\"services\"") != NULL;
    }
    if (!ready || w->up_ended)
        return blame(c->failure, root, "parley up %s: %s\n%s", w->system,
                     w->up_ended ? "ended" : "not ready", w->up_out.p);
    return true;
}

static bool connect_stores(world *w, context *c, const pl_yaml_node *root) {
    char path[PATH_MAX * 2];
    pl_error err = PL_ERROR_INIT;
    int64_t base = 0;
    const pl_json_value *status = world_status(c, root);
    if (!status)
        return false;
    if (!pl_json_i64(pl_json_at(status, "port_base"), &base) || base != w->port_base)
        return blame(c->failure, root, "a port of base %d is taken by another program",
                     w->port_base);
    const pl_json_value *url = pl_json_at(status, "stores.redis");
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = url ? url->text.p : "";
    (void)snprintf(path, sizeof path, "%s/gen/%s.binpb", w->build, w->system);
    if (pl_redis_new(&opts, &w->redis, &err) != PL_OK ||
        pl_pool_load(path, NULL, &w->pool, &err) != PL_OK)
        return blame_error(c->failure, root, &err);
    return true;
}

bool world_start(world *w, context *c, const pl_yaml_node *root) {
    const char *system = text_at(c, root, "system", "mall");
    pl_error err = PL_ERROR_INIT;
    if (!system)
        return false;
    (void)snprintf(w->system, sizeof w->system, "%s", system);
    if (pl_loop_new(&w->loop, &err) != PL_OK)
        return blame_error(c->failure, root, &err);
    return workspace_make(w, c, root) && ports_lock(w, c, root) && ports_set(w, c, root) &&
           proxies_start(w, c, pl_yaml_find(root, "proxies")) && start_up(w, c, root) &&
           connect_stores(w, c, root);
}

void world_stop(world *w) {
    static const char *const down[] = {"down", "--volumes", "--yes", NULL};
    failure f;
    pl_arena arena = pl_arena_make(STEP_ARENA);
    pl_buf out = pl_buf_make(TEXT_BYTES_MAX);
    failure_init(&f);
    context c = {.w = w, .vars = &w->vars, .arena = &arena, .failure = &f};
    if (w->up && !w->up_ended) {
        if (!world_parley(&c, NULL, &out, down)) {
            (void)fprintf(stderr, "scenario-runner: %s\n", f.text.p);
            pl_child_kill(w->up, SIGTERM);
        }
        int64_t deadline = pl_deadline_ms(COMMAND_TIMEOUT_MS);
        while (!w->up_ended && turn(w, deadline))
            continue;
    }
    pl_child_free(w->up);
    if (w->up_log >= 0)
        close(w->up_log);
    pl_redis_free(w->redis);
    pl_pool_free(w->pool);
    pl_loop_free(w->loop);
    workspace_remove(w);
    pl_buf_done(&out);
    pl_buf_done(&w->up_out);
    pl_arena_done(&arena);
    failure_done(&f);
}

void world_logs(world *w, pl_buf *out) {
    static const char *const logs[] = {"logs", NULL};
    failure f;
    pl_arena arena = pl_arena_make(STEP_ARENA);
    pl_buf all = pl_buf_make(TEXT_BYTES_MAX);
    failure_init(&f);
    context c = {.w = w, .vars = &w->vars, .arena = &arena, .failure = &f};
    (void)world_parley(&c, NULL, &all, logs);
    pl_str rest = pl_buf_view(&all);
    pl_str line;
    pl_buf told = pl_buf_make(TEXT_BYTES_MAX);
    while (pl_str_split(&rest, '\n', &line)) {
        if (line.n && !strstr(pl_arena_cstr(&arena, line), QUIET_METHOD))
            pl_buf_printf(&told, "    %.*s\n", PL_FMT(pl_utf8_cut(line, LOG_LINE)));
    }
    size_t skip = told.n > LOG_TAIL ? told.n - LOG_TAIL : 0;
    pl_buf_append(out, told.p + skip, told.n - skip);
    pl_buf_done(&told);
    pl_buf_done(&all);
    pl_arena_done(&arena);
    failure_done(&f);
}

const pl_json_value *world_status(context *c, const pl_yaml_node *at) {
    static const char *const words[] = {"status", "--json", NULL};
    pl_error err = PL_ERROR_INIT;
    pl_buf out = pl_buf_make(TEXT_BYTES_MAX);
    const pl_json_value *root = NULL;
    const pl_json_value *system = NULL;
    if (world_parley(c, at, &out, words)) {
        char *text = pl_arena_strndup(c->arena, out.p, out.n);
        if (!text || pl_json_parse(pl_str_c(text), "status", c->arena, &root, &err) != PL_OK)
            blame_error(c->failure, at, &err);
        else if (!(system = pl_json_at(root, "systems[0]")))
            blame(c->failure, at, "nothing runs: %s", out.p);
    }
    pl_buf_done(&out);
    return system;
}

const pl_json_value *status_service(const pl_json_value *status, const char *name) {
    const pl_json_value *list = pl_json_at(status, "services");
    const pl_json_value *service = list ? list->children : NULL;
    while (service && !pl_json_is(pl_json_at(service, "name"), name))
        service = service->next;
    return service;
}

bool status_is_service(const pl_json_value *service) {
    const pl_json_value *http = pl_json_at(service, "http");
    return http && http->text.n > 0 && !pl_json_is(pl_json_at(service, "name"), "gateway");
}

void world_wait(world *w) {
    (void)w;
    (void)poll(NULL, 0, POLL_EVERY_MS);
}

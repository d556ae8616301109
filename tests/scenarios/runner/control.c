/* What happens to the system while it runs: services stop, die, come back; networks misbehave. */
#include <signal.h>
#include <stdio.h>

#include "runner.h"

static bool command(context *c, const pl_yaml_node *at, const char *verb, const char *word,
                    const char *option) {
    const char *words[] = {verb, word, option, NULL};
    pl_buf out = pl_buf_make(TEXT_BYTES_MAX);
    bool ok = word && world_parley(c, at, &out, words);
    pl_buf_done(&out);
    return ok;
}

bool step_stop(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    return command(c, value, "stop", text_of(c, value), NULL);
}

bool step_start(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    return command(c, value, "start", text_of(c, value), NULL);
}

bool step_restart(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    bool rolling = false;
    const pl_yaml_node *how = pl_yaml_find(step, "rolling");
    pl_error err = PL_ERROR_INIT;
    if (how && pl_yaml_get_bool(how, &rolling, &err) != PL_OK)
        return blame_error(c->failure, how, &err);
    return command(c, value, "restart", text_of(c, value), rolling ? "--rolling" : NULL);
}

bool step_scale(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    for (size_t i = 0; i < count_of(value); i++) {
        const char *count = text_of(c, pl_yaml_at(value, i));
        const char *word = count ? pl_arena_printf(c->arena, "%s=%s",
                                                   pl_yaml_text(pl_yaml_key_at(value, i)).p, count)
                                 : NULL;
        if (!command(c, value, "scale", word, NULL))
            return false;
    }
    return true;
}

/* The service runs as another process than BEFORE, and is ready. */
static bool is_back(context *c, const pl_yaml_node *at, const char *name, int64_t before) {
    int64_t pid = 0;
    const pl_json_value *service = status_service(world_status(c, at), name);
    return service && pl_json_i64(pl_json_at(service, "pid"), &pid) && pid > 0 && pid != before &&
           pl_json_is(pl_json_at(service, "state"), "ready");
}

static bool wait_back(context *c, const pl_yaml_node *at, const char *name, int64_t before) {
    int64_t deadline = pl_deadline_ms(EVENTUALLY_MS);
    while (!is_back(c, at, name, before)) {
        if (pl_now_ns() > deadline)
            return blame(c->failure, at, "%s is not back after %d ms", name, EVENTUALLY_MS);
        pl_arena_clear(c->arena);
        world_wait(c->w);
    }
    return true;
}

bool step_kill(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    char name[NAME_MAX_BYTES];
    int64_t pid = 0;
    const char *text = text_of(c, value);
    (void)step;
    if (!text)
        return false;
    (void)snprintf(name, sizeof name, "%s", text); /* the arena is cleared below */
    const pl_json_value *status = world_status(c, value);
    if (!status)
        return false;
    if (!pl_json_i64(pl_json_at(status_service(status, name), "pid"), &pid) || pid <= 1)
        return blame(c->failure, value, "%s does not run", name);
    if (kill((pid_t)pid, SIGKILL) != 0)
        return blame(c->failure, value, "%s (%d) cannot be killed", name, (int)pid);
    return wait_back(c, value, name, pid);
}

bool step_status(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const char *name = text_of(c, value);
    const pl_yaml_node *is = pl_yaml_find(step, "is");
    const pl_json_value *status = name ? world_status(c, value) : NULL;
    if (!status)
        return false;
    if (!is)
        return blame(c->failure, step, "is: {state: ..., restarts: ...} is missing");
    return match(c, is, status_service(status, name), name);
}

/* A frozen process neither answers nor ends, as one whose machine hangs. */
static bool send_signal(context *c, const pl_yaml_node *at, int signo) {
    int64_t pid = 0;
    const char *name = text_of(c, at);
    const pl_json_value *status = name ? world_status(c, at) : NULL;
    if (!status)
        return false;
    if (!pl_json_i64(pl_json_at(status_service(status, name), "pid"), &pid) || pid <= 1)
        return blame(c->failure, at, "%s does not run", name);
    return kill((pid_t)pid, signo) == 0 || blame(c->failure, at, "%s cannot be signalled", name);
}

bool step_freeze(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    return send_signal(c, value, SIGSTOP);
}

bool step_thaw(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    return send_signal(c, value, SIGCONT);
}

static bool set_proxy(context *c, const pl_yaml_node *step, pl_test_proxy *proxy) {
    static const char *const words[] = {"resume", "stall", "refuse", "cut", "reset"};
    const pl_yaml_node *delay = pl_yaml_find(step, "delay_ms");
    const pl_yaml_node *what = pl_yaml_find(step, "do");
    pl_error err = PL_ERROR_INIT;
    int64_t ms = 0;
    size_t word = 0;
    if (delay) {
        if (!number_of(c, delay, &ms))
            return false;
        pl_test_proxy_delay(proxy, ms, 0);
    }
    if (!what)
        return true;
    if (pl_yaml_get_choice(what, words, PL_COUNT(words), &word, &err) != PL_OK)
        return blame_error(c->failure, what, &err);
    switch (word) {
    case 0:
        return pl_test_proxy_resume(proxy, &err) == PL_OK || blame_error(c->failure, what, &err);
    case 1:
        pl_test_proxy_stall(proxy);
        return true;
    case 2:
        pl_test_proxy_refuse(proxy);
        return true;
    case 3:
        pl_test_proxy_cut(proxy);
        return true;
    default:
        pl_test_proxy_reset(proxy);
        return true;
    }
}

bool step_proxy(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const char *name = text_of(c, value);
    for (size_t i = 0; name && i < c->w->proxy_count; i++) {
        if (strcmp(c->w->proxies[i].name, name) == 0)
            return set_proxy(c, step, c->w->proxies[i].proxy);
    }
    return name && blame(c->failure, value, "no proxy '%s'", name);
}

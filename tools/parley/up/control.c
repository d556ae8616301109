/* The control socket: HTTP on a Unix socket that only its owner can reach.
 *
 *     GET  /v1/status                         the state, as parley status --json shows it
 *     GET  /v1/ready                          answers when everything is ready, or with what failed
 *     POST /v1/down?volumes=1                 answers at once; the socket goes when all has stopped
 *     POST /v1/services/NAME/stop|start|restart|roll
 *     POST /v1/services/NAME/scale?n=N        answer when it is done
 *
 * Errors are {"error": "..."} with 4xx or 503.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "up/supervisor.h"

enum { STATUS_MAX = 1 << 20, ACTION_TIMEOUT_MS = 60000 };

typedef enum wait_for { WAIT_SYSTEM, WAIT_SETTLED, WAIT_STOPPED, WAIT_STOPPED_THEN_START } wait_for;

/* A request that is answered when something has come true. */
typedef struct control_wait {
    struct control_wait *next;
    supervisor *s;
    pl_http_request *request;
    pl_timer timer;
    unit *u;
    wait_for what;
} control_wait;

static void answer(pl_http_request *request, int status, const pl_buf *body) {
    pl_http_reply reply = {
        .status = status, .content_type = pl_str_c("application/json"), .body = pl_buf_view(body)};
    pl_http_respond(request, &reply);
}

static void answer_error(pl_http_request *request, int status, const char *format, ...)
    PL_PRINTF(3, 4);

static void answer_error(pl_http_request *request, int status, const char *format, ...) {
    pl_buf text = pl_buf_make(STATUS_MAX);
    pl_buf body = pl_buf_make(STATUS_MAX);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    pl_buf_puts(&body, "{\"error\":");
    pl_buf_json(&body, pl_buf_view(&text));
    pl_buf_puts(&body, "}\n");
    answer(request, status, &body);
    pl_buf_done(&text);
    pl_buf_done(&body);
}

static const char *unit_state(const unit *u) {
    if (!u->wanted)
        return unit_stopped(u) ? "stopped" : "stopping";
    if (u->rolling)
        return "restarting";
    return unit_settled(u) ? "ready" : unit_failure(u) ? "failed" : "starting";
}

/* Resident memory in kB; 0 where it cannot be told. */
static long rss_kb(int pid) {
    char path[64];
    char line[256];
    long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = pid ? fopen(path, "re") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return kb;
}

static void put_process(const process *p, const char *name, const char *state, const char *grpc,
                        const char *admin, const char *http, pl_buf *out) {
    char since[PL_RFC3339_SIZE];
    pl_rfc3339(p->since_us, since);
    int pid = process_pid(p);
    pl_buf_printf(out, "{\"name\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"grpc\":\"%s\",", name, state,
                  pid, grpc);
    pl_buf_printf(out, "\"admin\":\"%s\",\"http\":\"%s\",\"restarts\":%d,\"since\":\"%s\",", admin,
                  http, p->restarts, since);
    pl_buf_printf(out, "\"rss_kb\":%ld}", rss_kb(pid));
}

static void put_unit(const unit *u, pl_buf *out) {
    char http[64];
    bool any = false;
    (void)snprintf(http, sizeof http, "127.0.0.1:%d", supervisor_port(u->s, u->service));
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        const slot *replica = &u->slots[i];
        char name[64];
        if (!replica->process.loop ||
            (!replica->process.wanted && replica->process.state == PROCESS_STOPPED))
            continue;
        (void)snprintf(name, sizeof name, i ? "%s#%zu" : "%s", u->service->name, i + 1);
        if (any)
            pl_buf_putc(out, ',');
        put_process(&replica->process, name, process_state_name(replica->process.state),
                    replica->grpc, replica->admin, http, out);
        any = true;
    }
    if (!any)
        put_process(&u->migration, u->service->name, unit_state(u), "", "", http, out);
}

void control_status(const supervisor *s, pl_buf *out) {
    static const char *const phases[] = {"starting", "starting", "starting",
                                         "running",  "stopping", "stopped"};
    pl_buf_puts(out, "{\"name\":");
    pl_buf_json(out, pl_str_c(s->opts.model->name));
    pl_buf_puts(out, ",\"title\":");
    pl_buf_json(out, pl_str_c(s->opts.model->title));
    pl_buf_printf(out, ",\"state\":\"%s\",\"port_base\":%d,\"services\":[", phases[s->phase],
                  s->opts.port_base);
    put_process(&s->postgres_process, "postgres", process_state_name(s->postgres_process.state), "",
                "", "", out);
    pl_buf_putc(out, ',');
    put_process(&s->redis_process, "redis", process_state_name(s->redis_process.state), "", "", "",
                out);
    for (size_t i = 0; i < s->unit_count; i++) {
        pl_buf_putc(out, ',');
        put_unit(&s->units[i], out);
    }
    pl_buf_puts(out, "],\"stores\":{\"postgres\":");
    pl_buf_json(out, pl_str_c(pl_test_postgres_socket_dir(s->postgres)));
    pl_buf_puts(out, ",\"redis\":");
    pl_buf_json(out, pl_str_c(pl_test_redis_url(s->redis)));
    pl_buf_puts(out, "}}");
}

static void answer_status(const supervisor *s, pl_http_request *request) {
    pl_buf body = pl_buf_make(STATUS_MAX);
    control_status(s, &body);
    pl_buf_putc(&body, '\n');
    answer(request, 200, &body);
    pl_buf_done(&body);
}

static void end_wait(control_wait *wait) {
    control_wait **link = &wait->s->waits;
    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;
    pl_timer_stop(&wait->timer);
    free(wait);
}

static void on_timeout(void *self) {
    control_wait *wait = self;
    answer_error(
        wait->request, 503, "%s: not done after %d s; parley status and parley logs show why",
        wait->u ? wait->u->service->name : wait->s->opts.model->name, ACTION_TIMEOUT_MS / 1000);
    end_wait(wait);
}

static void wait_until(supervisor *s, pl_http_request *request, unit *u, wait_for what) {
    control_wait *wait = calloc(1, sizeof *wait);
    if (!wait) {
        answer_error(request, 503, "no memory");
        return;
    }
    wait->s = s;
    wait->request = request;
    wait->u = u;
    wait->what = what;
    wait->next = s->waits;
    s->waits = wait;
    pl_timer_start(s->opts.loop, &wait->timer, pl_deadline_ms(ACTION_TIMEOUT_MS), on_timeout, wait);
    supervisor_step(s);
}

static void answer_failure(const control_wait *wait, const process *failed) {
    pl_buf last = pl_buf_make(STATUS_MAX);
    log_stream_last(&failed->log, &last);
    answer_error(wait->request, 503, "%s cannot start (%s). Its last lines:\n%s", failed->log.name,
                 failed->ended, last.p);
    pl_buf_done(&last);
}

/* True where the request was answered. */
static bool step_wait(control_wait *wait) {
    supervisor *s = wait->s;
    const process *failed = wait->u ? unit_failure(wait->u) : NULL;
    if (wait->what == WAIT_STOPPED_THEN_START && unit_stopped(wait->u)) {
        unit_start(wait->u);
        wait->what = WAIT_SETTLED;
        return false;
    }
    if (wait->what == WAIT_SETTLED && failed && wait->u->wanted) {
        answer_failure(wait, failed);
        return true;
    }
    if (wait->what == WAIT_SYSTEM && s->phase >= SUPERVISOR_STOPPING) {
        answer_error(wait->request, 503, "%s is stopping", s->opts.model->name);
        return true;
    }
    if ((wait->what == WAIT_SYSTEM && s->phase == SUPERVISOR_RUNNING) ||
        (wait->what == WAIT_SETTLED && unit_settled(wait->u)) ||
        (wait->what == WAIT_STOPPED && unit_stopped(wait->u))) {
        answer_status(s, wait->request);
        return true;
    }
    return false;
}

void control_step(supervisor *s) {
    control_wait *next;
    for (control_wait *wait = s->waits; wait; wait = next) {
        next = wait->next;
        if (step_wait(wait))
            end_wait(wait);
    }
}

static void do_scale(supervisor *s, pl_http_request *request, unit *u, pl_str query) {
    int64_t n;
    if (!pl_str_starts(query, pl_str_c("n=")) ||
        !pl_str_i64(pl_str_make(query.p + 2, query.n - 2), &n) || n < 1 ||
        n > SYSTEM_REPLICAS_MAX) {
        answer_error(request, 400, "replicas: expected 1 to %d; parley stop ends all of them",
                     SYSTEM_REPLICAS_MAX);
    } else if (u->service->is_gateway && n > 1) {
        answer_error(request, 400, "the gateway owns the documented ports: there is one of it");
    } else {
        unit_scale(u, (int)n);
        wait_until(s, request, u, u->wanted ? WAIT_SETTLED : WAIT_STOPPED);
    }
}

static void do_action(supervisor *s, pl_http_request *request, unit *u, pl_str action,
                      pl_str query) {
    if (pl_str_eqc(action, "stop")) {
        unit_stop(u);
        wait_until(s, request, u, WAIT_STOPPED);
    } else if (pl_str_eqc(action, "start")) {
        if (!u->wanted)
            unit_start(u);
        wait_until(s, request, u, WAIT_SETTLED);
    } else if (pl_str_eqc(action, "restart")) {
        unit_stop(u);
        wait_until(s, request, u, WAIT_STOPPED_THEN_START);
    } else if (pl_str_eqc(action, "roll") && u->service->is_gateway) {
        answer_error(request, 400,
                     "the gateway owns the documented ports and cannot roll; "
                     "restart it without --rolling");
    } else if (pl_str_eqc(action, "roll")) {
        if (u->wanted)
            unit_roll(u);
        else
            unit_start(u);
        wait_until(s, request, u, WAIT_SETTLED);
    } else if (pl_str_eqc(action, "scale")) {
        do_scale(s, request, u, query);
    } else {
        answer_error(request, 404, "no action '%.*s'", PL_FMT(action));
    }
}

static void do_service(supervisor *s, pl_http_request *request, pl_str rest, pl_str query) {
    char name[64];
    size_t slash = pl_str_index(rest, '/');
    (void)snprintf(name, sizeof name, "%.*s", (int)slash, rest.p);
    unit *u = supervisor_find(s, name);
    if (slash == rest.n || !u) {
        answer_error(request, 404, "no service '%s' in %s; parley status lists them", name,
                     s->opts.model->name);
    } else if (s->phase != SUPERVISOR_RUNNING) {
        answer_error(request, 409, "%s is still starting or already stopping", s->opts.model->name);
    } else {
        do_action(s, request, u, pl_str_make(rest.p + slash + 1, rest.n - slash - 1), query);
    }
}

static void on_request(void *self, pl_http_request *request) {
    static const char services[] = "/v1/services/";
    supervisor *s = self;
    const pl_http_head *head = pl_http_request_head(request);
    bool post = pl_str_eqc(head->method_text, "POST");
    if (!post && pl_str_eqc(head->path, "/v1/status")) {
        answer_status(s, request);
    } else if (!post && pl_str_eqc(head->path, "/v1/ready")) {
        wait_until(s, request, NULL, WAIT_SYSTEM);
    } else if (post && pl_str_eqc(head->path, "/v1/down")) {
        answer_status(s, request);
        supervisor_stop(s, pl_str_eqc(head->query, "volumes=1"));
    } else if (post && pl_str_starts(head->path, pl_str_c(services))) {
        pl_str rest = head->path;
        rest.p += sizeof services - 1;
        rest.n -= sizeof services - 1;
        do_service(s, request, rest, head->query);
    } else {
        answer_error(request, 404, "no such resource");
    }
}

pl_code control_open(supervisor *s, pl_error *err) {
    char address[160];
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    pl_http_listen_opts listen = {0};
    opts.on_request = on_request;
    opts.self = s;
    pl_code code = pl_http_server_new(s->opts.loop, &opts, &s->control, err);
    if (code != PL_OK)
        return code;
    (void)snprintf(address, sizeof address, "unix:%s/control.sock", s->run);
    listen.address = address;
    return pl_http_server_listen(s->control, &listen, NULL, err);
}

void control_close(supervisor *s) {
    while (s->waits) {
        answer_error(s->waits->request, 503, "%s is stopping", s->opts.model->name);
        end_wait(s->waits);
    }
    pl_http_server_free(s->control);
    s->control = NULL;
    if (s->run[0]) {
        char path[160];
        (void)snprintf(path, sizeof path, "%s/control.sock", s->run);
        (void)unlink(path);
    }
}

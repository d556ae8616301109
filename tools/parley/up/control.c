/* The control socket: HTTP on a Unix socket that only its owner can reach.
 *
 *     GET  /v1/status                         the state, as parley status --json shows it
 *     GET  /v1/ready                          answers when everything is ready, or with what failed
 *     POST /v1/down?volumes=1                 answers at once; the socket goes when all has stopped
 *     POST /v1/services/NAME/stop|start|restart|roll
 *     POST /v1/services/NAME/scale?n=N
 *     POST /v1/services/NAME/stop|restart?replica=N      answer when it is done
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

static void do_replica(supervisor *s, pl_http_request *request, unit *u, pl_str action,
                       int64_t number) {
    bool ok = false;
    if (pl_str_eqc(action, "stop"))
        ok = unit_stop_replica(u, number);
    else if (pl_str_eqc(action, "restart"))
        ok = unit_restart_replica(u, number);
    else
        answer_error(request, 400, "only stop and restart take a single replica");
    if (ok)
        wait_until(s, request, u, u->wanted ? WAIT_SETTLED : WAIT_STOPPED);
    else if (pl_str_eqc(action, "stop") || pl_str_eqc(action, "restart"))
        answer_error(request, 404, "no replica %lld of %s runs; parley status lists them",
                     (long long)number, u->service->name);
}

static void do_action(supervisor *s, pl_http_request *request, unit *u, pl_str action,
                      pl_str query) {
    static const char replica[] = "replica=";
    int64_t number;
    size_t skip = sizeof replica - 1;
    if (pl_str_starts(query, pl_str_c(replica)) &&
        pl_str_i64(pl_str_make(query.p + skip, query.n - skip), &number)) {
        do_replica(s, request, u, action, number);
    } else if (pl_str_eqc(action, "stop")) {
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
    if (strcmp(name, "postgres") == 0 || strcmp(name, "redis") == 0) {
        answer_error(request, 400,
                     "%s is a store of %s and runs as long as the system; to see what happens "
                     "without it, kill its process",
                     name, s->opts.model->name);
    } else if (slash == rest.n || !u) {
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

/* The state of a system as JSON: `parley status --json`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "up/supervisor.h"

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
    pl_buf_printf(out, "\"rss_kb\":%ld", rss_kb(pid));
    if (p->restarts) {
        pl_buf_puts(out, ",\"ended\":");
        pl_buf_json(out, pl_str_c(p->ended));
    }
    pl_buf_putc(out, '}');
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

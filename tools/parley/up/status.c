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

static void put_text(const char *name, const char *text, pl_buf *out) {
    pl_buf_printf(out, ",\"%s\":", name);
    pl_buf_json(out, pl_str_c(text));
}

/* What one needs who stands beside the service: what it serves, its program, its database. */
static void put_service(const unit *u, pl_buf *out) {
    char program[PATH_MAX * 2], database[64];
    pl_buf_puts(out, ",\"serves\":[");
    for (size_t i = 0; i < u->service->serves_count; i++) {
        pl_buf_puts(out, i ? "," : "");
        pl_buf_json(out, pl_str_c(u->service->serves[i]));
    }
    pl_buf_putc(out, ']');
    (void)snprintf(program, sizeof program, "%s/%s", u->s->opts.bin, u->service->binary);
    put_text("program", program, out);
    if (u->service->store != SYSTEM_STORE_POSTGRES)
        return;
    stores_database(u->s, u->service, database);
    put_text("database", pl_test_postgres_conninfo(u->s->postgres, database, database), out);
}

/* U is the service of a replica; NULL: a store. */
static void put_process(const process *p, const unit *u, const char *name, const char *state,
                        const char *grpc, const char *admin, const char *http, pl_buf *out) {
    char since[PL_RFC3339_SIZE];
    pl_rfc3339(p->since_us, since);
    int pid = process_pid(p);
    pl_buf_printf(out, "{\"name\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"grpc\":\"%s\",", name, state,
                  pid, grpc);
    pl_buf_printf(out, "\"admin\":\"%s\",\"http\":\"%s\",\"restarts\":%d,\"since\":\"%s\",", admin,
                  http, p->restarts, since);
    pl_buf_printf(out, "\"rss_kb\":%ld", rss_kb(pid));
    if (p->restarts)
        put_text("ended", p->ended, out);
    if (u)
        put_service(u, out);
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
        put_process(&replica->process, u, name, process_state_name(replica->process.state),
                    replica->grpc, replica->admin, http, out);
        any = true;
    }
    if (!any)
        put_process(&u->migration, u, u->service->name, unit_state(u), "", "", http, out);
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
    put_process(&s->postgres_process, NULL, "postgres",
                process_state_name(s->postgres_process.state), "", "", "", out);
    pl_buf_putc(out, ',');
    put_process(&s->redis_process, NULL, "redis", process_state_name(s->redis_process.state), "",
                "", "", out);
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

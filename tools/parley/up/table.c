#include "up/table.h"

#include <stdio.h>

enum { TABLE_MAX = 256 * 1024 };

static void put_row(const unit *u, pl_buf *out) {
    const supervisor *s = u->s;
    char rest[64];
    (void)snprintf(rest, sizeof rest, "http://127.0.0.1:%d", supervisor_port(s, u->service));
    const slot *first = NULL;
    for (size_t i = 0; i < UNIT_SLOTS_MAX && !first; i++) {
        if (u->slots[i].process.state == PROCESS_READY)
            first = &u->slots[i];
    }
    pl_buf_printf(out, "  %-14s %-24s %-18s %-18s", u->service->name, rest,
                  first ? first->grpc : "-", first ? first->admin : "-");
    if (u->service->replicas > 1)
        pl_buf_printf(out, " %d replicas", u->service->replicas);
    pl_buf_puts(out, first ? "\n" : " not started\n");
}

static void put_system(const supervisor *s, bool color, int64_t took_ms, pl_buf *out) {
    const char *bold = color ? "\033[1m" : "";
    const char *plain = color ? "\033[0m" : "";
    pl_buf_printf(out, "\n%s%s is ready%s after %.1f s\n\n", bold, s->opts.model->title, plain,
                  (double)took_ms / 1000.0);
    pl_buf_printf(out, "  %-14s %-24s %-18s %-18s\n", "service", "REST", "gRPC", "admin");
    for (size_t i = 0; i < s->unit_count; i++)
        put_row(&s->units[i], out);
    pl_buf_printf(out,
                  "\n  data and logs  %s\n  parley status, logs, stop, start, down: in another "
                  "terminal\n\n",
                  s->state);
}

char *table_make(const supervisor *const *systems, size_t count, bool json, bool color,
                 int64_t took_ms) {
    pl_buf out = pl_buf_make(TABLE_MAX);
    if (json)
        pl_buf_puts(&out, "{\"systems\":[");
    for (size_t i = 0; i < count; i++) {
        if (json) {
            if (i)
                pl_buf_putc(&out, ',');
            control_status(systems[i], &out);
        } else {
            put_system(systems[i], color, took_ms, &out);
        }
    }
    if (json)
        pl_buf_puts(&out, "]}\n");
    return pl_buf_take(&out, NULL);
}

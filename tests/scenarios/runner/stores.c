#include "stores.h"

#include <stdio.h>

enum { ASK_MS = 20000 };

bool stores_open(context *c, const pl_yaml_node *at, stores *out) {
    memset(out, 0, sizeof *out);
    const pl_json_value *status = world_status(c, at);
    const pl_json_value *sockets = pl_json_at(status, "stores.postgres");
    const pl_json_value *list = pl_json_at(status, "services");
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        char conninfo[PATH_MAX];
        pl_error err = PL_ERROR_INIT;
        pl_str name = pl_json_at(s, "name")->text;
        if (!status_is_service(s) || pl_str_index(name, '#') < name.n || out->count == STORES_MAX)
            continue;
        store *one = &out->list[out->count];
        (void)snprintf(one->service, sizeof one->service, "%.*s", PL_FMT(name));
        one->runs = pl_json_is(pl_json_at(s, "state"), "ready");
        (void)snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=%s_%s",
                       sockets ? sockets->text.p : "", c->w->system, one->service);
        pl_pg_opts opts = PL_PG_OPTS_INIT;
        opts.conninfo = conninfo;
        opts.name = "scenario";
        opts.max_connections = 1;
        if (pl_pg_new(&opts, &one->pg, &err) != PL_OK)
            return blame_error(c->failure, at, &err);
        out->count++;
    }
    return status != NULL;
}

void stores_close(stores *s) {
    for (size_t i = 0; i < s->count; i++)
        pl_pg_free(s->list[i].pg);
}

const store *stores_find(context *c, const pl_yaml_node *at, const stores *s, const char *service) {
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->list[i].service, service) == 0)
            return &s->list[i];
    }
    blame(c->failure, at, "the system has no service %s", service);
    return NULL;
}

pl_pg_rows *store_ask(context *c, const pl_yaml_node *at, const store *s, const char *sql,
                      pl_pg_args args) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    if (pl_pg_once(s->pg, pl_deadline_ms(ASK_MS), sql, args, &rows, &err) == PL_OK)
        return rows;
    blame_error(c->failure, at, &err);
    return NULL;
}

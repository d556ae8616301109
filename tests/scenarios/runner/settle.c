/* `settle` waits until nothing is under way any more: all outboxes are empty and every running
 * service has handled every event of the streams it reads. Read twice with the same result: what a
 * handler published between two looks would show in the second. */
#include <stdio.h>

#include "parley/pg/pg.h"
#include "runner.h"
#include "stores.h"

enum { POSITION_MAX = 24 };

typedef struct position {
    char stream[NAME_MAX_BYTES * 2];
    int64_t gen, pos;
} position;

typedef struct picture {
    position heads[POSITION_MAX], cursors[POSITION_MAX];
    size_t head_count, cursor_count;
    int64_t unsent;
} picture;

static bool add_cursors(context *c, const pl_yaml_node *at, const store *s, picture *p) {
    static const char sql[] = "SELECT stream, gen, pos, 0::bigint FROM cursor UNION ALL "
                              "SELECT '', 0, 0, count(*) FROM outbox";
    pl_pg_rows *rows = store_ask(c, at, s, sql, PL_PG_NO_ARGS);
    if (!rows)
        return false;
    for (size_t i = 0; i < pl_pg_count(rows) && p->cursor_count < POSITION_MAX; i++) {
        pl_str stream = pl_pg_get_str(rows, i, 0);
        if (stream.n == 0) {
            p->unsent += pl_pg_get_i64(rows, i, 3);
            continue;
        }
        position *cursor = &p->cursors[p->cursor_count++];
        (void)snprintf(cursor->stream, sizeof cursor->stream, "%.*s", PL_FMT(stream));
        cursor->gen = pl_pg_get_i64(rows, i, 1);
        cursor->pos = pl_pg_get_i64(rows, i, 2);
    }
    pl_pg_rows_free(rows);
    return true;
}

static bool add_head(context *c, const pl_yaml_node *at, const store *s, picture *p) {
    static const char sql[] = "SELECT gen, pos FROM event_log WHERE part = 0 "
                              "ORDER BY gen DESC, pos DESC LIMIT 1";
    pl_pg_rows *rows = store_ask(c, at, s, sql, PL_PG_NO_ARGS);
    if (!rows)
        return false;
    position *head = &p->heads[p->head_count++];
    (void)snprintf(head->stream, sizeof head->stream, "%s.%s", c->w->system, s->service);
    head->gen = pl_pg_count(rows) ? pl_pg_get_i64(rows, 0, 0) : 0;
    head->pos = pl_pg_count(rows) ? pl_pg_get_i64(rows, 0, 1) : 0;
    pl_pg_rows_free(rows);
    return true;
}

static bool take_picture(context *c, const pl_yaml_node *at, const stores *all, picture *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].runs && !add_cursors(c, at, &all->list[i], out))
            return false;
    }
    for (size_t i = 0; i < all->count && i < POSITION_MAX; i++) {
        if (!add_head(c, at, &all->list[i], out))
            return false;
    }
    return true;
}

static bool is_quiet(const picture *p) {
    bool quiet = p->unsent == 0;
    for (size_t i = 0; quiet && i < p->cursor_count; i++) {
        const position *cursor = &p->cursors[i];
        for (size_t k = 0; k < p->head_count; k++) {
            if (strcmp(p->heads[k].stream, cursor->stream) == 0)
                quiet = quiet && p->heads[k].gen == cursor->gen && p->heads[k].pos == cursor->pos;
        }
    }
    return quiet;
}

static bool say_not_settled(context *c, const pl_yaml_node *at, const picture *p) {
    blame(c->failure, at, "not settled after %d ms: %lld rows in outboxes", EVENTUALLY_MS,
          (long long)p->unsent);
    for (size_t i = 0; i < p->head_count; i++)
        pl_buf_printf(&c->failure->text, "; head of %s %lld-%lld", p->heads[i].stream,
                      (long long)p->heads[i].gen, (long long)p->heads[i].pos);
    for (size_t i = 0; i < p->cursor_count; i++)
        pl_buf_printf(&c->failure->text, "; a cursor of %s %lld-%lld", p->cursors[i].stream,
                      (long long)p->cursors[i].gen, (long long)p->cursors[i].pos);
    return false;
}

bool step_settle(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    stores all;
    picture before;
    picture now;
    bool quiet = false;
    bool ok = stores_open(c, step, &all) && take_picture(c, step, &all, &before);
    int64_t deadline = pl_deadline_ms(EVENTUALLY_MS);
    (void)value;
    while (ok && !quiet) {
        if (pl_now_ns() > deadline) {
            ok = say_not_settled(c, step, &before);
            break;
        }
        ok = take_picture(c, step, &all, &now);
        quiet = ok && is_quiet(&now) && memcmp(&before, &now, sizeof now) == 0;
        before = now;
        if (ok && !quiet)
            world_wait(c->w);
    }
    stores_close(&all);
    return ok;
}

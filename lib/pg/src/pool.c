#include "pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/assert.h"
#include "parley/base/clock.h"
#include "parley/base/cond.h"

#define OPTIONS_SIZE 1024
#define LABEL_SIZE   160
/* The server looks this often whether a client is still there while it works for it, so that a
 * statement given up does not run on. */
#define CONNECTION_CHECK_MS 1000

struct pl_pg {
    char *conninfo;
    char *name;
    char session_options[OPTIONS_SIZE];
    char tcp_user_timeout[16];
    char label[LABEL_SIZE];
    pg_conn_params params; /* points to the texts above */
    int32_t connect_timeout_ms;
    uint32_t max_connections;

    pthread_mutex_t mu;
    pthread_cond_t given_back;
    /* guarded by mu */
    pg_conn *idle; /* the last one used first: the others may be closed by the server */
    pl_pg_stats stats;
};

/* ---- making it ------------------------------------------------------------------- */

static bool valid_limits(const pl_pg_opts *opts) {
    return opts->max_connections >= 1 && opts->max_connections <= PL_PG_CONNECTIONS_MAX &&
           opts->connect_timeout_ms > 0 && opts->statement_timeout_ms >= 0 &&
           opts->lock_timeout_ms >= 0 && opts->idle_in_transaction_ms >= 0 &&
           opts->tcp_user_timeout_ms >= 0;
}

static const char *info_value(const PQconninfoOption *info, const char *keyword) {
    for (; info->keyword; info++) {
        if (strcmp(info->keyword, keyword) == 0)
            return info->val;
    }
    return NULL;
}

/* "database orders at /run/x": what every error names. */
static void make_label(pl_pg *pg, const PQconninfoOption *info) {
    const char *database = info_value(info, "dbname");
    const char *host = info_value(info, "host");
    if (!host)
        host = info_value(info, "hostaddr");
    snprintf(pg->label, sizeof pg->label, "database %.60s at %.80s",
             database ? database : "(default)", host ? host : "(default)");
}

/* The limits as settings of the session, after those the conninfo brings. */
static bool make_options(pl_pg *pg, const pl_pg_opts *opts, const PQconninfoOption *info) {
    const char *given = info_value(info, "options");
    int n = snprintf(pg->session_options, sizeof pg->session_options,
                     "%s -c statement_timeout=%d -c lock_timeout=%d "
                     "-c idle_in_transaction_session_timeout=%d "
                     "-c client_connection_check_interval=%d",
                     given ? given : "", opts->statement_timeout_ms, opts->lock_timeout_ms,
                     opts->idle_in_transaction_ms, CONNECTION_CHECK_MS);
    snprintf(pg->tcp_user_timeout, sizeof pg->tcp_user_timeout, "%d", opts->tcp_user_timeout_ms);
    return n > 0 && (size_t)n < sizeof pg->session_options;
}

static pl_code configure(pl_pg *pg, const pl_pg_opts *opts, pl_error *err) {
    pg->conninfo = strdup(opts->conninfo);
    pg->name = strdup(opts->name ? opts->name : "parley");
    if (!pg->conninfo || !pg->name)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "postgresql: no memory for a pool");
    char *why = NULL;
    PQconninfoOption *info = PQconninfoParse(opts->conninfo, &why);
    if (!info) {
        /* libpq's text may quote the password, so it is not repeated. */
        PQfreemem(why);
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "postgresql: the connection string is malformed; expected "
                            "\"host=... dbname=... user=...\" or postgresql://user@host/dbname");
    }
    make_label(pg, info);
    bool fits = make_options(pg, opts, info);
    PQconninfoFree(info);
    if (!fits)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: `options` of the connection string are too long", pg->label);
    pg->params = (pg_conn_params){.conninfo = pg->conninfo,
                                  .name = pg->name,
                                  .session_options = pg->session_options,
                                  .tcp_user_timeout = pg->tcp_user_timeout,
                                  .label = pg->label};
    pg->connect_timeout_ms = opts->connect_timeout_ms;
    pg->stats.max = pg->max_connections = opts->max_connections;
    return PL_OK;
}

static void free_texts(pl_pg *pg) {
    if (pg->conninfo) { /* it may hold a password */
        memset(pg->conninfo, 0, strlen(pg->conninfo));
        free(pg->conninfo);
    }
    free(pg->name);
    free(pg);
}

pl_code pl_pg_new(const pl_pg_opts *opts, pl_pg **out_pg, pl_error *err) {
    if (!opts->conninfo || !valid_limits(opts))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "postgresql: a pool needs a connection string, 1 to %d connections "
                            "(not %u) and no negative time",
                            PL_PG_CONNECTIONS_MAX, opts->max_connections);
    pl_pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "postgresql: no memory for a pool");
    pl_code code = configure(pg, opts, err);
    if (code) {
        free_texts(pg);
        return code;
    }
    pthread_mutex_init(&pg->mu, NULL);
    pl_cond_init(&pg->given_back);
    *out_pg = pg;
    return PL_OK;
}

void pl_pg_free(pl_pg *pg) {
    if (!pg)
        return;
    PL_ASSERT(pg->stats.in_use == 0);
    while (pg->idle) {
        pg_conn *conn = pg->idle;
        pg->idle = conn->next;
        pg_conn_close(conn);
    }
    pthread_mutex_destroy(&pg->mu);
    pthread_cond_destroy(&pg->given_back);
    free_texts(pg);
}

/* ---- lending --------------------------------------------------------------------- */

/* Takes an idle connection, or the right to make one (NULL). False: none until the deadline. */
static bool reserve(pl_pg *pg, int64_t deadline_ns, pg_conn **out_conn) {
    pl_pg_stats *stats = &pg->stats;
    int64_t since = 0;
    bool got = true;
    pthread_mutex_lock(&pg->mu);
    while (!pg->idle && stats->open >= stats->max && got) {
        if (!since) {
            since = pl_now_ns();
            stats->waits++;
        }
        got = pl_cond_wait(&pg->given_back, &pg->mu, deadline_ns);
    }
    if (since)
        stats->wait_ns += (uint64_t)(pl_now_ns() - since);
    /* One may have come back in the moment of the time-out. */
    got = pg->idle || stats->open < stats->max;
    if (got) {
        *out_conn = pg->idle;
        if (pg->idle)
            pg->idle = pg->idle->next;
        else
            stats->open++;
        stats->in_use++;
    }
    pthread_mutex_unlock(&pg->mu);
    return got;
}

static void count_connect(pl_pg *pg, bool connected) {
    pthread_mutex_lock(&pg->mu);
    if (connected) {
        pg->stats.connects++;
    } else {
        pg->stats.connect_errors++;
        pg->stats.open--;
        pg->stats.in_use--;
        pthread_cond_signal(&pg->given_back);
    }
    pthread_mutex_unlock(&pg->mu);
}

static void count_lost(pl_pg *pg) {
    pthread_mutex_lock(&pg->mu);
    pg->stats.lost++;
    pthread_mutex_unlock(&pg->mu);
}

pl_code pg_pool_take(pl_pg *pg, int64_t deadline_ns, pg_conn **out_conn, pl_error *err) {
    /* A quick server would do what nobody waits for any more. */
    if (pl_now_ns() >= deadline_ns) {
        pl_error_set(err, PL_DEADLINE_EXCEEDED, "%s: the deadline has passed, nothing was asked",
                     pg->label);
        pl_error_info(err, "pg", "DEADLINE");
        return PL_DEADLINE_EXCEEDED;
    }
    pg_conn *conn = NULL;
    if (!reserve(pg, deadline_ns, &conn)) {
        pl_error_set(err, PL_UNAVAILABLE, "%s: all %u connections of the pool are in use",
                     pg->label, pg->max_connections);
        pl_error_info(err, "pg", "POOL_EXHAUSTED");
        return PL_UNAVAILABLE;
    }
    if (conn && !pg_conn_stale(conn)) {
        *out_conn = conn;
        return PL_OK;
    }
    if (conn) {
        pg_conn_close(conn);
        count_lost(pg);
    }
    int64_t limit = pl_deadline_ms(pg->connect_timeout_ms);
    pl_code code = pg_conn_open(&pg->params, deadline_ns < limit ? deadline_ns : limit, &conn, err);
    count_connect(pg, code == PL_OK);
    if (!code)
        *out_conn = conn;
    return code;
}

void pg_pool_give(pl_pg *pg, pg_conn *conn) {
    uint64_t round_trips = conn->round_trips;
    conn->round_trips = 0;
    bool reusable = pg_conn_reusable(conn);
    if (!reusable)
        pg_conn_close(conn);
    pthread_mutex_lock(&pg->mu);
    pg->stats.round_trips += round_trips;
    pg->stats.in_use--;
    if (reusable) {
        conn->next = pg->idle;
        pg->idle = conn;
    } else {
        pg->stats.open--;
        pg->stats.lost++;
    }
    pthread_cond_signal(&pg->given_back);
    pthread_mutex_unlock(&pg->mu);
}

void pg_pool_count(pl_pg *pg, bool committed) {
    pthread_mutex_lock(&pg->mu);
    pg->stats.transactions++;
    if (committed)
        pg->stats.commits++;
    else
        pg->stats.rollbacks++;
    pthread_mutex_unlock(&pg->mu);
}

void pl_pg_stats_get(pl_pg *pg, pl_pg_stats *out_stats) {
    pthread_mutex_lock(&pg->mu);
    *out_stats = pg->stats;
    pthread_mutex_unlock(&pg->mu);
}

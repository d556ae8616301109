/* Counts round trips from outside: a relay between the pool and the server sees every time the
 * client speaks after the server has. */
#include "pg_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RELAY_PORT 5433

typedef struct relay {
    int listener;
    int stop[2];
    char server[108];
    atomic_int turns;
    pthread_t thread;
} relay;

static relay the_relay;

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

/* Passes on what FROM has to say; false at its end. */
static bool pass(int from, int to) {
    char buffer[65536];
    ssize_t n = read(from, buffer, sizeof buffer);
    for (ssize_t done = 0; n > 0 && done < n;) {
        ssize_t sent = send(to, buffer + done, (size_t)(n - done), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += sent;
    }
    return n > 0;
}

static void serve(relay *r, int client, int server) {
    bool server_spoke_last = true;
    for (;;) {
        struct pollfd fds[3] = {{.fd = client, .events = POLLIN},
                                {.fd = server, .events = POLLIN},
                                {.fd = r->stop[0], .events = POLLIN}};
        if (poll(fds, 3, -1) < 0 || fds[2].revents)
            return;
        if (fds[1].revents) {
            server_spoke_last = true;
            if (!pass(server, client))
                return;
        }
        if (fds[0].revents) {
            if (server_spoke_last)
                atomic_fetch_add(&r->turns, 1);
            server_spoke_last = false;
            if (!pass(client, server))
                return;
        }
    }
}

static void *run(void *arg) {
    relay *r = arg;
    int client = accept(r->listener, NULL, NULL);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = address_of(r->server);
    if (client >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) == 0)
        serve(r, client, server);
    close(server);
    close(client);
    return NULL;
}

static int start(void **state) {
    if (fixture_start(state) != 0)
        return -1;
    char path[108];
    const char *dir = pl_test_postgres_socket_dir(fixture_server);
    snprintf(path, sizeof path, "%s/.s.PGSQL.%d", dir, RELAY_PORT);
    snprintf(the_relay.server, sizeof the_relay.server, "%s/.s.PGSQL.5432", dir);
    struct sockaddr_un address = address_of(path);
    the_relay.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(the_relay.listener, (struct sockaddr *)&address, sizeof address) ||
           listen(the_relay.listener, 1) || pipe(the_relay.stop) ||
           pthread_create(&the_relay.thread, NULL, run, &the_relay);
}

static int stop(void **state) {
    close(the_relay.stop[1]);
    pthread_join(the_relay.thread, NULL);
    close(the_relay.stop[0]);
    close(the_relay.listener);
    return fixture_stop(state);
}

static pl_pg *pool_through_relay(void) {
    pl_error err = PL_ERROR_INIT;
    char conninfo[256];
    snprintf(conninfo, sizeof conninfo, "%s port=%d",
             pl_test_postgres_conninfo(fixture_server, "postgres", NULL), RELAY_PORT);
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = conninfo;
    opts.max_connections = 1; /* the relay serves one */
    pl_pg *pg = NULL;
    assert_ok(pl_pg_new(&opts, &pg, &err), err);
    static const char *const statements[] = {
        "CREATE TABLE orders (id bigint PRIMARY KEY, ver bigint)",
        "CREATE TABLE outbox (id bigint PRIMARY KEY, envelope bytea)"};
    fixture_run(pg, statements, 2);
    return pg;
}

static void write_order(pl_pg_tx *tx, int64_t id) {
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_pg_exec(tx, "INSERT INTO orders VALUES ($1, 1)", PL_PG_ARGS(pl_pg_i64(id)), &err),
              err);
    assert_ok(pl_pg_exec(tx, "INSERT INTO outbox VALUES ($1, $2)",
                         PL_PG_ARGS(pl_pg_i64(id), pl_pg_bytes("event", 5)), &err),
              err);
}

static int turns_of_one_order(pl_pg *pg, int64_t id, bool with_query) {
    pl_error err = PL_ERROR_INIT;
    int before = atomic_load(&the_relay.turns);
    pl_pg_tx *tx = NULL;
    assert_ok(pl_pg_begin(pg, SOON, &tx, &err), err);
    if (with_query) {
        pl_pg_rows *rows = NULL;
        assert_ok(pl_pg_query(tx, "SELECT max(id) FROM orders", PL_PG_NO_ARGS, &rows, &err), err);
    }
    write_order(tx, id);
    assert_ok(pl_pg_commit(tx, &err), err);
    return atomic_load(&the_relay.turns) - before;
}

static void begin_statements_and_commit_are_one_round_trip(void **state) {
    (void)state;
    pl_pg *pg = pool_through_relay();
    pl_pg_stats before, after;
    pl_pg_stats_get(pg, &before);
    /* With the statements' preparation, and without. */
    assert_int_equal(turns_of_one_order(pg, 1, false), 1);
    assert_int_equal(turns_of_one_order(pg, 2, false), 1);
    /* A query waits once more. */
    assert_int_equal(turns_of_one_order(pg, 3, true), 2);
    pl_pg_stats_get(pg, &after);
    assert_int_equal(after.round_trips - before.round_trips, 4);
    pl_pg_free(pg);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begin_statements_and_commit_are_one_round_trip),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

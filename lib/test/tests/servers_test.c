#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/pg/pg.h"
#include "parley/redis/redis.h"
#include "parley/test/servers.h"

#define SOON pl_deadline_ms(20000)
#define assert_ok(code_, err_)                                                                     \
    do {                                                                                           \
        pl_code assert_ok_code_ = (code_);                                                         \
        if (assert_ok_code_ != PL_OK)                                                              \
            fail_msg("%s: %s", pl_code_name(assert_ok_code_), (err_).message);                     \
    } while (0)

/* A folder of the test's own; as root the server's user may pass through it. */
static char folder[] = "/tmp/parley-servers-test-XXXXXX";
static char data_dir[128];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/parley-servers-test-XXXXXX");
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        return -1;
    snprintf(data_dir, sizeof data_dir, "%s/data", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    if (pl_test_postgres_erase(data_dir, &err) != PL_OK || chmod(folder, 0700) != 0)
        return -1;
    return rmdir(folder);
}

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

static pl_test_postgres *start_postgres(const char *dir) {
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres *server = NULL;
    pl_test_postgres_opts opts = {.dir = dir, .no_fsync = true};
    assert_ok(pl_test_postgres_start(&opts, &server, &err), err);
    return server;
}

static pl_test_redis *start_redis(const char *dir) {
    pl_error err = PL_ERROR_INIT;
    pl_test_redis *server = NULL;
    pl_test_redis_opts opts = {.dir = dir};
    assert_ok(pl_test_redis_start(&opts, &server, &err), err);
    return server;
}

static void a_throwaway_postgres_leaves_nothing_behind(void **state) {
    (void)state;
    pl_test_postgres *server = start_postgres(NULL);
    char run[128];
    snprintf(run, sizeof run, "%s", pl_test_postgres_socket_dir(server));
    pid_t pid = pl_test_postgres_pid(server);
    assert_true(is_there(run));
    pl_test_postgres_free(server);
    assert_false(is_there(run));
    assert_true(kill(pid, 0) != 0 && errno == ESRCH);
}

static void nobody_else_can_reach_the_sockets(void **state) {
    (void)state;
    pl_test_postgres *server = start_postgres(NULL);
    struct stat st;
    assert_int_equal(stat(pl_test_postgres_socket_dir(server), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    pl_test_postgres_free(server);
}

static void a_given_folder_keeps_its_data(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    for (int round = 0; round < 2; round++) {
        pl_test_postgres *server = start_postgres(data_dir);
        pl_pg_opts opts = PL_PG_OPTS_INIT;
        assert_ok(pl_test_postgres_database(server, "shop", "owner", "data", &err), err);
        opts.conninfo = pl_test_postgres_conninfo(server, "shop", "owner");
        pl_pg *pg = NULL;
        assert_ok(pl_pg_new(&opts, &pg, &err), err);
        const char *sql = round == 0 ? "CREATE TABLE kept ()" : "SELECT count(*) FROM kept";
        assert_ok(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), err);
        pl_pg_free(pg);
        pl_test_postgres_free(server);
        assert_true(is_there(data_dir));
    }
}

static void a_folder_of_another_version_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    char path[160];
    assert_int_equal(mkdir(data_dir, 0700), 0);
    snprintf(path, sizeof path, "%s/PG_VERSION", data_dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "9\n");
    fclose(file);
    pl_test_postgres_opts opts = {.dir = data_dir};
    pl_test_postgres *server = NULL;
    assert_int_equal(pl_test_postgres_new(&opts, &server, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "PostgreSQL 9"));
    assert_null(server);
}

static void roles_and_databases_may_be_asked_for_twice(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres *server = start_postgres(NULL);
    for (int i = 0; i < 2; i++)
        assert_ok(pl_test_postgres_database(server, "mall-orders", "mall-orders-owner",
                                            "mall-orders", &err),
                  err);
    assert_int_equal(pl_test_postgres_role(server, "x\"; DROP", &err), PL_INVALID_ARGUMENT);
    pl_test_postgres_free(server);
}

static void a_server_that_cannot_start_says_why(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres_opts opts = {.max_connections = 300000};
    pl_test_postgres *server = NULL;
    assert_int_equal(pl_test_postgres_start(&opts, &server, &err), PL_UNAVAILABLE);
    assert_non_null(strstr(err.message, "max_connections"));
    assert_null(server);
}

static void two_servers_share_the_cached_cluster_unless_they_want_an_identity(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    int64_t identity[3];
    for (int i = 0; i < 3; i++) {
        pl_test_postgres_opts options = {.no_fsync = true, .own_identity = i == 2};
        pl_test_postgres *server = NULL;
        assert_ok(pl_test_postgres_start(&options, &server, &err), err);
        pl_pg_opts opts = PL_PG_OPTS_INIT;
        opts.conninfo = pl_test_postgres_conninfo(server, "postgres", NULL);
        pl_pg *pg = NULL;
        pl_pg_rows *rows = NULL;
        assert_ok(pl_pg_new(&opts, &pg, &err), err);
        assert_ok(pl_pg_once(pg, SOON, "SELECT system_identifier FROM pg_control_system()",
                             PL_PG_NO_ARGS, &rows, &err),
                  err);
        identity[i] = pl_pg_get_i64(rows, 0, 0);
        pl_pg_rows_free(rows);
        pl_pg_free(pg);
        pl_test_postgres_free(server);
    }
    assert_true(identity[0] == identity[1]);
    assert_true(identity[0] != identity[2]);
}

/* Waits for a process that is no child of ours to end. */
static bool ends(pid_t pid, int64_t deadline_ns) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    while (pl_now_ns() < deadline_ns) {
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            return true;
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = 0;
        const char *paren = strrchr(text, ')');
        if (!paren || paren[2] == 'Z')
            return true;
    }
    return false;
}

typedef struct orphan {
    pid_t server;
    char run[128];
} orphan;

/* Starts a server in a child that is then killed, as `parley up` may be. */
static orphan kill_the_owner(void) {
    int ends_[2];
    assert_int_equal(pipe(ends_), 0);
    pid_t owner = fork();
    if (owner == 0) {
        pl_test_postgres *server = NULL;
        orphan made = {0};
        if (pl_test_postgres_start(NULL, &server, NULL) == PL_OK) {
            made.server = pl_test_postgres_pid(server);
            snprintf(made.run, sizeof made.run, "%s", pl_test_postgres_socket_dir(server));
        }
        if (write(ends_[1], &made, sizeof made) != sizeof made)
            _exit(1);
        pause();
        _exit(0);
    }
    orphan made = {0};
    assert_int_equal(read(ends_[0], &made, sizeof made), sizeof made);
    close(ends_[0]);
    close(ends_[1]);
    kill(owner, SIGKILL);
    assert_int_equal(waitpid(owner, NULL, 0), owner);
    return made;
}

static void a_server_dies_with_its_owner_and_the_next_one_sweeps_up(void **state) {
    (void)state;
    orphan left = kill_the_owner();
    assert_true(left.server > 1);
    assert_true(ends(left.server, SOON));
    assert_true(is_there(left.run));
    pl_test_redis_free(start_redis(NULL));
    assert_false(is_there(left.run));
}

static void as_root_a_folder_the_user_cannot_reach_is_kept_elsewhere(void **state) {
    (void)state;
    if (geteuid() != 0)
        return;
    assert_int_equal(chmod(folder, 0700), 0);
    char elsewhere[256];
    for (int round = 0; round < 2; round++) {
        pl_test_redis *server = start_redis(data_dir);
        snprintf(elsewhere, sizeof elsewhere, "%s", pl_test_redis_data_dir(server));
        pl_test_redis_free(server);
        assert_int_equal(strncmp(elsewhere, "/var/lib/parley/", 16), 0);
        assert_true(is_there(elsewhere));
    }
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_test_redis_erase(data_dir, &err), err);
    assert_false(is_there(elsewhere));
    assert_false(is_there(data_dir));
}

static pl_redis *open_redis(const pl_test_redis *server, const char *url) {
    pl_error err = PL_ERROR_INIT;
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = url ? url : pl_test_redis_url(server);
    pl_redis *redis = NULL;
    assert_ok(pl_redis_new(&opts, &redis, &err), err);
    return redis;
}

static void redis_keeps_what_it_has_written(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    for (int round = 0; round < 2; round++) {
        pl_test_redis *server = start_redis(data_dir);
        pl_redis *redis = open_redis(server, NULL);
        pl_redis_reply *reply = NULL;
        if (round == 0)
            assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "SET", "k", "kept"), err);
        assert_ok(PL_REDIS_CALL(redis, SOON, &reply, &err, "GET", "k"), err);
        assert_true(pl_str_eqc(pl_redis_reply_str(reply), "kept"));
        pl_redis_reply_free(reply);
        pl_redis_free(redis);
        pl_test_redis_free(server);
    }
}

static void redis_takes_users_from_a_file(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    char path[160], url[200];
    snprintf(path, sizeof path, "%s/users.acl", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "user default off\nuser reader on >secret ~* +get +ping\n");
    fclose(file);
    pl_test_redis_opts opts = {.acl_file = path};
    pl_test_redis *server = NULL;
    assert_ok(pl_test_redis_start(&opts, &server, &err), err);
    snprintf(url, sizeof url, "unix://reader:secret@%s", pl_test_redis_url(server) + 7);
    pl_redis *redis = open_redis(server, url);
    assert_ok(PL_REDIS_CALL(redis, SOON, NULL, &err, "GET", "k"), err);
    assert_int_equal(PL_REDIS_CALL(redis, SOON, NULL, &err, "SET", "k", "v"), PL_PERMISSION_DENIED);
    pl_redis_free(redis);
    pl_test_redis_free(server);
    assert_int_equal(unlink(path), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_throwaway_postgres_leaves_nothing_behind),
        T(nobody_else_can_reach_the_sockets),
        T(a_given_folder_keeps_its_data),
        T(a_folder_of_another_version_is_refused),
        T(roles_and_databases_may_be_asked_for_twice),
        T(a_server_that_cannot_start_says_why),
        T(two_servers_share_the_cached_cluster_unless_they_want_an_identity),
        T(a_server_dies_with_its_owner_and_the_next_one_sweeps_up),
        T(as_root_a_folder_the_user_cannot_reach_is_kept_elsewhere),
        T(redis_keeps_what_it_has_written),
        T(redis_takes_users_from_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

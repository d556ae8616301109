#include "parley/loop/child.h"

#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/str.h"

#define OUTPUT_MAX (1024 * 1024)
#define NOBODY     65534

typedef struct fixture {
    pl_loop *loop;
    pl_child *child;
    pl_buf out[2]; /* of stdout, of stderr */
    int ends;      /* streams that ended */
    int exits;
    pl_child_exit how;
    bool free_in_exit;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->out[0] = pl_buf_make(OUTPUT_MAX);
    f->out[1] = pl_buf_make(OUTPUT_MAX);
    assert_int_equal(pl_loop_new(&f->loop, NULL), PL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    signal(SIGCHLD, SIG_DFL);
    pl_child_free(f->child);
    pl_loop_free(f->loop);
    pl_buf_done(&f->out[0]);
    pl_buf_done(&f->out[1]);
    free(f);
    return 0;
}

static void on_exit_(void *self, pl_child *child, pl_child_exit how) {
    fixture *f = self;
    f->exits++;
    f->how = how;
    if (f->free_in_exit) {
        pl_child_free(child);
        f->child = NULL;
    }
}

static void on_output(void *self, pl_child *child, int stream, pl_str data) {
    (void)child;
    fixture *f = self;
    if (data.n)
        pl_buf_str(&f->out[stream - 1], data);
    else
        f->ends++;
}

static pl_child_opts options(fixture *f, const char *const *argv) {
    pl_child_opts opts = PL_CHILD_OPTS_INIT;
    opts.argv = argv;
    opts.on_exit = on_exit_;
    opts.on_output = on_output;
    opts.self = f;
    return opts;
}

/* Starts a shell command with both streams piped. */
static void start(fixture *f, const char *command) {
    const char *const argv[] = {"sh", "-c", command, NULL};
    pl_child_opts opts = options(f, argv);
    opts.out = opts.err = PL_CHILD_PIPE;
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, NULL), PL_OK);
}

static bool gone(pid_t pid) {
    return kill(pid, 0) && errno == ESRCH;
}

static void tells_the_exit_status(void **state) {
    fixture *f = *state;
    start(f, "exit 7");
    assert_true(pl_child_running(f->child));
    run_until(f->loop, f->exits);
    assert_false(f->how.signalled);
    assert_int_equal(f->how.status, 7);
    assert_false(pl_child_running(f->child));
    pl_child_kill(f->child, SIGKILL);
}

static void tells_the_signal_that_ended_it(void **state) {
    fixture *f = *state;
    start(f, "exec cat");
    pl_child_kill(f->child, SIGTERM);
    run_until(f->loop, f->exits);
    /* cat reads /dev/null and may have ended by itself */
    assert_true(f->how.signalled ? f->how.status == SIGTERM : f->how.status == 0);
    pl_child_free(f->child);
    start(f, "kill -USR1 $$; read never");
    run_until(f->loop, f->exits == 2);
    assert_true(f->how.signalled);
    assert_int_equal(f->how.status, SIGUSR1);
}

static void hands_over_both_streams_before_the_exit(void **state) {
    fixture *f = *state;
    start(f, "echo out; echo err >&2; i=0; while [ $i -lt 2000 ]; do echo 0123456789; "
             "i=$((i+1)); done");
    run_until(f->loop, f->exits);
    assert_int_equal(f->ends, 2);
    assert_int_equal(f->out[0].n, 4 + 2000 * 11);
    assert_string_equal(f->out[1].p, "err\n");
}

static void ends_though_a_grandchild_holds_its_output(void **state) {
    fixture *f = *state;
    start(f, "(exec 3</dev/null; trap '' HUP; exec tail -f /dev/null) & echo started $!");
    run_until(f->loop, f->exits);
    int64_t pid = 0;
    pl_str line = pl_str_trim(pl_str_make(f->out[0].p + 8, f->out[0].n - 9));
    assert_true(pl_str_i64(line, &pid));
    kill((pid_t)pid, SIGKILL);
}

static void gives_the_environment_the_folder_and_an_empty_stdin(void **state) {
    fixture *f = *state;
    const char *const argv[] = {"sh", "-c", "pwd; echo $WORD $HOME; wc -c", NULL};
    const char *const env[] = {"WORD=hello", "PATH=/usr/bin:/bin", NULL};
    pl_child_opts opts = options(f, argv);
    opts.env = env;
    opts.cwd = "/usr";
    opts.out = PL_CHILD_PIPE;
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, NULL), PL_OK);
    run_until(f->loop, f->exits);
    assert_string_equal(f->out[0].p, "/usr\nhello\n0\n");
}

static void joins_streams_to_descriptors_of_the_caller(void **state) {
    fixture *f = *state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    const char *const argv[] = {"sh", "-c", "echo a; echo b >&2", NULL};
    pl_child_opts opts = options(f, argv);
    opts.out = opts.err = fds[1];
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, NULL), PL_OK);
    run_until(f->loop, f->exits);
    char text[8] = "";
    assert_int_equal(read(fds[0], text, sizeof(text) - 1), 4);
    assert_string_equal(text, "a\nb\n");
    close(fds[0]);
    close(fds[1]);
}

static void inherits_no_other_descriptor_and_no_signal_mask(void **state) {
    fixture *f = *state;
    int leak = open("/dev/null", O_RDONLY);
    assert_true(leak > 2);
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, &old);
    start(f, "ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status");
    sigprocmask(SIG_SETMASK, &old, NULL);
    run_until(f->loop, f->exits);
    /* 0, 1, 2 and the one that ls reads */
    assert_string_equal(f->out[0].p, "4\nSigBlk:\t0000000000000000\n");
    close(leak);
}

static void says_why_it_cannot_start(void **state) {
    fixture *f = *state;
    pl_error err = PL_ERROR_INIT;
    const char *const missing[] = {"no-such-program-here", NULL};
    pl_child_opts opts = options(f, missing);
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "no-such-program-here"));
    const char *const folder[] = {"/usr", NULL};
    opts.argv = folder;
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, &err), PL_PERMISSION_DENIED);
    const char *const fine[] = {"true", NULL};
    opts.argv = fine;
    opts.cwd = "/no/such/folder";
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/folder"));
    assert_null(f->child);
}

static void changes_the_user_and_drops_privileges(void **state) {
    fixture *f = *state;
    if (geteuid() != 0)
        skip();
    const char *const argv[] = {
        "sh", "-c", "id -u; id -g; id -G; grep -E 'NoNewPrivs|CapEff' /proc/self/status", NULL};
    pl_child_opts opts = options(f, argv);
    opts.out = PL_CHILD_PIPE;
    opts.cwd = "/";
    opts.change_user = true;
    opts.uid = NOBODY;
    opts.gid = NOBODY;
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, NULL), PL_OK);
    run_until(f->loop, f->exits);
    assert_string_equal(f->out[0].p, "65534\n65534\n65534\nCapEff:\t0000000000000000\n"
                                     "NoNewPrivs:\t1\n");
}

static void kills_the_whole_group(void **state) {
    fixture *f = *state;
    const char *const argv[] = {"sh", "-c", "tail -f /dev/null & echo $!; exit 0", NULL};
    pl_child_opts opts = options(f, argv);
    opts.out = PL_CHILD_PIPE;
    opts.new_group = true;
    assert_int_equal(pl_child_start(f->loop, &opts, &f->child, NULL), PL_OK);
    run_until(f->loop, f->exits);
    int64_t pid = 0;
    assert_true(pl_str_i64(pl_str_trim(pl_str_make(f->out[0].p, f->out[0].n - 1)), &pid));
    assert_int_equal(kill((pid_t)pid, 0), 0);
    pl_child_kill_group(f->child, SIGKILL);
    /* The orphan is reaped by init, or stays a zombie where there is none. */
    char path[64], state_line[256];
    snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    bool dead = false;
    int64_t patience = pl_deadline_ms(PATIENCE_MS);
    while (!dead && pl_now_ns() < patience) {
        FILE *file = fopen(path, "r");
        dead = !file || !fgets(state_line, sizeof(state_line), file) || strstr(state_line, ") Z");
        if (file)
            fclose(file);
    }
    assert_true(dead);
}

static void may_be_freed_in_its_exit_callback(void **state) {
    fixture *f = *state;
    f->free_in_exit = true;
    start(f, "echo bye");
    run_until(f->loop, f->exits);
    assert_null(f->child);
}

static void free_ends_it_and_calls_nothing(void **state) {
    fixture *f = *state;
    start(f, "read never < /dev/zero; tail -f /dev/null");
    pid_t pid = pl_child_pid(f->child);
    pl_child_free(f->child);
    f->child = NULL;
    assert_true(gone(pid));
    assert_int_equal(pl_loop_run_once(f->loop, 0, NULL), PL_OK);
    assert_int_equal(f->exits, 0);
    pl_child_free(NULL);
}

/* The library's pidfd_open comes here (--wrap), late if told so: a shell would have ended. */
static bool pidfd_late;
int __real_pidfd_open(pid_t pid, unsigned flags);
int __wrap_pidfd_open(pid_t pid, unsigned flags);

int __wrap_pidfd_open(pid_t pid, unsigned flags) {
    int64_t until = pl_deadline_ms(pidfd_late ? 50 : 0);
    while (pl_now_ns() < until && kill(pid, 0) == 0)
        (void)poll(NULL, 0, 1);
    return __real_pidfd_open(pid, flags);
}

static void tells_of_the_end_though_somebody_ignores_sigchld(void **state) {
    fixture *f = *state;
    signal(SIGCHLD, SIG_IGN);
    pidfd_late = true;
    start(f, "exit 3");
    pidfd_late = false;
    run_until(f->loop, f->exits);
    assert_false(f->how.signalled);
    assert_int_equal(f->how.status, PL_CHILD_STATUS_LOST);
}

static atomic_int grandchild;

/* A thread with a loop of its own starts a child and ends without freeing it. */
static void *start_and_end(void *arg) {
    fixture *f = arg;
    const char *const argv[] = {"tail", "-f", "/dev/null", NULL};
    pl_child_opts opts = options(f, argv);
    if (!pl_child_start(f->loop, &opts, &f->child, NULL))
        atomic_store(&grandchild, pl_child_pid(f->child));
    return NULL;
}

static void dies_with_the_thread_that_started_it(void **state) {
    fixture *f = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, start_and_end, f), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&grandchild) > 0);
    run_until(f->loop, f->exits);
    assert_true(f->how.signalled);
    assert_int_equal(f->how.status, SIGKILL);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(tells_the_exit_status),
        UNIT(tells_the_signal_that_ended_it),
        UNIT(hands_over_both_streams_before_the_exit),
        UNIT(ends_though_a_grandchild_holds_its_output),
        UNIT(gives_the_environment_the_folder_and_an_empty_stdin),
        UNIT(joins_streams_to_descriptors_of_the_caller),
        UNIT(inherits_no_other_descriptor_and_no_signal_mask),
        UNIT(says_why_it_cannot_start),
        UNIT(changes_the_user_and_drops_privileges),
        UNIT(kills_the_whole_group),
        UNIT(may_be_freed_in_its_exit_callback),
        UNIT(free_ends_it_and_calls_nothing),
        UNIT(tells_of_the_end_though_somebody_ignores_sigchld),
        UNIT(dies_with_the_thread_that_started_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

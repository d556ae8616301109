/* Folders of control sockets: made, and swept where nobody listens any more. */
#include "common/run_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

typedef struct fixture {
    char base[32]; /* instead of /tmp: XDG_RUNTIME_DIR */
    char path[RUN_FOLDER_SIZE];
    char socket[RUN_FOLDER_SIZE + 16];
    int fd;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->base, sizeof f->base, "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->base));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", f->base, 1), 0);
    assert_int_equal(run_folder_make(f->path, NULL), PL_OK);
    (void)snprintf(f->socket, sizeof f->socket, "%s/control.sock", f->path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", f->socket);
    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(f->fd, 1), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    if (f->fd >= 0)
        close(f->fd);
    (void)unlink(f->socket);
    (void)rmdir(f->path);
    (void)rmdir(f->base);
    free(f);
    return 0;
}

static void end_listening(fixture *f) {
    close(f->fd);
    f->fd = -1;
}

/* As if it had been bound long ago. */
static void make_old(const fixture *f) {
    const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, f->socket, times, 0), 0);
}

static bool is_there(const fixture *f) {
    return access(f->path, F_OK) == 0;
}

static void is_where_the_runtime_folder_is(void **state) {
    fixture *f = *state;
    struct stat info;
    assert_int_equal(strncmp(f->path, f->base, strlen(f->base)), 0);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void one_that_nobody_listens_in_is_swept(void **state) {
    fixture *f = *state;
    end_listening(f);
    make_old(f);
    run_folders_sweep();
    assert_false(is_there(f));
}

static void one_with_a_listener_stays(void **state) {
    fixture *f = *state;
    make_old(f);
    run_folders_sweep();
    assert_true(is_there(f));
}

static void a_young_one_stays(void **state) {
    fixture *f = *state;
    end_listening(f);
    run_folders_sweep();
    assert_true(is_there(f));
}

static void a_link_to_elsewhere_is_not_followed(void **state) {
    fixture *f = *state;
    char elsewhere[sizeof f->base + 16];
    end_listening(f);
    make_old(f);
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->base);
    assert_int_equal(rename(f->path, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, f->path), 0);
    run_folders_sweep();
    assert_int_equal(access(f->socket, F_OK), 0);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(rename(elsewhere, f->path), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(is_where_the_runtime_folder_is),      TEST(one_that_nobody_listens_in_is_swept),
        TEST(one_with_a_listener_stays),           TEST(a_young_one_stays),
        TEST(a_link_to_elsewhere_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files are written whole or not at all. */
#include "common/whole_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { PATH_SIZE = 256, SMALL = 16, LARGE = 4096 };

static char folder[] = "/tmp/parley-whole-file-XXXXXX";

static const char *path_of(const char *name) {
    static char paths[2][PATH_SIZE];
    static size_t turn;
    char *path = paths[turn++ % 2];
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static void assert_holds(const char *name, const char *text) {
    pl_buf content = pl_buf_make(LARGE);
    assert_int_equal(whole_file_read(path_of(name), &content, NULL), PL_OK);
    assert_string_equal(content.p, text);
    pl_buf_done(&content);
}

static void write_text(const char *name, const char *text) {
    assert_int_equal(whole_file_write(path_of(name), pl_str_c(text), NULL), PL_OK);
}

static size_t count_files(void) {
    size_t count = 0;
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *e; (e = readdir(list));)
        count += e->d_name[0] != '.';
    closedir(list);
    return count;
}

static int setup(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    static const char *const names[] = {"file", "link", "pipe"};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(names); i++)
        (void)unlink(path_of(names[i]));
    int left = rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    return left;
}

static void a_file_that_cannot_be_written_whole_is_as_it_was(void **state) {
    static char large[LARGE];
    struct rlimit unlimited, limited;
    (void)state;
    write_text("file", "before");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    limited = unlimited;
    limited.rlim_cur = SMALL;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limited), 0);
    pl_code code = whole_file_write(path_of("file"), pl_str_make(large, sizeof large), NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_int_not_equal(code, PL_OK);
    assert_holds("file", "before");
    assert_int_equal(count_files(), 1);
}

static void a_link_stays_one_and_its_file_keeps_its_mode(void **state) {
    struct stat info;
    (void)state;
    write_text("file", "before");
    assert_int_equal(chmod(path_of("file"), 0640), 0);
    assert_int_equal(symlink("file", path_of("link")), 0);
    write_text("link", "after");
    assert_int_equal(lstat(path_of("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path_of("file"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_holds("file", "after");
}

static void what_is_no_plain_file_is_written_to(void **state) {
    char got[SMALL] = "";
    struct stat info;
    (void)state;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    int reader = open(path_of("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    write_text("pipe", "text");
    assert_int_equal(read(reader, got, sizeof got - 1), 4);
    (void)close(reader);
    assert_string_equal(got, "text");
    assert_int_equal(stat(path_of("pipe"), &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
}

static void the_folders_above_a_file_are_made(void **state) {
    struct stat info;
    (void)state;
    assert_int_equal(whole_file_folders(path_of("one/two/file"), NULL), PL_OK);
    assert_int_equal(whole_file_folders(path_of("one/two/file"), NULL), PL_OK);
    assert_int_equal(stat(path_of("one/two"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(rmdir(path_of("one/two")), 0);
    assert_int_equal(rmdir(path_of("one")), 0);
}

static void a_try_leaves_nothing_behind(void **state) {
    (void)state;
    assert_int_equal(whole_file_try(path_of("file"), NULL), PL_OK);
    assert_int_equal(count_files(), 0);
    assert_int_equal(whole_file_try("/nowhere/file", NULL), PL_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_whole_is_as_it_was, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_link_stays_one_and_its_file_keeps_its_mode, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_written_to, setup, teardown),
        cmocka_unit_test_setup_teardown(the_folders_above_a_file_are_made, setup, teardown),
        cmocka_unit_test_setup_teardown(a_try_leaves_nothing_behind, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Static files: what is found, and what never is. */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

typedef struct fixture {
    gateway_folder folder;
    pl_arena arena;
    gateway_file file;
} fixture;

static const char *path_of(fixture *f, const char *name) {
    return pl_arena_printf(&f->arena, "%s/%s", f->folder.path, name);
}

static void write_file(fixture *f, const char *name, const char *content) {
    FILE *file = fopen(path_of(f, name), "wb");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static int set_up(void **state) {
    fixture *f = test_calloc(1, sizeof *f);
    f->arena = pl_arena_make(32 << 20);
    snprintf(f->folder.path, sizeof f->folder.path, "/tmp/gateway-files-XXXXXX");
    assert_non_null(mkdtemp(f->folder.path));
    write_file(f, "TV.jpg", "picture");
    write_file(f, ".secret", "secret");
    assert_int_equal(mkdir(path_of(f, "inner"), 0700), 0);
    write_file(f, "inner/a.css", "body{}");
    assert_int_equal(symlink("/etc/passwd", path_of(f, "link.txt")), 0);
    assert_int_equal(mkfifo(path_of(f, "fifo"), 0600), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"TV.jpg", ".secret", "inner/a.css", "link.txt", "fifo"};
    for (size_t i = 0; i < PL_COUNT(names); i++)
        unlink(path_of(f, names[i]));
    rmdir(path_of(f, "inner"));
    rmdir(f->folder.path);
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

static pl_code read_file(fixture *f, const char *rest) {
    return gateway_file_read(&f->folder, pl_str_c(rest), &f->arena, &f->file, NULL);
}

static void reads_a_file_with_its_type(void **state) {
    fixture *f = *state;
    assert_int_equal(read_file(f, "/TV.jpg"), PL_OK);
    assert_true(pl_str_eqc(f->file.content, "picture"));
    assert_string_equal(f->file.type, "image/jpeg");
    assert_int_equal(f->file.etag[0], '"');
    assert_int_equal(read_file(f, "/inner/a.css"), PL_OK);
    assert_string_equal(f->file.type, "text/css; charset=utf-8");
}

static void finds_names_without_case_where_asked_to(void **state) {
    fixture *f = *state;
    assert_int_equal(read_file(f, "/tv.JPG"), PL_NOT_FOUND);
    f->folder.nocase = true;
    assert_int_equal(read_file(f, "/tv.JPG"), PL_OK);
    assert_string_equal(f->file.type, "image/jpeg");
    assert_int_equal(read_file(f, "/INNER/A.css"), PL_OK);
    assert_int_equal(read_file(f, "/radio.jpg"), PL_NOT_FOUND);
}

static void never_leaves_the_folder(void **state) {
    static const char *const paths[] = {
        "/../TV.jpg",     "/inner/../TV.jpg",
        "/%2e%2e/TV.jpg", "/inner/%2e%2e/TV.jpg",
        "/inner%2Fa.css", "/..%2F..%2Fetc%2Fpasswd",
        "//etc/passwd",   "/./TV.jpg",
        "/TV.jpg%00",     "/%",
    };
    for (size_t i = 0; i < PL_COUNT(paths); i++)
        assert_int_not_equal(read_file(*state, paths[i]), PL_OK);
}

static void shows_regular_files_only(void **state) {
    static const char *const paths[] = {"/",     "/inner",   "/inner/",  "/link.txt",
                                        "/fifo", "/.secret", "/TV.jpg/", "/TV.jpg/x"};
    for (size_t i = 0; i < PL_COUNT(paths); i++)
        assert_int_not_equal(read_file(*state, paths[i]), PL_OK);
}

static void changes_its_tag_with_the_file(void **state) {
    fixture *f = *state;
    char before[GATEWAY_ETAG_SIZE];
    assert_int_equal(read_file(f, "/TV.jpg"), PL_OK);
    memcpy(before, f->file.etag, sizeof before);
    write_file(f, "TV.jpg", "a longer picture");
    assert_int_equal(read_file(f, "/TV.jpg"), PL_OK);
    assert_string_not_equal(before, f->file.etag);
}

static void belongs_to_the_folder_of_its_prefix(void **state) {
    (void)state;
    static gateway_config config = {.folder_count = 1};
    snprintf(config.folders[0].prefix, sizeof config.folders[0].prefix, "/goods/img");
    pl_str rest;
    assert_ptr_equal(gateway_folder_of(&config, pl_str_c("/goods/img/TV.jpg"), &rest),
                     &config.folders[0]);
    assert_true(pl_str_eqc(rest, "/TV.jpg"));
    assert_null(gateway_folder_of(&config, pl_str_c("/goods/img"), &rest));
    assert_null(gateway_folder_of(&config, pl_str_c("/goods/images/TV.jpg"), &rest));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(reads_a_file_with_its_type),    T(finds_names_without_case_where_asked_to),
        T(never_leaves_the_folder),       T(shows_regular_files_only),
        T(changes_its_tag_with_the_file), cmocka_unit_test(belongs_to_the_folder_of_its_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

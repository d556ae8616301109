/* The output of a process: whole lines, cut ones, files that are moved aside. */
#include "up/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

typedef struct fixture {
    log_stream stream;
    char folder[32];
    char file[64];
    char old[64];
    size_t lines;
    size_t last_size;
    char last[64];
} fixture;

static void on_line(void *self, pl_str line) {
    fixture *f = self;
    f->lines++;
    f->last_size = line.n;
    (void)snprintf(f->last, sizeof f->last, "%.*s", PL_FMT(line));
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->file, sizeof f->file, "%s/it.log", f->folder);
    (void)snprintf(f->old, sizeof f->old, "%s/it.log.1", f->folder);
    assert_int_equal(log_stream_open(&f->stream, f->folder, "it", NULL), PL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    log_stream_close(&f->stream);
    (void)unlink(f->file);
    (void)unlink(f->old);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static void feed(fixture *f, const char *text) {
    log_stream_feed(&f->stream, STDOUT_FILENO, pl_str_c(text), on_line, f);
}

static size_t file_size(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (size_t)info.st_size : 0;
}

static void line_in_pieces_is_one_line(void **state) {
    fixture *f = *state;
    feed(f, "one ");
    assert_int_equal(f->lines, 0);
    feed(f, "line\nand");
    assert_int_equal(f->lines, 1);
    assert_string_equal(f->last, "one line");
    feed(f, " more\r\n");
    assert_string_equal(f->last, "and more");
    assert_int_equal(file_size(f->file), strlen("one line\nand more\n"));
}

static void stdout_and_stderr_do_not_share_a_line(void **state) {
    fixture *f = *state;
    feed(f, "{\"half\":");
    log_stream_feed(&f->stream, STDERR_FILENO, pl_str_c("oh\n"), on_line, f);
    assert_string_equal(f->last, "oh");
    feed(f, "1}\n");
    assert_string_equal(f->last, "{\"half\":1}");
    log_stream_feed(&f->stream, STDERR_FILENO, pl_str_c("the end"), on_line, f);
    log_stream_end(&f->stream, on_line, f);
    assert_string_equal(f->last, "the end");
}

static void line_that_is_too_long_is_cut(void **state) {
    fixture *f = *state;
    char piece[1025];
    memset(piece, 'x', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    for (int i = 0; i < 40; i++)
        feed(f, piece);
    feed(f, "\nnext\n");
    assert_int_equal(f->lines, 2);
    assert_string_equal(f->last, "next");
    assert_true(file_size(f->file) <= LOGS_LINE_MAX + sizeof "next");
}

static void full_file_is_moved_aside(void **state) {
    fixture *f = *state;
    feed(f, "before\n");
    f->stream.size = LOGS_FILE_MAX + 1L;
    feed(f, "after\n");
    assert_int_equal(file_size(f->old), strlen("before\n"));
    assert_int_equal(file_size(f->file), strlen("after\n"));
}

static void last_lines_are_whole_and_bounded(void **state) {
    fixture *f = *state;
    pl_buf out = pl_buf_make(LOGS_LAST_MAX * 2);
    for (int i = 0; i < 1000; i++)
        feed(f, "a line among many\n");
    feed(f, "the last line\n");
    log_stream_last(&f->stream, &out);
    assert_true(out.n <= LOGS_LAST_MAX && out.n > LOGS_LAST_MAX / 2);
    assert_true(pl_str_starts(pl_buf_view(&out), pl_str_c("a line")));
    assert_true(pl_str_ends(pl_buf_view(&out), pl_str_c("\nthe last line\n")));
    pl_buf_done(&out);
}

static void line_longer_than_what_is_kept_does_no_harm(void **state) {
    fixture *f = *state;
    char text[LOGS_LAST_MAX * 3];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    feed(f, text);
    feed(f, "\nshort\n");
    pl_buf out = pl_buf_make(LOGS_LAST_MAX * 2);
    log_stream_last(&f->stream, &out);
    assert_true(pl_str_ends(pl_buf_view(&out), pl_str_c("short\n")));
    pl_buf_done(&out);
}

static void own_lines_are_json_and_shown_as_people_read_them(void **state) {
    fixture *f = *state;
    pl_buf out = pl_buf_make(LOGS_LAST_MAX);
    log_stream_say(&f->stream, "ended (%s)", "exit 1");
    log_stream_last(&f->stream, &out);
    assert_non_null(strstr(f->stream.last.p, "\"message\":\"ended (exit 1)\"}"));
    assert_non_null(strstr(out.p, " info  parley message=ended (exit 1)\n"));
    pl_buf_done(&out);
}

static void goes_on_in_a_file_that_is_there(void **state) {
    fixture *f = *state;
    feed(f, "first run\n");
    log_stream_close(&f->stream);
    assert_int_equal(log_stream_open(&f->stream, f->folder, "it", NULL), PL_OK);
    feed(f, "second run\n");
    assert_int_equal(file_size(f->file), strlen("first run\nsecond run\n"));
}

static void close_takes_one_that_was_never_opened(void **state) {
    log_stream never;
    (void)state;
    memset(&never, 0, sizeof never);
    log_stream_close(&never);
    log_stream_close(NULL);
}

/* What a reader that has stopped reading gives back once it reads again. */
static void a_terminal_nobody_reads_stops_nothing(void **state) {
    fixture *f = *state;
    static char shown[1 << 20];
    int ends[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    f->stream.terminal = true;
    for (int i = 0; i < 20000; i++)
        feed(f, "a line of some length, so that the pipe is full before long\n");
    size_t unshown = (size_t)f->stream.unshown;
    ssize_t n = read(ends[0], shown, sizeof shown - 1);
    feed(f, "the reader is back\n");
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(ends[1]);
    assert_true(n > 0 && unshown > 0);
    n = read(ends[0], shown, sizeof shown - 1);
    close(ends[0]);
    assert_true(n > 0);
    shown[n] = '\0';
    char expected[64];
    (void)snprintf(expected, sizeof expected, "(%zu lines were not shown", unshown);
    assert_non_null(strstr(shown, expected));
    assert_non_null(strstr(shown, "the reader is back"));
    assert_int_equal(f->lines, 20001);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(line_in_pieces_is_one_line),
        TEST(stdout_and_stderr_do_not_share_a_line),
        TEST(line_that_is_too_long_is_cut),
        TEST(full_file_is_moved_aside),
        TEST(last_lines_are_whole_and_bounded),
        TEST(line_longer_than_what_is_kept_does_no_harm),
        TEST(own_lines_are_json_and_shown_as_people_read_them),
        TEST(goes_on_in_a_file_that_is_there),
        TEST(a_terminal_nobody_reads_stops_nothing),
        cmocka_unit_test(close_takes_one_that_was_never_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

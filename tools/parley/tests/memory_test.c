/* Every allocation fails once: an error or a lost line, nothing half-made, nothing leaked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call/documents.h"
#include "call/files.h"
#include "check.h"
#include "common/pretty.h"
#include "common/system.h"
#include "parley/schema/wire.h"
#include "parley/test/failmalloc.h"
#include "up/logs.h"

enum { ARENA_BUDGET = 1 << 20, TEXT_MAX = 64 * 1024, FILE_NAME = 1 };

static void system_file_is_read_or_refused(void **state) {
    static system_model model;
    static const char text[] = "system: mall\n"
                               "services:\n"
                               "  orders: { port: 8081, calls: [payment], settings: { A: b } }\n"
                               "  payment: { port: 8087 }\n"
                               "gateway: { port: 8088 }\n";
    char path[] = "/tmp/parley-test-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(close(fd), 0);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_arena arena = pl_arena_make(ARENA_BUDGET);
        pl_test_fail_allocation(n);
        pl_code code = system_load(path, &arena, &model, NULL);
        done = !pl_test_allocation_failed();
        if (done)
            assert_int_equal(code, PL_OK);
        for (size_t i = 0; code == PL_OK && i < model.service_count; i++)
            assert_non_null(model.services[i].binary);
        pl_arena_done(&arena);
    }
    (void)unlink(path);
}

static void files_are_collected_or_refused(void **state) {
    static call_files files;
    pl_buf one = pl_buf_make(TEXT_MAX);
    (void)state;
    assert_true(pl_wire_put_bytes(&one, FILE_NAME, pl_str_c("base")));
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_arena arena = pl_arena_make(ARENA_BUDGET);
        pl_buf set = pl_buf_make(TEXT_MAX);
        call_files_init(&files, &arena);
        pl_test_fail_allocation(n);
        pl_code code = call_files_add(&files, pl_buf_view(&one), NULL);
        if (code == PL_OK)
            code = call_files_put(&files, &set, NULL);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        pl_buf_done(&set);
        pl_arena_done(&arena);
    }
    pl_buf_done(&one);
}

static void documents_are_cut_or_refused(void **state) {
    bool done = false;
    (void)state;
    for (size_t n = 1; !done; n++) {
        call_documents d;
        call_document document;
        bool came = false;
        call_documents_init(&d);
        pl_test_fail_allocation(n);
        pl_code code = call_documents_feed(&d, pl_str_c("{\"a\": 1}"), NULL);
        if (code == PL_OK)
            code = call_documents_next(&d, &document, &came, NULL);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        assert_int_equal(came, done);
        call_documents_done(&d);
    }
}

static void count_line(void *self, pl_str line) {
    size_t *lines = self;
    (void)line;
    (*lines)++;
}

static void log_goes_on_after_a_lost_line(void **state) {
    char folder[] = "/tmp/parley-test-XXXXXX";
    char path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/it.log", folder);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        log_stream stream;
        size_t lines = 0;
        assert_int_equal(log_stream_open(&stream, folder, "it", NULL), PL_OK);
        pl_test_fail_allocation(n);
        log_stream_feed(&stream, STDOUT_FILENO, pl_str_c("one\ntwo\n"), count_line, &lines);
        log_stream_say(&stream, "%s", "three");
        done = !pl_test_allocation_failed();
        assert_int_equal(lines, 2);
        log_stream_close(&stream);
    }
    (void)unlink(path);
    (void)rmdir(folder);
}

static void line_is_shown_or_left_alone(void **state) {
    bool done = false;
    (void)state;
    for (size_t n = 1; !done; n++) {
        pl_buf out = pl_buf_make(TEXT_MAX);
        pl_test_fail_allocation(n);
        bool ok = log_line_pretty(pl_str_c("{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":"
                                           "\"info\",\"event\":\"call\",\"code\":\"OK\"}"),
                                  &out);
        done = !pl_test_allocation_failed();
        assert_true(ok || !done);
        pl_buf_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_file_is_read_or_refused),
        cmocka_unit_test(files_are_collected_or_refused),
        cmocka_unit_test(documents_are_cut_or_refused),
        cmocka_unit_test(log_goes_on_after_a_lost_line),
        cmocka_unit_test(line_is_shown_or_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

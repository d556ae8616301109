/* Generated services whose handlers return OK and forget their answer: dev builds end and say whose
 * handler it was, each in a process of its own; others answer INTERNAL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"

enum { TEXT_MAX = 1 << 16 };

static pl_code count_without(void *self, pl_call *call, const google_protobuf_Empty *request,
                             golden_v1_Note **out_response) {
    (void)self;
    (void)call;
    (void)request;
    (void)out_response;
    return PL_OK;
}

static pl_code upload_without(void *self, pl_call *call,
                              golden_v1_BoardService_upload_stream *stream,
                              golden_v1_Uploaded **out_response) {
    (void)self;
    (void)call;
    (void)stream;
    (void)out_response;
    return PL_OK;
}

static const golden_v1_BoardService_ops FORGETFUL = {.count = count_without,
                                                     .upload = upload_without};

static pl_code call_of(const char *method) {
    google_protobuf_Empty empty = google_protobuf_EMPTY_INIT;
    golden_v1_Note *note = NULL;
    unsigned n;
    world w;
    open_remote(&w, &FORGETFUL);
    pl_code code = strcmp(method, "Count") == 0
                       ? w.service.ops->count(w.service.self, w.call, &empty, &note)
                       : upload(&w, 0, "", &n);
    close_world(&w);
    return code;
}

#ifdef PL_DEV
static void check_forgotten(const char *method) {
    static char text[TEXT_MAX];
    char program[512], command[1024], expected[256];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    snprintf(command, sizeof command, "'%s' %s 2>&1", program, method);
    snprintf(expected, sizeof expected,
             "the handler of /golden.v1.BoardService/%s breaks a rule: it returned OK without "
             "setting *out_response",
             method);
    FILE *child = popen(command, "r");
    assert_non_null(child);
    size_t n = fread(text, 1, sizeof text - 1, child);
    text[n] = '\0';
    assert_int_not_equal(pclose(child), 0);
    if (!strstr(text, expected))
        fail_msg("expected '%s' in:\n%s", expected, text);
}
#else
static void check_forgotten(const char *method) {
    assert_int_equal(call_of(method), PL_INTERNAL);
}
#endif

static void a_forgotten_answer_is_caught(void **state) {
    (void)state;
    check_forgotten("Count");
}

static void a_forgotten_answer_to_a_stream_is_caught(void **state) {
    (void)state;
    check_forgotten("Upload");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forgotten_answer_is_caught),
        cmocka_unit_test(a_forgotten_answer_to_a_stream_is_caught),
    };
    if (argc == 2)
        return (int)call_of(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

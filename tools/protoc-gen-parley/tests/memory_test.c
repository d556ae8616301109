/* The generator when memory runs out, and on requests that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "generate.h"
#include "request.h"

#define BUDGET ((size_t)64 << 20)
/* More allocations than one run makes. */
#define ALLOCATIONS_MAX 100000
/* Fewer than one run makes: that the test tests something. */
#define ALLOCATIONS_MIN 5
/* Prefixes of a request that are tried. */
#define CUTS 200
/* Requests with bytes changed that are tried. */
#define CHANGES 200
/* Budgets that are tried until one is enough. */
#define BUDGETS 25

/* Allocations until one fails; below 0: none does. */
static long left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static bool fails(void) {
    return left >= 0 && left-- == 0;
}
void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *pointer, size_t size) {
    return fails() ? NULL : __real_realloc(pointer, size);
}

static const char *set_path;

/* Runs the generator with the allocation N as the first that fails (below 0: none does) and with
 * BUDGET bytes; what it answers with OK is WHOLE (empty: not known). */
static pl_code run(pl_str request, long n, size_t budget, pl_str whole) {
    pl_arena arena = pl_arena_make(budget);
    pl_str response = {NULL, 0};
    left = n;
    pl_code code = pl_generate(request, &arena, &response, NULL);
    left = -1;
    if (code == PL_OK)
        assert_true(pl_str_eq(response, whole));
    pl_arena_done(&arena);
    return code;
}

/* All of the answer or nothing, whichever allocation fails and wherever memory ends. */
static void comes_whole_or_not_at_all(const char *file, const char *mode) {
    pl_arena input = pl_arena_make(BUDGET), whole_arena = pl_arena_make(BUDGET);
    pl_str request = test_request(set_path, file, mode, &input), whole;
    assert_true(request.n > 0);
    assert_int_equal(pl_generate(request, &whole_arena, &whole, NULL), PL_OK);
    long n = 0;
    while (run(request, n, BUDGET, whole) != PL_OK)
        assert_true(++n < ALLOCATIONS_MAX);
    assert_true(n > ALLOCATIONS_MIN);
    size_t step = whole_arena.used / BUDGETS + 1, budget = 0;
    while (run(request, -1, budget, whole) != PL_OK)
        assert_true((budget += step) < BUDGET);
    pl_arena_done(&whole_arena);
    pl_arena_done(&input);
}

static void services_come_whole_or_not_at_all(void **state) {
    (void)state;
    comes_whole_or_not_at_all("golden/v1/services.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/across.proto", "rpc");
    comes_whole_or_not_at_all("plain.proto", "rpc");
}

static void streams_come_whole_or_not_at_all(void **state) {
    (void)state;
    comes_whole_or_not_at_all("golden/v1/streams.proto", "rpc,auth=public");
    comes_whole_or_not_at_all("golden/v1/words.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/old.proto", "rpc");
}

static void messages_come_whole_or_not_at_all(void **state) {
    (void)state;
    comes_whole_or_not_at_all("golden/v1/limits.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/scalars.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/maps.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/nested.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/known.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/enums.proto", "rpc");
    comes_whole_or_not_at_all("golden/v1/types.proto", "types");
    comes_whole_or_not_at_all("golden/v1/public.proto", "file");
}

static void events_come_whole_or_not_at_all(void **state) {
    (void)state;
    comes_whole_or_not_at_all("golden/v1/events.proto", "events");
    comes_whole_or_not_at_all("golden/v1/structs.proto", "events");
}

static void errors_come_whole_or_not_at_all(void **state) {
    (void)state;
    comes_whole_or_not_at_all("golden/v1/limits.proto", "events");
    comes_whole_or_not_at_all("golden/v1/streams.proto", "events");
    comes_whole_or_not_at_all("golden/v1/nested.proto", "events");
}

static void survives_requests_that_are_cut_anywhere(void **state) {
    (void)state;
    pl_arena input = pl_arena_make(BUDGET);
    pl_str request = test_request(set_path, "golden/v1/limits.proto", "rpc", &input);
    for (size_t i = 0; i < CUTS; i++) {
        pl_arena arena = pl_arena_make(BUDGET);
        pl_str response, cut = {request.p, request.n * i / CUTS};
        pl_code code = pl_generate(cut, &arena, &response, NULL);
        assert_true(code == PL_OK || code == PL_INVALID_ARGUMENT);
        pl_arena_done(&arena);
    }
    pl_arena_done(&input);
}

/* The next of a row of numbers that is the same in every run. */
static uint64_t next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 16;
}

static void survives_requests_with_bytes_changed(void **state) {
    (void)state;
    static const char *const FILES[] = {"golden/v1/streams.proto", "golden/v1/scalars.proto",
                                        "golden/v1/words.proto", "golden/v1/across.proto"};
    uint64_t seed = 1;
    for (size_t i = 0; i < CHANGES; i++) {
        pl_arena arena = pl_arena_make(BUDGET);
        pl_str request = test_request(set_path, FILES[i % PL_COUNT(FILES)], "rpc", &arena),
               response;
        char *changed = pl_arena_strndup(&arena, request.p, request.n);
        assert_non_null(changed);
        for (size_t k = 0; k <= i % 4; k++)
            changed[next(&seed) % request.n] = (char)next(&seed);
        pl_code code = pl_generate(pl_str_make(changed, request.n), &arena, &response, NULL);
        assert_true(code == PL_OK || code == PL_INVALID_ARGUMENT || code == PL_RESOURCE_EXHAUSTED);
        pl_arena_done(&arena);
    }
}

/* A file with a message whose fields and nested messages are as SPOIL leaves them. */
static pl_code generate_spoiled(void (*spoil)(pl_file_proto *file)) {
    pl_arena arena = pl_arena_make(BUDGET);
    pl_plugin_request request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
    pl_file_proto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT, *files[] = {&file};
    pl_message_proto message = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT, *messages[] = {&message};
    pl_field_proto field = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__INIT, *fields[] = {&field};
    char names[4][16] = {"a.proto", "proto3", "Message", "field"};
    char *wanted[] = {names[0]};
    pl_str bytes, response;
    file.name = names[0];
    file.syntax = names[1];
    file.message_type = messages;
    file.n_message_type = 1;
    message.name = names[2];
    message.field = fields;
    message.n_field = 1;
    field.name = names[3];
    field.has_type = true;
    field.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32;
    field.has_label = true;
    field.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    request.proto_file = files;
    request.n_proto_file = 1;
    request.file_to_generate = wanted;
    request.n_file_to_generate = 1;
    spoil(&file);
    assert_int_equal(pl_plugin_pack(&request.base, &arena, &bytes, NULL), PL_OK);
    pl_code code = pl_generate(bytes, &arena, &response, NULL);
    pl_arena_done(&arena);
    return code;
}

static void keep(pl_file_proto *file) {
    (void)file;
}
static void unname_message(pl_file_proto *file) {
    file->message_type[0]->name = NULL;
}
static void unname_field(pl_file_proto *file) {
    file->message_type[0]->field[0]->name = NULL;
}
static void break_name(pl_file_proto *file) {
    file->message_type[0]->name[0] = '*';
}
static void break_path(pl_file_proto *file) {
    file->name[0] = '\n';
}
static void untype_field(pl_file_proto *file) {
    file->message_type[0]->field[0]->has_type = false;
}
static void point_nowhere(pl_file_proto *file) {
    file->message_type[0]->field[0]->type =
        GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE;
}
static void leave_oneof(pl_file_proto *file) {
    file->message_type[0]->field[0]->has_oneof_index = true;
    file->message_type[0]->field[0]->oneof_index = 3;
}

static void refuses_files_that_protoc_would_not_send(void **state) {
    (void)state;
    void (*const SPOIL[])(pl_file_proto *) = {unname_message, unname_field,  break_name, break_path,
                                              untype_field,   point_nowhere, leave_oneof};
    assert_int_equal(generate_spoiled(keep), PL_OK);
    for (size_t i = 0; i < PL_COUNT(SPOIL); i++)
        assert_int_equal(generate_spoiled(SPOIL[i]), PL_INVALID_ARGUMENT);
}

static void refuses_what_is_no_request(void **state) {
    (void)state;
    pl_arena arena = pl_arena_make(BUDGET);
    pl_str response;
    assert_int_equal(pl_generate(pl_str_c("hello"), &arena, &response, NULL), PL_INVALID_ARGUMENT);
    pl_arena_done(&arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_come_whole_or_not_at_all),
        cmocka_unit_test(streams_come_whole_or_not_at_all),
        cmocka_unit_test(messages_come_whole_or_not_at_all),
        cmocka_unit_test(events_come_whole_or_not_at_all),
        cmocka_unit_test(errors_come_whole_or_not_at_all),
        cmocka_unit_test(survives_requests_that_are_cut_anywhere),
        cmocka_unit_test(survives_requests_with_bytes_changed),
        cmocka_unit_test(refuses_files_that_protoc_would_not_send),
        cmocka_unit_test(refuses_what_is_no_request),
    };
    if (argc != 2)
        return 2;
    set_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

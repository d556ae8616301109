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
/* Budgets that are tried until one is enough. */
#define BUDGETS 50

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
        cmocka_unit_test(refuses_what_is_no_request),
    };
    if (argc != 2)
        return 2;
    set_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

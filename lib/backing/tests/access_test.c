/* What a store may use of a call. */
#include "check.h"

#include "parley/backing/access.h"
#include "parley/base/clock.h"
#include "parley/rpc/call.h"

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static pl_call *new_call(void) {
    pl_call *call = NULL;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    opts.traceparent = TRACEPARENT;
    opts.tracestate = "vendor=1";
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    return call;
}

static void a_process_carries_id_and_trace(void **state) {
    (void)state;
    pl_process process;
    pl_call *call = new_call();
    const pl_access access = pl_access_of(call);
    pl_process_of(&access, 7, &process);
    assert_true(pl_str_eqc(process.context.correlation_id, "7"));
    assert_true(pl_str_eqc(process.context.traceparent, TRACEPARENT));
    assert_true(pl_str_eqc(process.context.tracestate, "vendor=1"));
    pl_call_free(call);
}

static void pages_use_the_memory_of_one(void **state) {
    (void)state;
    pl_call *call = new_call();
    pl_pages pages = pl_pages_of(call);
    for (int i = 0; i < 10; i++) {
        const pl_access *access = pl_pages_next(&pages);
        assert_true(pl_str_eqc(access->context.traceparent, TRACEPARENT));
        assert_non_null(pl_arena_alloc(access->arena, PL_PAGES_MEMORY / 2 + 1));
        assert_null(pl_arena_alloc(access->arena, PL_PAGES_MEMORY / 2 + 1));
    }
    pl_pages_done(&pages);
    pl_call_free(call);
}

static void a_page_has_a_deadline_of_its_own_within_the_calls(void **state) {
    (void)state;
    pl_call *call = new_call();
    pl_pages pages = pl_pages_of(call);
    int64_t before = pl_now_ns();
    int64_t deadline_ns = pl_pages_next(&pages)->deadline_ns;
    assert_true(deadline_ns >= before && deadline_ns <= pl_deadline_ms(PL_PAGES_TIMEOUT_MS));
    pl_call_limit(call, before);
    assert_int_equal(pl_pages_next(&pages)->deadline_ns, before);
    pl_pages_done(&pages);
    pl_call_free(call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_carries_id_and_trace),
        cmocka_unit_test(pages_use_the_memory_of_one),
        cmocka_unit_test(a_page_has_a_deadline_of_its_own_within_the_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

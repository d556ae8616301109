/* The queue of messages of one direction, without the rest of a stream. */
#include "stream_flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core.h"
#include "parley/base/clock.h"

static grpc_slice message(size_t size) {
    grpc_slice slice = grpc_slice_malloc(size);

    memset(GRPC_SLICE_START_PTR(slice), 'x', size);
    return slice;
}

static pl_code put(pl_flow *flow, size_t size, bool *out_idle) {
    grpc_slice slice = message(size);
    pl_code code = pl_flow_put(flow, slice, 0, out_idle);

    if (code != PL_OK)
        grpc_slice_unref(slice);
    return code;
}

static pl_code take(pl_flow *flow, bool *out_came, bool *out_idle) {
    grpc_slice slice;
    pl_code code = pl_flow_take(flow, 0, &slice, out_came, out_idle);

    if (code == PL_OK && *out_came)
        grpc_slice_unref(slice);
    return code;
}

static void fill(pl_flow *flow) {
    bool sleeps;

    for (unsigned i = 1; i <= PL_STREAM_QUEUE; i++)
        assert_int_equal(pl_flow_push(flow, message(1), &sleeps), i < PL_STREAM_QUEUE);
}

static void a_full_queue_is_filled_again_when_half_of_it_is_free(void **state) {
    bool came, idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    fill(&flow);
    assert_false(pl_flow_busy(&flow));
    for (unsigned left = PL_STREAM_QUEUE; left-- > 0;) {
        assert_int_equal(take(&flow, &came, &idle), PL_OK);
        assert_int_equal(idle, left == PL_STREAM_QUEUE / 2);
    }
    assert_true(pl_flow_busy(&flow));
    pl_flow_done(&flow);
}

static void count_wakes(void *self) {
    ++*(unsigned *)self;
}

static void a_writer_is_woken_once_when_half_of_the_queue_is_free(void **state) {
    unsigned wakes = 0;
    grpc_slice slice;
    bool idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, count_wakes, &wakes);
    for (unsigned i = 0; i < PL_STREAM_QUEUE; i++)
        assert_int_equal(put(&flow, 1, &idle), PL_OK);
    assert_int_equal(put(&flow, 1, &idle), PL_FLOW_NOT_NOW);
    for (unsigned left = PL_STREAM_QUEUE; left-- > 0;) {
        assert_int_equal(pl_flow_pull(&flow, &slice), left ? PL_FLOW_MESSAGE : PL_FLOW_NEWEST);
        grpc_slice_unref(slice);
        assert_int_equal(wakes, left <= PL_STREAM_QUEUE / 2);
    }
    pl_flow_done(&flow);
}

static void the_bytes_of_a_queue_count_as_its_messages_do(void **state) {
    unsigned wakes = 0;
    grpc_slice slice;
    bool idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, count_wakes, &wakes);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(put(&flow, PL_STREAM_QUEUE_BYTES / 4, &idle), PL_OK);
    assert_int_equal(put(&flow, 1, &idle), PL_FLOW_NOT_NOW);
    for (unsigned i = 1; i <= 2; i++) {
        assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_MESSAGE);
        grpc_slice_unref(slice);
        assert_int_equal(wakes, i / 2);
    }
    pl_flow_done(&flow);
}

static void the_first_end_counts_and_comes_after_what_waits(void **state) {
    bool came = false, idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    assert_int_equal(put(&flow, 1, &idle), PL_OK);
    (void)pl_flow_end(&flow, PL_ABORTED);
    (void)pl_flow_end(&flow, PL_OK);
    assert_int_equal(put(&flow, 1, &idle), PL_FAILED_PRECONDITION);
    assert_false(pl_flow_is_over(&flow));
    assert_int_equal(take(&flow, &came, &idle), PL_OK);
    assert_true(came);
    assert_true(pl_flow_is_over(&flow));
    assert_int_equal(take(&flow, &came, &idle), PL_ABORTED);
    pl_flow_done(&flow);
}

static void the_first_cut_counts_and_drops_what_waits(void **state) {
    bool came, idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    assert_int_equal(put(&flow, 1, &idle), PL_OK);
    pl_flow_cut(&flow, PL_ABORTED);
    pl_flow_cut(&flow, PL_CANCELLED);
    (void)pl_flow_end(&flow, PL_OK);
    assert_true(pl_flow_is_over(&flow));
    assert_int_equal(put(&flow, 1, &idle), PL_ABORTED);
    assert_int_equal(take(&flow, &came, &idle), PL_ABORTED);
    pl_flow_done(&flow);
}

static void the_last_message_is_known_for_the_last(void **state) {
    grpc_slice slice;
    bool idle;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_NOTHING);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(put(&flow, 1, &idle), PL_OK);
        assert_int_equal(idle, i == 0);
    }
    assert_false(pl_flow_end(&flow, PL_OK));
    assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_MESSAGE);
    grpc_slice_unref(slice);
    assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_LAST);
    grpc_slice_unref(slice);
    pl_flow_done(&flow);
}

static void an_end_is_told_to_a_transport_that_has_nothing_to_do(void **state) {
    grpc_slice slice;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_NOTHING);
    assert_true(pl_flow_end(&flow, PL_OK));
    assert_int_equal(pl_flow_pull(&flow, &slice), PL_FLOW_END);
    assert_false(pl_flow_end(&flow, PL_OK));
    pl_flow_done(&flow);
}

static void who_waits_is_given_up_at_its_time(void **state) {
    bool came, idle;
    grpc_slice slice;
    pl_flow flow;

    (void)state;
    pl_flow_init(&flow, NULL, NULL);
    assert_int_equal(pl_flow_take(&flow, pl_now_ns(), &slice, &came, &idle), PL_DEADLINE_EXCEEDED);
    fill(&flow);
    slice = message(1);
    assert_int_equal(pl_flow_put(&flow, slice, pl_now_ns(), &idle), PL_DEADLINE_EXCEEDED);
    grpc_slice_unref(slice);
    pl_flow_done(&flow);
}

static int start(void **state) {
    (void)state;
    pl_core_init();
    return 0;
}

static int stop(void **state) {
    (void)state;
    pl_core_shutdown();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_is_filled_again_when_half_of_it_is_free),
        cmocka_unit_test(a_writer_is_woken_once_when_half_of_the_queue_is_free),
        cmocka_unit_test(the_bytes_of_a_queue_count_as_its_messages_do),
        cmocka_unit_test(the_first_end_counts_and_comes_after_what_waits),
        cmocka_unit_test(the_first_cut_counts_and_drops_what_waits),
        cmocka_unit_test(the_last_message_is_known_for_the_last),
        cmocka_unit_test(an_end_is_told_to_a_transport_that_has_nothing_to_do),
        cmocka_unit_test(who_waits_is_given_up_at_its_time),
    };

    return cmocka_run_group_tests(tests, start, stop);
}

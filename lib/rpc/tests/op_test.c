/* Completions, and what is put off until there are no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core.h"
#include "op.h"
#include "parley/base/clock.h"
#include "parley/base/macros.h"
#include "spares.h"

/* A call that is never made: an empty batch on it completes at once. */
typedef struct bench {
    grpc_completion_queue *queue;
    grpc_call *call;
    pl_op op;
    pl_later later;
    unsigned completions, run, at_first_run;
} bench;

static void on_completed(pl_op *op, bool ok) {
    bench *b = PL_CONTAINER_OF(op, bench, op);

    assert_true(ok);
    if (b->completions++ == 0)
        pl_op_later(&b->later);
}

static void on_later(pl_later *later) {
    bench *b = PL_CONTAINER_OF(later, bench, later);

    if (b->run++ == 0)
        b->at_first_run = b->completions;
}

static void open_bench(bench *b) {
    grpc_channel *nowhere;

    *b = (bench){.op.done = on_completed, .later.run = on_later};
    pl_core_init();
    b->queue = grpc_completion_queue_create_for_next(NULL);
    nowhere = grpc_lame_client_channel_create("nowhere", GRPC_STATUS_UNAVAILABLE, "");
    b->call = grpc_channel_create_call(nowhere, NULL, 0, b->queue,
                                       grpc_slice_from_static_string("/none"), NULL,
                                       gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    assert_non_null(b->call);
    grpc_channel_destroy(nowhere);
}

static void close_bench(bench *b) {
    grpc_call_unref(b->call);
    grpc_completion_queue_shutdown(b->queue);
    pl_op_poll(b->queue);
    grpc_completion_queue_destroy(b->queue);
    pl_core_shutdown();
}

static void take(bench *b, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        pl_op_start(b->call, NULL, 0, &b->op);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pl_op_next(b->queue, pl_deadline_ms(1000)), PL_OP_DONE);
}

static void what_is_put_off_is_done_when_nothing_more_comes(void **state) {
    bench b;

    (void)state;
    open_bench(&b);
    take(&b, PL_OP_LATER_MAX);
    assert_int_equal(b.run, 0);
    assert_int_equal(pl_op_next(b.queue, pl_now_ns()), PL_OP_NONE);
    assert_int_equal(b.run, 1);
    assert_int_equal(b.at_first_run, PL_OP_LATER_MAX);
    close_bench(&b);
}

static void what_is_put_off_is_done_however_much_comes(void **state) {
    bench b;

    (void)state;
    open_bench(&b);
    take(&b, 3 * PL_OP_LATER_MAX);
    assert_int_equal(b.run, 1);
    assert_in_range(b.at_first_run, 1, PL_OP_LATER_MAX + 1);
    close_bench(&b);
}

/* ---- spares ---- */

static unsigned freed;

static void free_spare(pl_spare *spare) {
    (void)spare;
    freed++;
}

static void so_many_are_kept_and_no_more(void **state) {
    pl_spare things[PL_SPARES_MAX + 10];
    pl_spares *spares = pl_spares_new(free_spare);

    (void)state;
    assert_non_null(spares);
    freed = 0;
    for (size_t i = 0; i < PL_COUNT(things); i++)
        assert_null(pl_spares_take(spares));
    for (size_t i = 0; i < PL_COUNT(things); i++)
        pl_spares_give(spares, &things[i]);
    assert_int_equal(freed, 10);
    assert_ptr_equal(pl_spares_take(spares), &things[PL_SPARES_MAX - 1]);
    pl_spares_give(spares, &things[PL_SPARES_MAX - 1]);
    pl_spares_close(spares);
    assert_int_equal(freed, PL_COUNT(things));
}

static void what_is_out_when_they_are_closed_is_freed_when_it_comes_back(void **state) {
    pl_spare thing;
    pl_spares *spares = pl_spares_new(free_spare);

    (void)state;
    assert_non_null(spares);
    freed = 0;
    assert_null(pl_spares_take(spares));
    assert_null(pl_spares_take(spares));
    pl_spares_close(spares);
    assert_int_equal(freed, 0);
    pl_spares_give(spares, &thing);
    assert_int_equal(freed, 1);
    pl_spares_give(spares, NULL); /* the last: SPARES are gone, as LeakSanitizer knows */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_off_is_done_when_nothing_more_comes),
        cmocka_unit_test(what_is_put_off_is_done_however_much_comes),
        cmocka_unit_test(so_many_are_kept_and_no_more),
        cmocka_unit_test(what_is_out_when_they_are_closed_is_freed_when_it_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "channel_internal.h"

#include "parley/base/assert.h"
#include "parley/base/hold.h"
#include "pluck.h"

/* Waits for the batch: the deadline is the call's own, so this always ends. */
static void pluck(grpc_completion_queue *queue, pl_op *op) {
    grpc_event event = grpc_completion_queue_pluck(queue, op, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                                                   NULL);

    PL_ASSERT(event.type == GRPC_OP_COMPLETE);
    PL_OP_TAKE(op);
}

/* Waits for the time of the next attempt; false where the call was cancelled before. */
static bool back_off(const pl_exchange *exchange, int64_t until_ns) {
    return !pl_call_wait(exchange->waiter, until_ns);
}

static pl_code run_attempts(pl_channel *channel, const pl_exchange *exchange, pl_passage *passage,
                            pl_attempt *attempt, pl_error *err, pl_violations *violations) {
    grpc_completion_queue *queue = pl_pluck_queue();
    pl_op op = {NULL};
    int64_t again_ns;

    for (;;) {
        pl_core_channel *core;
        pl_code code = pl_channel_admit(channel, passage, exchange->path, &core, err);
        if (code != PL_OK)
            return code;
        pl_attempt_start(attempt, core, exchange, queue, &op);
        pluck(queue, &op);
        attempt->given_up = pl_call_cancelled(exchange->waiter);
        pl_channel_settle(channel, passage, attempt);
        if (pl_attempt_code(attempt) == PL_OK)
            return PL_OK;
        pl_attempt_error(attempt, channel->name, exchange->path, err, violations);
        if (!pl_channel_retry(channel, passage, exchange, attempt, &again_ns) ||
            !back_off(exchange, again_ns))
            return err->code;
        pl_attempt_done(attempt);
    }
}

pl_code pl_exchange_run(pl_channel *channel, const pl_exchange *exchange, pl_attempt *attempt,
                        pl_error *err, pl_violations *violations) {
    pl_passage passage = {0};
    int64_t until;
    pl_code code;
#ifdef PL_DEV
    bool no_transaction_is_held_across_a_remote_call = pl_base_hold_held() == 0;
    PL_ASSERT(no_transaction_is_held_across_a_remote_call);
#endif

    if (pl_call_cancelled(exchange->waiter))
        return pl_error_set(err, PL_CANCELLED, "%s: %s: the caller has given up", channel->name,
                            exchange->path);
    if (pl_now_ns() >= exchange->deadline_ns)
        return pl_error_set(err, PL_DEADLINE_EXCEEDED,
                            "%s: %s: not called, the deadline has passed", channel->name,
                            exchange->path);
    until = pl_deadline_ms(channel->opts.bulkhead_wait_ms);
    if (until > exchange->deadline_ns)
        until = exchange->deadline_ns;
    code = pl_channel_enter(channel, exchange->path, until, err);
    if (code != PL_OK)
        return code;
    code = run_attempts(channel, exchange, &passage, attempt, err, violations);
    pl_channel_leave(channel);
    if (code != PL_OK)
        pl_passage_tell_doubt(&passage, err);
    return code;
}

#include "stream_flow.h"

#include <string.h>

#include "parley/base/cond.h"

void pl_flow_init(pl_flow *flow, void (*wake)(void *self), void *wake_self) {
    memset(flow, 0, sizeof *flow);
    flow->wake = wake;
    flow->wake_self = wake_self;
    pthread_mutex_init(&flow->mu, NULL);
    pl_cond_init(&flow->readable);
    pl_cond_init(&flow->writable);
}

/* Under mu. */
static grpc_slice pop(pl_flow *flow) {
    grpc_slice slice = flow->ring[flow->first];

    flow->first = (flow->first + 1) % PL_STREAM_QUEUE;
    flow->count--;
    flow->bytes -= GRPC_SLICE_LENGTH(slice);
    return slice;
}

static void drop_all(pl_flow *flow) {
    while (flow->count)
        grpc_slice_unref(pop(flow));
}

void pl_flow_done(pl_flow *flow) {
    drop_all(flow);
    pthread_cond_destroy(&flow->writable);
    pthread_cond_destroy(&flow->readable);
    pthread_mutex_destroy(&flow->mu);
}

static bool has_room(const pl_flow *flow) {
    return flow->count < PL_STREAM_QUEUE && flow->bytes < PL_STREAM_QUEUE_BYTES;
}

static bool half_empty(const pl_flow *flow) {
    return flow->count <= PL_STREAM_QUEUE / 2 && flow->bytes <= PL_STREAM_QUEUE_BYTES / 2;
}

static void append(pl_flow *flow, grpc_slice slice) {
    flow->ring[(flow->first + flow->count) % PL_STREAM_QUEUE] = slice;
    flow->count++;
    flow->bytes += GRPC_SLICE_LENGTH(slice);
}

/* Whether there was a reader (a writer) to be woken, who is woken only once. */
static bool take_flag(bool *flag) {
    bool was = *flag;

    *flag = false;
    return was;
}

static void wake(pl_flow *flow, pthread_cond_t *cond, bool wanted) {
    if (!wanted)
        return;
    if (flow->wake)
        flow->wake(flow->wake_self);
    else if (cond)
        pthread_cond_signal(cond);
}

/* Waits on COND, under mu, until woken; false after UNTIL_NS. */
static bool wait_for(pl_flow *flow, pthread_cond_t *cond, bool *waits, int64_t until_ns) {
    *waits = true;
    return until_ns != 0 && pl_cond_wait(cond, &flow->mu, until_ns);
}

static pl_code out_of_time(int64_t until_ns) {
    return until_ns == 0 ? PL_FLOW_NOT_NOW : PL_DEADLINE_EXCEEDED;
}

pl_code pl_flow_put(pl_flow *flow, grpc_slice slice, int64_t until_ns, bool *out_idle) {
    pl_code code = PL_OK;
    bool waited = true, woken = false;

    *out_idle = false;
    pthread_mutex_lock(&flow->mu);
    while (!has_room(flow) && !flow->cut && !flow->ended && waited)
        waited = wait_for(flow, &flow->writable, &flow->writer_waits, until_ns);
    if (flow->cut) {
        code = flow->code == PL_OK ? PL_FAILED_PRECONDITION : flow->code;
    } else if (flow->ended) {
        code = PL_FAILED_PRECONDITION;
    } else if (!has_room(flow)) {
        code = out_of_time(until_ns);
    } else {
        append(flow, slice);
        *out_idle = take_flag(&flow->idle);
        woken = take_flag(&flow->reader_waits);
    }
    pthread_mutex_unlock(&flow->mu);
    wake(flow, &flow->readable, woken);
    return code;
}

pl_code pl_flow_take(pl_flow *flow, int64_t until_ns, grpc_slice *out_slice, bool *out_came,
                     bool *out_idle) {
    pl_code code = PL_OK;
    bool waited = true, woken = false, came = false;

    *out_idle = false;
    pthread_mutex_lock(&flow->mu);
    while (!flow->count && !flow->cut && !flow->ended && waited)
        waited = wait_for(flow, &flow->readable, &flow->reader_waits, until_ns);
    if (flow->count) {
        *out_slice = pop(flow);
        came = true;
        if (half_empty(flow)) {
            *out_idle = take_flag(&flow->idle);
            woken = take_flag(&flow->writer_waits);
        }
    } else if (flow->cut || flow->ended) {
        code = flow->code;
    } else {
        code = out_of_time(until_ns);
    }
    pthread_mutex_unlock(&flow->mu);
    wake(flow, &flow->writable, woken);
    if (code == PL_OK)
        *out_came = came;
    return code;
}

bool pl_flow_push(pl_flow *flow, grpc_slice slice, bool *out_sleeps) {
    bool go_on, woken;

    pthread_mutex_lock(&flow->mu);
    if (flow->cut)
        grpc_slice_unref(slice);
    else
        append(flow, slice);
    go_on = !flow->cut && has_room(flow);
    flow->idle = !go_on;
    *out_sleeps = flow->reader_waits && !flow->wake && half_empty(flow);
    woken = !*out_sleeps && take_flag(&flow->reader_waits);
    pthread_mutex_unlock(&flow->mu);
    wake(flow, &flow->readable, woken);
    return go_on;
}

void pl_flow_wake_reader(pl_flow *flow) {
    bool woken;

    pthread_mutex_lock(&flow->mu);
    woken = flow->count && take_flag(&flow->reader_waits);
    pthread_mutex_unlock(&flow->mu);
    wake(flow, &flow->readable, woken);
}

pl_flow_pulled pl_flow_pull(pl_flow *flow, grpc_slice *out_slice) {
    pl_flow_pulled pulled;
    bool woken = false;

    pthread_mutex_lock(&flow->mu);
    if (flow->count) {
        *out_slice = pop(flow);
        if (half_empty(flow))
            woken = take_flag(&flow->writer_waits);
        pulled = flow->count ? PL_FLOW_MESSAGE : flow->ended ? PL_FLOW_LAST : PL_FLOW_NEWEST;
    } else {
        pulled = flow->ended ? PL_FLOW_END : PL_FLOW_NOTHING;
        flow->idle = pulled == PL_FLOW_NOTHING;
    }
    pthread_mutex_unlock(&flow->mu);
    wake(flow, &flow->writable, woken);
    return pulled;
}

static void wake_both(pl_flow *flow, bool reader, bool writer) {
    if (flow->wake) {
        wake(flow, NULL, reader || writer);
        return;
    }
    wake(flow, &flow->readable, reader);
    wake(flow, &flow->writable, writer);
}

bool pl_flow_end(pl_flow *flow, pl_code code) {
    bool idle, reader, writer;

    pthread_mutex_lock(&flow->mu);
    if (!flow->cut && !flow->ended)
        flow->code = code;
    flow->ended = true;
    idle = take_flag(&flow->idle);
    reader = take_flag(&flow->reader_waits);
    writer = take_flag(&flow->writer_waits);
    pthread_mutex_unlock(&flow->mu);
    wake_both(flow, reader, writer);
    return idle;
}

void pl_flow_cut(pl_flow *flow, pl_code code) {
    bool reader, writer;

    pthread_mutex_lock(&flow->mu);
    if (!flow->cut)
        flow->code = code;
    flow->cut = true;
    drop_all(flow);
    reader = take_flag(&flow->reader_waits);
    writer = take_flag(&flow->writer_waits);
    pthread_mutex_unlock(&flow->mu);
    wake_both(flow, reader, writer);
}

bool pl_flow_busy(pl_flow *flow) {
    bool busy;

    pthread_mutex_lock(&flow->mu);
    busy = !flow->idle;
    pthread_mutex_unlock(&flow->mu);
    return busy;
}

bool pl_flow_has_room(pl_flow *flow) {
    bool room;

    pthread_mutex_lock(&flow->mu);
    room = has_room(flow);
    pthread_mutex_unlock(&flow->mu);
    return room;
}

bool pl_flow_is_over(pl_flow *flow) {
    bool over;

    pthread_mutex_lock(&flow->mu);
    over = flow->cut || (flow->ended && !flow->count);
    pthread_mutex_unlock(&flow->mu);
    return over;
}

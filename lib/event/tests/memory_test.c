/* Every allocation fails once: a code, no leak, no half-built object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "envelope.h"
#include "parley/event/consumer.h"
#include "parley/event/relay.h"
#include "parley/test/failmalloc.h"

#define TRIES_MAX 1000

static pl_code publish(pl_event_store *store, void *tx, const pl_outbox_row *row, pl_error *err) {
    (void)store;
    (void)tx;
    (void)row;
    (void)err;
    return PL_OK;
}

static const pl_event_store_ops ops = {.publish = publish};

static pl_code use_everything(pl_error *err) {
    static const pl_event_desc desc = {"a.v1.B", "a.v1/id", "mall.orders", 1};
    pl_event_store store = {.ops = NULL};
    pl_relay *relay = NULL;
    pl_consumer *consumer = NULL;
    pl_relay_opts relay_opts = PL_RELAY_OPTS_INIT;
    pl_consumer_opts consumer_opts = PL_CONSUMER_OPTS_INIT;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    pl_code code = pl_event_store_init(&store, &ops, "mall.orders", "mall.orders", err);
    relay_opts.store = &store;
    relay_opts.redis_url = "unix:///nowhere";
    consumer_opts.store = &store;
    consumer_opts.redis_url = "unix:///nowhere";
    consumer_opts.subscription = "mall.delivery";
    consumer_opts.stream = "mall.orders";
    if (code == PL_OK)
        code = pl_relay_new(&relay_opts, &relay, err);
    if (code == PL_OK)
        code = pl_consumer_new(&consumer_opts, &consumer, err);
    pl_event_tx tx = {.store = &store};
    if (code == PL_OK)
        code = pl_event_publish(&tx, &desc, pl_str_c("1"), 1, "payload", 7, err);
    if (code == PL_OK &&
        (!pl_log_batch_reset(&batch, 1) ||
         !pl_log_batch_add(&batch, (pl_event_pos){1, 1}, (pl_event_pos){0, 0}, pl_str_c("e"))))
        code = PL_RESOURCE_EXHAUSTED;
    pl_log_batch_done(&batch);
    pl_consumer_free(consumer);
    pl_relay_free(relay);
    pl_event_store_done(&store);
    return code;
}

static void a_failed_allocation_is_a_code(void **state) {
    (void)state;
    size_t n = 1;
    for (; n < TRIES_MAX; n++) {
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = use_everything(&err);
        if (!pl_test_allocation_failed())
            break;
        assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
    }
    assert_in_range(n, 5, TRIES_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_failed_allocation_is_a_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

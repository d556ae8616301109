/* Every allocation fails once: a code, no leak, no half-built object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "envelope.h"
#include "memory_log_impl.h"
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

/* Entries enough for its list to grow. */
static pl_code use_memory_log(pl_error *err) {
    pl_memory_log_opts opts = {
        .redis_url = "unix:///nowhere", .source = "test", .stream = "mall.orders"};
    pl_memory_log *log = NULL;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    pl_code code = pl_memory_log_new(&opts, &log, err);
    for (int64_t pos = 1; code == PL_OK && pos <= 100; pos++)
        code = memory_log_add(log, (pl_event_pos){1, pos}, memory_log_head(log), pl_str_c("e"),
                              err);
    if (code == PL_OK) {
        pl_log_reader reader = pl_memory_log_reader(log);
        code = reader.read(reader.self, "mall.orders", 0, (pl_event_pos){1, 40}, 500, &batch, err);
    }
    if (code == PL_OK) {
        assert_int_equal(batch.count, 60);
        assert_int_equal(batch.entries[0].prev.pos, 40);
        assert_int_equal(batch.head.pos, 100);
    }
    pl_log_batch_done(&batch);
    pl_memory_log_free(log);
    return code;
}

/* Fails one allocation after the other; how many there are. */
static size_t fail_each(pl_code (*use)(pl_error *err)) {
    size_t n = 1;
    for (; n < TRIES_MAX; n++) {
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = use(&err);
        if (!pl_test_allocation_failed()) {
            assert_int_equal(code, PL_OK);
            break;
        }
        assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
    }
    return n;
}

static void a_failed_allocation_is_a_code(void **state) {
    (void)state;
    assert_in_range(fail_each(use_everything), 5, TRIES_MAX - 1);
}

static void a_failed_allocation_of_a_log_in_memory_is_a_code(void **state) {
    (void)state;
    assert_in_range(fail_each(use_memory_log), 5, TRIES_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_is_a_code),
        cmocka_unit_test(a_failed_allocation_of_a_log_in_memory_is_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

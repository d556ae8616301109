/* Every allocation of ours fails once: nothing leaks, and the error says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/redis/redis.h"
#include "parley/test/failmalloc.h"
#include "parley/test/servers.h"

#define SOON            pl_deadline_ms(10000)
#define ALLOCATIONS_MAX 500

static pl_test_redis *server;

static int start(void **state) {
    (void)state;
    return pl_test_redis_start(NULL, &server, NULL) ? -1 : 0;
}

static int stop(void **state) {
    (void)state;
    pl_test_redis_free(server);
    return 0;
}

static pl_code run_everything(pl_error *err) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = pl_test_redis_url(server);
    opts.name = "memory";
    pl_redis *redis = NULL;
    pl_redis_reply *reply = NULL;
    pl_code code = pl_redis_new(&opts, &redis, err);
    if (!code)
        code = PL_REDIS_CALL(redis, SOON, NULL, err, "RPUSH", "list", "a", "b");
    if (!code)
        code = PL_REDIS_CALL(redis, SOON, &reply, err, "LRANGE", "list", "0", "3");
    pl_redis_reply_free(reply);
    pl_redis_free(redis);
    return code;
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    size_t n = 1;
    for (; n < ALLOCATIONS_MAX; n++) {
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = run_everything(&err);
        if (!pl_test_allocation_failed()) {
            assert_int_equal(code, PL_OK);
            break;
        }
        if (code != PL_RESOURCE_EXHAUSTED)
            fail_msg("allocation %zu: %s: %s", n, pl_code_name(code), err.message);
    }
    assert_in_range(n, 5, ALLOCATIONS_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail)};
    return cmocka_run_group_tests(tests, start, stop);
}

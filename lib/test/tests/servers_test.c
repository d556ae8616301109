#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/pg/pg.h"
#include "parley/redis/redis.h"
#include "parley/test/servers.h"

static void postgres_starts_and_answers(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres *server = NULL;
    pl_code code = pl_test_postgres_start(NULL, &server, &err);
    if (code)
        fail_msg("%s", err.message);
    assert_int_equal(pl_test_postgres_probe(server, pl_deadline_ms(1000), &err), PL_OK);
    pl_test_postgres_free(server);
}

static void redis_starts_and_answers(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_redis *server = NULL;
    pl_code code = pl_test_redis_start(NULL, &server, &err);
    if (code)
        fail_msg("%s", err.message);
    assert_int_equal(pl_test_redis_probe(server, pl_deadline_ms(1000), &err), PL_OK);
    pl_test_redis_free(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres_starts_and_answers),
        cmocka_unit_test(redis_starts_and_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

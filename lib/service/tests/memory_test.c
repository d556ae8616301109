/* Every allocation failed once: an error, nothing leaked; counting goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "parley/service/metrics.h"
#include "parley/service/settings.h"
#include "parley/test/failmalloc.h"

struct target {
    const char *url, *listen;
    int64_t workers;
};

static const pl_setting table[] = {
    PL_SETTING_SECRET("DATABASE_URL", struct target, url, PL_REQUIRED, "Where the data is."),
    PL_SETTING_STRING("LISTEN", struct target, listen, "127.0.0.1:0", "Where it listens."),
    PL_SETTING_INT("WORKERS", struct target, workers, "32", 1, 256, "How many workers."),
};

static pl_code load(struct target *target, const char *path, pl_settings **out, pl_error *err) {
    static pl_setting_group group = {"t", table, PL_COUNT(table), NULL};
    group.target = target;
    char program[] = "t", flag[] = "--workers=7", config[] = "--config", file[64];
    snprintf(file, sizeof file, "%s", path);
    char *argv[] = {program, flag, config, file, NULL};
    char secret[] = "DATABASE_URL=x";
    char *environment[] = {secret, NULL};
    pl_settings_verb verb;
    pl_code code = pl_settings_new(&group, 1, out, err);
    return code ? code : pl_settings_load(*out, 4, argv, environment, &verb, err);
}

static void settings_survive_each_failed_allocation(void **state) {
    (void)state;
    char path[] = "/tmp/parley-memory-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "LISTEN: here\n", 13), 13);
    close(fd);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        struct target target = {0};
        pl_settings *settings = NULL;
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = load(&target, path, &settings, &err);
        done = !pl_test_allocation_failed();
        if (!done)
            assert_int_not_equal(code, PL_OK);
        else
            assert_string_equal(target.listen, "here");
        pl_settings_free(settings);
    }
    unlink(path);
}

static void metrics_count_on_without_memory(void **state) {
    (void)state;
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_metrics *metrics = NULL;
        pl_test_fail_allocation(n);
        if (pl_metrics_new(&metrics, NULL) == PL_OK) {
            pl_metric_add(pl_metrics_counter(metrics, "a", "A.", PL_LABELS({"x", "1"})), 1);
            pl_metric_observe(pl_metrics_histogram(metrics, "b", "B.", PL_NO_LABELS), 1);
            pl_buf out = pl_buf_make(PL_METRICS_MAX_TEXT);
            pl_metrics_text(metrics, &out);
            pl_buf_done(&out);
        }
        done = !pl_test_allocation_failed();
        pl_metrics_free(metrics);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_survive_each_failed_allocation),
        cmocka_unit_test(metrics_count_on_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

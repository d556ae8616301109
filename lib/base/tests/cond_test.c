#include "parley/base/cond.h"

#include "check.h"

#include "parley/base/clock.h"

typedef struct room {
    pthread_mutex_t mu;
    pthread_cond_t changed;
    bool set;
} room;

static int set_up(void **state) {
    static room r;
    r.set = false;
    pthread_mutex_init(&r.mu, NULL);
    pl_cond_init(&r.changed);
    *state = &r;
    return 0;
}

static int tear_down(void **state) {
    room *r = *state;
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->mu);
    return 0;
}

static void ends_when_the_moment_has_passed(void **state) {
    room *r = *state;
    int64_t until = pl_deadline_ms(20);
    bool early = true;
    pthread_mutex_lock(&r->mu);
    while (early)
        early = pl_cond_wait(&r->changed, &r->mu, until);
    pthread_mutex_unlock(&r->mu);
    assert_true(pl_now_ns() >= until);
}

static void a_moment_before_all_others_has_passed(void **state) {
    room *r = *state;
    pthread_mutex_lock(&r->mu);
    assert_false(pl_cond_wait(&r->changed, &r->mu, 0));
    assert_false(pl_cond_wait(&r->changed, &r->mu, -PL_NS_PER_MS));
    pthread_mutex_unlock(&r->mu);
}

static void *set_it(void *arg) {
    room *r = arg;
    pthread_mutex_lock(&r->mu);
    r->set = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->mu);
    return NULL;
}

static void is_woken_before(void **state) {
    static const int64_t patience_ms = 60 * 1000;
    const int64_t until[] = {pl_deadline_ms(patience_ms), PL_NEVER};
    room *r = *state;
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        bool early = true;
        r->set = false;
        assert_int_equal(pthread_create(&thread, NULL, set_it, r), 0);
        pthread_mutex_lock(&r->mu);
        while (!r->set && early)
            early = pl_cond_wait(&r->changed, &r->mu, until[i]);
        pthread_mutex_unlock(&r->mu);
        pthread_join(thread, NULL);
        assert_true(r->set);
    }
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(ends_when_the_moment_has_passed),
        UNIT(a_moment_before_all_others_has_passed),
        UNIT(is_woken_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

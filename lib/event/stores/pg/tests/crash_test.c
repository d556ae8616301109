/* Processes that die between two durable steps, as by kill -9, and the ones after them. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

/* Relay and consumer in a process of their own, until it dies at SPEC. */
static pid_t start_process(world *w, const char *spec) {
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pl_failpoint_set(spec, NULL) != PL_OK)
        _exit(1);
    /* The parent's connections stay the parent's. */
    world_reopen(w);
    w->may_crash = true;
    world_start(w);
    for (;;)
        pause();
}

static void wait_for_death(pid_t child) {
    int status = 0;
    assert_true(child > 0);
    alarm(60);
    assert_int_equal(waitpid(child, &status, 0), child);
    alarm(0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), PL_FAILPOINT_STATUS);
}

/* As if three seconds had passed; the holder stays: it did not hand over. */
static void expire_leases(world *w) {
    pl_pg *const pgs[] = {w->publisher_pg, w->consumer_pg};
    for (size_t i = 0; i < PL_COUNT(pgs); i++)
        assert_int_equal(pl_pg_once(pgs[i], pl_deadline_ms(5000),
                                    "UPDATE lease SET until = now() - interval '1 s'",
                                    PL_PG_NO_ARGS, NULL, NULL),
                         PL_OK);
}

/* Dies at POINT with events under way; nothing is published afterwards. */
static void survive_crash_at(world *w, const char *spec) {
    world_publish_many(w, "a", 5);
    pid_t child = start_process(w, spec);
    world_publish_many(w, "b", 5);
    wait_for_death(child);
    expire_leases(w);
    world_start(w);
    world_check(w, 10);
    world_publish_many(w, "a", 5);
    world_check(w, 15);
}

#define CRASH_TEST(name, spec)                                                                     \
    static void name(void **state) {                                                               \
        survive_crash_at(*state, spec);                                                            \
    }
CRASH_TEST(death_before_assigning, "relay.before_assign=crash")
CRASH_TEST(death_after_assigning, "relay.after_assign=crash")
CRASH_TEST(death_between_watch_and_exec, "relay.mid_pipeline=crash")
CRASH_TEST(death_after_appending, "relay.after_append=crash")
CRASH_TEST(death_after_taking_the_log, "relay.after_own=crash")
CRASH_TEST(death_while_resending, "relay.after_assign=error*1;relay.before_resend=crash")
CRASH_TEST(death_after_reading, "consumer.after_read=crash")
CRASH_TEST(death_after_the_cursor, "consumer.after_cursor=crash")
CRASH_TEST(death_before_the_commit, "consumer.before_commit=crash")
CRASH_TEST(death_after_the_commit, "consumer.after_commit=crash")
CRASH_TEST(death_while_renewing_the_lease, "lease.renew=crash")

static void death_in_a_later_batch(void **state) {
    world *w = *state;
    pid_t child = start_process(w, "consumer.before_commit=crash+1");
    world_publish(w, "a", "ok");
    world_wait_effects(w, 1);
    world_publish_many(w, "a", 5);
    wait_for_death(child);
    expire_leases(w);
    world_start(w);
    world_check(w, 6);
}

static void an_event_that_kills_every_process_is_parked(void **state) {
    world *w = *state;
    int deaths = 0;
    world_publish_many(w, "a", 3);
    world_publish(w, "b", "crash");
    world_publish_many(w, "a", 3);
    for (; deaths < 4; deaths++) {
        wait_for_death(start_process(w, ""));
        expire_leases(w);
    }
    pid_t last = start_process(w, "");
    world_check(w, 6);
    assert_int_equal(
        world_number(w->consumer_pg, "SELECT count(*) FROM parked WHERE reason = 'crashed'"), 1);
    assert_int_equal(kill(last, SIGKILL), 0);
    assert_int_equal(waitpid(last, NULL, 0), last);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(death_before_assigning),
        WORLD_TEST(death_after_assigning),
        WORLD_TEST(death_between_watch_and_exec),
        WORLD_TEST(death_after_appending),
        WORLD_TEST(death_after_taking_the_log),
        WORLD_TEST(death_while_resending),
        WORLD_TEST(death_after_reading),
        WORLD_TEST(death_after_the_cursor),
        WORLD_TEST(death_before_the_commit),
        WORLD_TEST(death_after_the_commit),
        WORLD_TEST(death_in_a_later_batch),
        WORLD_TEST(death_while_renewing_the_lease),
        WORLD_TEST(an_event_that_kills_every_process_is_parked),
    };
    if (!PL_FAILPOINTS_ON) {
        print_message("failpoints are not compiled in: skipped\n");
        return 0;
    }
    return WORLD_RUN(tests);
}

#include "parley/loop/loop.h"

#include "patience.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct fixture {
    pl_loop *loop;
    int pair[2];
    pl_watch a, b;
    int told_a, told_b;
    uint32_t events;
    char text[64]; /* what happened, a letter each */
    size_t n;
} fixture;

static void note(fixture *f, char c) {
    if (f->n < sizeof(f->text) - 1)
        f->text[f->n++] = c;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    assert_int_equal(pl_loop_new(&f->loop, NULL), PL_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->pair), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_loop_free(f->loop);
    close(f->pair[0]);
    close(f->pair[1]);
    free(f);
    return 0;
}

static void on_a(void *self, uint32_t events) {
    fixture *f = self;
    f->told_a++;
    f->events = events;
}

static void tells_of_what_can_be_read(void **state) {
    fixture *f = *state;
    assert_int_equal(pl_watch_start(f->loop, &f->a, f->pair[0], PL_LOOP_READ, on_a, f, NULL), 0);
    assert_int_equal(pl_loop_run_once(f->loop, 0, NULL), PL_OK);
    assert_int_equal(f->told_a, 0);
    assert_int_equal(write(f->pair[1], "x", 1), 1);
    run_until(f->loop, f->told_a);
    assert_int_equal(f->events, PL_LOOP_READ);
}

static void tells_of_what_was_asked_for_last(void **state) {
    fixture *f = *state;
    assert_int_equal(pl_watch_start(f->loop, &f->a, f->pair[0], PL_LOOP_READ, on_a, f, NULL), 0);
    pl_watch_set(&f->a, PL_LOOP_WRITE);
    run_until(f->loop, f->told_a);
    assert_int_equal(f->events, PL_LOOP_WRITE);
    pl_watch_set(&f->a, 0);
    int before = f->told_a;
    assert_int_equal(pl_loop_run_once(f->loop, 0, NULL), PL_OK);
    assert_int_equal(f->told_a, before);
}

static void refuses_a_descriptor_that_cannot_be_watched(void **state) {
    fixture *f = *state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_watch_start(f->loop, &f->a, -1, PL_LOOP_READ, on_a, f, &err),
                     PL_INVALID_ARGUMENT);
    assert_null(f->a.loop);
    pl_watch_stop(&f->a);
    pl_watch_stop(NULL);
}

static void stop_b(void *self, uint32_t events) {
    (void)events;
    fixture *f = self;
    f->told_a++;
    pl_watch_stop(&f->b);
    pl_watch_stop(&f->a);
}

static void stop_a(void *self, uint32_t events) {
    (void)events;
    fixture *f = self;
    f->told_b++;
    pl_watch_stop(&f->a);
    pl_watch_stop(&f->b);
}

static void tells_nothing_to_a_watch_stopped_in_the_same_round(void **state) {
    fixture *f = *state;
    assert_int_equal(pl_watch_start(f->loop, &f->a, f->pair[0], PL_LOOP_WRITE, stop_b, f, NULL), 0);
    assert_int_equal(pl_watch_start(f->loop, &f->b, f->pair[1], PL_LOOP_WRITE, stop_a, f, NULL), 0);
    run_until(f->loop, f->told_a + f->told_b);
    assert_int_equal(f->told_a + f->told_b, 1);
}

/* A timer that notes its letter. */
typedef struct letter {
    pl_timer timer;
    fixture *f;
    char c;
} letter;

static void on_letter(void *self) {
    letter *l = self;
    note(l->f, l->c);
}

static void fires_timers_in_the_order_of_their_due_times(void **state) {
    fixture *f = *state;
    int64_t now = pl_now_ns();
    static const struct {
        char c;
        int64_t after_us;
    } plan[] = {{'d', 400}, {'a', 100}, {'c', 300}, {'b', 200}, {'e', 400}, {'f', 400}};
    letter letters[PL_COUNT(plan)] = {{.c = 0}};
    for (size_t i = 0; i < PL_COUNT(plan); i++) {
        letters[i].f = f;
        letters[i].c = plan[i].c;
        pl_timer_start(f->loop, &letters[i].timer, now + plan[i].after_us * 1000, on_letter,
                       &letters[i]);
    }
    run_until(f->loop, f->n == PL_COUNT(plan));
    assert_string_equal(f->text, "abcdef");
}

static void never_fires_a_timer_early(void **state) {
    fixture *f = *state;
    letter l = {.f = f, .c = 'x'};
    int64_t due = pl_deadline_ms(5);
    pl_timer_start(f->loop, &l.timer, due, on_letter, &l);
    run_until(f->loop, f->n);
    assert_true(pl_now_ns() >= due);
    assert_false(pl_timer_running(&l.timer));
}

static void moves_and_stops_timers(void **state) {
    fixture *f = *state;
    letter a = {.f = f, .c = 'a'}, b = {.f = f, .c = 'b'}, c = {.f = f, .c = 'c'};
    int64_t now = pl_now_ns();
    pl_timer_start(f->loop, &a.timer, now, on_letter, &a);
    pl_timer_start(f->loop, &b.timer, now + 1000, on_letter, &b);
    pl_timer_start(f->loop, &c.timer, now + 2000, on_letter, &c);
    pl_timer_start(f->loop, &a.timer, now + 3000, on_letter, &a);
    pl_timer_stop(&b.timer);
    pl_timer_start(f->loop, &b.timer, PL_NEVER, on_letter, &b);
    run_until(f->loop, f->n == 2);
    assert_string_equal(f->text, "ca");
    pl_timer_stop(&b.timer);
    pl_timer_stop(NULL);
}

#define MANY 2000

typedef struct many {
    pl_timer timer;
    int64_t due;
    struct many_log *log;
} many;

typedef struct many_log {
    int64_t last;
    size_t fired, disorder;
} many_log;

static void on_many(void *self) {
    many *m = self;
    m->log->disorder += m->due < m->log->last;
    m->log->last = m->due;
    m->log->fired++;
}

static void keeps_order_among_many_timers_started_and_stopped(void **state) {
    fixture *f = *state;
    many *timers = calloc(MANY, sizeof(*timers));
    assert_non_null(timers);
    many_log log = {0};
    uint64_t seed = 88172645463325252u;
    int64_t now = pl_now_ns();
    for (size_t i = 0; i < 3 * MANY; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        many *m = &timers[seed % MANY];
        m->log = &log;
        m->due = now - (int64_t)(seed >> 40);
        if (seed & 0x10000)
            pl_timer_stop(&m->timer);
        else
            pl_timer_start(f->loop, &m->timer, m->due, on_many, m);
    }
    size_t running = 0;
    for (size_t i = 0; i < MANY; i++)
        running += pl_timer_running(&timers[i].timer);
    run_until(f->loop, log.fired >= running);
    assert_int_equal(log.fired, running);
    assert_int_equal(log.disorder, 0);
    free(timers);
}

static void restart(void *self) {
    letter *l = self;
    note(l->f, l->c);
    pl_timer_start(l->f->loop, &l->timer, 0, restart, l);
}

static void serves_descriptors_while_a_timer_restarts_itself(void **state) {
    fixture *f = *state;
    letter l = {.f = f, .c = 'x'};
    pl_timer_start(f->loop, &l.timer, 0, restart, &l);
    assert_int_equal(pl_loop_run_once(f->loop, 0, NULL), PL_OK);
    assert_int_equal(f->n, 1);
    assert_int_equal(pl_loop_run_once(f->loop, 0, NULL), PL_OK);
    assert_int_equal(f->n, 2);
    pl_timer_stop(&l.timer);
}

/* Tasks. */

typedef struct job {
    pl_task task;
    fixture *f;
    char c;
    pl_task *then; /* deferred by it */
} job;

static void run_job(pl_task *task) {
    job *j = PL_CONTAINER_OF(task, job, task);
    note(j->f, j->c);
    if (j->then)
        pl_loop_defer(j->f->loop, j->then);
}

static void runs_posted_tasks_in_order(void **state) {
    fixture *f = *state;
    job jobs[3] = {{.c = 'a'}, {.c = 'b'}, {.c = 'c'}};
    for (size_t i = 0; i < PL_COUNT(jobs); i++) {
        jobs[i].f = f;
        jobs[i].task.run = run_job;
        pl_loop_post(f->loop, &jobs[i].task);
    }
    run_until(f->loop, f->n == 3);
    assert_string_equal(f->text, "abc");
}

static void runs_deferred_tasks_before_it_sleeps(void **state) {
    fixture *f = *state;
    job second = {.task.run = run_job, .f = f, .c = 'b'};
    job first = {.task.run = run_job, .f = f, .c = 'a', .then = &second.task};
    job never = {.task.run = run_job, .f = f, .c = 'x'};
    pl_loop_defer(f->loop, &first.task);
    pl_loop_defer(f->loop, &never.task);
    assert_true(pl_loop_defer_cancel(f->loop, &never.task));
    assert_false(pl_loop_defer_cancel(f->loop, &never.task));
    assert_int_equal(pl_loop_run_once(f->loop, -1, NULL), PL_OK);
    assert_string_equal(f->text, "ab");
}

typedef struct whereabouts {
    pl_task task;
    pl_loop *mine, *another;
    bool in_mine, in_another;
} whereabouts;

static void see_where(pl_task *task) {
    whereabouts *w = PL_CONTAINER_OF(task, whereabouts, task);
    w->in_mine = pl_loop_is_running_here(w->mine);
    w->in_another = pl_loop_is_running_here(w->another);
}

static void is_running_here_in_its_callbacks_only(void **state) {
    fixture *f = *state;
    whereabouts w = {.task.run = see_where, .mine = f->loop};
    assert_int_equal(pl_loop_new(&w.another, NULL), PL_OK);
    pl_loop_post(f->loop, &w.task);
    assert_false(pl_loop_is_running_here(f->loop));
    assert_int_equal(pl_loop_run_once(f->loop, -1, NULL), PL_OK);
    assert_true(w.in_mine);
    assert_false(w.in_another);
    assert_false(pl_loop_is_running_here(f->loop));
    pl_loop_free(w.another);
}

#define POSTERS 4
#define POSTS   5000

typedef struct poster {
    pthread_t thread;
    pl_loop *loop;
    struct post {
        pl_task task;
        struct poster *poster;
        int number;
    } posts[POSTS];
    int next;     /* expected; loop's thread */
    int disorder; /* loop's thread */
} poster;

static void run_post(pl_task *task) {
    struct post *post = PL_CONTAINER_OF(task, struct post, task);
    post->poster->disorder += post->number != post->poster->next;
    post->poster->next++;
}

static void *post_all(void *arg) {
    poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        p->posts[i].task.run = run_post;
        p->posts[i].poster = p;
        p->posts[i].number = i;
        pl_loop_post(p->loop, &p->posts[i].task);
    }
    return NULL;
}

static void runs_every_task_of_several_threads_each_in_order(void **state) {
    fixture *f = *state;
    poster *posters = calloc(POSTERS, sizeof(*posters));
    assert_non_null(posters);
    for (int i = 0; i < POSTERS; i++) {
        posters[i].loop = f->loop;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    for (int i = 0; i < POSTERS; i++)
        run_until(f->loop, posters[i].next == POSTS);
    for (int i = 0; i < POSTERS; i++) {
        assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
        assert_int_equal(posters[i].disorder, 0);
    }
    free(posters);
}

static void *stop_loop(void *loop) {
    pl_loop_stop(loop);
    return NULL;
}

static void stops_from_another_thread_and_runs_again(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_loop, f->loop), 0);
        assert_int_equal(pl_loop_run(f->loop, NULL), PL_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

static void sleeps_while_there_is_nothing_to_do(void **state) {
    fixture *f = *state;
    letter l = {.f = f, .c = 'x'};
    pl_timer_start(f->loop, &l.timer, pl_deadline_ms(30), on_letter, &l);
    uint64_t before = pl_loop_wakeups(f->loop);
    while (!f->n)
        assert_int_equal(pl_loop_run_once(f->loop, -1, NULL), PL_OK);
    assert_true(pl_loop_wakeups(f->loop) - before <= 2);
}

static void stops_what_is_left_when_it_is_freed(void **state) {
    (void)state;
    pl_loop *loop = NULL;
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fixture f = {0};
    letter l = {.f = &f};
    assert_int_equal(pl_watch_start(loop, &f.a, pair[0], PL_LOOP_READ, on_a, &f, NULL), 0);
    pl_timer_start(loop, &l.timer, pl_deadline_ms(1000), on_letter, &l);
    pl_loop_free(loop);
    assert_null(f.a.loop);
    assert_false(pl_timer_running(&l.timer));
    close(pair[0]);
    close(pair[1]);
    pl_loop_free(NULL);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(tells_of_what_can_be_read),
        UNIT(tells_of_what_was_asked_for_last),
        UNIT(refuses_a_descriptor_that_cannot_be_watched),
        UNIT(tells_nothing_to_a_watch_stopped_in_the_same_round),
        UNIT(fires_timers_in_the_order_of_their_due_times),
        UNIT(never_fires_a_timer_early),
        UNIT(moves_and_stops_timers),
        UNIT(keeps_order_among_many_timers_started_and_stopped),
        UNIT(serves_descriptors_while_a_timer_restarts_itself),
        UNIT(runs_posted_tasks_in_order),
        UNIT(runs_deferred_tasks_before_it_sleeps),
        UNIT(is_running_here_in_its_callbacks_only),
        UNIT(runs_every_task_of_several_threads_each_in_order),
        UNIT(stops_from_another_thread_and_runs_again),
        UNIT(sleeps_while_there_is_nothing_to_do),
        cmocka_unit_test(stops_what_is_left_when_it_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

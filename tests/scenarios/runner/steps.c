/* The verbs, and the steps that are made of steps. */
#include <pthread.h>
#include <stdio.h>

#include "runner.h"

enum { OPTIONS_MAX = 12, TIMES_MAX = 10000 };

static bool step_eventually(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
static bool step_parallel(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
static bool step_repeat(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
static bool step_equal(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
static bool step_let(context *c, const pl_yaml_node *step, const pl_yaml_node *value);

#define REQUEST_OPTIONS                                                                            \
    { "on", "headers", "body", "text", "bytes", "expect", "save" }

/* A verb, what it does, and which keys may follow it. */
static const struct verb {
    const char *name;
    step_fn *run;
    const char *options[OPTIONS_MAX];
    bool nested; /* its value is, or has at `do`, a list of steps */
} verbs[] = {
    {"GET", step_request, REQUEST_OPTIONS, false},
    {"POST", step_request, REQUEST_OPTIONS, false},
    {"PUT", step_request, REQUEST_OPTIONS, false},
    {"PATCH", step_request, REQUEST_OPTIONS, false},
    {"DELETE", step_request, REQUEST_OPTIONS, false},
    {"stop", step_stop, {NULL}, false},
    {"start", step_start, {NULL}, false},
    {"restart", step_restart, {"rolling"}, false},
    {"scale", step_scale, {NULL}, false},
    {"kill", step_kill, {NULL}, false},
    {"status", step_status, {"is"}, false},
    {"freeze", step_freeze, {NULL}, false},
    {"thaw", step_thaw, {NULL}, false},
    {"proxy", step_proxy, {"delay_ms", "do"}, false},
    {"mark", step_mark, {NULL}, false},
    {"events", step_events, {NULL}, false},
    {"metric", step_metric, {"on", "is", "save"}, false},
    {"settle", step_settle, {NULL}, false},
    {"conserved", step_conserved, {NULL}, false},
    {"eventually", step_eventually, {NULL}, true},
    {"parallel", step_parallel, {NULL}, true},
    {"repeat", step_repeat, {"at_once", "do"}, true},
    {"equal", step_equal, {NULL}, false},
    {"let", step_let, {NULL}, false},
};

static const struct verb *find_verb(const pl_yaml_node *step) {
    pl_str name = {NULL, 0};
    if (pl_yaml_kind_of(step) == PL_YAML_MAPPING && count_of(step) > 0)
        name = pl_yaml_text(pl_yaml_key_at(step, 0));
    else if (pl_yaml_kind_of(step) == PL_YAML_SCALAR) /* "- settle" */
        name = pl_yaml_text(step);
    for (size_t i = 0; i < PL_COUNT(verbs); i++) {
        if (pl_str_eqc(name, verbs[i].name))
            return &verbs[i];
    }
    return NULL;
}

static const pl_yaml_node *inner_steps(const pl_yaml_node *step) {
    const pl_yaml_node *inner = pl_yaml_find(step, "do");
    return inner ? inner : pl_yaml_kind_of(step) == PL_YAML_MAPPING ? pl_yaml_at(step, 0) : step;
}

static bool check_step(const pl_yaml_node *step, pl_error *err) {
    const struct verb *verb = find_verb(step);
    if (!verb) {
        char what[PL_YAML_DESCRIBE_SIZE];
        const pl_yaml_node *first = pl_yaml_kind_of(step) == PL_YAML_MAPPING &&
                                            pl_yaml_count(step) > 0
                                        ? pl_yaml_key_at(step, 0)
                                        : step;
        const char *names[PL_COUNT(verbs)];
        for (size_t i = 0; i < PL_COUNT(verbs); i++)
            names[i] = verbs[i].name;
        const char *near = pl_str_nearest(pl_yaml_text(first), names, PL_COUNT(names));
        (void)pl_yaml_fail(step, err, "expected a step, got %s%s%s", pl_yaml_describe(first, what),
                           near ? "; did you mean " : "", near ? near : "");
        return false;
    }
    if (pl_yaml_kind_of(step) == PL_YAML_SCALAR)
        return true;
    const char *known[OPTIONS_MAX + 1] = {verb->name};
    size_t count = 1;
    for (size_t i = 0; i < OPTIONS_MAX && verb->options[i]; i++)
        known[count++] = verb->options[i];
    static const char *const expected[] = {"status", "headers", "body", "text"};
    const pl_yaml_node *expect = pl_yaml_find(step, "expect");
    if (pl_yaml_check_keys(step, known, count, err) != PL_OK ||
        (expect && pl_yaml_check_keys(expect, expected, PL_COUNT(expected), err) != PL_OK))
        return false;
    return !verb->nested || check_steps(inner_steps(step), err);
}

bool check_steps(const pl_yaml_node *steps, pl_error *err) {
    if (pl_yaml_expect(steps, PL_YAML_SEQUENCE, err) != PL_OK)
        return false;
    for (size_t i = 0; i < count_of(steps); i++) {
        if (!check_step(pl_yaml_at(steps, i), err))
            return false;
    }
    return true;
}

/* One step, with memory of its own. */
static bool run_step(context *c, const pl_yaml_node *step) {
    pl_arena arena = pl_arena_make(STEP_ARENA);
    context own = *c;
    own.arena = &arena;
    const pl_yaml_node *value = pl_yaml_kind_of(step) == PL_YAML_MAPPING ? pl_yaml_at(step, 0)
                                                                         : step;
    bool ok = find_verb(step)->run(&own, step, value);
    pl_arena_done(&arena);
    return ok;
}

bool run_steps(context *c, const pl_yaml_node *steps) {
    for (size_t i = 0; i < count_of(steps); i++) {
        if (!run_step(c, pl_yaml_at(steps, i)))
            return false;
    }
    return true;
}

/* Again and again until all steps succeed at one go. */
static bool step_eventually(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    int64_t deadline = pl_deadline_ms(EVENTUALLY_MS);
    (void)step;
    while (!run_steps(c, value)) {
        if (pl_now_ns() > deadline) {
            pl_buf_printf(&c->failure->text, "\n    (not within %d ms)", EVENTUALLY_MS);
            return false;
        }
        world_wait(c->w);
    }
    return true;
}

/* ---- at the same time -------------------------------------------------------------------- */

/* A thread's share: the steps from FIRST on, and every STRIDE-th. */
typedef struct share {
    pthread_t thread;
    context c;
    failure f;
    vars own;
    const pl_yaml_node *steps;
    bool each; /* one step of the list a turn, instead of all */
    int64_t first, stride, times;
    bool ok;
} share;

static void *run_share(void *self) {
    share *s = self;
    s->ok = true;
    for (int64_t i = s->first; s->ok && i < s->times; i += s->stride) {
        if (s->each) {
            s->ok = run_step(&s->c, pl_yaml_at(s->steps, (size_t)i));
        } else {
            vars_set_i64(&s->own, "i", i + 1);
            s->ok = run_steps(&s->c, s->steps);
        }
    }
    return NULL;
}

static void prepare_share(share *s, const context *c, int64_t index, int64_t stride) {
    failure_init(&s->f);
    vars_init(&s->own, c->vars);
    s->c = *c;
    s->c.failure = &s->f;
    s->c.parallel = stride > 1;
    /* `save` at the same time is for everybody to see, but $(i) is each one's own. */
    s->c.vars = s->each ? c->vars : &s->own;
    s->first = index;
    s->stride = stride;
}

/* Takes over the first failure. */
static bool finish_share(share *s, context *c, bool ok) {
    if (ok && !s->ok)
        blame(c->failure, s->f.at, "%s", s->f.text.p);
    failure_done(&s->f);
    vars_done(&s->own);
    return ok && s->ok;
}

static bool run_at_once(context *c, const pl_yaml_node *at, const pl_yaml_node *steps, bool each,
                        int64_t times, int64_t threads) {
    static const share empty;
    share shares[THREADS_MAX];
    bool ok = true;
    int64_t started = 0;
    for (; ok && started < threads; started++) {
        share *s = &shares[started];
        *s = empty;
        s->steps = steps;
        s->each = each;
        s->times = times;
        prepare_share(s, c, started, threads);
        if (threads == 1)
            (void)run_share(s);
        else if (pthread_create(&s->thread, NULL, run_share, s) != 0)
            ok = blame(c->failure, at, "no thread") || finish_share(s, c, false);
        if (!ok)
            break;
    }
    for (int64_t i = 0; i < started; i++) {
        if (threads > 1)
            pthread_join(shares[i].thread, NULL);
        ok = finish_share(&shares[i], c, ok);
    }
    return ok;
}

static bool step_parallel(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    int64_t count = (int64_t)count_of(value);
    if (count > THREADS_MAX)
        return blame(c->failure, step, "more than %d at the same time", THREADS_MAX);
    return run_at_once(c, step, value, true, count, count);
}

/* repeat: 100, at_once: 8, do: [...], where $(i) counts from 1. */
static bool step_repeat(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const pl_yaml_node *at_once = pl_yaml_find(step, "at_once");
    int64_t times = 0;
    int64_t threads = 1;
    if (!number_of(c, value, &times) || (at_once && !number_of(c, at_once, &threads)))
        return false;
    if (times < 1 || times > TIMES_MAX || threads < 1 || threads > THREADS_MAX)
        return blame(c->failure, step, "expected 1 to %d times, 1 to %d at once", TIMES_MAX,
                     THREADS_MAX);
    return run_at_once(c, step, pl_yaml_find(step, "do"), false, times, threads);
}

/* ---- variables ---------------------------------------------------------------------------- */

static bool step_equal(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const char *first = NULL;
    for (size_t i = 0; i < count_of(value); i++) {
        const char *text = text_of(c, pl_yaml_at(value, i));
        if (!text)
            return false;
        if (first && strcmp(first, text) != 0)
            return blame(c->failure, step, "expected the same, got '%s' and '%s'", first, text);
        first = text;
    }
    return true;
}

static bool step_let(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    (void)step;
    for (size_t i = 0; i < count_of(value); i++) {
        const char *text = text_of(c, pl_yaml_at(value, i));
        if (!text)
            return false;
        vars_set(c->vars, pl_yaml_text(pl_yaml_key_at(value, i)).p, pl_str_c(text));
    }
    return true;
}

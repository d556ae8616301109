/* The scenario runner: plays given/when/then files against a system that it starts.
 *
 * A file (see ../README.md) says how the system is configured and which scenarios are played
 * against it, in order. The nodes of the YAML document are the program: a step is a mapping whose
 * first key is its verb. Nothing here knows the mall but conserved.c.
 *
 * Threads: everything happens on the main thread, but for the requests of `parallel` and
 * `repeat ... at_once`, which may only use what is marked so here.
 */
#ifndef SCENARIO_RUNNER_H
#define SCENARIO_RUNNER_H

#include <limits.h>
#include <pthread.h>

#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/json/json.h"
#include "parley/loop/child.h"
#include "parley/redis/redis.h"
#include "parley/schema/pool.h"
#include "parley/test/proxy.h"
#include "parley/yaml/yaml.h"

enum {
    PROXIES_MAX = 8,
    STREAMS_MAX = 16,
    NAME_MAX_BYTES = 64,
    STEP_ARENA = 32 << 20,
    TEXT_BYTES_MAX = 8 << 20, /* of a message, a body, a program's output */
    EVENTUALLY_MS = 30000,
    POLL_EVERY_MS = 20,
    THREADS_MAX = 32,
};

/* ---- failure.c: why a scenario failed ------------------------------------------------ */

typedef struct failure {
    const pl_yaml_node *at; /* the step or value that was not met */
    pl_buf text;
} failure;

void failure_init(failure *f);
void failure_done(failure *f);
void failure_clear(failure *f);
/* Says why, at AT; returns false. A second reason replaces the first. Any thread, for its own F. */
bool blame(failure *f, const pl_yaml_node *at, const char *format, ...) PL_PRINTF(3, 4);
/* The reason is ERR. */
bool blame_error(failure *f, const pl_yaml_node *at, const pl_error *err);

/* ---- vars.c: $(name) ----------------------------------------------------------------- */

typedef struct var var;
/* Variables; any thread. Those of OUTER are seen where the name is not found. */
typedef struct vars {
    pthread_mutex_t mu;
    var *first; /* guarded by mu */
    struct vars *outer;
} vars;

void vars_init(vars *v, vars *outer);
void vars_done(vars *v);
void vars_set(vars *v, const char *name, pl_str value);
void vars_set_i64(vars *v, const char *name, int64_t value);
/* Appends TEXT with each $(name) replaced; false, and F says which, where one is not known. */
bool vars_expand(vars *v, pl_str text, const pl_yaml_node *at, pl_buf *out, failure *f);

/* ---- context: one thread's place in a scenario ---------------------------------------- */

typedef struct world world;

typedef struct context {
    world *w;
    vars *vars;      /* where names are looked up, and where `save` puts them */
    pl_arena *arena; /* of the present step */
    failure *failure;
    bool parallel; /* only requests are allowed */
} context;

/* The text of a scalar with its variables replaced, in the step's arena; NULL: failed. */
const char *text_of(context *c, const pl_yaml_node *node);
/* The same as a number. */
bool number_of(context *c, const pl_yaml_node *node, int64_t *out);
/* Entries of NODE; 0 where it is NULL. */
static inline size_t count_of(const pl_yaml_node *node) {
    return node ? pl_yaml_count(node) : 0;
}
/* NODE's value of KEY as text; OTHERWISE where there is none; NULL: failed. */
const char *text_at(context *c, const pl_yaml_node *node, const char *key, const char *otherwise);

/* ---- match.c: what was expected ------------------------------------------------------- */

/* Appends NODE as JSON: plain scalars are numbers, true, false or null where they look so. */
bool json_of(context *c, const pl_yaml_node *node, pl_buf *out);
/* ACTUAL (NULL: absent) is as EXPECTED says. PATH names it in the failure. See ../README.md. */
bool match(context *c, const pl_yaml_node *expected, const pl_json_value *actual, const char *path);
/* The same for a plain text, as a header's value. */
bool match_text(context *c, const pl_yaml_node *expected, pl_str actual, bool there,
                const char *path);

/* ---- system.c: the system under test --------------------------------------------------- */

typedef struct named_proxy {
    char name[NAME_MAX_BYTES];
    char target[NAME_MAX_BYTES]; /* service */
    pl_test_proxy *proxy;
} named_proxy;

struct world {
    char bin[PATH_MAX];    /* where parley is */
    char root[PATH_MAX];   /* of the repository that the file is in */
    char build[PATH_MAX];  /* where that builds its programs; bin's parent unless it says so */
    char folder[PATH_MAX]; /* the workspace; empty: none */
    bool keep;             /* the workspace stays */
    char system[NAME_MAX_BYTES];
    int port_base;
    int port_lock; /* descriptor; -1: none */
    pl_loop *loop;
    pl_child *up;
    bool up_ended;
    int up_log;    /* file that it prints to; -1: none */
    pl_buf up_out; /* what it had printed when it was ready */
    vars vars;
    named_proxy proxies[PROXIES_MAX];
    size_t proxy_count;
    pl_pool *pool; /* of the system's descriptor set */
    pl_redis *redis;
    char marks[STREAMS_MAX][NAME_MAX_BYTES]; /* last id of each stream at `mark` */
    uint64_t serial;                         /* counts customers */
};

/* Makes the workspace and starts the system that the file's ROOT node describes; returns when it is
 * ready. */
bool world_start(world *w, context *c, const pl_yaml_node *root);
/* Ends it and removes the workspace. Also of a world that did not start. */
void world_stop(world *w);
/* The end of what the services have logged. */
void world_logs(world *w, pl_buf *out);
/* Runs `parley -C WORKSPACE WORDS...` (NULL at the end); false and F where it fails. */
bool world_parley(context *c, const pl_yaml_node *at, pl_buf *out, const char *const *words);
/* `parley status --json`, the system's own object, in the step's arena; NULL: failed. */
const pl_json_value *world_status(context *c, const pl_yaml_node *at);
/* An element of a status: the service NAME ("delivery#2" is a replica); NULL where it is not. */
const pl_json_value *status_service(const pl_json_value *status, const char *name);
/* A service of ours, no store. */
bool status_is_service(const pl_json_value *service);
/* Waits a moment before something is looked at again. */
void world_wait(world *w);

/* ---- the steps -------------------------------------------------------------------------- */

typedef bool step_fn(context *c, const pl_yaml_node *step, const pl_yaml_node *value);

bool step_request(context *c, const pl_yaml_node *step, const pl_yaml_node *value); /* request.c */
bool step_stop(context *c, const pl_yaml_node *step, const pl_yaml_node *value);    /* control.c */
bool step_start(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_restart(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_scale(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_kill(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_status(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_freeze(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_thaw(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_proxy(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_mark(context *c, const pl_yaml_node *step, const pl_yaml_node *value); /* events.c */
bool step_events(context *c, const pl_yaml_node *step, const pl_yaml_node *value);
bool step_metric(context *c, const pl_yaml_node *step, const pl_yaml_node *value); /* metric.c */
bool step_settle(context *c, const pl_yaml_node *step, const pl_yaml_node *value); /* settle.c */
bool step_conserved(context *c, const pl_yaml_node *step, const pl_yaml_node *value);

/* Runs a list of steps, until one fails. */
bool run_steps(context *c, const pl_yaml_node *steps); /* steps.c */
/* Refuses what no verb or option of one is, without running anything. */
bool check_steps(const pl_yaml_node *steps, pl_error *err);

/* ---- file.c ------------------------------------------------------------------------------ */

typedef struct tally {
    int passed, failed;
} tally;

/* Plays the file PATH and prints a line a scenario. */
void file_play(const char *path, const char *bin, bool keep, bool list, tally *out_tally);

#endif

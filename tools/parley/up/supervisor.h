/* The supervisor of one system: stores first, then the services, the gateway last;
 * restarts what ends unasked; stops in the opposite order.
 *
 *     supervisor_new(&opts, &s, &err);
 *     pl_loop_run(loop) ... told of progress by opts.progress
 *     supervisor_stop(s);                 progress says SUPERVISOR_STOPPED
 *     supervisor_free(s);
 *
 * State folder: <workspace>/.parley/<system>/ with postgres/ and redis/ (data), logs/,
 * addr/ (a file a service, the addresses of its ready replicas), run (the path of the
 * folder with the control socket, short because socket paths are), lock.
 */
#ifndef PARLEY_UP_SUPERVISOR_H
#define PARLEY_UP_SUPERVISOR_H

#include <limits.h>
#include <stdbool.h>

#include "common/run_folder.h"
#include "common/system.h"
#include "common/workspace.h"
#include "parley/http/server.h"
#include "parley/loop/loop.h"
#include "parley/test/servers.h"
#include "up/process.h"

typedef struct supervisor supervisor;
typedef struct unit unit;

/* Replicas that may exist at a time: twice as many while a rolling restart goes on. */
#define UNIT_SLOTS_MAX (SYSTEM_REPLICAS_MAX * 2)
/* Callers look at an address file when they use it, at most every 20 ms: a replica that left it
 * serves for so long. */
#define UNIT_SWITCH_MS 300

typedef enum supervisor_phase {
    SUPERVISOR_STORES,   /* PostgreSQL and Redis are starting */
    SUPERVISOR_SERVICES, /* migrations, then services */
    SUPERVISOR_GATEWAY,
    SUPERVISOR_RUNNING, /* everything that was asked for has been ready once */
    SUPERVISOR_STOPPING,
    SUPERVISOR_STOPPED,
} supervisor_phase;

/* Told of each new phase; FAILED (NULL: nothing) is the process that cannot start. */
typedef void supervisor_progress_fn(void *self, supervisor *s, const process *failed);

typedef struct supervisor_opts {
    pl_loop *loop;
    const workspace *space;
    system_model *model; /* borrowed, with its settings overridden */
    const char *bin;     /* the folder of the system's binaries */
    const char *own_bin; /* of Parley's, where they are not in bin */
    int port_base;       /* wanted; the supervisor moves it up where a port is taken */
    bool terminal;       /* show the output of the processes */
    bool color;
    supervisor_progress_fn *progress;
    void *self;
} supervisor_opts;

/* A replica of a service. */
typedef struct slot {
    process process;
    unit *unit;
    int number;       /* from 1 */
    int generation;   /* of the rolling restart that started it */
    bool documented;  /* has the documented ports, or had when it last ran */
    bool retiring;    /* no longer in the address file; about to be stopped */
    pl_timer leaving; /* until its callers have looked there again */
    char grpc[64];
    char admin[64];
} slot;

/* A service with its replicas. */
struct unit {
    supervisor *s;
    system_service *service;
    slot slots[UNIT_SLOTS_MAX];
    process migration; /* BINARY --migrate, before the first start */
    bool migrated;
    bool wanted;
    int generation;
    bool rolling;
};

/* The fields may be read; the functions below change them. */
struct supervisor {
    supervisor_opts opts;
    supervisor_phase phase;
    char state[PATH_MAX];      /* the state folder */
    char run[RUN_FOLDER_SIZE]; /* of the control socket; "": not made yet */
    int lock;
    int port_taken; /* why the port base was moved; 0: it was not */
    int exit_code;
    pl_test_postgres *postgres;
    pl_test_redis *redis;
    process postgres_process;
    process redis_process;
    pl_timer probe;
    bool databases_made;
    unit units[SYSTEM_SERVICES_MAX];
    size_t unit_count;
    bool remove_data; /* at the end */
    bool stepping, step_again;
    pl_http_server *control;
    struct control_wait *waits;
};

/* Locks the state folder, prepares the stores and begins to start. PL_ALREADY_EXISTS: the
 * system runs already; other codes: what is wrong. */
PL_NODISCARD pl_code supervisor_new(const supervisor_opts *opts, supervisor **out_supervisor,
                                    pl_error *err);
/* Stops everything in order; again: kills. */
void supervisor_stop(supervisor *s, bool remove_data);
void supervisor_kill(supervisor *s);
/* Kills what still runs. NULL is allowed. */
void supervisor_free(supervisor *s);

/* Looks at everything again after a change and does the next step. */
void supervisor_step(supervisor *s);

/* The unit of a service, or NULL. */
unit *supervisor_find(supervisor *s, const char *name);

/* ---- stores.c ---- */
PL_NODISCARD pl_code stores_prepare(supervisor *s, pl_error *err);
void stores_start(supervisor *s);
bool stores_ready(const supervisor *s);
void stores_stop(supervisor *s);
bool stores_stopped(const supervisor *s);
/* Makes the databases and roles of all services, once. */
PL_NODISCARD pl_code stores_make_databases(supervisor *s, pl_error *err);
/* The name of a service's database, "mall_orders", and of its owner. */
void stores_database(const supervisor *s, const system_service *service, char out[64]);
void stores_owner(const supervisor *s, const system_service *service, char out[64]);

/* ---- unit.c ---- */
PL_NODISCARD pl_code unit_init(unit *u, supervisor *s, system_service *service, pl_error *err);
void unit_done(unit *u);
void unit_start(unit *u);
void unit_stop(unit *u);
void unit_kill(unit *u);
/* Sets the number of replicas, 1 to SYSTEM_REPLICAS_MAX. */
void unit_scale(unit *u, int replicas);
/* Replaces the replicas one by one. */
void unit_roll(unit *u);
/* One replica: restarts it, or stops it and wants one less. False where there is none NUMBER. */
bool unit_restart_replica(unit *u, int64_t number);
bool unit_stop_replica(unit *u, int64_t number);
/* Does what is to be done after a change. */
void unit_step(unit *u);
/* As many replicas are ready as are wanted, and nothing is going on. */
bool unit_settled(const unit *u);
bool unit_stopped(const unit *u);
/* The process that cannot start, or NULL. */
const process *unit_failure(const unit *u);
int unit_ready_count(const unit *u);

/* ---- environment.c ---- */

/* Environment and arguments of one replica: valid until the next call. MIGRATE asks for those of
 * BINARY --migrate. */
PL_NODISCARD pl_code environment_make(const unit *u, const slot *replica, bool migrate,
                                      const char *const **out_env, const char *const **out_argv,
                                      pl_error *err);
/* Writes the addresses of the ready replicas into the unit's address file. */
void environment_write_addresses(const unit *u);

/* The documented port of a service, at this system's port base. */
int supervisor_port(const supervisor *s, const system_service *service);

/* ---- control.c ---- */
PL_NODISCARD pl_code control_open(supervisor *s, pl_error *err);
void control_close(supervisor *s);
/* Answers the requests that waited for what is now the case. */
void control_step(supervisor *s);

/* ---- status.c ---- */
/* Appends the state of the system, as `parley status --json` shows it. */
void control_status(const supervisor *s, pl_buf *out);

#endif

/* A service and its replicas. */
#include <stdio.h>
#include <string.h>

#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "parley/json/json.h"
#include "up/ports.h"
#include "up/supervisor.h"

enum { LINE_ARENA = 64 * 1024 };

static bool slot_used(const slot *replica) {
    return replica->process.loop &&
           (replica->process.wanted || replica->process.state != PROCESS_STOPPED);
}

/* Whether the next start of REPLICA has the documented ports: no other one that runs, or is about
 * to run again, has them. After a rolling restart nobody has, until one is started; a stranger may
 * have come in between. The gateway has no others: it says itself what is wrong with its port. */
static bool may_have_documented(const slot *replica) {
    const unit *u = replica->unit;
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        const slot *other = &u->slots[i];
        if (other != replica && other->documented && slot_used(other))
            return false;
    }
    return u->service->is_gateway || !ports_own_taken(u->service, u->s->opts.port_base);
}

static pl_code replica_command(void *self, process *p, pl_child_opts *opts, pl_error *err) {
    slot *replica = self;
    (void)p;
    replica->grpc[0] = '\0';
    replica->admin[0] = '\0';
    replica->documented = may_have_documented(replica);
    return environment_make(replica->unit, replica, false, &opts->env, &opts->argv, err);
}

static pl_code migration_command(void *self, process *p, pl_child_opts *opts, pl_error *err) {
    (void)p;
    return environment_make(self, NULL, true, &opts->env, &opts->argv, err);
}

static void replica_changed(void *self, process *p) {
    const slot *replica = self;
    (void)p;
    supervisor_step(replica->unit->s);
}

/* A migration is one process that ends: with 0, and the service may start. */
static void migration_changed(void *self, process *p) {
    unit *u = self;
    if (p->state == PROCESS_STOPPED && p->succeeded)
        u->migrated = true;
    supervisor_step(u->s);
}

static void copy_member(const pl_json_value *root, const char *key, char out[64]) {
    const pl_json_value *value = pl_json_at(root, key);
    if (value && value->kind == PL_JSON_STRING)
        (void)snprintf(out, 64, "%.*s", PL_FMT(value->text));
}

/* The line {"event":"ready",...} is how the chassis says that it serves, and where. */
static void replica_line(void *self, process *p, pl_str line) {
    slot *replica = self;
    if (p->state != PROCESS_STARTING || line.n == 0 || line.p[0] != '{')
        return;
    pl_arena arena = pl_arena_make(LINE_ARENA);
    const pl_json_value *root = NULL;
    if (pl_json_parse(line, NULL, &arena, &root, NULL) == PL_OK &&
        pl_json_is(pl_json_at(root, "event"), "ready")) {
        copy_member(root, "grpc", replica->grpc);
        copy_member(root, "admin", replica->admin);
        process_ready(p);
    }
    pl_arena_done(&arena);
}

static int color_of(const supervisor *s, size_t index) {
    static const int colors[] = {36, 32, 33, 35, 34, 96, 92, 93, 95, 94};
    return s->opts.color ? colors[index % PL_COUNT(colors)] : 0;
}

pl_code unit_init(unit *u, supervisor *s, system_service *service, pl_error *err) {
    char folder[PATH_MAX + 8];
    (void)snprintf(folder, sizeof folder, "%s/logs", s->state);
    u->s = s;
    u->service = service;
    size_t index = (size_t)(service - s->opts.model->services);
    for (int i = 0; i < UNIT_SLOTS_MAX; i++) {
        u->slots[i].unit = u;
        u->slots[i].number = i + 1;
    }
    /* The others get their logs when they are first used. */
    process_owner owner = {migration_command, migration_changed, NULL, u};
    pl_code code = process_init(&u->migration, s->opts.loop, &owner, folder, service->name, err);
    u->migration.once = true;
    u->migration.log.terminal = s->opts.terminal;
    u->migration.log.color = color_of(s, index);
    environment_write_addresses(u);
    return code;
}

void unit_done(unit *u) {
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        pl_timer_stop(&u->slots[i].leaving);
        process_done(&u->slots[i].process);
    }
    process_done(&u->migration);
}

static pl_code slot_start(slot *replica, pl_error *err) {
    unit *u = replica->unit;
    supervisor *s = u->s;
    if (!replica->process.loop) {
        char folder[PATH_MAX + 8];
        char name[64];
        process_owner owner = {replica_command, replica_changed, replica_line, replica};
        (void)snprintf(folder, sizeof folder, "%s/logs", s->state);
        if (replica->number == 1)
            (void)snprintf(name, sizeof name, "%s", u->service->name);
        else
            (void)snprintf(name, sizeof name, "%s#%d", u->service->name, replica->number);
        pl_code code = process_init(&replica->process, s->opts.loop, &owner, folder, name, err);
        if (code != PL_OK)
            return code;
        replica->process.log.terminal = s->opts.terminal;
        replica->process.log.color = u->migration.log.color;
    }
    replica->generation = u->generation;
    replica->retiring = false;
    process_start(&replica->process);
    return PL_OK;
}

static slot *free_slot(unit *u) {
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        if (!slot_used(&u->slots[i]))
            return &u->slots[i];
    }
    return NULL;
}

static void on_callers_switched(void *self) {
    slot *replica = self;
    process_stop(&replica->process);
}

/* Takes a replica out of the address file, and ends it: where others serve, not before its callers
 * have looked at the file again, so that none of them meets a server that is draining. */
static void retire(slot *replica) {
    unit *u = replica->unit;
    if (replica->retiring)
        return;
    replica->retiring = true;
    environment_write_addresses(u);
    if (u->wanted && unit_ready_count(u) > 0)
        pl_timer_start(u->s->opts.loop, &replica->leaving, pl_deadline_ms(UNIT_SWITCH_MS),
                       on_callers_switched, replica);
    else
        process_stop(&replica->process);
}

typedef struct counts {
    int fresh;       /* wanted, of this generation */
    int fresh_ready; /* of them ready */
    int old;         /* wanted, of an earlier generation */
    int ending;      /* not wanted any more, not ended yet */
    slot *last_fresh;
    slot *first_old;
} counts;

static counts count(unit *u) {
    counts c = {0};
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        slot *replica = &u->slots[i];
        if (!slot_used(replica))
            continue;
        if (!replica->process.wanted || replica->retiring) {
            c.ending++;
        } else if (replica->generation == u->generation) {
            c.fresh++;
            c.fresh_ready += replica->process.state == PROCESS_READY;
            c.last_fresh = replica;
        } else {
            c.old++;
            if (!c.first_old)
                c.first_old = replica;
        }
    }
    return c;
}

static void add_replica(unit *u) {
    pl_error err = PL_ERROR_INIT;
    slot *replica = free_slot(u);
    if (replica && slot_start(replica, &err) != PL_OK)
        log_stream_say_error(&u->migration.log, "cannot start a replica: %s", err.message);
}

/* One step of a rolling restart: a fresh one more, or an old one less, never both. */
static void roll_step(unit *u, const counts *c) {
    if (c->old == 0 && c->ending == 0) {
        u->rolling = false;
        return;
    }
    if (c->ending > 0 || c->fresh_ready < c->fresh)
        return;
    if (c->fresh + c->old > u->service->replicas)
        retire(c->first_old);
    else
        add_replica(u);
}

void unit_step(unit *u) {
    environment_write_addresses(u);
    if (!u->wanted || (!u->migrated && u->service->store == SYSTEM_STORE_POSTGRES))
        return;
    counts c = count(u);
    if (u->rolling && c.old + c.ending > 0) {
        roll_step(u, &c);
        return;
    }
    u->rolling = false;
    for (int n = c.fresh; n < u->service->replicas; n++)
        add_replica(u);
    if (c.fresh > u->service->replicas)
        retire(c.last_fresh);
}

void unit_start(unit *u) {
    u->wanted = true;
    if (u->service->store == SYSTEM_STORE_POSTGRES && !u->migrated)
        process_start(&u->migration);
    else
        unit_step(u);
}

void unit_stop(unit *u) {
    u->wanted = false;
    u->rolling = false;
    u->migrated = false; /* the program may be another one when it is started again */
    process_stop(&u->migration);
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        if (!slot_used(&u->slots[i]))
            continue;
        retire(&u->slots[i]);
        pl_timer_stop(&u->slots[i].leaving);
        process_stop(&u->slots[i].process);
    }
}

void unit_kill(unit *u) {
    u->wanted = false;
    process_kill(&u->migration);
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        pl_timer_stop(&u->slots[i].leaving);
        if (u->slots[i].process.loop)
            process_kill(&u->slots[i].process);
    }
}

void unit_scale(unit *u, int replicas) {
    u->service->replicas = replicas;
    unit_step(u);
}

void unit_roll(unit *u) {
    u->generation++;
    u->rolling = true;
    unit_step(u);
}

static slot *running_replica(unit *u, int64_t number) {
    slot *replica = number >= 1 && number <= UNIT_SLOTS_MAX ? &u->slots[number - 1] : NULL;
    return replica && replica->process.loop && replica->process.wanted ? replica : NULL;
}

bool unit_restart_replica(unit *u, int64_t number) {
    slot *replica = running_replica(u, number);
    if (!replica)
        return false;
    process_stop(&replica->process);
    process_start(&replica->process);
    return true;
}

bool unit_stop_replica(unit *u, int64_t number) {
    slot *replica = running_replica(u, number);
    if (!replica)
        return false;
    if (u->service->replicas == 1) {
        unit_stop(u);
        return true;
    }
    u->service->replicas--;
    retire(replica);
    return true;
}

int unit_ready_count(const unit *u) {
    int ready = 0;
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++)
        ready += u->slots[i].process.state == PROCESS_READY && !u->slots[i].retiring;
    return ready;
}

bool unit_settled(const unit *u) {
    if (!u->wanted || u->rolling)
        return false;
    int used = 0;
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++)
        used += slot_used(&u->slots[i]);
    return used == u->service->replicas && unit_ready_count(u) == used;
}

bool unit_stopped(const unit *u) {
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        if (slot_used(&u->slots[i]))
            return false;
    }
    return u->migration.state == PROCESS_STOPPED;
}

const process *unit_failure(const unit *u) {
    if (process_failed(&u->migration) && !u->migrated)
        return &u->migration;
    for (size_t i = 0; i < UNIT_SLOTS_MAX; i++) {
        if (u->slots[i].process.loop && process_failed(&u->slots[i].process))
            return &u->slots[i].process;
    }
    return NULL;
}

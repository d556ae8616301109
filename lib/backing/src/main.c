/* pl_backing_main: the chassis' life cycle with a backing in it. */
#include <stdio.h>

#include "parley/backing/backing.h"
#include "parley/base/assert.h"
#include "parley/event/event.h"

/* The chassis' definition of the program, found again from it by its address. */
typedef struct program {
    pl_service_def service;
    const pl_backing_def *def;
    char source[PL_EVENT_SOURCE_MAX + 1];
} program;

static const program *program_of(const pl_service *service) {
    return (const program *)pl_service_definition(service);
}

static const pl_backing_opts *opts_of(const program *p, pl_backing_state *state) {
    state->opts = (pl_backing_opts){
        .settings = &state->settings, .source = p->source, .migrations = p->def->migrations};
    return &state->opts;
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    pl_backing_state *state = self;
    const program *p = program_of(service);
    pl_code code = pl_backing_open(service, opts_of(p, state), &state->backing, err);
    if (code == PL_OK && p->def->service.start)
        code = p->def->service.start(service, self, err);
    return code == PL_OK ? pl_backing_run(state->backing, err) : code;
}

static void stop(pl_service *service, void *self) {
    pl_backing_state *state = self;
    const program *p = program_of(service);
    /* Where opening failed, start was not called either. */
    if (state->backing && p->def->service.stop)
        p->def->service.stop(service, self);
    pl_backing_close(state->backing);
}

static pl_code migrate(pl_service *service, void *self, pl_error *err) {
    return pl_backing_migrate(opts_of(program_of(service), self), err);
}

int pl_backing_main(int argc, char **argv, const pl_backing_def *def) {
    program p = {.service = def->service, .def = def};
    PL_ASSERT(def->service.state_size >= sizeof(pl_backing_state));
    (void)snprintf(p.source, sizeof p.source, "%s.%s", def->service.system, def->service.name);
    p.service.start = start;
    p.service.stop = stop;
    p.service.migrate = migrate;
    return pl_service_main(argc, argv, &p.service);
}

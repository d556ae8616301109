/* What the command line of parley up asks for. */
#ifndef PARLEY_UP_OPTIONS_H
#define PARLEY_UP_OPTIONS_H

#include "common/args.h"
#include "common/system.h"

#define UP_SYSTEMS_MAX   4
#define UP_OVERRIDES_MAX 128

/* One --set, --without or --replicas. */
typedef struct up_override {
    char what; /* s, w, r */
    const char *text;
} up_override;

typedef struct up_options {
    tool_args args;
    const char *names[UP_SYSTEMS_MAX];
    size_t count;
    up_override overrides[UP_OVERRIDES_MAX];
    size_t override_count;
    int port_base;
    bool detach;
} up_options;

/* Ends the process with exit code 2 where the command line is wrong. */
void up_options_parse(up_options *options, int argc, char **argv);

/* Reads the systems' files and changes them as the overrides say; texts live in ARENA. A wrong
 * name ends the process with exit code 2; a wrong file is an error. */
PL_NODISCARD pl_code up_options_load(const up_options *options, const workspace *space,
                                     pl_arena *arena, system_model *models, pl_error *err);

#endif

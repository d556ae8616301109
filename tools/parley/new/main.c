/* parley new: makes a system, or a service of one, that builds, runs and is tested as made. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/args.h"
#include "common/workspace.h"
#include "new/make.h"
#include "new/tell.h"
#include "parley/base/str.h"

enum { ARENA_MAX = 4 << 20 };

typedef struct request {
    tool_args args;
    const char *kind; /* "system" or "service" */
    const char *name;
    bool dry_run;
    system_store store; /* of a service */
    const char *keeps;  /* of a service; NULL: what its name says */
} request;

static void read_store(request *r) {
    if (strcmp(r->args.value, "none") != 0 && strcmp(r->args.value, "postgres") != 0)
        tool_usage(&r->args, "--store is postgres or none, not '%s'", r->args.value);
    r->store = r->args.value[0] == 'n' ? SYSTEM_STORE_NONE : SYSTEM_STORE_POSTGRES;
}

static void read_line(request *r, int argc, char **argv) {
    const char *words[2] = {NULL, NULL};
    size_t count = 0;
    tool_args_init(&r->args, argc, argv);
    for (int what; (what = tool_args_next(&r->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION && tool_args_is(&r->args, "--store"))
            read_store(r);
        else if (what == TOOL_ARGS_OPTION && tool_args_is(&r->args, "--keeps"))
            r->keeps = r->args.value;
        else if (what == TOOL_ARGS_OPTION)
            r->dry_run = true;
        else if (count < PL_COUNT(words))
            words[count++] = r->args.value;
        else
            tool_usage(&r->args, "one thing at a time; '%s' is too much", r->args.value);
    }
    if (!words[0])
        tool_usage(&r->args, "a system or a service?");
    if (strcmp(words[0], "system") != 0 && strcmp(words[0], "service") != 0)
        tool_usage(&r->args, "expected system or service, got '%s'", words[0]);
    r->kind = words[0];
    r->name = words[1] ? words[1] : "";
}

/* ---- what is done ---------------------------------------------------------------------- */

static int fail(const request *r, pl_code code, const pl_error *err) {
    (void)fprintf(stderr, "parley new %s: %s\n", r->kind, err->message);
    if (code == PL_ALREADY_EXISTS || code == PL_NOT_FOUND)
        return TOOL_EXIT_USAGE;
    return code == PL_INVALID_ARGUMENT || code == PL_FAILED_PRECONDITION ? TOOL_EXIT_INVALID
                                                                         : TOOL_EXIT_FAILED;
}

static pl_code finish(const request *r, const plan *p, const first_protos *from, pl_error *err) {
    pl_code code = r->dry_run ? plan_check(p, err) : plan_apply(p, err);
    if (code == PL_OK)
        tell_files(&r->args, p, from, r->dry_run);
    return code;
}

static int new_system(const request *r, plan *p) {
    static workspace space; /* large: not on the stack */
    pl_error err = PL_ERROR_INIT;
    if (names_check("system", r->name, &err) != PL_OK)
        tool_usage(&r->args, "%s", err.message);
    pl_code code = workspace_find(&space, &err);
    bool fresh = code == PL_NOT_FOUND;
    if (fresh && !getcwd(space.root, sizeof space.root))
        code = pl_error_set(&err, PL_INTERNAL, "the current folder cannot be found");
    else if (fresh)
        code = PL_OK;
    if (code == PL_OK)
        code = plan_open(p, space.root, &err);
    if (code == PL_OK && workspace_system(&space, r->name))
        code = pl_error_set(&err, PL_ALREADY_EXISTS, "there is a system %s already", r->name);
    if (code == PL_OK)
        code = make_system(p, r->name, fresh, &err);
    if (code == PL_OK)
        code = finish(r, p, NULL, &err);
    if (code != PL_OK)
        return fail(r, code, &err);
    if (!r->args.json && !r->args.quiet && !r->dry_run)
        tell_next_of_system(&space, p, r->name, fresh);
    return TOOL_EXIT_OK;
}

static pl_code find_system(const workspace *space, const char *system, const char **out_file,
                           pl_error *err) {
    char name[SYSTEM_NAME_MAX];
    const char *file = workspace_system(space, system);
    if (!file && space->system_count == 0)
        return pl_error_set(err, PL_NOT_FOUND,
                            "no system '%s' in this workspace: parley new system %s makes it",
                            system, system);
    if (!file) {
        workspace_system_name(space, 0, name);
        return pl_error_set(err, PL_NOT_FOUND,
                            "no system '%s' in this workspace, which has %s%s: parley new system "
                            "%s makes it",
                            system, name, space->system_count > 1 ? " and others" : "", system);
    }
    *out_file = file + strlen(space->root) + 1;
    return PL_OK;
}

/* What is there of the service already, where that and the options go together. */
static pl_code open_first(const request *r, wanted_service *wanted, first_protos *from,
                          pl_error *err) {
    char folder[PATH_MAX];
    pl_code code = first_open(from, wanted->system, wanted->name, err);
    if (code != PL_OK || !from->there)
        return code;
    first_proto_folder(from, folder);
    if (r->keeps)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "--keeps is for protos that are still to be made; %s says it", folder);
    const char *state = wanted->store == SYSTEM_STORE_NONE ? first_state(from) : NULL;
    if (state)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "contracts with %s name '%s', and a service with --store none keeps "
                            "nothing that could be there or change: leave --store none out",
                            from->package, state);
    wanted->from = from;
    return PL_OK;
}

static int make_and_tell(const request *r, plan *p, wanted_service *wanted, first_protos *from) {
    static workspace space; /* large: not on the stack */
    const char *file = NULL;
    made_service made = {0};
    pl_error err = PL_ERROR_INIT;
    pl_code code = workspace_find(&space, &err);
    if (code == PL_NOT_FOUND) {
        (void)fprintf(stderr,
                      "parley new service: no parley.yaml here or in a folder above; parley new "
                      "system %s makes a workspace of this folder\n",
                      wanted->system);
        return TOOL_EXIT_FAILED;
    }
    if (code == PL_OK)
        code = plan_open(p, space.root, &err);
    if (code == PL_OK)
        code = find_system(&space, wanted->system, &file, &err);
    if (code == PL_OK)
        code = open_first(r, wanted, from, &err);
    if (code == PL_INVALID_ARGUMENT && pl_findings_errors(from->c.findings))
        return contracts_report(&from->c, &r->args);
    if (code == PL_OK)
        code = make_service(p, file, wanted, &made, &err);
    if (code == PL_OK)
        code = finish(r, p, wanted->from, &err);
    if (code != PL_OK)
        return fail(r, code, &err);
    if (!r->args.json && !r->args.quiet && !r->dry_run)
        tell_next_of_service(&space, wanted, &made);
    return TOOL_EXIT_OK;
}

static int new_service(const request *r, plan *p) {
    static first_protos from; /* large: not on the stack */
    char system[SYSTEM_NAME_MAX];
    const char *slash = strchr(r->name, '/');
    pl_error err = PL_ERROR_INIT;
    if (!slash || slash == r->name || (size_t)(slash - r->name) >= sizeof system)
        tool_usage(&r->args, "expected SYSTEM/NAME, got '%s'", r->name);
    (void)snprintf(system, sizeof system, "%.*s", (int)(slash - r->name), r->name);
    if (names_check("system", system, &err) != PL_OK ||
        names_check("service", slash + 1, &err) != PL_OK ||
        (r->keeps && names_check("thing", r->keeps, &err) != PL_OK))
        tool_usage(&r->args, "%s", err.message);
    wanted_service wanted = {.system = system, .name = slash + 1, .store = r->store};
    wanted.keeps = r->keeps ? r->keeps : wanted.name;
    int status = make_and_tell(r, p, &wanted, &from);
    first_done(&from);
    return status;
}

int main(int argc, char **argv) {
    request r = {.store = SYSTEM_STORE_POSTGRES};
    read_line(&r, argc, argv);
    pl_arena arena = pl_arena_make(ARENA_MAX);
    plan p = {.arena = &arena};
    int status = strcmp(r.kind, "system") == 0 ? new_system(&r, &p) : new_service(&r, &p);
    pl_arena_done(&arena);
    return status;
}

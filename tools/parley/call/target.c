#include "call/target.h"

#include <stdio.h>
#include <string.h>

#include "common/control.h"
#include "common/workspace.h"

enum { SYSTEMS_MAX = 16, ARENA_BUDGET = 4 << 20 };

static pl_str base_name(pl_str name) {
    return pl_str_make(name.p, pl_str_index(name, '#'));
}

/* Adds the services of SYSTEM that have a gRPC address: all (NAME is NULL), each once; or the
 * one that NAME means, a replica where it has a number. */
static void add(const control_system *system, const pl_json_value *status, const char *name,
                call_target *out, size_t *count) {
    const pl_json_value *list = control_services(status);
    pl_str last = {NULL, 0};
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        const pl_json_value *own = pl_json_at(s, "name");
        const pl_json_value *grpc = pl_json_at(s, "grpc");
        if (!own || !grpc || !grpc->text.n || *count == CALL_TARGETS_MAX ||
            pl_str_eq(base_name(own->text), last))
            continue;
        if (name && !pl_str_eqc(own->text, name) && !pl_str_eqc(base_name(own->text), name))
            continue;
        last = base_name(own->text);
        call_target *target = &out[(*count)++];
        (void)snprintf(target->name, sizeof target->name, "%s/%.*s", system->name,
                       PL_FMT(name ? own->text : last));
        (void)snprintf(target->address, sizeof target->address, "%s", grpc->text.p);
        if (name)
            return;
    }
}

static pl_code find_one(const workspace *space, const char *word, pl_arena *arena, call_target *out,
                        size_t *count, pl_error *err) {
    control_system system;
    char name[64];
    const pl_json_value *status = NULL;
    const char *slash = strchr(word, '/');
    pl_code code = control_find(space, word, &system, name, err);
    if (code == PL_OK)
        code = control_request(&system, "GET", "/v1/status", arena, &status, err);
    if (code != PL_OK)
        return code;
    /* The first replica is shown without its number. */
    const char *replica = slash ? slash + 1 : word;
    add(&system, status, pl_str_ends(pl_str_c(replica), pl_str_c("#1")) ? name : replica, out,
        count);
    if (*count == 0)
        return pl_error_set(err, PL_UNAVAILABLE,
                            "%s has no gRPC address now; parley status shows its state", word);
    return PL_OK;
}

static pl_code find_all(const workspace *space, pl_arena *arena, call_target *out, size_t *count,
                        pl_error *err) {
    control_system systems[SYSTEMS_MAX];
    size_t system_count = control_systems(space, systems, SYSTEMS_MAX);
    for (size_t i = 0; i < system_count; i++) {
        const pl_json_value *status = NULL;
        if (systems[i].address[0] &&
            control_request(&systems[i], "GET", "/v1/status", arena, &status, NULL) == PL_OK)
            add(&systems[i], status, NULL, out, count);
    }
    if (*count == 0)
        return pl_error_set(err, PL_NOT_FOUND,
                            "no system of this workspace runs; parley up SYSTEM starts one, or "
                            "name a server as HOST:PORT");
    return PL_OK;
}

pl_code call_targets(const char *word, call_target out[CALL_TARGETS_MAX], size_t *out_count,
                     pl_error *err) {
    static workspace space; /* large: not on the stack */
    size_t count = 0;
    if (word && strchr(word, ':')) {
        (void)snprintf(out[0].name, sizeof out[0].name, "%.95s", word);
        (void)snprintf(out[0].address, sizeof out[0].address, "%.159s", word);
        *out_count = 1;
        return PL_OK;
    }
    pl_code code = workspace_find(&space, err);
    if (code != PL_OK)
        return code;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    code = word ? find_one(&space, word, &arena, out, &count, err)
                : find_all(&space, &arena, out, &count, err);
    pl_arena_done(&arena);
    if (code == PL_OK)
        *out_count = count;
    return code;
}

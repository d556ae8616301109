#include "common/control.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/run_folder.h"
#include "parley/base/str.h"
#include "parley/http/client.h"

enum { SYSTEMS_MAX = 16, ARENA_BUDGET = 4 << 20, REQUEST_TIMEOUT_MS = 70000, NAMES_MAX = 128 };

/* The control socket's address where the folder it names is there. */
static void read_address(const workspace *space, control_system *system) {
    char path[PATH_MAX];
    char run[120] = "";
    workspace_state(space, system->name, "run", path);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(run, sizeof run, file)) {
        run[strcspn(run, "\n")] = '\0';
        (void)snprintf(system->address, sizeof system->address, "unix:%s/control.sock", run);
    }
    (void)fclose(file);
}

size_t control_systems(const workspace *space, control_system *out, size_t max) {
    char path[PATH_MAX + 16];
    size_t count = 0;
    run_folders_sweep();
    (void)snprintf(path, sizeof path, "%s/.parley", space->root);
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) && count < max;) {
        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= SYSTEM_NAME_MAX)
            continue;
        memset(&out[count], 0, sizeof out[count]);
        (void)snprintf(out[count].name, sizeof out[count].name, "%.*s", SYSTEM_NAME_MAX - 1,
                       entry->d_name);
        read_address(space, &out[count]);
        count++;
    }
    closedir(folder);
    return count;
}

pl_code control_request(const control_system *system, const char *method, const char *target,
                        pl_arena *arena, const pl_json_value **out_answer, pl_error *err) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_http_answer *answer = NULL;
    if (!system->address[0])
        return pl_error_set(err, PL_UNAVAILABLE, "%s does not run; start it with parley up %s",
                            system->name, system->name);
    call.address = system->address;
    call.method = pl_str_c(method);
    call.target = pl_str_c(target);
    call.timeout_ms = REQUEST_TIMEOUT_MS;
    if (pl_http_fetch(&call, &answer, err) != PL_OK)
        return pl_error_set(err, PL_UNAVAILABLE, "%s does not run; start it with parley up %s",
                            system->name, system->name);
    int status = answer->head->status;
    /* The tree may point into the text. */
    char *body = pl_arena_cstr(arena, answer->body);
    pl_code code = body ? pl_json_parse(pl_str_make(body, answer->body.n), "answer", arena,
                                        out_answer, err)
                        : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer is too large");
    if (code == PL_OK && status != 200) {
        const pl_json_value *message = pl_json_at(*out_answer, "error");
        code = pl_error_set(err, PL_FAILED_PRECONDITION, "%s",
                            message ? message->text.p : "the supervisor refused");
    }
    pl_http_answer_free(answer);
    return code;
}

const pl_json_value *control_services(const pl_json_value *status) {
    return pl_json_at(status, "services");
}

const pl_json_value *control_service(const pl_json_value *status, const char *name) {
    const pl_json_value *list = control_services(status);
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        if (pl_json_is(pl_json_at(s, "name"), name))
            return s;
    }
    return NULL;
}

/* A name without the number of a replica. */
static pl_str base_name(pl_str name) {
    return pl_str_make(name.p, pl_str_index(name, '#'));
}

typedef struct finder {
    char system[SYSTEM_NAME_MAX]; /* "" for any */
    char name[64];
    const char *known[NAMES_MAX];
    size_t known_count;
    size_t hits;
    size_t running;
} finder;

static void look_in(finder *f, const control_system *system, pl_arena *arena,
                    control_system *out_system) {
    const pl_json_value *status = NULL;
    if ((f->system[0] && strcmp(f->system, system->name) != 0) || !system->address[0] ||
        control_request(system, "GET", "/v1/status", arena, &status, NULL) != PL_OK)
        return;
    f->running++;
    bool here = false;
    const pl_json_value *list = control_services(status);
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        const pl_json_value *name = pl_json_at(s, "name");
        if (!name)
            continue;
        if (f->known_count < NAMES_MAX)
            f->known[f->known_count++] = name->text.p;
        here = here || pl_str_eqc(base_name(name->text), f->name);
    }
    if (here) {
        f->hits++;
        *out_system = *system;
    }
}

pl_code control_find(const workspace *space, const char *service, control_system *out_system,
                     char out_name[64], pl_error *err) {
    control_system systems[SYSTEMS_MAX];
    finder f = {0};
    const char *slash = strchr(service, '/');
    if (slash)
        (void)snprintf(f.system, sizeof f.system, "%.*s", (int)(slash - service), service);
    pl_str name = base_name(pl_str_c(slash ? slash + 1 : service));
    (void)snprintf(f.name, sizeof f.name, "%.*s", PL_FMT(name));
    size_t count = control_systems(space, systems, SYSTEMS_MAX);
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    for (size_t i = 0; i < count; i++)
        look_in(&f, &systems[i], &arena, out_system);
    pl_code code = PL_OK;
    if (f.running == 0 && f.system[0]) {
        code = pl_error_set(err, PL_NOT_FOUND, "no system '%s' runs here; parley status lists them",
                            f.system);
    } else if (f.running == 0) {
        code = pl_error_set(err, PL_NOT_FOUND,
                            "no system of this workspace runs; parley up SYSTEM starts one");
    } else if (f.hits > 1) {
        code = pl_error_set(err, PL_INVALID_ARGUMENT,
                            "several systems have a service '%s'; write SYSTEM/%s", f.name, f.name);
    } else if (f.hits == 0) {
        const char *near = pl_str_nearest(pl_str_c(f.name), f.known, f.known_count);
        code = pl_error_set(err, PL_NOT_FOUND, "no service '%s'%s%s; parley status lists them",
                            f.name, near ? ", did you mean " : "", near ? near : "");
    } else {
        (void)snprintf(out_name, 64, "%s", f.name);
    }
    pl_arena_done(&arena);
    return code;
}

#include "up/options.h"

#include <stdio.h>
#include <string.h>

#include "parley/base/str.h"
#include "up/ports.h"

enum { NAMES_MAX = UP_SYSTEMS_MAX * SYSTEM_SERVICES_MAX };

static void add_name(up_options *o, const char *name) {
    if (o->count == UP_SYSTEMS_MAX)
        tool_usage(&o->args, "more than %d systems", UP_SYSTEMS_MAX);
    for (size_t i = 0; i < o->count; i++) {
        if (strcmp(o->names[i], name) == 0)
            tool_usage(&o->args, "%s is named twice", name);
    }
    o->names[o->count++] = name;
}

void up_options_parse(up_options *options, int argc, char **argv) {
    up_options *o = options;
    tool_args *args = &o->args;
    tool_args_init(args, argc, argv);
    o->port_base = SYSTEM_PORT_FIRST;
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        int64_t number;
        if (what == TOOL_ARGS_WORD) {
            add_name(o, args->value);
        } else if (tool_args_is(args, "--detach")) {
            o->detach = true;
        } else if (tool_args_is(args, "--port-base")) {
            if (!pl_str_i64(pl_str_c(args->value), &number) || number < PORTS_BASE_MIN ||
                number > PORTS_BASE_MAX)
                tool_usage(args, "--port-base: expected %d to %d, got '%s'", PORTS_BASE_MIN,
                           PORTS_BASE_MAX, args->value);
            o->port_base = (int)number;
        } else {
            if (o->override_count == UP_OVERRIDES_MAX)
                tool_usage(args, "more than %d settings", UP_OVERRIDES_MAX);
            o->overrides[o->override_count++] = (up_override){args->option[2], args->value};
        }
    }
    if (o->count == 0)
        tool_usage(args, "which system?");
}

static void no_service(const up_options *o, const system_model *models, const char *option,
                       const char *name) PL_NORETURN;

static void no_service(const up_options *o, const system_model *models, const char *option,
                       const char *name) {
    const char *known[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < o->count; i++) {
        for (size_t k = 0; k < models[i].service_count; k++)
            known[count++] = models[i].services[k].name;
    }
    const char *near = pl_str_nearest(pl_str_c(name), known, count);
    tool_usage(&o->args, "%s: no service '%s'%s%s", option, name, near ? ", did you mean " : "",
               near ? near : "");
}

/* The service that TEXT begins with, up to END (0: all of it), in any of the systems. */
static system_service *service_of(const up_options *o, system_model *models, const char *option,
                                  const char *text, char end, const char **out_rest) {
    char name[SYSTEM_NAME_MAX * 2];
    pl_str whole = pl_str_c(text);
    size_t at = end ? pl_str_index(whole, end) : whole.n;
    system_service *found = NULL;
    if ((end && at == whole.n) || at >= sizeof name)
        tool_usage(&o->args, "%s: got '%s'", option, text);
    (void)snprintf(name, sizeof name, "%.*s", (int)at, text);
    *out_rest = text + at + (end ? 1 : 0);
    for (size_t i = 0; i < o->count; i++) {
        system_service *service = system_find(&models[i], name);
        if (service && found)
            tool_usage(&o->args, "%s: several systems have a service '%s'; write SYSTEM/%s", option,
                       name, name);
        found = service ? service : found;
    }
    if (!found)
        no_service(o, models, option, name);
    return found;
}

static void set_replicas(const up_options *o, system_model *models, const char *text) {
    const char *rest;
    int64_t n;
    system_service *service = service_of(o, models, "--replicas SERVICE=N", text, '=', &rest);
    if (!pl_str_i64(pl_str_c(rest), &n) || n < 1 || n > SYSTEM_REPLICAS_MAX)
        tool_usage(&o->args, "--replicas %s: expected 1 to %d", text, SYSTEM_REPLICAS_MAX);
    if (service->is_gateway && n > 1)
        tool_usage(&o->args, "--replicas %s: the gateway owns the documented ports: there is one",
                   text);
    service->replicas = (int)n;
}

static pl_code set_setting(const up_options *o, system_model *models, const char *text,
                           pl_arena *arena, pl_error *err) {
    const char *rest;
    system_service *service = service_of(o, models, "--set SERVICE.KEY=VALUE", text, '.', &rest);
    const char *equals = strchr(rest, '=');
    if (!equals || equals == rest)
        tool_usage(&o->args, "--set SERVICE.KEY=VALUE: got '%s'", text);
    const char *key = pl_arena_strndup(arena, rest, (size_t)(equals - rest));
    return key ? system_set(service, key, equals + 1, err)
               : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
}

static void no_system(const up_options *o, const workspace *space, const char *name) PL_NORETURN;

static void no_system(const up_options *o, const workspace *space, const char *name) {
    char names[WORKSPACE_SYSTEMS_MAX][SYSTEM_NAME_MAX];
    const char *known[WORKSPACE_SYSTEMS_MAX];
    for (size_t i = 0; i < space->system_count; i++) {
        workspace_system_name(space, i, names[i]);
        known[i] = names[i];
    }
    const char *near = pl_str_nearest(pl_str_c(name), known, space->system_count);
    if (near)
        tool_usage(&o->args, "no system '%s' in %s, did you mean %s?", name, space->root, near);
    tool_usage(&o->args, "no system '%s' in %s (looked for services/%s/system.yaml)", name,
               space->root, name);
}

static bool has_services(const system_model *model) {
    size_t count = model->service_count;
    return count > 1 || (count == 1 && !model->services[0].is_gateway);
}

pl_code up_options_load(const up_options *options, const workspace *space, pl_arena *arena,
                        system_model *models, pl_error *err) {
    const up_options *o = options;
    const char *rest;
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < o->count; i++) {
        const char *file = workspace_system(space, o->names[i]);
        if (!file)
            no_system(o, space, o->names[i]);
        code = system_load(file, arena, &models[i], err);
        if (code == PL_OK)
            code = system_check_name(&models[i], o->names[i], err);
        if (code == PL_OK && !has_services(&models[i]))
            code = pl_error_set(err, PL_FAILED_PRECONDITION,
                                "system %s has no services yet; parley new service %s/NAME makes "
                                "one",
                                models[i].name, models[i].name);
    }
    for (size_t i = 0; code == PL_OK && i < o->override_count; i++) {
        const up_override *one = &o->overrides[i];
        if (one->what == 'w')
            service_of(o, models, "--without", one->text, '\0', &rest)->left_out = true;
        else if (one->what == 'r')
            set_replicas(o, models, one->text);
        else
            code = set_setting(o, models, one->text, arena, err);
    }
    return code;
}

#include "common/system.h"

#include <stdio.h>
#include <string.h>

#include "parley/base/str.h"
#include "parley/yaml/yaml.h"

/* What reading a file carries around. */
typedef struct reader {
    pl_arena *arena;
    system_model *model;
    pl_error *err;
} reader;

static bool name_valid(pl_str name) {
    if (name.n == 0 || name.n >= SYSTEM_NAME_MAX || name.p[0] < 'a' || name.p[0] > 'z')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static pl_code copy_text(const reader *r, const pl_yaml_node *node, const char **out) {
    pl_str text;
    pl_code code = pl_yaml_get_str(node, &text, r->err);
    if (code != PL_OK)
        return code;
    const char *copy = pl_arena_cstr(r->arena, text);
    if (!copy)
        return pl_error_set(r->err, PL_RESOURCE_EXHAUSTED, "%s: too large", r->model->file);
    *out = copy;
    return PL_OK;
}

static pl_code read_name(const reader *r, const pl_yaml_node *node, const char **out) {
    if (!name_valid(pl_yaml_text(node)))
        return pl_yaml_fail(node, r->err,
                            "expected a name of lower-case letters, digits and '-', at most %d "
                            "characters, got '%.*s'",
                            SYSTEM_NAME_MAX - 1, PL_FMT(pl_yaml_text(node)));
    return copy_text(r, node, out);
}

static pl_code read_list(const reader *r, const pl_yaml_node *node, const char **list,
                         size_t *count) {
    if (!node)
        return PL_OK;
    pl_code code = pl_yaml_expect(node, PL_YAML_SEQUENCE, r->err);
    if (code == PL_OK && pl_yaml_count(node) > SYSTEM_LIST_MAX)
        code = pl_yaml_fail(node, r->err, "more than %d entries", SYSTEM_LIST_MAX);
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(node); i++) {
        code = copy_text(r, pl_yaml_at(node, i), &list[i]);
        if (code == PL_OK)
            *count = i + 1;
    }
    return code;
}

static void mark_line(system_service *service, const char *key, uint32_t line) {
    for (size_t i = 0; i < service->setting_count; i++) {
        if (strcmp(service->settings[i].key, key) == 0)
            service->settings[i].line = line;
    }
}

static pl_code read_settings(const reader *r, const pl_yaml_node *node, system_service *service) {
    if (!node)
        return PL_OK;
    pl_code code = pl_yaml_expect(node, PL_YAML_MAPPING, r->err);
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(node); i++) {
        const char *key = NULL;
        const char *value = NULL;
        code = copy_text(r, pl_yaml_key_at(node, i), &key);
        if (code == PL_OK)
            code = copy_text(r, pl_yaml_at(node, i), &value);
        if (code == PL_OK)
            code = system_set(service, key, value, r->err);
        if (code == PL_OK)
            mark_line(service, key, pl_yaml_line(pl_yaml_key_at(node, i)));
    }
    return code;
}

static pl_code read_store(const reader *r, const pl_yaml_node *node, system_service *service) {
    static const char *const stores[] = {"none", "postgres"};
    size_t index = SYSTEM_STORE_NONE;
    if (node) {
        pl_code code = pl_yaml_get_choice(node, stores, PL_COUNT(stores), &index, r->err);
        if (code != PL_OK)
            return code;
    }
    service->store = (system_store)index;
    return PL_OK;
}

static pl_code read_port(const reader *r, const pl_yaml_node *service_node,
                         system_service *service) {
    const pl_yaml_node *node = NULL;
    int64_t number = 0;
    pl_code code = pl_yaml_require(service_node, "port", &node, r->err);
    if (code == PL_OK)
        code = pl_yaml_get_i64(node, SYSTEM_PORT_FIRST, SYSTEM_PORT_LAST, &number, r->err);
    for (size_t i = 0; code == PL_OK && i < r->model->service_count; i++) {
        if (r->model->services[i].port == number)
            code = pl_yaml_fail(node, r->err, "port %d is that of %s already", (int)number,
                                r->model->services[i].name);
    }
    if (code == PL_OK)
        service->port = (int)number;
    return code;
}

static pl_code read_service(const reader *r, const pl_yaml_node *node, system_service *service) {
    static const char *const keys[] = {"binary", "port",   "store",   "serves",
                                       "calls",  "events", "settings"};
    pl_code code = pl_yaml_check_keys(node, keys, PL_COUNT(keys), r->err);
    if (code == PL_OK)
        code = read_port(r, node, service);
    service->replicas = 1;
    const pl_yaml_node *binary = pl_yaml_find(node, "binary");
    if (code == PL_OK && binary)
        code = copy_text(r, binary, &service->binary);
    else if (code == PL_OK)
        service->binary = pl_arena_printf(r->arena, "%s-%s", r->model->name, service->name);
    if (code == PL_OK && !service->binary)
        code = pl_error_set(r->err, PL_RESOURCE_EXHAUSTED, "%s: too large", r->model->file);
    if (code == PL_OK)
        code = read_store(r, pl_yaml_find(node, "store"), service);
    if (code == PL_OK)
        code = read_list(r, pl_yaml_find(node, "serves"), service->serves, &service->serves_count);
    if (code == PL_OK)
        code = read_list(r, pl_yaml_find(node, "calls"), service->calls, &service->calls_count);
    if (code == PL_OK)
        code = read_list(r, pl_yaml_find(node, "events"), service->events, &service->events_count);
    if (code == PL_OK)
        code = read_settings(r, pl_yaml_find(node, "settings"), service);
    return code;
}

static pl_code add_service(const reader *r, const char *name, const pl_yaml_node *node,
                           bool is_gateway) {
    system_model *model = r->model;
    if (model->service_count == SYSTEM_SERVICES_MAX)
        return pl_yaml_fail(node, r->err, "more than %d services", SYSTEM_SERVICES_MAX);
    system_service *service = &model->services[model->service_count++];
    service->name = name;
    service->is_gateway = is_gateway;
    return read_service(r, node, service);
}

/* Every name in calls and events is a service of this system. */
static pl_code check_names(const reader *r, const char *const *list, size_t count,
                           const pl_yaml_node *node) {
    for (size_t i = 0; i < count; i++) {
        if (!system_find(r->model, list[i]))
            return pl_yaml_fail(pl_yaml_at(node, i), r->err, "no service '%s' in this system",
                                list[i]);
    }
    return PL_OK;
}

static pl_code read_services(const reader *r, const pl_yaml_node *services) {
    pl_code code = pl_yaml_expect(services, PL_YAML_MAPPING, r->err);
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(services); i++) {
        const char *name = NULL;
        code = read_name(r, pl_yaml_key_at(services, i), &name);
        if (code == PL_OK)
            code = add_service(r, name, pl_yaml_at(services, i), false);
    }
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(services); i++) {
        const pl_yaml_node *node = pl_yaml_at(services, i);
        const system_service *service = &r->model->services[i];
        code = check_names(r, service->calls, service->calls_count, pl_yaml_find(node, "calls"));
        if (code == PL_OK)
            code = check_names(r, service->events, service->events_count,
                               pl_yaml_find(node, "events"));
    }
    return code;
}

static pl_code read_root(const reader *r, const pl_yaml_node *root) {
    static const char *const keys[] = {"system", "title", "services", "gateway"};
    const pl_yaml_node *name = NULL;
    const pl_yaml_node *services = NULL;
    pl_code code = pl_yaml_check_keys(root, keys, PL_COUNT(keys), r->err);
    if (code == PL_OK)
        code = pl_yaml_require(root, "system", &name, r->err);
    if (code == PL_OK)
        code = read_name(r, name, &r->model->name);
    r->model->title = r->model->name;
    const pl_yaml_node *title = pl_yaml_find(root, "title");
    if (code == PL_OK && title)
        code = copy_text(r, title, &r->model->title);
    if (code == PL_OK)
        code = pl_yaml_require(root, "services", &services, r->err);
    if (code == PL_OK)
        code = read_services(r, services);
    const pl_yaml_node *gateway = pl_yaml_find(root, "gateway");
    if (code == PL_OK && gateway)
        code = add_service(r, "gateway", gateway, true);
    return code;
}

pl_code system_load(const char *file, pl_arena *arena, system_model *out_model, pl_error *err) {
    memset(out_model, 0, sizeof *out_model);
    out_model->file = file;
    reader r = {arena, out_model, err};
    pl_yaml_doc *doc = NULL;
    pl_code code = pl_yaml_load(file, &doc, err);
    if (code != PL_OK)
        return code;
    code = read_root(&r, pl_yaml_root(doc));
    pl_yaml_free(doc);
    return code;
}

pl_code system_check_name(const system_model *model, const char *name, pl_error *err) {
    if (strcmp(model->name, name) == 0)
        return PL_OK;
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "%s: it says system: %s, and its folder is %s; give both the same name",
                        model->file, model->name, name);
}

system_service *system_find(system_model *model, const char *name) {
    const char *slash = strchr(name, '/');
    if (slash) {
        if (!pl_str_eqc(pl_str_make(name, (size_t)(slash - name)), model->name))
            return NULL;
        name = slash + 1;
    }
    for (size_t i = 0; i < model->service_count; i++) {
        if (strcmp(model->services[i].name, name) == 0)
            return &model->services[i];
    }
    return NULL;
}

pl_code system_set(system_service *service, const char *key, const char *value, pl_error *err) {
    if (strcmp(key, "binary") == 0) {
        service->binary = value;
        return PL_OK;
    }
    size_t i = 0;
    while (i < service->setting_count && strcmp(service->settings[i].key, key) != 0)
        i++;
    if (i == SYSTEM_SETTINGS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s.%s: more than %d settings",
                            service->name, key, SYSTEM_SETTINGS_MAX);
    service->settings[i] = (system_setting){key, value, 0};
    if (i == service->setting_count)
        service->setting_count++;
    return PL_OK;
}

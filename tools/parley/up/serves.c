#include "up/serves.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/str.h"
#include "parley/schema/pool.h"
#include "parley/yaml/yaml.h"

enum { SERVICES_MAX = 256 }; /* that a misspelt name is compared with */

static const char *descriptors_of(const system_model *model) {
    const system_service *gateway = NULL;
    for (size_t i = 0; i < model->service_count; i++) {
        if (model->services[i].is_gateway)
            gateway = &model->services[i];
    }
    for (size_t i = 0; gateway && i < gateway->setting_count; i++) {
        if (strcmp(gateway->settings[i].key, "DESCRIPTORS") == 0)
            return gateway->settings[i].value;
    }
    return NULL;
}

static void find_set(const char *value, const char *root, pl_str build, char out[PATH_MAX]) {
    static const char in_build[] = "${build}", in_root[] = "${root}";
    pl_str text = pl_str_c(value);
    if (pl_str_starts(text, pl_str_c(in_build)))
        (void)snprintf(out, PATH_MAX, "%.*s%s", PL_FMT(build), value + strlen(in_build));
    else if (pl_str_starts(text, pl_str_c(in_root)))
        (void)snprintf(out, PATH_MAX, "%s%s", root, value + strlen(in_root));
    else
        (void)snprintf(out, PATH_MAX, "%s", value);
}

static const char *nearest(const pl_pool *pool, pl_str name) {
    const char *names[SERVICES_MAX];
    size_t count = 0;
    for (size_t f = 0; f < pl_pool_file_count(pool); f++) {
        const pl_file *file = pl_pool_file_at(pool, f);
        for (size_t i = 0; i < file->service_count && count < SERVICES_MAX; i++)
            names[count++] = file->services[i]->full_name.p;
    }
    return pl_str_nearest(name, names, count);
}

static pl_code unknown(const pl_yaml_node *node, const pl_pool *pool, const char *set,
                       pl_error *err) {
    pl_str name = pl_yaml_text(node);
    pl_str shown = pl_utf8_cut(name, 64);
    const char *near = nearest(pool, name);
    if (near)
        return pl_yaml_fail(node, err, "no service '%.*s' in the protos, did you mean '%s'?",
                            PL_FMT(shown), near);
    return pl_yaml_fail(node, err,
                        "no service '%.*s' in the protos; its full name is that of its .proto, "
                        "which belongs to the system's in %s",
                        PL_FMT(shown), set);
}

/* Reads the file again: the model keeps no places. */
static pl_code check_all(const system_model *model, const pl_pool *pool, const char *set,
                         pl_error *err) {
    pl_yaml_doc *doc = NULL;
    pl_code code = pl_yaml_load(model->file, &doc, err);
    if (code != PL_OK)
        return code;
    const pl_yaml_node *services = pl_yaml_find(pl_yaml_root(doc), "services");
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(services); i++) {
        const pl_yaml_node *serves = pl_yaml_find(pl_yaml_at(services, i), "serves");
        for (size_t k = 0; code == PL_OK && serves && k < pl_yaml_count(serves); k++) {
            const pl_yaml_node *node = pl_yaml_at(serves, k);
            if (!pl_pool_service(pool, pl_yaml_text(node)))
                code = unknown(node, pool, set, err);
        }
    }
    pl_yaml_free(doc);
    return code;
}

pl_code serves_check(const system_model *model, const char *root, pl_str build, pl_error *err) {
    const char *value = descriptors_of(model);
    char set[PATH_MAX];
    pl_pool *pool = NULL;
    if (!value)
        return PL_OK;
    find_set(value, root, build, set);
    if (access(set, R_OK) != 0)
        return PL_OK;
    pl_code code = pl_pool_load(set, NULL, &pool, err);
    if (code == PL_OK)
        code = check_all(model, pool, set, err);
    pl_pool_free(pool);
    return code;
}

/* The names that completion offers. Where there are none, nothing says why. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/protos.h"
#include "contract/contract.h"

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *in, const char *name) {
    char path[PATH_MAX + NAME_MAX + 2];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/%s", in, name);
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folders with contracts, whatever is in them. */
static void print_providers(const workspace *space) {
    char folder[PATH_MAX];
    struct dirent **entries = NULL;
    int count = 0;
    if (workspace_contracts(space, folder, NULL) == PL_OK)
        count = scandir(folder, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        if (is_folder(folder, entries[i]->d_name))
            (void)puts(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* Another service of POOL has the same name in another package. */
static bool is_ambiguous(const pl_pool *pool, const pl_service_type *service) {
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        for (size_t s = 0; s < file->service_count; s++) {
            if (file->services[s] != service && pl_str_eq(file->services[s]->name, service->name))
                return true;
        }
    }
    return false;
}

/* Those of the workspace's own protos, as parley call takes them. */
static void print_methods(const workspace *space) {
    pl_findings *findings = pl_findings_new();
    pl_pool *pool = NULL;
    char path[PATH_MAX];
    if (!findings || protos_load(space, findings, &pool, NULL) != PL_OK)
        pool = NULL;
    for (size_t i = 0; pool && i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        if (!file->service_count || !protos_path(space, file->name, path))
            continue;
        for (size_t s = 0; s < file->service_count; s++) {
            const pl_service_type *service = file->services[s];
            pl_str name = is_ambiguous(pool, service) ? service->full_name : service->name;
            for (size_t m = 0; m < service->method_count; m++)
                printf("%.*s.%.*s\n", PL_FMT(name), PL_FMT(service->methods[m].name));
        }
    }
    pl_pool_free(pool);
    pl_findings_free(findings);
}

int print_names(tool_args *args) {
    workspace space;
    const char *what = "";
    while (tool_args_next(args) == TOOL_ARGS_WORD)
        what = args->value;
    if (workspace_find(&space, NULL) != PL_OK)
        return TOOL_EXIT_OK;
    if (strcmp(what, "methods") == 0)
        print_methods(&space);
    else
        print_providers(&space);
    return TOOL_EXIT_OK;
}

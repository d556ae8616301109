/* The providers that completion offers: the folders with contracts, whatever is in them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
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

int print_providers(tool_args *args) {
    workspace space;
    char folder[PATH_MAX];
    struct dirent **entries = NULL;
    int count = 0;
    while (tool_args_next(args) != TOOL_ARGS_END)
        ; /* -C */
    if (workspace_find(&space, NULL) == PL_OK && workspace_contracts(&space, folder, NULL) == PL_OK)
        count = scandir(folder, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        if (is_folder(folder, entries[i]->d_name))
            (void)puts(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return TOOL_EXIT_OK;
}

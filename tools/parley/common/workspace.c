#include "common/workspace.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/base/str.h"
#include "parley/yaml/yaml.h"

static bool exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

static pl_code find_root(char root[PATH_MAX], pl_error *err) {
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here))
        return pl_error_errno(err, errno, "the current folder");
    for (;;) {
        char file[PATH_MAX + 16];
        (void)snprintf(file, sizeof file, "%s/parley.yaml", here);
        if (exists(file)) {
            (void)snprintf(root, PATH_MAX, "%s", here);
            return PL_OK;
        }
        char *slash = strrchr(here, '/');
        if (!slash || slash == here)
            break;
        *slash = '\0';
    }
    return pl_error_set(err, PL_NOT_FOUND,
                        "no parley.yaml here or in a folder above; an empty one makes the folder "
                        "that holds proto/ and services/ a workspace, or use -C DIR");
}

/* Adds the files that PATTERN, relative to the root, names. */
static pl_code add_systems(workspace *space, const char *pattern, pl_error *err) {
    char whole[PATH_MAX * 2];
    (void)snprintf(whole, sizeof whole, "%s/%s", space->root, pattern);
    glob_t found;
    int status = glob(whole, 0, NULL, &found);
    if (status == GLOB_NOMATCH)
        return PL_OK;
    if (status != 0)
        return pl_error_set(err, PL_INTERNAL, "cannot read the folders of %s", whole);
    pl_code code = PL_OK;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (space->system_count == WORKSPACE_SYSTEMS_MAX) {
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %d systems", whole,
                                WORKSPACE_SYSTEMS_MAX);
            break;
        }
        (void)snprintf(space->systems[space->system_count++], PATH_MAX, "%s", found.gl_pathv[i]);
    }
    globfree(&found);
    return code;
}

/* build: a folder, below the root or whole. */
static pl_code read_build(workspace *space, const pl_yaml_node *root, pl_error *err) {
    const pl_yaml_node *node = pl_yaml_find(root, "build");
    pl_str folder = {0};
    if (!node)
        return PL_OK;
    pl_code code = pl_yaml_get_str(node, &folder, err);
    if (code == PL_OK && folder.n > 0 && folder.p[0] == '/')
        (void)snprintf(space->build, sizeof space->build, "%s", folder.p);
    else if (code == PL_OK && folder.n > 0)
        (void)snprintf(space->build, sizeof space->build, "%s/%s", space->root, folder.p);
    return code;
}

static pl_code read_file(workspace *space, pl_error *err) {
    static const char *const keys[] = {"protos", "includes", "contracts", "systems", "build"};
    char file[PATH_MAX + 16];
    (void)snprintf(file, sizeof file, "%s/parley.yaml", space->root);
    pl_yaml_doc *doc = NULL;
    pl_code code = pl_yaml_load(file, &doc, err);
    if (code != PL_OK)
        return code;
    const pl_yaml_node *root = pl_yaml_root(doc);
    const pl_yaml_node *systems = NULL;
    if (!pl_yaml_is_null(root)) {
        code = pl_yaml_check_keys(root, keys, PL_COUNT(keys), err);
        systems = pl_yaml_find(root, "systems");
        if (code == PL_OK && systems)
            code = pl_yaml_expect(systems, PL_YAML_SEQUENCE, err);
    }
    if (code == PL_OK)
        code = read_build(space, root, err);
    if (code == PL_OK && !systems)
        code = add_systems(space, "services/*/system.yaml", err);
    for (size_t i = 0; code == PL_OK && systems && i < pl_yaml_count(systems); i++) {
        pl_str pattern;
        code = pl_yaml_get_str(pl_yaml_at(systems, i), &pattern, err);
        if (code == PL_OK)
            code = add_systems(space, pattern.p, err);
    }
    pl_yaml_free(doc);
    return code;
}

pl_code workspace_find(workspace *out_workspace, pl_error *err) {
    workspace *space = out_workspace;
    memset(space, 0, sizeof *space);
    pl_code code = find_root(space->root, err);
    return code != PL_OK ? code : read_file(space, err);
}

/* The folder that a file is in, without what is above it. */
static pl_str folder_of(const char *file) {
    pl_str path = pl_str_c(file);
    size_t end = path.n;
    while (end > 0 && path.p[end - 1] != '/')
        end--;
    end -= end > 0;
    size_t start = end;
    while (start > 0 && path.p[start - 1] != '/')
        start--;
    return pl_str_make(path.p + start, end - start);
}

void workspace_system_name(const workspace *space, size_t index, char out[SYSTEM_NAME_MAX]) {
    (void)snprintf(out, SYSTEM_NAME_MAX, "%.*s", PL_FMT(folder_of(space->systems[index])));
}

const char *workspace_system(const workspace *space, const char *name) {
    for (size_t i = 0; i < space->system_count; i++) {
        if (pl_str_eqc(folder_of(space->systems[i]), name))
            return space->systems[i];
    }
    return NULL;
}

pl_code workspace_make_state(const workspace *space, pl_error *err) {
    char path[PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/.parley", space->root);
    if (mkdir(path, 0755) != 0)
        return errno == EEXIST ? PL_OK : pl_error_errno(err, errno, "%s", path);
    (void)snprintf(path, sizeof path, "%s/.parley/.gitignore", space->root);
    FILE *file = fopen(path, "we");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    (void)fputs("*\n", file);
    return fclose(file) == 0 ? PL_OK : pl_error_errno(err, errno, "%s", path);
}

void workspace_state(const workspace *space, const char *system, const char *rest,
                     char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "%s/.parley/%s%s%s", space->root, system, *rest ? "/" : "", rest);
}

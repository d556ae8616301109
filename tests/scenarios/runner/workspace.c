/* What a system needs before it starts: a workspace, a range of ports, proxies. */
#include "workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Bases from here on: gRPC and admin ports of one do not meet the documented ones of another.
     */
    PORT_BASE_FIRST = 10000,
    PORT_BASE_STEP = 100,
    PORT_BASES = 10,
    GRPC_OFFSET = 1000,
    DEMO_BASE = 8000,
    OPEN_FOLDERS = 16,
};

/* ---- the workspace ----------------------------------------------------------------------- */

/* build: of the parley.yaml in ROOT. */
static void read_build(world *w) {
    char path[PATH_MAX + NAME_MAX_BYTES];
    pl_yaml_doc *doc = NULL;
    pl_str folder = {0};
    (void)snprintf(path, sizeof path, "%s/parley.yaml", w->root);
    if (pl_yaml_load(path, &doc, NULL) != PL_OK)
        return;
    const pl_yaml_node *root = pl_yaml_root(doc);
    const pl_yaml_node *node = pl_yaml_is_null(root) ? NULL : pl_yaml_find(root, "build");
    if (node && pl_yaml_get_str(node, &folder, NULL) == PL_OK)
        (void)snprintf(w->build, sizeof w->build, "%s%s%s", folder.p[0] == '/' ? "" : w->root,
                       folder.p[0] == '/' ? "" : "/", folder.p);
    pl_yaml_free(doc);
}

void workspace_find(world *w, const char *file) {
    char path[PATH_MAX + NAME_MAX_BYTES];
    char *slash = NULL;
    (void)snprintf(w->build, sizeof w->build, "%s/..", w->bin);
    if (!realpath(file, w->root))
        w->root[0] = '\0';
    do {
        slash = strrchr(w->root, '/');
        if (!slash) {
            if (!getcwd(w->root, sizeof w->root))
                w->root[0] = '\0';
            return;
        }
        *slash = '\0';
        (void)snprintf(path, sizeof path, "%s/parley.yaml", w->root);
    } while (access(path, R_OK) != 0);
    read_build(w);
}

static bool link_to(const world *w, const char *name) {
    char target[PATH_MAX + NAME_MAX_BYTES];
    char path[PATH_MAX + NAME_MAX_BYTES];
    (void)snprintf(target, sizeof target, "%s/%s", w->root, name);
    (void)snprintf(path, sizeof path, "%s/%s", w->folder, name);
    return symlink(target, path) == 0;
}

bool workspace_make(world *w, context *c, const pl_yaml_node *root) {
    char path[PATH_MAX + NAME_MAX_BYTES];
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(w->folder, sizeof w->folder, "%s/parley-scenario-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(w->folder)) {
        w->folder[0] = '\0';
        return blame(c->failure, root, "no temporary folder (errno %d)", errno);
    }
    /* PostgreSQL and Redis run as users of their own. */
    (void)chmod(w->folder, 0755);
    (void)snprintf(path, sizeof path, "%s/parley.yaml", w->folder);
    FILE *file = fopen(path, "we");
    bool written = file && fprintf(file, "build: '%s'\n", w->build) > 0;
    if (file && fclose(file) != 0)
        written = false;
    if (!written || !link_to(w, "services") || !link_to(w, "proto"))
        return blame(c->failure, root, "%s: cannot be filled (errno %d)", w->folder, errno);
    return true;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)info, (void)type, (void)ftw;
    (void)remove(path);
    return 0;
}

/* ---- ports ------------------------------------------------------------------------------- */

/* A range of ports that no other runner takes as long as this one runs. */
bool ports_lock(world *w, context *c, const pl_yaml_node *root) {
    for (int i = 0; i < PORT_BASES; i++) {
        char path[PATH_MAX];
        int base = PORT_BASE_FIRST + i * PORT_BASE_STEP;
        (void)snprintf(path, sizeof path, "/tmp/parley-scenario-ports-%d", base);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            w->port_lock = fd;
            w->port_base = base;
            return true;
        }
        if (fd >= 0)
            close(fd);
    }
    return blame(c->failure, root, "%d runners have all ranges of ports", PORT_BASES);
}

/* Documented ports stand in the system's file. */
bool ports_set(world *w, context *c, const pl_yaml_node *root) {
    char path[PATH_MAX * 2];
    pl_error err = PL_ERROR_INIT;
    pl_yaml_doc *doc = NULL;
    int64_t port = 0;
    (void)snprintf(path, sizeof path, "%s/services/%s/system.yaml", w->root, w->system);
    pl_code code = pl_yaml_load(path, &doc, &err);
    const pl_yaml_node *system = code == PL_OK ? pl_yaml_root(doc) : NULL;
    const pl_yaml_node *services = pl_yaml_find(system, "services");
    for (size_t i = 0; code == PL_OK && i < count_of(services); i++) {
        char name[NAME_MAX_BYTES * 2];
        (void)snprintf(name, sizeof name, "port.%s", pl_yaml_text(pl_yaml_key_at(services, i)).p);
        code = pl_yaml_get_i64(pl_yaml_find(pl_yaml_at(services, i), "port"), 1, 65535, &port,
                               &err);
        vars_set_i64(&w->vars, name, port - DEMO_BASE + w->port_base);
    }
    if (code == PL_OK)
        code = pl_yaml_get_i64(pl_yaml_find(pl_yaml_find(system, "gateway"), "port"), 1, 65535,
                               &port, &err);
    vars_set_i64(&w->vars, "port.gateway", port - DEMO_BASE + w->port_base);
    pl_yaml_free(doc);
    return code == PL_OK || blame_error(c->failure, root, &err);
}

bool proxies_start(world *w, context *c, const pl_yaml_node *proxies) {
    for (size_t i = 0; i < count_of(proxies); i++) {
        char port[NAME_MAX_BYTES * 2];
        char address[NAME_MAX_BYTES * 2];
        pl_error err = PL_ERROR_INIT;
        pl_buf text = pl_buf_make(TEXT_BYTES_MAX);
        int64_t number = 0;
        const pl_yaml_node *target = pl_yaml_at(proxies, i);
        if (w->proxy_count == PROXIES_MAX)
            return blame(c->failure, proxies, "more than %d proxies", PROXIES_MAX);
        named_proxy *p = &w->proxies[w->proxy_count];
        (void)snprintf(p->name, sizeof p->name, "%s", pl_yaml_text(pl_yaml_key_at(proxies, i)).p);
        (void)snprintf(port, sizeof port, "$(port.%s)", pl_yaml_text(target).p);
        bool ok = vars_expand(&w->vars, pl_str_c(port), target, &text, c->failure) &&
                  pl_str_i64(pl_buf_view(&text), &number);
        pl_buf_done(&text);
        if (!ok)
            return false;
        (void)snprintf(address, sizeof address, "127.0.0.1:%d", (int)number + GRPC_OFFSET);
        if (pl_test_proxy_start(address, &p->proxy, &err) != PL_OK)
            return blame_error(c->failure, target, &err);
        w->proxy_count++;
        (void)snprintf(port, sizeof port, "proxy.%s", p->name);
        vars_set(&w->vars, port, pl_str_c(pl_test_proxy_address(p->proxy)));
    }
    return true;
}

void workspace_remove(world *w) {
    for (size_t i = 0; i < w->proxy_count; i++)
        pl_test_proxy_free(w->proxies[i].proxy);
    if (w->port_lock >= 0)
        close(w->port_lock);
    if (w->folder[0] && w->keep)
        (void)fprintf(stderr, "kept: %s\n", w->folder);
    else if (w->folder[0])
        (void)nftw(w->folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

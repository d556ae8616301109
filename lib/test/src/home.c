#include "home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define PREFIX     "parley-s-"
#define LOCK_NAME  "owner.lock"
#define STATE_ROOT "/var/lib/parley"
/* Links from a folder that the server's user cannot reach to where the data is. */
#define LINK_NAME "data"

/* ---- users ----------------------------------------------------------------------- */

pl_code server_user_find(const char *name, server_user *out_user, pl_error *err) {
    server_user user = {.uid = geteuid(), .gid = getegid()};
    if (user.uid == 0) {
        char buffer[4096];
        struct passwd entry, *found = NULL;
        int rc = getpwnam_r(name, &entry, buffer, sizeof buffer, &found);
        if (rc != 0 || !found)
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "user %s: no such user, and the server must not run as root; "
                                "install the Debian package that makes it (postgresql-15, "
                                "redis-server)",
                                name);
        user = (server_user){.switched = true, .uid = entry.pw_uid, .gid = entry.pw_gid};
        snprintf(user.name, sizeof user.name, "%s", name);
    }
    *out_user = user;
    return PL_OK;
}

/* ---- the folder for sockets ------------------------------------------------------ */

/* As root the servers' users must be able to enter it, which /run/user/0 does not allow. */
static const char *short_parent(void) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool usable = geteuid() != 0 && runtime && runtime[0] == '/' && strlen(runtime) < 32 &&
                  access(runtime, W_OK | X_OK) == 0;
    return usable ? runtime : "/tmp";
}

/* The lock stands under its name only when it is held, so nobody takes a new folder for one that
 * was left behind. */
static int lock_folder(const char *folder) {
    char temporary[96], final[96];
    snprintf(temporary, sizeof temporary, "%s/%s.new", folder, LOCK_NAME);
    snprintf(final, sizeof final, "%s/%s", folder, LOCK_NAME);
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) != 0 || rename(temporary, final) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool left_behind(const char *folder) {
    struct stat st;
    if (lstat(folder, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077) != 0)
        return false;
    if (geteuid() != 0 && st.st_uid != geteuid())
        return false;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, LOCK_NAME);
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    /* The lock must be ours: as root a stranger's folder is none of our business. */
    bool dead = fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return dead;
}

static void sweep(const char *parent) {
    DIR *folder = opendir(parent);
    if (!folder)
        return;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        char path[512];
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (left_behind(path) && tree_remove(path, NULL) != PL_OK)
            continue; /* the next one tries again */
    }
    closedir(folder);
}

pl_code server_home_init(server_home *home, const char *dir, const server_user *user,
                         pl_error *err) {
    *home = (server_home){.lock_fd = -1, .throwaway = !dir};
    const char *parent = short_parent();
    sweep(parent);
    char run[sizeof home->run];
    snprintf(run, sizeof run, "%s/" PREFIX "XXXXXX", parent);
    if (!mkdtemp(run))
        return pl_error_errno(err, errno, "cannot make a folder in %s", parent);
    memcpy(home->run, run, sizeof run);
    home->lock_fd = lock_folder(run);
    if (home->lock_fd < 0 || (user->switched && chown(run, user->uid, user->gid) != 0))
        return pl_error_errno(err, errno, "cannot lock or give away %s", run);
    if (dir)
        return server_data_locate(dir, user, home->data, err);
    snprintf(home->data, sizeof home->data, "%s/data", run);
    return PL_OK;
}

void server_home_done(server_home *home) {
    if (home->run[0] && tree_remove(home->run, NULL) == PL_OK)
        home->run[0] = 0;
    if (home->lock_fd >= 0)
        close(home->lock_fd);
    home->lock_fd = -1;
}

/* ---- the data -------------------------------------------------------------------- */

pl_code server_folder_make(const char *path, const server_user *user, pl_error *err) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        /* A umask must not lock the server's user out. */
        bool made = mkdir(part, 0755) == 0;
        if ((made && chmod(part, 0755) != 0) || (!made && errno != EEXIST))
            return pl_error_errno(err, errno, "cannot make %s", part);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return pl_error_errno(err, errno, "cannot make %s", path);
    if (user->switched && chown(path, user->uid, user->gid) != 0)
        return pl_error_errno(err, errno, "cannot give %s to %s", path, user->name);
    return PL_OK;
}

/* May USER pass through the existing parents of PATH? */
static bool reachable(const char *path, const server_user *user) {
    if (!user->switched)
        return true;
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        struct stat st;
        bool there = stat(part, &st) == 0;
        *slash = '/';
        if (!there)
            return true; /* those not yet there will be made so that it may */
        mode_t bit = st.st_uid == user->uid ? S_IXUSR : st.st_gid == user->gid ? S_IXGRP : S_IXOTH;
        if (!(st.st_mode & bit))
            return false;
    }
    return true;
}

static uint64_t hash(const char *text) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return h;
}

static pl_code absolute(const char *dir, char out[PATH_MAX], pl_error *err) {
    char here[PATH_MAX] = "";
    if (dir[0] != '/' && !getcwd(here, sizeof here))
        return pl_error_errno(err, errno, "cannot find the working folder");
    int n = dir[0] == '/' ? snprintf(out, PATH_MAX, "%s", dir)
                          : snprintf(out, PATH_MAX, "%s/%s", here, dir);
    if (n < 0 || n >= PATH_MAX - 64)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%.64s...: the path is too long", dir);
    while (n > 1 && out[n - 1] == '/')
        out[--n] = 0;
    return PL_OK;
}

/* Follows the link in PATH, or makes one to a place that USER can reach. */
static pl_code elsewhere(const char *path, const server_user *user, char out[PATH_MAX],
                         pl_error *err) {
    char link[PATH_MAX + 16];
    snprintf(link, sizeof link, "%s/%s", path, LINK_NAME);
    ssize_t n = readlink(link, out, PATH_MAX - 1);
    if (n > 0) {
        out[n] = 0;
        return PL_OK;
    }
    if (reachable(path, user))
        return pl_error_set(err, PL_NOT_FOUND, "%s: no link", path);
    server_user root = {0};
    pl_code code = server_folder_make(path, &root, err);
    if (code)
        return code;
    snprintf(out, PATH_MAX, "%s/%s-%016llx", STATE_ROOT, user->name,
             (unsigned long long)hash(path));
    if (symlink(out, link) != 0)
        return pl_error_errno(err, errno, "cannot make %s", link);
    return PL_OK;
}

pl_code server_data_locate(const char *dir, const server_user *user, char out[PATH_MAX],
                           pl_error *err) {
    char path[PATH_MAX];
    pl_code code = absolute(dir, path, err);
    if (code)
        return code;
    code = elsewhere(path, user, out, err);
    if (code != PL_NOT_FOUND)
        return code;
    memcpy(out, path, PATH_MAX);
    return PL_OK;
}

pl_code server_data_erase(const char *dir, pl_error *err) {
    char path[PATH_MAX], link[PATH_MAX + 16], target[PATH_MAX];
    pl_code code = absolute(dir, path, err);
    if (code)
        return code;
    snprintf(link, sizeof link, "%s/%s", path, LINK_NAME);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n > 0) {
        target[n] = 0;
        if (strncmp(target, STATE_ROOT "/", sizeof STATE_ROOT) == 0)
            code = tree_remove(target, err);
    }
    return code ? code : tree_remove(path, err);
}

#include "template.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "process.h"
#include "tree.h"

#define INITDB_MS 60000
/* Rises when the arguments of initdb change. */
#define TEMPLATE_VERSION 1

/* ---- initdb ---------------------------------------------------------------------- */

static pl_code run_initdb(const char *target, const server_user *user, bool durable,
                          const char *log, pl_error *err) {
    pl_code code = server_folder_make(target, user, err);
    if (code)
        return code;
    static const char initdb[] = POSTGRES_BIN "/initdb";
    static const char superuser[] = "--username=" POSTGRES_SUPERUSER;
    const char *argv[] = {initdb,
                          "-D",
                          target,
                          superuser,
                          "--auth=trust",
                          "--encoding=UTF8",
                          "--locale=C",
                          "--no-instructions",
                          durable ? NULL : "--no-sync",
                          NULL};
    /* argv is an array of pointers that exec does not write through. */
    char *copy[sizeof argv / sizeof *argv];
    memcpy(copy, argv, sizeof argv);
    pl_test_command command = {.argv = copy,
                               .env = server_environment,
                               .cwd = "/",
                               .switch_user = user->switched,
                               .uid = user->uid,
                               .gid = user->gid,
                               .death_signal = SIGKILL};
    server_process process = SERVER_PROCESS_INIT;
    code = server_process_start(&process, &command, log, err);
    if (code)
        return code;
    if (!server_process_wait(&process, pl_deadline_ms(INITDB_MS)))
        server_process_stop(&process, SIGKILL, PL_NEVER);
    if (WIFEXITED(process.status) && WEXITSTATUS(process.status) == 0)
        return PL_OK;
    char end[SERVER_LOG_END];
    server_log_end(log, end);
    return pl_error_set(err, PL_FAILED_PRECONDITION, "initdb failed for %s: %s", target, end);
}

/* ---- the cache ------------------------------------------------------------------- */

static bool cache_folder(char out[PATH_MAX]) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (geteuid() == 0)
        n = snprintf(out, PATH_MAX, "/var/cache/parley");
    else if (cache && cache[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/parley", cache);
    else if (home && home[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/.cache/parley", home);
    static const server_user self = {0};
    return n > 0 && n < PATH_MAX - 128 && server_folder_make(out, &self, NULL) == PL_OK;
}

/* One template for each build of PostgreSQL: the program's time stands for its version. */
static bool template_path(const char *cache, char out[PATH_MAX]) {
    struct stat st;
    if (stat(POSTGRES_BIN "/postgres", &st) != 0)
        return false;
    int n = snprintf(out, PATH_MAX, "%s/postgresql-" POSTGRES_MAJOR "-%llx-%llx-%d", cache,
                     (unsigned long long)st.st_mtime, (unsigned long long)st.st_size,
                     TEMPLATE_VERSION);
    return n > 0 && n < PATH_MAX;
}

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

/* Puts a copy of the new cluster into the cache. Failing does no harm: the next one tries again. */
static void keep_template(const char *made, const char *template) {
    static const server_user self = {0};
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.new", template);
    if (tree_remove(temporary, NULL) != PL_OK)
        return;
    bool kept = tree_copy(made, temporary, &self, NULL) == PL_OK &&
                rename(temporary, template) == 0;
    if (!kept && tree_remove(temporary, NULL) != PL_OK)
        return;
}

/* Under the cache's lock: of many that start at once one runs initdb, and the others wait for it.
 */
static pl_code make_first(const char *target, const server_user *user, const char *cache,
                          const char *template, bool durable, const char *log, pl_error *err) {
    char lock[PATH_MAX + 16];
    snprintf(lock, sizeof lock, "%s/lock", cache);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        if (fd >= 0)
            close(fd);
        return run_initdb(target, user, durable, log, err);
    }
    pl_code code;
    if (is_there(template)) {
        code = tree_copy(template, target, user, err);
    } else {
        code = run_initdb(target, user, durable, log, err);
        if (!code)
            keep_template(target, template);
    }
    close(fd);
    return code;
}

static pl_code flush(const char *target, pl_error *err) {
    int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int errnum = fd < 0 || syncfs(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return errnum ? pl_error_errno(err, errnum, "cannot write %s to the disk", target) : PL_OK;
}

pl_code template_make(const char *target, const server_user *user, bool own_identity, bool durable,
                      const char *log, pl_error *err) {
    if (!is_there(POSTGRES_BIN "/initdb"))
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            POSTGRES_BIN "/initdb: not found; install the Debian package "
                                         "postgresql-" POSTGRES_MAJOR);
    char cache[PATH_MAX], template[PATH_MAX];
    if (own_identity || !cache_folder(cache) || !template_path(cache, template))
        return run_initdb(target, user, durable, log, err);
    pl_code code = is_there(template)
                       ? tree_copy(template, target, user, err)
                       : make_first(target, user, cache, template, durable, log, err);
    return code || !durable ? code : flush(target, err);
}

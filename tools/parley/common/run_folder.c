#include "common/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "parley/base/str.h"

#define PREFIX "parley-"

enum { BASE_MAX = 40, RANDOM = 6 /* what mkdtemp makes of its template */ };

static const char *base_folder(void) {
    const char *base = getenv("XDG_RUNTIME_DIR");
    return base && *base && strlen(base) <= BASE_MAX && access(base, W_OK) == 0 ? base : "/tmp";
}

pl_code run_folder_make(char out_path[RUN_FOLDER_SIZE], pl_error *err) {
    char path[RUN_FOLDER_SIZE];
    (void)snprintf(path, sizeof path, "%s/" PREFIX "XXXXXX", base_folder());
    if (!mkdtemp(path))
        return pl_error_errno(err, errno, "%s", path);
    memcpy(out_path, path, sizeof path);
    return PL_OK;
}

/* In a folder that everybody may write to, a name may be another user's, or a way to elsewhere. */
static bool is_own_folder(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

/* Nobody listens at the socket PATH, nor is about to. */
static bool is_dead(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode) || info.st_uid != geteuid() ||
        time(NULL) - info.st_mtime < RUN_FOLDER_AGE_S)
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK); /* one that is too busy to accept is not dead */
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    bool dead = connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
                errno == ECONNREFUSED;
    close(fd);
    return dead;
}

void run_folders_sweep(void) {
    const char *base = base_folder();
    DIR *folder = opendir(base);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[RUN_FOLDER_SIZE];
        char socket_path[RUN_FOLDER_SIZE + 16];
        if (!pl_str_starts(pl_str_c(entry->d_name), pl_str_c(PREFIX)) ||
            strlen(entry->d_name) != sizeof PREFIX - 1 + RANDOM)
            continue;
        (void)snprintf(path, sizeof path, "%s/%.32s", base, entry->d_name);
        (void)snprintf(socket_path, sizeof socket_path, "%s/control.sock", path);
        if (is_own_folder(path) && is_dead(socket_path)) {
            (void)unlink(socket_path);
            (void)rmdir(path);
        }
    }
    closedir(folder);
}

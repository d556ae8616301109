#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_CHUNK ((size_t)1 << 20)

static bool is_dot(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int open_folder(int at, const char *name) {
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---- removing -------------------------------------------------------------------- */

static int remove_at(int at, const char *name, int depth);

/* 0, or the errno. Takes FD. */
static int remove_entries(int fd, int depth) {
    DIR *folder = fdopendir(fd);
    if (!folder) {
        int errnum = errno;
        close(fd);
        return errnum;
    }
    int errnum = 0;
    const struct dirent *entry;
    while (!errnum && (entry = readdir(folder))) {
        if (!is_dot(entry->d_name))
            errnum = remove_at(dirfd(folder), entry->d_name, depth + 1);
    }
    closedir(folder);
    return errnum;
}

static int remove_at(int at, const char *name, int depth) {
    if (depth > TREE_DEPTH_MAX)
        return ELOOP;
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    int fd = open_folder(at, name);
    if (fd < 0)
        return errno == ENOENT ? 0 : errno;
    int errnum = remove_entries(fd, depth);
    if (!errnum && unlinkat(at, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        errnum = errno;
    return errnum;
}

pl_code tree_remove(const char *path, pl_error *err) {
    int errnum = remove_at(AT_FDCWD, path, 0);
    return errnum ? pl_error_errno(err, errnum, "cannot remove %s", path) : PL_OK;
}

/* ---- copying --------------------------------------------------------------------- */

static int copy_bytes(int from, int to) {
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, COPY_CHUNK, 0);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            break;
    }
    /* Not on every file system: by hand then, from where it stands. */
    char buffer[16384];
    ssize_t n;
    while ((n = read(from, buffer, sizeof buffer)) > 0) {
        if (write(to, buffer, (size_t)n) != n)
            return errno ? errno : EIO;
    }
    return n < 0 ? errno : 0;
}

static int own(int fd, const server_user *user) {
    return user->switched && fchown(fd, user->uid, user->gid) != 0 ? errno : 0;
}

static int copy_file(int from_at, int to_at, const char *name, mode_t mode,
                     const server_user *user) {
    int from = openat(from_at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return errno;
    int errnum = 0;
    int to = openat(to_at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (to < 0)
        errnum = errno;
    if (!errnum)
        errnum = copy_bytes(from, to);
    if (!errnum)
        errnum = own(to, user);
    if (to >= 0 && close(to) != 0 && !errnum)
        errnum = errno;
    close(from);
    return errnum;
}

static int copy_entries(int from_fd, int to, const server_user *user, int depth);

static int copy_folder(int from_at, int to_at, const char *name, const server_user *user,
                       int depth) {
    int from = open_folder(from_at, name);
    if (from < 0)
        return errno;
    int errnum = mkdirat(to_at, name, 0700) != 0 ? errno : 0;
    int to = errnum ? -1 : open_folder(to_at, name);
    if (!errnum && to < 0)
        errnum = errno;
    if (errnum) {
        close(from);
        return errnum;
    }
    errnum = copy_entries(from, to, user, depth);
    close(to);
    return errnum;
}

static int copy_entry(int from, int to, const char *name, const server_user *user, int depth) {
    struct stat st;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return copy_folder(from, to, name, user, depth + 1);
    if (S_ISREG(st.st_mode))
        return copy_file(from, to, name, st.st_mode & 0777, user);
    return 0; /* sockets and links are no data */
}

/* Copies what is in FROM_FD, which it takes, into TO. */
static int copy_entries(int from_fd, int to, const server_user *user, int depth) {
    DIR *folder = depth > TREE_DEPTH_MAX ? NULL : fdopendir(from_fd);
    if (!folder) {
        close(from_fd);
        return ELOOP;
    }
    int errnum = 0;
    const struct dirent *entry;
    while (!errnum && (entry = readdir(folder))) {
        if (!is_dot(entry->d_name))
            errnum = copy_entry(dirfd(folder), to, entry->d_name, user, depth);
    }
    closedir(folder);
    return errnum ? errnum : own(to, user);
}

pl_code tree_copy(const char *from, const char *to, const server_user *user, pl_error *err) {
    if (mkdir(to, 0700) != 0 && errno != EEXIST)
        return pl_error_errno(err, errno, "cannot make %s", to);
    int from_fd = open_folder(AT_FDCWD, from);
    if (from_fd < 0)
        return pl_error_errno(err, errno, "cannot read %s", from);
    int to_fd = open_folder(AT_FDCWD, to);
    if (to_fd < 0) {
        int errnum = errno;
        close(from_fd);
        return pl_error_errno(err, errnum, "cannot open %s", to);
    }
    int errnum = copy_entries(from_fd, to_fd, user, 0);
    close(to_fd);
    return errnum ? pl_error_errno(err, errnum, "cannot copy %s to %s", from, to) : PL_OK;
}

#include "common/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUFFIX_MAX = 32 };

/* A file while it is written. */
typedef struct writing {
    char target[PATH_MAX];                 /* where the path leads, so that a link stays one */
    char temporary[PATH_MAX + SUFFIX_MAX]; /* empty: the target is no plain file */
    FILE *file;
} writing;

/* What is written to rather than replaced: a terminal, a pipe, what /dev/stdout stands for. */
static bool is_plain(const char *path, const struct stat *info) {
    return S_ISREG(info->st_mode) && !pl_str_starts(pl_str_c(path), pl_str_c("/dev/"));
}

static int begin(writing *w, const char *path) {
    struct stat info;
    bool there = stat(path, &info) == 0;
    w->temporary[0] = '\0';
    if (there && !is_plain(path, &info)) {
        w->file = fopen(path, "abe");
        return w->file ? 0 : errno;
    }
    if (there ? !realpath(path, w->target)
              : snprintf(w->target, sizeof w->target, "%s", path) >= PATH_MAX)
        return there ? errno : ENAMETOOLONG;
    (void)snprintf(w->temporary, sizeof w->temporary, "%s.%ld.new", w->target, (long)getpid());
    (void)unlink(w->temporary);
    int fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    w->file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (w->file && there)
        (void)fchmod(fd, info.st_mode & 07777);
    return w->file ? 0 : errno;
}

static int finish(writing *w, pl_str content) {
    bool plain = w->temporary[0];
    bool done = fwrite(content.p, 1, content.n, w->file) == content.n && fflush(w->file) == 0 &&
                (!plain || fsync(fileno(w->file)) == 0);
    int why = done ? 0 : errno;
    if (fclose(w->file) != 0 && !why)
        why = errno;
    if (!why && plain && rename(w->temporary, w->target) != 0)
        why = errno;
    if (why && plain)
        (void)unlink(w->temporary);
    return why;
}

pl_code whole_file_write(const char *path, pl_str content, pl_error *err) {
    writing w;
    int why = begin(&w, path);
    if (!why)
        why = finish(&w, content);
    return why ? pl_error_errno(err, why, "%s", path) : PL_OK;
}

pl_code whole_file_try(const char *path, pl_error *err) {
    writing w;
    int why = begin(&w, path);
    if (why)
        return pl_error_errno(err, why, "%s", path);
    (void)fclose(w.file);
    if (w.temporary[0])
        (void)unlink(w.temporary);
    return PL_OK;
}

pl_code whole_file_folders(const char *path, pl_error *err) {
    char above[PATH_MAX];
    if (snprintf(above, sizeof above, "%s", path) >= PATH_MAX)
        return pl_error_errno(err, ENAMETOOLONG, "%s", path);
    for (char *slash = *above ? strchr(above + 1, '/') : NULL; slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(above, 0777) != 0 && errno != EEXIST)
            return pl_error_errno(err, errno, "%s", above);
        *slash = '/';
    }
    return PL_OK;
}

pl_code whole_file_read(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "rbe");
    struct stat info;
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    size_t size = fstat(fileno(file), &info) == 0 && info.st_size > 0 ? (size_t)info.st_size : 0;
    char *room = pl_buf_reserve(out, size + 1);
    size_t got = room ? fread(room, 1, size, file) : 0;
    (void)fclose(file);
    if (!room || got != size)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: cannot be read whole, at most %zu bytes", path, out->max);
    pl_buf_wrote(out, got);
    return PL_OK;
}

#include "common/whole_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

pl_code whole_file_write(const char *path, pl_str content, pl_error *err) {
    char temporary[PATH_MAX + 16];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "wbe");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    bool written = fwrite(content.p, 1, content.n, file) == content.n;
    if (fclose(file) == 0 && written && rename(temporary, path) == 0)
        return PL_OK;
    int why = errno;
    (void)unlink(temporary);
    return pl_error_errno(err, why, "%s", path);
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

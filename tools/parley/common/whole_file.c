#include "common/whole_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
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

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "front/front.h"

bool front_libexec(const char *name, char *out, size_t size) {
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return false;
    self[n] = '\0';
    for (int levels = 0; levels < 2; levels++) { /* the name, then bin */
        char *slash = strrchr(self, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    int written = snprintf(out, size, "%s/libexec/parley/%s", self, name);
    return written > 0 && (size_t)written < size;
}

bool front_has(const tool_command *command) {
    char path[PATH_MAX];
    return !command->executable || !front_libexec(command->executable, path, sizeof path) ||
           access(path, X_OK) == 0;
}

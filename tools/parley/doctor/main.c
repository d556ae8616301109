/* parley doctor: what is missing on this machine, and the command that mends it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/args.h"
#include "common/workspace.h"
#include "parley/base/str.h"

enum { DISK_NEEDED_MB = 500 };

typedef struct finding {
    const char *what;
    bool ok;
    bool needed; /* else it is only good to have */
    const char *mend;
} finding;

static bool in_path(const char *program) {
    const char *path = getenv("PATH");
    pl_str rest = pl_str_c(path ? path : "/usr/bin:/bin");
    pl_str folder;
    char file[PATH_MAX];
    while (pl_str_split(&rest, ':', &folder)) {
        (void)snprintf(file, sizeof file, "%.*s/%s", PL_FMT(folder), program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

static bool disk_space(void) {
    struct statvfs info;
    return statvfs(".", &info) == 0 && (unsigned long long)info.f_bavail * info.f_frsize >
                                           (unsigned long long)DISK_NEEDED_MB * 1024 * 1024;
}

static void print(const tool_args *args, const finding *f, bool first) {
    if (args->json)
        printf("%s{\"check\":\"%s\",\"ok\":%s,\"needed\":%s,\"mend\":\"%s\"}", first ? "" : ",",
               f->what, f->ok ? "true" : "false", f->needed ? "true" : "false",
               f->ok ? "" : f->mend);
    else if (f->ok)
        printf("ok       %s\n", f->what);
    else
        printf("%s  %s\n         hint: %s\n", f->needed ? "missing" : "absent ", f->what, f->mend);
}

int main(int argc, char **argv) {
    static workspace space;
    tool_args args;
    pl_error err = PL_ERROR_INIT;
    tool_args_init(&args, argc, argv);
    while (tool_args_next(&args) != TOOL_ARGS_END)
        tool_usage(&args, "takes no arguments");
    const finding findings[] = {
        {"PostgreSQL 15", access("/usr/lib/postgresql/15/bin/postgres", X_OK) == 0, true,
         "apt-get install postgresql-15 (or ./dev setup)"},
        {"Redis", in_path("redis-server"), true, "apt-get install redis-server (or ./dev setup)"},
        {"gRPC",
         access("/usr/lib/x86_64-linux-gnu/libgrpc.so", R_OK) == 0 ||
             access("/usr/lib/x86_64-linux-gnu/libgrpc.so.29", R_OK) == 0 ||
             access("/usr/lib/aarch64-linux-gnu/libgrpc.so.29", R_OK) == 0,
         true, "apt-get install libgrpc-dev (or ./dev setup)"},
        {"a workspace (parley.yaml)", workspace_find(&space, &err) == PL_OK, true,
         "parley new system NAME makes one; in a folder that has proto/, an empty parley.yaml "
         "does"},
        {"500 MB of disk", disk_space(), true, "make room where the workspace is"},
        {"curl, for the examples", in_path("curl"), false, "apt-get install curl"},
        {"Node, for the proto linter", in_path("node"), false, "apt-get install nodejs npm"},
    };
    bool healthy = true;
    if (args.json)
        printf("{\"findings\":[");
    for (size_t i = 0; i < PL_COUNT(findings); i++) {
        print(&args, &findings[i], i == 0);
        healthy = healthy && (findings[i].ok || !findings[i].needed);
    }
    if (args.json)
        printf("]}\n");
    return healthy ? TOOL_EXIT_OK : TOOL_EXIT_FAILED;
}

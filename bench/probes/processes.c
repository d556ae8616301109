/* bench-processes: a process and all below it, one a line:
 *     PID NAME CPU_MS PSS_KB PRIVATE_DIRTY_KB SWITCHES
 * CPU_MS is user and system time with that of children that have ended, so that the sum
 * over the tree counts every process once. SWITCHES are the times that its threads
 * went to sleep by themselves: at idle, its wake-ups. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/macros.h"
#include "parley/base/str.h"

enum { PROCESSES_MAX = 4096, NAME_SIZE = 32, LINE_MAX_SIZE = 1024, PATH_SIZE = 300 };

typedef struct process {
    int64_t pid;
    int64_t parent;
    char name[NAME_SIZE];
    int64_t cpu_ticks;
    bool wanted;
} process;

static process list[PROCESSES_MAX];
static size_t count;

/* proc(5): "pid (name) state ppid ..."; utime, stime, cutime and cstime are fields 14 to 17. */
static bool parse_stat(char *line, process *out) {
    enum { FIRST = 3, PARENT = 4, UTIME = 14, CSTIME = 17 };
    char *open = strchr(line, '(');
    char *close = strrchr(line, ')');
    if (!open || !close || close < open || close[1] != ' ')
        return false;
    *close = '\0';
    (void)snprintf(out->name, sizeof out->name, "%s", open + 1);
    for (char *c = out->name; *c; c++)
        *c = *c == ' ' ? '_' : *c;
    pl_str rest = pl_str_c(close + 2);
    pl_str field;
    out->cpu_ticks = 0;
    for (int i = FIRST; i <= CSTIME && pl_str_split(&rest, ' ', &field); i++) {
        int64_t value;
        if (i < PARENT || !pl_str_i64(field, &value))
            continue;
        if (i == PARENT)
            out->parent = value;
        else if (i >= UTIME)
            out->cpu_ticks += value;
    }
    return true;
}

/* The first line of /proc/PID/stat; false where the process has gone. */
static bool read_stat(process *p) {
    char path[PATH_SIZE];
    char line[LINE_MAX_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)p->pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    return read && parse_stat(line, p);
}

/* The sum of the numbers behind KEY ("Pss:") in a file; 0 where it cannot be read. */
static int64_t number_in(const char *path, const char *key) {
    char line[LINE_MAX_SIZE];
    int64_t sum = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0)
            sum += strtoll(line + strlen(key), NULL, 10);
    }
    (void)fclose(file);
    return sum;
}

static int64_t switches(int64_t pid) {
    char path[PATH_SIZE];
    int64_t sum = 0;
    (void)snprintf(path, sizeof path, "/proc/%lld/task", (long long)pid);
    DIR *tasks = opendir(path);
    for (struct dirent *e; tasks && (e = readdir(tasks));) {
        int64_t tid;
        if (!pl_str_i64(pl_str_c(e->d_name), &tid))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%lld/task/%lld/status", (long long)pid,
                       (long long)tid);
        sum += number_in(path, "voluntary_ctxt_switches:");
    }
    if (tasks)
        (void)closedir(tasks);
    return sum;
}

static void scan(void) {
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc && (e = readdir(proc)) && count < PROCESSES_MAX;) {
        process *p = &list[count];
        if (pl_str_i64(pl_str_c(e->d_name), &p->pid) && read_stat(p))
            count++;
    }
    if (proc)
        (void)closedir(proc);
}

/* Marks ROOT and what descends from it. */
static void mark(int64_t root) {
    bool more = true;
    for (size_t i = 0; i < count; i++)
        list[i].wanted = list[i].pid == root;
    while (more) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < count && !list[i].wanted; k++) {
                if (list[k].wanted && list[k].pid == list[i].parent)
                    list[i].wanted = more = true;
            }
        }
    }
}

static void print(const process *p) {
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%lld/smaps_rollup", (long long)p->pid);
    printf("%lld %s %.0f %lld %lld %lld\n", (long long)p->pid, p->name,
           (double)p->cpu_ticks * 1000.0 / (double)sysconf(_SC_CLK_TCK),
           (long long)number_in(path, "Pss:"), (long long)number_in(path, "Private_Dirty:"),
           (long long)switches(p->pid));
}

int main(int argc, char **argv) {
    int64_t root;
    if (argc != 2 || !pl_str_i64(pl_str_c(argv[1]), &root)) {
        (void)fprintf(stderr, "usage: bench-processes PID\n");
        return 2;
    }
    scan();
    mark(root);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].wanted) {
            print(&list[i]);
            found = true;
        }
    }
    if (!found)
        (void)fprintf(stderr, "bench-processes: %s: no such process\n", argv[1]);
    return found ? 0 : EXIT_FAILURE;
}

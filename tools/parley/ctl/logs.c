/* parley logs: the files the supervisor wrote, joined in order of time. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/plain.h"
#include "common/pretty.h"
#include "ctl/ctl.h"
#include "ctl/trace.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "parley/loop/loop.h"

enum {
    FILES_MAX = 64,
    FILTERS_MAX = 32,
    LINE_MAX_BYTES = 20000,
    FOLLOW_MS = 100,
    SYSTEMS_MAX = 16,
    FULL_NAME_MAX = 192 /* SYSTEM/NAME, and cut beyond it */
};

/* The files of one process, and the line that comes next. */
typedef struct source {
    FILE *file;
    ino_t inode; /* of the file that is read: the one moved aside first, then the present one */
    char path[PATH_MAX + 300]; /* of the present one */
    char name[64];
    char *line; /* NULL: nothing more now */
    size_t capacity;
    char time[PL_RFC3339_SIZE]; /* of the line; a line without one has that of the line before */
} source;

typedef struct logs {
    const tool_args *args;
    source sources[FILES_MAX];
    size_t count;
    const char *filters[FILTERS_MAX];
    size_t filter_count;
    char since[PL_RFC3339_SIZE]; /* "": from the beginning */
    const char *trace;
    trace *tree; /* of --trace, unless it follows; NULL: lines are printed */
    bool tree_full;
    bool follow;
} logs;

static bool wanted_file(const logs *l, const char *system, const char *name) {
    if (l->filter_count == 0)
        return true;
    for (size_t i = 0; i < l->filter_count; i++) {
        const char *filter = l->filters[i];
        const char *slash = strchr(filter, '/');
        if (slash && !pl_str_eqc(pl_str_make(filter, (size_t)(slash - filter)), system))
            continue;
        pl_str wanted = pl_str_c(slash ? slash + 1 : filter);
        if (pl_str_ends(wanted, pl_str_c("#1"))) { /* its log has no number */
            wanted.n -= 2;
            if (pl_str_eqc(wanted, name))
                return true;
            continue;
        }
        pl_str whole = pl_str_c(name);
        pl_str base = pl_str_make(name, pl_str_index(whole, '#'));
        if (pl_str_eq(wanted, whole) || pl_str_eq(wanted, base))
            return true;
    }
    return false;
}

static bool known(const logs *l, const char *path) {
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->sources[i].path, path) == 0)
            return true;
    }
    return false;
}

static bool open_file(source *s, const char *path) {
    struct stat info;
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &info) != 0) {
        if (file)
            (void)fclose(file);
        return false;
    }
    if (s->file)
        (void)fclose(s->file);
    s->file = file;
    s->inode = info.st_ino;
    return true;
}

/* The file that was moved aside when it was full, where there is one. */
static bool open_first(source *s) {
    char old[sizeof s->path + 4];
    (void)snprintf(old, sizeof old, "%s.1", s->path);
    s->file = NULL;
    s->time[0] = '\0';
    return open_file(s, old) || open_file(s, s->path);
}

/* At the end of a file that is not, or is no longer, the present one: goes on to that. */
static bool open_next(source *s) {
    struct stat info;
    return stat(s->path, &info) == 0 && info.st_ino != s->inode && open_file(s, s->path);
}

static void open_folder(logs *l, const workspace *space, const char *system) {
    char path[PATH_MAX];
    workspace_state(space, system, "logs", path);
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) && l->count < FILES_MAX;) {
        pl_str name = pl_str_c(entry->d_name);
        source *s = &l->sources[l->count];
        if (!pl_str_ends(name, pl_str_c(".log")) || name.n >= sizeof s->name)
            continue;
        (void)snprintf(s->name, sizeof s->name, "%.*s", (int)(name.n - strlen(".log")), name.p);
        if (!wanted_file(l, system, s->name))
            continue;
        (void)snprintf(s->path, sizeof s->path, "%s/%s", path, entry->d_name);
        if (!known(l, s->path) && open_first(s))
            l->count++;
    }
    closedir(folder);
}

/* Reads the next whole line; one that is still being written waits for its end. */
static void advance(source *s) {
    long at;
    ssize_t n;
    do {
        at = ftell(s->file);
        n = getline(&s->line, &s->capacity, s->file);
    } while (n <= 0 && open_next(s));
    if (n <= 0 || s->line[n - 1] != '\n') {
        clearerr(s->file);
        (void)fseek(s->file, at, SEEK_SET);
        free(s->line);
        s->line = NULL;
        s->capacity = 0;
        return;
    }
    s->line[n - 1] = '\0';
    (void)log_line_time(pl_str_make(s->line, (size_t)n - 1), s->time);
}

static bool wanted_line(const logs *l, const source *s) {
    if (l->since[0] && strcmp(s->time, l->since) < 0)
        return false;
    return !l->trace || strstr(s->line, l->trace);
}

static void print_json(const source *s) {
    if (s->line[0] == '{') {
        printf("%s\n", s->line);
        return;
    }
    pl_buf out = pl_buf_make(LINE_MAX_BYTES * 2);
    pl_buf_printf(&out, "{\"time\":\"%s\",\"service\":\"%s\",\"message\":", s->time, s->name);
    pl_buf_json(&out, pl_str_c(s->line));
    printf("%s}\n", out.p);
    pl_buf_done(&out);
}

static void print_line(const logs *l, const source *s) {
    if (l->args->json) {
        print_json(s);
        return;
    }
    pl_buf out = pl_buf_make(LINE_MAX_BYTES * 4); /* for what plain text adds */
    if (!log_line_pretty(pl_str_c(s->line), &out))
        tool_put_plain(&out, pl_str_c(s->line), TOOL_PLAIN_LINE);
    if (l->args->color)
        printf("\033[%dm%-11s|\033[0m %s\n", 31 + (int)((size_t)(s - l->sources) % 6), s->name,
               out.p);
    else
        printf("%-11s| %s\n", s->name, out.p);
    pl_buf_done(&out);
}

static void take_line(logs *l, const source *s) {
    if (l->since[0] && strcmp(s->time, l->since) < 0)
        return;
    l->tree_full = !trace_take(l->tree, s->name, pl_str_c(s->line)) || l->tree_full;
}

/* Prints everything there is now, the oldest line of all files first. */
static void drain(logs *l) {
    for (size_t i = 0; i < l->count; i++) {
        if (!l->sources[i].line)
            advance(&l->sources[i]);
    }
    for (;;) {
        source *first = NULL;
        for (size_t i = 0; i < l->count; i++) {
            source *s = &l->sources[i];
            if (s->line && (!first || strcmp(s->time, first->time) < 0))
                first = s;
        }
        if (!first)
            break;
        if (l->tree)
            take_line(l, first);
        else if (wanted_line(l, first))
            print_line(l, first);
        advance(first);
    }
    (void)fflush(stdout);
}

static void parse(logs *l, tool_args *args) {
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_WORD) {
            if (l->filter_count == FILTERS_MAX)
                tool_usage(args, "more than %d services", FILTERS_MAX);
            l->filters[l->filter_count++] = args->value;
        } else if (tool_args_is(args, "-f")) {
            l->follow = true;
        } else if (tool_args_is(args, "--trace")) {
            l->trace = args->value;
        } else {
            pl_rfc3339(pl_time_us() - tool_args_duration(args) * 1000, l->since);
        }
    }
}

/* Of the names that have logs, the one meant with WRONG, which may name a system; NULL: none. */
static const char *meant(const char *wrong, const char *const *names, const char *const *full,
                         size_t count) {
    const char *slash = strchr(wrong, '/');
    for (size_t i = 0; slash && i < count; i++) {
        if (strcmp(slash + 1, names[i]) == 0)
            return full[i];
    }
    return pl_str_nearest(pl_str_c(wrong), slash ? full : names, count);
}

/* Nothing to show: which name was meant? */
static int no_logs(logs *l, const workspace *space, const control_system *systems, size_t count) {
    static char texts[FILES_MAX][FULL_NAME_MAX];
    const char *names[FILES_MAX], *full[FILES_MAX];
    const char *wrong = l->filter_count ? l->filters[0] : NULL;
    size_t known_count = 0;
    l->filter_count = 0;
    for (size_t i = 0; i < count; i++) {
        open_folder(l, space, systems[i].name);
        for (; known_count < l->count; known_count++) {
            names[known_count] = l->sources[known_count].name;
            full[known_count] = texts[known_count];
            (void)snprintf(texts[known_count], FULL_NAME_MAX, "%s/%s", systems[i].name,
                           names[known_count]);
        }
    }
    const char *near = wrong ? meant(wrong, names, full, known_count) : NULL;
    if (near)
        (void)fprintf(stderr, "parley logs: no logs of '%s', did you mean %s?\n", wrong, near);
    else if (wrong)
        (void)fprintf(stderr, "parley logs: no logs of '%s'; parley status lists the services\n",
                      wrong);
    else
        (void)fprintf(stderr, "parley logs: no logs yet; parley up SYSTEM starts a system\n");
    return TOOL_EXIT_FAILED;
}

/* Nothing of the trace is there: what may have become of it. */
static int no_trace(const trace *t) {
    (void)fprintf(
        stderr,
        "parley logs: no trace %s in the logs of this workspace; expected the first digits of a "
        "trace id, a whole one (x-trace-id of an answer) or a traceparent. Lines are missing when "
        "they have rotated away (a process keeps 16 to 32 MiB), when LOG_CALLS is off, or, but for "
        "calls served, when the traceparent ends in -00: not sampled.\n",
        t->wanted);
    return TOOL_EXIT_FAILED;
}

static int show_trace(const logs *l) {
    trace *t = l->tree;
    if (!t->id[0])
        return no_trace(t);
    if (t->other[0]) {
        (void)fprintf(stderr,
                      "parley logs: several traces begin with %s, among them %s and %s: give more "
                      "digits\n",
                      t->wanted, t->id, t->other);
        return TOOL_EXIT_FAILED;
    }
    if (l->tree_full || !trace_build(t)) {
        (void)fprintf(stderr, "parley logs: trace %s is too large to be shown\n", t->id);
        return TOOL_EXIT_FAILED;
    }
    if (l->args->json)
        trace_print_json(t);
    else
        trace_print(t, l->args->color);
    return TOOL_EXIT_OK;
}

int ctl_logs(tool_args *args, const workspace *space) {
    static logs l; /* large: not on the stack */
    trace tree;
    int status = TOOL_EXIT_OK;
    control_system systems[SYSTEMS_MAX];
    l.args = args;
    parse(&l, args);
    size_t count = control_systems(space, systems, SYSTEMS_MAX);
    for (size_t i = 0; i < count; i++)
        open_folder(&l, space, systems[i].name);
    if (l.count == 0)
        return no_logs(&l, space, systems, count);
    if (l.trace && !trace_init(&tree, l.trace))
        tool_usage(args,
                   "--trace: expected the digits of a trace id (%d of them at least) or a "
                   "traceparent, got '%s'",
                   TRACE_PREFIX_MIN, l.trace);
    if (l.trace && l.follow)
        l.trace = pl_arena_strdup(&tree.arena, tree.wanted);
    else if (l.trace)
        l.tree = &tree;
    drain(&l);
    if (l.tree)
        status = show_trace(&l);
    pl_loop *loop = NULL;
    if (l.follow && pl_loop_new(&loop, NULL) == PL_OK) {
        while (pl_loop_run_once(loop, FOLLOW_MS, NULL) == PL_OK && !ferror(stdout)) {
            for (size_t i = 0; i < count; i++) /* a new replica has a new file */
                open_folder(&l, space, systems[i].name);
            drain(&l);
        }
    }
    pl_loop_free(loop);
    for (size_t i = 0; i < l.count; i++) {
        free(l.sources[i].line);
        (void)fclose(l.sources[i].file);
    }
    if (l.trace)
        trace_done(&tree);
    return status;
}

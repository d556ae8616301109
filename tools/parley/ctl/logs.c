/* parley logs: the files the supervisor wrote, joined in order of time. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/pretty.h"
#include "ctl/ctl.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "parley/loop/loop.h"

enum {
    FILES_MAX = 64,
    FILTERS_MAX = 32,
    LINE_MAX_BYTES = 20000,
    FOLLOW_MS = 100,
    SYSTEMS_MAX = 16
};

/* One file, and the line of it that comes next. */
typedef struct source {
    FILE *file;
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
        pl_str whole = pl_str_c(name);
        pl_str base = pl_str_make(name, pl_str_index(whole, '#'));
        if (pl_str_eq(wanted, whole) || pl_str_eq(wanted, base))
            return true;
    }
    return false;
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
        char file[PATH_MAX + 300];
        if (!pl_str_ends(name, pl_str_c(".log")) || name.n >= sizeof s->name)
            continue;
        (void)snprintf(s->name, sizeof s->name, "%.*s", (int)(name.n - strlen(".log")), name.p);
        if (!wanted_file(l, system, s->name))
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        s->file = fopen(file, "re");
        if (s->file)
            l->count++;
    }
    closedir(folder);
}

/* Reads the next whole line; one that is still being written waits for its end. */
static void advance(source *s) {
    long at = ftell(s->file);
    ssize_t n = getline(&s->line, &s->capacity, s->file);
    if (n <= 0 || s->line[n - 1] != '\n') {
        clearerr(s->file);
        (void)fseek(s->file, at, SEEK_SET);
        free(s->line);
        s->line = NULL;
        s->capacity = 0;
        return;
    }
    s->line[n - 1] = '\0';
    static const char key[] = "{\"time\":\"";
    if (strncmp(s->line, key, sizeof key - 1) == 0)
        (void)snprintf(s->time, sizeof s->time, "%.27s", s->line + sizeof key - 1);
}

static bool wanted_line(const logs *l, const source *s) {
    if (l->since[0] && strcmp(s->time, l->since) < 0)
        return false;
    return !l->trace || strstr(s->line, l->trace);
}

static void print_line(const logs *l, const source *s) {
    if (l->args->json) {
        if (s->line[0] == '{')
            printf("%s\n", s->line);
        return;
    }
    pl_buf out = pl_buf_make(LINE_MAX_BYTES);
    if (!log_line_pretty(pl_str_c(s->line), &out))
        pl_buf_puts(&out, s->line);
    if (l->args->color)
        printf("\033[%dm%-11s|\033[0m %s\n", 31 + (int)((size_t)(s - l->sources) % 6), s->name,
               out.p);
    else
        printf("%-11s| %s\n", s->name, out.p);
    pl_buf_done(&out);
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
        if (wanted_line(l, first))
            print_line(l, first);
        advance(first);
    }
    (void)fflush(stdout);
}

static void parse(logs *l, tool_args *args) {
    for (int what; (what = tool_args_next(args)) != TOOL_ARGS_END;) {
        int64_t ms;
        if (what == TOOL_ARGS_WORD) {
            if (l->filter_count == FILTERS_MAX)
                tool_usage(args, "more than %d services", FILTERS_MAX);
            l->filters[l->filter_count++] = args->value;
        } else if (tool_args_is(args, "-f")) {
            l->follow = true;
        } else if (tool_args_is(args, "--trace")) {
            l->trace = args->value;
        } else {
            if (!pl_str_duration_ms(pl_str_c(args->value), &ms))
                tool_usage(args, "--since: expected a duration such as 90s or 5m, got '%s'",
                           args->value);
            pl_rfc3339(pl_time_us() - ms * 1000, l->since);
        }
    }
}

int ctl_logs(tool_args *args, const workspace *space) {
    static logs l; /* large: not on the stack */
    control_system systems[SYSTEMS_MAX];
    l.args = args;
    parse(&l, args);
    size_t count = control_systems(space, systems, SYSTEMS_MAX);
    for (size_t i = 0; i < count; i++)
        open_folder(&l, space, systems[i].name);
    if (l.count == 0) {
        (void)fprintf(stderr, "parley logs: no logs%s; parley status lists the services\n",
                      l.filter_count ? " of such a service" : " yet");
        return TOOL_EXIT_FAILED;
    }
    drain(&l);
    pl_loop *loop = NULL;
    if (l.follow && pl_loop_new(&loop, NULL) == PL_OK) {
        while (pl_loop_run_once(loop, FOLLOW_MS, NULL) == PL_OK && !ferror(stdout))
            drain(&l);
    }
    pl_loop_free(loop);
    for (size_t i = 0; i < l.count; i++) {
        free(l.sources[i].line);
        (void)fclose(l.sources[i].file);
    }
    return TOOL_EXIT_OK;
}

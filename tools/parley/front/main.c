/* parley: the front. It finds the command, and becomes the executable in
 * libexec/parley that does it; so it starts quickly, links little, and a command that
 * crashes takes nothing with it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/args.h"
#include "common/commands.h"
#include "front/completion.h"
#include "front/front.h"
#include "parley/base/stdopen.h"
#include "parley/base/str.h"

enum { GLOBALS_MAX = 16, EXIT_CANNOT_RUN = 1 };

/* The commands that are there: an archive of `./dev dist` has not all of them. */
static void print_help(FILE *out) {
    const tool_command *up = tool_command_find("up");
    (void)fprintf(out,
                  "usage: parley [-C DIR] [--json] [--color WHEN] [-q|-v] COMMAND [ARGUMENTS]\n\n"
                  "Contract-first microservices in C: systems, services and what they say.\n\n"
                  "commands:\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        if (front_has(&tool_commands[i]))
            (void)fprintf(out, "  %-11s %s\n", tool_commands[i].name, tool_commands[i].summary);
    }
    (void)fprintf(out, "\nparley COMMAND --help explains one.\n\nexample:\n  %s\n",
                  front_has(up) ? "parley up mall" : "parley contract check");
}

static int unknown(const char *word) {
    const char *near = tool_command_nearest(word);
    if (near)
        (void)fprintf(stderr, "parley: no command '%s', did you mean '%s'?\n", word, near);
    else
        (void)fprintf(stderr, "parley: no command '%s'; parley --help lists them\n", word);
    return TOOL_EXIT_USAGE;
}

/* Becomes libexec/parley/EXECUTABLE beside the folder of this program. */
static int become(const tool_command *command, char **argv) {
    char path[PATH_MAX];
    if (!front_libexec(command->executable, path, sizeof path)) {
        (void)fprintf(stderr, "parley: cannot find its own folder: /proc is needed\n");
        return EXIT_CANNOT_RUN;
    }
    execv(path, argv);
    if (errno == ENOENT)
        (void)fprintf(stderr,
                      "parley: %s is not in this installation, there is no %s; "
                      "a build of Parley has it: ./dev build\n",
                      argv[0], path);
    else
        (void)fprintf(stderr, "parley: cannot run %s: errno %d\n", path, errno);
    return EXIT_CANNOT_RUN;
}

static int completion(int argc, char **argv) {
    /* The names stand in the workspace's files, which the front does not read. */
    static const struct {
        const char *what, *executable;
    } names[] = {{"systems", "ctl"},
                 {"services", "ctl"},
                 {"providers", "contract"},
                 {"methods", "contract"},
                 {"rules", "explain"}};
    tool_args args;
    tool_args_init(&args, argc, argv);
    const char *shell = NULL;
    while (tool_args_next(&args) == TOOL_ARGS_WORD)
        shell = args.value;
    for (size_t i = 0; shell && i < PL_COUNT(names); i++) {
        if (strcmp(shell, names[i].what) == 0)
            return become(&(tool_command){.executable = names[i].executable}, argv);
    }
    if (!shell || !completion_print(shell))
        tool_usage(&args, "which shell? bash, zsh or fish");
    return TOOL_EXIT_OK;
}

/* The words of the command line that go to the command's executable. */
typedef struct line {
    char **argv;
    int argc;
    int at;                     /* the next word */
    char *globals[GLOBALS_MAX]; /* options before the command */
    int global_count;
} line;

static const tool_option *find_global(const char *word) {
    pl_str name = pl_str_make(word, pl_str_index(pl_str_c(word), '='));
    const tool_option *option = tool_global_options;
    while (option->name && !pl_str_eqc(name, option->name))
        option++;
    return option->name ? option : NULL;
}

static int wrong_option(const char *word) {
    const char *names[GLOBALS_MAX];
    size_t count = 0;
    for (const tool_option *o = tool_global_options; o->name && count < GLOBALS_MAX; o++)
        names[count++] = o->name;
    const char *near = pl_str_nearest(pl_str_c(word), names, count);
    (void)fprintf(stderr, "parley: no option '%s'%s%s%s\n", word, near ? ", did you mean " : "",
                  near ? near : "", near ? "?" : "; parley --help lists them");
    return TOOL_EXIT_USAGE;
}

/* Takes the options before the command. Returns an exit code where that is all, else -1. */
static int take_globals(line *l) {
    while (l->at < l->argc && l->argv[l->at][0] == '-') {
        char *word = l->argv[l->at];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(stdout);
            return TOOL_EXIT_OK;
        }
        if (strcmp(word, "--version") == 0) {
            printf("parley %s\n", PARLEY_VERSION);
            return TOOL_EXIT_OK;
        }
        const tool_option *option = find_global(word);
        if (!option)
            return wrong_option(word);
        bool with_value = option->argument && !strchr(word, '=');
        if (l->global_count + 2 > GLOBALS_MAX || (with_value && l->at + 1 >= l->argc)) {
            (void)fprintf(stderr, "parley: %s wants a value\n", word);
            return TOOL_EXIT_USAGE;
        }
        l->globals[l->global_count++] = l->argv[l->at++];
        if (with_value)
            l->globals[l->global_count++] = l->argv[l->at++];
    }
    return -1;
}

static int help_about(const char *word) {
    const tool_command *about = word ? tool_command_find(word) : NULL;
    if (word && !about)
        return unknown(word);
    if (about)
        tool_print_help(about);
    else
        print_help(stdout);
    return TOOL_EXIT_OK;
}

/* Options before the command go behind it: each command reads them itself. */
static int run(const tool_command *command, const line *l) {
    char **words = calloc((size_t)(l->argc + 1), sizeof *words);
    if (!words)
        return TOOL_EXIT_FAILED;
    int count = 0;
    words[count++] = l->argv[l->at];
    for (int i = 0; i < l->global_count; i++)
        words[count++] = l->globals[i];
    for (int i = l->at + 1; i < l->argc; i++)
        words[count++] = l->argv[i];
    int status = command->executable ? become(command, words) : completion(count, words);
    free(words);
    return status;
}

int main(int argc, char **argv) {
    pl_stdopen();
    line l = {.argv = argv, .argc = argc, .at = 1};
    int status = take_globals(&l);
    if (status >= 0)
        return status;
    if (l.at == argc) {
        print_help(stderr);
        return TOOL_EXIT_USAGE;
    }
    if (strcmp(argv[l.at], "help") == 0)
        return help_about(l.at + 1 < argc ? argv[l.at + 1] : NULL);
    const tool_command *command = tool_command_find(argv[l.at]);
    return command ? run(command, &l) : unknown(argv[l.at]);
}

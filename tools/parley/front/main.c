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
#include "parley/base/str.h"

enum { GLOBALS_MAX = 16, EXIT_CANNOT_RUN = 1 };

static void print_help(void) {
    printf("usage: parley [-C DIR] [--json] [--color WHEN] [-q|-v] COMMAND [ARGUMENTS]\n\n"
           "Contract-first microservices in C: systems, services and what they say.\n\n"
           "commands:\n");
    for (size_t i = 0; i < tool_command_count; i++)
        printf("  %-11s %s\n", tool_commands[i].name, tool_commands[i].summary);
    printf("\nparley COMMAND --help explains one.\n\nexample:\n  parley up mall\n");
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
    (void)fprintf(stderr,
                  "parley: cannot run %s (errno %d); is the installation complete? ./dev build\n",
                  path, errno);
    return EXIT_CANNOT_RUN;
}

static int completion(int argc, char **argv) {
    tool_args args;
    tool_args_init(&args, argc, argv);
    const char *shell = NULL;
    while (tool_args_next(&args) == TOOL_ARGS_WORD)
        shell = args.value;
    if (!shell || !completion_print(shell))
        tool_usage(&args, "which shell? bash, zsh or fish");
    return TOOL_EXIT_OK;
}

int main(int argc, char **argv) {
    /* Options before the command go behind it: each command reads them itself. */
    char *globals[GLOBALS_MAX];
    int global_count = 0;
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        const char *word = argv[at];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help();
            return TOOL_EXIT_OK;
        }
        if (strcmp(word, "--version") == 0) {
            printf("parley %s\n", PARLEY_VERSION);
            return TOOL_EXIT_OK;
        }
        bool with_value = strcmp(word, "-C") == 0 || strcmp(word, "--color") == 0;
        if (global_count + 2 > GLOBALS_MAX || (with_value && at + 1 >= argc)) {
            (void)fprintf(stderr, "parley: %s wants a value\n", word);
            return TOOL_EXIT_USAGE;
        }
        globals[global_count++] = argv[at++];
        if (with_value)
            globals[global_count++] = argv[at++];
    }
    if (at == argc) {
        print_help();
        return TOOL_EXIT_USAGE;
    }
    if (strcmp(argv[at], "help") == 0) {
        const tool_command *about = at + 1 < argc ? tool_command_find(argv[at + 1]) : NULL;
        if (about)
            tool_print_help(about);
        else
            print_help();
        return TOOL_EXIT_OK;
    }
    const tool_command *command = tool_command_find(argv[at]);
    if (!command)
        return unknown(argv[at]);
    char **words = calloc((size_t)(argc + 1), sizeof *words);
    if (!words)
        return TOOL_EXIT_FAILED;
    int count = 0;
    words[count++] = argv[at++];
    for (int i = 0; i < global_count; i++)
        words[count++] = globals[i];
    while (at < argc)
        words[count++] = argv[at++];
    int status = command->executable ? become(command, words) : completion(count, words);
    free(words);
    return status;
}

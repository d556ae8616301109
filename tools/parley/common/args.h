/* The command line of a verb: its own options and those every command has.
 *
 *     tool_args args;
 *     tool_args_init(&args, argc, argv);
 *     for (int what; (what = tool_args_next(&args)) != TOOL_ARGS_END;) {
 *         if (what == TOOL_ARGS_WORD) ... args.value
 *         else if (tool_args_is(&args, "--since")) ... args.value
 *     }
 *
 * A wrong option ends the process with exit code 2 and a hint; --help prints the
 * command's help and ends it with 0; Ctrl-C, where the command does nothing else about
 * it, ends it with 130; output that cannot be written, in the end, with 1.
 */
#ifndef PARLEY_TOOL_ARGS_H
#define PARLEY_TOOL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/commands.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"

enum { TOOL_ARGS_END, TOOL_ARGS_WORD, TOOL_ARGS_OPTION };

typedef struct tool_args {
    const tool_command *command;
    int argc;
    char **argv;
    int at;
    bool words_only;    /* behind -- */
    const char *option; /* the option just read */
    const char *value;  /* its value, or the word */
    /* of every command */
    bool entered; /* -C was obeyed already; it is not relative to where it leads */
    bool json;
    bool color;     /* on stdout */
    bool color_err; /* on stderr */
    bool quiet;
    bool verbose;
} tool_args;

/* argv[0] is the command's name. Ctrl-C ends the process from here on. */
void tool_args_init(tool_args *args, int argc, char **argv);
int tool_args_next(tool_args *args);
bool tool_args_is(const tool_args *args, const char *option);

/* The value of the option just read, in milliseconds. What is no duration, and a number without
 * unit, ends the process with exit code 2. */
int64_t tool_args_duration(const tool_args *args);

/* Says what is wrong with the command line and ends the process with exit code 2. */
void tool_usage(const tool_args *args, const char *format, ...) PL_PRINTF(2, 3) PL_NORETURN;

/* Prints what was written into OUT, and gives that up. Returns STATUS; where OUT is not whole,
 * which is said, TOOL_EXIT_FAILED. */
int tool_print(const tool_args *args, pl_buf *out, int status);

/* Prints the help of a command. */
void tool_print_help(const tool_command *command);

#endif

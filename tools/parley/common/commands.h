/* Every command of parley in one table: the front finds the executable in it, and
 * help, "did you mean" and shell completion are made from it. */
#ifndef PARLEY_TOOL_COMMANDS_H
#define PARLEY_TOOL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes, as the command line promises them. */
enum {
    TOOL_EXIT_OK = 0,
    TOOL_EXIT_FAILED = 1,
    TOOL_EXIT_USAGE = 2,
    TOOL_EXIT_INVALID = 10,      /* a file that describes something is wrong */
    TOOL_EXIT_BREAKING = 11,     /* a change that breaks somebody */
    TOOL_EXIT_VERIFICATION = 12, /* verification failed, or nothing was verified */
    TOOL_EXIT_THRESHOLD = 13,    /* a threshold is not met */
    TOOL_EXIT_INTERRUPTED = 130,
};

/* An option of a command. */
typedef struct tool_option {
    const char *name;     /* "--since" or "-f" */
    const char *argument; /* what its value is called in the help; NULL: it has none */
    const char *help;
} tool_option;

/* A command. The options end with a row without a name. */
typedef struct tool_command {
    const char *name;
    const char *executable; /* in libexec/parley; NULL: the front does it itself */
    const char *arguments;  /* "SYSTEM... [OPTIONS]" */
    const char *summary;
    const char *example;
    const tool_option *options;
    /* What its words are, as `parley completion` is asked for it: "systems", "services methods";
     * "services=N": each with "=" behind it. NULL: nothing. */
    const char *completes;
} tool_command;

extern const tool_command tool_commands[];
extern const size_t tool_command_count;

/* The options every command has. */
extern const tool_option tool_global_options[];

/* The command NAME, or NULL. */
const tool_command *tool_command_find(const char *name);

/* The command nearest to a wrong word, or NULL. */
const char *tool_command_nearest(const char *word);

#endif

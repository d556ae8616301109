/* The command line of the public interoperability programs: --name=value or --name value, with
 * underscores or hyphens. A table of flags is its own help. */
#ifndef INTEROP_FLAGS_H
#define INTEROP_FLAGS_H

#include <stdbool.h>

typedef enum interop_flag_kind {
    INTEROP_TEXT,  /* const char * */
    INTEROP_PORT,  /* int, 0 to 65535 */
    INTEROP_SWITCH /* bool: --x, --x=true, --x=false */
} interop_flag_kind;

typedef struct interop_flag {
    const char *name; /* "server_host" */
    interop_flag_kind kind;
    void *value; /* holds the default */
    const char *help;
} interop_flag;

typedef struct interop_usage {
    const char *program;
    const char *summary; /* what the program is, and what it does with its exit code */
    const interop_flag *flags;
    unsigned count;
} interop_usage;

/* Sets what ARGV says. --help prints the help and exits with 0; what is no flag, or no value of
 * one, is told and ends the program with 2. */
void interop_flags(const interop_usage *usage, int argc, char **argv);

#endif

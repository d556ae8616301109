/* Completion scripts, made from the table of commands. */
#ifndef PARLEY_FRONT_COMPLETION_H
#define PARLEY_FRONT_COMPLETION_H

#include <stdbool.h>

/* Prints the script for bash, zsh or fish; false for another shell. */
bool completion_print(const char *shell);

#endif

#include "common/args.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "parley/base/str.h"

enum { OPTIONS_MAX = 32 };

static void set_color(tool_args *args, const char *when) {
    const char *no_color = getenv("NO_COLOR");
    bool is_auto = strcmp(when, "auto") == 0 && !(no_color && *no_color);
    bool always = strcmp(when, "always") == 0;
    if (!always && strcmp(when, "auto") != 0 && strcmp(when, "never") != 0)
        tool_usage(args, "--color is auto, always or never, not '%s'", when);
    args->color = always || (is_auto && isatty(STDOUT_FILENO));
    args->color_err = always || (is_auto && isatty(STDERR_FILENO));
}

static void on_interrupt(int signo) {
    (void)signo;
    _exit(TOOL_EXIT_INTERRUPTED);
}

/* What could not be written has not been said: a report that is cut off is no success. */
static void finish_output(void) {
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !failed)
        return;
    (void)fputs("parley: the output could not be written\n", stderr);
    _exit(TOOL_EXIT_FAILED);
}

void tool_args_init(tool_args *args, int argc, char **argv) {
    memset(args, 0, sizeof *args);
    (void)atexit(finish_output);
    args->command = tool_command_find(argv[0]);
    if (!args->command) {
        const char *base = strrchr(argv[0], '/');
        args->command = tool_command_find(base ? base + 1 : argv[0]);
    }
    if (!args->command) {
        (void)fprintf(stderr, "%s: started without a command; use parley\n", argv[0]);
        exit(TOOL_EXIT_USAGE);
    }
    args->argc = argc;
    args->argv = argv;
    args->at = 1;
    set_color(args, "auto");
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
}

int tool_print(const tool_args *args, pl_buf *out, int status) {
    bool whole = !out->failed;
    size_t max = out->max;
    (void)fwrite(out->p, 1, out->n, stdout);
    (void)fflush(stdout);
    pl_buf_done(out);
    if (whole)
        return status;
    (void)fprintf(stderr, "parley %s: the output is not whole: more than %zu bytes, or no memory\n",
                  args->command->name, max);
    return TOOL_EXIT_FAILED;
}

static void print_options(const tool_option *options) {
    for (; options->name; options++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s", options->name, options->argument ? " " : "",
                       options->argument ? options->argument : "");
        printf("  %-26s %s\n", left, options->help);
    }
}

void tool_print_help(const tool_command *command) {
    printf("usage: parley %s%s%s\n\n%s\n", command->name, *command->arguments ? " " : "",
           command->arguments, command->summary);
    if (command->options->name) {
        printf("\noptions:\n");
        print_options(command->options);
    }
    printf("\noptions of every command:\n");
    print_options(tool_global_options);
    printf("\nexample:\n  %s\n", command->example);
}

void tool_usage(const tool_args *args, const char *format, ...) {
    va_list list;
    (void)fprintf(stderr, "parley %s: ", args->command->name);
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fprintf(stderr, "\nusage: parley %s %s\n", args->command->name, args->command->arguments);
    exit(TOOL_EXIT_USAGE);
}

static const tool_option *find_option(const tool_option *options, pl_str name) {
    for (; options->name; options++) {
        if (pl_str_eqc(name, options->name))
            return options;
    }
    return NULL;
}

static void unknown_option(const tool_args *args, const char *word) {
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (const tool_option *o = args->command->options; o->name && count < OPTIONS_MAX; o++)
        names[count++] = o->name;
    for (const tool_option *o = tool_global_options; o->name && count < OPTIONS_MAX; o++)
        names[count++] = o->name;
    const char *near = pl_str_nearest(pl_str_c(word), names, count);
    if (near)
        tool_usage(args, "no option '%s', did you mean %s?", word, near);
    tool_usage(args, "no option '%s'", word);
}

/* An option every command has: done with here. */
static void take_global(tool_args *args, const tool_option *option) {
    if (strcmp(option->name, "--json") == 0) {
        args->json = true;
    } else if (strcmp(option->name, "--color") == 0) {
        set_color(args, args->value);
    } else if (strcmp(option->name, "-q") == 0) {
        args->quiet = true;
    } else if (strcmp(option->name, "-v") == 0) {
        args->verbose = true;
    } else if (strcmp(option->name, "-C") == 0) {
        if (!args->entered && chdir(args->value) != 0)
            tool_usage(args, "cannot enter the folder '%s'", args->value);
    } else {
        PL_ASSERT(strcmp(option->name, "--help") == 0);
        tool_print_help(args->command);
        exit(TOOL_EXIT_OK);
    }
}

int tool_args_next(tool_args *args) {
    while (args->at < args->argc) {
        const char *word = args->argv[args->at++];
        bool is_option = !args->words_only && word[0] == '-' && word[1] != '\0';
        if (!is_option) {
            args->option = NULL;
            args->value = word;
            return TOOL_ARGS_WORD;
        }
        if (strcmp(word, "--") == 0) {
            args->words_only = true;
            continue;
        }
        pl_str whole = pl_str_c(word);
        size_t equals = pl_str_starts(whole, pl_str_c("--")) ? pl_str_index(whole, '=') : whole.n;
        pl_str name = pl_str_make(word, equals);
        if (pl_str_eqc(name, "-h"))
            name = pl_str_c("--help");
        const tool_option *own = find_option(args->command->options, name);
        const tool_option *option = own ? own : find_option(tool_global_options, name);
        if (!option) {
            unknown_option(args, word);
            return TOOL_ARGS_END;
        }
        args->value = NULL;
        if (!option->argument && equals < whole.n)
            tool_usage(args, "%s takes no value", option->name);
        if (option->argument && equals < whole.n)
            args->value = word + equals + 1;
        else if (option->argument && args->at < args->argc)
            args->value = args->argv[args->at++];
        else if (option->argument)
            tool_usage(args, "%s wants a value: %s %s", option->name, option->name,
                       option->argument);
        if (!own) {
            take_global(args, option);
            continue;
        }
        args->option = option->name;
        return TOOL_ARGS_OPTION;
    }
    return TOOL_ARGS_END;
}

bool tool_args_is(const tool_args *args, const char *option) {
    return args->option && strcmp(args->option, option) == 0;
}

int64_t tool_args_duration(const tool_args *args) {
    int64_t ms;
    if (pl_str_i64(pl_str_c(args->value), &ms))
        tool_usage(args, "%s: %s of what? Write %ss or %sm", args->option, args->value, args->value,
                   args->value);
    if (!pl_str_duration_ms(pl_str_c(args->value), &ms))
        tool_usage(args, "%s: expected a duration such as 90s or 5m, got '%s'", args->option,
                   args->value);
    return ms;
}

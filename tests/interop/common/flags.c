#include "common/flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, PORT_MAX = 65535 };

static void print_default(const interop_flag *flag) {
    const char *text = flag->kind == INTEROP_TEXT ? *(const char **)flag->value : NULL;

    if (flag->kind == INTEROP_PORT)
        printf(" [%d]", *(int *)flag->value);
    else if (text && *text)
        printf(" [%s]", text);
    printf("\n");
}

static void print_help(const interop_usage *usage) {
    static const char *const values[] = {"TEXT", "PORT", "true|false"};

    printf("usage: %s [--FLAG=VALUE]...\n\n%s\n\n", usage->program, usage->summary);
    for (unsigned i = 0; i < usage->count; i++) {
        const interop_flag *flag = &usage->flags[i];
        char left[64];
        (void)snprintf(left, sizeof left, "--%s=%s", flag->name, values[flag->kind]);
        printf("  %-32s %s", left, flag->help);
        print_default(flag);
    }
}

static void refuse(const interop_usage *usage, const char *what, const char *word) {
    (void)fprintf(stderr, "%s: %s '%.64s'; see --help\n", usage->program, what, word);
    exit(EXIT_USAGE);
}

/* The two spellings are one name. */
static bool is_name(const char *name, const char *word, size_t length) {
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (name[i] != (word[i] == '-' ? '_' : word[i]))
            return false;
    }
    return true;
}

static const interop_flag *find(const interop_usage *usage, const char *word) {
    for (unsigned i = 0; i < usage->count; i++) {
        if (is_name(usage->flags[i].name, word, strcspn(word, "=")))
            return &usage->flags[i];
    }
    return NULL;
}

static void set_port(const interop_usage *usage, const interop_flag *flag, const char *value) {
    char *end;
    long port = strtol(value, &end, 10);

    if (!*value || *end || port < 0 || port > PORT_MAX)
        refuse(usage, "a port is 0 to 65535, not", value);
    *(int *)flag->value = (int)port;
}

static void set(const interop_usage *usage, const interop_flag *flag, const char *value) {
    if (flag->kind == INTEROP_TEXT)
        *(const char **)flag->value = value;
    else if (flag->kind == INTEROP_PORT)
        set_port(usage, flag, value);
    else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        *(bool *)flag->value = strcmp(value, "true") == 0;
    else
        refuse(usage, "expected true or false, got", value);
}

void interop_flags(const interop_usage *usage, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const interop_flag *flag = strncmp(word, "--", 2) == 0 ? find(usage, word + 2) : NULL;
        const char *equals = strchr(word, '=');
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(usage);
            exit(EXIT_SUCCESS);
        }
        if (!flag)
            refuse(usage, "no flag", word);
        else if (equals)
            set(usage, flag, equals + 1);
        else if (flag->kind == INTEROP_SWITCH)
            *(bool *)flag->value = true;
        else if (i + 1 < argc)
            set(usage, flag, argv[++i]);
        else
            refuse(usage, "a value is missing after", word);
    }
}

/* parley contract: what consumers rely on, checked, shown and written. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "contract/contract.h"

static const struct {
    const char *name;
    int (*run)(verb_line *line);
} verbs[] = {
    {"check", verb_check},     {"fmt", verb_fmt}, {"show", verb_show}, {"schema", verb_schema},
    {"openapi", verb_openapi}, {"new", verb_new}, {"lock", verb_lock}, {"test", verb_test},
};

int verb_failed(const verb_line *line, const pl_error *err) {
    (void)fprintf(stderr, "parley contract %s: %s\n", line->verb, err->message);
    return TOOL_EXIT_FAILED;
}

/* Options belong to a verb: said with another one they would do nothing. */
static void read_option(verb_line *line) {
    if (tool_args_is(&line->args, "--check")) {
        line->check = true;
        line->option = "--check";
        line->option_verb = "fmt";
    }
    static const struct {
        const char *option;
        const char *verb;
        size_t at;
    } options[] = {
        {"--consumer", "new", offsetof(verb_line, consumer)},
        {"--provider", "new", offsetof(verb_line, provider)},
        {"--method", "new", offsetof(verb_line, method)},
        {"--event", "new", offsetof(verb_line, event)},
        {"--out", "test", offsetof(verb_line, out)},
    };
    for (size_t i = 0; i < PL_COUNT(options); i++) {
        if (!tool_args_is(&line->args, options[i].option))
            continue;
        memcpy((char *)line + options[i].at, &line->args.value, sizeof line->args.value);
        line->option = options[i].option;
        line->option_verb = options[i].verb;
    }
}

static void read_line(verb_line *line, int argc, char **argv) {
    memset(line, 0, sizeof *line);
    tool_args_init(&line->args, argc, argv);
    for (int what; (what = tool_args_next(&line->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION)
            read_option(line);
        else if (!line->verb)
            line->verb = line->args.value;
        else if (line->word_count < VERB_WORDS_MAX)
            line->words[line->word_count++] = line->args.value;
        else
            tool_usage(&line->args, "more than %d paths; name their folder", VERB_WORDS_MAX);
    }
}

int main(int argc, char **argv) {
    static verb_line line;
    const char *names[PL_COUNT(verbs)];
    if (strcmp(argv[0], "completion") == 0) {
        tool_args_init(&line.args, argc, argv);
        return print_providers(&line.args);
    }
    read_line(&line, argc, argv);
    if (!line.verb)
        tool_usage(&line.args, "what is to be done?");
    if (line.option && strcmp(line.verb, line.option_verb) != 0)
        tool_usage(&line.args, "%s is for %s", line.option, line.option_verb);
    for (size_t i = 0; i < PL_COUNT(verbs); i++) {
        if (strcmp(verbs[i].name, line.verb) == 0)
            return verbs[i].run(&line);
        names[i] = verbs[i].name;
    }
    const char *near = pl_str_nearest(pl_str_c(line.verb), names, PL_COUNT(names));
    if (near)
        tool_usage(&line.args, "no '%s', did you mean '%s'?", line.verb, near);
    tool_usage(&line.args, "no '%s'", line.verb);
}

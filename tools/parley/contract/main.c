/* parley contract: what consumers rely on, checked, shown and written. */
#include <stdio.h>
#include <string.h>

#include "contract/contract.h"

static const struct {
    const char *name;
    int (*run)(verb_line *line);
} verbs[] = {
    {"check", verb_check},
};

int verb_failed(const verb_line *line, const pl_error *err) {
    (void)fprintf(stderr, "parley contract %s: %s\n", line->verb, err->message);
    return TOOL_EXIT_FAILED;
}

static void read_line(verb_line *line, int argc, char **argv) {
    memset(line, 0, sizeof *line);
    tool_args_init(&line->args, argc, argv);
    for (int what; (what = tool_args_next(&line->args)) != TOOL_ARGS_END;) {
        if (!line->verb)
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
    read_line(&line, argc, argv);
    if (!line.verb)
        tool_usage(&line.args, "what is to be done?");
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

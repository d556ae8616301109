/* parley contract: what consumers rely on, checked, shown and written. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/contract.h"

enum { OPTIONS_MAX = 16, ERROR_JSON_MAX = 1 << 16 };

static const struct verb {
    const char *name;
    int (*run)(verb_line *line);
    const char *arguments;
    const char *summary;
    const char *example;
} verbs[] = {
    {"check", verb_check, "[PATH...]",
     "everything that is wrong with contracts, held against the protos: exit 10",
     "parley contract check contracts/mall.products.v1"},
    {"fmt", verb_fmt, "[--check] [PATH...]",
     "lays contracts out: indentation, spaces and empty lines; lines and comments stay",
     "parley contract fmt --check"},
    {"show", verb_show, "FILE[#NAME]", "contracts as they were understood, with their examples",
     "parley contract show 'contracts/mall.products.v1/mall.orders.yaml#a product'"},
    {"schema", verb_schema, "PROVIDER", "a JSON Schema of contracts, for editors",
     "parley contract schema mall.products.v1 >products.schema.json"},
    {"openapi", verb_openapi, "PROVIDER", "a provider's routes and messages as OpenAPI 3.1",
     "parley contract openapi mall.products.v1 >products.openapi.json"},
    {"new", verb_new, "--consumer C --provider P [--method SERVICE.METHOD|--event TYPE]",
     "begins a contract: a file that checks clean",
     "parley contract new --consumer mall.orders --provider mall.products.v1"},
    {"lock", verb_lock, "[URL|PATH...]",
     "pins in parley.lock what bundles say; without a word, all that is pinned, anew",
     "parley contract lock stubs/books.v1.stub"},
    {"test", verb_test, "PROVIDER [--out FILE]", "the tests of a provider in C",
     "parley contract test mall.products.v1 --out contract_test.c"},
};

static bool asks_for_help(const tool_args *args) {
    for (int i = args->at; i < args->argc && strcmp(args->argv[i], "--") != 0; i++) {
        if (strcmp(args->argv[i], "--help") == 0 || strcmp(args->argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* The help of an option begins with the verb that it is for. */
static void print_help(const verb_line *line, const struct verb *verb) {
    char name[64], mine[32];
    tool_option options[OPTIONS_MAX] = {{0}};
    size_t count = 0;
    (void)snprintf(name, sizeof name, "contract %s", verb->name);
    (void)snprintf(mine, sizeof mine, "%s: ", verb->name);
    for (const tool_option *o = line->args.command->options; o->name; o++) {
        if (strncmp(o->help, mine, strlen(mine)) != 0 || count + 1 == OPTIONS_MAX)
            continue;
        options[count] = *o;
        options[count++].help = o->help + strlen(mine);
    }
    const tool_command about = {.name = name,
                                .arguments = verb->arguments,
                                .summary = verb->summary,
                                .example = verb->example,
                                .options = options};
    tool_print_help(&about);
}

/* With --json the reason is a document, too: that of check has its members. */
int verb_failed(const verb_line *line, const pl_error *err) {
    bool check = strcmp(line->verb, "check") == 0;
    pl_buf out = pl_buf_make(ERROR_JSON_MAX);
    pl_buf_puts(&out, check ? "{\"contracts\":0,\"findings\":[],\"error\":" : "{\"error\":");
    pl_buf_json(&out, pl_str_c(err->message));
    if (line->args.json)
        (void)printf("%.*s}\n", (int)out.n, out.p ? out.p : "");
    pl_buf_done(&out);
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

static void read_verb(verb_line *line) {
    line->verb = line->args.value;
    for (size_t i = 0; i < PL_COUNT(verbs) && asks_for_help(&line->args); i++) {
        if (strcmp(verbs[i].name, line->verb) != 0)
            continue;
        print_help(line, &verbs[i]);
        exit(TOOL_EXIT_OK);
    }
}

static void read_line(verb_line *line, int argc, char **argv) {
    memset(line, 0, sizeof *line);
    tool_args_init(&line->args, argc, argv);
    for (int what; (what = tool_args_next(&line->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION)
            read_option(line);
        else if (!line->verb)
            read_verb(line);
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
        return print_names(&line.args);
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

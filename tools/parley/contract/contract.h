/* The verbs of `parley contract`. */
#ifndef PARLEY_CONTRACT_VERBS_H
#define PARLEY_CONTRACT_VERBS_H

#include "common/contracts.h"

/* Words behind the verb. */
#define VERB_WORDS_MAX 1024

typedef struct verb_line {
    tool_args args;
    const char *verb;
    const char *words[VERB_WORDS_MAX];
    size_t word_count;
    const char *option; /* the last one, and the verb it is for */
    const char *option_verb;
    bool check;           /* fmt */
    const char *consumer; /* new */
    const char *provider;
    const char *method;
    const char *event;
    const char *out; /* test */
} verb_line;

/* Each returns the exit code. */
int verb_check(verb_line *line);
int verb_fmt(verb_line *line);
int verb_show(verb_line *line);
int verb_schema(verb_line *line);
int verb_openapi(verb_line *line);
int verb_new(verb_line *line);
int verb_lock(verb_line *line);
int verb_test(verb_line *line);

/* `parley completion providers` and `parley completion methods`. */
int print_names(tool_args *args);

/* Says what is wrong on stderr; returns exit code 1. */
int verb_failed(const verb_line *line, const pl_error *err);

#endif

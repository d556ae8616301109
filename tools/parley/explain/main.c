/* parley explain: a rule in words; of the break gate with an example and the way out. */
#include <stdio.h>
#include <string.h>

#include "common/args.h"
#include "explain/rules.h"
#include "parley/base/str.h"
#include "parley/breaking/diff.h"
#include "parley/contract/rules.h"

enum { TEXT_MAX = 1 << 16, NAMES_MAX = 256 };

static void print_json(const pl_rule *rule) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_buf_puts(&out, "{\"rule\":");
    pl_buf_json(&out, pl_str_c(rule->name));
    pl_buf_puts(&out, ",\"says\":");
    pl_buf_json(&out, pl_str_c(rule->says));
    pl_buf_puts(&out, ",\"example\":");
    pl_buf_json(&out, pl_str_c(rule->example));
    pl_buf_puts(&out, ",\"way_out\":");
    pl_buf_json(&out, pl_str_c(rule->way_out));
    pl_buf_printf(&out, ",\"of_buf\":%s,\"hazard\":%s}\n", rule->of_buf ? "true" : "false",
                  rule->hazard ? "true" : "false");
    (void)fwrite(out.p, 1, out.n, stdout);
    pl_buf_done(&out);
}

static void print_text(const pl_rule *rule) {
    printf("%s\n\n  %s\n\nexample:\n  %s\n\nthe way out:\n  %s\n", rule->name, rule->says,
           rule->example, rule->way_out);
    if (rule->hazard)
        printf("\nIt always blocks, whoever uses it today.\n");
    if (rule->of_buf)
        printf("\nbuf breaking has it by the same name.\n");
}

/* A rule of another verb than `parley breaking`. */
static void print_other(const explain_rule *rule, bool json) {
    if (!json) {
        printf("%s\n\n  %s\n\n%s asks for it.\n", rule->name, rule->says, rule->verb);
        return;
    }
    pl_buf out = pl_buf_make(TEXT_MAX);
    pl_buf_puts(&out, "{\"rule\":");
    pl_buf_json(&out, pl_str_c(rule->name));
    pl_buf_puts(&out, ",\"says\":");
    pl_buf_json(&out, pl_str_c(rule->says));
    pl_buf_puts(&out, ",\"of_buf\":false,\"hazard\":false}\n");
    (void)fwrite(out.p, 1, out.n, stdout);
    pl_buf_done(&out);
}

static explain_rule of_check(const pl_contract_rule *rule) {
    return (explain_rule){"parley contract check", rule->name, rule->says};
}

/* One of a list, with the verb's name before the first of each verb. */
static const char *list_one(const explain_rule *rule, const char *verb_before, bool json) {
    if (json) {
        print_other(rule, true);
        return rule->verb;
    }
    if (!verb_before || strcmp(rule->verb, verb_before) != 0)
        printf("\n%s:\n", rule->verb);
    printf("  %-32s %s\n", rule->name, rule->says);
    return rule->verb;
}

static void list_rules(bool json) {
    const char *verb = NULL;
    if (!json)
        printf("parley breaking:\n");
    for (size_t i = 0; i < pl_rule_count; i++) {
        if (json)
            print_json(&pl_rules[i]);
        else
            printf("  %-32s %s\n", pl_rules[i].name, pl_rules[i].says);
    }
    for (size_t i = 0; i < pl_contract_rule_count; i++) {
        const explain_rule rule = of_check(&pl_contract_rules[i]);
        verb = list_one(&rule, verb, json);
    }
    for (size_t i = 0; i < explain_rule_count; i++)
        verb = list_one(&explain_rules[i], verb, json);
}

static size_t all_names(const char *out[NAMES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < pl_rule_count && count < NAMES_MAX; i++)
        out[count++] = pl_rules[i].name;
    for (size_t i = 0; i < pl_contract_rule_count && count < NAMES_MAX; i++)
        out[count++] = pl_contract_rules[i].name;
    for (size_t i = 0; i < explain_rule_count && count < NAMES_MAX; i++)
        out[count++] = explain_rules[i].name;
    return count;
}

/* `parley completion rules`. */
static int print_names(void) {
    const char *names[NAMES_MAX];
    const size_t count = all_names(names);
    for (size_t i = 0; i < count; i++)
        (void)puts(names[i]);
    return TOOL_EXIT_OK;
}

static const char *nearest(const char *word) {
    const char *names[NAMES_MAX];
    return pl_str_nearest(pl_str_c(word), names, all_names(names));
}

/* False: no rule has this name. */
static bool explain(const char *word, bool json) {
    const pl_rule *rule = pl_rule_find(word);
    const pl_contract_rule *check = pl_contract_rule_find(word);
    const explain_rule *other = explain_rule_find(word);
    if (rule && json) {
        print_json(rule);
    } else if (rule) {
        print_text(rule);
    } else if (check) {
        const explain_rule it = of_check(check);
        print_other(&it, json);
    } else if (other) {
        print_other(other, json);
    }
    return rule || check || other;
}

int main(int argc, char **argv) {
    tool_args args;
    const char *word = NULL;
    tool_args_init(&args, argc, argv);
    while (tool_args_next(&args) != TOOL_ARGS_END) {
        if (word)
            tool_usage(&args, "one rule at a time, not '%s' too", args.value);
        word = args.value;
    }
    if (strcmp(args.command->name, "completion") == 0)
        return print_names();
    if (!word) {
        list_rules(args.json);
        return TOOL_EXIT_OK;
    }
    if (explain(word, args.json))
        return TOOL_EXIT_OK;
    const char *near = nearest(word);
    if (near)
        tool_usage(&args, "no rule '%s', did you mean '%s'?", word, near);
    tool_usage(&args, "no rule '%s'; without a word, every rule is listed", word);
}

/* parley explain: a rule in words; of the break gate with an example and the way out. */
#include <stdio.h>
#include <string.h>

#include "common/args.h"
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

static void print_check_rule(const pl_contract_rule *rule, bool json) {
    if (!json) {
        printf("%s\n\n  %s\n\nparley contract check asks for it.\n", rule->name, rule->says);
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

static void list_rules(bool json) {
    if (!json)
        printf("parley breaking:\n");
    for (size_t i = 0; i < pl_rule_count; i++) {
        if (json)
            print_json(&pl_rules[i]);
        else
            printf("  %-32s %s\n", pl_rules[i].name, pl_rules[i].says);
    }
    if (!json)
        printf("\nparley contract check:\n");
    for (size_t i = 0; i < pl_contract_rule_count; i++) {
        if (json)
            print_check_rule(&pl_contract_rules[i], true);
        else
            printf("  %-32s %s\n", pl_contract_rules[i].name, pl_contract_rules[i].says);
    }
}

static const char *nearest(const char *word) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < pl_rule_count && count < NAMES_MAX; i++)
        names[count++] = pl_rules[i].name;
    for (size_t i = 0; i < pl_contract_rule_count && count < NAMES_MAX; i++)
        names[count++] = pl_contract_rules[i].name;
    return pl_str_nearest(pl_str_c(word), names, count);
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
    if (!word) {
        list_rules(args.json);
        return TOOL_EXIT_OK;
    }
    const pl_rule *rule = pl_rule_find(word);
    const pl_contract_rule *check = rule ? NULL : pl_contract_rule_find(word);
    const char *near = rule || check ? NULL : nearest(word);
    if (near)
        tool_usage(&args, "no rule '%s', did you mean '%s'?", word, near);
    if (!rule && !check)
        tool_usage(&args, "no rule '%s'; without a word, every rule is listed", word);
    if (check)
        print_check_rule(check, args.json);
    else if (args.json)
        print_json(rule);
    else
        print_text(rule);
    return TOOL_EXIT_OK;
}

/* The table of verdicts against the table of rules: a name that is in one alone would be decided as
 * an option of generators is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uses.h"

static bool is_decided(const char *rule) {
    const char *name;

    for (size_t i = 0; (name = uses_rule_at(i)); i++) {
        if (strcmp(name, rule) == 0)
            return true;
    }
    return false;
}

static bool begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

static void every_rule_that_is_decided_exists_once(void **state) {
    const char *name;

    (void)state;
    for (size_t i = 0; (name = uses_rule_at(i)); i++) {
        const pl_rule *rule = pl_rule_find(name);
        if (!rule || rule->hazard)
            fail_msg("%s is no rule that contracts decide", name);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(uses_rule_at(k), name);
    }
}

static void every_rule_is_decided_but_options_of_generators(void **state) {
    (void)state;
    for (size_t i = 0; i < pl_rule_count; i++) {
        const pl_rule *rule = &pl_rules[i];
        bool option = rule->of_buf && begins(rule->name, "FILE_SAME_");
        if (!rule->hazard && !option && !begins(rule->name, "CONTRACT_") && !is_decided(rule->name))
            fail_msg("%s is in no row of uses.c", rule->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_that_is_decided_exists_once),
        cmocka_unit_test(every_rule_is_decided_but_options_of_generators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

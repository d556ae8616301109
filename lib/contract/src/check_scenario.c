/* Scenarios: every when: is where a then: leads. */
#include <stdlib.h>

#include "compiler.h"

enum { NAMES_MAX = 64 };

static int by_then(const void *left, const void *right) {
    const pl_contract *const *a = left, *const *b = right;
    int order = strcmp((*a)->scenario.p, (*b)->scenario.p);
    return order ? order : strcmp((*a)->scenario_then.p, (*b)->scenario_then.p);
}

/* Those of FILE that lead on, by where they lead. One that stays where it is leads nowhere. */
static size_t leading(const pl_contract_file *file, const pl_contract **out) {
    size_t count = 0;
    for (size_t i = 0; i < file->contract_count; i++) {
        const pl_contract *one = file->contracts[i];
        if (one->scenario.n && one->scenario_then.n &&
            !pl_str_eq(one->scenario_when, one->scenario_then))
            out[count++] = one;
    }
    if (count > 1)
        qsort(out, count, sizeof(*out), by_then);
    return count;
}

/* The first of LEADING whose scenario is that of CONTRACT and whose then: is THEN, or comes after
 * it. */
static size_t lower_bound(const pl_contract *const *leading, size_t count,
                          const pl_contract *contract, pl_str then) {
    size_t low = 0, high = count;
    const pl_contract wanted = {.scenario = contract->scenario, .scenario_then = then};
    const pl_contract *key = &wanted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_then(&leading[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void report(compiler *c, const pl_contract *contract, const pl_yaml_node *when,
                   const pl_contract *const *leading, size_t count) {
    const char *names[NAMES_MAX];
    size_t found = 0;
    for (size_t i = lower_bound(leading, count, contract, pl_str_c(""));
         i < count && found < NAMES_MAX && pl_str_eq(leading[i]->scenario, contract->scenario); i++)
        names[found++] = leading[i]->scenario_then.p;
    compiler_error(c, when, "SCENARIO", "no then: of the scenario '%s' leads to '%s'",
                   contract->scenario.p, contract->scenario_when.p);
    pl_findings_other(c->findings, contract->file->path.p, contract->at.line);
    if (pl_str_nearest(contract->scenario_when, names, found))
        compiler_did_you_mean(c, contract->scenario_when, names, found);
    else
        compiler_hint(c, "without when: it is the scenario's beginning; then: of another contract "
                         "of it leads on");
}

void check_scenarios(compiler *c, const pl_yaml_node *list) {
    const pl_contract_file *file = c->file;
    const pl_contract **lead = calloc(file->contract_count + 1, sizeof(const pl_contract *));
    if (!lead) {
        c->no_memory = true;
        return;
    }
    size_t count = leading(file, lead);
    for (size_t i = 0; i < file->contract_count; i++) {
        const pl_contract *one = file->contracts[i];
        if (!one->scenario.n || !one->scenario_when.n)
            continue;
        size_t at = lower_bound(lead, count, one, one->scenario_when);
        if (at == count || !pl_str_eq(lead[at]->scenario, one->scenario) ||
            !pl_str_eq(lead[at]->scenario_then, one->scenario_when))
            report(c, one, pl_yaml_find(pl_yaml_find(pl_yaml_at(list, i), "scenario"), "when"),
                   lead, count);
    }
    free(lead);
}

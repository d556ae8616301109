/* parley contract check: everything that is wrong with contracts, before anything runs. */
#include "contract/contract.h"

static pl_code load(contracts *c, const verb_line *line, pl_error *err) {
    pl_code code = contracts_init(c, err);
    for (size_t i = 0; code == PL_OK && i < line->word_count; i++)
        code = contracts_add(c, line->words[i], err);
    if (code == PL_OK && line->word_count == 0)
        code = contracts_add(c, NULL, err);
    return code == PL_OK ? contracts_compile(c, err) : code;
}

int verb_check(verb_line *line) {
    contracts c;
    pl_error err = PL_ERROR_INIT;
    pl_code code = load(&c, line, &err);
    int exit_code = code == PL_OK ? contracts_report(&c, &line->args) : verb_failed(line, &err);
    contracts_done(&c);
    return exit_code;
}

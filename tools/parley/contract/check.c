/* parley contract check: everything that is wrong with contracts, before anything runs. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/protos.h"
#include "contract/contract.h"

static pl_code load(contracts *c, const verb_line *line, pl_error *err) {
    pl_code code = contracts_init(c, err);
    for (size_t i = 0; code == PL_OK && i < line->word_count; i++)
        code = contracts_add(c, line->words[i], err);
    if (code == PL_OK && line->word_count == 0)
        code = contracts_add(c, NULL, err);
    return code == PL_OK ? contracts_compile(c, err) : code;
}

/* No file is not an error, but seldom what was meant: says where files were looked for. */
static void say_nowhere(const contracts *c, const verb_line *line) {
    char all[PATH_MAX];
    struct stat info;
    size_t root = strlen(c->space.root);
    if (line->args.quiet || workspace_contracts(&c->space, all, NULL) != PL_OK)
        return;
    bool there = line->word_count || stat(all, &info) == 0;
    const char *folder = strncmp(all, c->space.root, root) == 0 ? all + root + 1 : all;
    (void)fprintf(stderr,
                  "%s %s%s; contracts are in %s/PROVIDER/CONSUMER.yaml, and parley contract new "
                  "begins one\n",
                  there ? "no .yaml file below" : "there is no folder",
                  line->word_count ? line->words[0] : folder,
                  line->word_count > 1 ? " and the others" : "", folder);
}

int verb_check(verb_line *line) {
    contracts c;
    pl_error err = PL_ERROR_INIT;
    pl_code code = load(&c, line, &err);
    int exit_code = code == PL_OK ? contracts_report(&c, &line->args) : verb_failed(line, &err);
    if (code == PL_OK && c.source_count == 0 && pl_findings_count(c.findings) == 0)
        say_nowhere(&c, line);
    contracts_done(&c);
    return exit_code;
}

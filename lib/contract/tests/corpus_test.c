/* Wrong contracts, and what is said about each: corpus/<topic>.txt has one case after another,
 *
 *     === what is wrong
 *     the contract file
 *     ---
 *     LINE:COLUMN severity RULE message
 *
 * A case without a finding below its line is right. With PL_CORPUS_WRITE=1 the findings are
 * written into the files, to be read before they are committed. */
#include <stdio.h>
#include <stdlib.h>

#include "parley/contract/rules.h"
#include "shop.h"

enum { TEXT_MAX = 1 << 20, CASES_MIN = 150 };

static char *read_file(const char *path) {
    pl_buf text = pl_buf_make(TEXT_MAX);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    for (size_t n = 1; n > 0;) {
        char *room = pl_buf_reserve(&text, 4096);
        assert_non_null(room);
        n = fread(room, 1, 4096, file);
        pl_buf_wrote(&text, n);
    }
    fclose(file);
    return pl_buf_take(&text, NULL);
}

static void judge(pl_str contract, pl_buf *out) {
    pl_findings *findings = pl_findings_new();
    pl_contract_source source = {"shop.v1/web.yaml", contract};
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    opts.today = "2026-11-21";
    opts.check_paths = true;
    assert_non_null(findings);
    if (pl_contract_compile(pool, &source, 1, &opts, findings, &set, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < pl_findings_count(findings); i++) {
        const pl_finding *f = pl_findings_at(findings, i);
        if (!pl_contract_rule_find(f->rule))
            fail_msg("%s is in no row of rules.c", f->rule);
        pl_buf_printf(out, "%u:%u %s %s %s\n", f->line, f->column, pl_severity_name(f->severity),
                      f->rule, f->message);
        if (*f->hint)
            pl_buf_printf(out, "    hint: %s\n", f->hint);
    }
    pl_contract_set_free(set);
    pl_findings_free(findings);
}

/* The text up to MARK, which *REST is moved behind. */
static pl_str until(pl_str *rest, const char *mark) {
    const char *end = rest->n ? strstr(rest->p, mark) : NULL;
    pl_str piece = pl_str_make(rest->p, end ? (size_t)(end - rest->p) : rest->n);
    size_t used = end ? piece.n + strlen(mark) : rest->n;
    *rest = pl_str_make(rest->p + used, rest->n - used);
    return piece;
}

/* Every case of a file; what is said about them all goes to OUT. */
static size_t judge_cases(const char *text, pl_buf *out, pl_buf *differences) {
    pl_str rest = pl_str_c(text);
    size_t cases = 0;
    pl_buf_str(out, until(&rest, "=== "));
    while (rest.n) {
        pl_str title = until(&rest, "\n"), contract = until(&rest, "---\n");
        pl_str expected = until(&rest, "=== ");
        pl_buf said = pl_buf_make(TEXT_MAX);
        judge(contract, &said);
        if (!pl_str_eq(pl_str_trim(expected), pl_buf_view(&said)))
            pl_buf_printf(differences, "=== %.*s\n--- expected\n%.*s--- got\n%s\n", PL_FMT(title),
                          PL_FMT(expected), said.p);
        pl_buf_printf(out, "=== %.*s\n%.*s---\n%s", PL_FMT(title), PL_FMT(contract), said.p);
        pl_buf_done(&said);
        cases++;
    }
    return cases;
}

static void write_back(const char *path, const pl_buf *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->p, 1, text->n, file), text->n);
    fclose(file);
}

static void says_what_is_wrong_where_it_is_and_nothing_else(void **state) {
    static const char *const files[] = {"yaml", "head",  "calls",   "fields",
                                        "tags", "steps", "overlap", "right"};
    pl_buf differences = pl_buf_make(TEXT_MAX);
    size_t cases = 0;
    (void)state;
    for (size_t i = 0; i < PL_COUNT(files); i++) {
        char path[64];
        snprintf(path, sizeof path, "tests/corpus/%s.txt", files[i]);
        char *text = read_file(path);
        pl_buf out = pl_buf_make(TEXT_MAX);
        cases += judge_cases(text, &out, &differences);
        if (getenv("PL_CORPUS_WRITE"))
            write_back(path, &out);
        pl_buf_done(&out);
        free(text);
    }
    if (differences.n)
        fail_msg("%s", differences.p);
    pl_buf_done(&differences);
    if (cases < CASES_MIN)
        fail_msg("%zu cases", cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_wrong_where_it_is_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}

/* parley coverage: which of what a provider has is used, and by whom. */
#include <stdio.h>
#include <string.h>

#include "coverage/coverage.h"

enum { OUTPUT_MAX = 256 << 20, NAMES_MAX = 4096 };

typedef struct line {
    tool_args args;
    const char *provider;
    const char *field;
    unsigned min;
} line;

static void read_line(line *l, int argc, char **argv) {
    uint64_t min;
    tool_args_init(&l->args, argc, argv);
    for (int what; (what = tool_args_next(&l->args)) != TOOL_ARGS_END;) {
        const char *value = l->args.value;
        if (what == TOOL_ARGS_WORD && l->provider)
            tool_usage(&l->args, "one provider at a time, not '%s' too", value);
        if (what == TOOL_ARGS_WORD) {
            l->provider = value;
        } else if (tool_args_is(&l->args, "--field")) {
            l->field = value;
        } else {
            if (!pl_str_u64(pl_str_c(value), &min) || min > 100)
                tool_usage(&l->args, "--min is a number from 0 to 100, not '%s'", value);
            l->min = (unsigned)min;
        }
    }
    if (l->field && l->min)
        tool_usage(&l->args, "--min is of providers, --field of one field: not both");
}

static const provider *find_provider(const line *l, const report *r) {
    const char *names[PROVIDERS_MAX];
    for (size_t i = 0; i < r->count; i++) {
        names[i] = r->list[i].package.p;
        if (strcmp(names[i], l->provider) == 0)
            return &r->list[i];
    }
    const char *near = pl_str_nearest(pl_str_c(l->provider), names, r->count);
    if (near)
        tool_usage(&l->args, "no provider '%s', did you mean '%s'?", l->provider, near);
    tool_usage(&l->args, "no provider '%s': it is a package of the protos with an RPC or an event",
               l->provider);
}

static void no_field(const line *l, const report *r, const provider *one) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const provider *p = &r->list[i];
        for (size_t k = 0; (!one || p == one) && k < p->coverage.row_count; k++) {
            if (p->coverage.rows[k].field && count < NAMES_MAX)
                names[count++] = p->coverage.rows[k].field->name.p;
        }
    }
    const char *near = pl_str_nearest(pl_str_c(l->field), names, count);
    if (near)
        tool_usage(&l->args, "no field '%s', did you mean '%s'?", l->field, near);
    tool_usage(&l->args, "no field '%s' in a request, answer or event", l->field);
}

/* Those that are shown and have less than --min. Where nothing is shown, nothing was measured. */
static size_t below_min(const line *l, const report *r, const provider *one) {
    size_t below = 0, shown = 0;
    for (size_t i = 0; l->min && i < r->count; i++) {
        const provider *p = &r->list[i];
        unsigned percent = coverage_percent(&p->coverage);
        if (one ? p != one : !p->contracts)
            continue;
        shown++;
        if (percent >= l->min)
            continue;
        below++;
        (void)fprintf(stderr, "parley coverage: %s: %u %% used, expected %u %% at least\n",
                      p->package.p, percent, l->min);
    }
    if (l->min && !shown)
        (void)fprintf(stderr, "parley coverage: no contracts: nothing was measured\n");
    return l->min && !shown ? 1 : below;
}

static int print(const line *l, const report *r) {
    const provider *one = l->provider ? find_provider(l, r) : NULL;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    if (l->field && !report_field(r, one, l->field, l->args.json, &out))
        no_field(l, r, one);
    if (!l->field && l->args.json)
        report_json(r, one, &out);
    else if (!l->field)
        report_text(r, one, &out);
    int status = tool_print(&l->args, &out, TOOL_EXIT_OK);
    if (status != TOOL_EXIT_OK)
        return status;
    return below_min(l, r, one) ? TOOL_EXIT_THRESHOLD : TOOL_EXIT_OK;
}

int main(int argc, char **argv) {
    static contracts c;
    static line l;
    static report r;
    int status;
    pl_error err = PL_ERROR_INIT;
    read_line(&l, argc, argv);
    pl_code code = contracts_init(&c, &err);
    if (code == PL_OK)
        code = contracts_add(&c, NULL, &err);
    if (code == PL_OK)
        code = contracts_compile(&c, &err);
    bool clean = code == PL_OK && pl_findings_errors(c.findings) == 0;
    if (clean)
        code = report_load(&r, &c, &err);
    if (code != PL_OK)
        status = contracts_failed(&l.args, &err);
    else
        status = clean ? print(&l, &r) : contracts_report(&c, &l.args);
    report_done(&r);
    contracts_done(&c);
    return status;
}

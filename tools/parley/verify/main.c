/* parley verify: does a running provider keep its contracts? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/bundles.h"
#include "verify/verb.h"

static uint32_t read_timeout(const tool_args *args) {
    int64_t ms = tool_args_duration(args);
    if (ms > UINT32_MAX)
        tool_usage(args, "--timeout %s: at most %u s", args->value, UINT32_MAX / 1000);
    return (uint32_t)ms;
}

static void read_option(verify_line *line) {
    static const struct {
        const char *name;
        size_t at;
    } texts[] = {
        {"--target", offsetof(verify_line, opts.target)},
        {"--system", offsetof(verify_line, system)},
        {"--rest", offsetof(verify_line, opts.rest)},
        {"--states", offsetof(verify_line, opts.states)},
        {"--redis", offsetof(verify_line, opts.redis)},
        {"--consumer", offsetof(verify_line, opts.consumer)},
        {"--filter", offsetof(verify_line, opts.filter)},
        {"--provider-version", offsetof(verify_line, opts.version)},
        {"--tls-ca", offsetof(verify_line, tls.ca_file)},
        {"--tls-cert", offsetof(verify_line, tls.cert_file)},
        {"--tls-key", offsetof(verify_line, tls.key_file)},
        {"--server-name", offsetof(verify_line, tls.server_name)},
        {"--junit", offsetof(verify_line, files[VERIFY_JUNIT])},
        {"--sarif", offsetof(verify_line, files[VERIFY_SARIF])},
        {"--markdown", offsetof(verify_line, files[VERIFY_MARKDOWN])},
        {"--report", offsetof(verify_line, files[VERIFY_REPORT])},
    };

    if (tool_args_is(&line->args, "--last-failed"))
        line->last_failed = true;
    else if (tool_args_is(&line->args, "--github"))
        line->github = true;
    else if (tool_args_is(&line->args, "--timeout"))
        line->opts.timeout_ms = read_timeout(&line->args);
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        if (tool_args_is(&line->args, texts[i].name))
            *(const char **)((char *)line + texts[i].at) = line->args.value;
    }
}

static void read_line(verify_line *line, int argc, char **argv) {
    tool_args_init(&line->args, argc, argv);
    for (int what; (what = tool_args_next(&line->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION)
            read_option(line);
        else if (line->provider)
            tool_usage(&line->args, "one provider at a time; what is '%s'?", line->args.value);
        else
            line->provider = line->args.value;
    }
    if (!line->provider)
        tool_usage(&line->args, "which provider, such as mall.products.v1?");
    if (line->system && line->opts.target)
        tool_usage(&line->args, "--system or --target: where it runs is said once");
    if (!line->tls.ca_file && (line->tls.cert_file || line->tls.server_name))
        tool_usage(&line->args, "TLS needs --tls-ca, those who have signed the server's "
                                "certificate");
    if (line->tls.ca_file)
        line->opts.tls = &line->tls;
}

/* Of a bundle the package is what its contracts say. */
static pl_code find_package(const verify_line *line, const contracts *c, const char **out,
                            pl_error *err) {
    if (c->provider_count == 1) {
        *out = c->providers[0];
        return PL_OK;
    }
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "%s: expected contracts with one provider, got %zu", line->provider,
                        c->provider_count);
}

/* Where nobody has said where it runs: a system that parley up has started. */
static pl_code find_target(verify_line *line, contracts *c, const char *package, pl_error *err) {
    local *l = &line->local;
    pl_verify_opts *o = &line->opts;
    if (o->target)
        return PL_OK;
    pl_code code = local_find(&c->space, line->system, package, &c->arena, l, err);
    if (code == PL_NOT_FOUND || code == PL_INVALID_ARGUMENT) {
        pl_error why = *err;
        line->misused = true;
        return pl_error_wrap(err, &why, "where does it run? --target HOST:PORT");
    }
    if (code == PL_OK && !o->states && l->states_program)
        code = local_serve_states(l, &c->arena, err);
    if (code != PL_OK)
        return code;
    o->target = l->target;
    o->rest = o->rest ? o->rest : l->gateway;
    o->redis = o->redis ? o->redis : l->redis;
    o->states = o->states ? o->states : l->states;
    if (!line->args.quiet)
        (void)fprintf(stderr, "%s is %s/%s at %s, %s %s\n", package, l->system, l->service,
                      o->target, o->states ? "its states at" : "without states",
                      o->states ? o->states : "");
    return PL_OK;
}

/* What failed last time may be gone, or have another name. */
static bool is_left(const contracts *c, failed_list *last) {
    for (size_t k = 0; k < pl_contract_set_file_count(c->set); k++) {
        const pl_contract_file *file = pl_contract_set_file(c->set, k);
        for (size_t i = 0; i < file->contract_count; i++) {
            if (failed_has(last, file->contracts[i]))
                return true;
        }
    }
    return false;
}

static pl_code verify(verify_line *line, contracts *c, pl_verify_report **out_report,
                      pl_error *err) {
    const char *package = NULL;
    failed_list last = {.arena = &c->arena};
    pl_code code = find_package(line, c, &package, err);

    if (code == PL_OK) {
        code = verify_check_consumer(c, package, line->opts.consumer, err);
        line->misused = code != PL_OK;
    }
    if (code == PL_OK)
        code = find_target(line, c, package, err);
    if (code == PL_OK && line->last_failed)
        code = failed_read(&c->space, package, &last, err);
    if (code != PL_OK)
        return code;
    bool left = last.count && is_left(c, &last);
    if (line->last_failed && !left && !line->args.quiet)
        (void)fprintf(stderr, "nothing of %s %s: everything is verified\n", package,
                      last.count ? "that failed last time is there now" : "failed last time");
    if (left) {
        line->opts.wanted = failed_has;
        line->opts.wanted_self = &last;
    }
    verify_progress progress = {.shown = isatty(STDERR_FILENO) && !line->args.quiet};
    line->opts.progress = verify_progressed;
    line->opts.progress_self = &progress;
    verify_watch_interrupt();
    code = pl_verify(c->set, package, &line->opts, out_report, err);
    verify_progress_end(&progress);
    return code;
}

/* Contracts that say how they are called over HTTP, and were not. */
static void tell_bindings(const verify_line *line, const pl_verify_report *report) {
    size_t count = 0;

    for (size_t i = 0; i < report->result_count; i++)
        count += report->results[i].contract->http &&
                 report->results[i].verdict != PL_VERIFY_SKIPPED;
    if (count && !line->opts.rest)
        (void)fprintf(stderr,
                      "%zu %s with \"http:\" went over gRPC; --rest HOST:PORT tries what it says\n",
                      count, count == 1 ? "contract" : "contracts");
}

/* What is found goes to stdout, what is counted to stderr. */
static int print(const verify_line *line, const pl_verify_report *report) {
    int status = pl_verify_passed(report) ? TOOL_EXIT_OK : TOOL_EXIT_VERIFICATION;
    pl_buf out = pl_buf_make(VERIFY_OUTPUT_MAX), last = pl_buf_make(VERIFY_OUTPUT_MAX);

    if (line->args.json)
        (void)pl_verify_json(report, &out);
    else
        (void)pl_verify_text(report, line->args.verbose, line->args.color, &out);
    status = tool_print(&line->args, &out, status);
    if (line->github)
        (void)pl_verify_github(report, &out);
    if (line->args.json) { /* GitHub reads both; a document in JSON is to be one */
        (void)fwrite(out.p, 1, out.n, stderr);
        out.n = 0;
    }
    status = tool_print(&line->args, &out, status);
    (void)pl_verify_summary(report, &last);
    if (!line->args.quiet)
        tell_bindings(line, report);
    if (!line->args.quiet || !pl_verify_passed(report))
        (void)fprintf(stderr, "%s\n", last.p);
    pl_buf_done(&last);
    return status;
}

static int conclude(const verify_line *line, const contracts *c, const pl_verify_report *report) {
    pl_error err = PL_ERROR_INIT;
    int exit_code = print(line, report);

    pl_code written = verify_write_files(line, report, &err);
    pl_code kept = failed_write(&c->space, report, written == PL_OK ? &err : NULL);

    if (written != PL_OK || kept != PL_OK) {
        (void)fprintf(stderr, "parley verify: %s\n", err.message);
        exit_code = TOOL_EXIT_FAILED;
    }
    return exit_code;
}

/* Nothing was tried, which with --json is a document, too. */
static int failed(const verify_line *line, const pl_error *err) {
    const pl_verify_report nothing = {.provider = pl_str_c(line->provider),
                                      .message = pl_str_c(err->message)};
    pl_buf out = pl_buf_make(VERIFY_OUTPUT_MAX);

    if (line->args.json && pl_verify_json(&nothing, &out))
        (void)fwrite(out.p, 1, out.n, stdout);
    pl_buf_done(&out);
    (void)fprintf(stderr, "parley verify: %s\n", err->message);
    if (line->misused)
        return TOOL_EXIT_USAGE;
    return verify_interrupted() ? TOOL_EXIT_INTERRUPTED : TOOL_EXIT_FAILED;
}

/* The contracts could not be read. That there are none with the provider is a report, too. */
static int unread(verify_line *line, contracts *c, const pl_error *err) {
    const pl_verify_report nothing = {.provider = pl_str_c(line->provider),
                                      .version = pl_str_c(""),
                                      .message = pl_str_c(err->message)};
    pl_error none = PL_ERROR_INIT;

    if (err->code != PL_NOT_FOUND || !c->space.root[0] || bundles_is_one(line->provider))
        return failed(line, err);
    if (verify_check_package(c, line->provider, &none) != PL_OK) {
        line->misused = none.code == PL_NOT_FOUND;
        return failed(line, &none);
    }
    (void)fprintf(stderr, "parley verify: %s\n", err->message);
    return conclude(line, c, &nothing);
}

int main(int argc, char **argv) {
    static verify_line line;
    static contracts c;
    pl_error err = PL_ERROR_INIT;
    pl_verify_report *report = NULL;
    int exit_code;

    read_line(&line, argc, argv);
    pl_code code = contracts_open(&c, &line.provider, 1, &err);
    if (code != PL_OK)
        exit_code = unread(&line, &c, &err);
    else if (pl_findings_errors(c.findings))
        exit_code = contracts_report(&c, &line.args);
    else if (verify(&line, &c, &report, &err) != PL_OK)
        exit_code = failed(&line, &err);
    else
        exit_code = conclude(&line, &c, report);
    local_done(&line.local);
    pl_verify_report_free(report);
    contracts_done(&c);
    return exit_code;
}

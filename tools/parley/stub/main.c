/* parley stub: a provider that answers from contracts. */
#include "stub/stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundles.h"
#include "stub/clock.h"
#include "stub/record.h"
#include "stub/trigger.h"

/* Bytes of an error as JSON. */
enum { ERROR_JSON_MAX = 16 << 10 };

/* Reads CODE:RATE. */
static void read_fault(stub_line *line) {
    const tool_args *args = &line->args;
    const char *names[PL_CODE_COUNT];
    const char *colon = strchr(args->value, ':');
    char *end = NULL;

    if (!colon)
        tool_usage(args, "--fault: expected CODE:RATE such as UNAVAILABLE:0.1, got '%s'",
                   args->value);
    line->opts.fault_rate = strtod(colon + 1, &end);
    if (end == colon + 1 || *end || !(line->opts.fault_rate >= 0 && line->opts.fault_rate <= 1))
        tool_usage(args, "--fault: expected a rate from 0 to 1, got '%s'", colon + 1);
    pl_str name = pl_str_make(args->value, (size_t)(colon - args->value));
    for (int code = 0; code < PL_CODE_COUNT; code++) {
        names[code] = pl_code_name((pl_code)code);
        if (code != PL_OK && pl_str_eqc(name, names[code])) {
            line->opts.fault_code = (pl_code)code;
            return;
        }
    }
    const char *near = pl_str_nearest(name, names + 1, PL_CODE_COUNT - 1);
    tool_usage(args, "--fault: no code '%.*s'%s%s%s", PL_FMT(name), near ? ", did you mean '" : "",
               near ? near : "", near ? "'?" : "");
}

static void read_latency(stub_line *line) {
    int64_t ms = tool_args_duration(&line->args);

    if (ms > PL_STUB_LATENCY_MAX)
        tool_usage(&line->args, "--latency: at most %us, got '%s'", PL_STUB_LATENCY_MAX / 1000,
                   line->args.value);
    line->opts.latency_ms = (uint32_t)ms;
}

static void read_set(stub_line *line) {
    if (!strchr(line->args.value, '='))
        tool_usage(&line->args, "--set: expected FIELD=VALUE, got '%s'", line->args.value);
    size_t field = strcspn(line->args.value, "=") + 1;
    for (size_t i = 0; i < line->set_count; i++) {
        if (strncmp(line->sets[i], line->args.value, field) == 0)
            tool_usage(&line->args, "--set: %.*s stands twice", (int)field - 1, line->args.value);
    }
    if (line->set_count == STUB_SETS_MAX)
        tool_usage(&line->args, "--set: at most %d fields", STUB_SETS_MAX);
    line->sets[line->set_count++] = line->args.value;
}

static void read_clock(stub_line *line) {
    if (!stub_clock_read(pl_str_c(line->args.value), &line->opts.clock_ms))
        tool_usage(&line->args, "--clock: expected a time such as 2026-01-31T12:00:00Z, got '%s'",
                   line->args.value);
}

static void read_option(stub_line *line) {
    static const struct {
        const char *name;
        size_t at;
    } texts[] = {
        {"--listen", offsetof(stub_line, listen)},
        {"--http", offsetof(stub_line, http)},
        {"--bundle", offsetof(stub_line, bundle)},
        {"--at", offsetof(stub_line, at)},
        {"--tls-cert", offsetof(stub_line, tls_cert)},
        {"--tls-key", offsetof(stub_line, tls_key)},
        {"--tls-ca", offsetof(stub_line, tls_ca)},
        {"--server-name", offsetof(stub_line, server_name)},
        {"--consumer", offsetof(stub_line, opts.consumer)},
        {"--redis", offsetof(stub_line, redis)},
        {"--record", offsetof(stub_line, record)},
        {"--out", offsetof(stub_line, out)},
        {"--verified", offsetof(stub_line, verified)},
        {"--contract", offsetof(stub_line, contract)},
    };

    if (tool_args_is(&line->args, "--lenient"))
        line->opts.lenient = true;
    else if (tool_args_is(&line->args, "--watch"))
        line->watch = true;
    else if (tool_args_is(&line->args, "--latency"))
        read_latency(line);
    else if (tool_args_is(&line->args, "--fault"))
        read_fault(line);
    else if (tool_args_is(&line->args, "--set"))
        read_set(line);
    else if (tool_args_is(&line->args, "--clock"))
        read_clock(line);
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        if (tool_args_is(&line->args, texts[i].name))
            *(const char **)((char *)line + texts[i].at) = line->args.value;
    }
}

static void check_bundles(const stub_line *line) {
    size_t bundled = 0;

    for (size_t i = 0; i < line->word_count; i++)
        bundled += bundles_is_one(line->words[i]);
    if (bundled && bundled < line->word_count)
        tool_usage(&line->args, "packages and bundles are not served together");
    if (bundled && (line->watch || line->bundle))
        tool_usage(&line->args, "a bundle is served as it is, without --watch and --bundle");
}

static void read_line(stub_line *line, int argc, char **argv) {
    line->listen = line->http = "127.0.0.1:0";
    tool_args_init(&line->args, argc, argv);
    for (int what; (what = tool_args_next(&line->args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION)
            read_option(line);
        else if (line->word_count < STUB_PROVIDERS_MAX)
            line->words[line->word_count++] = line->args.value;
        else
            tool_usage(&line->args, "at most %d providers", STUB_PROVIDERS_MAX);
    }
    if (!line->word_count)
        tool_usage(&line->args, "of which provider, such as mall.products.v1?");
    if ((line->set_count || line->contract) && strcmp(line->words[0], "trigger") != 0)
        tool_usage(&line->args, "--set and --contract are for parley stub trigger");
    check_bundles(line);
    if (!line->record != !line->out)
        tool_usage(&line->args, "--record and --out belong together");
    if (line->record && line->word_count > 1)
        tool_usage(&line->args, "--record is for one provider");
    if (!line->record && (line->tls_ca || line->server_name))
        tool_usage(&line->args, "--tls-ca and --server-name are for --record: of the real server");
    if (line->server_name && !line->tls_ca)
        tool_usage(&line->args, "--server-name needs --tls-ca: whose signature is believed");
    if (!line->tls_cert != !line->tls_key)
        tool_usage(&line->args, "--tls-cert and --tls-key belong together");
}

int stub_failed(const stub_line *line, const char *verb, const pl_error *err) {
    pl_buf out = pl_buf_make(ERROR_JSON_MAX);

    pl_buf_puts(&out, "{\"error\":");
    pl_buf_json(&out, pl_str_c(err->message));
    pl_buf_puts(&out, "}\n");
    if (line->args.json)
        (void)fwrite(out.p, 1, out.n, stdout);
    pl_buf_done(&out);
    (void)fprintf(stderr, "parley stub%s%s: %s\n", verb ? " " : "", verb ? verb : "", err->message);
    return TOOL_EXIT_FAILED;
}

int main(int argc, char **argv) {
    static const char *const questions[] = {"journal", "unused", "reset"};
    static stub_line line;

    read_line(&line, argc, argv);
    if (strcmp(line.words[0], "trigger") == 0) {
        if (line.word_count != 2)
            tool_usage(&line.args, "trigger needs the name of one trigger");
        return stub_trigger(&line, line.words[1]);
    }
    for (size_t i = 0; i < PL_COUNT(questions); i++) {
        if (strcmp(line.words[0], questions[i]) != 0)
            continue;
        if (line.word_count > 1)
            tool_usage(&line.args, "what is '%s'?", line.words[1]);
        return stub_ask(&line, questions[i]);
    }
    return line.record ? stub_record(&line) : stub_serve(&line);
}

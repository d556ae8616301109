#include "parley/verify/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_client.h"
#include "fixture_missing.h"
#include "fixture_process.h"
#include "fixture_report.h"
#include "parley/base/assert.h"
#include "parley/base/clock.h"
#include "parley/contract/match.h"
#include "parley/test/servers.h"
#include "parley/verify/report.h"
#include "parley/verify/stubs.h"

enum {
    ADDRESS_SIZE = 64,
    SETTING_MAX = 512,
    TEXT_MAX = 1 << 20,
    SCRATCH_MAX = 16 << 20,
    CALL_TIMEOUT_MS = 10000
};

struct pl_contract_fixture {
    const pl_contract_fixture_opts *opts;
    const char *bundles; /* a folder */
    pl_test_postgres *postgres;
    pl_test_redis *redis;
    pl_contract_stub *stubs[PL_CONTRACT_UPSTREAMS_MAX];
    size_t stub_count;
    char settings[PL_CONTRACT_SETTINGS_MAX][SETTING_MAX];
    const char *setting_list[PL_CONTRACT_SETTINGS_MAX + 1];
    size_t setting_count;
    fixture_process service;
    char target[ADDRESS_SIZE];
    pl_states *states;
    pl_server *states_server;
    pl_contract_set *set;
    pl_verifier *verifier;
    fixture_report report;
    pl_channel *channel;
    pl_call *call;
    pl_arena scratch;           /* requests */
    int64_t log_from;           /* what the test at hand has made the service log */
    const pl_contract *example; /* whose request was asked for last, or NULL */
    const char *example_path;   /* of its method */
};

/* ---- settings -------------------------------------------------------------------------------- */

static pl_code add_setting(pl_contract_fixture *f, pl_error *err, const char *format, ...)
    PL_PRINTF(3, 4);
static pl_code add_setting(pl_contract_fixture *f, pl_error *err, const char *format, ...) {
    va_list args;
    if (f->setting_count == PL_CONTRACT_SETTINGS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d settings",
                            PL_CONTRACT_SETTINGS_MAX);
    char *setting = f->settings[f->setting_count];
    va_start(args, format);
    int n = vsnprintf(setting, SETTING_MAX, format, args);
    va_end(args);
    if (n < 0 || n >= SETTING_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "a setting is longer than %d: %.64s",
                            SETTING_MAX - 1, setting);
    f->setting_list[f->setting_count++] = setting;
    return PL_OK;
}

/* "PAYMENT_ADDR=mall.payment.v1" */
static pl_code add_upstream(pl_contract_fixture *f, pl_str item, pl_error *err) {
    char provider[SETTING_MAX];
    size_t equals = pl_str_index(item, '=');
    if (equals == item.n)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "upstream '%.*s': expected KEY=provider",
                            PL_FMT(item));
    if (f->stub_count == PL_CONTRACT_UPSTREAMS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d upstreams",
                            PL_CONTRACT_UPSTREAMS_MAX);
    (void)snprintf(provider, sizeof provider, "%.*s", (int)(item.n - equals - 1),
                   item.p + equals + 1);
    const pl_contract_stub_opts opts = {.bundles = f->bundles,
                                        .provider = provider,
                                        .redis_url = f->redis ? pl_test_redis_url(f->redis) : NULL};
    pl_code code = pl_contract_stub_start(&opts, &f->stubs[f->stub_count], err);
    if (code != PL_OK)
        return code;
    return add_setting(f, err, "%.*s=%s", (int)equals, item.p,
                       pl_contract_stub_address(f->stubs[f->stub_count++]));
}

static pl_code start_servers(pl_contract_fixture *f, pl_error *err) {
    static const char database[] = "contracts", owner[] = "owner", user[] = "service";
    pl_test_postgres_opts opts = PL_TEST_POSTGRES_OPTS_INIT;
    opts.no_fsync = true;
    pl_code code = pl_test_postgres_start(&opts, &f->postgres, err);
    if (code == PL_OK)
        code = pl_test_postgres_database(f->postgres, database, owner, user, err);
    if (code == PL_OK)
        code = pl_test_redis_start(NULL, &f->redis, err);
    if (code == PL_OK)
        code = add_setting(f, err, "REDIS_URL=%s", pl_test_redis_url(f->redis));
    if (code == PL_OK)
        code = add_setting(f, err, "DATABASE_URL=%s",
                           pl_test_postgres_conninfo(f->postgres, database, user));
    if (code == PL_OK)
        code = add_setting(f, err, "MIGRATE_DATABASE_URL=%s",
                           pl_test_postgres_conninfo(f->postgres, database, owner));
    return code;
}

static pl_code collect_settings(pl_contract_fixture *f, pl_error *err) {
    pl_str rest = pl_str_c(f->opts->upstreams);
    pl_str item;
    pl_code code = add_setting(f, err, "LISTEN=127.0.0.1:0");
    if (code == PL_OK)
        code = add_setting(f, err, "LOG_FORMAT=text");
    if (code == PL_OK)
        code = add_setting(f, err, "LOG_LEVEL=warn");
    if (code == PL_OK)
        code = add_setting(f, err, "DEMO=true"); /* internal methods take local callers */
    while (code == PL_OK && pl_str_split(&rest, ';', &item))
        code = item.n ? add_upstream(f, item, err) : PL_OK;
    rest = pl_str_c(f->opts->settings);
    while (code == PL_OK && pl_str_split(&rest, ';', &item))
        code = item.n ? add_setting(f, err, "%.*s", PL_FMT(item)) : PL_OK;
    return code;
}

/* ---- start and stop -------------------------------------------------------------------------- */

static pl_code migrate(pl_contract_fixture *f, pl_error *err) {
    fixture_process migration = {0};
    pl_code code = fixture_process_start(&migration, f->opts->program, "--migrate", f->setting_list,
                                         err);
    return code == PL_OK ? fixture_process_wait(&migration, err) : code;
}

static pl_code start_service(pl_contract_fixture *f, pl_error *err) {
    pl_code code = f->opts->states ? migrate(f, err) : PL_OK;
    if (code == PL_OK)
        code = fixture_process_start(&f->service, f->opts->program, NULL, f->setting_list, err);
    return code == PL_OK
               ? fixture_process_ready(&f->service, "grpc=", pl_deadline_ms(PL_CONTRACT_START_MS),
                                       f->target, sizeof f->target, err)
               : code;
}

static pl_code connect_client(pl_contract_fixture *f, pl_error *err) {
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call = PL_CALL_OPTS_INIT;
    channel.name = f->opts->provider;
    channel.target = f->target;
    call.timeout_ms = CALL_TIMEOUT_MS;
    pl_code code = pl_channel_new(&channel, &f->channel, err);
    return code == PL_OK ? pl_call_new(&call, &f->call, err) : code;
}

static pl_code check_stale(const pl_contract_fixture *f, pl_error *err) {
    size_t there = pl_contract_set_count(f->set);
    return there == f->opts->contracts
               ? PL_OK
               : pl_error_set(err, PL_FAILED_PRECONDITION,
                              "%s: tests of %zu contracts, but there are %zu: build again",
                              f->opts->provider, f->opts->contracts, there);
}

static pl_code serve_states(pl_contract_fixture *f, char address[ADDRESS_SIZE], pl_error *err) {
    pl_code code = pl_states_new(f->opts->states, f->setting_list, &f->states, err);
    if (code == PL_OK)
        code = pl_states_serve(f->states, "127.0.0.1:0", &f->states_server, err);
    if (code == PL_OK)
        (void)snprintf(address, ADDRESS_SIZE, "127.0.0.1:%d", pl_server_port(f->states_server));
    return code;
}

/* Line by line: cmocka prints 1023 bytes at a time. */
static void print_lines(pl_str text) {
    pl_str line;
    while (pl_str_split(&text, '\n', &line) && (line.n || text.n))
        print_error("%.*s\n", PL_FMT(line));
}

static void tell_missing(const pl_contract_fixture *f) {
    pl_buf text = pl_buf_make(TEXT_MAX);
    fixture_missing(f->set, f->opts->states, &text);
    print_lines(pl_buf_view(&text));
    pl_buf_done(&text);
}

static pl_code make_verifier(pl_contract_fixture *f, pl_error *err) {
    char states[ADDRESS_SIZE];
    pl_verify_opts opts = PL_VERIFY_OPTS_INIT;
    pl_code code = pl_contract_bundle(f->bundles, f->opts->provider, &f->set, err);
    if (code == PL_OK)
        code = check_stale(f, err);
    if (code == PL_OK)
        tell_missing(f);
    if (code == PL_OK && f->opts->states) {
        code = serve_states(f, states, err);
        opts.states = states;
        opts.redis = pl_test_redis_url(f->redis);
    }
    if (code != PL_OK)
        return code;
    opts.target = f->target;
    return pl_verifier_new(f->set, f->opts->provider, &opts, &f->verifier, err);
}

int pl_contract_start(const pl_contract_fixture_opts *opts, void **state) {
    pl_error err = PL_ERROR_INIT;
    pl_contract_fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    *state = f;
    f->opts = opts;
    f->bundles = getenv("PARLEY_BUNDLES");
    if (!f->bundles || !*f->bundles)
        f->bundles = opts->bundles;
    f->scratch = pl_arena_make(SCRATCH_MAX);
    pl_code code = opts->states ? start_servers(f, &err) : PL_OK;
    if (code == PL_OK)
        code = collect_settings(f, &err);
    if (code == PL_OK)
        code = start_service(f, &err);
    if (code == PL_OK)
        code = make_verifier(f, &err);
    if (code == PL_OK)
        code = connect_client(f, &err);
    if (code == PL_OK)
        return 0;
    print_error("%s: %s\n", opts->provider, err.message);
    (void)pl_contract_stop(state); /* cmocka does not, after a setup that failed */
    *state = NULL;
    return -1;
}

/* Of the fixture that stopped last: cmocka tells main nothing of how a group's teardown went. */
static bool ended_badly;

/* Contracts were tried, and not one value of the service was looked at: all were ignored. */
static bool verified_nothing(const pl_contract_fixture *f) {
    const pl_verify_report *report = &f->report.report;
    if (!report->result_count || report->comparisons)
        return false;
    print_error("%s: nothing was verified\n", f->opts->provider);
    return true;
}

int pl_contract_stop(void **state) {
    pl_contract_fixture *f = *state;
    pl_error err = PL_ERROR_INIT;
    if (!f)
        return 0;
    pl_call_free(f->call);
    pl_channel_free(f->channel);
    pl_code reported = fixture_report_write(&f->report, f->set, f->opts->provider, &err);
    if (reported != PL_OK)
        print_error("%s\n", err.message);
    bool nothing = verified_nothing(f);
    fixture_report_done(&f->report);
    pl_verifier_free(f->verifier);
    pl_server_free(f->states_server);
    pl_states_free(f->states);
    pl_contract_set_free(f->set);
    pl_code code = fixture_process_stop(&f->service, &err);
    for (size_t i = 0; i < f->stub_count; i++)
        pl_contract_stub_free(f->stubs[i]);
    pl_test_redis_free(f->redis);
    pl_test_postgres_free(f->postgres);
    pl_arena_done(&f->scratch);
    free(f);
    if (code != PL_OK)
        print_error("%s\n", err.message);
    ended_badly = code != PL_OK || reported != PL_OK || nothing;
    return ended_badly ? -1 : 0;
}

int pl_contract_exit(int failed) {
    return failed ||
           ended_badly; /* an exit code has eight bits, and 256 contracts may have failed */
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void print_log(const pl_contract_fixture *f) {
    pl_buf log = pl_buf_make(TEXT_MAX);
    fixture_process_log(&f->service, f->log_from, &log);
    if (log.n)
        print_error("%s has logged meanwhile:\n", f->service.name);
    print_lines(pl_buf_view(&log));
    pl_buf_done(&log);
}

void pl_contract_run(pl_contract_fixture *f, const char *consumer, const char *name) {
    const pl_contract *contract = pl_verifier_find(f->verifier, consumer, name);
    pl_buf text = pl_buf_make(TEXT_MAX);
    if (!contract)
        fail_msg("%s has no contract '%s' with %s: build again", consumer, name, f->opts->provider);
    f->log_from = fixture_process_log_size(&f->service);
    const pl_verify_result *result = pl_verifier_run(f->verifier, contract);
    assert_non_null(result);
    assert_int_equal(fixture_report_add(&f->report, result, NULL), PL_OK);
    if (result->verdict == PL_VERIFY_PASSED && result->comparisons)
        return;
    (void)pl_verify_result_text(result, false, &text);
    print_lines(pl_buf_view(&text));
    pl_buf_done(&text);
    if (result->verdict == PL_VERIFY_SKIPPED)
        skip();
    if (result->verdict == PL_VERIFY_IN_PROGRESS)
        return;
    print_log(f);
    fail();
}

pl_channel *pl_contract_channel(pl_contract_fixture *f) {
    return f->channel;
}

pl_call *pl_contract_call(pl_contract_fixture *f) {
    return f->call;
}

/* The first contract of somebody with METHOD that begins with a request, or NULL. */
static const pl_contract *find_example(const pl_contract_fixture *f, const char *path) {
    for (size_t i = 0; i < pl_contract_set_file_count(f->set); i++) {
        const pl_contract_file *file = pl_contract_set_file(f->set, i);
        for (size_t c = 0; c < file->contract_count; c++) {
            const pl_contract *contract = file->contracts[c];
            if (contract->method && pl_str_eqc(contract->method->path, path) &&
                pl_contract_request(contract))
                return contract;
        }
    }
    return NULL;
}

static void *arena_alloc(void *arena, size_t size) {
    return pl_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *memory) {
    (void)arena;
    (void)memory;
}

const void *pl_contract_example(pl_contract_fixture *f, const pl_service_desc *service,
                                size_t index) {
    const pl_method_desc *method = &service->methods[index];
    ProtobufCAllocator allocator = {arena_alloc, arena_free, &f->scratch};
    pl_buf bytes = pl_buf_make(SCRATCH_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    const pl_contract *c = find_example(f, method->path);
    f->example = c;
    f->example_path = method->path;
    f->log_from = fixture_process_log_size(&f->service);
    if (c)
        assert_int_equal(
            pl_example_bytes(pl_contract_request(c), c->method->input, &opts, &f->scratch, &bytes),
            PL_OK);
    /* That fails the contract's own test. */
    if (c && pl_verifier_set_up(f->verifier, c, &err) != PL_OK)
        print_error("%s is called without its states: %s\n", method->path, err.message);
    const void *request = protobuf_c_message_unpack(method->request, &allocator, bytes.n,
                                                    (const uint8_t *)bytes.p);
    pl_buf_done(&bytes);
    assert_non_null(request);
    return request;
}

void pl_contract_answered(pl_contract_fixture *f, const char *method, pl_code code) {
    pl_error err = PL_ERROR_INIT;
    if (f->example && pl_verifier_take_back(f->verifier, &err) != PL_OK)
        fail_msg("%s: Teardown: %s", method, err.message);
    /* Requests are checked before it is seen that nobody handles them. */
    bool lacks = fixture_process_has_logged(&f->service, "method_without_operation",
                                            f->example_path);
    if (!lacks && fixture_client_reached(f->example, code))
        return;
    print_error("%s at %s: %s: %s%s\n", method, f->target, pl_code_name(code),
                pl_call_error(f->call)->message,
                lacks ? "; the service has no operation for it" : "");
    print_log(f);
    fail();
}

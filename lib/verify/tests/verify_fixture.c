#include "verify_fixture.h"

#include "parley/contract/bundle.h"

world w;

static pl_pool *pool(void) {
    if (!w.pool)
        assert_int_equal(pl_pool_load(PL_SHOP_SET, NULL, &w.pool, &w.err), PL_OK);
    return w.pool;
}

pl_contract_set *compile(const char *text) {
    pl_findings *findings = pl_findings_new();
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    pl_contract_set *set = NULL;

    assert_int_equal(pl_contract_compile(pool(), &source, 1, NULL, findings, &set, &w.err), PL_OK);
    if (pl_findings_errors(findings))
        fail_msg("%u: %s", pl_findings_at(findings, 0)->line, pl_findings_at(findings, 0)->message);
    pl_findings_free(findings);
    return set;
}

static void address(pl_server *server, char out[32]) {
    (void)snprintf(out, 32, "127.0.0.1:%d", pl_server_port(server));
}

static void server_new(void) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;

    assert_int_equal(pl_server_new(&opts, &w.server, &w.err), PL_OK);
}

static void server_start(void) {
    assert_int_equal(pl_server_start(w.server, &w.err), PL_OK);
    address(w.server, w.target);
}

/* The bundle of SET, opened in its place: what the program serves. */
static pl_contract_set *bundle_of(pl_contract_set *set) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_contract_set *opened = NULL;

    assert_int_equal(pl_bundle_write(set, &bytes, &w.err), PL_OK);
    assert_int_equal(pl_bundle_open(&bytes, &opened, &w.err), PL_OK);
    pl_buf_done(&bytes);
    pl_contract_set_free(set);
    return opened;
}

void provide(const char *text) {
    const pl_stub_opts opts = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";

    w.served = bundle_of(compile(text));
    if (pl_stub_new(w.served, &provider, 1, &opts, &w.stub, &w.err) != PL_OK)
        fail_msg("%s", w.err.message);
    server_new();
    assert_int_equal(pl_stub_bind(w.stub, w.server, &w.err), PL_OK);
    server_start();
}

void provide_by_hand(pl_bytes_fn *answer, pl_stream_fn *chat) {
    static pl_method_desc method;
    static pl_service_desc service;
    const pl_service_binding binding = {&service, &w};

    method = (pl_method_desc){.name = answer ? "GetItem" : "Chat",
                              .path = answer ? "/shop.v1.ShopService/GetItem"
                                             : "/shop.v1.ShopService/Chat",
                              .kind = answer ? PL_METHOD_UNARY : PL_METHOD_BIDI,
                              .answer = answer,
                              .stream = chat,
                              .auth = PL_AUTH_RULE_PUBLIC,
                              .auth_arg = ""};
    service = (pl_service_desc){PL_RPC_ABI, "shop.v1.ShopService", &method, 1, NULL, NULL};
    server_new();
    if (pl_server_add(w.server, binding, &w.err) != PL_OK)
        fail_msg("%s", w.err.message);
    server_start();
}

void provide_states(const pl_states_def *def) {
    static const char *const settings[] = {NULL};

    assert_int_equal(pl_states_new(def, settings, &w.states, &w.err), PL_OK);
    assert_int_equal(pl_states_serve(w.states, "127.0.0.1:0", &w.states_server, &w.err), PL_OK);
    address(w.states_server, w.states_at);
    w.opts.states = w.states_at;
}

pl_code verify(const char *text) {
    pl_verify_report_free(w.report);
    w.report = NULL;
    pl_contract_set_free(w.set);
    w.set = compile(text);
    if (!w.opts.target)
        w.opts.target = w.target;
    return pl_verify(w.set, w.provider ? w.provider : "shop.v1", &w.opts, &w.report, &w.err);
}

void verified(const char *text) {
    if (verify(text) != PL_OK)
        fail_msg("%s", w.err.message);
}

const pl_verify_result *result(size_t index) {
    assert_true(index < w.report->result_count);
    return &w.report->results[index];
}

const char *said(void) {
    w.text.max = TEXT_MAX;
    pl_buf_clear(&w.text);
    (void)pl_verify_text(w.report, true, false, &w.text);
    return w.text.p;
}

void differs(size_t index, const char *path, const char *expected, const char *actual) {
    const pl_verify_result *r = result(index);

    if (r->verdict != PL_VERIFY_FAILED || r->difference_count != 1)
        fail_msg("expected one difference: %s", said());
    assert_string_equal(r->differences[0].path.p, path);
    assert_string_equal(r->differences[0].expected.p, expected);
    assert_string_equal(r->differences[0].actual.p, actual);
}

void passed(void) {
    if (!pl_verify_passed(w.report))
        fail_msg("%s", said());
}

int tear_down(void **state) {
    (void)state;
    pl_verify_report_free(w.report);
    pl_server_free(w.server);
    pl_server_free(w.states_server);
    pl_states_free(w.states);
    pl_stub_free(w.stub);
    pl_contract_set_free(w.set);
    pl_contract_set_free(w.served);
    pl_pool_free(w.pool);
    pl_buf_done(&w.text);
    memset(&w, 0, sizeof w);
    return 0;
}

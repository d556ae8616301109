#include "fixture.h"

#include "parley/contract/bundle.h"

shop s;

void compile(const char *text) {
    compile_both(text, NULL);
}

void compile_both(const char *web, const char *app) {
    pl_findings *findings = pl_findings_new();
    const pl_contract_source sources[] = {{"shop.v1/web.yaml", pl_str_c(web)},
                                          {"shop.v1/app.yaml", pl_str_c(app ? app : "")}};
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_pool_load(PL_SHOP_SET, NULL, &s.pool, &err), PL_OK);
    assert_int_equal(
        pl_contract_compile(s.pool, sources, app ? 2 : 1, NULL, findings, &s.set, &err), PL_OK);
    if (pl_findings_errors(findings))
        fail_msg("%s", pl_findings_at(findings, 0)->message);
    pl_findings_free(findings);
}

void open_bundle(const char *was, const char *is) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_contract_set *opened = NULL;
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_bundle_write(s.set, &bytes, &err), PL_OK);
    for (size_t i = 0; was && i + strlen(was) <= bytes.n; i++) {
        if (memcmp(bytes.p + i, was, strlen(was)) == 0)
            memcpy(bytes.p + i, is, strlen(was));
    }
    assert_int_equal(pl_bundle_open(&bytes, &opened, &err), PL_OK);
    pl_buf_done(&bytes);
    pl_contract_set_free(s.set);
    s.set = opened;
}

void start(const char *text, const pl_stub_opts *opts) {
    compile(text);
    open_bundle(NULL, NULL);
    start_set(opts);
}

void start_set(const pl_stub_opts *given) {
    const pl_stub_opts usual = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";
    pl_error err = PL_ERROR_INIT;

    if (pl_stub_new(s.set, &provider, 1, given ? given : &usual, &s.stub, &err) != PL_OK)
        fail_msg("%s", err.message);
    serve();
}

void serve(void) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_channel_opts channel_opts = PL_CHANNEL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    char address[32];

    s.text = pl_buf_make(TEXT_MAX);
    opts.reflection = true;
    assert_int_equal(pl_server_new(&opts, &s.server, &err), PL_OK);
    assert_int_equal(pl_stub_bind(s.stub, s.server, &err), PL_OK);
    assert_int_equal(pl_server_start(s.server, &err), PL_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", pl_server_port(s.server));
    channel_opts.target = address;
    assert_int_equal(pl_channel_new(&channel_opts, &s.channel, &err), PL_OK);
}

int tear_down(void **state) {
    (void)state;
    pl_bytes_reply_free(s.reply);
    pl_channel_free(s.channel);
    pl_server_free(s.server);
    pl_stub_free(s.stub);
    pl_contract_set_free(s.set);
    pl_pool_free(s.pool);
    pl_buf_done(&s.text);
    memset(&s, 0, sizeof s);
    return 0;
}

pl_code call_with(const char *method, const char *json, const pl_metadata *metadata,
                  size_t metadata_count) {
    const pl_method_type *type;
    pl_bytes_request request = {.deadline_ns = pl_deadline_ms(PATIENCE_MS)};
    pl_buf wire = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;
    char path[128];

    (void)snprintf(path, sizeof path, "/shop.v1.ShopService/%s", method);
    type = pl_pool_method(s.pool, pl_str_c(path));
    assert_int_equal(pl_json_to_wire(type->input, pl_str_c(json), NULL, &wire, &err), PL_OK);
    request.path = path;
    request.body = pl_buf_view(&wire);
    request.metadata = metadata;
    request.metadata_count = metadata_count;
    pl_bytes_reply_free(s.reply);
    s.reply = NULL;
    (void)pl_channel_call_bytes(s.channel, &request, &s.reply);
    assert_non_null(s.reply);
    pl_buf_done(&wire);
    pl_buf_clear(&s.text);
    if (s.reply->code == PL_OK)
        assert_int_equal(pl_wire_to_json(type->output, s.reply->body, NULL, &s.text, &err), PL_OK);
    return s.reply->code;
}

pl_code call(const char *method, const char *json) {
    return call_with(method, json, NULL, 0);
}

const char *trailer(const char *key) {
    for (size_t i = 0; i < s.reply->metadata_count; i++) {
        if (strcmp(s.reply->metadata[i].key, key) == 0)
            return s.reply->metadata[i].value.p;
    }
    return "";
}

static void put_json(const pl_message_type *type, pl_str wire) {
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_wire_to_json(type, wire, NULL, &s.text, &err), PL_OK);
}

pl_code converse(const char *method, const char *const *messages, size_t count) {
    pl_bytes_request request = {.deadline_ns = pl_deadline_ms(PATIENCE_MS)};
    const pl_method_type *type;
    pl_stream *stream = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_code code = PL_OK;
    bool sent = true;
    char path[128];

    (void)snprintf(path, sizeof path, "/shop.v1.ShopService/%s", method);
    type = pl_pool_method(s.pool, pl_str_c(path));
    request.path = path;
    pl_buf_clear(&s.text);
    assert_int_equal(pl_stream_open_bytes(s.channel, &request, &stream, &err), PL_OK);
    for (size_t i = 0; i < count; i++) {
        pl_buf wire = pl_buf_make(TEXT_MAX);
        assert_int_equal(pl_json_to_wire(type->input, pl_str_c(messages[i]), NULL, &wire, &err),
                         PL_OK);
        /* Where the stub has ended the call already, the status says why. */
        sent = sent && pl_stream_send_bytes(stream, pl_buf_view(&wire)) == PL_OK;
        pl_buf_done(&wire);
    }
    pl_stream_end(stream);
    for (bool came = true; code == PL_OK && came;) {
        pl_str message;
        code = pl_stream_recv_bytes(stream, &message, &came);
        if (code == PL_OK && came)
            put_json(type->output, message);
    }
    pl_bytes_reply_free(s.reply);
    pl_stream_close_bytes(stream, &s.reply);
    return s.reply->code;
}

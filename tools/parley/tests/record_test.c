/* What a recording has of calls. Where an allocation fails, a call is written down as it is, or
 * told to be missing. */
#include <stdio.h>

#include "check.h"
#include "parley/json/proto_json.h"
#include "parley/test/failmalloc.h"
#include "stub/record.h"

enum { TEXT_MAX = 1 << 20 };

static pl_pool *pool;

static int load(void **state) {
    (void)state;
    return pl_pool_load(PL_SHOP_SET, NULL, &pool, NULL) == PL_OK ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    pl_pool_free(pool);
    return 0;
}

/* What JSON says of TYPE, on the wire, in OUT. */
static pl_str wire(const pl_message_type *type, const char *json, pl_buf *out) {
    *out = pl_buf_make(TEXT_MAX);
    assert_int_equal(pl_json_to_wire(type, pl_str_c(json), NULL, out, NULL), PL_OK);
    return pl_buf_view(out);
}

/* What is said in a call. */
typedef struct said {
    const pl_method_type *method;
    pl_buf asked, answered;
    pl_code code;
} said;

static said say(const char *method, const char *asked, const char *answered, pl_code code) {
    char name[128];
    said out = {.code = code};

    snprintf(name, sizeof name, "shop.v1.ShopService.%s", method);
    out.method = pl_pool_method(pool, pl_str_c(name));
    assert_non_null(out.method);
    (void)wire(out.method->input, asked, &out.asked);
    (void)wire(out.method->output, answered, &out.answered);
    return out;
}

static void record(record_seen *seen, const said *s) {
    record_call call;

    record_call_init(&call, s->method);
    record_call_metadata(&call, pl_str_c("x-tenant"), pl_str_c("acme: 1"));
    record_call_metadata(&call, pl_str_c("authorization"), pl_str_make(NULL, 0));
    record_call_asked(&call, pl_buf_view(&s->asked));
    record_call_closed(&call);
    if (s->code == PL_OK)
        record_call_answered(&call, pl_buf_view(&s->answered));
    else
        record_call_detail(&call, s->method->output, pl_buf_view(&s->answered));
    record_seen_add(seen, &call, s->code, "why: it is");
    record_call_done(&call);
}

/* The file after CALLS; the Nth allocation fails, 0: none. False: it was not reached. */
static bool write_down(const said *calls, size_t count, size_t n, pl_buf *out) {
    record_seen *seen = record_seen_new("web", "shop.v1");

    assert_non_null(seen);
    if (n)
        pl_test_fail_allocation(n);
    for (size_t i = 0; i < count; i++)
        record(seen, &calls[i]);
    bool failed = n && pl_test_allocation_failed();
    (void)record_seen_put(seen, out);
    record_seen_free(seen);
    return failed;
}

static void survives(const said *calls, size_t count) {
    pl_buf whole = pl_buf_make(TEXT_MAX);
    bool failed = true;

    (void)write_down(calls, count, 0, &whole);
    assert_null(strstr(whole.p, "# Calls that are not here"));
    for (size_t n = 1; failed; n++) {
        pl_buf got = pl_buf_make(TEXT_MAX);
        failed = write_down(calls, count, n, &got);
        if (!strstr(got.p, "# Calls that are not here") && !strstr(got.p, "# and in more ways."))
            assert_string_equal(got.p, whole.p);
        pl_buf_done(&got);
    }
    pl_buf_done(&whole);
}

static void done(said *calls, size_t count) {
    for (size_t i = 0; i < count; i++) {
        pl_buf_done(&calls[i].asked);
        pl_buf_done(&calls[i].answered);
    }
}

static void unary_calls_are_written_down_whole_or_missed(void **state) {
    said calls[] = {
        say("GetItem", "{\"id\":1}", "{\"number\":1,\"name\":\"a: b\",\"tags\":[\"x\",\"yes\"]}",
            PL_OK),
        say("GetItem", "{\"id\":1}", "{\"number\":2}", PL_OK),
        say("GetItem", "{\"id\":9}", "{\"number\":3,\"name\":\"gone\"}", PL_NOT_FOUND),
    };

    (void)state;
    survives(calls, PL_COUNT(calls));
    done(calls, PL_COUNT(calls));
}

static void scripts_are_written_down_whole_or_missed(void **state) {
    said calls[] = {say("Chat", "{\"name\":\"hello\"}", "{\"name\":\"bye\"}", PL_OK)};

    (void)state;
    survives(calls, PL_COUNT(calls));
    done(calls, PL_COUNT(calls));
}

/* ---- what is written
 * ----------------------------------------------------------------------------------- */

static void contracts_of_one_name_are_numbered(void **state) {
    said calls[] = {say("GetItem", "{\"id\":1}", "{}", PL_OK),
                    say("GetItem", "{\"id\":2}", "{}", PL_OK),
                    say("GetItem", "{\"id\":3}", "{}", PL_NOT_FOUND),
                    say("GetItem", "{\"id\":4}", "{}", PL_OK)};
    static const char *const names[] = {"- name: get item\n", "- name: get item 2\n",
                                        "- name: get item not found\n", "- name: get item 3\n"};
    pl_buf text = pl_buf_make(TEXT_MAX);

    (void)state;
    (void)write_down(calls, PL_COUNT(calls), 0, &text);
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (!strstr(text.p, names[i]))
            fail_msg("no %s in %s", names[i], text.p);
    }
    pl_buf_done(&text);
    done(calls, PL_COUNT(calls));
}

static void a_call_with_more_answers_than_its_method_has_is_left_out(void **state) {
    record_seen *seen = record_seen_new("web", "shop.v1");
    said s = say("GetItem", "{\"id\":1}", "{\"number\":1}", PL_OK);
    pl_buf text = pl_buf_make(TEXT_MAX);
    record_call call;

    (void)state;
    assert_non_null(seen);
    record_call_init(&call, s.method);
    record_call_asked(&call, pl_buf_view(&s.asked));
    record_call_answered(&call, pl_buf_view(&s.answered));
    record_call_answered(&call, pl_buf_view(&s.answered));
    record_seen_add(seen, &call, PL_OK, "");
    record_call_done(&call);
    assert_int_equal(record_seen_put(seen, &text), 0);
    assert_non_null(strstr(text.p, "no JSON: 1\n"));
    pl_buf_done(&text);
    pl_buf_done(&s.asked);
    pl_buf_done(&s.answered);
    record_seen_free(seen);
}

static void what_is_sensitive_in_an_any_is_hidden(void **state) {
    said calls[] = {say("PutItem",
                        "{\"any\":{\"@type\":\"a/shop.v1.Item\",\"parts\":[{}],\"any\":{\"@type\":"
                        "\"a/shop.v1.Item\",\"secret\":\"hush\"}}}",
                        "{\"any\":{\"@type\":\"a/shop.v1.Item\",\"name\":\"lamp\"}}", PL_OK)};
    pl_buf text = pl_buf_make(TEXT_MAX);

    (void)state;
    (void)write_down(calls, PL_COUNT(calls), 0, &text);
    assert_null(strstr(text.p, "hush"));
    assert_non_null(strstr(text.p, "request: { any: !any }"));
    assert_non_null(strstr(text.p, "lamp"));
    pl_buf_done(&text);
    done(calls, PL_COUNT(calls));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_calls_are_written_down_whole_or_missed),
        cmocka_unit_test(scripts_are_written_down_whole_or_missed),
        cmocka_unit_test(contracts_of_one_name_are_numbered),
        cmocka_unit_test(a_call_with_more_answers_than_its_method_has_is_left_out),
        cmocka_unit_test(what_is_sensitive_in_an_any_is_hidden),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

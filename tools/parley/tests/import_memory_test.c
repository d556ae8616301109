/* Every allocation fails once while contracts of other tools are read: it is told, or they are the
 * same. */
#include <stdio.h>

#include "check.h"
#include "import/scc.h"
#include "parley/test/failmalloc.h"

enum { ARENA_MAX = 8 << 20, TEXT_MAX = 1 << 20 };

static void put_value(const scc_value *value, pl_buf *out) {
    if (!value)
        return;
    pl_buf_printf(out, "%d%s%s%s(", value->kind, value->key.p ? value->key.p : "", value->text.p,
                  value->matcher ? "~" : "");
    for (const scc_value *v = value->children; v; v = v->next)
        put_value(v, out);
    pl_buf_putc(out, ')');
}

/* What was read, as text. */
static void put_source(const scc_source *s, pl_buf *out) {
    for (const scc_contract *c = s->contracts; c; c = c->next) {
        const scc_part *parts[] = {&c->request, &c->response, &c->output};
        pl_buf_printf(out, "%s|%s|", c->name.p ? c->name.p : "", c->label.p ? c->label.p : "");
        for (size_t i = 0; i < PL_COUNT(parts); i++) {
            put_value(parts[i]->url, out);
            put_value(parts[i]->query, out);
            put_value(parts[i]->headers, out);
            put_value(parts[i]->status, out);
            put_value(parts[i]->body, out);
        }
    }
}

static void survives(const char *text, void (*read)(scc_source *s)) {
    pl_buf whole = pl_buf_make(TEXT_MAX);
    size_t findings = 0;
    bool done = false;
    for (size_t n = 0; !done; n++) {
        scc_source s = {.path = "a", .text = pl_str_c(text), .findings = pl_findings_new()};
        pl_buf got = pl_buf_make(TEXT_MAX);
        s.arena = pl_arena_make(ARENA_MAX);
        assert_non_null(s.findings);
        if (n)
            pl_test_fail_allocation(n);
        read(&s);
        done = n && !pl_test_allocation_failed();
        put_source(&s, n ? &got : &whole);
        if (!n)
            findings = pl_findings_count(s.findings);
        else if (!s.full && pl_findings_count(s.findings) == findings &&
                 !pl_findings_dropped(s.findings))
            assert_string_equal(got.p, whole.p);
        pl_buf_done(&got);
        pl_arena_done(&s.arena);
        pl_findings_free(s.findings);
    }
    assert_true(whole.n > 0);
    pl_buf_done(&whole);
}

static void groovy_is_read_or_refused(void **state) {
    (void)state;
    survives("Contract.make {\n"
             "  name 'a' + 'b'\n"
             "  label \"l\"\n"
             "  request { method GET(); url('/a') { queryParameters { parameter 'b': 1 } } }\n"
             "  response {\n"
             "    status OK()\n"
             "    body(id: $(c(1), p(regex('[0-9]+'))), list: [1, [x: null]], any: $(anyUuid()),\n"
             "         of: $(p(anyOf('A', 'B'))))\n"
             "    bodyMatchers { jsonPath('$.list[0]', byType { minOccurrence(1) }) }\n"
             "  }\n"
             "}\n"
             "Contract.make { outputMessage { sentTo 's'; body('''{\"a\": [true]}''') } }\n",
             scc_read_groovy);
}

static void yaml_is_read_or_refused(void **state) {
    (void)state;
    survives("name: a\n"
             "request: { method: GET, url: /a, headers: { B: c } }\n"
             "response:\n"
             "  status: 200\n"
             "  body: { id: 1, list: [a, null] }\n"
             "  matchers: { body: [{ path: $.id, type: by_regex, predefined: number }] }\n"
             "---\n"
             "label: b\n"
             "outputMessage: { sentTo: s, body: '{\"a\": 1}' }\n",
             scc_read_yaml);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groovy_is_read_or_refused),
        cmocka_unit_test(yaml_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* parley contract test: the contracts of a provider as a cmocka program, for its own build.
 *
 * A test a contract, and one that calls every unary method through the generated client. What the
 * tests call is lib/verify's fixture, which starts the service. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/protos.h"
#include "contract/contract.h"
#include "contract/test_words.h"
#include "names.h"

enum { TEXT_MAX = 16 << 20, IDENTIFIER_MAX = 120, NAMES_MAX = 4 << 20 };

typedef struct writer {
    contracts c;
    const char *provider;
    pl_buf out;
    pl_buf tests; /* the rows of main's table */
    size_t contract_count;
} writer;

/* "mall.orders" and "a product on sale" as mall_orders_a_product_on_sale. */
static void identifier(const pl_contract *c, char out[IDENTIFIER_MAX]) {
    size_t n = 0;
    bool gap = false;
    const pl_str parts[] = {c->file->consumer, pl_str_c(" "), c->name};
    for (size_t p = 0; p < PL_COUNT(parts); p++) {
        for (size_t i = 0; i < parts[p].n && n + 2 < IDENTIFIER_MAX; i++) {
            char ch = parts[p].p[i];
            bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
            bool keeps = letter || (ch >= '0' && ch <= '9');
            if (keeps && gap && n)
                out[n++] = '_';
            if (keeps)
                out[n++] = letter ? (char)(ch | 0x20) : ch;
            gap = !keeps;
        }
    }
    out[n] = '\0';
}

/* The same, told from those before it. */
static void unique_identifier(const writer *w, const pl_contract *c,
                              char out[IDENTIFIER_MAX + 16]) {
    char base[IDENTIFIER_MAX];
    char row[IDENTIFIER_MAX + 32];
    identifier(c, base);
    (void)snprintf(out, IDENTIFIER_MAX + 16, "%s", *base ? base : "contract");
    for (int n = 2;; n++) {
        (void)snprintf(row, sizeof row, "(%s)", out);
        if (!strstr(w->tests.p, row))
            return;
        (void)snprintf(out, IDENTIFIER_MAX + 16, "%s_%d", *base ? base : "contract", n);
    }
}

/* TEXT as a string literal. */
static void literal(pl_str text, pl_buf *out) {
    pl_buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char ch = (unsigned char)text.p[i];
        if (ch == '"' || ch == '\\')
            pl_buf_printf(out, "\\%c", ch);
        else if (ch < ' ' || ch == '?') /* no trigraph */
            pl_buf_printf(out, "\\%03o", ch);
        else
            pl_buf_putc(out, (char)ch);
    }
    pl_buf_putc(out, '"');
}

static void write_test(writer *w, const pl_contract *c) {
    char name[IDENTIFIER_MAX + 16];
    unique_identifier(w, c, name);
    (void)test_words(c, &w->out);
    pl_buf_printf(&w->out, "static void %s(void **state) {\n    pl_contract_run(*state, ", name);
    literal(c->file->consumer, &w->out);
    pl_buf_puts(&w->out, ", ");
    literal(c->name, &w->out);
    pl_buf_puts(&w->out, ");\n}\n\n");
    pl_buf_printf(&w->tests, "        cmocka_unit_test(%s),\n", name);
    w->contract_count++;
}

/* ---- the generated client -------------------------------------------------------------------- */

static bool provides(const writer *w, const pl_file *file) {
    return pl_str_eqc(file->package, w->provider) && file->service_count;
}

static void write_includes(writer *w) {
    for (size_t i = 0; i < pl_pool_file_count(w->c.pool); i++) {
        const pl_file *file = pl_pool_file_at(w->c.pool, i);
        if (provides(w, file))
            pl_buf_printf(&w->out, "#include \"%.*s.parley.h\"\n", (int)(file->name.n - 6),
                          file->name.p); /* without ".proto" */
    }
}

static void write_call(writer *w, const char *service, const pl_method_type *method) {
    pl_arena *arena = &w->c.arena;
    const char *snake = pl_name_snake(arena, method->name.p);
    const char *upper = pl_name_upper(arena, method->name.p);
    const char *function = snake ? pl_name_function(arena, service, snake) : NULL;
    const char *request = pl_name_flat(arena, method->input->full_name.p);
    const char *response = pl_name_flat(arena, method->output->full_name.p);
    if (!snake || !upper || !function || !request || !response) {
        w->out.failed = true;
        return;
    }
    pl_buf_printf(&w->out,
                  "    {\n"
                  "        const %s *request = pl_contract_example(\n"
                  "            *state, &%s_desc,\n"
                  "            %s_%s);\n"
                  "        %s *response = NULL;\n"
                  "        pl_code code = %s(\n"
                  "            &service, call, request, &response);\n"
                  "        pl_contract_answered(*state, \"%s\", code);\n"
                  "    }\n",
                  request, service, service, upper, response, function, method->name.p);
}

static void write_client_test(writer *w, const pl_service_type *service) {
    const char *name = pl_name_flat(&w->c.arena, service->full_name.p);
    size_t unary = 0;
    for (size_t m = 0; m < service->method_count; m++)
        unary += !service->methods[m].client_streaming && !service->methods[m].server_streaming;
    if (!name || !unary)
        return;
    pl_buf_printf(&w->out,
                  "/* The generated client calls every unary method of %s, where a contract\n"
                  " * calls it with that contract's request: it is answered or refused, by the "
                  "service. */\n"
                  "static void the_client_of_%s_reaches_every_method(void **state) {\n"
                  "    pl_call *call = pl_contract_call(*state);\n"
                  "    const %s service = %s_client(\n        pl_contract_channel(*state));\n",
                  service->name.p, service->name.p, name, name);
    for (size_t m = 0; m < service->method_count; m++) {
        const pl_method_type *method = &service->methods[m];
        if (!method->client_streaming && !method->server_streaming)
            write_call(w, name, method);
    }
    pl_buf_puts(&w->out, "}\n\n");
    pl_buf_printf(&w->tests, "        cmocka_unit_test(the_client_of_%s_reaches_every_method),\n",
                  service->name.p);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void write_head(writer *w) {
    pl_buf_printf(&w->out,
                  "/* Generated by parley contract test from contracts/%s. Do not edit.\n"
                  " *\n"
                  " * A test a contract, against the service itself. */\n"
                  "#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n"
                  "#include <stdint.h>\n\n#include <cmocka.h>\n\n",
                  w->provider);
    write_includes(w);
    pl_buf_puts(&w->out, "#include \"parley/verify/fixture.h\"\n\n");
}

static void write_main(writer *w) {
    pl_buf_printf(&w->out,
                  "static int start(void **state) {\n"
                  "    static const pl_contract_fixture_opts opts = {.provider = \"%s\",\n"
                  "                                                  .contracts = %zu,\n"
                  "                                                  PL_CONTRACT_SERVICE};\n"
                  "    return pl_contract_start(&opts, state);\n"
                  "}\n\n"
                  "int main(void) {\n    const struct CMUnitTest tests[] = {\n%s    };\n"
                  "    return pl_contract_exit(\n"
                  "        cmocka_run_group_tests_name(\"%s\", tests, start, pl_contract_stop));\n"
                  "}\n",
                  w->provider, w->contract_count, w->tests.p, w->provider);
}

static void write_all(writer *w) {
    write_head(w);
    for (size_t i = 0; i < pl_contract_set_file_count(w->c.set); i++) {
        const pl_contract_file *file = pl_contract_set_file(w->c.set, i);
        for (size_t c = 0; c < file->contract_count; c++)
            write_test(w, file->contracts[c]);
    }
    for (size_t i = 0; i < pl_pool_file_count(w->c.pool); i++) {
        const pl_file *file = pl_pool_file_at(w->c.pool, i);
        for (size_t s = 0; provides(w, file) && s < file->service_count; s++)
            write_client_test(w, file->services[s]);
    }
    write_main(w);
}

/* A file that says the same already is left alone, so that nothing behind it is built again. */
static bool is_there(const char *path, pl_str text) {
    bool same = true;
    size_t at = 0;
    char piece[4096];
    FILE *file = fopen(path, "rb");
    for (size_t got = 1; file && same && got; at += got) {
        got = fread(piece, 1, sizeof piece, file);
        same = got <= text.n - at && memcmp(piece, text.p + at, got) == 0;
    }
    if (file)
        (void)fclose(file);
    return file && same && at == text.n;
}

static pl_code save(const char *path, pl_str text, pl_error *err) {
    if (!path)
        return fwrite(text.p, 1, text.n, stdout) == text.n ? PL_OK
                                                           : pl_error_errno(err, errno, "stdout");
    if (is_there(path, text))
        return PL_OK;
    FILE *file = fopen(path, "wb");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    bool done = fwrite(text.p, 1, text.n, file) == text.n;
    done = fclose(file) == 0 && done;
    return done ? PL_OK : pl_error_errno(err, errno, "%s", path);
}

static pl_code load(writer *w, pl_error *err) {
    char root[PATH_MAX];
    char folder[PATH_MAX * 2];
    pl_code code = workspace_contracts(&w->c.space, root, err);
    if (code != PL_OK)
        return code;
    (void)snprintf(folder, sizeof folder, "%s/%s", root, w->provider);
    code = contracts_add(&w->c, folder, err);
    if (code == PL_OK)
        code = contracts_compile(&w->c, err);
    if (code == PL_OK && !pl_findings_errors(w->c.findings) && pl_contract_set_count(w->c.set) == 0)
        return pl_error_set(err, PL_NOT_FOUND, "nobody has a contract with %s", w->provider);
    return code;
}

int verb_test(verb_line *line) {
    if (line->word_count != 1)
        tool_usage(&line->args,
                   "test takes one provider: parley contract test PROVIDER --out FILE");
    writer w = {
        .provider = line->words[0], .out = pl_buf_make(TEXT_MAX), .tests = pl_buf_make(NAMES_MAX)};
    pl_error err = PL_ERROR_INIT;
    int exit_code = TOOL_EXIT_OK;
    pl_code code = contracts_init(&w.c, &err);
    if (code == PL_OK)
        code = load(&w, &err);
    if (code == PL_OK && pl_findings_errors(w.c.findings)) {
        exit_code = contracts_report(&w.c, &line->args);
    } else if (code == PL_OK) {
        write_all(&w);
        code = w.out.failed || w.tests.failed
                   ? pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "too many contracts for one file")
                   : save(line->out, pl_buf_view(&w.out), &err);
    }
    if (code != PL_OK)
        exit_code = verb_failed(line, &err);
    pl_buf_done(&w.out);
    pl_buf_done(&w.tests);
    contracts_done(&w.c);
    return exit_code;
}

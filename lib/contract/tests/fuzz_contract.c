/* Any bytes as a contract file, as one to be laid out, and as a bundle: never a crash, and what is
 * accepted holds what the headers promise. */
#include <stdlib.h>

#include "parley/base/assert.h"
#include "parley/contract/bundle.h"
#include "parley/contract/compile.h"
#include "parley/contract/format.h"
#include "parley/contract/match.h"
#include "parley/contract/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 8 << 20 };

static const pl_pool *shop(void) {
    static pl_pool *pool; /* kept for the whole run */
    if (!pool && pl_pool_load(PL_SHOP_SET, NULL, &pool, NULL) != PL_OK)
        abort();
    return pool;
}

/* The example of every body of a set without errors matches it. */
static void check_steps(const pl_contract *c) {
    for (size_t i = 0; i < c->step_count; i++) {
        const pl_contract_step *step = &c->steps[i];
        if (step->kind != PL_STEP_RECV && step->kind != PL_STEP_SEND)
            continue;
        pl_arena arena = pl_arena_make(OUTPUT_MAX);
        const pl_message_type *type = step->kind == PL_STEP_RECV ? c->method->input
                                                                 : c->method->output;
        pl_dynamic *example = pl_example_message(step->message, type, NULL, &arena);
        PL_ASSERT(!example || pl_match_message(step->message, example, NULL, NULL));
        pl_arena_done(&arena);
    }
}

static void check_set(const pl_contract_set *set) {
    for (size_t f = 0; f < pl_contract_set_file_count(set); f++) {
        const pl_contract_file *file = pl_contract_set_file(set, f);
        for (size_t i = 0; i < file->contract_count; i++)
            check_steps(file->contracts[i]);
    }
}

/* Who asks with the bytes of a plain call is one whom the contract, when it is read, takes. */
static void check_plain(const pl_contract *c) {
    pl_buf both = pl_buf_make(OUTPUT_MAX);
    pl_arena arena = pl_arena_make(OUTPUT_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_plain_call call;
    opts.closed = true;
    if (pl_contract_plain(c, &both, &call) && pl_contract_load(c, NULL) == PL_OK) {
        pl_str request = pl_str_make(both.p, call.request_size);
        PL_ASSERT(
            pl_match_bytes(pl_contract_request(c), c->method->input, request, &opts, NULL, &arena));
    }
    pl_arena_done(&arena);
    pl_buf_done(&both);
}

static void check_opened(pl_buf *bundle) {
    pl_contract_set *set = NULL;
    PL_ASSERT(pl_bundle_open(bundle, &set, NULL) == PL_OK);
    for (size_t f = 0; f < pl_contract_set_file_count(set); f++) {
        const pl_contract_file *file = pl_contract_set_file(set, f);
        for (size_t i = 0; i < file->contract_count; i++)
            check_plain(file->contracts[i]);
    }
    pl_contract_set_free(set);
}

static void as_contract(pl_str text) {
    pl_contract_source source = {"shop.v1/web.yaml", text};
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    if (findings && pl_contract_compile(shop(), &source, 1, NULL, findings, &set, NULL) == PL_OK &&
        pl_findings_errors(findings) == 0) {
        pl_buf out = pl_buf_make(OUTPUT_MAX);
        pl_contract_set *read = NULL;
        check_set(set);
        if (pl_contract_set_count(set) && pl_bundle_write(set, &out, NULL) == PL_OK) {
            PL_ASSERT(pl_bundle_read(pl_buf_view(&out), &read, NULL) == PL_OK);
            check_set(read);
            pl_contract_set_free(read);
            check_opened(&out);
        }
        pl_buf_done(&out);
    }
    pl_contract_set_free(set);
    pl_findings_free(findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_str text = pl_str_make((const char *)data, size);
    pl_contract_set *set = NULL;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    as_contract(text);
    (void)!pl_contract_format(text, "shop.v1/web.yaml", &out, NULL);
    if (pl_bundle_read(text, &set, NULL) == PL_OK)
        check_set(set);
    pl_contract_set_free(set);
    pl_buf_done(&out);
    return 0;
}

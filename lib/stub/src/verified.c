/* Reports of verifications: which contracts has the provider shown to keep, and which version of
 * it.
 */
#include <stdlib.h>
#include <string.h>

#include "parley/contract/bundle.h"
#include "parley/json/base64.h"
#include "parley/json/json.h"
#include "stub_internal.h"

/* Bytes that a report may take when it is read. */
#define REPORT_MEMORY_MAX (256u << 20)
/* Bytes of a hash in base64, and of a version. */
enum { HASH_TEXT_MAX = 64, VERSION_MAX = 200 };

/* A contract that was kept. */
typedef struct kept {
    pl_str consumer, name;
} kept;

struct stub_report {
    pl_str provider;
    const char *says; /* "1.4.0" or "stale 1.4.0" */
    kept *kept;       /* in order */
    size_t kept_count;
    stub_report *next;
};

static int by_name(const void *left, const void *right) {
    const kept *a = left, *b = right;
    int order = pl_str_cmp(a->consumer, b->consumer);

    return order ? order : pl_str_cmp(a->name, b->name);
}

static pl_str text_of(const pl_json_value *object, const char *key) {
    const pl_json_value *value = pl_json_member(object, pl_str_c(key));

    return value && value->kind == PL_JSON_STRING ? value->text : pl_str_make("", 0);
}

static bool is_plain(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    }
    return true;
}

/* Whether the contracts were others when they were verified. */
static pl_code is_stale(const pl_stub *stub, pl_str provider, pl_str hash, bool *out,
                        pl_error *err) {
    uint8_t now[PL_HASH_SIZE];
    pl_buf text = pl_buf_make(HASH_TEXT_MAX);
    pl_code code = pl_contract_set_hash_of(stub->set, provider, now, err);

    if (code == PL_OK && !pl_base64_encode(pl_str_make((const char *)now, sizeof now), &text))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the report");
    if (code == PL_OK)
        *out = !pl_str_eq(hash, pl_buf_view(&text));
    pl_buf_done(&text);
    return code;
}

/* Those of CONTRACTS that were kept. */
static bool keep_all(pl_stub *stub, const pl_json_value *contracts, stub_report *report) {
    size_t count = 0;

    for (const pl_json_value *c = contracts->children; c; c = c->next)
        count++;
    report->kept = pl_arena_calloc(&stub->arena, count + 1, sizeof *report->kept);
    if (!report->kept)
        return false;
    for (const pl_json_value *c = contracts->children; c; c = c->next) {
        pl_str consumer = text_of(c, "consumer"), name = text_of(c, "name");
        if (!pl_str_eqc(text_of(c, "verdict"), "VERDICT_PASSED"))
            continue;
        const char *texts[] = {pl_arena_cstr(&stub->arena, consumer),
                               pl_arena_cstr(&stub->arena, name)};
        if (!texts[0] || !texts[1])
            return false;
        report->kept[report->kept_count++] = (kept){pl_str_make(texts[0], consumer.n),
                                                    pl_str_make(texts[1], name.n)};
    }
    if (report->kept_count > 1)
        qsort(report->kept, report->kept_count, sizeof *report->kept, by_name);
    return true;
}

static pl_code take(pl_stub *stub, const pl_json_value *root, pl_error *err) {
    stub_report *report = PL_ARENA_NEW(&stub->arena, stub_report);
    pl_str provider = text_of(root, "provider"), version = text_of(root, "version");
    const pl_json_value *contracts = pl_json_member(root, pl_str_c("contracts"));
    bool stale = false;

    if (!provider.n || !contracts || contracts->kind != PL_JSON_ARRAY)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "no report of a verification, expected provider and contracts; "
                            "parley verify --report writes one");
    if (!is_plain(version) || version.n > VERSION_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "version: expected at most %d printable ASCII characters", VERSION_MAX);
    if (!version.n)
        version = pl_str_c("unnamed");
    pl_code code = is_stale(stub, provider, text_of(root, "hash"), &stale, err);
    if (code != PL_OK)
        return code;
    if (report)
        report->says = pl_arena_printf(&stub->arena, "%s%.*s", stale ? "stale " : "",
                                       PL_FMT(version));
    const char *name = pl_arena_cstr(&stub->arena, provider);
    if (!report || !report->says || !name || !keep_all(stub, contracts, report))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the report");
    report->provider = pl_str_make(name, provider.n);
    report->next = stub->reports;
    stub->reports = report;
    return PL_OK;
}

pl_code pl_stub_add_report(pl_stub *stub, pl_str json, pl_error *err) {
    pl_arena arena = pl_arena_make(REPORT_MEMORY_MAX);
    const pl_json_value *root = NULL;
    pl_code code = pl_json_parse(json, "report", &arena, &root, err);

    if (code == PL_OK)
        code = take(stub, root, err);
    pl_arena_done(&arena);
    return code;
}

const char *stub_verified(const pl_stub *stub, const pl_contract *contract) {
    kept wanted = {contract->file->consumer, contract->name};

    for (const stub_report *report = stub->reports; report; report = report->next) {
        if (pl_str_eq(report->provider, contract->file->provider) &&
            bsearch(&wanted, report->kept, report->kept_count, sizeof wanted, by_name))
            return report->says;
    }
    return "no";
}

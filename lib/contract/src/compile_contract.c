/* One contract: its keys, and those that concern calls and events alike. */
#include <stdio.h>

#include "compiler.h"

enum { NAME_BYTES_MAX = 200, PRIORITY_MAX = 1000, LIST_MAX = 1000 };

static const char *const contract_keys[] = {
    "name",     "given", "call",    "http",     "request",    "response",    "status",
    "metadata", "steps", "trigger", "event",    "stream",     "payload",     "trailers",
    "within",   "tags",  "ignored", "scenario", "idempotent", "in_progress", "must_not_contain",
    "priority",
};

static const char *const call_only[] = {"http",     "request",  "response",   "status",  "steps",
                                        "metadata", "trailers", "idempotent", "scenario"};
static const char *const event_only[] = {"trigger", "stream", "payload"};

/* A list of texts, or one text. */
static void compile_list(compiler *c, const pl_yaml_node *node, const pl_str **out,
                         size_t *out_count) {
    bool list = pl_yaml_kind_of(node) == PL_YAML_SEQUENCE;
    size_t count = list ? pl_yaml_count(node) : 1;
    if (count > LIST_MAX) {
        compiler_error(c, node, "TOO_LARGE", "more than %d", LIST_MAX);
        return;
    }
    pl_str *texts = compiler_alloc(c, count + 1, sizeof *texts);
    *out = texts;
    for (size_t i = 0; texts && i < count; i++) {
        pl_str text;
        if (compiler_text(c, list ? pl_yaml_at(node, i) : node, &text))
            texts[(*out_count)++] = compiler_copy(c, text);
    }
}

static int two_digits(const char *p) {
    return (p[0] - '0') * 10 + p[1] - '0';
}

static bool is_date(pl_str text) {
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (i != 4 && i != 7 && (text.p[i] < '0' || text.p[i] > '9'))
            return false;
    }
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = two_digits(text.p) * 100 + two_digits(text.p + 2);
    int month = two_digits(text.p + 5), day = two_digits(text.p + 8);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static void compile_exemption(compiler *c, const pl_yaml_node *node, const char *what,
                              pl_contract_exemption *out) {
    static const char *const keys[] = {"until", "because"};
    pl_str text;
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        compiler_error(c, node, "KEY_MISSING", "%s needs until: and because:", what);
        compiler_hint(c, "%s: { until: 2026-12-31, because: the provider is being written }", what);
        return;
    }
    (void)compiler_keys(c, node, keys, PL_COUNT(keys));
    const pl_yaml_node *until = pl_yaml_find(node, "until");
    const pl_yaml_node *because = pl_yaml_find(node, "because");
    if (!until || !because)
        compiler_error(c, node, "KEY_MISSING", "%s needs until: and because:", what);
    if (because && compiler_text(c, because, &text))
        out->because = compiler_copy(c, text);
    if (!until || !compiler_text(c, until, &text))
        return;
    out->until = compiler_copy(c, text);
    if (!is_date(text))
        compiler_error(c, until, "TYPE_MISMATCH", "expected a date like 2026-12-31, got '%.64s'",
                       text.p);
    else if (c->opts.today && strcmp(text.p, c->opts.today) < 0)
        compiler_error(c, until, "EXPIRED", "%s ended on %s", what, text.p);
}

static void compile_scenario(compiler *c, const pl_yaml_node *node, pl_contract *out) {
    static const char *const keys[] = {"name", "when", "then"};
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
        return;
    pl_str *const texts[] = {&out->scenario, &out->scenario_when, &out->scenario_then};
    for (size_t i = 0; i < PL_COUNT(keys); i++) {
        const pl_yaml_node *value = pl_yaml_find(node, keys[i]);
        pl_str text;
        if (value && compiler_text(c, value, &text))
            *texts[i] = compiler_copy(c, text);
    }
    if (!pl_yaml_find(node, "name"))
        compiler_error(c, node, "KEY_MISSING", "a scenario has a name");
}

static void compile_common(compiler *c, const pl_yaml_node *node, pl_contract *out) {
    const pl_yaml_node *value;
    int64_t priority;
    if ((value = pl_yaml_find(node, "given")))
        compile_given(c, value);
    if ((value = pl_yaml_find(node, "must_not_contain")))
        compile_list(c, value, &out->must_not_contain, &out->must_not_contain_count);
    if ((value = pl_yaml_find(node, "tags")))
        compile_list(c, value, &out->tags, &out->tag_count);
    if ((value = pl_yaml_find(node, "within")) && compiler_duration(c, value, &out->within_ms))
        out->within_at = compiler_at(value);
    if ((value = pl_yaml_find(node, "idempotent")))
        (void)compiler_bool(c, value, &out->idempotent);
    if ((value = pl_yaml_find(node, "priority")) &&
        compiler_number(c, value, -PRIORITY_MAX, PRIORITY_MAX, &priority))
        out->priority = (int32_t)priority;
    if ((value = pl_yaml_find(node, "scenario")))
        compile_scenario(c, value, out);
    if ((value = pl_yaml_find(node, "ignored")))
        compile_exemption(c, value, "ignored", &out->ignored);
    if ((value = pl_yaml_find(node, "in_progress")))
        compile_exemption(c, value, "in_progress", &out->in_progress);
    if ((value = pl_yaml_find(node, "metadata")))
        compile_headers(c, value, &out->metadata, &out->metadata_count);
    if ((value = pl_yaml_find(node, "trailers")))
        compile_headers(c, value, &out->trailers, &out->trailer_count);
}

static const pl_yaml_node *key_of(const pl_yaml_node *mapping, const char *name) {
    for (size_t i = 0; i < pl_yaml_count(mapping); i++) {
        if (pl_str_eqc(pl_yaml_text(pl_yaml_key_at(mapping, i)), name))
            return pl_yaml_key_at(mapping, i);
    }
    return NULL;
}

static void refuse_keys(compiler *c, const pl_yaml_node *node, const char *const *keys,
                        size_t count, const char *of) {
    for (size_t i = 0; i < count; i++) {
        const pl_yaml_node *key = key_of(node, keys[i]);
        if (key)
            compiler_error(c, key, "KEY_MISPLACED", "%s: is for %s", keys[i], of);
    }
}

/* It is printed wherever the contract is: on terminals, in trailers, in reports. */
static bool is_name(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
            return false;
    }
    return text.n > 0 && text.n <= NAME_BYTES_MAX;
}

static void compile_name(compiler *c, const pl_yaml_node *node, pl_contract *out) {
    const pl_yaml_node *name = pl_yaml_find(node, "name");
    pl_str text;
    out->at = compiler_at(node);
    if (!name) {
        compiler_error(c, node, "KEY_MISSING", "a contract has a name");
        return;
    }
    out->at = compiler_at(name);
    if (!compiler_text(c, name, &text))
        return;
    out->name = compiler_copy(c, text);
    if (!is_name(text))
        compiler_error(c, name, "OUT_OF_RANGE",
                       "a name is one line of at most %d bytes, without control characters",
                       NAME_BYTES_MAX);
}

void compile_contract(compiler *c, const pl_yaml_node *node, pl_contract *out) {
    c->contract = out;
    c->problems = 0;
    out->file = c->file;
    if (!compiler_keys(c, node, contract_keys, PL_COUNT(contract_keys)))
        return;
    compile_name(c, node, out);
    compile_common(c, node, out);
    const pl_yaml_node *call = pl_yaml_find(node, "call"), *event = pl_yaml_find(node, "event");
    if (call && event) {
        compiler_error(c, event, "CALL_AND_EVENT",
                       "a contract is about a call or an event, not both");
    } else if (call) {
        refuse_keys(c, node, event_only, PL_COUNT(event_only), "events");
        compile_call(c, node);
    } else if (event) {
        refuse_keys(c, node, call_only, PL_COUNT(call_only), "calls");
        compile_event(c, node);
    } else {
        compiler_error(c, node, "KEY_MISSING", "a contract has a call: or an event:");
    }
}

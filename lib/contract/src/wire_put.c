/* Contracts as wire bytes. */
#include <stdlib.h>

#include "wire.h"

enum { PART_MAX = 64 << 20 };

typedef struct writer {
    pl_buf *out;
    bool positions;
} writer;

/* A message within: written to a buffer of its own, then appended with its size. */
static writer inner(const writer *w, pl_buf *part) {
    *part = pl_buf_make(PART_MAX);
    writer below = {part, w->positions};
    return below;
}

static void end(writer *w, uint32_t number, pl_buf *part) {
    if (part->failed)
        w->out->failed = true;
    else
        pl_wire_put_bytes(w->out, number, pl_buf_view(part));
    pl_buf_done(part);
}

static void put_text(writer *w, uint32_t number, pl_str text) {
    if (text.n)
        pl_wire_put_bytes(w->out, number, text);
}

static void put_number(writer *w, uint32_t number, uint64_t value) {
    if (!value)
        return;
    pl_wire_put_tag(w->out, number, PL_WIRE_VARINT);
    pl_wire_put_varint(w->out, value);
}

static void put_at(writer *w, uint32_t number, pl_contract_at at) {
    pl_buf part;
    if (!w->positions || !at.line)
        return;
    writer below = inner(w, &part);
    put_number(&below, AT_LINE, at.line);
    put_number(&below, AT_COLUMN, at.column);
    end(w, number, &part);
}

static void put_value(writer *w, uint32_t number, const pl_leaf_value *value) {
    pl_buf part;
    writer below = inner(w, &part);
    if (value->bits) {
        pl_wire_put_tag(below.out, VALUE_BITS, PL_WIRE_FIXED64);
        pl_wire_put_fixed64(below.out, value->bits);
    }
    put_number(&below, VALUE_NANOS, pl_zigzag_encode(value->nanos));
    put_text(&below, VALUE_TEXT, value->text);
    end(w, number, &part);
}

static bool has_value(const pl_matcher *m) {
    return m->value.bits || m->value.nanos || m->value.text.n;
}

static void put_matcher(writer *w, uint32_t number, const pl_matcher *m) {
    pl_buf part, member_part;
    if (!m)
        return;
    writer below = inner(w, &part);
    pl_leaf_value name = {0, 0, {"", 0}};
    put_number(&below, MATCHER_KIND, m->kind);
    if (m->kind == PL_MATCH_TYPED) {
        name.text = m->type->full_name;
        put_value(&below, MATCHER_VALUE, &name);
    } else if (has_value(m)) {
        put_value(&below, MATCHER_VALUE, &m->value);
    }
    if (m->has_low || m->kind == PL_MATCH_NEAR)
        put_value(&below, MATCHER_LOW, &m->low);
    if (m->has_high)
        put_value(&below, MATCHER_HIGH, &m->high);
    put_number(&below, MATCHER_MIN, m->min);
    put_number(&below, MATCHER_MAX, m->max);
    for (size_t i = 0; i < m->member_count; i++) {
        writer entry = inner(&below, &member_part);
        if (m->members[i].field)
            put_number(&entry, MEMBER_NUMBER, m->members[i].field->number);
        else
            put_value(&entry, MEMBER_KEY, &m->members[i].key);
        put_matcher(&entry, MEMBER_MATCHER, m->members[i].matcher);
        end(&below, MATCHER_MEMBERS, &member_part);
    }
    for (size_t i = 0; i < m->item_count; i++)
        put_matcher(&below, MATCHER_ITEMS, m->items[i]);
    if (m->example != m)
        put_matcher(&below, MATCHER_EXAMPLE, m->example);
    put_number(&below, MATCHER_NOW, m->now);
    put_at(&below, MATCHER_AT, m->at);
    end(w, number, &part);
}

static void put_status(writer *w, const pl_contract_status *status) {
    pl_buf part;
    writer below = inner(w, &part);
    put_number(&below, STATUS_CODE, (uint64_t)status->code);
    put_matcher(&below, STATUS_MESSAGE, status->message);
    for (size_t i = 0; i < status->detail_count; i++)
        put_matcher(&below, STATUS_DETAILS, status->details[i]);
    end(w, STEP_STATUS, &part);
}

static void put_step(writer *w, uint32_t number, const pl_contract_step *step) {
    pl_buf part;
    writer below = inner(w, &part);
    put_number(&below, STEP_KIND, step->kind);
    put_matcher(&below, STEP_MESSAGE, step->message);
    if (step->max > 1) {
        put_number(&below, STEP_MIN, step->min);
        put_number(&below, STEP_MAX, step->max);
    }
    if (step->kind == PL_STEP_STATUS)
        put_status(&below, &step->status);
    put_number(&below, STEP_DELAY, step->delay_ms);
    for (size_t i = 0; i < step->step_count; i++)
        put_step(&below, STEP_STEPS, &step->steps[i]);
    put_at(&below, STEP_AT, step->at);
    end(w, number, &part);
}

static void put_state(writer *w, const pl_contract_state *state) {
    pl_buf part, parameter_part;
    writer below = inner(w, &part);
    put_text(&below, STATE_NAME, state->name);
    for (size_t i = 0; i < state->parameter_count; i++) {
        writer parameter = inner(&below, &parameter_part);
        put_text(&parameter, PARAMETER_NAME, state->parameters[i].name);
        put_text(&parameter, PARAMETER_JSON, state->parameters[i].json);
        end(&below, STATE_PARAMETERS, &parameter_part);
    }
    put_at(&below, STATE_AT, state->at);
    end(w, CONTRACT_GIVEN, &part);
}

static void put_headers(writer *w, uint32_t number, const pl_contract_header *headers,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        pl_buf part;
        writer below = inner(w, &part);
        put_text(&below, HEADER_NAME, headers[i].name);
        put_matcher(&below, HEADER_MATCHER, headers[i].matcher);
        if (headers[i].type)
            put_text(&below, HEADER_TYPE, headers[i].type->full_name);
        end(w, number, &part);
    }
}

static void put_exemption(writer *w, uint32_t number, const pl_contract_exemption *exemption) {
    pl_buf part;
    if (!exemption->until.n)
        return;
    writer below = inner(w, &part);
    put_text(&below, EXEMPTION_UNTIL, exemption->until);
    put_text(&below, EXEMPTION_BECAUSE, exemption->because);
    end(w, number, &part);
}

static void put_scenario(writer *w, const pl_contract *contract) {
    pl_buf part;
    if (!contract->scenario.n)
        return;
    writer below = inner(w, &part);
    put_text(&below, SCENARIO_NAME, contract->scenario);
    put_text(&below, SCENARIO_WHEN, contract->scenario_when);
    put_text(&below, SCENARIO_THEN, contract->scenario_then);
    end(w, CONTRACT_SCENARIO, &part);
}

static void put_call(writer *w, const pl_contract *c) {
    put_text(w, CONTRACT_METHOD, c->method->full_name);
    if (c->http) {
        pl_buf binding = pl_buf_make(1 << 16);
        pl_buf_printf(&binding, "%s %s", c->http->verb.p, c->http->path.p);
        put_text(w, CONTRACT_HTTP, pl_buf_view(&binding));
        pl_buf_done(&binding);
    }
    for (size_t i = 0; i < c->step_count; i++)
        put_step(w, CONTRACT_STEPS, &c->steps[i]);
    put_headers(w, CONTRACT_METADATA, c->metadata, c->metadata_count);
    put_headers(w, CONTRACT_TRAILERS, c->trailers, c->trailer_count);
}

static void put_contract(writer *w, const pl_contract *c) {
    pl_buf part;
    writer below = inner(w, &part);
    put_text(&below, CONTRACT_NAME, c->name);
    for (size_t i = 0; i < c->given_count; i++)
        put_state(&below, &c->given[i]);
    if (c->method)
        put_call(&below, c);
    put_text(&below, CONTRACT_TRIGGER, c->trigger);
    if (c->event)
        put_text(&below, CONTRACT_EVENT, c->event->full_name);
    put_text(&below, CONTRACT_STREAM, c->stream);
    put_matcher(&below, CONTRACT_PAYLOAD, c->payload);
    for (size_t i = 0; i < c->must_not_contain_count; i++)
        pl_wire_put_bytes(below.out, CONTRACT_FORBIDDEN, c->must_not_contain[i]);
    put_number(&below, CONTRACT_WITHIN, c->within_ms);
    put_number(&below, CONTRACT_IDEMPOTENT, c->idempotent);
    put_number(&below, CONTRACT_PRIORITY, pl_zigzag_encode(c->priority));
    put_scenario(&below, c);
    for (size_t i = 0; i < c->tag_count; i++)
        pl_wire_put_bytes(below.out, CONTRACT_TAGS, c->tags[i]);
    put_exemption(&below, CONTRACT_IGNORED, &c->ignored);
    put_exemption(&below, CONTRACT_IN_PROGRESS, &c->in_progress);
    put_at(&below, CONTRACT_AT, c->at);
    put_at(&below, CONTRACT_WITHIN_AT, c->within_at);
    end(w, FILE_CONTRACTS, &part);
}

static int by_name(const void *left, const void *right) {
    const pl_contract *const *a = left, *const *b = right;
    return strcmp((*a)->name.p, (*b)->name.p);
}

bool wire_put_file(const pl_contract_file *file, bool positions, pl_buf *out) {
    writer w = {out, positions};
    size_t count = file->contract_count;
    const pl_contract **contracts = calloc(count + 1, sizeof(const pl_contract *));
    if (!contracts)
        return false;
    if (count)
        memcpy(contracts, file->contracts, count * sizeof *contracts);
    if (!positions && count > 1)
        qsort(contracts, count, sizeof(*contracts), by_name);
    put_text(&w, FILE_CONSUMER, file->consumer);
    put_text(&w, FILE_PROVIDER, file->provider);
    for (uint32_t bit = 0; bit < 3; bit++) {
        if (file->access & 1u << bit)
            put_number(&w, FILE_ACCESS, bit + 1);
    }
    put_number(&w, FILE_COMPLETE, file->complete);
    put_number(&w, FILE_SOURCE, file->source);
    for (size_t i = 0; i < count; i++)
        put_contract(&w, contracts[i]);
    if (positions)
        put_text(&w, FILE_PATH, file->path);
    free(contracts);
    return !out->failed;
}

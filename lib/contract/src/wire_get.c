/* Contract files from wire bytes. */
#include "wire_get.h"

bool reader_fail(reader *r, const char *what, pl_str name) {
    if (r->code == PL_OK)
        r->code = pl_error_set(r->err, PL_INVALID_ARGUMENT, "bundle: %s %.*s", what,
                               PL_FMT(pl_utf8_cut(name, 128)));
    return false;
}

void *reader_alloc(reader *r, size_t count, size_t size) {
    void *p = pl_arena_calloc(r->arena, count, size);
    if (!p && r->code == PL_OK)
        r->code = pl_error_set(r->err, PL_RESOURCE_EXHAUSTED, "bundle: no memory");
    return p;
}

pl_str reader_text(reader *r, pl_str text) {
    char *copy = reader_alloc(r, text.n + 1, 1);
    if (!copy)
        return pl_str_make("", 0);
    if (text.n)
        memcpy(copy, text.p, text.n);
    return pl_str_make(copy, text.n);
}

size_t reader_count(pl_str message, uint32_t number) {
    pl_wire_reader in = pl_wire_reader_make(message);
    pl_wire_field f;
    size_t count = 0;
    while (pl_wire_next(&in, &f))
        count += f.number == number;
    return count;
}

pl_contract_at reader_at(pl_str bytes) {
    pl_contract_at at = {0};
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&in, &f)) {
        if (f.number == AT_LINE)
            at.line = (uint32_t)f.value;
        else if (f.number == AT_COLUMN)
            at.column = (uint32_t)f.value;
    }
    return at;
}

static pl_str text_at(reader *r, pl_str bytes, uint32_t number) {
    pl_wire_field f;
    if (pl_wire_find(bytes, number, &f) && f.type == PL_WIRE_BYTES)
        return reader_text(r, f.bytes);
    return pl_str_make("", 0);
}

static uint64_t number_at(pl_str bytes, uint32_t number) {
    pl_wire_field f;
    return pl_wire_find(bytes, number, &f) && f.type == PL_WIRE_VARINT ? f.value : 0;
}

static pl_str part_at(pl_str bytes, uint32_t number) {
    pl_wire_field f;
    return pl_wire_find(bytes, number, &f) && f.type == PL_WIRE_BYTES ? f.bytes
                                                                      : pl_str_make(NULL, 0);
}

/* The next part of a message that stands in field NUMBER. */
static bool next_part(pl_wire_reader *in, uint32_t number, pl_str *out) {
    pl_wire_field f;
    while (pl_wire_next(in, &f)) {
        if (f.number != number || f.type != PL_WIRE_BYTES)
            continue;
        *out = f.bytes;
        return true;
    }
    return false;
}

/* ---- parts of a contract --------------------------------------------------------------------- */

static void get_states(reader *r, pl_str bytes, pl_contract *c) {
    pl_contract_state *states = reader_alloc(r, reader_count(bytes, CONTRACT_GIVEN),
                                             sizeof *states);
    pl_wire_reader in = pl_wire_reader_make(bytes);
    c->given = states;
    for (pl_str part; states && next_part(&in, CONTRACT_GIVEN, &part);) {
        pl_contract_state *state = &states[c->given_count++];
        pl_contract_parameter *parameters = reader_alloc(r, reader_count(part, STATE_PARAMETERS),
                                                         sizeof *parameters);
        pl_wire_reader below = pl_wire_reader_make(part);
        state->name = text_at(r, part, STATE_NAME);
        state->at = reader_at(part_at(part, STATE_AT));
        state->parameters = parameters;
        for (pl_str one; parameters && next_part(&below, STATE_PARAMETERS, &one);) {
            parameters[state->parameter_count].name = text_at(r, one, PARAMETER_NAME);
            parameters[state->parameter_count++].json = text_at(r, one, PARAMETER_JSON);
        }
    }
}

static void get_headers(reader *r, pl_str bytes, uint32_t number, const pl_contract_header **out,
                        size_t *out_count) {
    pl_contract_header *headers = reader_alloc(r, reader_count(bytes, number), sizeof *headers);
    pl_wire_reader in = pl_wire_reader_make(bytes);
    *out = headers;
    for (pl_str part; headers && r->code == PL_OK && next_part(&in, number, &part);) {
        pl_contract_header *header = &headers[(*out_count)++];
        pl_str matcher = part_at(part, HEADER_MATCHER);
        header->name = text_at(r, part, HEADER_NAME);
        if (*out_count > 1 && pl_str_eq(header[-1].name, header->name))
            header->nth = header[-1].nth + 1;
        bool binary = pl_str_ends(header->name, pl_str_c("-bin"));
        if (part_at(part, HEADER_TYPE).n) {
            header->matcher = reader_typed(r, matcher);
            header->type = header->matcher ? header->matcher->type : NULL;
        } else {
            header->matcher = reader_matcher(r, matcher,
                                             binary ? pl_bytes_field() : pl_text_field(), NULL);
        }
    }
}

static void get_status(reader *r, pl_str bytes, pl_contract_status *out) {
    const pl_matcher **details = reader_alloc(r, reader_count(bytes, STATUS_DETAILS),
                                              sizeof *details);
    pl_wire_reader in = pl_wire_reader_make(bytes);
    uint64_t code = number_at(bytes, STATUS_CODE);
    pl_str message = part_at(bytes, STATUS_MESSAGE);
    if (code >= PL_CODE_COUNT)
        reader_fail(r, "no such status", message);
    out->code = (int)code;
    out->details = details;
    if (message.p)
        out->message = reader_matcher(r, message, pl_text_field(), NULL);
    for (pl_str part; details && r->code == PL_OK && next_part(&in, STATUS_DETAILS, &part);)
        details[out->detail_count++] = reader_typed(r, part);
}

static void get_steps(reader *r, pl_str bytes, uint32_t number, const pl_method_type *method,
                      const pl_contract_step **out, size_t *out_count, bool inner);

static void get_step(reader *r, pl_str bytes, const pl_method_type *method, pl_contract_step *step,
                     bool inner) {
    pl_str message = part_at(bytes, STEP_MESSAGE);
    step->kind = (pl_step_kind)number_at(bytes, STEP_KIND);
    step->min = (uint32_t)number_at(bytes, STEP_MIN);
    step->max = (uint32_t)number_at(bytes, STEP_MAX);
    step->delay_ms = number_at(bytes, STEP_DELAY);
    step->at = reader_at(part_at(bytes, STEP_AT));
    if (!step->max)
        step->min = step->max = 1;
    switch (step->kind) {
    case PL_STEP_RECV:
    case PL_STEP_SEND:
        if (!r->outline)
            step->message = reader_matcher(
                r, message, NULL, step->kind == PL_STEP_RECV ? method->input : method->output);
        break;
    case PL_STEP_STATUS:
        get_status(r, part_at(bytes, STEP_STATUS), &step->status);
        break;
    case PL_STEP_ANY_ORDER:
        if (inner)
            reader_fail(r, "any_order within any_order", message);
        else
            get_steps(r, bytes, STEP_STEPS, method, &step->steps, &step->step_count, true);
        break;
    case PL_STEP_CLOSE:
    case PL_STEP_DELAY:
        break;
    default:
        reader_fail(r, "an unknown step", pl_str_make("", 0));
    }
}

static void get_steps(reader *r, pl_str bytes, uint32_t number, const pl_method_type *method,
                      const pl_contract_step **out, size_t *out_count, bool inner) {
    pl_contract_step *steps = reader_alloc(r, reader_count(bytes, number), sizeof *steps);
    pl_wire_reader in = pl_wire_reader_make(bytes);
    *out = steps;
    for (pl_str part; steps && r->code == PL_OK && next_part(&in, number, &part);)
        get_step(r, part, method, &steps[(*out_count)++], inner);
}

static void get_texts(reader *r, pl_str bytes, uint32_t number, const pl_str **out,
                      size_t *out_count) {
    pl_str *texts = reader_alloc(r, reader_count(bytes, number), sizeof *texts);
    pl_wire_reader in = pl_wire_reader_make(bytes);
    *out = texts;
    for (pl_str part; texts && next_part(&in, number, &part);)
        texts[(*out_count)++] = reader_text(r, part);
}

static pl_contract_exemption get_exemption(reader *r, pl_str bytes) {
    pl_contract_exemption exemption = {text_at(r, bytes, EXEMPTION_UNTIL),
                                       text_at(r, bytes, EXEMPTION_BECAUSE)};
    return exemption;
}

static const pl_http_rule *binding_of(const pl_method_type *method, pl_str text) {
    for (size_t i = 0; i < method->http_count; i++) {
        const pl_http_rule *rule = &method->http[i];
        if (text.n == rule->verb.n + 1 + rule->path.n && pl_str_starts(text, rule->verb) &&
            pl_str_ends(text, rule->path))
            return rule;
    }
    return NULL;
}

static void get_method(reader *r, pl_str bytes, pl_contract *c) {
    pl_str name = part_at(bytes, CONTRACT_METHOD), http = part_at(bytes, CONTRACT_HTTP);
    c->method = pl_pool_method(r->set->pool, name);
    if (!c->method)
        reader_fail(r, "no method", name);
    else if (http.n && !(c->http = binding_of(c->method, http)))
        reader_fail(r, "no binding", http);
}

static void get_script(reader *r, pl_str bytes, pl_contract *c) {
    get_steps(r, bytes, CONTRACT_STEPS, c->method, &c->steps, &c->step_count, false);
    if (c->step_count == 0 || c->steps[c->step_count - 1].kind != PL_STEP_STATUS)
        reader_fail(r, "no end of the call", c->name);
}

/* What it is about, and when it counts. */
static void get_head(reader *r, pl_str bytes, pl_contract *c) {
    pl_str event = part_at(bytes, CONTRACT_EVENT), payload = part_at(bytes, CONTRACT_PAYLOAD);
    pl_str scenario = part_at(bytes, CONTRACT_SCENARIO);
    c->name = text_at(r, bytes, CONTRACT_NAME);
    c->at = reader_at(part_at(bytes, CONTRACT_AT));
    if (event.n) {
        c->event = pl_pool_message(r->set->pool, event);
        c->trigger = text_at(r, bytes, CONTRACT_TRIGGER);
        c->stream = text_at(r, bytes, CONTRACT_STREAM);
        if (!c->event)
            reader_fail(r, "no event", event);
        else
            c->payload = reader_matcher(r, payload, NULL, c->event);
    } else {
        get_method(r, bytes, c);
    }
    c->priority = (int32_t)pl_zigzag_decode(number_at(bytes, CONTRACT_PRIORITY));
    c->scenario = text_at(r, scenario, SCENARIO_NAME);
    c->scenario_when = text_at(r, scenario, SCENARIO_WHEN);
    c->scenario_then = text_at(r, scenario, SCENARIO_THEN);
}

static void get_rest(reader *r, pl_str bytes, pl_contract *c) {
    get_states(r, bytes, c);
    if (c->method)
        get_script(r, bytes, c);
    get_headers(r, bytes, CONTRACT_METADATA, &c->metadata, &c->metadata_count);
    get_headers(r, bytes, CONTRACT_TRAILERS, &c->trailers, &c->trailer_count);
    get_texts(r, bytes, CONTRACT_FORBIDDEN, &c->must_not_contain, &c->must_not_contain_count);
    get_texts(r, bytes, CONTRACT_TAGS, &c->tags, &c->tag_count);
    c->within_ms = number_at(bytes, CONTRACT_WITHIN);
    c->within_at = reader_at(part_at(bytes, CONTRACT_WITHIN_AT));
    c->idempotent = number_at(bytes, CONTRACT_IDEMPOTENT) != 0;
    c->ignored = get_exemption(r, part_at(bytes, CONTRACT_IGNORED));
    c->in_progress = get_exemption(r, part_at(bytes, CONTRACT_IN_PROGRESS));
}

static bool is_unary(const pl_method_type *method) {
    return method && !method->client_streaming && !method->server_streaming;
}

static void get_contract(reader *r, pl_str bytes, bool later, pl_contract *c) {
    get_head(r, bytes, c);
    if (later && is_unary(c->method))
        c->unread = bytes;
    else if (r->code == PL_OK)
        get_rest(r, bytes, c);
}

static pl_code load(const pl_contract *contract, bool outline, pl_error *err) {
    pl_contract *c = (pl_contract *)(uintptr_t)contract; /* the set's, which made it */
    if (!c->unread.n)
        return PL_OK;
    pl_contract_set *set = c->file->set;
    reader r = {.set = set, .arena = &set->arena, .err = err, .outline = outline};
    pl_contract read = *c;
    if (!outline)
        read.unread = pl_str_make(NULL, 0);
    /* Its outline may have been read before. */
    read.given_count = read.step_count = read.metadata_count = read.trailer_count = 0;
    read.must_not_contain_count = read.tag_count = 0;
    get_rest(&r, c->unread, &read);
    if (r.code == PL_OK)
        *c = read;
    return r.code;
}

pl_code pl_contract_load(const pl_contract *contract, pl_error *err) {
    return load(contract, false, err);
}

pl_code pl_contract_load_outline(const pl_contract *contract, pl_error *err) {
    return load(contract, true, err);
}

static uint32_t get_access(pl_str bytes) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    uint32_t access = 0;
    while (pl_wire_next(&in, &f)) {
        pl_wire_reader packed = pl_wire_reader_make(f.bytes);
        uint64_t value = f.value;
        if (f.number != FILE_ACCESS)
            continue;
        while (f.type == PL_WIRE_VARINT || pl_wire_varint(&packed, &value)) {
            if (value >= 1 && value <= 3)
                access |= 1u << (value - 1);
            if (f.type == PL_WIRE_VARINT)
                break;
        }
    }
    return access;
}

pl_code wire_get_file(pl_contract_set *set, pl_str bytes, bool later, pl_contract_file **out,
                      pl_error *err) {
    reader r = {.set = set, .arena = &set->arena, .err = err};
    size_t count = reader_count(bytes, FILE_CONTRACTS);
    pl_contract_file *file = reader_alloc(&r, 1, sizeof *file);
    pl_contract *contracts = reader_alloc(&r, count + 1, sizeof *contracts);
    const pl_contract **pointers = reader_alloc(&r, count + 1, sizeof *pointers);
    if (!file || !contracts || !pointers)
        return r.code;
    file->consumer = text_at(&r, bytes, FILE_CONSUMER);
    file->provider = text_at(&r, bytes, FILE_PROVIDER);
    file->path = text_at(&r, bytes, FILE_PATH);
    file->access = get_access(bytes);
    file->complete = number_at(bytes, FILE_COMPLETE) != 0;
    file->source = number_at(bytes, FILE_SOURCE) != 0;
    file->contracts = pointers;
    file->set = set;
    pl_wire_reader in = pl_wire_reader_make(bytes);
    for (pl_str part; r.code == PL_OK && next_part(&in, FILE_CONTRACTS, &part);) {
        pl_contract *contract = &contracts[file->contract_count];
        contract->file = file;
        contract->index = (uint32_t)file->contract_count;
        get_contract(&r, part, later, contract);
        pointers[file->contract_count++] = contract;
    }
    if (r.code == PL_OK)
        *out = file;
    return r.code;
}

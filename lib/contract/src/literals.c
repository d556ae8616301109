/* What a request fixes: of a matcher, and, so that it need not be made, of its wire bytes. Both say
 * the same of the same contract. */
#include "parley/contract/literals.h"

#include <string.h>

#include "wire.h"

typedef struct gathering {
    pl_literal *out;
    size_t count;
    const pl_field *path[PL_LITERAL_DEPTH_MAX]; /* of the field at hand */
    size_t depth;
} gathering;

/* Values of FIELD have one form, the same in matchers and messages. */
static bool has_one_form(const pl_field *field) {
    if (field->repeated || field->default_text.n)
        return false;
    switch (field->kind) {
    case PL_KIND_INT64:
    case PL_KIND_UINT64:
    case PL_KIND_INT32:
    case PL_KIND_FIXED64:
    case PL_KIND_FIXED32:
    case PL_KIND_BOOL:
    case PL_KIND_STRING:
    case PL_KIND_BYTES:
    case PL_KIND_UINT32:
    case PL_KIND_SFIXED64:
        return true;
    default:
        return false;
    }
}

static bool is_plain_message(const pl_field *field) {
    return field->kind == PL_KIND_MESSAGE && !field->repeated &&
           field->message->well_known == PL_WELL_KNOWN_NONE;
}

static bool enter(gathering *g, const pl_field *field) {
    if (g->count == PL_LITERALS_MAX || g->depth == PL_LITERAL_DEPTH_MAX)
        return false;
    g->path[g->depth++] = field;
    return true;
}

static void leave(gathering *g) {
    g->path[--g->depth] = NULL;
}

static void add(gathering *g, const pl_leaf_value *value) {
    pl_literal *literal = &g->out[g->count++];

    memcpy(literal->path, g->path, sizeof g->path);
    literal->depth = g->depth;
    literal->value = *value;
}

static void gather(gathering *g, const pl_matcher *message) {
    for (size_t i = 0; i < message->member_count; i++) {
        const pl_match_member *member = &message->members[i];
        if (!enter(g, member->field))
            return;
        if (is_plain_message(member->field) && member->matcher->kind == PL_MATCH_MESSAGE)
            gather(g, member->matcher);
        else if (member->matcher->kind == PL_MATCH_EQUAL && has_one_form(member->field))
            add(g, &member->matcher->value);
        leave(g);
    }
}

/* ---- on the wire ----------------------------------------------------------------------------- */

/* The kind of a matcher, and the bytes of its value. */
static uint64_t kind_of(pl_str matcher, pl_str *out_value) {
    pl_wire_reader in = pl_wire_reader_make(matcher);
    pl_wire_field f;
    uint64_t kind = 0;

    *out_value = pl_str_make(NULL, 0);
    while (pl_wire_next(&in, &f)) {
        if (f.number == MATCHER_KIND)
            kind = f.value;
        else if (f.number == MATCHER_VALUE && f.type == PL_WIRE_BYTES)
            *out_value = f.bytes;
    }
    return kind;
}

static void gather_wire(gathering *g, const pl_message_type *type, pl_str matcher);

static void gather_member(gathering *g, const pl_message_type *type, pl_str bytes) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    uint32_t number = 0;
    pl_str matcher = {NULL, 0}, text;

    while (pl_wire_next(&in, &f)) {
        if (f.number == MEMBER_NUMBER)
            number = (uint32_t)f.value;
        else if (f.number == MEMBER_MATCHER && f.type == PL_WIRE_BYTES)
            matcher = f.bytes;
    }
    const pl_field *field = pl_message_field_by_number(type, number);
    if (!field || !enter(g, field))
        return;
    uint64_t kind = kind_of(matcher, &text);
    if (is_plain_message(field) && kind == PL_MATCH_MESSAGE) {
        gather_wire(g, field->message, matcher);
    } else if (kind == PL_MATCH_EQUAL && has_one_form(field)) {
        pl_leaf_value value;
        (void)wire_get_value(text, &value);
        add(g, &value);
    }
    leave(g);
}

/* Members of a MESSAGE. */
static void gather_wire(gathering *g, const pl_message_type *type, pl_str matcher) {
    pl_wire_reader in = pl_wire_reader_make(matcher);
    pl_wire_field f;

    while (g->count < PL_LITERALS_MAX && pl_wire_next(&in, &f)) {
        if (f.number == MATCHER_MEMBERS && f.type == PL_WIRE_BYTES)
            gather_member(g, type, f.bytes);
    }
}

/* The matcher of the first message that is received. */
static pl_str first_request(pl_str contract) {
    pl_wire_reader in = pl_wire_reader_make(contract);
    pl_wire_field step, kind, message;

    while (pl_wire_next(&in, &step)) {
        if (step.number == CONTRACT_STEPS && step.type == PL_WIRE_BYTES &&
            pl_wire_find(step.bytes, STEP_KIND, &kind) && kind.value == PL_STEP_RECV)
            return pl_wire_find(step.bytes, STEP_MESSAGE, &message) ? message.bytes
                                                                    : pl_str_make(NULL, 0);
    }
    return pl_str_make(NULL, 0);
}

size_t pl_contract_literals(const pl_contract *contract, pl_literal out[PL_LITERALS_MAX]) {
    gathering g = {.out = out};
    const pl_matcher *request;
    pl_str matcher, text;

    if (contract->unread.n) {
        matcher = first_request(contract->unread);
        if (kind_of(matcher, &text) == PL_MATCH_MESSAGE)
            gather_wire(&g, contract->method->input, matcher);
        return g.count;
    }
    request = pl_contract_request(contract);
    if (request && request->kind == PL_MATCH_MESSAGE)
        gather(&g, request);
    return g.count;
}

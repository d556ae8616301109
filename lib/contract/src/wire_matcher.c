/* Matchers from wire bytes. What is read fits the descriptors, whoever wrote it: a matcher that
 * does not fit its place would lead the engine astray. */
#include "wire_get.h"

/* Where a matcher stands. */
typedef struct spot {
    const pl_field *field; /* NULL: a message by itself */
    const pl_message_type *type;
    bool single;
    unsigned depth;
} spot;

enum { LEAF = 1, MESSAGE = 2, LIST = 4, MAP = 8, ALL = 15 };

/* Which places a kind is for, and whether it needs an item. */
static const struct {
    uint8_t places;
    bool item;
} rules[PL_MATCH_KIND_END] = {
    [PL_MATCH_EQUAL] = {LEAF, false},
    [PL_MATCH_TYPE] = {LEAF, false},
    [PL_MATCH_ANY] = {ALL, false},
    [PL_MATCH_NON_EMPTY] = {ALL, false},
    [PL_MATCH_REGEX] = {LEAF, false},
    [PL_MATCH_RANGE] = {LEAF, false},
    [PL_MATCH_ONE_OF] = {ALL, true},
    [PL_MATCH_NOT] = {ALL, true},
    [PL_MATCH_NEAR] = {LEAF, false},
    [PL_MATCH_SIZE] = {LEAF | LIST | MAP, false},
    [PL_MATCH_EACH] = {LIST, true},
    [PL_MATCH_EACH_KEY] = {MAP, true},
    [PL_MATCH_EACH_VALUE] = {MAP, true},
    [PL_MATCH_UNORDERED] = {LIST, false},
    [PL_MATCH_CONTAINS] = {LEAF | LIST | MAP, false},
    [PL_MATCH_ABSENT] = {ALL, false},
    [PL_MATCH_PRESENT] = {LEAF | MESSAGE, false},
    [PL_MATCH_TIMESTAMP] = {LEAF, false},
    [PL_MATCH_UUID] = {LEAF, false},
    [PL_MATCH_FROM_STATE] = {LEAF, false},
    [PL_MATCH_MESSAGE] = {MESSAGE, false},
    [PL_MATCH_LIST] = {LIST, false},
    [PL_MATCH_MAP] = {MAP, false},
    [PL_MATCH_TYPED] = {MESSAGE, true},
    [PL_MATCH_EVERY] = {LIST, false},
    [PL_MATCH_EVERY_VALUE] = {MAP, false},
};

static uint8_t place_of(const spot *at) {
    if (!at->field)
        return MESSAGE;
    if (at->field->map && !at->single)
        return MAP;
    if (at->field->repeated && !at->single)
        return LIST;
    return pl_leaf_of(at->field) == PL_LEAF_NONE ? MESSAGE : LEAF;
}

static const pl_matcher *get(reader *r, pl_str bytes, spot at);

bool wire_get_value(pl_str bytes, pl_leaf_value *out) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    *out = (pl_leaf_value){0, 0, {"", 0}};
    while (pl_wire_next(&in, &f)) {
        if (f.number == VALUE_BITS)
            out->bits = f.value;
        else if (f.number == VALUE_NANOS)
            out->nanos = (int32_t)pl_zigzag_decode(f.value);
        else if (f.number == VALUE_TEXT && f.type == PL_WIRE_BYTES)
            out->text = f.bytes;
    }
    return !in.failed;
}

static pl_leaf_value get_value(reader *r, pl_str bytes) {
    pl_leaf_value value;
    if (!wire_get_value(bytes, &value))
        reader_fail(r, "a value", value.text);
    value.text = value.text.n ? reader_text(r, value.text) : pl_str_make("", 0);
    return value;
}

static const pl_message_type *type_at(const spot *at) {
    return at->field ? at->field->message : at->type;
}

/* The place of an item: of the list itself, of a map's key or value, the alternative of a place. */
static spot item_spot(const pl_matcher *m, spot at) {
    at.depth++;
    switch (m->kind) {
    case PL_MATCH_ONE_OF:
    case PL_MATCH_NOT:
        return at;
    case PL_MATCH_EACH_KEY:
        at.field = &at.field->message->fields[0];
        break;
    case PL_MATCH_EACH_VALUE:
    case PL_MATCH_EVERY_VALUE:
        at.field = &at.field->message->fields[1];
        break;
    case PL_MATCH_TYPED:
        at.field = NULL;
        at.type = m->type;
        break;
    default:
        break;
    }
    at.single = true;
    return at;
}

static bool get_member(reader *r, pl_str bytes, const spot *at, pl_match_member *out) {
    pl_wire_field f;
    spot below = {NULL, NULL, true, at->depth + 1};
    pl_str matcher = {0};
    if (place_of(at) == MAP) {
        if (pl_wire_find(bytes, MEMBER_KEY, &f))
            out->key = get_value(r, f.bytes);
        below.field = &at->field->message->fields[1];
    } else {
        if (!pl_wire_find(bytes, MEMBER_NUMBER, &f))
            return reader_fail(r, "a member without a number", matcher);
        out->field = pl_message_field_by_number(type_at(at), (uint32_t)f.value);
        if (!out->field)
            return reader_fail(r, "no such field in", type_at(at)->full_name);
        below.field = out->field;
        below.single = false;
    }
    if (!pl_wire_find(bytes, MEMBER_MATCHER, &f) || f.type != PL_WIRE_BYTES)
        return reader_fail(r, "a member without a matcher", matcher);
    out->matcher = get(r, f.bytes, below);
    return out->matcher != NULL;
}

/* How many parts a matcher has of each kind. */
typedef struct parts {
    size_t members, items, examples;
} parts;

static bool get_parts(reader *r, pl_str bytes, spot at, const parts *has, pl_matcher *m) {
    static pl_match_member no_members[1];
    static const pl_matcher *no_items[1];
    pl_match_member *members = has->members ? reader_alloc(r, has->members, sizeof *members)
                                            : no_members;
    const pl_matcher **items = has->items ? reader_alloc(r, has->items, sizeof *items) : no_items;
    if (!members || !items)
        return false;
    m->members = members;
    m->items = items;
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    spot item = item_spot(m, at), example = at;
    bool with_members = m->kind == PL_MATCH_MESSAGE || m->kind == PL_MATCH_MAP ||
                        (m->kind == PL_MATCH_CONTAINS && place_of(&at) == MAP);
    example.depth++;
    /* Most matchers are leaves: they are not looked at a second time. */
    while ((has->members || has->items || has->examples) && pl_wire_next(&in, &f)) {
        if (f.number == MATCHER_MEMBERS && f.type == PL_WIRE_BYTES && with_members) {
            if (!get_member(r, f.bytes, &at, &members[m->member_count++]))
                return false;
        } else if (f.number == MATCHER_ITEMS && f.type == PL_WIRE_BYTES) {
            if (!(items[m->item_count++] = get(r, f.bytes, item)))
                return false;
        } else if (f.number == MATCHER_EXAMPLE && f.type == PL_WIRE_BYTES) {
            if (!(m->example = get(r, f.bytes, example)))
                return false;
        }
    }
    /* Empty ones say nothing: what has items is a list, what has members a map. */
    if (!m->item_count && m->kind == PL_MATCH_CONTAINS)
        m->items = NULL;
    if (!m->member_count && m->kind == PL_MATCH_CONTAINS)
        m->members = NULL;
    return true;
}

static void get_scalars(reader *r, pl_str bytes, pl_matcher *m, parts *out_has) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&in, &f)) {
        switch (f.number) {
        case MATCHER_KIND:
            m->kind = f.value < PL_MATCH_KIND_END ? (pl_match_kind)f.value : 0;
            break;
        case MATCHER_VALUE:
            m->value = get_value(r, f.bytes);
            break;
        case MATCHER_LOW:
            m->low = get_value(r, f.bytes);
            m->has_low = true;
            break;
        case MATCHER_HIGH:
            m->high = get_value(r, f.bytes);
            m->has_high = true;
            break;
        case MATCHER_MIN:
            m->min = (uint32_t)f.value;
            break;
        case MATCHER_MAX:
            m->max = (uint32_t)f.value;
            break;
        case MATCHER_NOW:
            m->now = f.value != 0;
            break;
        case MATCHER_AT:
            m->at = reader_at(f.bytes);
            break;
        case MATCHER_MEMBERS:
            out_has->members++;
            break;
        case MATCHER_ITEMS:
            out_has->items++;
            break;
        case MATCHER_EXAMPLE:
            out_has->examples++;
            break;
        default:
            break;
        }
    }
    if (in.failed)
        reader_fail(r, "a matcher", m->value.text);
}

static bool complete(reader *r, pl_matcher *m, const spot *at) {
    if (!m->kind || !(rules[m->kind].places & place_of(at)))
        return reader_fail(r, "a matcher that does not fit",
                           at->field  ? at->field->full_name
                           : at->type ? at->type->full_name
                                      : pl_str_make("", 0));
    if (!at->field && !at->type && m->kind != PL_MATCH_TYPED)
        return reader_fail(r, "a matcher without a type", pl_str_make("", 0));
    if (m->kind == PL_MATCH_REGEX &&
        contract_set_pattern(r->set, m->value.text, &m->pattern, r->err))
        return reader_fail(r, "the pattern", m->value.text);
    if (m->kind != PL_MATCH_TYPED)
        return true;
    if (at->field && type_at(at)->well_known != PL_WELL_KNOWN_ANY)
        return reader_fail(r, "a type that is not for", at->field->full_name);
    m->type = pl_pool_message(r->set->pool, m->value.text);
    return m->type || reader_fail(r, "no message", m->value.text);
}

static const pl_matcher *get(reader *r, pl_str bytes, spot at) {
    pl_matcher *m = reader_alloc(r, 1, sizeof *m);
    parts has = {0};
    if (!m)
        return NULL;
    m->value.text = m->low.text = m->high.text = pl_str_make("", 0);
    m->example = m;
    get_scalars(r, bytes, m, &has);
    if (at.depth > WIRE_MATCHER_DEPTH_MAX) {
        reader_fail(r, "matchers nested too deep", m->value.text);
        return NULL;
    }
    if (r->code || !complete(r, m, &at) || !get_parts(r, bytes, at, &has, m))
        return NULL;
    if (rules[m->kind].item && !m->item_count) {
        reader_fail(r, "a matcher without its item", m->value.text);
        return NULL;
    }
    return m;
}

const pl_matcher *reader_matcher(reader *r, pl_str bytes, const pl_field *field,
                                 const pl_message_type *type) {
    /* A text stands by itself: it has no parent in which it could be absent or repeated. */
    spot at = {field, type, field != NULL, 0};
    return get(r, bytes, at);
}

const pl_matcher *reader_typed(reader *r, pl_str bytes) {
    pl_wire_field f;
    pl_str none = {0};
    if (!pl_wire_find(bytes, MATCHER_KIND, &f) || f.value != PL_MATCH_TYPED) {
        reader_fail(r, "a message without its type", none);
        return NULL;
    }
    spot at = {NULL, NULL, true, 0};
    return get(r, bytes, at);
}

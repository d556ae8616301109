/* What a matcher expects, in words. */
#include "leaf.h"

enum { ALTERNATIVES_SHOWN = 8 };

const char *pl_match_tag(pl_match_kind kind) {
    static const char *const tags[PL_MATCH_KIND_END] = {
#define TAG(symbol, number, tag) [number] = tag,
        PL_MATCH_TABLE(TAG)
#undef TAG
    };
    return kind > 0 && kind < PL_MATCH_KIND_END ? tags[kind] : "";
}

static void leaf(const pl_field *field, const pl_leaf_value *value, pl_buf *out) {
    pl_leaf_print(pl_leaf_of(field), field, value, out);
}

/* !type is about one value: in a list, about an item of it. */
static void type_of_one(const pl_field *field, pl_buf *out) {
    pl_field one = *field;
    one.repeated = false;
    pl_buf_puts(out, "any ");
    pl_field_describe(&one, out);
}

static void range(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    if (!m->has_low) {
        pl_buf_puts(out, "at most ");
        leaf(field, &m->high, out);
    } else if (!m->has_high) {
        pl_buf_puts(out, "at least ");
        leaf(field, &m->low, out);
    } else {
        leaf(field, &m->low, out);
        pl_buf_puts(out, "..");
        leaf(field, &m->high, out);
    }
}

static void near(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    pl_leaf kind = pl_leaf_of(field);
    bool time = kind == PL_LEAF_TIME || kind == PL_LEAF_DURATION;
    leaf(field, &m->value, out);
    pl_buf_puts(out, " give or take ");
    pl_leaf_print(time ? PL_LEAF_DURATION : PL_LEAF_FLOAT, NULL, &m->low, out);
}

static void size(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    const char *unit = field->repeated                       ? (field->map ? "entries" : "items")
                       : pl_leaf_of(field) == PL_LEAF_STRING ? "characters"
                                                             : "bytes";
    if (m->min == m->max)
        pl_buf_printf(out, "%u %s", m->min, unit);
    else if (m->max == UINT32_MAX)
        pl_buf_printf(out, "at least %u %s", m->min, unit);
    else
        pl_buf_printf(out, "%u..%u %s", m->min, m->max, unit);
}

static void one_of(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    for (size_t i = 0; i < m->item_count; i++) {
        if (i == ALTERNATIVES_SHOWN) {
            pl_buf_printf(out, " or %zu others", m->item_count - i);
            return;
        }
        pl_buf_puts(out, i ? " or " : "");
        pl_matcher_describe(m->items[i], field, out);
    }
}

static void contained(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    if (m->members && m->member_count == 1)
        pl_buf_puts(out, "a map with this entry in it");
    else if (m->members)
        pl_buf_printf(out, "a map with these %zu entries in it", m->member_count);
    else if (m->items && m->item_count == 1)
        pl_buf_puts(out, "a list with this item in it");
    else if (m->items)
        pl_buf_printf(out, "a list with these %zu items in it", m->item_count);
    else {
        pl_buf_puts(out, "with ");
        leaf(field, &m->value, out);
        pl_buf_puts(out, " in it");
    }
}

static void counted(const pl_matcher *m, pl_buf *out) {
    switch (m->kind) {
    case PL_MATCH_LIST:
        pl_buf_printf(out, "%zu %s", m->item_count, m->item_count == 1 ? "item" : "items");
        break;
    case PL_MATCH_UNORDERED:
        pl_buf_printf(out, "%zu %s in any order", m->item_count,
                      m->item_count == 1 ? "item" : "items");
        break;
    case PL_MATCH_MAP:
        pl_buf_printf(out, "%zu %s", m->member_count, m->member_count == 1 ? "entry" : "entries");
        break;
    case PL_MATCH_EACH:
        pl_buf_puts(out, "at least one item, each as described");
        break;
    case PL_MATCH_EACH_KEY:
    case PL_MATCH_EACH_VALUE:
        pl_buf_puts(out, "at least one entry, each as described");
        break;
    case PL_MATCH_EVERY:
        pl_buf_puts(out, "any number of items, each as described");
        break;
    case PL_MATCH_EVERY_VALUE:
        pl_buf_puts(out, "any number of entries, each as described");
        break;
    default:
        pl_buf_puts(out, "a message");
    }
}

void pl_matcher_describe(const pl_matcher *m, const pl_field *field, pl_buf *out) {
    switch (m->kind) {
    case PL_MATCH_EQUAL:
        leaf(field, &m->value, out);
        break;
    case PL_MATCH_TYPE:
        type_of_one(field, out);
        break;
    case PL_MATCH_ANY:
        pl_buf_puts(out, "anything");
        break;
    case PL_MATCH_NON_EMPTY:
        pl_buf_puts(out, "not empty");
        break;
    case PL_MATCH_REGEX:
        pl_buf_printf(out, "text with /%s/", m->value.text.p);
        break;
    case PL_MATCH_RANGE:
        range(m, field, out);
        break;
    case PL_MATCH_ONE_OF:
        one_of(m, field, out);
        break;
    case PL_MATCH_NOT:
        pl_buf_puts(out, "not ");
        pl_matcher_describe(m->items[0], field, out);
        break;
    case PL_MATCH_NEAR:
        near(m, field, out);
        break;
    case PL_MATCH_SIZE:
        size(m, field, out);
        break;
    case PL_MATCH_CONTAINS:
        contained(m, field, out);
        break;
    case PL_MATCH_ABSENT:
        pl_buf_puts(out, "absent");
        break;
    case PL_MATCH_PRESENT:
        pl_buf_puts(out, "present");
        break;
    case PL_MATCH_TIMESTAMP:
        pl_buf_puts(out, "a time of RFC 3339");
        break;
    case PL_MATCH_UUID:
        pl_buf_puts(out, "a UUID");
        break;
    case PL_MATCH_FROM_STATE:
        pl_buf_printf(out, "the state's %s, such as ", m->value.text.p);
        pl_matcher_describe(m->example, field, out);
        break;
    case PL_MATCH_TYPED:
        pl_buf_str(out, m->type->full_name);
        break;
    default:
        counted(m, out);
    }
}

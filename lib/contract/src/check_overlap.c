/* Contracts against each other: one that is never reached, and two that cannot both hold. */
#include <stdlib.h>

#include "compiler.h"
#include "parley/json/proto_json.h"
#include "sets.h"

/* A contract that stands against many is told of the first CONFLICTS_TOLD_MAX. */
enum { SCRATCH_MAX = 64 << 20, WITNESS_MAX = 2048, WITNESS_SHOWN = 160, CONFLICTS_TOLD_MAX = 16 };

/* A contract among those of its method. */
typedef struct candidate {
    const pl_contract *contract;
    const pl_matcher *request;
    const pl_leaf_value *literal; /* what it asks of the field that tells most apart; or NULL */
    pl_leaf leaf;
    bool shadowed; /* which is told once */
    unsigned conflicts;
} candidate;

typedef struct overlap {
    compiler *c;
    const pl_contract_source *sources;
    size_t source_count;
    pl_arena scratch;
} overlap;

static bool same_text(pl_str a, pl_str b) {
    return pl_str_eq(a, b);
}

static bool same_given(const pl_contract *a, const pl_contract *b) {
    if (a->given_count != b->given_count)
        return false;
    for (size_t i = 0; i < a->given_count; i++) {
        const pl_contract_state *x = &a->given[i], *y = &b->given[i];
        if (!same_text(x->name, y->name) || x->parameter_count != y->parameter_count)
            return false;
        for (size_t k = 0; k < x->parameter_count; k++) {
            if (!same_text(x->parameters[k].name, y->parameters[k].name) ||
                !same_text(x->parameters[k].json, y->parameters[k].json))
                return false;
        }
    }
    return true;
}

/* What HEADERS ask of the value that LIKE is about. */
static const pl_contract_header *header_of(const pl_contract_header *headers, size_t count,
                                           const pl_contract_header *like) {
    for (size_t i = 0; i < count; i++) {
        if (headers[i].nth == like->nth && pl_str_eq(headers[i].name, like->name))
            return &headers[i];
    }
    return NULL;
}

/* Metadata that the one asks for is among what the other asks for. */
static bool metadata_covers(const sets *s, const pl_contract *a, const pl_contract *b) {
    for (size_t i = 0; i < a->metadata_count; i++) {
        const pl_contract_header *x = &a->metadata[i];
        const pl_contract_header *y = header_of(b->metadata, b->metadata_count, x);
        if (!y || x->type || y->type || x->matcher->kind == PL_MATCH_ABSENT ||
            !sets_cover(s, x->matcher, y->matcher, pl_text_field(), true))
            return false;
    }
    return true;
}

static bool headers_meet(const sets *s, const pl_contract_header *a, size_t a_count,
                         const pl_contract_header *b, size_t b_count) {
    for (size_t i = 0; i < a_count; i++) {
        const pl_contract_header *other = header_of(b, b_count, &a[i]);
        if (!other || a[i].type || other->type)
            continue;
        bool gone = a[i].matcher->kind == PL_MATCH_ABSENT;
        if (gone != (other->matcher->kind == PL_MATCH_ABSENT))
            return false;
        if (!gone && !sets_meet(s, a[i].matcher, other->matcher, pl_text_field(), true))
            return false;
    }
    return true;
}

/* Every way by which B may be called leads to A: by gRPC, which knows no bindings, and by REST,
 * where A may be pinned to another one. */
static bool ways_cover(const pl_contract *a, const pl_contract *b) {
    if (!(b->file->access & PL_ACCESS_REST) || !a->http || a->http == b->http)
        return true;
    return !b->http && b->method->http_count == 1;
}

/* No call may be about both: REST alone, by other bindings. */
static bool ways_differ(const pl_contract *a, const pl_contract *b) {
    return !(a->file->access & PL_ACCESS_GRPC) && a->http && b->http && a->http != b->http;
}

static bool same_moment(const pl_contract *a, const pl_contract *b) {
    return same_text(a->scenario, b->scenario) && same_text(a->scenario_when, b->scenario_when);
}

/* Whenever B answers, A does: outside of scenarios always. */
static bool moments_cover(const pl_contract *a, const pl_contract *b) {
    return !a->scenario.n || same_moment(a, b);
}

/* There is a moment for both. Two scenarios are at their beginning at once, other moments of
 * theirs may never meet. */
static bool moments_meet(const pl_contract *a, const pl_contract *b) {
    bool beginning = !a->scenario_when.n && !b->scenario_when.n;
    if (a->file != b->file) /* a provider has then been asked nothing else */
        return beginning || same_moment(a, b);
    return !a->scenario.n || !b->scenario.n || same_moment(a, b) ||
           (beginning && !same_text(a->scenario, b->scenario));
}

/* One answer can be right for both. Scripts of several messages are taken to be. */
static bool answers_meet(overlap *o, const pl_contract *a, const pl_contract *b) {
    sets s = {.arena = &o->scratch, .answer = true};
    const pl_contract_status *x = pl_contract_status_of(a), *y = pl_contract_status_of(b);
    if (x->code != y->code)
        return false;
    if (x->message && y->message && !sets_meet(&s, x->message, y->message, pl_text_field(), true))
        return false;
    if (!headers_meet(&s, a->trailers, a->trailer_count, b->trailers, b->trailer_count))
        return false;
    const pl_matcher *left = pl_contract_response(a), *right = pl_contract_response(b);
    return !left || !right || a->method->server_streaming || sets_meet_messages(&s, left, right);
}

/* ---- reports --------------------------------------------------------------------------------- */

static pl_str line_of(const overlap *o, const pl_contract *contract) {
    pl_str text = {"", 0}, line = {"", 0};
    for (size_t i = 0; i < o->source_count; i++) {
        if (pl_str_eqc(contract->file->path, o->sources[i].path))
            text = o->sources[i].text;
    }
    for (uint32_t i = 0; i < contract->at.line; i++) {
        if (!pl_str_split(&text, '\n', &line))
            return pl_str_make("", 0);
    }
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static pl_finding_place place_of(const overlap *o, const pl_contract *contract) {
    pl_finding_place at = {contract->file->path.p, contract->at.line, contract->at.column,
                           line_of(o, contract)};
    return at;
}

static void print_witness(overlap *o, const pl_contract *contract, const pl_matcher *witness,
                          pl_buf *out) {
    const pl_message_type *type = contract->method->input;
    pl_buf wire = pl_buf_make(1 << 20);
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    opts.proto_names = true;
    opts.int64_numbers = true;
    if (pl_example_bytes(witness, type, NULL, &o->scratch, &wire) ||
        pl_wire_to_json(type, pl_buf_view(&wire), &opts, out, NULL))
        pl_buf_puts(out, "{...}");
    pl_buf_done(&wire);
}

static void report_shadow(overlap *o, const pl_contract *by, candidate *shadowed) {
    if (shadowed->shadowed)
        return;
    shadowed->shadowed = true;
    pl_finding_place at = place_of(o, shadowed->contract);
    pl_findings_add(o->c->findings, &at, PL_FINDING_ERROR, "SHADOWED",
                    "never reached: '%s' (line %u) takes every request of it", by->name.p,
                    by->at.line);
    pl_findings_other(o->c->findings, by->file->path.p, by->at.line);
    if (by->scenario.n || !shadowed->contract->scenario.n)
        pl_findings_hint(
            o->c->findings,
            "another request, one scenario for both, or a priority greater than %d for the "
            "narrower one",
            by->priority);
    else if (shadowed->contract->scenario_when.n)
        pl_findings_hint(o->c->findings,
                         "'%s' is in no scenario, so it answers at any time: put it into '%s', "
                         "too, or give this one a priority greater than %d",
                         by->name.p, shadowed->contract->scenario.p, by->priority);
    else
        pl_findings_hint(o->c->findings,
                         "'%s' is in no scenario, so it answers at any time: give this one a "
                         "priority greater than %d",
                         by->name.p, by->priority);
}

static void report_conflict(overlap *o, const pl_contract *a, candidate *with,
                            const pl_matcher *witness) {
    const pl_contract *b = with->contract;
    if (with->conflicts++ >= CONFLICTS_TOLD_MAX)
        return;
    pl_finding_place at = place_of(o, b);
    pl_buf shown = pl_buf_make(WITNESS_MAX);
    print_witness(o, a, witness, &shown);
    pl_str request = pl_utf8_cut(pl_buf_view(&shown), WITNESS_SHOWN);
    bool own = a->file == b->file;
    pl_findings_add(
        o->c->findings, &at, PL_FINDING_ERROR, own ? "AMBIGUOUS" : "CONFLICT",
        "cannot hold beside '%s' (%s:%u): both take %s %.*s and expect different answers",
        a->name.p, a->file->path.p, a->at.line, a->method->name.p, PL_FMT(request));
    pl_findings_other(o->c->findings, a->file->path.p, a->at.line);
    pl_findings_hint(o->c->findings,
                     own ? "a priority says which of them answers"
                         : "%s and %s have to agree, or say what differs in given:",
                     a->file->consumer.p, b->file->consumer.p);
    pl_buf_done(&shown);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static void check_pair(overlap *o, candidate *x, candidate *y) {
    const pl_contract *a = x->contract, *b = y->contract;
    sets s = {.arena = &o->scratch};
    bool own = a->file == b->file;
    if (!moments_meet(a, b) || ((!own || ways_differ(a, b)) && !same_given(a, b)))
        return;
    const pl_matcher *witness = sets_meet_messages(&s, x->request, y->request);
    if (!witness ||
        !headers_meet(&s, a->metadata, a->metadata_count, b->metadata, b->metadata_count))
        return;
    if (own && a->priority >= b->priority && moments_cover(a, b) && ways_cover(a, b) &&
        metadata_covers(&s, a, b) && sets_cover_messages(&s, x->request, y->request))
        report_shadow(o, a, y);
    else if (own && b->priority > a->priority && moments_cover(b, a) && ways_cover(b, a) &&
             metadata_covers(&s, b, a) && sets_cover_messages(&s, y->request, x->request))
        report_shadow(o, b, x);
    else if ((!own || a->priority == b->priority) && !answers_meet(o, a, b))
        report_conflict(o, a, y, witness);
}

static int by_place(const candidate *a, const candidate *b) {
    int order = strcmp(a->contract->file->path.p, b->contract->file->path.p);
    return order ? order : (a->contract->index < b->contract->index ? -1 : 1);
}

static int by_method(const void *left, const void *right) {
    const candidate *a = left, *b = right;
    int order = strcmp(a->contract->method->path.p, b->contract->method->path.p);
    return order ? order : by_place(a, b);
}

/* Those without a literal first, then by it. */
static int by_literal(const void *left, const void *right) {
    const candidate *a = left, *b = right;
    if (!a->literal != !b->literal)
        return a->literal ? 1 : -1;
    int order = a->literal ? pl_leaf_compare(a->leaf, a->literal, b->literal) : 0;
    return order ? order : by_place(a, b);
}

static size_t collect(const compiler *c, candidate *out) {
    size_t count = 0;
    for (const sound_call *call = c->sound; call; call = call->next) {
        const pl_matcher *request = pl_contract_request(call->contract);
        if (request && !call->contract->method->client_streaming) {
            out[count].contract = call->contract;
            out[count++].request = request;
        }
    }
    if (count > 1)
        qsort(out, count, sizeof *out, by_method);
    return count;
}

static const pl_leaf_value *literal_of(const pl_matcher *request, const pl_field *field) {
    for (size_t i = 0; i < request->member_count; i++) {
        if (request->members[i].field == field)
            return sets_literal(request->members[i].matcher);
    }
    return NULL;
}

/* The field for which most of a method's contracts ask one value: two that ask for different ones
 * cannot overlap, so that ten thousand contracts are not ten million pairs. */
static const pl_field *telling_field(const candidate *group, size_t count) {
    const pl_message_type *type = group->contract->method->input;
    const pl_field *best = NULL;
    size_t most = 0;
    for (size_t f = 0; f < type->field_count; f++) {
        size_t literals = 0;
        if (type->fields[f].repeated || pl_leaf_of(&type->fields[f]) == PL_LEAF_NONE)
            continue;
        for (size_t i = 0; i < count; i++)
            literals += literal_of(group[i].request, &type->fields[f]) != NULL;
        if (literals > most) {
            most = literals;
            best = &type->fields[f];
        }
    }
    return best;
}

static void check_in_order(overlap *o, candidate *a, candidate *b) {
    pl_arena_clear(&o->scratch);
    if (by_place(a, b) < 0)
        check_pair(o, a, b);
    else
        check_pair(o, b, a);
}

static void check_group(overlap *o, candidate *group, size_t count) {
    const pl_field *field = telling_field(group, count);
    for (size_t i = 0; field && i < count; i++) {
        group[i].literal = literal_of(group[i].request, field);
        group[i].leaf = pl_leaf_of(field);
    }
    qsort(group, count, sizeof *group, by_literal);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (group[i].literal &&
                pl_leaf_compare(group[i].leaf, group[i].literal, group[k].literal) != 0)
                break;
            check_in_order(o, &group[i], &group[k]);
        }
    }
}

pl_code check_overlaps(compiler *c, const pl_contract_source *sources, size_t count,
                       pl_error *err) {
    overlap o = {.c = c, .sources = sources, .source_count = count};
    candidate *all = calloc(c->sound_count + 1, sizeof *all);
    if (!all)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "contracts: no memory");
    o.scratch = pl_arena_make(SCRATCH_MAX);
    size_t found = collect(c, all);
    for (size_t i = 0, end = 0; i < found; i = end) {
        while (end < found && all[end].contract->method == all[i].contract->method)
            end++;
        check_group(&o, all + i, end - i);
    }
    pl_arena_done(&o.scratch);
    free(all);
    return PL_OK;
}

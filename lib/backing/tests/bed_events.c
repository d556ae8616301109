#include "bed_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/contract/match.h"
#include "parley/event/feed.h"
#include "parley/schema/wire.h"
#include "parley/verify/stubs.h"

enum {
    PROVIDERS_MAX = 16,
    PROVIDER_SIZE = 256,
    NAME_SIZE = 160,
    PAYLOAD_MAX = 64 * 1024,
    WAYS = 5
};

/* Above what a case arranges, so that the event is news. */
#define VERSION 1000
/* Numbers of fields that no event has. */
#define UNKNOWN_NUMBER 18000

static const bed_event_tests *tests;
static pl_contract_set *sets[PROVIDERS_MAX];
static char providers[PROVIDERS_MAX][PROVIDER_SIZE];
static size_t provider_count;

/* ---- contracts ------------------------------------------------------------------------------- */

static const pl_contract_set *set_of(const char *provider) {
    for (size_t i = 0; i < provider_count; i++) {
        if (strcmp(providers[i], provider) == 0)
            return sets[i];
    }
    return NULL;
}

/* The consumer's contracts with a provider; NULL: it has none. */
static const pl_contract_file *file_of(const char *provider) {
    const pl_contract_set *set = set_of(provider);
    for (size_t i = 0; set && i < pl_contract_set_file_count(set); i++) {
        const pl_contract_file *file = pl_contract_set_file(set, i);
        if (pl_str_eqc(file->consumer, tests->consumer))
            return file;
    }
    return NULL;
}

static bool has_case(const pl_contract *contract) {
    for (size_t i = 0; i < tests->count; i++) {
        if (pl_str_eqc(contract->name, tests->cases[i].contract) &&
            pl_str_eqc(contract->file->provider, tests->cases[i].provider))
            return true;
    }
    return false;
}

static void every_contract_has_a_case(void **state) {
    (void)state;
    for (size_t p = 0; p < provider_count; p++) {
        const pl_contract_file *file = file_of(providers[p]);
        for (size_t i = 0; file && i < file->contract_count; i++) {
            if (file->contracts[i]->event && !has_case(file->contracts[i]))
                fail_msg("%s:%u: '%s' has no case here", file->path.p, file->contracts[i]->at.line,
                         file->contracts[i]->name.p);
        }
    }
}

/* ---- payloads -------------------------------------------------------------------------------- */

static bool is_listed(const pl_matcher *payload, const pl_field *field) {
    for (size_t i = 0; i < payload->member_count; i++) {
        if (payload->members[i].field == field)
            return true;
    }
    return false;
}

/* A value for a field that the contract does not name. */
static void put_some(const pl_field *field, pl_buf *out) {
    switch (field->kind) {
    case PL_KIND_STRING:
    case PL_KIND_BYTES:
        (void)pl_wire_put_bytes(out, field->number, pl_str_c("x"));
        break;
    case PL_KIND_MESSAGE:
    case PL_KIND_GROUP:
        break;
    case PL_KIND_DOUBLE:
    case PL_KIND_FIXED64:
    case PL_KIND_SFIXED64:
        (void)pl_wire_put_tag(out, field->number, PL_WIRE_FIXED64);
        (void)pl_wire_put_fixed64(out, 1);
        break;
    case PL_KIND_FLOAT:
    case PL_KIND_FIXED32:
    case PL_KIND_SFIXED32:
        (void)pl_wire_put_tag(out, field->number, PL_WIRE_FIXED32);
        (void)pl_wire_put_fixed32(out, 1);
        break;
    default:
        (void)pl_wire_put_tag(out, field->number, PL_WIRE_VARINT);
        (void)pl_wire_put_varint(out, 1);
    }
}

/* The contract's example: what it names, and with WHOLE every other field too. */
static void put_payload(const pl_contract *contract, bool whole, pl_arena *arena, pl_buf *out) {
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    assert_int_equal(pl_example_bytes(contract->payload, contract->event, &opts, arena, out),
                     PL_OK);
    for (size_t i = 0; whole && i < contract->event->field_count; i++) {
        const pl_field *field = &contract->event->fields[i];
        if (!field->repeated && !is_listed(contract->payload, field))
            put_some(field, out);
    }
}

static void put_unknown(pl_buf *out) {
    (void)pl_wire_put_tag(out, UNKNOWN_NUMBER, PL_WIRE_VARINT);
    (void)pl_wire_put_varint(out, 7);
    (void)pl_wire_put_bytes(out, UNKNOWN_NUMBER + 1, pl_str_c("from the future"));
}

/* ---- one case -------------------------------------------------------------------------------- */

typedef struct trial {
    bed *b;
    const bed_event_case *is;
    const pl_contract *contract;
    pl_consumer *consumer;
    pl_feed_event event;
    pl_buf payload;
} trial;

static trial t; /* of the test that runs; ended by its teardown, also where it fails */

static const pl_contract *contract_of(const bed_event_case *is) {
    const pl_contract_file *file = file_of(is->provider);
    const pl_contract *contract = file ? pl_contract_find(file, pl_str_c(is->contract)) : NULL;
    if (!contract || !contract->event)
        fail_msg("%s has no contract '%s' about an event of %s", tests->consumer, is->contract,
                 is->provider);
    return contract;
}

/* What is parked is parked on purpose. */
static void say_nothing(void *self, pl_log_level level, const char *event, const char *detail) {
    (void)self;
    (void)level;
    (void)event;
    (void)detail;
}

static void begin(const bed_event_case *is, bool whole) {
    pl_consumer_opts opts = PL_CONSUMER_OPTS_INIT;
    t.is = is;
    t.contract = contract_of(is);
    t.b = bed_new(tests->consumer, tests->migrations);
    if (is->arrange)
        is->arrange(t.b);
    opts.store = pl_event_pg_store(t.b->events);
    opts.subscription = tests->consumer;
    opts.stream = t.contract->stream.p;
    opts.redis_url = "redis://127.0.0.1:1"; /* never connected to */
    opts.report = say_nothing;
    bed_must(t.b, pl_consumer_new(&opts, &t.consumer, &t.b->err));
    tests->react(t.b, opts.stream, t.consumer);
    t.payload = pl_buf_make(PAYLOAD_MAX);
    put_payload(t.contract, whole, &t.b->arena, &t.payload);
    t.event = (pl_feed_event){
        .type = t.contract->event->full_name, .subject = PL_STR("1"), .version = VERSION};
    pl_uuid7(t.event.id);
}

static int end(void **state) {
    void *b = t.b;
    (void)state;
    pl_consumer_free(t.consumer);
    pl_buf_done(&t.payload);
    if (b)
        (void)bed_teardown(&b);
    t = (trial){0};
    return 0;
}

/* Everything that handlers may have changed. */
static const char *snapshot(bed *b) {
    return bed_text(
        b, "SELECT coalesce(string_agg(table_name || ' ' || "
           "md5(query_to_xml(format('SELECT * FROM %I ORDER BY 1', table_name), true, false, '')"
           "::text), ', ' ORDER BY table_name), '') FROM information_schema.tables "
           "WHERE table_schema = 'public' AND table_name NOT IN "
           "('cursor', 'parked', 'attempts', 'lease', 'parley_migration')");
}

static void unchanged(const char *before, const char *what) {
    const char *after = snapshot(t.b);
    if (strcmp(before, after) != 0)
        fail_msg("%s (%s:%u): %s has an effect; digests of the tables before and after:\n%s\n%s",
                 t.is->contract, t.contract->file->path.p, t.contract->at.line, what, before,
                 after);
}

static void feed(pl_feed_outcome wanted) {
    static const char *const names[] = {"handled", "skipped", "parked"};
    pl_feed_outcome outcome = PL_FEED_SKIPPED;
    t.event.payload = pl_buf_view(&t.payload);
    bed_must(t.b, pl_consumer_feed(t.consumer, &t.event, &outcome, &t.b->err));
    if (outcome != wanted)
        fail_msg("%s (%s:%u): expected %s, got %s%s%s", t.is->contract, t.contract->file->path.p,
                 t.contract->at.line, names[wanted], names[outcome],
                 outcome == PL_FEED_PARKED ? ": " : "",
                 outcome == PL_FEED_PARKED ? bed_text(t.b, "SELECT detail FROM parked") : "");
}

static void has_effect(void) {
    const char *got = bed_text(t.b, t.is->effect);
    if (strcmp(got, t.is->wanted) != 0)
        fail_msg("%s (%s:%u): after the event '%s' answers '%s', wanted '%s'", t.is->contract,
                 t.contract->file->path.p, t.contract->at.line, t.is->effect, got, t.is->wanted);
}

/* As it is sent today, and once more. */
static void once_and_again(const bed_event_case *is) {
    begin(is, true);
    if (strcmp(bed_text(t.b, is->effect), is->wanted) == 0)
        fail_msg("%s: '%s' answers '%s' before the event", is->contract, is->effect, is->wanted);
    feed(PL_FEED_HANDLED);
    has_effect();
    const char *before = snapshot(t.b);
    feed(PL_FEED_HANDLED);
    unchanged(before, "the same event again");
}

static void with_unknown_fields(const bed_event_case *is) {
    begin(is, true);
    put_unknown(&t.payload);
    feed(PL_FEED_HANDLED);
    has_effect();
}

static void from_an_older_publisher(const bed_event_case *is) {
    begin(is, false);
    feed(PL_FEED_HANDLED);
    has_effect();
}

/* What is parked has no effect, can be looked at, and what follows is handled. */
static void parked_without_effect(const char *before, const char *reason) {
    unchanged(before, "what is parked");
    assert_int_equal(bed_number(t.b, "SELECT count(*) FROM parked"), 1);
    assert_string_equal(bed_text(t.b, "SELECT reason FROM parked"), reason);
    pl_buf_clear(&t.payload);
    put_payload(t.contract, true, &t.b->arena, &t.payload);
    feed(PL_FEED_HANDLED);
    has_effect();
}

static void garbage_in_the_payload(const bed_event_case *is) {
    begin(is, true);
    const char *before = snapshot(t.b);
    pl_buf_clear(&t.payload);
    (void)pl_buf_append(&t.payload, "\xff\xff\xff", 3);
    feed(PL_FEED_PARKED);
    parked_without_effect(before, "permanent");
}

static void garbage_in_the_stream(const bed_event_case *is) {
    pl_feed_outcome outcome = PL_FEED_HANDLED;
    begin(is, true);
    const char *before = snapshot(t.b);
    bed_must(t.b, pl_consumer_feed_bytes(t.consumer, pl_str_c("no event"), &outcome, &t.b->err));
    assert_int_equal(outcome, PL_FEED_PARKED);
    parked_without_effect(before, "undecodable");
}

/* ---- the program ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(const bed_event_case *is);
} ways[WAYS] = {
    {"once and again", once_and_again},
    {"with unknown fields", with_unknown_fields},
    {"from an older publisher", from_an_older_publisher},
    {"with garbage in the payload", garbage_in_the_payload},
    {"with garbage in the stream", garbage_in_the_stream},
};

typedef struct param {
    const bed_event_case *is;
    void (*run)(const bed_event_case *is);
    char name[NAME_SIZE];
} param;

static void run_way(void **state) {
    const param *p = *state;
    p->run(p->is);
}

static pl_code load(pl_error *err) {
    pl_str rest = pl_str_c(tests->providers), provider;
    while (pl_str_split(&rest, ';', &provider)) {
        if (provider_count == PROVIDERS_MAX)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d providers",
                                PROVIDERS_MAX);
        char *name = providers[provider_count];
        (void)snprintf(name, PROVIDER_SIZE, "%.*s", PL_FMT(provider));
        pl_code code = pl_contract_bundle(tests->bundles, name, &sets[provider_count], err);
        if (code != PL_OK)
            return code;
        provider_count++;
    }
    return PL_OK;
}

int bed_event_run(const bed_event_tests *given) {
    static param params[BED_EVENT_CASES_MAX * WAYS];
    static struct CMUnitTest rows[BED_EVENT_CASES_MAX * WAYS + 1];
    size_t count = 0;
    pl_error err = PL_ERROR_INIT;
    tests = given;
    if (given->count > BED_EVENT_CASES_MAX || load(&err) != PL_OK) {
        print_error("%s: %s\n", given->consumer, err.message);
        return 1;
    }
    for (size_t i = 0; i < given->count; i++) {
        for (size_t w = 0; w < WAYS; w++, count++) {
            param *p = &params[count];
            *p = (param){&given->cases[i], ways[w].run, ""};
            (void)snprintf(p->name, sizeof p->name, "%s, %s", given->cases[i].contract,
                           ways[w].name);
            rows[count] = (struct CMUnitTest){
                .name = p->name, .test_func = run_way, .teardown_func = end, .initial_state = p};
        }
    }
    rows[count++] = (struct CMUnitTest){.name = "every_contract_has_a_case",
                                        .test_func = every_contract_has_a_case};
    int failed = _cmocka_run_group_tests(given->consumer, rows, count, bed_group_setup,
                                         bed_group_teardown);
    for (size_t i = 0; i < provider_count; i++)
        pl_contract_set_free(sets[i]);
    return failed;
}

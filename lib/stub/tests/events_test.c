/* Events of the stub on a real Redis; what it has lost a real consumer asks the stub's gRPC for. */
#include "fixture.h"

#include <sched.h>
#include <stdatomic.h>

#include "parley/event/consumer.h"
#include "parley/event/event_pg.h"
#include "parley/event/event_rpc.h"
#include "parley/redis/redis.h"
#include "parley/stub/events.h"
#include "parley/test/servers.h"

#define STREAM "shop"
#define EVENTS                                                                                     \
    "consumer: web\nprovider: shop.v1\naccess: [grpc, events]\ncontracts:\n"                       \
    "- name: an item is sold\n  trigger: sold\n  event: ItemSold\n  stream: shop\n"                \
    "  payload: { number: 7, count: !range { min: 1, example: 2 }, buyer: !non_empty Kim }\n"      \
    "- name: it is sold again\n  trigger: sold\n  event: ItemSold\n  stream: shop\n  priority: "   \
    "1\n"                                                                                          \
    "  payload: { number: 7, count: !range { min: 1, example: 3 } }\n"                             \
    "  must_not_contain: [buyer]\n"                                                                \
    "- name: it comes back\n  trigger: returned\n  event: ItemReturned\n  stream: shop\n"          \
    "  payload: { number: 7 }\n"                                                                   \
    "- name: and is sold anew\n  trigger: returned\n  event: ItemSold\n  stream: shop\n"           \
    "  payload: { number: 7, count: 1 }\n"

static pl_test_postgres *postgres;
static pl_test_redis *redis;
static pl_stub_events *events;
static pl_redis *direct;
static pl_error err;
static int databases;

static int start_servers(void **state) {
    (void)state;
    return pl_test_redis_start(NULL, &redis, &err) == PL_OK &&
                   pl_test_postgres_start(NULL, &postgres, &err) == PL_OK
               ? 0
               : -1;
}

static int end_servers(void **state) {
    (void)state;
    pl_test_postgres_free(postgres);
    pl_test_redis_free(redis);
    return 0;
}

static void begin(bool lenient) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;
    pl_redis_opts redis_opts = PL_REDIS_OPTS_INIT;
    pl_channel_opts channel_opts = PL_CHANNEL_OPTS_INIT;
    pl_server_opts server_opts = PL_SERVER_OPTS_INIT;
    const char *provider = "shop.v1";
    char address[32];

    redis_opts.url = pl_test_redis_url(redis);
    assert_int_equal(pl_redis_new(&redis_opts, &direct, &err), PL_OK);
    assert_int_equal(PL_REDIS_CALL(direct, pl_deadline_ms(5000), NULL, &err, "FLUSHALL"), PL_OK);
    assert_int_equal(pl_stub_events_new(pl_test_redis_url(redis), &events, &err), PL_OK);
    compile(EVENTS);
    s.text = pl_buf_make(TEXT_MAX);
    opts.events = events;
    opts.lenient = lenient;
    if (pl_stub_new(s.set, &provider, 1, &opts, &s.stub, &err) != PL_OK)
        fail_msg("%s", err.message);
    assert_int_equal(pl_server_new(&server_opts, &s.server, &err), PL_OK);
    assert_int_equal(pl_stub_bind(s.stub, s.server, &err), PL_OK);
    assert_int_equal(pl_server_add(s.server, pl_stub_events_binding(events), &err), PL_OK);
    assert_int_equal(pl_server_start(s.server, &err), PL_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", pl_server_port(s.server));
    channel_opts.target = address;
    assert_int_equal(pl_channel_new(&channel_opts, &s.channel, &err), PL_OK);
}

static int end(void **state) {
    (void)tear_down(state);
    pl_stub_events_free(events);
    pl_redis_free(direct);
    events = NULL;
    direct = NULL;
    return 0;
}

/* Triggers NAME; what is answered is in s.text. */
static pl_code trigger(const char *name, const char *overrides) {
    pl_stub_trigger_opts opts = {.name = pl_str_c(name), .overrides = pl_str_c(overrides)};

    pl_buf_clear(&s.text);
    return pl_stub_trigger(s.stub, &opts, &s.text, &err);
}

static void says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* ---- a consumer ------------------------------------------------------------------------------ */

static const pl_event_desc sold = {"shop.v1.ItemSold", "shop.v1/number", STREAM, 0};

typedef struct consumer {
    pl_event_pg *store;
    pl_consumer *consumer;
    atomic_int handled;
    _Atomic int64_t version;
} consumer;

static pl_code handle(pl_event_fn fn, void *self, pl_event_tx *tx, const pl_event_meta *meta,
                      const uint8_t *payload, size_t size, pl_error *unused_err) {
    consumer *c = self;

    (void)fn, (void)tx, (void)payload, (void)size, (void)unused_err;
    atomic_store(&c->version, meta->version);
    if (pl_str_eqc(meta->subject, "7") && pl_str_eqc(meta->correlation_id, "7") &&
        pl_str_eqc(meta->source, PL_STUB_EVENT_SOURCE))
        atomic_fetch_add(&c->handled, 1);
    return PL_OK;
}

static void nothing(void) {}

static void consume(consumer *c) {
    pl_event_pg_opts store = PL_EVENT_PG_OPTS_INIT;
    pl_consumer_opts opts = PL_CONSUMER_OPTS_INIT;
    char name[32];
    pl_pg *owner = NULL;
    pl_pg_opts owner_opts = PL_PG_OPTS_INIT;

    memset(c, 0, sizeof *c);
    (void)snprintf(name, sizeof name, "consumer_%d", ++databases);
    assert_int_equal(pl_test_postgres_role(postgres, "owner", &err), PL_OK);
    assert_int_equal(pl_test_postgres_role(postgres, "service", &err), PL_OK);
    assert_int_equal(pl_test_postgres_database(postgres, name, "owner", "service", &err), PL_OK);
    owner_opts.conninfo = pl_test_postgres_conninfo(postgres, name, "owner");
    assert_int_equal(pl_pg_new(&owner_opts, &owner, &err), PL_OK);
    if (pl_pg_migrate(owner, &pl_event_pg_migrations, 1, "service", pl_deadline_ms(20000), NULL,
                      &err))
        fail_msg("%s", err.message);
    pl_pg_free(owner);
    store.conninfo = pl_test_postgres_conninfo(postgres, name, "service");
    store.source = "test.web";
    assert_int_equal(pl_event_pg_new(&store, &c->store, &err), PL_OK);
    opts.store = pl_event_pg_store(c->store);
    opts.subscription = "test.web";
    opts.stream = STREAM;
    opts.redis_url = pl_test_redis_url(redis);
    opts.log = pl_log_reader_channel(s.channel);
    assert_int_equal(pl_consumer_new(&opts, &c->consumer, &err), PL_OK);
    pl_consumer_on(c->consumer, &sold, handle, nothing, c);
    assert_int_equal(pl_consumer_start(c->consumer, &err), PL_OK);
}

static void has_handled(consumer *c, int wanted) {
    int64_t deadline = pl_deadline_ms(20000);

    while (atomic_load(&c->handled) < wanted && pl_now_ns() < deadline)
        (void)sched_yield();
    assert_int_equal(atomic_load(&c->handled), wanted);
    assert_int_equal(atomic_load(&c->version), wanted);
}

/* The count comes after what is counted. */
static void has_seen_a_gap(consumer *c) {
    int64_t deadline = pl_deadline_ms(20000);
    pl_consumer_stats stats = {0};

    for (; stats.gaps == 0 && pl_now_ns() < deadline; pl_consumer_stats_get(c->consumer, &stats))
        (void)sched_yield();
    assert_int_equal(stats.gaps, 1);
}

static void leave(consumer *c) {
    pl_consumer_free(c->consumer);
    pl_event_pg_free(c->store);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_consumer_takes_what_is_triggered(void **state) {
    consumer c;

    (void)state;
    begin(false);
    consume(&c);
    for (int i = 0; i < 3; i++)
        assert_int_equal(trigger("sold", ""), PL_OK);
    has_handled(&c, 3);
    leave(&c);
}

static void what_the_stream_has_lost_is_asked_of_the_stub(void **state) {
    consumer c;
    char *end_of_id;

    (void)state;
    begin(false);
    assert_int_equal(trigger("sold", ""), PL_OK);
    assert_int_equal(trigger("sold", ""), PL_OK);
    char *id = strstr(s.text.p, "\"id\":\"") + 6;
    end_of_id = strchr(id, '"');
    *end_of_id = '\0';
    assert_int_equal(
        PL_REDIS_CALL(direct, pl_deadline_ms(PATIENCE_MS), NULL, &err, "XDEL", STREAM, id), PL_OK);
    assert_int_equal(trigger("sold", ""), PL_OK);
    consume(&c);
    has_handled(&c, 3);
    has_seen_a_gap(&c);
    leave(&c);
}

static void of_two_contracts_the_greater_priority_is_published(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(trigger("sold", ""), PL_OK);
    says(s.text.p, "\"contract\":\"it is sold again\"");
    says(s.text.p, "\"version\":1,");
    says(s.text.p, "\"subject\":\"7\"");
}

static void a_contract_is_chosen_by_its_name(void **state) {
    pl_stub_trigger_opts opts = {.name = pl_str_c("sold"), .contract = pl_str_c("an item is sold")};

    (void)state;
    begin(false);
    assert_int_equal(pl_stub_trigger(s.stub, &opts, &s.text, &err), PL_OK);
    says(s.text.p, "\"contract\":\"an item is sold\"");
    opts.contract = pl_str_c("an item");
    assert_int_equal(pl_stub_trigger(s.stub, &opts, &s.text, &err), PL_NOT_FOUND);
    says(err.message, "no contract an item has the trigger 'sold'");
}

static void a_trigger_publishes_an_event_of_each_type(void **state) {
    pl_redis_reply *reply = NULL;

    (void)state;
    begin(false);
    assert_int_equal(trigger("returned", ""), PL_OK);
    says(s.text.p, "{\"trigger\":\"returned\",\"events\":[{\"event\":\"shop.v1.ItemReturned\"");
    says(s.text.p, "\"differences\":[]},{\"event\":\"shop.v1.ItemSold\"");
    assert_int_equal(
        PL_REDIS_CALL(direct, pl_deadline_ms(PATIENCE_MS), &reply, &err, "XLEN", STREAM), PL_OK);
    assert_int_equal(pl_redis_reply_int(reply), 3); /* with the generation */
    pl_redis_reply_free(reply);
}

static void of_several_events_none_is_published_where_one_cannot_be_made(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(trigger("returned", "{\"number\":7,\"count\":1}"), PL_INVALID_ARGUMENT);
    says(err.message, "shop.v1.ItemReturned has no field 'count'");
    assert_int_equal(trigger("returned", "{\"number\":8}"), PL_INVALID_ARGUMENT);
    assert_int_equal(
        PL_REDIS_CALL(direct, pl_deadline_ms(PATIENCE_MS), NULL, &err, "XINFO", "STREAM", STREAM),
        PL_NOT_FOUND);
}

static void a_trigger_is_a_use_and_in_the_journal(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(trigger("sold", "{\"count\":\"4\"}"), PL_OK);
    pl_buf_clear(&s.text);
    assert_true(pl_stub_unused(s.stub, &s.text));
    assert_null(strstr(s.text.p, "it is sold again"));
    says(s.text.p, "an item is sold");
    pl_buf_clear(&s.text);
    assert_true(pl_stub_journal(s.stub, &s.text));
    says(s.text.p, "\"trigger\":\"sold\",\"event\":\"shop.v1.ItemSold\",\"code\":\"OK\","
                   "\"payload\":{\"number\":\"7\",\"count\":4}");
}

static void an_event_that_breaks_the_contract_is_refused_and_says_why(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(trigger("sold", "{\"count\":0}"), PL_INVALID_ARGUMENT);
    says(err.message, "count: expected");
    assert_int_equal(trigger("sold", "{\"buyer\":\"Kim\"}"), PL_INVALID_ARGUMENT);
    says(err.message, "buyer");
    assert_int_equal(
        PL_REDIS_CALL(direct, pl_deadline_ms(PATIENCE_MS), NULL, &err, "XINFO", "STREAM", STREAM),
        PL_NOT_FOUND);
}

static void a_lenient_stub_publishes_it_and_lists_what_differs(void **state) {
    (void)state;
    begin(true);
    assert_int_equal(trigger("sold", "{\"count\":0}"), PL_OK);
    says(s.text.p, "\"differences\":[{\"path\":\"count\"");
}

static void an_unknown_trigger_is_answered_with_those_there_are(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(trigger("solid", ""), PL_NOT_FOUND);
    says(err.message, "did you mean 'sold'?; there are: sold, returned");
}

/* An envelope: an id, source "shop", type "T". */
static const char of_a_service[] = "\n\x10"
                                   "0123456789abcdef"
                                   "\x12\x04shop\x1a\x01T";

static void a_stream_that_a_service_wrote_is_refused(void **state) {
    (void)state;
    begin(false);
    assert_int_equal(PL_REDIS_CALL(direct, pl_deadline_ms(PATIENCE_MS), NULL, &err, "XADD", STREAM,
                                   "1-1", "at", "1-1", "prev", "0-0", "e", of_a_service),
                     PL_OK);
    assert_int_equal(trigger("sold", ""), PL_FAILED_PRECONDITION);
    says(err.message, "entry 1-1 was written by shop, not by parley.stub");
}

static void without_a_publisher_events_are_left_out(void **state) {
    (void)state;
    start(HEAD "- name: one\n  call: ShopService.GetItem\n  request: { id: 7 }\n"
               "  response: { number: 7 }\n",
          NULL);
    assert_int_equal(trigger("sold", ""), PL_FAILED_PRECONDITION);
    says(err.message, "--redis");
}

static void what_is_left_out_is_counted(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    start(EVENTS "- name: one\n  call: ShopService.GetItem\n  request: { id: 7 }\n"
                 "  response: { number: 7 }\n",
          &opts);
    assert_int_equal(pl_stub_silent_count(s.stub), 4);
    assert_int_equal(pl_stub_contract_count(s.stub), 1);
}

#undef TEST
#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_consumer_takes_what_is_triggered),
        TEST(what_the_stream_has_lost_is_asked_of_the_stub),
        TEST(of_two_contracts_the_greater_priority_is_published),
        TEST(a_contract_is_chosen_by_its_name),
        TEST(a_trigger_publishes_an_event_of_each_type),
        TEST(of_several_events_none_is_published_where_one_cannot_be_made),
        TEST(a_trigger_is_a_use_and_in_the_journal),
        TEST(an_event_that_breaks_the_contract_is_refused_and_says_why),
        TEST(a_lenient_stub_publishes_it_and_lists_what_differs),
        TEST(an_unknown_trigger_is_answered_with_those_there_are),
        TEST(a_stream_that_a_service_wrote_is_refused),
        TEST(without_a_publisher_events_are_left_out),
        TEST(what_is_left_out_is_counted),
    };
    return cmocka_run_group_tests(tests, start_servers, end_servers);
}

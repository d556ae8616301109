/* Events: what a trigger puts on a real stream, well and badly. */
#include "parley/redis/redis.h"
#include "parley/schema/wire.h"
#include "parley/test/servers.h"
#include "verify_fixture.h"

enum { SUBJECT_BYTES = 250 << 10, ENVELOPE_MAX = 1 << 20, PATIENCE_MS = 5000, SOON_MS = 1000 };

static pl_test_redis *server;

/* How the next trigger publishes. */
static struct {
    const char *type, *source, *subject, *at, *prev; /* at, prev NULL: as they must be */
    const char *key;                                 /* of the stream */
    int64_t number, count, time_us;                  /* time_us 0: now */
    int64_t version;
    int64_t more, less; /* of each event than of the one before it: in version, and in count */
    int times;
    bool same_id, subjects; /* subjects: of their own */
    bool huge;              /* each has SUBJECT_BYTES of it */
} how;
static int64_t position; /* of the last entry */

static int start_server(void **state) {
    (void)state;
    return pl_test_redis_start(NULL, &server, NULL) == PL_OK ? 0 : -1;
}

static int stop_server(void **state) {
    (void)state;
    pl_test_redis_free(server);
    return 0;
}

/* ---- a publisher ----------------------------------------------------------------------------- */

static void put_text(pl_buf *out, uint32_t number, const char *text) {
    (void)pl_wire_put_bytes(out, number, pl_str_c(text));
}

static void put_number(pl_buf *out, uint32_t number, int64_t value) {
    (void)pl_wire_put_tag(out, number, PL_WIRE_VARINT);
    (void)pl_wire_put_varint(out, (uint64_t)value);
}

static void put_huge(pl_buf *out, uint32_t number) {
    char *text = calloc(SUBJECT_BYTES, 1);

    if (text)
        (void)pl_wire_put_bytes(out, number, pl_str_make(text, SUBJECT_BYTES));
    free(text);
}

static void put_envelope(pl_buf *out) {
    pl_buf payload = pl_buf_make(ENVELOPE_MAX);

    put_number(&payload, 1, how.number);
    put_number(&payload, 2, how.count);
    char id[20];

    (void)snprintf(id, sizeof id, "%016lld", how.same_id ? 0LL : (long long)position);
    put_text(out, 1, id);
    put_text(out, 2, how.source);
    put_text(out, 3, how.type);
    if (how.huge)
        put_huge(out, 4);
    else
        put_text(out, 4, how.subjects ? id : how.subject);
    put_number(out, 5, how.version);
    put_number(out, 6, how.time_us ? how.time_us : pl_time_us());
    (void)pl_wire_put_bytes(out, 11, pl_buf_view(&payload));
    pl_buf_done(&payload);
}

static pl_code append(pl_redis *redis, pl_error *err) {
    pl_buf envelope = pl_buf_make(ENVELOPE_MAX);
    char id[32], prev[32];

    (void)snprintf(prev, sizeof prev, "1-%lld", (long long)position);
    (void)snprintf(id, sizeof id, "1-%lld", (long long)++position);
    put_envelope(&envelope);
    const pl_str argv[] = {pl_str_c("XADD"),
                           pl_str_c(how.key),
                           pl_str_c(id),
                           pl_str_c("at"),
                           pl_str_c(how.at ? how.at : id),
                           pl_str_c("prev"),
                           pl_str_c(how.prev ? how.prev : prev),
                           pl_str_c("e"),
                           pl_buf_view(&envelope)};
    pl_code code = pl_redis_call(redis, pl_deadline_ms(PATIENCE_MS), argv, PL_COUNT(argv), NULL,
                                 err);
    pl_buf_done(&envelope);
    return code;
}

static pl_code sold(void *self, pl_error *err) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    pl_redis *redis = NULL;

    (void)self;
    opts.url = pl_test_redis_url(server);
    pl_code code = pl_redis_new(&opts, &redis, err);
    for (int i = 0; code == PL_OK && i < how.times; i++) {
        code = append(redis, err);
        how.count -= how.less;
        how.version += how.more;
    }
    pl_redis_free(redis);
    return code;
}

static const pl_trigger_def triggers[] = {{"sold", sold}};
static const pl_states_def states = {
    .provider = "shop.v1", .triggers = triggers, .trigger_count = PL_COUNT(triggers)};

static int set_up(void **state) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    pl_redis *redis = NULL;

    (void)state;
    memset(&how, 0, sizeof how);
    position = 0;
    how.type = "shop.v1.ItemSold";
    how.source = "shop";
    how.subject = "7";
    how.key = "shop";
    how.version = 3;
    how.more = 1;
    how.times = 1;
    how.number = 7;
    how.count = 2;
    opts.url = pl_test_redis_url(server);
    assert_int_equal(pl_redis_new(&opts, &redis, NULL), PL_OK);
    assert_int_equal(PL_REDIS_CALL(redis, pl_deadline_ms(PATIENCE_MS), NULL, NULL, "FLUSHALL"),
                     PL_OK);
    /* One that was there before: it is not what the trigger publishes. */
    assert_int_equal(append(redis, NULL), PL_OK);
    pl_redis_free(redis);
    provide_states(&states);
    w.opts.target = "127.0.0.1:1";
    w.opts.redis = pl_test_redis_url(server);
    return 0;
}

#define SOLD                                                                                       \
    HEAD "- name: it is sold\n  trigger: sold\n  event: ItemSold\n  stream: shop\n"                \
         "  payload: { number: 7, count: !range { min: 1, max: 5, example: 2 } }\n"

/* ---- well ------------------------------------------------------------------------------------ */

static void an_event_on_the_stream_passes(void **state) {
    (void)state;
    verified(SOLD);
    passed();
}

static void an_event_that_waits_behind_another_is_found(void **state) {
    (void)state;
    how.count = 7;
    how.less = 3;
    how.times = 2;
    verified(SOLD);
    passed();
}

static pl_code run(pl_str *argv, size_t count) {
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    pl_redis *redis = NULL;

    opts.url = pl_test_redis_url(server);
    pl_code code = pl_redis_new(&opts, &redis, NULL);
    if (code == PL_OK)
        code = pl_redis_call(redis, pl_deadline_ms(PATIENCE_MS), argv, count, NULL, NULL);
    pl_redis_free(redis);
    return code;
}

static void an_event_is_found_in_a_partition_that_it_makes(void **state) {
    pl_str gone[] = {pl_str_c("DEL"), pl_str_c("shop")};

    (void)state;
    assert_int_equal(run(gone, PL_COUNT(gone)), PL_OK);
    how.key = "{shop.11}";
    verified(SOLD);
    passed();
}

static void a_user_who_may_read_this_stream_alone_is_enough(void **state) {
    char url[512];
    pl_str user[] = {pl_str_c("ACL"),    pl_str_c("SETUSER"), pl_str_c("reader"),
                     pl_str_c("on"),     pl_str_c("nopass"),  pl_str_c("%R~shop"),
                     pl_str_c("+xread"), pl_str_c("+xinfo"),  pl_str_c("+client")};

    (void)state;
    assert_int_equal(run(user, PL_COUNT(user)), PL_OK);
    /* unix:///path: the user stands before the path. */
    (void)snprintf(url, sizeof url, "unix://reader:any@%s",
                   pl_test_redis_url(server) + strlen("unix://"));
    w.opts.redis = url;
    verified(SOLD);
    passed();
}

/* ---- badly ----------------------------------------------------------------------------------- */

static void a_payload_that_differs_is_named_by_field(void **state) {
    (void)state;
    w.opts.timeout_ms = SOON_MS;
    how.count = 9;
    verified(SOLD);
    differs(0, "payload.count", "1..5", "9");
}

static void an_event_that_never_comes_is_told_with_what_came_instead(void **state) {
    const char *message;

    (void)state;
    w.opts.timeout_ms = SOON_MS;
    how.type = "shop.v1.ItemLost";
    verified(SOLD);
    message = result(0)->message.p;
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(message, "stream shop: shop.v1.ItemSold did not come within 1000 ms"));
    assert_non_null(strstr(message, "what came: shop.v1.ItemLost (1-2)"));
    how.times = 0;
    verified(SOLD);
    assert_non_null(strstr(result(0)->message.p, "what came: nothing"));
}

static void an_event_twice_is_found(void **state) {
    (void)state;
    how.times = 2;
    how.same_id = true;
    verified(SOLD);
    differs(0, "event.id", "once in the stream", "twice: 1-2 and 1-3");
}

static void an_older_version_behind_a_newer_one_is_found(void **state) {
    (void)state;
    how.times = 2;
    how.more = -1;
    verified(SOLD);
    differs(0, "event.version", "above 3, that of 1-2", "2 at 1-3");
}

static void a_version_twice_is_found(void **state) {
    (void)state;
    how.times = 2;
    how.more = 0;
    verified(SOLD);
    differs(0, "event.version", "above 3, that of 1-2", "3 at 1-3");
}

static void versions_of_two_aggregates_have_no_order(void **state) {
    (void)state;
    how.times = 2;
    how.more = -1;
    how.subjects = true;
    verified(SOLD);
    passed();
}

static void a_gap_in_the_chain_of_entries_is_found(void **state) {
    (void)state;
    how.prev = "1-77";
    verified(SOLD);
    differs(0, "event.prev", "1-1", "1-77 at 1-2");
}

static void an_event_of_another_service_is_found(void **state) {
    (void)state;
    how.source = "thief";
    verified(SOLD);
    differs(0, "event.source", "shop", "thief");
}

static void an_entry_that_the_publisher_did_not_write_is_found(void **state) {
    (void)state;
    how.at = "1-77";
    verified(SOLD);
    differs(0, "event.at", "1-2", "1-77; the entry was not written by the stream's publisher");
}

static void an_event_from_before_the_trigger_is_not_taken(void **state) {
    (void)state;
    w.opts.timeout_ms = SOON_MS;
    how.time_us = pl_time_us() - 60 * INT64_C(1000000);
    verified(SOLD);
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "event.time");
    assert_non_null(strstr(result(0)->differences[0].expected.p, "not before the trigger"));
}

static void an_event_from_the_future_is_found(void **state) {
    (void)state;
    how.time_us = pl_time_us() + 60 * INT64_C(1000000);
    verified(SOLD);
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "event.time");
}

static void clocks_of_two_machines_may_differ_by_seconds(void **state) {
    enum { TWO_SECONDS_US = 2000000 };

    (void)state;
    how.time_us = pl_time_us() + TWO_SECONDS_US;
    verified(SOLD);
    passed();
}

static void a_payload_that_may_not_have_a_field_is_searched(void **state) {
    (void)state;
    w.opts.timeout_ms = SOON_MS;
    verified(HEAD "- name: it is sold\n  trigger: sold\n  event: ItemSold\n  stream: shop\n"
                  "  payload: { number: 7 }\n  must_not_contain: [count]\n");
    differs(0, "payload.count", "never there: must_not_contain", "there");
}

static void entries_that_do_not_fit_are_no_difference_of_theirs(void **state) {
    enum { MORE_THAN_FITS = 300 }; /* and than one reply has */

    (void)state;
    how.type = "shop.v1.ItemLost";
    how.huge = true;
    how.times = MORE_THAN_FITS;
    verified(SOLD);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_int_equal(result(0)->difference_count, 0);
    assert_non_null(
        strstr(result(0)->message.p, "stream shop: its entries are more than the 64 MiB"));
}

static void without_redis_an_event_is_no_success(void **state) {
    (void)state;
    w.opts.redis = NULL;
    verified(SOLD);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "no Redis was given (--redis)"));
}

#define EVENT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        EVENT(an_event_on_the_stream_passes),
        EVENT(an_event_that_waits_behind_another_is_found),
        EVENT(an_event_is_found_in_a_partition_that_it_makes),
        EVENT(a_user_who_may_read_this_stream_alone_is_enough),
        EVENT(a_payload_that_differs_is_named_by_field),
        EVENT(an_event_that_never_comes_is_told_with_what_came_instead),
        EVENT(an_event_twice_is_found),
        EVENT(an_older_version_behind_a_newer_one_is_found),
        EVENT(a_version_twice_is_found),
        EVENT(versions_of_two_aggregates_have_no_order),
        EVENT(a_gap_in_the_chain_of_entries_is_found),
        EVENT(an_event_of_another_service_is_found),
        EVENT(an_entry_that_the_publisher_did_not_write_is_found),
        EVENT(an_event_from_before_the_trigger_is_not_taken),
        EVENT(an_event_from_the_future_is_found),
        EVENT(clocks_of_two_machines_may_differ_by_seconds),
        EVENT(a_payload_that_may_not_have_a_field_is_searched),
        EVENT(entries_that_do_not_fit_are_no_difference_of_theirs),
        EVENT(without_redis_an_event_is_no_success),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}

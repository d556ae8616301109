/* The log and the publishing by hand, over gRPC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/event/event_rpc.h"
#include "parley/event/v1/event_log.parley.h"
#include "parley/rpc/server.h"
#include "world.h"

typedef struct remote {
    world *w;
    pl_event_log_service *service;
    pl_server *server;
    pl_channel *channel;
} remote;

static int remote_setup(void **state) {
    remote *r = calloc(1, sizeof *r);
    pl_error err = PL_ERROR_INIT;
    char target[64];
    void *w = NULL;
    assert_non_null(r);
    assert_int_equal(world_setup(&w), 0);
    r->w = w;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    opts.demo = true;
    opts.allow_internal_loopback = true;
    if (pl_event_log_service_new(pl_event_pg_store(r->w->publisher), &r->service, &err) ||
        pl_server_new(&opts, &r->server, &err) ||
        pl_server_add(r->server, pl_event_log_service_binding(r->service), &err) ||
        pl_server_add(r->server, pl_event_admin_service_binding(r->service), &err) ||
        pl_server_start(r->server, &err))
        fail_msg("%s", err.message);
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", pl_server_port(r->server));
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    channel.target = target;
    if (pl_channel_new(&channel, &r->channel, &err))
        fail_msg("%s", err.message);
    *state = r;
    return 0;
}

static int remote_teardown(void **state) {
    remote *r = *state;
    void *w = r->w;
    pl_channel_free(r->channel);
    pl_server_free(r->server);
    pl_event_log_service_free(r->service);
    int failed = world_teardown(&w);
    free(r);
    return failed;
}

static pl_code read_log(remote *r, const char *stream, pl_event_pos after, int32_t max,
                        pl_log_batch *out) {
    pl_log_reader reader = pl_log_reader_channel(r->channel);
    pl_error err = PL_ERROR_INIT;
    return reader.read(reader.self, stream, 0, after, max, out, &err);
}

static void the_log_is_read_in_order_after_a_position(void **state) {
    remote *r = *state;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    r->w->relay = world_relay_start(r->w);
    world_publish_many(r->w, "a", 5);
    world_wait_number(r->w->publisher_pg, "SELECT pos FROM log_head", 5);
    assert_int_equal(read_log(r, "test.made", (pl_event_pos){0, 0}, 2, &batch), PL_OK);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.head.pos, 5);
    assert_int_equal(batch.entries[0].at.pos, 1);
    assert_int_equal(batch.entries[0].prev.pos, 0);
    pl_event_pos after = batch.entries[1].at;
    assert_int_equal(read_log(r, "test.made", after, 500, &batch), PL_OK);
    assert_int_equal(batch.count, 3);
    assert_int_equal(pl_event_pos_cmp(batch.entries[0].prev, after), 0);
    pl_log_batch_done(&batch);
}

static void an_answer_holds_at_most_a_mebibyte(void **state) {
    remote *r = *state;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    char *payload = calloc(1, 60001);
    assert_non_null(payload);
    memset(payload, 'x', 60000);
    for (int i = 0; i < 20; i++)
        world_publish(r->w, "a", payload);
    free(payload);
    r->w->relay = world_relay_start(r->w);
    world_wait_number(r->w->publisher_pg, "SELECT pos FROM log_head", 20);
    assert_int_equal(read_log(r, "test.made", (pl_event_pos){0, 0}, 500, &batch), PL_OK);
    assert_in_range(batch.count, 15, 17);
    pl_log_batch_done(&batch);
}

static void another_stream_is_not_found(void **state) {
    remote *r = *state;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    assert_int_equal(read_log(r, "test.other", (pl_event_pos){0, 0}, 2, &batch), PL_NOT_FOUND);
    pl_log_batch_done(&batch);
}

static void an_event_published_by_hand_is_delivered(void **state) {
    remote *r = *state;
    pl_error err = PL_ERROR_INIT;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    char type[] = "test.v1.Made";
    uint8_t payload[] = "ok";
    parley_event_v1_PublishRequest request = parley_event_v1_PUBLISH_REQUEST_INIT;
    parley_event_v1_PublishResponse *response = NULL;
    parley_event_v1_EventAdminService admin = parley_event_v1_EventAdminService_client(r->channel);
    world_start(r->w);
    assert_int_equal(pl_call_new(&opts, &call, &err), PL_OK);
    request.type = type;
    request.payload.data = payload;
    request.payload.len = 2;
    assert_int_equal(admin.ops->publish(admin.self, call, &request, &response), PL_OK);
    assert_int_equal(strlen(response->event_id), 36);
    pl_call_free(call);
    world_check(r->w, 1);
    assert_int_equal(world_number(r->w->publisher_pg, "SELECT count(*) FROM event_log"
                                                      " WHERE agg_type = 'manual'"),
                     1);
}

static void a_type_that_is_missing_is_refused(void **state) {
    remote *r = *state;
    pl_error err = PL_ERROR_INIT;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    parley_event_v1_PublishRequest request = parley_event_v1_PUBLISH_REQUEST_INIT;
    parley_event_v1_PublishResponse *response = NULL;
    parley_event_v1_EventAdminService admin = parley_event_v1_EventAdminService_client(r->channel);
    assert_int_equal(pl_call_new(&opts, &call, &err), PL_OK);
    assert_int_equal(admin.ops->publish(admin.self, call, &request, &response),
                     PL_INVALID_ARGUMENT);
    pl_call_free(call);
}

static void a_late_joiner_catches_up_over_the_network(void **state) {
    remote *r = *state;
    world_publish_many(r->w, "a", 40);
    r->w->relay = world_relay_start(r->w);
    world_wait_number(r->w->publisher_pg, "SELECT pos FROM log_head", 40);
    world_stop_relay(r->w);
    WORLD_REDIS(r->w, "FLUSHALL");
    r->w->log_channel = pl_log_reader_channel(r->channel);
    r->w->consumer = world_consumer_start(r->w);
    world_check(r->w, 40);
    WORLD_AWAIT(world_consumer_stats(r->w).from_log == 40);
}

#define REMOTE_TEST(fn) cmocka_unit_test_setup_teardown(fn, remote_setup, remote_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        REMOTE_TEST(the_log_is_read_in_order_after_a_position),
        REMOTE_TEST(an_answer_holds_at_most_a_mebibyte),
        REMOTE_TEST(another_stream_is_not_found),
        REMOTE_TEST(an_event_published_by_hand_is_delivered),
        REMOTE_TEST(a_type_that_is_missing_is_refused),
        REMOTE_TEST(a_late_joiner_catches_up_over_the_network),
    };
    return WORLD_RUN(tests);
}

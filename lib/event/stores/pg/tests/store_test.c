/* The fences of the store, each asked for itself: in the running protocol another one behind it
 * would often hold, and nobody would notice that this one does not. */
#include "world.h"

#define DEADLINE_MS 5000
#define LEASE       "relay:test.made:0"

static pl_event_store *publisher(world *w) {
    return pl_event_pg_store(w->publisher);
}

static pl_code own(world *w, int64_t epoch) {
    pl_log_head head;
    return publisher(w)->ops->log_own(publisher(w), 0, epoch, &head, NULL);
}

/* Three events wait in the outbox; the log belonged to epoch 1 and belongs to epoch 2. */
static void overtaken(world *w) {
    world_publish_many(w, "a", 3);
    assert_int_equal(own(w, 1), PL_OK);
    assert_int_equal(own(w, 2), PL_OK);
}

static int64_t count_of(world *w, const char *sql) {
    return world_number(w->publisher_pg, sql);
}

/* Moves what waits as the relay of EPOCH; the number of entries moved. */
static size_t assign(world *w, int64_t epoch, bool *out_fenced) {
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    assert_int_equal(
        publisher(w)->ops->log_assign(publisher(w), 0, epoch, PL_EVENT_BATCH_MAX, 0, &batch, NULL),
        PL_OK);
    size_t count = batch.count;
    *out_fenced = batch.fenced;
    pl_log_batch_done(&batch);
    return count;
}

static void an_overtaken_relay_moves_nothing(void **state) {
    world *w = *state;
    bool fenced = false;
    overtaken(w);
    assert_int_equal(assign(w, 1, &fenced), 0);
    assert_true(fenced);
    assert_int_equal(count_of(w, "SELECT count(*) FROM outbox"), 3);
    assert_int_equal(count_of(w, "SELECT count(*) FROM event_log"), 0);
    assert_int_equal(count_of(w, "SELECT pos FROM log_head"), 0);
}

static void the_owner_moves_rows_in_the_order_of_their_ids(void **state) {
    world *w = *state;
    bool fenced = true;
    overtaken(w);
    assert_int_equal(assign(w, 2, &fenced), 3);
    assert_false(fenced);
    assert_int_equal(count_of(w, "SELECT count(*) FROM event_log WHERE pos = agg_ver"), 3);
    assert_int_equal(count_of(w, "SELECT count(*) FROM outbox"), 0);
}

static void an_older_epoch_cannot_take_the_log_back(void **state) {
    world *w = *state;
    overtaken(w);
    assert_int_equal(own(w, 1), PL_ABORTED);
    assert_int_equal(count_of(w, "SELECT epoch FROM log_head"), 2);
}

static void an_overtaken_relay_rejects_nothing(void **state) {
    world *w = *state;
    int64_t row = 0;
    overtaken(w);
    const pl_event_store_ops *ops = publisher(w)->ops;
    assert_int_equal(ops->log_first(publisher(w), 0, &row, NULL), PL_OK);
    assert_int_equal(ops->log_reject(publisher(w), 0, 1, row, "no reason", NULL), PL_OK);
    assert_int_equal(count_of(w, "SELECT count(*) FROM outbox"), 3);
    assert_int_equal(count_of(w, "SELECT count(*) FROM outbox_rejected"), 0);
}

static pl_code begin_generation(world *w, int64_t epoch, int64_t at_least_ms, pl_event_pos *out) {
    uint8_t id[PL_EVENT_ID_SIZE];
    pl_uuid7(id);
    const pl_outbox_row row = {
        .event_id = id, .type = pl_str_c(PL_EVENT_GENERATION), .envelope = pl_str_c("g")};
    return publisher(w)->ops->log_generation(publisher(w), epoch, at_least_ms, &row, out, NULL);
}

static void an_overtaken_relay_begins_no_generation(void **state) {
    world *w = *state;
    pl_event_pos head = {0, 0};
    overtaken(w);
    assert_int_equal(begin_generation(w, 1, 0, &head), PL_ABORTED);
    assert_int_equal(count_of(w, "SELECT count(*) FROM event_log"), 0);
}

static void a_generation_is_above_the_one_before_and_what_is_asked_for(void **state) {
    world *w = *state;
    pl_event_pos first = {0, 0}, second = {0, 0};
    overtaken(w);
    int64_t far = pl_time_us() / 1000 * 2;
    assert_int_equal(begin_generation(w, 2, far, &first), PL_OK);
    assert_int_equal(first.gen, far);
    assert_int_equal(begin_generation(w, 2, 0, &second), PL_OK);
    assert_int_equal(second.gen, far + 1);
    assert_int_equal(second.pos, first.pos + 1);
}

static bool take(world *w, const char *holder, pl_lease_grant *out) {
    assert_int_equal(publisher(w)->ops->lease_take(publisher(w), LEASE, holder, out, NULL), PL_OK);
    return out->granted;
}

static void a_lease_that_is_held_is_not_granted(void **state) {
    world *w = *state;
    pl_lease_grant grant;
    assert_true(take(w, "a", &grant));
    assert_false(take(w, "b", &grant));
    assert_int_equal(count_of(w, "SELECT count(*) FROM lease WHERE holder = 'a'"), 1);
}

static void an_older_epoch_neither_renews_nor_releases_a_lease(void **state) {
    world *w = *state;
    pl_lease_grant old, new;
    const pl_event_store_ops *ops = publisher(w)->ops;
    assert_true(take(w, "a", &old));
    assert_int_equal(ops->lease_release(publisher(w), LEASE, old.epoch, NULL), PL_OK);
    assert_true(take(w, "b", &new));
    assert_int_equal(new.epoch, old.epoch + 1);
    assert_int_equal(ops->lease_renew(publisher(w), LEASE, old.epoch, NULL), PL_ABORTED);
    assert_int_equal(ops->lease_release(publisher(w), LEASE, old.epoch, NULL), PL_OK);
    assert_int_equal(ops->lease_renew(publisher(w), LEASE, new.epoch, NULL), PL_OK);
    assert_int_equal(count_of(w, "SELECT count(*) FROM lease WHERE holder = 'b'"), 1);
}

static void a_lease_that_ran_out_tells_of_a_crash(void **state) {
    world *w = *state;
    pl_lease_grant grant;
    assert_true(take(w, "a", &grant));
    assert_false(grant.crashed);
    (void)count_of(w, "WITH u AS (UPDATE lease SET until = now() - interval '1 s' RETURNING 1)"
                      " SELECT count(*) FROM u");
    assert_true(take(w, "b", &grant));
    assert_true(grant.crashed);
}

/* The code of a transaction that moves the cursor. */
static pl_code move_cursor(world *w, pl_event_pos from, pl_event_pos to) {
    static const pl_subscription sub = {"test.seen", "test.made", 0};
    pl_event_store *store = pl_event_pg_store(w->consumer_store);
    pl_event_pos now;
    void *tx = NULL;
    assert_int_equal(store->ops->cursor_read(store, &sub, &now, NULL), PL_OK);
    assert_int_equal(store->ops->begin(store, pl_deadline_ms(DEADLINE_MS), &tx, NULL), PL_OK);
    pl_code code = store->ops->cursor_advance(store, tx, &sub, from, to, NULL);
    if (code == PL_OK)
        return store->ops->commit(store, tx, NULL);
    store->ops->rollback(store, tx);
    return code;
}

static void the_cursor_moves_only_from_where_it_is(void **state) {
    world *w = *state;
    const pl_event_pos begin = {0, 0}, first = {7, 1}, second = {7, 2};
    assert_int_equal(move_cursor(w, begin, first), PL_OK);
    assert_int_equal(move_cursor(w, begin, second), PL_ABORTED);
    assert_int_equal(world_number(w->consumer_pg, "SELECT pos FROM cursor"), 1);
    assert_int_equal(move_cursor(w, first, second), PL_OK);
}

/* Where the stream of ten entries may be cut three above its first. */
static pl_event_pos trim(world *w, int64_t keep_ms, int64_t keep_entries) {
    pl_event_pos next = {0, 0}, all = {0, 0};
    assert_int_equal(
        publisher(w)->ops->log_trim(publisher(w), 0, all, 3, keep_ms, keep_entries, &next, NULL),
        PL_OK);
    return next;
}

static void what_is_young_or_near_the_head_is_not_trimmed(void **state) {
    enum { HOUR_MS = 3600000 };
    world *w = *state;
    bool fenced;
    world_publish_many(w, "a", 10);
    assert_int_equal(own(w, 1), PL_OK);
    assert_int_equal(assign(w, 1, &fenced), 10);
    assert_int_equal(trim(w, HOUR_MS, 5).pos, 0);
    (void)count_of(w, "WITH u AS (UPDATE event_log SET created = now() - interval '1 day'"
                      " RETURNING 1) SELECT count(*) FROM u");
    assert_int_equal(trim(w, HOUR_MS, 5).pos, 4);
    assert_int_equal(trim(w, HOUR_MS, 7).pos, 4);
    assert_int_equal(trim(w, HOUR_MS, 8).pos, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_overtaken_relay_moves_nothing),
        WORLD_TEST(the_owner_moves_rows_in_the_order_of_their_ids),
        WORLD_TEST(an_older_epoch_cannot_take_the_log_back),
        WORLD_TEST(an_overtaken_relay_rejects_nothing),
        WORLD_TEST(an_overtaken_relay_begins_no_generation),
        WORLD_TEST(a_generation_is_above_the_one_before_and_what_is_asked_for),
        WORLD_TEST(a_lease_that_is_held_is_not_granted),
        WORLD_TEST(an_older_epoch_neither_renews_nor_releases_a_lease),
        WORLD_TEST(a_lease_that_ran_out_tells_of_a_crash),
        WORLD_TEST(the_cursor_moves_only_from_where_it_is),
        WORLD_TEST(what_is_young_or_near_the_head_is_not_trimmed),
    };
    return WORLD_RUN(tests);
}

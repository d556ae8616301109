/* Wallets, charges and refunds on a real database. */
#include "bed.h"

#include <stdatomic.h>
#include <string.h>

#include "migrations.h"
#include "store.h"

#define CUSTOMER pl_str_c("1@uengine.org")

static int setup(void **state) {
    *state = bed_new("mall.payment", &pl_service_migrations);
    return 0;
}

/* What one call of the store has: usable on every thread. */
typedef struct access {
    payment_store store;
    pl_arena arena;
    pl_error err;
    payment paid;
} access;

static access access_of(const bed *b) {
    return (access){.store = {b->pg, b->events}, .arena = pl_arena_make(1 << 16)};
}

static payment_charge charge_of(uint8_t key, int64_t amount) {
    return (payment_charge){
        .charge_key = {key}, .order_id = key, .customer_id = CUSTOMER, .amount = amount};
}

static pl_code charge_with(access *a, const payment_charge *charge) {
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &a->arena};
    return payment_store_charge(&a->store, &call, charge, &a->paid, &a->err);
}

static pl_code refund_with(access *a, uint8_t key, pl_str customer) {
    const payment_refund refund = {.charge_key = {key}, .order_id = key, .customer_id = customer};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &a->arena};
    return payment_store_refund(&a->store, &call, &refund, &a->paid, &a->err);
}

/* On the test's thread, with the error in the bed. */
static pl_code charge(bed *b, uint8_t key, int64_t amount) {
    access a = access_of(b);
    const payment_charge wanted = charge_of(key, amount);
    pl_code code = charge_with(&a, &wanted);
    b->err = a.err;
    pl_arena_done(&a.arena);
    return code;
}

static pl_code refund(bed *b, uint8_t key) {
    access a = access_of(b);
    pl_code code = refund_with(&a, key, CUSTOMER);
    b->err = a.err;
    pl_arena_done(&a.arena);
    return code;
}

static int64_t balance(bed *b) {
    int64_t won = -1;
    payment_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    bed_must(b, payment_store_balance(&store, &call, CUSTOMER, &won, &b->err));
    return won;
}

/* No wallet differs from its ledger, none is below zero. */
static void check_ledger(bed *b) {
    assert_int_equal(bed_number(b, "SELECT count(*) FROM wallet w WHERE balance < 0 OR balance <> "
                                   "(SELECT sum(amount) FROM ledger l "
                                   "WHERE l.customer_id = w.customer_id)"),
                     0);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM ledger WHERE amount = 0"), 0);
    bed_check_versions(b);
}

static void refused_as(const bed *b, pl_code code, const char *reason) {
    assert_int_equal(code, PL_FAILED_PRECONDITION);
    assert_string_equal(b->err.reason, reason);
}

static void a_wallet_opens_at_its_first_charge(void **state) {
    bed *b = *state;
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM wallet"), 0);
    bed_must(b, charge(b, 1, 30000));
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 30000);
    assert_string_equal(bed_events(b), "PaymentCharged 1@uengine.org@1");
    check_ledger(b);
}

static void a_charge_tells_what_it_did(void **state) {
    bed *b = *state;
    access a = access_of(b);
    const payment_charge wanted = charge_of(7, 30000);
    assert_int_equal(charge_with(&a, &wanted), PL_OK);
    assert_memory_equal(a.paid.charge_key, wanted.charge_key, 16);
    assert_true(pl_str_eq(a.paid.customer_id, CUSTOMER));
    assert_int_equal(a.paid.order_id, 7);
    assert_int_equal(a.paid.amount, 30000);
    assert_int_equal(a.paid.state, PAYMENT_CHARGED);
    assert_int_equal(a.paid.balance, PAYMENT_OPENING_BALANCE - 30000);
    assert_true(a.paid.id > 0 && a.paid.charged_us > 0 && a.paid.refunded_us == 0);
    pl_arena_done(&a.arena);
}

static void what_is_published_belongs_to_the_process_of_the_order(void **state) {
    bed *b = *state;
    access a = access_of(b);
    payment_charge wanted = charge_of(7, 30000);
    wanted.order_id = 471147;
    assert_int_equal(charge_with(&a, &wanted), PL_OK);
    /* As text: the payload has the number. */
    assert_int_equal(
        bed_number(b,
                   "SELECT count(*) FROM outbox WHERE position('471147'::bytea in envelope) > 0"),
        1);
    pl_arena_done(&a.arena);
}

static void a_repeated_charge_takes_the_money_once(void **state) {
    bed *b = *state;
    bed_must(b, charge(b, 1, 30000));
    bed_must(b, charge(b, 1, 30000));
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 30000);
    assert_string_equal(bed_events(b), "PaymentCharged 1@uengine.org@1");
    check_ledger(b);
}

static void a_key_keeps_its_amount_and_customer(void **state) {
    bed *b = *state;
    access a = access_of(b);
    payment_charge foreign = charge_of(1, 30000);
    foreign.customer_id = pl_str_c("2@uengine.org");
    bed_must(b, charge(b, 1, 30000));
    refused_as(b, charge(b, 1, 30001), "CHARGE_MISMATCH");
    assert_int_equal(charge_with(&a, &foreign), PL_FAILED_PRECONDITION);
    assert_string_equal(a.err.reason, "CHARGE_MISMATCH");
    pl_arena_done(&a.arena);
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 30000);
    check_ledger(b);
}

static void an_insufficient_balance_is_final_for_its_key(void **state) {
    bed *b = *state;
    bed_must(b, charge(b, 1, 400000));
    refused_as(b, charge(b, 2, 700000), "INSUFFICIENT_BALANCE");
    bed_must(b, refund(b, 1));
    refused_as(b, charge(b, 2, 700000), "INSUFFICIENT_BALANCE");
    bed_must(b, charge(b, 3, 700000));
    assert_string_equal(bed_events(b),
                        "PaymentCharged 1@uengine.org@1, PaymentRefunded 1@uengine.org@2, "
                        "PaymentCharged 1@uengine.org@3");
    check_ledger(b);
}

static void the_last_won_can_be_spent(void **state) {
    bed *b = *state;
    bed_must(b, charge(b, 1, PAYMENT_OPENING_BALANCE));
    assert_int_equal(balance(b), 0);
    refused_as(b, charge(b, 2, 1), "INSUFFICIENT_BALANCE");
    check_ledger(b);
}

static void a_refund_returns_the_money_once(void **state) {
    bed *b = *state;
    bed_must(b, charge(b, 1, 30000));
    bed_must(b, refund(b, 1));
    bed_must(b, refund(b, 1));
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE);
    assert_string_equal(bed_events(b),
                        "PaymentCharged 1@uengine.org@1, PaymentRefunded 1@uengine.org@2");
    check_ledger(b);
}

static void a_refund_that_comes_first_bars_the_charge(void **state) {
    bed *b = *state;
    bed_must(b, refund(b, 1));
    bed_must(b, refund(b, 1));
    refused_as(b, charge(b, 1, 30000), "CHARGE_REFUNDED");
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE);
    assert_string_equal(bed_events(b), "");
    assert_int_equal(bed_number(b, "SELECT count(*) FROM wallet"), 0);
}

static void a_refund_of_a_refused_charge_moves_nothing(void **state) {
    bed *b = *state;
    refused_as(b, charge(b, 1, PAYMENT_OPENING_BALANCE + 1), "INSUFFICIENT_BALANCE");
    bed_must(b, refund(b, 1));
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE);
    assert_string_equal(bed_events(b), "");
    check_ledger(b);
}

static void a_refund_for_another_customer_is_refused(void **state) {
    bed *b = *state;
    access a = access_of(b);
    bed_must(b, charge(b, 1, 30000));
    assert_int_equal(refund_with(&a, 1, pl_str_c("2@uengine.org")), PL_FAILED_PRECONDITION);
    assert_string_equal(a.err.reason, "CHARGE_MISMATCH");
    pl_arena_done(&a.arena);
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 30000);
    check_ledger(b);
}

static void a_refund_in_a_transaction_that_fails_moves_nothing(void **state) {
    bed *b = *state;
    payment paid;
    const payment_refund wanted = {.charge_key = {1}, .order_id = 1, .customer_id = CUSTOMER};
    bed_must(b, charge(b, 1, 30000));
    pl_event_tx tx = bed_begin(b);
    bed_must(b, payment_store_refund_in(&tx, &wanted, &paid, &b->err));
    assert_int_equal(paid.state, PAYMENT_REFUNDED);
    assert_int_equal(bed_end(b, &tx, PL_ABORTED), PL_ABORTED);
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 30000);
    check_ledger(b);
}

/* The payments of order 1. */
static void find(bed *b, payment **out_list, size_t *out_count) {
    payment_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    bed_must(b, payment_store_find(&store, &call, 1, out_list, out_count, &b->err));
}

static void an_order_shows_what_was_charged_and_refunded(void **state) {
    bed *b = *state;
    payment *list = NULL;
    size_t count = 0;
    bed_must(b, charge(b, 1, 30000));
    bed_must(b, refund(b, 1));
    bed_must(b, charge(b, 2, 10000));
    find(b, &list, &count);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].state, PAYMENT_REFUNDED);
    assert_int_equal(list[0].amount, 30000);
    assert_true(list[0].refunded_us >= list[0].charged_us && list[0].charged_us > 0);
}

static void a_refused_charge_is_not_shown(void **state) {
    bed *b = *state;
    payment *list = NULL;
    size_t count = 1;
    refused_as(b, charge(b, 1, PAYMENT_OPENING_BALANCE + 1), "INSUFFICIENT_BALANCE");
    find(b, &list, &count);
    assert_int_equal(count, 0);
}

static void a_call_without_time_changes_nothing(void **state) {
    bed *b = *state;
    access a = access_of(b);
    const pl_access call = {.deadline_ns = pl_now_ns() - 1, .arena = &a.arena};
    const payment_charge wanted = charge_of(1, 30000);
    bed_must(b, charge(b, 2, 10000)); /* a connection is open */
    assert_int_equal(payment_store_charge(&a.store, &call, &wanted, &a.paid, &a.err),
                     PL_DEADLINE_EXCEEDED);
    pl_arena_done(&a.arena);
    assert_int_equal(balance(b), PAYMENT_OPENING_BALANCE - 10000);
}

/* ---- at once --------------------------------------------------------------------- */

enum { THREADS = 20 };

typedef struct crowd {
    bed *b;
    int64_t amount;
    bool one_key;
    atomic_int done;
    atomic_int refused;
    atomic_int failed;
} crowd;

static void charge_at_once(void *arg, int index) {
    crowd *c = arg;
    access a = access_of(c->b);
    const payment_charge wanted = charge_of(c->one_key ? 1 : (uint8_t)(index + 1), c->amount);
    pl_code code = charge_with(&a, &wanted);
    bool refused = code == PL_FAILED_PRECONDITION &&
                   strcmp(a.err.reason, "INSUFFICIENT_BALANCE") == 0;
    atomic_fetch_add(code == PL_OK ? &c->done : refused ? &c->refused : &c->failed, 1);
    pl_arena_done(&a.arena);
}

static void charges_of_one_wallet_at_once_conserve_money(void **state) {
    crowd c = {.b = *state, .amount = 70000};
    bed_together(THREADS, charge_at_once, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.done, 14); /* 14 * 70000 <= 1000000 < 15 * 70000 */
    assert_int_equal(c.refused, THREADS - 14);
    assert_int_equal(balance(c.b), 20000);
    check_ledger(c.b);
}

static void one_key_at_once_is_one_charge(void **state) {
    crowd c = {.b = *state, .amount = 70000, .one_key = true};
    bed_together(THREADS, charge_at_once, &c);
    assert_int_equal(c.done, THREADS);
    assert_int_equal(balance(c.b), PAYMENT_OPENING_BALANCE - 70000);
    assert_string_equal(bed_events(c.b), "PaymentCharged 1@uengine.org@1");
    check_ledger(c.b);
}

/* Half charge, half refund the same key: whoever comes first, the money is back or was never
 * taken. */
static void charge_or_refund(void *arg, int index) {
    crowd *c = arg;
    access a = access_of(c->b);
    const payment_charge wanted = charge_of(1, c->amount);
    pl_code code = index % 2 ? refund_with(&a, 1, CUSTOMER) : charge_with(&a, &wanted);
    bool barred = code == PL_FAILED_PRECONDITION && strcmp(a.err.reason, "CHARGE_REFUNDED") == 0;
    if (code != PL_OK && !barred)
        atomic_fetch_add(&c->failed, 1);
    pl_arena_done(&a.arena);
}

static void a_charge_and_its_refund_at_once_leave_nothing_taken(void **state) {
    crowd c = {.b = *state, .amount = 70000};
    bed_together(THREADS, charge_or_refund, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(balance(c.b), PAYMENT_OPENING_BALANCE);
    check_ledger(c.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(a_wallet_opens_at_its_first_charge),
        BED_TEST(a_charge_tells_what_it_did),
        BED_TEST(what_is_published_belongs_to_the_process_of_the_order),
        BED_TEST(a_repeated_charge_takes_the_money_once),
        BED_TEST(a_key_keeps_its_amount_and_customer),
        BED_TEST(an_insufficient_balance_is_final_for_its_key),
        BED_TEST(the_last_won_can_be_spent),
        BED_TEST(a_refund_returns_the_money_once),
        BED_TEST(a_refund_that_comes_first_bars_the_charge),
        BED_TEST(a_refund_of_a_refused_charge_moves_nothing),
        BED_TEST(a_refund_for_another_customer_is_refused),
        BED_TEST(a_refund_in_a_transaction_that_fails_moves_nothing),
        BED_TEST(an_order_shows_what_was_charged_and_refunded),
        BED_TEST(a_refused_charge_is_not_shown),
        BED_TEST(a_call_without_time_changes_nothing),
        BED_TEST(charges_of_one_wallet_at_once_conserve_money),
        BED_TEST(one_key_at_once_is_one_charge),
        BED_TEST(a_charge_and_its_refund_at_once_leave_nothing_taken),
    };
    return BED_RUN(tests);
}

#include "store.h"

#include <string.h>

#include "parley/base/failpoint.h"
#include "policies.h"

#define PAYMENT_COLUMNS                                                                            \
    "id, charge_key, order_id, customer_id, amount, state, balance, charged_at, refunded_at"

static int64_t time_at(const pl_pg_rows *rows, size_t row, size_t column) {
    return pl_pg_is_null(rows, row, column) ? 0 : pl_pg_get_time_us(rows, row, column);
}

/* A row of PAYMENT_COLUMNS; its texts live as long as ROWS. */
static void read_payment(const pl_pg_rows *rows, size_t row, payment *out) {
    out->id = pl_pg_get_i64(rows, row, 0);
    pl_pg_get_uuid(rows, row, 1, out->charge_key);
    out->order_id = pl_pg_get_i64(rows, row, 2);
    out->customer_id = pl_pg_get_str(rows, row, 3);
    out->amount = pl_pg_get_i64(rows, row, 4);
    out->state = (payment_state)pl_pg_get_i64(rows, row, 5);
    out->balance = pl_pg_get_i64(rows, row, 6);
    out->charged_us = time_at(rows, row, 7);
    out->refunded_us = time_at(rows, row, 8);
}

static pl_code keep_texts(payment *paid, pl_arena *arena, pl_error *err) {
    const char *copy = pl_arena_cstr(arena, paid->customer_id);
    if (!copy)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    paid->customer_id.p = copy;
    return PL_OK;
}

/* One at a time for each key, used or not. Queued. */
static pl_code lock_key(pl_pg_tx *tx, const uint8_t key[16], pl_error *err) {
    return pl_pg_exec(tx, "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))",
                      PL_PG_ARGS(pl_pg_uuid(key)), err);
}

/* Locks the key, and finds what became of it. */
static pl_code find_by_key(pl_pg_tx *tx, const uint8_t key[16], bool *out_found, payment *out,
                           pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = lock_key(tx, key, err);
    if (code == PL_OK)
        code = pl_pg_query(tx, "SELECT " PAYMENT_COLUMNS " FROM payment WHERE charge_key = $1",
                           PL_PG_ARGS(pl_pg_uuid(key)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_found = pl_pg_count(rows) == 1;
    if (*out_found)
        read_payment(rows, 0, out);
    return PL_OK;
}

/* Opens the wallet of a new key's customer where it is not open yet, with the ledger's first row.
 * Queued. */
static pl_code open_wallet(pl_pg_tx *tx, const payment_charge *charge, pl_error *err) {
    return pl_pg_exec(tx,
                      "WITH opened AS (INSERT INTO wallet (customer_id, balance) SELECT $1, $2 "
                      "WHERE NOT EXISTS (SELECT 1 FROM payment WHERE charge_key = $3) "
                      "ON CONFLICT DO NOTHING RETURNING customer_id) "
                      "INSERT INTO ledger (customer_id, kind, amount) "
                      "SELECT customer_id, 'opening', $2 FROM opened",
                      PL_PG_ARGS(pl_pg_text(charge->customer_id),
                                 pl_pg_i64(PAYMENT_OPENING_BALANCE),
                                 pl_pg_uuid(charge->charge_key)),
                      err);
}

/* Moves AMOUNT (negative: out of the wallet) where the balance stays at 0 or above; *out_moved says
 * whether. The new balance and version go to the other two. */
static pl_code move_money(pl_pg_tx *tx, pl_str customer_id, int64_t amount, bool *out_moved,
                          int64_t *out_balance, int64_t *out_version, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx,
                               "UPDATE wallet SET balance = balance + $2, ver = ver + 1 "
                               "WHERE customer_id = $1 AND balance + $2 >= 0 "
                               "RETURNING balance, ver",
                               PL_PG_ARGS(pl_pg_text(customer_id), pl_pg_i64(amount)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_moved = pl_pg_count(rows) == 1;
    if (*out_moved) {
        *out_balance = pl_pg_get_i64(rows, 0, 0);
        *out_version = pl_pg_get_i64(rows, 0, 1);
    }
    return PL_OK;
}

static pl_code write_ledger(pl_pg_tx *tx, const payment *paid, const char *kind, int64_t amount,
                            pl_error *err) {
    return pl_pg_exec(tx,
                      "INSERT INTO ledger (customer_id, charge_key, kind, amount) "
                      "VALUES ($1, $2, $3, $4)",
                      PL_PG_ARGS(pl_pg_text(paid->customer_id), pl_pg_uuid(paid->charge_key),
                                 pl_pg_cstr(kind), pl_pg_i64(amount)),
                      err);
}

/* The row of a new key; gives it id and times. */
static pl_code insert_payment(pl_pg_tx *tx, payment *paid, pl_error *err) {
    pl_pg_rows *rows = NULL;
    bool refunded = paid->state == PAYMENT_REFUNDED;
    pl_code code = pl_pg_query(
        tx,
        "INSERT INTO payment (charge_key, order_id, customer_id, amount, state, balance, "
        "charged_at, refunded_at) VALUES ($1, $2, $3, $4, $5::int4, $6, "
        "CASE WHEN $7 THEN NULL ELSE now() END, CASE WHEN $7 THEN now() END) "
        "RETURNING id, charged_at, refunded_at",
        PL_PG_ARGS(pl_pg_uuid(paid->charge_key), pl_pg_i64(paid->order_id),
                   pl_pg_text(paid->customer_id), pl_pg_i64(paid->amount),
                   pl_pg_i32((int32_t)paid->state), pl_pg_i64(paid->balance), pl_pg_bool(refunded)),
        &rows, err);
    if (code != PL_OK)
        return code;
    paid->id = pl_pg_get_i64(rows, 0, 0);
    paid->charged_us = time_at(rows, 0, 1);
    paid->refunded_us = time_at(rows, 0, 2);
    return PL_OK;
}

static pl_code balance_in(pl_pg_tx *tx, pl_str customer_id, int64_t *out_balance, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx, "SELECT balance FROM wallet WHERE customer_id = $1",
                               PL_PG_ARGS(pl_pg_text(customer_id)), &rows, err);
    if (code == PL_OK)
        *out_balance = pl_pg_count(rows) ? pl_pg_get_i64(rows, 0, 0) : PAYMENT_OPENING_BALANCE;
    return code;
}

/* What became of a charge that was tried. */
typedef struct attempt {
    bool known; /* the key was used before: the payment is what it was then */
    bool moved; /* the money was taken */
    int64_t wallet_version;
} attempt;

/* Finds the key, or else takes the money where there is enough of it, writes ledger and payment:
 * in one round trip with all that was queued. Neither known nor moved: not enough. */
static pl_code take_money(pl_pg_tx *tx, const payment_charge *charge, attempt *out_attempt,
                          payment *out, pl_error *err) {
    enum { WALLET_VERSION = 9, FRESH };
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(
        tx,
        "WITH known AS MATERIALIZED (SELECT " PAYMENT_COLUMNS " FROM payment "
        "WHERE charge_key = $1), "
        "moved AS (UPDATE wallet SET balance = balance - $4, ver = ver + 1 "
        "WHERE customer_id = $3 AND balance >= $4 AND NOT EXISTS (SELECT 1 FROM known) "
        "RETURNING balance, ver), "
        "written AS (INSERT INTO ledger (customer_id, charge_key, kind, amount) "
        "SELECT $3, $1, 'charge', -$4 FROM moved), "
        "paid AS (INSERT INTO payment (charge_key, order_id, customer_id, amount, state, "
        "balance, charged_at) SELECT $1, $2, $3, $4, $5::int4, balance, now() FROM moved "
        "RETURNING " PAYMENT_COLUMNS ") "
        "SELECT known.*, 0::int8, false FROM known "
        "UNION ALL SELECT paid.*, moved.ver, true FROM paid, moved",
        PL_PG_ARGS(pl_pg_uuid(charge->charge_key), pl_pg_i64(charge->order_id),
                   pl_pg_text(charge->customer_id), pl_pg_i64(charge->amount),
                   pl_pg_i32(PAYMENT_CHARGED)),
        &rows, err);
    if (code != PL_OK)
        return code;
    *out_attempt = (attempt){0};
    if (pl_pg_count(rows) == 0)
        return PL_OK;
    read_payment(rows, 0, out);
    out_attempt->moved = pl_pg_get_bool(rows, 0, FRESH);
    out_attempt->known = !out_attempt->moved;
    out_attempt->wallet_version = pl_pg_get_i64(rows, 0, WALLET_VERSION);
    return PL_OK;
}

/* Remembers that the money of a new key did not suffice. */
static pl_code remember_refusal(pl_pg_tx *tx, const payment_charge *charge, payment *out,
                                pl_error *err) {
    memcpy(out->charge_key, charge->charge_key, sizeof out->charge_key);
    out->order_id = charge->order_id;
    out->customer_id = charge->customer_id;
    out->amount = charge->amount;
    out->state = PAYMENT_REFUSED;
    pl_code code = balance_in(tx, charge->customer_id, &out->balance, err);
    return code == PL_OK ? insert_payment(tx, out, err) : code;
}

/* *OUT_KNOWN: the payment is what the key became when it was used before. */
static pl_code charge_in(pl_event_tx *tx, const payment_charge *charge, bool *out_known,
                         payment *out, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    attempt tried = {0};
    pl_code code = lock_key(pg, charge->charge_key, err);
    if (code == PL_OK)
        code = open_wallet(pg, charge, err);
    if (code == PL_OK)
        code = take_money(pg, charge, &tried, out, err);
    if (code != PL_OK)
        return code;
    *out_known = tried.known;
    if (tried.moved)
        return payment_say_charged(tx, tried.wallet_version, out, err);
    return tried.known ? PL_OK : remember_refusal(pg, charge, out, err);
}

/* The events of a charge belong to the process of its order. */
static pl_code begin(payment_store *store, const pl_access *call, int64_t order_id,
                     pl_process *process, pl_event_tx *tx, pl_error *err) {
    pl_process_of(call, order_id, process);
    return pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &process->context, tx,
                             err);
}

pl_code payment_store_charge(payment_store *store, const pl_access *call,
                             const payment_charge *charge, payment *out_paid, pl_error *err) {
    pl_event_tx tx;
    pl_process process;
    payment paid = {0};
    bool known = false;
    pl_code code = begin(store, call, charge->order_id, &process, &tx, err);
    if (code != PL_OK)
        return code;
    code = charge_in(&tx, charge, &known, &paid, err);
    pl_code verdict = PL_OK;
    pl_error why = PL_ERROR_INIT;
    if (code == PL_OK && known)
        verdict = payment_judge_repeat(&paid, charge, &why);
    else if (code == PL_OK && paid.state == PAYMENT_REFUSED)
        verdict = payment_insufficient(&why);
    if (code == PL_OK)
        code = keep_texts(&paid, call->arena, err);
    /* A refusal is committed, too: it is final for its key. */
    bool decided = code == PL_OK;
    code = pl_event_pg_end(&tx, code, err);
    if (!decided)
        return code;
    (void)PL_FAILPOINT("payment.after_charge");
    if (code == PL_OK && verdict != PL_OK) {
        if (err)
            *err = why;
        return verdict;
    }
    if (code == PL_OK)
        *out_paid = paid;
    return code;
}

/* A tombstone for a key that was never charged. */
static pl_code bar_key(pl_pg_tx *tx, const payment_refund *refund, payment *out, pl_error *err) {
    memset(out, 0, sizeof *out);
    memcpy(out->charge_key, refund->charge_key, sizeof out->charge_key);
    out->order_id = refund->order_id;
    out->customer_id = refund->customer_id;
    out->state = PAYMENT_REFUNDED;
    pl_code code = balance_in(tx, refund->customer_id, &out->balance, err);
    return code == PL_OK ? insert_payment(tx, out, err) : code;
}

static pl_code give_back(pl_event_tx *tx, payment *paid, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    int64_t version = 0;
    bool moved = false;
    pl_code code = move_money(pg, paid->customer_id, paid->amount, &moved, &paid->balance, &version,
                              err);
    if (code != PL_OK)
        return code;
    if (!moved)
        return pl_error_set(err, PL_DATA_LOSS, "the wallet of payment %lld is gone",
                            (long long)paid->id);
    paid->state = PAYMENT_REFUNDED;
    paid->refunded_us = pl_time_us();
    code = pl_pg_exec(pg,
                      "UPDATE payment SET state = $2::int4, balance = $3, refunded_at = $4 "
                      "WHERE charge_key = $1",
                      PL_PG_ARGS(pl_pg_uuid(paid->charge_key), pl_pg_i32(PAYMENT_REFUNDED),
                                 pl_pg_i64(paid->balance), pl_pg_time_us(paid->refunded_us)),
                      err);
    if (code == PL_OK)
        code = write_ledger(pg, paid, "refund", paid->amount, err);
    if (code == PL_OK)
        code = payment_say_refunded(tx, version, paid, err);
    return code;
}

pl_code payment_store_refund_in(pl_event_tx *tx, const payment_refund *refund, payment *out_paid,
                                pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    payment paid = {0};
    bool found = false;
    pl_code code = find_by_key(pg, refund->charge_key, &found, &paid, err);
    if (code == PL_OK && found)
        code = payment_judge_refund(&paid, refund, err);
    if (code == PL_OK && !found)
        code = bar_key(pg, refund, &paid, err);
    else if (code == PL_OK && payment_refund_moves_money(&paid))
        code = give_back(tx, &paid, err);
    if (code == PL_OK)
        *out_paid = paid;
    return code;
}

pl_code payment_store_refund(payment_store *store, const pl_access *call,
                             const payment_refund *refund, payment *out_paid, pl_error *err) {
    pl_event_tx tx;
    pl_process process;
    payment paid = {0};
    pl_code code = begin(store, call, refund->order_id, &process, &tx, err);
    if (code != PL_OK)
        return code;
    code = payment_store_refund_in(&tx, refund, &paid, err);
    if (code == PL_OK)
        code = keep_texts(&paid, call->arena, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_paid = paid;
    return code;
}

pl_code payment_store_balance(payment_store *store, const pl_access *call, pl_str customer_id,
                              int64_t *out_balance, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns,
                              "SELECT balance FROM wallet WHERE customer_id = $1",
                              PL_PG_ARGS(pl_pg_text(customer_id)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_balance = pl_pg_count(rows) ? pl_pg_get_i64(rows, 0, 0) : PAYMENT_OPENING_BALANCE;
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code payment_store_find(payment_store *store, const pl_access *call, int64_t order_id,
                           payment **out_list, size_t *out_count, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(
        store->pg, call->deadline_ns,
        "SELECT " PAYMENT_COLUMNS " FROM payment WHERE order_id = $1 "
        "AND state <> $2::int4 ORDER BY id LIMIT $3",
        PL_PG_ARGS(pl_pg_i64(order_id), pl_pg_i32(PAYMENT_REFUSED), pl_pg_i64(PAYMENT_FIND_MAX)),
        &rows, err);
    if (code != PL_OK)
        return code;
    size_t count = pl_pg_count(rows);
    payment *list = pl_arena_calloc(call->arena, count, sizeof *list);
    if (!list)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        read_payment(rows, i, &list[i]);
        code = keep_texts(&list[i], call->arena, err);
    }
    pl_pg_rows_free(rows);
    if (code == PL_OK) {
        *out_list = list;
        *out_count = count;
    }
    return code;
}

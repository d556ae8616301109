/* Orders in every state, for tests of the store. Every function is the store's own of its name,
 * with a generous deadline. */
#ifndef MALL_ORDERS_TESTS_FIXTURE_H
#define MALL_ORDERS_TESTS_FIXTURE_H

#include "bed.h"
#include "store.h"

#define CUSTOMER "1@uengine.org"
/* Moves all orders into the past, as far as the sweep is concerned. */
#define AGE_ALL "UPDATE orders SET touched_at = now() - interval '1 minute'"
/* Makes a pending order old enough to be shown. */
#define SHOW_ALL "UPDATE orders SET created_at = now() - interval '3 s'"

/* No key, and one. */
extern const orders_key no_key;
extern const orders_key key;

/* The store of B, and access to it until the deadline of a test. */
orders_store fixture_store(const bed *b);
pl_access fixture_call(bed *b);
/* An order of three TVs, with a charge key of its own. */
order order_wanted(void);
/* One that is stored before its charge, under a key or under none. */
order order_pending(bed *b, const orders_key *with);
pl_code order_place(bed *b, order *o);
/* One that is placed and published. */
order order_placed(bed *b);
pl_code order_abandon(bed *b, const order *o);
pl_code order_drop(bed *b, const order *o);
pl_code order_cancel(bed *b, int64_t id, order *out);
order order_get(bed *b, int64_t id);
pl_code order_find_key(bed *b, const orders_key *with, order *out);
orders_list order_list(bed *b, const orders_query *query);
/* What a sweep takes over: at most LIMIT of those that nobody has worked on for 3 s. */
orders_list order_claim(bed *b, int64_t limit);

#endif

/* Feeding a consumer: one event at a time, without a stream, for tests of handlers.
 *
 * An event goes the way it goes behind a stream: cursor, handler and effects in one transaction of
 * the consumer's store, and what can never be handled is parked. The consumer was not started, and
 * will not be. One thread.
 *
 *     pl_consumer_new(&opts, &consumer, &err);            opts.redis_url is never connected to
 *     mall_orders_v1_on_order_placed(consumer, when_order_placed, store);
 *     pl_consumer_feed(consumer, &event, &outcome, &err);
 */
#ifndef PARLEY_EVENT_FEED_H
#define PARLEY_EVENT_FEED_H

#include "parley/event/consumer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An event as its publisher would send it; all borrowed. */
typedef struct pl_feed_event {
    uint8_t id[PL_EVENT_ID_SIZE]; /* the same: the same event again */
    pl_str type;
    pl_str subject;
    int64_t version;
    pl_str payload;
} pl_feed_event;

typedef enum pl_feed_outcome {
    PL_FEED_HANDLED,
    PL_FEED_SKIPPED, /* nobody handles its type */
    PL_FEED_PARKED   /* in the consumer's store, with the reason */
} pl_feed_outcome;

/* Feeds EVENT as the next of the consumer's stream. PL_OK: the cursor is behind it, as *out_outcome
 * says. Else the code of its handler, with which the consumer would try again and again, or of the
 * store; nothing has happened then. */
PL_NODISCARD pl_code pl_consumer_feed(pl_consumer *consumer, const pl_feed_event *event,
                                      pl_feed_outcome *out_outcome, pl_error *err);

/* The same of an entry that need not be an event at all. */
PL_NODISCARD pl_code pl_consumer_feed_bytes(pl_consumer *consumer, pl_str entry,
                                            pl_feed_outcome *out_outcome, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

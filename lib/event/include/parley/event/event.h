/* Events: immutable facts about one aggregate, published in the transaction that
 * made them true, and delivered to every subscription exactly once in effect.
 *
 * The publisher's database is the truth; a Redis stream is a projection of it that
 * can be rebuilt at any time (docs/events.md has the protocol). This header is what
 * domain code and generated code see: a transaction to publish in, and what a
 * handler is told about an event. relay.h moves events to the stream, consumer.h
 * delivers them, store.h is implemented by the adapters (event_pg.h).
 *
 * Invariants: an event's version is the aggregate's version after it, taken under
 * the aggregate's row lock, 1, 2, 3 ... without gaps; a payload is carried as bytes
 * and never encoded again.
 *
 *     pl_event_tx tx = pl_event_pg_tx(store, pg_tx, &context);
 *     code = mall_orders_v1_publish_order_placed(&tx, order.ver, &event, err);
 *     code = pl_event_pg_commit(&tx, err);          // commits and wakes the relay
 */
#ifndef PARLEY_EVENT_EVENT_H
#define PARLEY_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The number of this interface; generated code refuses to compile against another. */
#define PL_EVENT_ABI 1

#define PL_EVENT_ID_SIZE 16
/* Greatest payload and greatest envelope in bytes. */
#define PL_EVENT_PAYLOAD_MAX  65536
#define PL_EVENT_ENVELOPE_MAX (PL_EVENT_PAYLOAD_MAX + 2048)
/* Greatest lengths in bytes of the texts of an envelope. */
#define PL_EVENT_TYPE_MAX         128
#define PL_EVENT_SUBJECT_MAX      400
#define PL_EVENT_SOURCE_MAX       256
#define PL_EVENT_STREAM_MAX       128
#define PL_EVENT_SUBSCRIPTION_MAX 128
#define PL_EVENT_CORRELATION_MAX  256
#define PL_EVENT_TRACEPARENT_MAX  64
#define PL_EVENT_TRACESTATE_MAX   512

/* The aggregate type of events published by hand. */
#define PL_EVENT_MANUAL "manual"
/* The type of the log rows that begin a generation. */
#define PL_EVENT_GENERATION "parley.event.v1.Generation"

/* A place in a publisher's log: the stream entry id is "<gen>-<pos>". 0-0 is before the first. */
typedef struct pl_event_pos {
    int64_t gen;
    int64_t pos;
} pl_event_pos;

static inline int pl_event_pos_cmp(pl_event_pos a, pl_event_pos b) {
    if (a.gen != b.gen)
        return a.gen < b.gen ? -1 : 1;
    return a.pos == b.pos ? 0 : a.pos < b.pos ? -1 : 1;
}

/* An event type, a constant of the generated code. */
typedef struct pl_event_desc {
    const char *type;      /* full Protobuf name: "mall.orders.v1.OrderPlaced" */
    const char *aggregate; /* aggregate type: "mall.orders.v1/order_id"; "" for none */
    const char *stream;    /* "mall.orders" */
    uint64_t schema_hash;  /* first 8 bytes of the SHA-256 of the message's descriptor */
} pl_event_desc;

/* Where an event comes from; all borrowed, all may be empty. */
typedef struct pl_event_context {
    pl_str correlation_id;       /* the business process: the order's id; empty: part of none */
    const uint8_t *causation_id; /* 16 bytes: the event that caused this one; NULL: none */
    pl_str traceparent;          /* W3C trace context: the span that publishes */
    pl_str tracestate;           /* of that trace */
} pl_event_context;

#ifdef __cplusplus
#define PL_EVENT_CONTEXT_INIT                                                                      \
    {}
#else
#define PL_EVENT_CONTEXT_INIT                                                                      \
    {                                                                                              \
        {0, 0}, 0, {0, 0}, {                                                                       \
            0, 0                                                                                   \
        }                                                                                          \
    }
#endif

typedef struct pl_event_store pl_event_store;

/* A store transaction in which events are published. A plain value that owns
 * nothing: the store's transaction is committed or rolled back by who began it.
 * Used by one thread. The fields are the library's own, except context, which a
 * caller may change between two events. */
typedef struct pl_event_tx {
    pl_event_store *store;
    void *tx;
    pl_event_context context;
    size_t published; /* events published in it */
} pl_event_tx;

/* What a handler is told beside the payload; all borrowed until the handler returns. */
typedef struct pl_event_meta {
    uint8_t id[PL_EVENT_ID_SIZE]; /* UUID version 7, the same in every replay */
    pl_str source;                /* the publishing service */
    pl_str type;
    pl_str subject;  /* the aggregate's id */
    int64_t version; /* the aggregate's version after the event; 0: no aggregate */
    int64_t time_us; /* for display only, never for logic */
    pl_str correlation_id;
    uint8_t causation_id[PL_EVENT_ID_SIZE]; /* zeros: none */
    bool has_causation;
    pl_str traceparent; /* of the span that published it */
    pl_str tracestate;
    uint64_t schema_hash;
    int64_t gen; /* the event's place in the publisher's log */
    int64_t pos;
} pl_event_meta;

/* Queues the insertion of one event into the outbox of TX's store; no round trip
 * (an error of the insertion surfaces at the next query or the commit).
 *
 * Call it after taking the aggregate's row lock, with VERSION = the aggregate's
 * version after this event, 1 or more (0 with an empty DESC->aggregate). SUBJECT is
 * the aggregate's id as text; PAYLOAD the encoded event. All are borrowed for the
 * call. PL_INVALID_ARGUMENT: a length beyond its limit, a version below 1, or a
 * stream that is not the store's; PL_RESOURCE_EXHAUSTED: no memory; the codes of
 * the store otherwise. */
pl_code pl_event_publish(pl_event_tx *tx, const pl_event_desc *desc, pl_str subject,
                         int64_t version, const void *payload, size_t size,
                         pl_error *err) PL_NODISCARD;

/* Publishes an event of TYPE by hand: aggregate type "manual", a fresh subject,
 * version 1. Writes the event's id to OUT_ID (16 bytes). Codes as pl_event_publish. */
pl_code pl_event_publish_manual(pl_event_tx *tx, pl_str type, const void *payload, size_t size,
                                uint8_t out_id[PL_EVENT_ID_SIZE], pl_error *err) PL_NODISCARD;

/* Any handler; the generated thunk casts it back to its own type. */
typedef void (*pl_event_fn)(void);

/* Generated, one an event type: decodes PAYLOAD and calls FN with SELF. Returns
 * PL_DATA_LOSS where the payload cannot be decoded, is over its limits or is not
 * UTF-8 (the event is parked), else what FN returned. */
typedef pl_code pl_event_thunk(pl_event_fn fn, void *self, pl_event_tx *tx,
                               const pl_event_meta *meta, const uint8_t *payload, size_t size,
                               pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

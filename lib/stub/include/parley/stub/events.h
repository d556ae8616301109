/* Events of a stub: the examples of its event contracts, published on a real Redis stream.
 *
 * The stub is a publisher as any service is (parley/event/memory_log.h): positions, generations and
 * the chain of entries are there, and parley.event.v1.EventLogService answers from its own log what
 * a consumer has lost. It refuses a stream that a real service has written. `given`, `idempotent`
 * and `within` of a contract mean nothing here.
 *
 * The publisher outlives the stubs that use it, so that a stub made anew of changed contracts goes
 * on in the same log.
 *
 *     pl_stub_events_new("redis://127.0.0.1:6379", &events, &err);
 *     opts.events = events;                                           pl_stub_new(..., &opts, ...)
 *     pl_server_add(server, pl_stub_events_binding(events), &err);
 *     pl_stub_trigger(stub, &(pl_stub_trigger_opts){.name = pl_str_c("product_changed")}, &out,
 * &err)
 *     ...
 *     pl_stub_events_free(events);      // after stubs and server
 *
 * Any thread.
 */
#ifndef PARLEY_STUB_EVENTS_H
#define PARLEY_STUB_EVENTS_H

#include "parley/rpc/desc.h"
#include "parley/stub/stub.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The source of the envelopes that stubs write, by which they know their streams. */
#define PL_STUB_EVENT_SOURCE "parley.stub"
/* Bytes of a trigger's overrides. */
#define PL_STUB_OVERRIDES_MAX (256u << 10)
/* Events of one trigger; more are left out. */
#define PL_STUB_TRIGGER_EVENTS_MAX 16

/* A publisher on the Redis at REDIS_URL, which need not be there yet. PL_INVALID_ARGUMENT: the url;
 * PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_stub_events_new(const char *redis_url, pl_stub_events **out_events,
                                        pl_error *err);
/* NULL is allowed. */
void pl_stub_events_free(pl_stub_events *events);

/* parley.event.v1.EventLogService, for pl_server_add; as everything of a stub it asks nobody who
 * they are. */
pl_service_binding pl_stub_events_binding(const pl_stub_events *events);

/* What is to happen; all borrowed. */
typedef struct pl_stub_trigger_opts {
    pl_str name;     /* a contract's trigger */
    pl_str consumer; /* only contracts of this consumer; empty: anybody's */
    pl_str contract; /* only those of this name; empty: of any */
    /* A JSON object, or empty. Each member is a field of every event, by Proto or JSON name, dotted
     * into messages ("customer.name", "items[0].quantity"), with its new value; null removes it. A
     * text may stand for any value: that of a scalar, or the JSON of a list, map or message. */
    pl_str overrides;
    pl_str traceparent; /* of who asks; may be empty */
} pl_stub_trigger_opts;

/* Publishes an event of each type that contracts with this trigger are about: the example of the
 * one of the greatest priority, then of the first. Waits until they are in their streams; seconds
 * where Redis does not answer. Appends {"trigger","events":[{"event","stream","id","event_id",
 * "subject","version","contract","consumer","file","line",
 * "differences":[{"path","expected","actual"}]}]} to OUT. Where one of them cannot be made, none is
 * published.
 * PL_NOT_FOUND: no contract has this trigger. PL_INVALID_ARGUMENT: an override is no field or no
 * value of it, the event no longer is what the contract says (a lenient stub publishes it and lists
 * the differences), or it is too large. PL_FAILED_PRECONDITION: the stub has no publisher, or the
 * stream is somebody else's. Else the code of Redis, with its address. */
PL_NODISCARD pl_code pl_stub_trigger(pl_stub *stub, const pl_stub_trigger_opts *opts, pl_buf *out,
                                     pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

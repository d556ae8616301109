/* parley.event.v1.Envelope, encoded and decoded with nanopb's field functions rather
 * than its structs: the payload (64 KiB) stays where it is, and texts are borrowed
 * from the bytes they were read from. */
#ifndef PARLEY_EVENT_ENVELOPE_H
#define PARLEY_EVENT_ENVELOPE_H

#include "parley/base/trace.h"
#include "parley/event/event.h"

typedef struct pl_envelope {
    pl_str id; /* 16 bytes */
    pl_str source;
    pl_str type;
    pl_str subject;
    int64_t version;
    int64_t time_us;
    pl_str correlation_id;
    pl_str causation_id; /* 16 bytes or empty */
    pl_str traceparent;
    uint64_t schema_hash;
    pl_str payload;
    pl_str tracestate;
} pl_envelope;

/* Appends the encoded envelope to OUT. PL_INVALID_ARGUMENT: a field is over its limit or
 * not UTF-8; PL_RESOURCE_EXHAUSTED: no memory, or OUT's maximum. */
pl_code pl_envelope_encode(const pl_envelope *envelope, pl_buf *out, pl_error *err) PL_NODISCARD;

/* Decodes BYTES; the texts of OUT point into it. Unknown fields are ignored. PL_DATA_LOSS:
 * malformed, a field missing, over its limit or not UTF-8. */
pl_code pl_envelope_decode(pl_str bytes, pl_envelope *out, pl_error *err) PL_NODISCARD;

/* The event as a span: a child of the span that published it, or the first of a trace of its own
 * where nobody said. Its id is the second half of the event's, so that whoever has the event knows
 * it and all consumers name the same parent. */
void pl_envelope_trace(const pl_envelope *envelope, pl_trace *out);

/* What a handler is told. */
void pl_envelope_meta(const pl_envelope *envelope, pl_event_pos at, pl_event_meta *out);

#endif

#include <stdlib.h>

#include "envelope.h"
#include "parley/base/clock.h"
#include "parley/event/store.h"

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static int32_t part_of(pl_str subject, int32_t parts) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < subject.n; i++) {
        hash ^= (uint8_t)subject.p[i];
        hash *= UINT64_C(1099511628211);
    }
    return (int32_t)(hash % (uint64_t)parts);
}

static pl_code insert(pl_event_tx *tx, const pl_event_desc *desc, const pl_envelope *envelope,
                      pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    pl_code code = pl_envelope_encode(envelope, &bytes, err);
    if (code == PL_OK) {
        pl_outbox_row row = {
            .part = part_of(envelope->subject, tx->store->parts),
            .event_id = (const uint8_t *)envelope->id.p,
            .agg_type = pl_str_c(desc->aggregate),
            .agg_id = envelope->subject,
            .agg_ver = envelope->version,
            .type = envelope->type,
            .envelope = pl_buf_view(&bytes),
        };
        code = tx->store->ops->publish(tx->store, tx->tx, &row, err);
    }
    pl_buf_done(&bytes);
    if (code == PL_OK)
        tx->published++;
    return code;
}

static pl_code publish_as(pl_event_tx *tx, const pl_event_desc *desc, pl_str type, pl_str subject,
                          int64_t version, pl_str payload, const uint8_t id[PL_EVENT_ID_SIZE],
                          pl_error *err) {
    const uint8_t *cause = tx->context.causation_id;
    pl_envelope envelope = {
        .id = pl_str_make((const char *)id, PL_EVENT_ID_SIZE),
        .source = pl_str_c(tx->store->source),
        .type = type,
        .subject = subject,
        .version = version,
        .time_us = pl_time_us(),
        .correlation_id = tx->context.correlation_id,
        .causation_id = pl_str_make((const char *)cause, cause ? PL_EVENT_ID_SIZE : 0),
        .traceparent = tx->context.traceparent,
        .tracestate = tx->context.tracestate,
        .schema_hash = desc->schema_hash,
        .payload = payload,
    };
    return insert(tx, desc, &envelope, err);
}

pl_code pl_event_publish(pl_event_tx *tx, const pl_event_desc *desc, pl_str subject,
                         int64_t version, const void *payload, size_t size, pl_error *err) {
    if (!pl_str_eqc(pl_str_c(desc->stream), tx->store->stream))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "publish %s: its stream is \"%s\", this service publishes on \"%s\"",
                            desc->type, desc->stream, tx->store->stream);
    bool aggregate = desc->aggregate && desc->aggregate[0];
    if (aggregate ? (version < 1 || subject.n == 0) : version != 0)
        return pl_error_set(
            err, PL_INVALID_ARGUMENT,
            "publish %s: subject \"%.*s\", version %lld: expected an aggregate's id "
            "and its version from 1",
            desc->type, PL_FMT(pl_utf8_cut(subject, 64)), (long long)version);
    uint8_t id[PL_EVENT_ID_SIZE];
    pl_uuid7(id);
    return publish_as(tx, desc, pl_str_c(desc->type), subject, version, pl_str_make(payload, size),
                      id, err);
}

pl_code pl_event_publish_manual(pl_event_tx *tx, pl_str type, const void *payload, size_t size,
                                uint8_t out_id[PL_EVENT_ID_SIZE], pl_error *err) {
    static const pl_event_desc manual = {.type = "", .aggregate = PL_EVENT_MANUAL, .stream = ""};
    uint8_t id[PL_EVENT_ID_SIZE];
    char subject[PL_UUID_SIZE];
    pl_uuid7(id);
    pl_uuid_text(id, subject);
    pl_code code = publish_as(tx, &manual, type, pl_str_c(subject), 1, pl_str_make(payload, size),
                              id, err);
    if (code == PL_OK)
        memcpy(out_id, id, sizeof id);
    return code;
}

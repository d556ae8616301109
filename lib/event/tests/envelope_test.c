#include "envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pb_decode.h>
#include <pb_encode.h>

#include "parley/event/v1/envelope.pb.h"

static const char id[] = "0123456789abcdef";

static pl_envelope full(void) {
    pl_envelope envelope = {
        .id = pl_str_c(id),
        .source = pl_str_c("mall.orders"),
        .type = pl_str_c("mall.orders.v1.OrderPlaced"),
        .subject = pl_str_c("42"),
        .version = 3,
        .time_us = 1700000000000000,
        .correlation_id = pl_str_c("42"),
        .causation_id = pl_str_c(id),
        .traceparent = pl_str_c("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        .schema_hash = UINT64_C(0x8877665544332211),
        .payload = pl_str_make("a\0b", 3),
        .tracestate = pl_str_c("vendor=1"),
    };
    return envelope;
}

static void a_decoded_envelope_is_the_encoded_one(void **state) {
    (void)state;
    pl_envelope envelope = full();
    pl_envelope got;
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_OK);
    assert_int_equal(pl_envelope_decode(pl_buf_view(&bytes), &got, NULL), PL_OK);
    assert_true(pl_str_eq(got.id, envelope.id));
    assert_true(pl_str_eq(got.source, envelope.source));
    assert_true(pl_str_eq(got.type, envelope.type));
    assert_true(pl_str_eq(got.subject, envelope.subject));
    assert_int_equal(got.version, envelope.version);
    assert_int_equal(got.time_us, envelope.time_us);
    assert_true(pl_str_eq(got.correlation_id, envelope.correlation_id));
    assert_true(pl_str_eq(got.causation_id, envelope.causation_id));
    assert_true(pl_str_eq(got.traceparent, envelope.traceparent));
    assert_true(pl_str_eq(got.tracestate, envelope.tracestate));
    assert_true(got.schema_hash == envelope.schema_hash);
    assert_true(pl_str_eq(got.payload, envelope.payload));
    pl_buf_done(&bytes);
}

static void the_encoding_is_that_of_the_proto_file(void **state) {
    (void)state;
    static parley_event_v1_Envelope theirs;
    static uint8_t again[1024];
    pl_envelope envelope = full();
    /* In the generated struct the payload is a callback, which writes nothing here. */
    envelope.payload = pl_str_c("");
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_OK);
    pb_istream_t in = pb_istream_from_buffer((const uint8_t *)bytes.p, bytes.n);
    assert_true(pb_decode(&in, parley_event_v1_Envelope_fields, &theirs));
    assert_string_equal(theirs.type, "mall.orders.v1.OrderPlaced");
    pb_ostream_t out = pb_ostream_from_buffer(again, sizeof again);
    assert_true(pb_encode(&out, parley_event_v1_Envelope_fields, &theirs));
    assert_int_equal(out.bytes_written, bytes.n);
    assert_memory_equal(again, bytes.p, bytes.n);
    pl_buf_done(&bytes);
}

static void unknown_fields_are_ignored(void **state) {
    (void)state;
    static const char more[] = {(char)0xfa, 0x01, 1, 'x', (char)0x98, 0x02, 7};
    pl_envelope envelope = full();
    pl_envelope got;
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_OK);
    assert_true(pl_buf_append(&bytes, more, sizeof more));
    assert_int_equal(pl_envelope_decode(pl_buf_view(&bytes), &got, NULL), PL_OK);
    assert_true(pl_str_eq(got.payload, envelope.payload));
    pl_buf_done(&bytes);
}

static void a_cut_envelope_is_refused_or_lacks_its_end(void **state) {
    (void)state;
    pl_envelope envelope = full();
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_OK);
    for (size_t n = 0; n < bytes.n; n++) {
        pl_envelope got;
        char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, bytes.p, n);
        if (pl_envelope_decode(pl_str_make(copy, n), &got, NULL) == PL_OK)
            assert_true(got.payload.n == 0 || got.tracestate.n == 0);
        free(copy);
    }
    pl_buf_done(&bytes);
}

static void an_event_is_a_span_that_everybody_knows_by_its_id(void **state) {
    (void)state;
    pl_envelope envelope = full();
    pl_trace one, two;
    pl_envelope_trace(&envelope, &one);
    pl_envelope_trace(&envelope, &two);
    assert_string_equal(one.traceparent, two.traceparent);
    assert_string_equal(one.parent, "b7ad6b7169203331");
    assert_memory_equal(one.traceparent, envelope.traceparent.p, PL_SPAN_ID_AT);
}

static void an_event_without_a_trace_begins_its_own(void **state) {
    (void)state;
    pl_envelope envelope = full();
    pl_trace one, two;
    envelope.traceparent = pl_str_c("");
    pl_envelope_trace(&envelope, &one);
    pl_envelope_trace(&envelope, &two);
    assert_string_equal(one.traceparent, two.traceparent);
    assert_string_equal(one.parent, "");
    assert_true(pl_traceparent_valid(pl_str_c(one.traceparent)));
}

static void a_text_that_is_not_utf8_is_refused(void **state) {
    (void)state;
    pl_envelope envelope = full();
    pl_error err = PL_ERROR_INIT;
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    envelope.subject = pl_str_c("\xff");
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, &err), PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "envelope: subject: not UTF-8");
    pl_buf_done(&bytes);
}

static void a_payload_over_its_limit_is_refused(void **state) {
    (void)state;
    static char big[PL_EVENT_PAYLOAD_MAX + 1];
    pl_envelope envelope = full();
    pl_buf bytes = pl_buf_make(2 * PL_EVENT_ENVELOPE_MAX);
    envelope.payload = pl_str_make(big, PL_EVENT_PAYLOAD_MAX);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_OK);
    assert_true(bytes.n <= PL_EVENT_ENVELOPE_MAX);
    envelope.payload = pl_str_make(big, sizeof big);
    assert_int_equal(pl_envelope_encode(&envelope, &bytes, NULL), PL_INVALID_ARGUMENT);
    pl_buf_done(&bytes);
}

static void an_id_that_is_missing_is_refused(void **state) {
    (void)state;
    pl_envelope got;
    assert_int_equal(pl_envelope_decode(pl_str_c("\x12\x01x\x1a\x01y"), &got, NULL), PL_DATA_LOSS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoded_envelope_is_the_encoded_one),
        cmocka_unit_test(the_encoding_is_that_of_the_proto_file),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(a_cut_envelope_is_refused_or_lacks_its_end),
        cmocka_unit_test(an_event_is_a_span_that_everybody_knows_by_its_id),
        cmocka_unit_test(an_event_without_a_trace_begins_its_own),
        cmocka_unit_test(a_text_that_is_not_utf8_is_refused),
        cmocka_unit_test(a_payload_over_its_limit_is_refused),
        cmocka_unit_test(an_id_that_is_missing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

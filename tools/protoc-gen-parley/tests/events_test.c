/* Generated publish_ and on_ functions, on golden/v1/events.proto, between two ends of
 * our own: what is published here is given to the handler registered here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/v1/events.parley.h"

#define PAYLOAD_MAX 4096

/* The runtime's two ends, in place of lib/event. */
static struct {
    const pl_event_desc *desc;
    char subject[64];
    int64_t version;
    uint8_t payload[PAYLOAD_MAX];
    size_t size;
    pl_event_thunk *thunk;
    pl_event_fn fn;
    void *self;
} ends;

pl_code pl_event_publish(pl_event_tx *tx, const pl_event_desc *desc, pl_str subject,
                         int64_t version, const void *payload, size_t size, pl_error *err) {
    (void)tx;
    (void)err;
    assert_true(size <= PAYLOAD_MAX);
    ends.desc = desc;
    snprintf(ends.subject, sizeof(ends.subject), "%.*s", PL_FMT(subject));
    ends.version = version;
    memcpy(ends.payload, payload, size);
    ends.size = size;
    return PL_OK;
}

void pl_consumer_on(pl_consumer *consumer, const pl_event_desc *desc, pl_event_thunk *thunk,
                    pl_event_fn fn, void *self) {
    (void)consumer;
    ends.desc = desc;
    ends.thunk = thunk;
    ends.fn = fn;
    ends.self = self;
}

static pl_event_tx tx;
static const pl_event_meta meta;

static golden_v1_ThingHappened example(void) {
    golden_v1_ThingHappened event = golden_v1_ThingHappened_init_zero;
    event.thing_id = -42;
    snprintf(event.name, sizeof(event.name), "%s", "name");
    event.tags_count = 1;
    snprintf(event.tags[0], sizeof(event.tags[0]), "%s", "tag");
    event.numbers_count = 2;
    event.numbers[1] = 7;
    return event;
}

static pl_code keep(void *self, pl_event_tx *t, const pl_event_meta *m,
                    const golden_v1_ThingHappened *event, pl_error *err) {
    golden_v1_ThingHappened *kept = self;
    (void)err;
    assert_ptr_equal(t, &tx);
    assert_ptr_equal(m, &meta);
    *kept = *event;
    return PL_OK;
}

static pl_code deliver(pl_error *err) {
    return ends.thunk(ends.fn, ends.self, &tx, &meta, ends.payload, ends.size, err);
}

static void publishes_with_type_stream_subject_and_version(void **state) {
    (void)state;
    golden_v1_ThingHappened event = example();
    assert_int_equal(golden_v1_publish_thing_happened(&tx, 3, &event, NULL), PL_OK);
    assert_string_equal(ends.desc->type, "golden.v1.ThingHappened");
    assert_string_equal(ends.desc->stream, "golden.everything");
    assert_string_equal(ends.desc->aggregate, "golden.v1/thing_id");
    assert_string_equal(ends.subject, "-42");
    assert_int_equal(ends.version, 3);
}

static void takes_a_text_as_subject(void **state) {
    (void)state;
    golden_v1_NamedThingHappened event = golden_v1_NamedThingHappened_init_zero;
    snprintf(event.name, sizeof(event.name), "%s", "anna");
    assert_int_equal(golden_v1_publish_named_thing_happened(&tx, 1, &event, NULL), PL_OK);
    assert_string_equal(ends.subject, "anna");
}

static void delivers_what_was_published(void **state) {
    (void)state;
    golden_v1_ThingHappened event = example(), kept = golden_v1_ThingHappened_init_zero;
    golden_v1_on_thing_happened(NULL, keep, &kept);
    assert_int_equal(golden_v1_publish_thing_happened(&tx, 1, &event, NULL), PL_OK);
    assert_int_equal(deliver(NULL), PL_OK);
    assert_int_equal(kept.thing_id, -42);
    assert_string_equal(kept.name, "name");
    assert_string_equal(kept.tags[0], "tag");
    assert_int_equal(kept.numbers[1], 7);
}

static void does_not_publish_a_text_over_its_limit(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    golden_v1_ThingHappened event = example();
    snprintf(event.name, sizeof(event.name), "%s", "12345678901");
    assert_int_equal(golden_v1_publish_thing_happened(&tx, 1, &event, &err), PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "name: more than 10 characters");
}

/* Publishes a thing of which SPOIL has made one text wrong, and gives what is said about it. */
static void refuses(void (*spoil)(golden_v1_ComplexThingHappened *event), const char *expected) {
    pl_error err = PL_ERROR_INIT;
    golden_v1_ComplexThingHappened event = golden_v1_ComplexThingHappened_init_zero;
    assert_int_equal(golden_v1_publish_complex_thing_happened(&tx, 1, &event, &err), PL_OK);
    spoil(&event);
    assert_int_equal(golden_v1_publish_complex_thing_happened(&tx, 1, &event, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, expected);
}

static void spoil_choice(golden_v1_ComplexThingHappened *event) {
    event->which_what = golden_v1_ComplexThingHappened_text_tag;
    snprintf(event->what.text, sizeof(event->what.text), "%s", "\xff");
}
static void spoil_optional(golden_v1_ComplexThingHappened *event) {
    event->has_note = true;
    snprintf(event->note, sizeof(event->note), "%s", "12345678901");
}
static void spoil_part(golden_v1_ComplexThingHappened *event) {
    event->has_some = true;
    snprintf(event->some.name, sizeof(event->some.name), "%s", "\xff");
}
static void spoil_inner(golden_v1_ComplexThingHappened *event) {
    event->which_what = golden_v1_ComplexThingHappened_part_tag;
    event->what.part.inner_count = 1;
    event->what.part.inner[0].words_count = 2;
    snprintf(event->what.part.inner[0].words[1], sizeof(event->what.part.inner[0].words[1]), "%s",
             "12345678901");
}

static void checks_texts_in_choices_and_parts(void **state) {
    (void)state;
    refuses(spoil_choice, "text: not a text in UTF-8");
    refuses(spoil_optional, "note: more than 10 characters");
    refuses(spoil_part, "Part.name: not a text in UTF-8");
    refuses(spoil_inner, "Inner.words: more than 10 characters");
}

static void holds_as_many_characters_of_four_bytes_as_the_limit_says(void **state) {
    (void)state;
    golden_v1_ThingHappened event = example();
    for (size_t i = 0; i < 10; i++)
        memcpy(event.name + 4 * i, "\xf0\x9f\x8d\xb5", 5);
    assert_int_equal(golden_v1_publish_thing_happened(&tx, 1, &event, NULL), PL_OK);
}

static void parks_what_cannot_be_decoded(void **state) {
    (void)state;
    golden_v1_ThingHappened kept;
    golden_v1_on_thing_happened(NULL, keep, &kept);
    memcpy(ends.payload, "\x12\x7f", 2); /* a name longer than the payload */
    ends.size = 2;
    assert_int_equal(deliver(NULL), PL_DATA_LOSS);
}

static void parks_what_is_not_utf8(void **state) {
    (void)state;
    golden_v1_ThingHappened kept;
    golden_v1_on_thing_happened(NULL, keep, &kept);
    memcpy(ends.payload, "\x12\x02\xff\xff", 4);
    ends.size = 4;
    assert_int_equal(deliver(NULL), PL_DATA_LOSS);
}

static void gives_every_schema_a_hash_of_its_own(void **state) {
    (void)state;
    assert_true(golden_v1_ThingHappened_desc.schema_hash != 0);
    assert_true(golden_v1_ThingHappened_desc.schema_hash !=
                golden_v1_CountedThingHappened_desc.schema_hash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_with_type_stream_subject_and_version),
        cmocka_unit_test(takes_a_text_as_subject),
        cmocka_unit_test(delivers_what_was_published),
        cmocka_unit_test(does_not_publish_a_text_over_its_limit),
        cmocka_unit_test(holds_as_many_characters_of_four_bytes_as_the_limit_says),
        cmocka_unit_test(checks_texts_in_choices_and_parts),
        cmocka_unit_test(parks_what_cannot_be_decoded),
        cmocka_unit_test(parks_what_is_not_utf8),
        cmocka_unit_test(gives_every_schema_a_hash_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

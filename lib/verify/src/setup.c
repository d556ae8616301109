/* parley.contract.v1.ProviderStatesService, called in bytes: its messages are few and small. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "parley/base/clock.h"
#include "parley/json/json.h"
#include "parley/schema/wire.h"

#define SERVICE "/parley.contract.v1.ProviderStatesService/"
/* A state may have to be written to a database first. */
#define STATES_TIMEOUT_MS 30000
/* Integers below are exact in a double; this one may be the next that was rounded. */
#define EXACT_MAX 9007199254740992.0

enum { REQUEST_MAX = 1 << 20, NUMBER_SIZE = 40 };

/* google.protobuf.Value, and Struct and its entries. */
enum { VALUE_NUMBER = 2, VALUE_STRING = 3, VALUE_BOOL = 4, VALUE_LIST = 6 };
enum { STRUCT_FIELDS = 1, ENTRY_KEY = 1, ENTRY_VALUE = 2, LIST_VALUES = 1 };

/* ---- requests -------------------------------------------------------------------------------- */

static void put_number(const pl_json_value *json, pl_buf *out) {
    double number = 0;
    uint64_t bits;

    (void)pl_json_double(json, &number);
    /* As ProtoJSON has 64-bit integers: a text loses nothing. */
    if (fabs(number) >= EXACT_MAX && number == floor(number)) {
        (void)pl_wire_put_bytes(out, VALUE_STRING, json->text);
        return;
    }
    memcpy(&bits, &number, sizeof bits);
    (void)pl_wire_put_tag(out, VALUE_NUMBER, PL_WIRE_FIXED64);
    (void)pl_wire_put_fixed64(out, bits);
}

static void put_value(const pl_json_value *json, pl_buf *out) {
    pl_buf list = pl_buf_make(REQUEST_MAX);

    switch (json->kind) {
    case PL_JSON_STRING:
        (void)pl_wire_put_bytes(out, VALUE_STRING, json->text);
        break;
    case PL_JSON_BOOL:
        (void)pl_wire_put_tag(out, VALUE_BOOL, PL_WIRE_VARINT);
        (void)pl_wire_put_varint(out, json->boolean);
        break;
    case PL_JSON_ARRAY: /* of scalars: a contract has no other */
        for (const pl_json_value *item = json->children; item; item = item->next) {
            pl_buf value = pl_buf_make(REQUEST_MAX);
            if (item->kind != PL_JSON_ARRAY)
                put_value(item, &value);
            (void)pl_wire_put_bytes(&list, LIST_VALUES, pl_buf_view(&value));
            pl_buf_done(&value);
        }
        (void)pl_wire_put_bytes(out, VALUE_LIST, pl_buf_view(&list));
        break;
    default:
        put_number(json, out);
        break;
    }
    pl_buf_done(&list);
}

static bool put_parameter(const pl_contract_parameter *p, pl_arena *arena, pl_buf *out) {
    const pl_json_value *json = NULL;
    pl_buf entry = pl_buf_make(REQUEST_MAX), value = pl_buf_make(REQUEST_MAX);
    bool read = pl_json_parse(p->json, NULL, arena, &json, NULL) == PL_OK;

    if (read) {
        put_value(json, &value);
        (void)pl_wire_put_bytes(&entry, ENTRY_KEY, p->name);
        (void)pl_wire_put_bytes(&entry, ENTRY_VALUE, pl_buf_view(&value));
        (void)pl_wire_put_bytes(out, STRUCT_FIELDS, pl_buf_view(&entry));
    }
    read = read && !entry.failed && !value.failed && !out->failed;
    pl_buf_done(&entry);
    pl_buf_done(&value);
    return read;
}

/* Calls METHOD; *out_reply is to be freed, also on failure. */
static pl_code call(pl_verifier *v, const char *method, pl_str body, pl_bytes_reply **out_reply,
                    pl_error *err) {
    pl_bytes_request request = {.body = body, .deadline_ns = pl_deadline_ms(STATES_TIMEOUT_MS)};
    char path[128];

    (void)snprintf(path, sizeof path, SERVICE "%s", method);
    request.path = path;
    engine_listen(&v->states);
    (void)pl_channel_call_bytes(v->states.channel, &request, out_reply);
    if (!*out_reply)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", path);
    if ((*out_reply)->code == PL_OK)
        return PL_OK;
    if (err)
        *err = (*out_reply)->error;
    return (*out_reply)->code;
}

/* ---- the catalogue --------------------------------------------------------------------------- */

static pl_str text_of(pl_arena *arena, pl_str bytes) {
    char *copy = pl_arena_cstr(arena, bytes);

    return pl_str_make(copy ? copy : "", copy ? bytes.n : 0);
}

static size_t count_of(pl_str message, uint32_t number) {
    pl_wire_reader reader = pl_wire_reader_make(message);
    pl_wire_field field;
    size_t count = 0;

    while (pl_wire_next(&reader, &field))
        count += field.number == number && field.type == PL_WIRE_BYTES;
    return count;
}

static pl_str member(pl_arena *arena, pl_str message, uint32_t number) {
    pl_wire_field field;
    bool there = pl_wire_find(message, number, &field) && field.type == PL_WIRE_BYTES;

    return text_of(arena, there ? field.bytes : pl_str_make("", 0));
}

/* The StateFields that are field NUMBER of a StateType. */
static engine_field *read_fields(pl_arena *arena, pl_str state, uint32_t number,
                                 size_t *out_count) {
    size_t count = count_of(state, number), at = 0;
    engine_field *fields = pl_arena_calloc(arena, count + 1, sizeof *fields);
    pl_wire_reader reader = pl_wire_reader_make(state);
    pl_wire_field field, optional;

    *out_count = fields ? count : 0;
    while (fields && at < count && pl_wire_next(&reader, &field)) {
        if (field.number != number || field.type != PL_WIRE_BYTES)
            continue;
        fields[at].name = member(arena, field.bytes, 1);
        fields[at].type = member(arena, field.bytes, 2);
        fields[at++].optional = pl_wire_find(field.bytes, 3, &optional) && optional.value;
    }
    return fields;
}

static pl_code read_catalogue(pl_verifier *v, pl_str body, pl_error *err) {
    engine_catalogue *c = &v->catalogue;
    size_t states = count_of(body, 1), triggers = count_of(body, 2);
    pl_wire_reader reader = pl_wire_reader_make(body);
    pl_wire_field field;

    if (states > ENGINE_STATES_MAX || triggers > ENGINE_STATES_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%zu states and %zu triggers, of at most %d each", states, triggers,
                            ENGINE_STATES_MAX);
    c->states = pl_arena_calloc(&v->arena, states + 1, sizeof *c->states);
    c->triggers = pl_arena_calloc(&v->arena, triggers + 1, sizeof *c->triggers);
    if (!c->states || !c->triggers)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    while (pl_wire_next(&reader, &field)) {
        if (field.type == PL_WIRE_BYTES && field.number == 2 && c->trigger_count < triggers)
            c->triggers[c->trigger_count++] = text_of(&v->arena, field.bytes);
        if (field.type != PL_WIRE_BYTES || field.number != 1 || c->state_count == states)
            continue;
        engine_state *state = &c->states[c->state_count++];
        state->name = member(&v->arena, field.bytes, 1);
        state->parameters = read_fields(&v->arena, field.bytes, 3, &state->parameter_count);
        state->returns = read_fields(&v->arena, field.bytes, 4, &state->return_count);
    }
    return reader.failed ? pl_error_set(err, PL_INTERNAL, "it makes no sense") : PL_OK;
}

pl_code engine_catalogue_read(pl_verifier *v, pl_error *err) {
    pl_error why = PL_ERROR_INIT;
    pl_bytes_reply *reply = NULL;
    pl_code code = call(v, "Catalogue", pl_str_make("", 0), &reply, &why);

    if (code == PL_OK)
        code = read_catalogue(v, reply->body, &why);
    else if (code == PL_UNIMPLEMENTED)
        (void)pl_error_set(&why, code,
                           "no parley.contract.v1.ProviderStatesService is served there");
    if (code != PL_OK)
        code = pl_error_wrap(err, &why, "nothing was verified: the catalogue of the states at %s",
                             v->states.address);
    pl_bytes_reply_free(reply);
    return code;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A google.protobuf.Value as text. */
static pl_str value_text(pl_arena *arena, pl_str value) {
    pl_wire_reader reader = pl_wire_reader_make(value);
    pl_str text = {"", 0};
    pl_wire_field field;
    char number[NUMBER_SIZE];
    double real;

    while (pl_wire_next(&reader, &field)) {
        if (field.number == VALUE_STRING && field.type == PL_WIRE_BYTES) {
            text = text_of(arena, field.bytes);
        } else if (field.number == VALUE_BOOL && field.type == PL_WIRE_VARINT) {
            text = pl_str_c(field.value ? "true" : "false");
        } else if (field.number == VALUE_NUMBER && field.type == PL_WIRE_FIXED64) {
            memcpy(&real, &field.value, sizeof real);
            bool whole = real == floor(real) && fabs(real) <= EXACT_MAX;
            (void)snprintf(number, sizeof number, whole ? "%.0f" : "%.17g", real);
            text = text_of(arena, pl_str_c(number));
        }
    }
    return text;
}

static pl_code keep_values(pl_verifier *v, pl_str values, pl_error *err) {
    pl_wire_reader reader = pl_wire_reader_make(values);
    engine_values *kept = &v->values;
    pl_wire_field entry, part;

    if (!kept->names) {
        kept->names = pl_arena_calloc(&v->session, ENGINE_STATES_MAX, sizeof *kept->names);
        kept->texts = pl_arena_calloc(&v->session, ENGINE_STATES_MAX, sizeof *kept->texts);
    }
    if (!kept->names || !kept->texts)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for what a state returned");
    while (pl_wire_next(&reader, &entry) && kept->count < ENGINE_STATES_MAX) {
        if (entry.number != STRUCT_FIELDS || entry.type != PL_WIRE_BYTES ||
            !pl_wire_find(entry.bytes, ENTRY_VALUE, &part) || part.type != PL_WIRE_BYTES)
            continue;
        kept->names[kept->count] = member(&v->session, entry.bytes, ENTRY_KEY);
        kept->texts[kept->count++] = value_text(&v->session, part.bytes);
    }
    return PL_OK;
}

/* ---- states ---------------------------------------------------------------------------------- */

pl_code engine_set_up(pl_verifier *v, const pl_contract_state *state, pl_error *err) {
    pl_buf parameters = pl_buf_make(REQUEST_MAX), request = pl_buf_make(REQUEST_MAX);
    pl_bytes_reply *reply = NULL;
    pl_wire_field values;
    bool put = true;

    for (size_t i = 0; put && i < state->parameter_count; i++)
        put = put_parameter(&state->parameters[i], &v->session, &parameters);
    (void)pl_wire_put_bytes(&request, 1, state->name);
    (void)pl_wire_put_bytes(&request, 2, pl_buf_view(&parameters));
    pl_code code = put && !request.failed
                       ? call(v, "Setup", pl_buf_view(&request), &reply, err)
                       : pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                                      "the parameters of %s have more than %d bytes", state->name.p,
                                      REQUEST_MAX);
    if (code == PL_OK && pl_wire_find(reply->body, 1, &values) && values.type == PL_WIRE_BYTES)
        code = keep_values(v, values.bytes, err);
    pl_bytes_reply_free(reply);
    pl_buf_done(&request);
    pl_buf_done(&parameters);
    return code;
}

pl_code engine_trigger(pl_verifier *v, pl_str trigger, pl_error *err) {
    pl_buf request = pl_buf_make(REQUEST_MAX);
    pl_bytes_reply *reply = NULL;

    (void)pl_wire_put_bytes(&request, 1, trigger);
    pl_code code = call(v, "Trigger", pl_buf_view(&request), &reply, err);
    pl_bytes_reply_free(reply);
    pl_buf_done(&request);
    return code;
}

pl_code engine_tear_down(pl_verifier *v, pl_error *err) {
    pl_bytes_reply *reply = NULL;

    if (!v->states.channel)
        return PL_OK;
    pl_code code = call(v, "Teardown", pl_str_make("", 0), &reply, err);
    pl_bytes_reply_free(reply);
    memset(&v->values, 0, sizeof v->values);
    pl_arena_clear(&v->session);
    return code;
}

/* ProtoJSON: JSON text to wire bytes and back, driven by a pool's tables.
 *
 * One pass each way, no tree between. Reading is strict: duplicate keys, unknown
 * fields, two branches of a oneof, numbers that do not fit, text that is not UTF-8
 * and depth over PL_WIRE_DEPTH_MAX are refused, with the field path and the position.
 * Everything else is the JSON mapping of Protobuf, well-known types included.
 * Functions keep no state: any thread, any number at once.
 *
 * What is read comes out in the order of the text: every field that stands in the
 * JSON and is not null is on the wire, also with a default value, so that a caller can
 * tell given from absent. Written are the fields in the order of declaration, however
 * they lie on the wire: repeated ones in pieces, packed or not; singular messages in
 * pieces are merged; of singular values and oneofs the last wins.
 *
 *     pl_json_read_opts ropts = PL_JSON_READ_OPTS_INIT;
 *     pl_buf wire = pl_buf_make(1 << 20);
 *     if (pl_json_to_wire(type, text, &ropts, &wire, &err)) ...
 *     pl_json_write_opts wopts = PL_JSON_WRITE_OPTS_INIT;
 *     if (pl_wire_to_json(type, pl_buf_view(&wire), &wopts, &json, &err)) ...
 */
#ifndef PARLEY_JSON_PROTO_JSON_H
#define PARLEY_JSON_PROTO_JSON_H

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/schema/pool.h"
#include "parley/schema/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest field path in an error; longer ones are cut at the front. */
#define PL_JSON_PATH_SIZE 192

/* Where reading failed, for google.rpc.BadRequest. */
typedef struct pl_json_fault {
    char path[PL_JSON_PATH_SIZE]; /* "items[2].quantity"; the names as they stand in the text;
                                     "" for the whole */
    size_t offset;                /* in the text, from 0 */
    uint32_t line, col;           /* from 1; col in bytes */
} pl_json_fault;

typedef struct pl_json_read_opts {
    bool ignore_unknown;  /* skip unknown fields and unknown enum names instead of refusing */
    bool enum_json_names; /* (parley.json_name) is accepted beside name and number */
    pl_json_fault *fault; /* NULL, or filled on PL_INVALID_ARGUMENT */
    /* NULL, or called for each field given (null too) that is no message with members of its own:
     * scalars, lists, maps and well-known types, with its path of Proto names from the message
     * read ("order.state"). For update masks of PATCH. Not called below lists and maps. */
    void (*on_field)(void *self, pl_str path, const pl_field *field);
    void *self; /* of on_field */
    /* Where TEXT begins in what it was cut out of, for positions; 0: on its own, at 1 and 1. */
    uint32_t line, col;
} pl_json_read_opts;
#define PL_JSON_READ_OPTS_INIT                                                                     \
    { false, false, NULL, NULL, NULL, 0, 0 }

/* Appends the wire form of the JSON value TEXT, which must be one message of TYPE and
 * nothing else but white space. OUT is left as it was on failure.
 * PL_INVALID_ARGUMENT: TEXT is refused, with "line 1, column 2: path: expected ..., got ...";
 * PL_RESOURCE_EXHAUSTED: OUT is full or no memory. OPTS may be NULL. */
PL_NODISCARD pl_code pl_json_to_wire(const pl_message_type *type, pl_str text,
                                     const pl_json_read_opts *opts, pl_buf *out, pl_error *err);

/* TEXT is the JSON value of FIELD alone (google.api.http: body: "order"); appended with
 * its tag, as part of a message that contains it. null appends nothing. */
PL_NODISCARD pl_code pl_json_field_to_wire(const pl_field *field, pl_str text,
                                           const pl_json_read_opts *opts, pl_buf *out,
                                           pl_error *err);

/* TEXT is one value of FIELD as it stands in a path, query or form: a number, true or
 * false, an enum's name or number, base64, the text of a Timestamp, Duration, FieldMask
 * or wrapper, not in quotes. Appended with its tag; of a repeated field it is one item.
 * PL_INVALID_ARGUMENT also for other messages and maps, which have no text form. */
PL_NODISCARD pl_code pl_json_text_to_wire(const pl_field *field, pl_str text,
                                          const pl_json_read_opts *opts, pl_buf *out,
                                          pl_error *err);

/* A message in the middle of being written, for hooks. */
typedef struct pl_json_scope {
    const pl_message_type *type;
    pl_str wire;    /* its bytes; singular messages given in pieces are merged */
    unsigned depth; /* 0: the message that was asked for; +1 for each message around it */
    bool embedded;  /* it is an item of a field chosen by `embed` */
    bool comma;     /* a member stands before: the hook's own begins with a comma */
} pl_json_scope;

/* Extends what is written, for HAL. Hooks must not fail for input: an error ends the
 * writing. A well-known type is no message to them. */
typedef struct pl_json_hooks {
    /* The field of TYPE that is written as "_embedded":{"name":[...]}, also when empty; or
     * NULL. Called once a message, before its members. May be NULL. */
    const pl_field *(*embed)(void *self, const pl_message_type *type, unsigned depth);
    /* Called after the last member, before "}": appends further members to OUT with
     * pl_json_scope_key and the value behind it. May be NULL. */
    pl_code (*message_end)(void *self, pl_json_scope *scope, pl_buf *out, pl_error *err);
    void *self;
} pl_json_hooks;

/* Appends a comma where one is due, NAME in quotes and a colon. */
bool pl_json_scope_key(pl_json_scope *scope, pl_str name, pl_buf *out);

typedef struct pl_json_write_opts {
    bool int64_numbers;         /* 64-bit integers as numbers, not in quotes */
    bool defaults;              /* fields without presence are written when absent too */
    bool enum_json_names;       /* (parley.json_name) where there is one */
    bool enum_numbers;          /* enums as numbers; wins over enum_json_names */
    bool proto_names;           /* "customer_id" for "customerId" */
    const pl_json_hooks *hooks; /* NULL: none */
} pl_json_write_opts;
#define PL_JSON_WRITE_OPTS_INIT                                                                    \
    { false, false, false, false, false, NULL }

/* Appends the JSON form of MESSAGE, without white space. OUT is left as it was on failure.
 * PL_INVALID_ARGUMENT: malformed bytes, or a value without JSON form (an Any of a type the
 * pool lacks, a Timestamp out of range), with the field path; PL_RESOURCE_EXHAUSTED: OUT is
 * full or no memory; what a hook returned. OPTS may be NULL. */
PL_NODISCARD pl_code pl_wire_to_json(const pl_message_type *type, pl_str message,
                                     const pl_json_write_opts *opts, pl_buf *out, pl_error *err);

/* The value of FIELD alone, of the message that contains it (response_body): a list or
 * object where it is repeated, its default where it is absent (null for a message). */
PL_NODISCARD pl_code pl_wire_field_to_json(const pl_field *field, pl_str message,
                                           const pl_json_write_opts *opts, pl_buf *out,
                                           pl_error *err);

/* One value of FIELD as plain text, as it stands in a link or header: numbers in decimal,
 * enums as OPTS say, strings as they are, not in quotes; the default where it is absent.
 * PL_INVALID_ARGUMENT for repeated fields and messages other than Timestamp, Duration, FieldMask.
 */
PL_NODISCARD pl_code pl_wire_field_to_text(const pl_field *field, pl_str message,
                                           const pl_json_write_opts *opts, pl_buf *out,
                                           pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* JSON to wire from inside.
 *
 * One value of a field is read and written at once. What has a length (messages, packed
 * lists, map entries) is written behind one byte kept for the length; where the length
 * needs more, the content is moved up when it is complete. Messages of less than 128
 * bytes, nearly all, are never moved.
 *
 * Functions return false when reading has failed; the error is set then. */
#ifndef JSON_READER_H
#define JSON_READER_H

#include "in.h"
#include "keys.h"
#include "parley/json/proto_json.h"

/* An Any is looked through for its @type before it is read: this bounds how often. */
#define JSON_ANY_DEPTH_MAX 16

/* Where in the value we are; on the C stack, innermost first. */
typedef struct frame frame;
struct frame {
    const frame *up;
    pl_str name;           /* of a member as it stands, or of a map key */
    const pl_field *field; /* of a member, or NULL */
    size_t index;
    enum { FRAME_MEMBER, FRAME_INDEX, FRAME_KEY } kind;
};

typedef struct reader {
    json_in in;
    const pl_json_read_opts *opts;
    pl_buf *out;
    pl_buf scratch; /* unescaped texts */
    const frame *frame;
    pl_error *err;
    pl_code code;
    unsigned depth; /* of messages on the wire */
    unsigned any_depth;
    unsigned mute; /* within well-known types: on_field is not called */
    bool dropped;  /* the value just read is an unknown enum name to be ignored */
    bool plain;    /* the text is one value without quotes (pl_json_text_to_wire) */
} reader;

/* Fails with "line 1, column 2: path: " and the rest. */
bool read_refuse(reader *r, const char *at, const char *format, ...) PL_PRINTF(3, 4);
/* The same for a value that is not what FIELD needs: "expected int32, got "abc"". */
bool read_unexpected(reader *r, const char *at, const pl_field *field);
/* Fails with what the scanner found. */
bool read_malformed(reader *r);
bool read_full(reader *r);

/* The value is next; it is not null. Appends one occurrence of FIELD, with its tag where
 * TAGGED. A list or map is read by read_member. */
bool read_value(reader *r, const pl_field *field, bool tagged);
/* The value of a member: singular, list, map or null. */
bool read_member(reader *r, const pl_field *field);
/* A list or map, not null. */
bool read_repeated(reader *r, const pl_field *field);
/* An object as a message of TYPE, without tag and length. `any` also accepts "@type". */
bool read_message(reader *r, const pl_message_type *type, bool any);
/* A member's name, checked but not unescaped; *OUT_TEXT is unescaped, valid until the
 * next text. */
bool read_name(reader *r, json_string *out_name, pl_str *out_text);
/* A null that stands for a value: of google.protobuf.Value and NullValue. */
bool read_takes_null(const pl_field *field);

bool read_scalar(reader *r, const pl_field *field, bool tagged);
/* A map key, written as field 1 of its entry. */
bool read_map_key(reader *r, const pl_field *key, pl_str text, const char *at);
bool read_text(reader *r, const pl_field *field, pl_str text, const char *at, bool tagged);

/* Types with a JSON form of their own: the content, without tag and length. */
bool read_well_known(reader *r, const pl_message_type *type);
bool read_well_known_text(reader *r, const pl_message_type *type, pl_str text, const char *at);

bool read_put_tag(reader *r, const pl_field *field);
/* Keeps room for a length; *OUT_START is where the content begins. */
bool read_begin(reader *r, size_t *out_start);
bool read_end(reader *r, size_t start);

#endif

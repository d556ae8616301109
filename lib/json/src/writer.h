/* Wire to JSON from inside.
 *
 * Fields may lie on the wire in any order and in pieces; JSON wants each once. So a
 * message is gone through twice: first every run of occurrences of a field is noted in an
 * index (24 bytes a run; in the usual order that is one a field), then the fields are
 * written in the order of declaration. The index is a stack: a message adds to it and
 * takes off again what it has added.
 *
 * Functions return false when writing has failed; the error is set then. */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "parley/json/proto_json.h"

/* Greatest number of runs noted at once: 24 MiB. */
#define JSON_INDEX_MAX (1u << 20)
/* No run. */
#define NO_RUN UINT32_MAX

/* Occurrences of one field that lie side by side, tags included. */
typedef struct run {
    const char *start, *end;
    uint32_t next; /* later occurrences of the same field, or NO_RUN */
} run;

/* First and last run of a field. */
typedef struct field_runs {
    uint32_t first, last;
} field_runs;

/* Where in the message we are, for errors; on the C stack. */
typedef struct place place;
struct place {
    const place *up;
    const pl_field *field;
    size_t index; /* of an item */
};

typedef struct writer {
    const pl_json_write_opts *opts;
    const pl_json_hooks *hooks;
    pl_buf *out;
    run *runs;
    size_t run_count, run_cap;
    field_runs *fields;
    size_t field_count, field_cap;
    const place *place;
    pl_error *err;
    pl_code code;
    unsigned depth;   /* of messages on the wire */
    unsigned objects; /* of messages written as objects around the next one */
    bool embedded;    /* the next message is an item of an embedded field */
} writer;

/* A message whose fields are noted: fields[base + field->index]. */
typedef struct indexed {
    const pl_message_type *type;
    size_t base, run_base;
} indexed;

bool write_refuse(writer *w, const char *format, ...) PL_PRINTF(2, 3);
bool write_full(writer *w);

/* Notes the fields of MESSAGE; taken off again by index_pop. */
bool index_push(writer *w, const pl_message_type *type, pl_str message, indexed *out_indexed);
void index_pop(writer *w, const indexed *m);

/* The occurrences of a field one after the other, packed values as single ones. */
typedef struct occurrences {
    const writer *w;
    const pl_field *field;
    uint32_t run;
    pl_wire_reader reader, packed;
    bool in_packed;
} occurrences;
occurrences occurrences_of(const writer *w, const indexed *m, const pl_field *field);
/* False behind the last one. */
bool occurrences_next(occurrences *o, pl_wire_field *out_value);

/* The singular value: false where the field is absent. A message in pieces is put
 * together in *PIECES, which the caller frees. */
bool index_value(writer *w, const indexed *m, const pl_field *field, pl_buf *pieces,
                 pl_wire_field *out_value);
/* The singular scalar by number; zero where it is absent. */
pl_wire_field index_scalar(writer *w, const indexed *m, uint32_t number);

/* One value, without a name. */
bool write_value(writer *w, const pl_field *field, const pl_wire_field *value);
bool write_scalar(writer *w, const pl_field *field, const pl_wire_field *value);
/* The value of an absent field without presence. */
bool write_default(writer *w, const pl_field *field);
bool write_string(writer *w, pl_str text);
/* A map key: anything in quotes. */
bool write_map_key(writer *w, const pl_field *key, const pl_wire_field *value);
/* A list or map, also an empty one. */
bool write_repeated(writer *w, const indexed *m, const pl_field *field);
bool write_map(writer *w, const indexed *m, const pl_field *field);

/* Members without braces; *COMMA says whether one stands before. */
bool write_members(writer *w, const pl_message_type *type, pl_str message, bool *comma);
bool write_message(writer *w, const pl_message_type *type, pl_str message);
bool write_well_known(writer *w, const pl_message_type *type, pl_str message);

#endif

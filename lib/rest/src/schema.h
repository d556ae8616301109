/* JSON Schema (2020-12) of messages as REST shows them: of one (rest_schema_write, exchange.h), and
 * the pieces of which openapi.c makes a document. */
#ifndef PARLEY_REST_SCHEMA_H
#define PARLEY_REST_SCHEMA_H

#include "parley/base/str.h"
#include "parley/schema/pool.h"

/* Message types in one document. */
#define REST_SCHEMA_TYPES_MAX 256

/* How 64-bit integers are shown. */
typedef enum rest_int64 { REST_INT64_STRING, REST_INT64_NUMBER, REST_INT64_EITHER } rest_int64;

/* The types met so far; each is written once. */
typedef struct rest_schemas {
    const char *refs; /* what a reference begins with, such as "#/$defs/" */
    const pl_message_type *types[REST_SCHEMA_TYPES_MAX];
    size_t count;
    rest_int64 int64;
    bool too_many; /* types; some are missing */
    pl_buf *out;
} rest_schemas;

/* Fields that are left out. */
typedef struct rest_schema_omit {
    bool (*fn)(const void *self, const pl_field *field);
    const void *self;
} rest_schema_omit;

/* Appends what a value of TYPE is, without braces: a reference, or what JSON has for it. */
void rest_schema_type(rest_schemas *w, const pl_message_type *type);
/* Appends what FIELD holds, in braces; the same behind its JSON name. */
void rest_schema_field(rest_schemas *w, const pl_field *field);
void rest_schema_property(rest_schemas *w, const pl_field *field);
/* Appends TYPE as an object, without braces; OMIT may be NULL. Without REQUIRED no field is. */
void rest_schema_object(rest_schemas *w, const pl_message_type *type, bool required,
                        const rest_schema_omit *omit);
/* Appends all that were met, "NAME":{...} each. */
void rest_schema_types(rest_schemas *w);

#endif

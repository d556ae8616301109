/* Inside the difference engine: what the rules share. */
#ifndef PL_BREAKING_DIFF_INTERNAL_H
#define PL_BREAKING_DIFF_INTERNAL_H

#include "parley/base/arena.h"
#include "parley/breaking/diff.h"
#include "parley/schema/wire.h"
#include "raw_index.h"

/* Both ends included. */
typedef struct raw_range {
    int64_t first, last;
} raw_range;

/* What is reserved in a message or an enum; the room of its lists is used again. */
typedef struct raw_reserved {
    raw_range *ranges;
    size_t range_count, range_room;
    pl_str *names;
    size_t name_count, name_room;
} raw_reserved;

/* A path of SourceCodeInfo. */
enum { RAW_PATH_MAX = 2 * (PL_POOL_NESTING_MAX + 1) + 8 };
typedef struct raw_path {
    uint32_t steps[RAW_PATH_MAX];
    size_t count;
} raw_path;

/* A part of an element: the field numbers that lead to it from the element's descriptor, ended by
 * 0. */
typedef struct diff_part {
    uint32_t steps[3];
} diff_part;

/* Where an extension is declared. */
typedef struct raw_extension {
    const pl_file *file;
    const pl_message_type *scope; /* NULL: the file itself */
    pl_str name, extendee;
    uint32_t number;
    pl_str bytes;
    raw_path path;
} raw_extension;

typedef struct diff {
    const pl_pool *old_pool, *new_pool;
    const pl_diff_opts *opts;
    pl_arena arena;
    pl_change *changes;
    size_t count, room;
    bool full, stopped;
    raw_reserved reserved[2]; /* of the old side and the new one, while a rule compares them */
    const char *rule;         /* that is being looked at */
    raw_index old_index, new_index;
} diff;

/* A change about a message; a rule fills in the rest. */
pl_change diff_about_message(const pl_message_type *a, const pl_message_type *b);

/* Adds a change of the rule that is being looked at, about ABOUT. */
void diff_add(diff *d, const pl_change *about, const char *format, ...) PL_PRINTF(3, 4);

/* One function a rule; `deleted` rules belong to what surrounds the element. */
typedef struct file_check {
    const char *rule;
    void (*run)(diff *d, const pl_file *a, const pl_file *b);
} file_check;
typedef struct message_check {
    const char *rule;
    void (*run)(diff *d, const pl_message_type *a, const pl_message_type *b);
} message_check;
typedef struct field_check {
    const char *rule;
    void (*run)(diff *d, const pl_field *a, const pl_field *b);
} field_check;
typedef struct enum_check {
    const char *rule;
    void (*run)(diff *d, const pl_enum_type *a, const pl_enum_type *b);
} enum_check;
typedef struct service_check {
    const char *rule;
    void (*run)(diff *d, const pl_service_type *a, const pl_service_type *b);
} service_check;
typedef struct method_check {
    const char *rule;
    void (*run)(diff *d, const pl_method_type *a, const pl_method_type *b);
} method_check;

extern const file_check file_checks[];
extern const message_check message_checks[];
extern const field_check field_checks[];
extern const enum_check enum_checks[];
extern const service_check service_checks[];
extern const method_check method_checks[];
extern const size_t file_check_count, message_check_count, field_check_count, enum_check_count,
    service_check_count, method_check_count;

/* Compares two fields by every rule. */
void diff_fields(diff *d, const pl_field *a, const pl_field *b);
/* The same of the extensions that FILE of the old schema declares. */
void diff_extensions(diff *d, const pl_file *file);
/* Rules that stand in files of their own: extensions.c, rules_reserved.c. */
void extension_no_delete(diff *d, const pl_file *a, const pl_file *b);
void message_reserved(diff *d, const pl_message_type *a, const pl_message_type *b);
void message_extension_ranges(diff *d, const pl_message_type *a, const pl_message_type *b);
void enum_reserved(diff *d, const pl_enum_type *a, const pl_enum_type *b);

/* ---- positions.c ---- */

/* The position of a field; of one that the compiler made, that of the map it belongs to. */
pl_source diff_field_at(diff *d, const pl_field *field);
/* The position of a part of an element; where it has none, that of the element; of a file 1:1. */
pl_source diff_field_part(diff *d, const pl_field *field, diff_part part);
pl_source diff_message_part(diff *d, const pl_message_type *type, diff_part part);
pl_source diff_method_part(diff *d, const pl_method_type *method, diff_part part);
pl_source diff_file_part(diff *d, const pl_file *file, diff_part part);
/* False: PATH has no position. */
bool raw_position(diff *d, const pl_file *file, const raw_path *path, pl_source *out_at);
void raw_path_add(raw_path *path, uint32_t number, size_t index);
void raw_path_of_message(diff *d, const pl_message_type *type, raw_path *out);

/* What is left in the new file B of what surrounded an element of A: the nearest of SCOPE and the
 * messages around it, or the file. */
pl_source diff_left_at(const pl_file *a, const pl_file *b, const pl_message_type *scope);
/* The name below the file's package: "Order.Line". */
pl_str diff_name_below(pl_str full_name, const pl_file *file);
const pl_message_type *diff_file_message(const pl_file *file, pl_str name_below);
const pl_enum_type *diff_file_enum(const pl_file *file, pl_str name_below);

/* ---- what the pool does not keep, from the descriptor's bytes (raw.c) ---- */

/* ELEMENT of FILE; not there: empty, and index 0. */
raw_entry raw_element(diff *d, const pl_file *file, const void *element);
raw_index *raw_index_of(diff *d, const pl_file *file, const pl_pool **out_pool);

void raw_reserved_of_message(diff *d, const pl_message_type *type, raw_reserved *out);
void raw_reserved_of_enum(diff *d, const pl_enum_type *type, raw_reserved *out);
/* The numbers that extensions may have, as ranges. */
void raw_extension_ranges(diff *d, const pl_message_type *type, raw_reserved *out);
/* A number, bool or enum among the options; 0 where it is not there. */
uint64_t raw_file_option(diff *d, const pl_file *file, uint32_t number);
uint64_t raw_message_option(diff *d, const pl_message_type *type, uint32_t number);
uint64_t raw_field_option(diff *d, const pl_field *field, uint32_t number);
uint64_t raw_method_option(diff *d, const pl_method_type *method, uint32_t number);

/* Every extension that FILE declares, until TAKE says true; whether it did (extensions.c). */
bool raw_each_extension(diff *d, const pl_file *file,
                        bool (*take)(void *self, const raw_extension *extension), void *self);
/* Where FIELD, an extension, is declared. */
bool raw_find_extension(diff *d, const pl_field *field, raw_extension *out);

#endif

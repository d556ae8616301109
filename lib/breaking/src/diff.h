/* Inside the difference engine: what the rules share. */
#ifndef PL_BREAKING_DIFF_INTERNAL_H
#define PL_BREAKING_DIFF_INTERNAL_H

#include "parley/base/arena.h"
#include "parley/breaking/diff.h"
#include "parley/schema/wire.h"

/* Both ends included. */
typedef struct raw_range {
    int64_t first, last;
} raw_range;

enum { RAW_RESERVED_MAX = 4096 };

/* What is reserved in a message or an enum. */
typedef struct raw_reserved {
    raw_range ranges[RAW_RESERVED_MAX];
    size_t range_count;
    pl_str names[RAW_RESERVED_MAX];
    size_t name_count;
} raw_reserved;

typedef struct diff {
    const pl_pool *old_pool, *new_pool;
    const pl_diff_opts *opts;
    pl_arena arena;
    pl_change *changes;
    size_t count, room;
    bool full;
    raw_reserved *scratch; /* two, for the rules that need them */
    const char *rule;      /* that is being looked at */
} diff;

/* Two raw_reserved, or NULL and `full`. */
raw_reserved *diff_scratch(diff *d);

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

/* The position of a field; of one that the compiler made, that of the map it belongs to. */
pl_source diff_field_at(const pl_field *field);
/* The name below the file's package: "Order.Line". */
pl_str diff_name_below(pl_str full_name, const pl_file *file);
const pl_message_type *diff_file_message(const pl_file *file, pl_str name_below);
const pl_enum_type *diff_file_enum(const pl_file *file, pl_str name_below);

/* ---- what the pool does not keep, from the descriptor's bytes (raw.c) ---- */

pl_str raw_message(const pl_message_type *type);
pl_str raw_enum(const pl_enum_type *type);
pl_str raw_method(const pl_method_type *method);
/* The position of PATH in the file; line 1 where it has none. */
pl_source raw_position(const pl_file *file, const uint32_t *path, size_t steps);

void raw_reserved_of_message(const pl_message_type *type, raw_reserved *out);
void raw_reserved_of_enum(const pl_enum_type *type, raw_reserved *out);

#endif

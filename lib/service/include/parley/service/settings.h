/* Settings of a process: one table that reads, checks, documents and prints them.
 *
 * A setting has one name: environment variable KEY, the same KEY in the YAML file
 * (--config FILE), flag --key (lower case, dashes). A later source wins: default,
 * file, environment, flags. The value is checked and written into a struct of the
 * service; what is unknown or malformed is refused with a message that names the
 * source (file:line:col, the environment variable, the flag).
 *
 * A secret is taken from the environment (cleared after reading), from the file
 * that KEY_FILE names, or from the YAML file, never from a flag; it prints as ***.
 * An environment variable that is no setting is no error, but one that looks like
 * a misspelt setting is warned about.
 *
 *     struct orders { const char *database_url; int64_t sweep_ms; int stock_policy; bool check; };
 *     static const char *const policies[] = {"backorder", "reject", "saga", NULL};
 *     static const pl_setting settings[] = {
 *         PL_SETTING_SECRET("DATABASE_URL", struct orders, database_url, PL_REQUIRED, "Where ..."),
 *         PL_SETTING_DURATION("SWEEP_INTERVAL", struct orders, sweep_ms, "1s", 10, 60000, "How
 * ..."), PL_SETTING_ENUM("STOCK_POLICY", struct orders, stock_policy, "backorder", policies,
 * "..."), PL_SETTING_BOOL("CHECK", struct orders, check, "true", "Whether ..."),
 *     };
 */
#ifndef PARLEY_SERVICE_SETTINGS_H
#define PARLEY_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest bytes of a value and of a secret's file. */
#define PL_SETTING_MAX_VALUE 16384u

typedef enum pl_setting_kind {
    PL_SETTING_KIND_STRING,   /* const char *, UTF-8 of MIN..MAX bytes */
    PL_SETTING_KIND_INT,      /* int64_t within MIN..MAX */
    PL_SETTING_KIND_BOOL,     /* bool: true or false */
    PL_SETTING_KIND_ENUM,     /* int: index into CHOICES */
    PL_SETTING_KIND_DURATION, /* int64_t milliseconds within MIN..MAX: 250ms, 2s, 5m, 1h */
    PL_SETTING_KIND_SECRET,   /* const char *, never printed */
    PL_SETTING_KIND_PATH      /* const char *, taken as written */
} pl_setting_kind;

/* The default of a setting that must be given. */
#define PL_REQUIRED NULL

typedef struct pl_setting {
    const char *key; /* "STOCK_POLICY": A-Z, digits, _ */
    pl_setting_kind kind;
    size_t offset;        /* of the field in the target struct */
    const char *fallback; /* the default, as text; PL_REQUIRED: there is none */
    int64_t min, max;
    const char *const *choices; /* NULL-terminated; ENUM */
    const char *help;           /* one sentence */
} pl_setting;

/* offsetof that compiles only where the field has the type that the setting writes. */
#define PL_SETTING_FIELD(struct_type, field, type)                                                 \
    (offsetof(struct_type, field) +                                                                \
     0 * sizeof(char[_Generic(&((struct_type *)0)->field, type * : 1)]))

#define PL_SETTING_STRING(key_, type_, field_, default_, help_)                                    \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_STRING,                                             \
        .offset = PL_SETTING_FIELD(type_, field_, const char *), .fallback = (default_), .min = 0, \
        .max = PL_SETTING_MAX_VALUE, .help = (help_)                                               \
    }
#define PL_SETTING_SECRET(key_, type_, field_, default_, help_)                                    \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_SECRET,                                             \
        .offset = PL_SETTING_FIELD(type_, field_, const char *), .fallback = (default_), .min = 0, \
        .max = PL_SETTING_MAX_VALUE, .help = (help_)                                               \
    }
#define PL_SETTING_PATH(key_, type_, field_, default_, help_)                                      \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_PATH,                                               \
        .offset = PL_SETTING_FIELD(type_, field_, const char *), .fallback = (default_), .min = 0, \
        .max = 4096, .help = (help_)                                                               \
    }
#define PL_SETTING_INT(key_, type_, field_, default_, min_, max_, help_)                           \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_INT,                                                \
        .offset = PL_SETTING_FIELD(type_, field_, int64_t), .fallback = (default_), .min = (min_), \
        .max = (max_), .help = (help_)                                                             \
    }
#define PL_SETTING_DURATION(key_, type_, field_, default_, min_ms_, max_ms_, help_)                \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_DURATION,                                           \
        .offset = PL_SETTING_FIELD(type_, field_, int64_t), .fallback = (default_),                \
        .min = (min_ms_), .max = (max_ms_), .help = (help_)                                        \
    }
#define PL_SETTING_BOOL(key_, type_, field_, default_, help_)                                      \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_BOOL,                                               \
        .offset = PL_SETTING_FIELD(type_, field_, bool), .fallback = (default_), .help = (help_)   \
    }
#define PL_SETTING_ENUM(key_, type_, field_, default_, choices_, help_)                            \
    {                                                                                              \
        .key = (key_), .kind = PL_SETTING_KIND_ENUM,                                               \
        .offset = PL_SETTING_FIELD(type_, field_, int), .fallback = (default_),                    \
        .choices = (choices_), .help = (help_)                                                     \
    }

/* A table and the struct its values go to. A process has several: the chassis' and
 * its own. */
typedef struct pl_setting_group {
    const char *title; /* heading in the help text */
    const pl_setting *settings;
    size_t count;
    void *target;
} pl_setting_group;

typedef struct pl_settings pl_settings;

/* An empty set of settings over COUNT groups (borrowed, as are their tables and
 * targets). PL_RESOURCE_EXHAUSTED: no memory. Wrong tables (a default that its own
 * rules refuse, a key twice) are programming errors. */
pl_code pl_settings_new(const pl_setting_group *groups, size_t count, pl_settings **out_settings,
                        pl_error *err) PL_NODISCARD;
/* Frees the texts that the targets point to as well; secrets are overwritten first.
 * NULL is allowed. */
void pl_settings_free(pl_settings *settings);

/* What the command line asked for. */
typedef enum pl_settings_verb {
    PL_SETTINGS_RUN,
    PL_SETTINGS_HELP,         /* --help, -h */
    PL_SETTINGS_VERSION,      /* --version */
    PL_SETTINGS_PRINT_CONFIG, /* --print-config */
    PL_SETTINGS_MIGRATE       /* --migrate */
} pl_settings_verb;

/* Reads every source and fills the targets. ENVIRONMENT is a NULL-terminated list
 * like `environ`; secrets are overwritten and taken out of it. HELP and VERSION read
 * nothing; for PRINT_CONFIG and MIGRATE required settings may be missing (their text is
 * then NULL, their number 0).
 * May be called again: what was read before is forgotten.
 * PL_INVALID_ARGUMENT: what, where from, what was expected; or as reading a file fails. */
pl_code pl_settings_load(pl_settings *settings, int argc, char *const *argv, char **environment,
                         pl_settings_verb *out_verb, pl_error *err) PL_NODISCARD;

/* Environment variables that look like misspelt settings: "LISTN, did you mean LISTEN?".
 * At most PL_SETTINGS_MAX_WARNINGS are kept. */
#define PL_SETTINGS_MAX_WARNINGS 8
size_t pl_settings_warnings(const pl_settings *settings);
const char *pl_settings_warning(const pl_settings *settings, size_t index);

/* Where a setting's value comes from: "default", "environment", "flag", "FILE:LINE:COL",
 * or NULL where there is no such setting. */
const char *pl_settings_source(const pl_settings *settings, const char *key);

/* The table for --help: flag, type, default and help text of each setting. */
void pl_settings_help(const pl_settings *settings, pl_buf *out);
/* For --print-config: "KEY: value  # source" as YAML that --config reads again,
 * but for secrets, which are ***. */
void pl_settings_print(const pl_settings *settings, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif

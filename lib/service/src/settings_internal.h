/* What a set of settings is made of; shared by settings*.c. */
#ifndef PARLEY_SERVICE_SETTINGS_INTERNAL_H
#define PARLEY_SERVICE_SETTINGS_INTERNAL_H

#include "parley/service/settings.h"

/* Bytes of a key or flag, NUL included; of a warning; of a value that a message shows. */
enum { KEY_SIZE = 64, WARNING_SIZE = 160, SHOWN_BYTES = 64, MAX_SETTINGS = 128 };

/* Where a value comes from; a greater one wins. */
typedef enum rank { RANK_NONE, RANK_DEFAULT, RANK_FILE, RANK_ENVIRONMENT, RANK_FLAG } rank;

typedef struct entry {
    const pl_setting *def;
    void *field;         /* in the group's target */
    char flag[KEY_SIZE]; /* "stock-policy" */
    rank rank;
    char *text;   /* the value as given; strings of the target point here */
    char *source; /* "FILE:LINE:COL" where rank is RANK_FILE */
} entry;

struct pl_settings {
    const pl_setting_group *groups;
    size_t group_count;
    entry *entries; /* of all groups, in order */
    size_t count;
    char warnings[PL_SETTINGS_MAX_WARNINGS][WARNING_SIZE];
    size_t warning_count;
};

/* A value on its way into an entry, and how messages call the place it was found. */
typedef struct origin {
    rank rank;
    const char *where;  /* "environment variable LISTEN", "flag --listen", "a.yaml:1:9: LISTEN" */
    const char *source; /* of the entry; NULL: as its rank */
} origin;

/* Checks VALUE and writes it to the entry and its target. */
pl_code pl_setting_assign(entry *e, pl_str value, const origin *from, pl_error *err);
/* The same with the content of the file PATH, for KEY_FILE. */
pl_code pl_setting_assign_file(entry *e, pl_str path, const origin *from, pl_error *err);

/* Back to not set. */
void pl_setting_forget(entry *e);

/* The entry of KEY; with KEY_FILE of a secret, its entry and *out_is_file true. */
entry *pl_setting_find(const pl_settings *settings, pl_str key, bool *out_is_file);

/* "10ms", "2s", "5m", "1h". */
const char *pl_setting_duration(int64_t ms, char out[32]);

/* The sources, each for itself. */
pl_code pl_settings_read_file(pl_settings *settings, const char *path, pl_error *err);
pl_code pl_settings_read_environment(pl_settings *settings, char **environment, pl_error *err);

/* Overwrites SIZE bytes so that the compiler does not leave it out. */
void pl_setting_wipe(char *text, size_t size);

#endif

/* The set of settings: the table, and how a value gets into its field. */
#include "parley/service/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "settings_internal.h"

void pl_setting_wipe(char *text, size_t size) {
    volatile char *p = text;
    while (size--)
        *p++ = 0;
}

const char *pl_setting_duration(int64_t ms, char out[32]) {
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].ms != 0 || (ms == 0 && i < 3))
        i++;
    snprintf(out, 32, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
    return out;
}

/* ---- checking a value ---- */

typedef struct value {
    int64_t number; /* INT, DURATION, BOOL, ENUM */
} value;

static bool parse_enum(const pl_setting *def, pl_str text, int64_t *out_index) {
    for (int64_t i = 0; def->choices[i]; i++) {
        if (pl_str_eqc(text, def->choices[i])) {
            *out_index = i;
            return true;
        }
    }
    return false;
}

/* Whether TEXT is a value of DEF; strings leave *out alone. */
static bool parse(const pl_setting *def, pl_str text, value *out) {
    int64_t n = 0;
    switch (def->kind) {
    case PL_SETTING_KIND_INT:
        if (!pl_str_i64(text, &n) || n < def->min || n > def->max)
            return false;
        break;
    case PL_SETTING_KIND_DURATION:
        if (!pl_str_duration_ms(text, &n) || n < def->min || n > def->max)
            return false;
        break;
    case PL_SETTING_KIND_BOOL:
        n = pl_str_eqc(text, "true");
        if (!n && !pl_str_eqc(text, "false"))
            return false;
        break;
    case PL_SETTING_KIND_ENUM:
        if (!parse_enum(def, text, &n))
            return false;
        break;
    case PL_SETTING_KIND_STRING:
    case PL_SETTING_KIND_SECRET:
    case PL_SETTING_KIND_PATH:
        return (int64_t)text.n >= def->min && (int64_t)text.n <= def->max && pl_utf8_valid(text) &&
               (text.n == 0 || !memchr(text.p, 0, text.n));
    }
    out->number = n;
    return true;
}

static void put_expected(const pl_setting *def, pl_buf *out) {
    char low[32], high[32];
    switch (def->kind) {
    case PL_SETTING_KIND_INT:
        pl_buf_printf(out, "a whole number from %lld to %lld", (long long)def->min,
                      (long long)def->max);
        break;
    case PL_SETTING_KIND_DURATION:
        pl_buf_printf(out, "a duration from %s to %s", pl_setting_duration(def->min, low),
                      pl_setting_duration(def->max, high));
        break;
    case PL_SETTING_KIND_BOOL:
        pl_buf_puts(out, "true or false");
        break;
    case PL_SETTING_KIND_ENUM:
        pl_buf_puts(out, "one of ");
        for (size_t i = 0; def->choices[i]; i++)
            pl_buf_printf(out, "%s%s", i ? ", " : "", def->choices[i]);
        break;
    case PL_SETTING_KIND_STRING:
    case PL_SETTING_KIND_SECRET:
    case PL_SETTING_KIND_PATH:
        pl_buf_printf(out, "UTF-8 text of %lld to %lld bytes", (long long)def->min,
                      (long long)def->max);
        break;
    }
}

static pl_code refuse(const pl_setting *def, pl_str text, const char *where, pl_error *err) {
    pl_buf expected = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    put_expected(def, &expected);
    pl_str shown = pl_utf8_cut(text, SHOWN_BYTES);
    pl_code code;
    if (!pl_utf8_valid(text))
        code = pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: expected %s, got bytes that are not UTF-8", where, expected.p);
    else if (def->kind == PL_SETTING_KIND_SECRET)
        code = pl_error_set(err, PL_INVALID_ARGUMENT, "%s: expected %s", where, expected.p);
    else
        code = pl_error_set(err, PL_INVALID_ARGUMENT, "%s: expected %s, got '%.*s'%s", where,
                            expected.p, PL_FMT(shown), shown.n < text.n ? "..." : "");
    pl_buf_done(&expected);
    return code;
}

/* ---- writing it ---- */

void pl_setting_forget(entry *e) {
    if (e->text && e->def->kind == PL_SETTING_KIND_SECRET)
        pl_setting_wipe(e->text, strlen(e->text));
    free(e->text);
    free(e->source);
    e->text = NULL;
    e->source = NULL;
    e->rank = RANK_NONE;
}

static void write_field(entry *e, const value *v) {
    switch (e->def->kind) {
    case PL_SETTING_KIND_INT:
    case PL_SETTING_KIND_DURATION:
        *(int64_t *)e->field = v->number;
        break;
    case PL_SETTING_KIND_BOOL:
        *(bool *)e->field = v->number != 0;
        break;
    case PL_SETTING_KIND_ENUM:
        *(int *)e->field = (int)v->number;
        break;
    case PL_SETTING_KIND_STRING:
    case PL_SETTING_KIND_SECRET:
    case PL_SETTING_KIND_PATH:
        *(const char **)e->field = e->text;
        break;
    }
}

static char *copy_text(pl_str text) {
    char *copy = malloc(text.n + 1);
    if (!copy)
        return NULL;
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    return copy;
}

pl_code pl_setting_assign(entry *e, pl_str text, const origin *from, pl_error *err) {
    value v = {0};
    if (e->rank == from->rank && e->rank != RANK_FLAG)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: given twice, as %s and as %s_FILE",
                            from->where, e->def->key, e->def->key);
    if (!parse(e->def, text, &v))
        return refuse(e->def, text, from->where, err);
    char *copy = copy_text(text);
    char *source = from->source ? copy_text(pl_str_c(from->source)) : NULL;
    if (!copy || (from->source && !source)) {
        free(copy);
        free(source);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", from->where);
    }
    pl_setting_forget(e);
    e->text = copy;
    e->source = source;
    e->rank = from->rank;
    write_field(e, &v);
    return PL_OK;
}

/* Reads at most SIZE bytes; more than that is an error. */
static pl_code read_secret(const char *path, char *out, size_t size, size_t *out_n,
                           const char *where, pl_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return pl_error_errno(err, errno, "%s: %s", where, path);
    size_t n = 0;
    ssize_t got = 0;
    while (n < size && ((got = read(fd, out + n, size - n)) > 0 || (got < 0 && errno == EINTR)))
        n += got > 0 ? (size_t)got : 0;
    int failed = got < 0 ? errno : 0;
    close(fd);
    if (failed)
        return pl_error_errno(err, failed, "%s: %s", where, path);
    if (n == size)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: %s has more than %u bytes", where, path,
                            PL_SETTING_MAX_VALUE);
    *out_n = n;
    return PL_OK;
}

pl_code pl_setting_assign_file(entry *e, pl_str path, const origin *from, pl_error *err) {
    char name[4097];
    if (path.n == 0 || path.n >= sizeof name)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: expected a path of 1 to 4096 bytes",
                            from->where);
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    size_t size = PL_SETTING_MAX_VALUE + 2, n = 0; /* one for the newline, one to see excess */
    char *content = malloc(size);
    if (!content)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", from->where);
    pl_code code = read_secret(name, content, size, &n, from->where, err);
    if (!code) {
        size_t used = n;
        while (used && (content[used - 1] == '\n' || content[used - 1] == '\r'))
            used--;
        code = pl_setting_assign(e, pl_str_make(content, used), from, err);
        pl_setting_wipe(content, n);
    }
    free(content);
    return code;
}

/* ---- the set ---- */

static void check_table(const pl_settings *settings, size_t index) {
    const entry *e = &settings->entries[index];
    value v;
    PL_ASSERT(e->def->help && strlen(e->def->key) + sizeof "_FILE" < KEY_SIZE);
    PL_ASSERT(!e->def->fallback || parse(e->def, pl_str_c(e->def->fallback), &v));
    for (size_t i = 0; i < index; i++)
        PL_ASSERT(strcmp(settings->entries[i].def->key, e->def->key) != 0);
}

static void add_entry(pl_settings *settings, const pl_setting_group *group, size_t index) {
    entry *e = &settings->entries[settings->count];
    e->def = &group->settings[index];
    e->field = (char *)group->target + e->def->offset;
    for (size_t i = 0; e->def->key[i] && i < KEY_SIZE - 1; i++) {
        char c = e->def->key[i];
        e->flag[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    check_table(settings, settings->count);
    settings->count++;
}

pl_code pl_settings_new(const pl_setting_group *groups, size_t count, pl_settings **out_settings,
                        pl_error *err) {
    size_t total = 0;
    for (size_t g = 0; g < count; g++)
        total += groups[g].count;
    PL_ASSERT(total <= MAX_SETTINGS);
    pl_settings *settings = calloc(1, sizeof *settings);
    entry *entries = calloc(total ? total : 1, sizeof *entries);
    if (!settings || !entries) {
        free(settings);
        free(entries);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "settings: no memory");
    }
    settings->groups = groups;
    settings->group_count = count;
    settings->entries = entries;
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < groups[g].count; i++)
            add_entry(settings, &groups[g], i);
    }
    *out_settings = settings;
    return PL_OK;
}

void pl_settings_free(pl_settings *settings) {
    if (!settings)
        return;
    for (size_t i = 0; i < settings->count; i++)
        pl_setting_forget(&settings->entries[i]);
    free(settings->entries);
    free(settings);
}

entry *pl_setting_find(const pl_settings *settings, pl_str key, bool *out_is_file) {
    *out_is_file = false;
    for (size_t i = 0; i < settings->count; i++) {
        entry *e = &settings->entries[i];
        if (pl_str_eqc(key, e->def->key))
            return e;
        size_t n = strlen(e->def->key);
        if (e->def->kind == PL_SETTING_KIND_SECRET && key.n == n + 5 &&
            memcmp(key.p, e->def->key, n) == 0 && memcmp(key.p + n, "_FILE", 5) == 0) {
            *out_is_file = true;
            return e;
        }
    }
    return NULL;
}

size_t pl_settings_warnings(const pl_settings *settings) {
    return settings->warning_count;
}

const char *pl_settings_warning(const pl_settings *settings, size_t index) {
    PL_ASSERT(index < settings->warning_count);
    return settings->warnings[index];
}

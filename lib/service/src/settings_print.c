/* Settings for people: --help and --print-config. */
#include <stdio.h>

#include "settings_internal.h"

const char *pl_settings_source(const pl_settings *settings, const char *key) {
    static const char *const ranks[] = {[RANK_NONE] = "not set",
                                        [RANK_DEFAULT] = "default",
                                        [RANK_FILE] = "file",
                                        [RANK_ENVIRONMENT] = "environment",
                                        [RANK_FLAG] = "flag"};
    bool is_file;
    const entry *e = pl_setting_find(settings, pl_str_c(key), &is_file);
    if (!e || is_file)
        return NULL;
    return e->source ? e->source : ranks[e->rank];
}

static void put_type(const pl_setting *def, pl_buf *out) {
    char low[32], high[32];
    switch (def->kind) {
    case PL_SETTING_KIND_STRING:
        pl_buf_puts(out, "TEXT");
        break;
    case PL_SETTING_KIND_INT:
        pl_buf_printf(out, "NUMBER %lld..%lld", (long long)def->min, (long long)def->max);
        break;
    case PL_SETTING_KIND_BOOL:
        pl_buf_puts(out, "true|false");
        break;
    case PL_SETTING_KIND_ENUM:
        for (size_t i = 0; def->choices[i]; i++)
            pl_buf_printf(out, "%s%s", i ? "|" : "", def->choices[i]);
        break;
    case PL_SETTING_KIND_DURATION:
        pl_buf_printf(out, "DURATION %s..%s", pl_setting_duration(def->min, low),
                      pl_setting_duration(def->max, high));
        break;
    case PL_SETTING_KIND_SECRET:
        pl_buf_printf(out, "PATH of a file with the secret; or environment variable %s", def->key);
        break;
    case PL_SETTING_KIND_PATH:
        pl_buf_puts(out, "PATH");
        break;
    }
}

static void put_help(const entry *e, pl_buf *out) {
    const pl_setting *def = e->def;
    bool secret = def->kind == PL_SETTING_KIND_SECRET;
    pl_buf_printf(out, "  --%s%s ", e->flag, secret ? "-file" : "");
    put_type(def, out);
    if (!def->fallback)
        pl_buf_puts(out, "  (required)");
    else if (*def->fallback && !secret)
        pl_buf_printf(out, "  (default %s)", def->fallback);
    pl_buf_printf(out, "\n      %s\n", def->help);
}

void pl_settings_help(const pl_settings *settings, pl_buf *out) {
    size_t next = 0;
    for (size_t g = 0; g < settings->group_count; g++) {
        const pl_setting_group *group = &settings->groups[g];
        if (group->count)
            pl_buf_printf(out, "\n%s:\n", group->title);
        for (size_t i = 0; i < group->count; i++)
            put_help(&settings->entries[next++], out);
    }
}

static void put_value(const entry *e, pl_buf *out) {
    switch (e->def->kind) {
    case PL_SETTING_KIND_SECRET:
        pl_buf_puts(out, *e->text ? "\"***\"" : "\"\"");
        break;
    case PL_SETTING_KIND_STRING:
    case PL_SETTING_KIND_PATH:
        pl_buf_json(out, pl_str_c(e->text));
        break;
    case PL_SETTING_KIND_INT:
    case PL_SETTING_KIND_BOOL:
    case PL_SETTING_KIND_ENUM:
    case PL_SETTING_KIND_DURATION:
        pl_buf_puts(out, e->text);
        break;
    }
}

void pl_settings_print(const pl_settings *settings, pl_buf *out) {
    for (size_t i = 0; i < settings->count; i++) {
        const entry *e = &settings->entries[i];
        if (e->rank == RANK_NONE) {
            pl_buf_printf(out, "# %s: required, not set\n", e->def->key);
            continue;
        }
        pl_buf_printf(out, "%s: ", e->def->key);
        put_value(e, out);
        pl_buf_printf(out, "  # %s\n", pl_settings_source(settings, e->def->key));
    }
}

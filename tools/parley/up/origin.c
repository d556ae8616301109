#include "up/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FLAG_MAX = 128 };

/* LOAN_DAYS -> "flag --loan-days:", as services name it. */
static void flag_of(const char *key, char out[FLAG_MAX]) {
    (void)snprintf(out, FLAG_MAX, "flag --%s:", key);
    for (char *c = out; *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
}

static bool runs_as(const system_service *service, const char *process) {
    size_t n = strlen(service->name);
    return strncmp(service->name, process, n) == 0 && (!process[n] || process[n] == '-');
}

void origin_tell(const system_model *model, const char *process, pl_buf *text) {
    for (size_t s = 0; s < model->service_count; s++) {
        const system_service *service = &model->services[s];
        for (size_t i = 0; runs_as(service, process) && i < service->setting_count; i++) {
            const system_setting *setting = &service->settings[i];
            char flag[FLAG_MAX];
            flag_of(setting->key, flag);
            if (!text->p || !strstr(text->p, flag))
                continue;
            if (setting->line)
                (void)pl_buf_printf(text, "that is %s of %s, %s:%u\n", setting->key, service->name,
                                    model->file, setting->line);
            else
                (void)pl_buf_printf(text, "that is --set %s.%s\n", service->name, setting->key);
        }
    }
}

#include "stub/provider.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bundles.h"
#include "common/whole_file.h"

/* Bytes of a report. */
enum { REPORT_MAX = 64 << 20 };

static const char bundle_end[] = ".stub", report_end[] = ".verified.json";

pl_code stub_provider_load(const stub_line *line, stub_provider **out_provider, pl_error *err) {
    stub_provider *provider = calloc(1, sizeof *provider);

    if (!provider)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    pl_code code = contracts_open_soon(&provider->contracts, line->words, line->word_count, err);
    if (code == PL_OK)
        *out_provider = provider;
    else
        stub_provider_free(provider);
    return code;
}

static pl_code add_report(stub_provider *provider, const char *path, pl_error *err) {
    pl_buf text = pl_buf_make(REPORT_MAX);
    pl_error why = PL_ERROR_INIT;
    pl_code code = whole_file_read(path, &text, err);

    if (code == PL_OK && pl_stub_add_report(provider->stub, pl_buf_view(&text), &why) != PL_OK)
        code = pl_error_wrap(err, &why, "%.256s", path);
    pl_buf_done(&text);
    return code;
}

static pl_code add_reports_of_folder(stub_provider *provider, const char *path, pl_error *err) {
    DIR *folder = opendir(path);
    pl_code code = PL_OK;

    for (struct dirent *e; folder && code == PL_OK && (e = readdir(folder));) {
        char file[PATH_MAX];
        if (e->d_name[0] == '.' || !pl_str_ends(pl_str_c(e->d_name), pl_str_c(report_end)))
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        code = add_report(provider, file, err);
    }
    if (folder)
        (void)closedir(folder);
    return code;
}

/* Beside a bundle: PROVIDER.verified.json of PROVIDER.stub. */
static pl_code add_report_beside(stub_provider *provider, const char *word, pl_error *err) {
    struct stat info;
    char file[PATH_MAX];
    size_t n = strlen(word);

    if (stat(word, &info) != 0)
        return PL_OK; /* a URL */
    if (S_ISDIR(info.st_mode))
        return add_reports_of_folder(provider, word, err);
    if (pl_str_ends(pl_str_c(word), pl_str_c(bundle_end)))
        n -= sizeof bundle_end - 1;
    (void)snprintf(file, sizeof file, "%.*s%s", (int)n, word, report_end);
    return access(file, F_OK) == 0 ? add_report(provider, file, err) : PL_OK;
}

pl_code stub_provider_make(stub_provider *provider, const stub_line *line, pl_error *err) {
    const contracts *c = &provider->contracts;
    pl_code code = pl_stub_new(c->set, c->providers, c->provider_count, &line->opts,
                               &provider->stub, err);

    if (code == PL_OK && line->verified)
        code = add_report(provider, line->verified, err);
    for (size_t i = 0; code == PL_OK && i < line->word_count; i++) {
        if (bundles_is_one(line->words[i]))
            code = add_report_beside(provider, line->words[i], err);
    }
    return code;
}

void stub_provider_free(stub_provider *provider) {
    if (!provider)
        return;
    pl_stub_free(provider->stub);
    contracts_done(&provider->contracts);
    free(provider);
}

/* Bundles: contracts and protos in one file, which needs neither workspace nor protoc. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "parley/contract/bundle.h"
#include "stub/stub.h"

bool stub_is_bundle(const char *word) {
    return pl_str_ends(pl_str_c(word), pl_str_c(".stub"));
}

static pl_code read_file(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "rbe");
    struct stat info;

    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    size_t size = fstat(fileno(file), &info) == 0 && info.st_size > 0 ? (size_t)info.st_size : 0;
    char *room = pl_buf_reserve(out, size + 1);
    size_t got = room ? fread(room, 1, size, file) : 0;
    (void)fclose(file);
    if (!room || got != size)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: cannot be read whole, at most %u bytes", path, PL_BUNDLE_MAX);
    pl_buf_wrote(out, got);
    return PL_OK;
}

pl_code stub_bundle_load(const char *path, pl_contract_set **out_set, pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_code code = read_file(path, &bytes, err);

    if (code == PL_OK && pl_bundle_read(pl_buf_view(&bytes), out_set, err) != PL_OK)
        code = pl_error_wrap(err, err, "%s", path);
    pl_buf_done(&bytes);
    return code;
}

pl_code stub_bundle_save(const pl_contract_set *set, const char *path, pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_code code = pl_bundle_write(set, &bytes, err);
    FILE *file = code == PL_OK ? fopen(path, "wbe") : NULL;

    if (code == PL_OK && !file)
        code = pl_error_errno(err, errno, "%s", path);
    if (file && (fwrite(bytes.p, 1, bytes.n, file) != bytes.n) | (fclose(file) != 0))
        code = pl_error_errno(err, errno, "%s", path);
    pl_buf_done(&bytes);
    return code;
}

size_t stub_providers(const pl_contract_set *set, const char **out, size_t max) {
    size_t count = 0;

    for (size_t f = 0; f < pl_contract_set_file_count(set) && count < max; f++) {
        const char *provider = pl_contract_set_file(set, f)->provider.p;
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known = known || strcmp(out[i], provider) == 0;
        if (!known)
            out[count++] = provider;
    }
    return count;
}

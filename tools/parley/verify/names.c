#include <string.h>

#include "verify/verb.h"

/* Names that "did you mean" looks at. */
enum { NAMES_MAX = 1024 };

static pl_code no_such(pl_error *err, const char *what, const char *name, const char *const *names,
                       size_t count) {
    const char *near = pl_str_nearest(pl_str_c(name), names, count);
    return pl_error_set(err, PL_NOT_FOUND, "no %s '%s'%s%s%s", what, name,
                        near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

pl_code verify_check_package(contracts *c, const char *package, pl_error *err) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    pl_code code = c->pool ? PL_OK : contracts_compile(c, err);
    if (code != PL_OK || !c->pool) /* protos that do not compile say nothing about names */
        return code;
    for (size_t i = 0; i < pl_pool_file_count(c->pool); i++) {
        const pl_file *file = pl_pool_file_at(c->pool, i);
        if (pl_str_eqc(file->package, package))
            return PL_OK;
        if (count < NAMES_MAX)
            names[count++] = file->package.p;
    }
    return no_such(err, "provider", package, names, count);
}

pl_code verify_check_consumer(const contracts *c, const char *package, const char *consumer,
                              pl_error *err) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; consumer && i < pl_contract_set_file_count(c->set); i++) {
        const pl_contract_file *file = pl_contract_set_file(c->set, i);
        if (!pl_str_eqc(file->provider, package))
            continue;
        if (pl_str_eqc(file->consumer, consumer))
            return PL_OK;
        if (count < NAMES_MAX)
            names[count++] = file->consumer.p;
    }
    return consumer ? no_such(err, "consumer", consumer, names, count) : PL_OK;
}

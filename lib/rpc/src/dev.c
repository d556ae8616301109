#include "dev.h"

#ifdef PL_DEV

#include <stdio.h>
#include <stdlib.h>

#include "parley/base/hold.h"

/* Whether a handler of this kind gives its answer back when it returns. */
static bool answers_at_the_end(const pl_method_desc *method) {
    return method->response &&
           (method->kind == PL_METHOD_UNARY || method->kind == PL_METHOD_CLIENT_STREAM);
}

static void broken(const pl_method_desc *method, const char *rule, const char *detail) {
    (void)fprintf(stderr, "the handler of %s breaks a rule: %s%s\n", method->path, rule, detail);
    abort();
}

void pl_dev_check_handler(const pl_method_desc *method, pl_code code,
                          const ProtobufCMessage *response) {
    if (pl_base_hold_held() != 0)
        broken(method, "it returned while its thread holds a database transaction; ", "end it");
    if ((unsigned)code >= PL_CODE_COUNT)
        broken(method, "it returned a number that is no pl_code", "");
    if (code == PL_OK && !response && answers_at_the_end(method))
        broken(method, "it returned OK without setting *out_response", "");
    if (code != PL_OK && response)
        broken(method, "it answered twice, with a response and with ", pl_code_name(code));
    if (response && response->descriptor != method->response)
        broken(method, "its response is a ", response->descriptor->name);
}

#else
/* A translation unit is not empty. */
typedef int pl_dev_is_for_dev_builds;
#endif

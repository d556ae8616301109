/* Fuzz target: any bytes are refused with a position, or give a document whose nodes may
 * all be read and that keeps the limits of yaml.h.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_yaml.c; see README.md
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parley/base/assert.h"
#include "parley/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads NODE in every way and returns how many nodes there are from it down. */
static size_t walk(const pl_yaml_node *node, unsigned depth) {
    char described[PL_YAML_DESCRIBE_SIZE];
    pl_str text;
    int64_t number;
    bool yes;
    PL_ASSERT(depth <= PL_YAML_MAX_DEPTH + 1);
    PL_ASSERT(pl_yaml_line(node) >= 1 && pl_yaml_column(node) >= 1);
    PL_ASSERT(strlen(pl_yaml_describe(node, described)) < sizeof described);
    if (pl_yaml_get_str(node, &text, NULL) == PL_OK)
        PL_ASSERT(pl_utf8_valid(text) && text.p[text.n] == 0 && strlen(text.p) == text.n);
    if (pl_yaml_get_i64(node, -5, 5, &number, NULL) == PL_OK)
        PL_ASSERT(number >= -5 && number <= 5);
    if (pl_yaml_get_bool(node, &yes, NULL) == PL_OK)
        PL_ASSERT(!pl_yaml_is_null(node));
    size_t nodes = 1;
    bool mapping = pl_yaml_kind_of(node) == PL_YAML_MAPPING;
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        if (mapping)
            nodes += walk(pl_yaml_key_at(node, i), depth + 1);
        nodes += walk(pl_yaml_at(node, i), depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_yaml_parse(pl_str_make((const char *)data, size), "f.yaml", &doc, &err)) {
        PL_ASSERT(!doc && strncmp(err.message, "f.yaml:", 7) == 0);
        return 0;
    }
    PL_ASSERT(walk(pl_yaml_root(doc), 1) <= PL_YAML_MAX_NODES + PL_YAML_MAX_EXPANDED);
    pl_yaml_free(doc);
    return 0;
}

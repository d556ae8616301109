/* states.yaml: the states that a provider can be put into, with the types of their parameters.
 *
 *     provider: mall.products.v1
 *     states:
 *       product_on_sale: { parameters: { id: int64, stock: int64? }, returns: { etag: string } }
 */
#include "compiler.h"

static const char *const types[] = {"string", "bytes", "bool",   "double", "float",
                                    "int32",  "int64", "uint32", "uint64", "list"};

/* Every type is a known one. */
static void check_fields(compiler *c, const pl_yaml_node *fields) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (!fields)
        return;
    if (pl_yaml_kind_of(fields) != PL_YAML_MAPPING) {
        compiler_error(c, fields, "TYPE_MISMATCH", "expected { name: type }, got %s",
                       pl_yaml_describe(fields, got));
        return;
    }
    for (size_t i = 0; i < pl_yaml_count(fields); i++) {
        const pl_yaml_node *node = pl_yaml_at(fields, i);
        pl_str type;
        size_t t = 0;
        if (!compiler_text(c, node, &type))
            continue;
        if (type.n && type.p[type.n - 1] == '?')
            type.n--;
        while (t < PL_COUNT(types) && !pl_str_eqc(type, types[t]))
            t++;
        if (t < PL_COUNT(types))
            continue;
        compiler_error(c, node, "STATE_TYPE", "'%.*s' is no type of a parameter",
                       PL_FMT(pl_utf8_cut(type, 64)));
        compiler_did_you_mean(c, type, types, PL_COUNT(types));
    }
}

static void compile_one(compiler *c, pl_str provider, const pl_yaml_node *key,
                        const pl_yaml_node *node) {
    static const char *const keys[] = {"parameters", "returns", "description"};
    declared_state *state = COMPILER_NEW(c, declared_state);
    if (!state || (!pl_yaml_is_null(node) && !compiler_keys(c, node, keys, PL_COUNT(keys))))
        return;
    state->provider = provider;
    state->name = compiler_copy(c, pl_yaml_text(key));
    state->parameters = pl_yaml_find(node, "parameters");
    state->returns = pl_yaml_find(node, "returns");
    check_fields(c, state->parameters);
    check_fields(c, state->returns);
    state->next = c->states;
    c->states = state;
}

void compile_states_file(compiler *c, const pl_yaml_node *root) {
    static const char *const keys[] = {"provider", "states"};
    pl_str provider = {0};
    if (!compiler_keys(c, root, keys, PL_COUNT(keys)))
        return;
    const pl_yaml_node *name = pl_yaml_find(root, "provider");
    const pl_yaml_node *states = pl_yaml_find(root, "states");
    if (!name || !states || pl_yaml_kind_of(states) != PL_YAML_MAPPING) {
        compiler_error(c, root, "KEY_MISSING", "states.yaml has provider: and states:");
        return;
    }
    if (!compiler_text(c, name, &provider))
        return;
    provider = compiler_copy(c, provider);
    for (size_t i = 0; i < pl_yaml_count(states); i++)
        compile_one(c, provider, pl_yaml_key_at(states, i), pl_yaml_at(states, i));
}

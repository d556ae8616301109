/* states.yaml: the states that a provider can be put into, with the types of their parameters.
 *
 *     provider: mall.products.v1
 *     states:
 *       product_on_sale: { parameters: { id: int64, stock: int64? }, returns: { etag: string } }
 */
#include <string.h>

#include "compiler.h"
#include "parley/contract/match.h"

static const char *const types[] = {"string", "bytes", "bool",   "double", "float",
                                    "int32",  "int64", "uint32", "uint64", "list"};

/* Without the mark of one that may be left out. */
static pl_str type_of(const pl_yaml_node *node) {
    pl_str type = pl_yaml_text(node);
    type.n -= type.n && type.p[type.n - 1] == '?';
    return type;
}

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
        type = type_of(node);
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

/* The folder that the file at hand lies in. */
static pl_str folder_of(const compiler *c) {
    const char *end = strrchr(c->path, '/'), *begin = end;
    if (!end)
        return pl_str_c("");
    while (begin > c->path && begin[-1] != '/')
        begin--;
    return pl_str_make(begin, (size_t)(end - begin));
}

/* They lie in contracts/<provider>/: those of another provider would be held against nothing. */
static void check_folder(compiler *c, const pl_yaml_node *node, pl_str provider) {
    pl_str folder = folder_of(c);
    if (!c->opts.check_paths || pl_str_eq(folder, provider))
        return;
    compiler_error(c, node, "PATH", "states of %s do not belong here", provider.p);
    compiler_hint(c, "provider: %.*s, or contracts/%s/states.yaml", PL_FMT(folder), provider.p);
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
    if (!compiler_package(c, name, provider))
        return;
    check_folder(c, name, provider);
    for (size_t i = 0; i < pl_yaml_count(states); i++)
        compile_one(c, provider, pl_yaml_key_at(states, i), pl_yaml_at(states, i));
}

const declared_state *compiler_state(const compiler *c, pl_str name, bool *out_any) {
    *out_any = false;
    for (const declared_state *d = c->states; d; d = d->next) {
        if (!pl_str_eq(d->provider, c->file->provider))
            continue;
        *out_any = true;
        if (pl_str_eq(d->name, name))
            return d;
    }
    return NULL;
}

/* ---- values of states ------------------------------------------------------------------------ */

enum { NAMES_MAX = 64 };

bool pl_state_value_fits(pl_str type, const pl_field *field) {
    bool known = false;
    for (size_t i = 0; i < PL_COUNT(types); i++)
        known = known || pl_str_eqc(type, types[i]);
    if (!known)
        return true;
    switch (pl_leaf_of(field)) {
    case PL_LEAF_SIGNED:
    case PL_LEAF_UNSIGNED:
        return pl_str_ends(type, pl_str_c("int32")) || pl_str_ends(type, pl_str_c("int64"));
    case PL_LEAF_FLOAT:
        return !pl_str_eqc(type, "string") && !pl_str_eqc(type, "bytes") &&
               !pl_str_eqc(type, "bool") && !pl_str_eqc(type, "list");
    case PL_LEAF_BOOL:
        return pl_str_eqc(type, "bool");
    default:
        return !pl_str_eqc(type, "list");
    }
}

void check_from_state(compiler *c, const pl_field *field, const pl_yaml_node *name) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < c->contract->given_count; i++) {
        const declared_state *d = compiler_state(c, c->contract->given[i].name, &any);
        const pl_yaml_node *type = d ? pl_yaml_find(d->returns, pl_yaml_text(name).p) : NULL;
        if (!any || !d)
            return; /* which was told of */
        if (type && !pl_state_value_fits(type_of(type), field))
            compiler_error(c, name, "STATE_VALUE",
                           "state '%s' returns '%.64s' as %.16s, field "
                           "'%s' is %s",
                           d->name.p, pl_yaml_text(name).p, pl_yaml_text(type).p, field->name.p,
                           pl_kind_name(field->kind));
        if (type)
            return;
        for (size_t k = 0; d->returns && k < pl_yaml_count(d->returns) && count < NAMES_MAX; k++)
            names[count++] = pl_yaml_text(pl_yaml_key_at(d->returns, k)).p;
    }
    if (c->contract->given_count == 0)
        (void)compiler_state(c, pl_str_c(""), &any);
    if (!any)
        return;
    compiler_error(c, name, "STATE_VALUE", "none of the states in given: returns '%.64s'",
                   pl_yaml_text(name).p);
    compiler_did_you_mean(c, pl_yaml_text(name), names, count);
}
